//! Following a ledger: mirror it, check it, execute it again. `PROOFS.md`, "Following a ledger".
//!
//! [`mirror`] is the folder and the node it is filled from, [`bundle`] reads what they hold, [`compare`] executes the
//! blocks and compares, [`follow`] goes from one checkpoint to the next. The first difference ends it: [`divergence`].

mod bundle;
mod compare;
mod divergence;
mod follow;
mod mirror;

pub use divergence::{Divergence, Stop, What};
pub use follow::{Advance, Auditor, Covered};
pub use mirror::Mirror;
