//! Clearance: trade documents, the answers of customs, declarations and their release.
//!
//! Promises:
//! 1. A trade document or reply is accepted when its clear body has the form of its kind, and only with
//!    the code of every number it states among its objects; so no record about a document can be left
//!    out of that document's object chain, its cancellation least of all.
//! 2. A declaration number is filed once; it names its lists.
//! 3. Only customs say released, held or cancelled (the grants see to it). A released declaration may
//!    become cancelled; nothing ever goes back.
//! 4. Documents have no state of their own. [`standing`] tells from the object chain whether a later
//!    record cancels one or casts doubt on it.

pub mod calls;
pub mod ceb;
pub mod error;
mod form;
mod handler;
pub mod kinds;
pub mod standing;
pub mod state;

use chain_core::contract::{Context, Contract, Stop};
use chain_core::json::JsonError;
use chain_core::record::Record;

/// The clearance contract.
pub struct Clearance;

/// The clearance contract, for the registry of contracts.
pub static CLEARANCE: Clearance = Clearance;

impl Contract for Clearance {
    fn name(&self) -> &'static str {
        "clearance"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "trade.order/1",
            "trade.payment/1",
            "trade.waybill/1",
            "trade.list/1",
            "trade.order-reply/1",
            "trade.payment-reply/1",
            "trade.waybill-reply/1",
            "trade.list-reply/1",
            "trade.message/1",
            "clearance.declaration/1",
            "clearance.release/1",
        ]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        form::check(record)
    }

    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        match record.kind.as_str() {
            "clearance.declaration/1" => handler::declaration(ctx, record.clear()?),
            "clearance.release/1" => handler::release(ctx, record.clear()?),
            // Trade documents are judged by form alone: the log and the object chains carry them.
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
