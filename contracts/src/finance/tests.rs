#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
pub(crate) mod kit;
mod property;
