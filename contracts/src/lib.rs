//! Sealane's contracts: pure rules that turn signed records into state. One folder each; `README.md` has a
//! row per contract.
//!
//! What belongs to a contract but is not run by the ledger stands in its folder too, so that there is one
//! rule book: reading customs messages ([`clearance::ceb`]) and EPCIS documents ([`trace::epcis`]), and the
//! receivable check ([`finance::check`]), which a bank's own node runs with the disclosures shown to it.

pub mod clearance;
pub mod dates;
pub mod finance;
pub mod ids;
pub mod insurance;
pub mod membership;
pub mod registry;
pub mod trace;

use chain_core::contract::Contracts;
use chain_core::genesis::Genesis;
use std::collections::BTreeMap;

/// Every contract of a ledger.
pub fn all() -> Contracts {
    Contracts::new(&[
        &membership::MEMBERSHIP,
        &registry::REGISTRY,
        &clearance::CLEARANCE,
        &trace::TRACE,
        &insurance::INSURANCE,
        &finance::FINANCE,
    ])
}

/// What contracts add to the state of a genesis.
pub fn genesis_state(genesis: &Genesis) -> BTreeMap<String, Vec<u8>> {
    membership::genesis_state(genesis)
}
