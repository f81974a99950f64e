//! Filing of enterprises and goods with customs, and the assignment of object codes (对象赋码).
//!
//! Promises:
//!
//! 1. An enterprise files itself: its member id is its unified social credit code. A platform may file for
//!    another, named in `for`; whatever a platform filed, the enterprise itself may replace while it is open.
//! 2. Both check digits of the social credit code, the GTIN's check digit, and the form of customs code,
//!    commodity code and country are tested before a filing may enter a block.
//! 3. A filing is submitted, then approved, rejected or returned by one review. A returned filing comes back
//!    as a new record that names the old one. Rejected is final; a new filing may be made.
//! 4. At most one filing of the same subject is open at a time. At most one is the latest approved; the
//!    approval of a renewal supersedes the one before.
//! 5. Nobody reviews a filing that it filed, or that is about itself. A review may shorten the validity that
//!    was asked, never extend it.
//! 6. Validity ends with the Beijing day `valid_until`, and is judged at reading: see [`standing_at`].
//!    Nothing is written when a filing expires.
//! 7. An object code belongs to the first member to which it is assigned, with its type and parent, for ever.
//!    A refusal names the record that holds it, never the member.
//! 8. A parent stands before its child and never changes, so there are no cycles; the depth is at most 32.

pub mod calls;
mod countries;
pub mod error;
mod handler;
pub mod state;

pub use state::{Standing, standing_at};

use chain_core::contract::{Context, Contract, Stop};
use chain_core::json::JsonError;
use chain_core::record::Record;

/// Files an enterprise.
pub const ENTERPRISE: &str = "registry.enterprise/1";
/// Files goods.
pub const GOODS: &str = "registry.goods/1";
/// Customs decides on a filing.
pub const REVIEW: &str = "registry.review/1";
/// Assigns an object code.
pub const OBJECT: &str = "registry.object/1";

/// Rules for filings and object codes.
pub struct Registry;

/// The contract.
pub static REGISTRY: Registry = Registry;

impl Contract for Registry {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[ENTERPRISE, GOODS, REVIEW, OBJECT]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        calls::no_sealed_fields(record)?;
        match record.kind.as_str() {
            ENTERPRISE => record.clear::<calls::EnterpriseCall>()?.check(),
            GOODS => record.clear::<calls::GoodsCall>()?.check(),
            REVIEW => record.clear::<calls::ReviewCall>()?.check(),
            _ => record.clear::<calls::ObjectCall>()?.check(&record.objects),
        }
    }

    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        match record.kind.as_str() {
            ENTERPRISE => handler::enterprise(ctx, record.clear()?),
            GOODS => handler::goods(ctx, record.clear()?),
            REVIEW => handler::review(ctx, record.clear()?),
            _ => handler::object(ctx, record.clear()?),
        }
    }
}

#[cfg(test)]
mod tests;
