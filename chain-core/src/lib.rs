//! Sealane's pure core. No I/O, no clock, no randomness, no async, no database, no consensus engine.
//!
//! Read in the order of a record's way: [`record`] and [`tx`] (what a member signs), [`member`] and
//! [`authority`] (who may), [`contract`] and [`execute`] (what it does), [`block`] (what is agreed),
//! [`log`] and [`tree`] (what proves it), [`receipt`] and [`bundle`] (what an outsider checks), [`replay`] (all of it
//! again).
//!
//! `FORMAT.md` lays out every byte that is hashed or signed; `PROOFS.md` says what each proof proves.

pub mod archive;
pub mod authority;
pub mod block;
pub mod bundle;
pub mod contract;
pub mod execute;
pub mod genesis;
pub mod hash;
pub mod json;
pub mod keys;
pub mod log;
pub mod member;
pub mod receipt;
pub mod record;
pub mod replay;
pub mod state;
pub mod tree;
pub mod tx;
pub mod types;
pub mod validators;
pub mod vote;

#[cfg(test)]
mod tests;
#[cfg(test)]
use tests::fixtures;
