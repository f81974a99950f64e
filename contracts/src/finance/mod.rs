//! Finance: receivables, confirmed, reserved and pledged, so that no amount is lent on twice.
//!
//! Promises:
//! 1. A receivable is registered only with fingerprints that a registrar in good standing attested for
//!    this ledger, creditor and amount, bound to sealed fields of the same record.
//! 2. While a receivable is live, no second one with any of its exact fingerprints is accepted; the
//!    refusal names the other by record id. Similar ones only warn: they are listed in the newer one.
//! 3. Only the member whose commitment opens confirms or rejects, once, and never the creditor itself.
//! 4. Unexpired reservations plus outstanding pledges never exceed what remains to be paid. Reservations
//!    expire by block time, without a record.
//! 5. Nothing is reserved or pledged on a receivable that is unconfirmed, rejected, paid, disputed or
//!    matured (Beijing date), or whose creditor is suspended.
//! 6. Only the holder of an unexpired reservation pledges, at most what it reserved. A pledge, and its
//!    release, take a maker's and a checker's key of the same bank.
//! 7. A rejected or paid receivable frees its fingerprints and never comes back.
//! 8. Records and the value `rcv/<id>` never say who lends, owes or confirms; refusals never say who holds.
//!
//! [`fingerprint`] is for the registrar, [`check`] for the bank's own node: neither runs on the ledger.

pub mod calls;
pub mod check;
pub mod error;
pub mod fingerprint;
pub mod form;
mod handler;
pub mod reasons;
pub mod sealed;
pub mod signed;
pub mod state;
#[cfg(test)]
pub(crate) mod testkit;
pub mod wire;

use chain_core::contract::{Context, Contract, Stop};
use chain_core::json::JsonError;
use chain_core::record::Record;

/// The finance contract.
pub struct Finance;

/// The finance contract, for the registry of contracts.
pub static FINANCE: Finance = Finance;

impl Contract for Finance {
    fn name(&self) -> &'static str {
        "finance"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "finance.receivable/1",
            "finance.confirm/1",
            "finance.reserve/1",
            "finance.pledge/1",
            "finance.repay/1",
            "finance.release/1",
            "finance.dispute/1",
        ]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        form::check(record)
    }

    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        match record.kind.as_str() {
            "finance.receivable/1" => handler::receivable(ctx, record.clear()?),
            "finance.confirm/1" => handler::confirm(ctx, record.clear()?),
            "finance.reserve/1" => handler::reserve(ctx, record.clear()?),
            "finance.pledge/1" => handler::pledge(ctx, record.clear()?),
            "finance.repay/1" => handler::repay(ctx, record.clear()?),
            "finance.release/1" => handler::release(ctx, record.clear()?),
            "finance.dispute/1" => handler::dispute(ctx, record.clear()?),
            _ => Err(form::refuse("/kind", "the finance contract has no such kind").into()),
        }
    }
}

#[cfg(test)]
mod tests;
