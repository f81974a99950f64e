#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Bundles of a small ledger in memory: what holds, what each check refuses, and the files that other verifiers read.

mod bad;
mod bench;
mod checks;
mod vectors;
mod world;
