//! A Sealane node. The modules stand in the order of a record's way:
//!
//! ```text
//! api        bytes of a submission
//! admission  form, signature, key, role, replay, share
//! mempool    waits for a block; dataplane tells the other nodes
//! blocks     consensus asks for blocks, has them checked, decides; compact: how they are
//!            proposed; pace: how often
//! consensus  the engine, known only there
//! ledger     executes and commits: one synced batch
//! storage    RocksDB, or memory
//! index      derived tables
//! checkpoint signatures over the log, from which receipts come; witness asks outsiders for theirs
//! answers    tells those who wait
//! query      answers with proof
//! ```
//!
//! [`run`] puts them together. `API.md`, `STORAGE.md` and `CONSENSUS.md` beside this folder say more.

pub mod api;
pub mod admission;
pub mod mempool;
pub mod dataplane;
pub mod blocks;
pub mod compact;
pub mod pace;
pub mod consensus;
pub mod ledger;
pub mod storage;
pub mod index;
pub mod checkpoint;
pub mod answers;
pub mod query;

pub mod clock;
pub mod config;
pub mod console;
pub mod disclosures;
pub mod export;
pub mod high_water;
pub mod metrics;
pub mod witness;
mod run;

pub use run::{RunError, log_to_stderr, read_genesis, run};
