//! A made-up trade world: organisations with keys, a genesis, and trades whose documents belong together.
//!
//! Promises:
//! 1. Everything follows from a `u64` seed and the times given: same seed, same bytes. Nothing here reads a
//!    clock, a file or the operating system's randomness. Keys and salts are therefore guessable: **never use
//!    them outside a test network**.
//! 2. Nobody real is meant. Codes have right check digits but lie where none are given out: division 999999
//!    of the social credit code, customs region 9999, GS1 prefix 952 (set aside by GS1 for demonstrations).
//! 3. The documents of a trade agree with each other: numbers, parties, currency, totals and times. The first
//!    trade is the story of a bank's loan and passes the receivable check in every point.
//!
//! ```text
//! Cast::new(seed) ── Cast::genesis(origin, time)
//!       └── World::generate(&cast, seed, n, start) ── Trade { documents, filings, journey, claim }
//!                                                          └── drafts and receivable: records with run-time ids
//!                                                                    └── sign: a transaction
//! ```

mod cast;
mod charter;
mod codes;
mod documents;
pub mod drafts;
mod facts;
pub mod receivable;
mod sign;
mod trade;

pub use cast::{Cast, MemberSigner, NodeKeys};
pub use sign::{SaltTape, SaltedDraft, Salts, envelope, sign};
pub use trade::{Authored, Claim, Documents, Trade, World};

use chain_core::member::KeyUse;
use chain_core::tx::build::BuildError;
use contracts::clearance::ceb::CebError;
use contracts::trace::epcis::{EpcisError, write::WriteError};

/// Why a piece of the world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// WORLD-01: an identifier came out malformed, or a number ran out of its range.
    #[error("WORLD-01 {0} is out of range; ask for a smaller world")]
    Range(&'static str),
    /// WORLD-02: the customs message writer refused its own message.
    #[error("WORLD-02 a customs message was refused: {}; report it", .0.first().map(ToString::to_string).unwrap_or_default())]
    Ceb(Vec<CebError>),
    /// WORLD-03: the journey could not be written.
    #[error("WORLD-03 {0}")]
    Journey(#[from] WriteError),
    /// WORLD-04: the journey could not be read back.
    #[error("WORLD-04 the journey was refused: {}; report it", .0.first().map(ToString::to_string).unwrap_or_default())]
    Epcis(Vec<EpcisError>),
    /// WORLD-05: a time before 1970 plus a week, or after 9999.
    #[error("WORLD-05 the time cannot be written; use one between 1971 and 9990")]
    Time,
    /// WORLD-06: a body is not an object of JSON.
    #[error("WORLD-06 a body cannot be written as JSON: {0}")]
    Json(String),
    /// WORLD-07: the member has no key of this use.
    #[error("WORLD-07 {member} has no key of use {purpose:?}; let another member do this")]
    NoKey {
        /// Nickname of the member.
        member: String,
        /// What the key would be for.
        purpose: KeyUse,
    },
    /// WORLD-08: the trade has no receivable.
    #[error("WORLD-08 trade {0} has no receivable; take an export")]
    NoClaim(u32),
    /// WORLD-09: salts were fixed for another number of sealed fields.
    #[error("WORLD-09 a draft seals {sealed} fields but {given} salts were fixed; draw one per field or none")]
    Salts {
        /// Sealed fields of the draft.
        sealed: usize,
        /// Salts given.
        given: usize,
    },
    /// WORLD-10: the transaction could not be built.
    #[error("WORLD-10 {0}")]
    Build(#[from] BuildError),
    /// WORLD-11: a key refused to sign.
    #[error("WORLD-11 the key could not sign: {0}")]
    Signer(String),
}

#[cfg(test)]
mod tests;
