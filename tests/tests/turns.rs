//! Whose turn it is stands in two places, for auditors and for the engine: they must say the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use chain_core::types::Height;
use chain_core::validators::{ValidatorSet, proposer};
use node::consensus::{ValidatorKey, ValidatorSet as EngineSet};
use testnet::world::Cast;

#[test]
fn the_ledger_and_the_engine_name_the_same_proposer() {
    let cast = Cast::new(5).unwrap();
    let set = ValidatorSet::new(cast.nodes.iter().map(|node| node.validator()).collect()).unwrap();
    let keys: Vec<ValidatorKey> =
        set.iter().map(|v| ValidatorKey { vote_key: *v.vote.as_bytes(), power: 1 }).collect();
    let first = set.iter().next().unwrap().vote;
    for skipped in [vec![], vec![first]] {
        let plain: Vec<[u8; 32]> = skipped.iter().map(|key| *key.as_bytes()).collect();
        let engine = EngineSet::new(&keys, &plain).unwrap();
        for height in 1..40 {
            for round in 0..9 {
                let ours = proposer(&set, &skipped, Height(height), round).unwrap();
                assert_eq!(ours.vote.as_bytes(), &engine.proposer(height, round), "height {height}, round {round}");
            }
        }
    }
}
