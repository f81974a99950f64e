#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What the tests of several modules share, and the golden files.

pub mod fixtures;
mod golden;
