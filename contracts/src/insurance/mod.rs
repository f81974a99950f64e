//! Insurance, first part: policies that receivables may name.
//!
//! Promises:
//! 1. A policy is recorded by an insurer; its record id is its id. Insured, buyer and policy number are
//!    sealed, and only currency, limit and days are clear.
//! 2. Only the insurer that recorded a policy cancels it, once; it is never in force again.

pub mod calls;
pub mod error;
mod handler;
pub mod state;

use crate::finance::form::refuse;
use calls::{CancelClear, PolicyClear};
use chain_core::contract::{Context, Contract, Stop};
use chain_core::json::JsonError;
use chain_core::record::Record;
use chain_core::types::Money;

/// The insurance contract.
pub struct Insurance;

/// The insurance contract, for the registry of contracts.
pub static INSURANCE: Insurance = Insurance;

impl Contract for Insurance {
    fn name(&self) -> &'static str {
        "insurance"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["insurance.policy/1", "insurance.cancel/1"]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        match record.kind.as_str() {
            "insurance.policy/1" => policy(record, &record.clear()?)?,
            "insurance.cancel/1" => {
                record.clear::<CancelClear>()?;
            }
            _ => return Err(refuse("/kind", "the insurance contract has no such kind")),
        }
        // Objects, readers and extras would tell what the sealed parties hide.
        if !record.objects.is_empty() || !record.sealed_to.is_empty() || record.ext.is_some() {
            return Err(refuse("", "an insurance record has no objects, readers or clear extras"));
        }
        Ok(())
    }

    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        match record.kind.as_str() {
            "insurance.policy/1" => handler::policy(ctx, record.clear()?),
            "insurance.cancel/1" => handler::cancel(ctx, record.clear()?),
            _ => Err(refuse("/kind", "the insurance contract has no such kind").into()),
        }
    }
}

fn policy(record: &Record, body: &PolicyClear) -> Result<(), JsonError> {
    if body.limit_minor == 0 || Money::new(body.currency.as_str(), body.limit_minor).is_none() {
        return Err(refuse("/body/limit_minor", "a limit is 1 to 2^53 - 1 minor units of a three-letter currency"));
    }
    if body.until <= body.from {
        return Err(refuse("/body/until", "until must lie after from"));
    }
    if body.waiting.is_some_and(|days| days > 3660) {
        return Err(refuse("/body/waiting", "a waiting period has at most 3660 days"));
    }
    if record.sd.is_empty() {
        return Err(refuse("/body/_sd", "insured, buyer and policy number are sealed, never absent"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
