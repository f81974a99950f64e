//! Who may ask what of a running network, that every refusal is a problem document, and that lists and streams
//! neither lose nor repeat.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../attack/mod.rs"]
mod attack;
mod callers;
mod documents;
mod listing;
mod matrix;
mod stream;
