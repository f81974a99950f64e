#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::block::Certificate;
use crate::fixtures::{Ledger, certificate, contracts, note, public};
use crate::tx::build::Built;

fn payload(ledger: &Ledger, place: usize) -> BlockPayload {
    let certificate = place.checked_sub(1).map(|before| ledger.certificates[before].clone());
    BlockPayload { proposer: ledger.headers[place].proposer, certificate }
}

fn replay(ledger: &Ledger) -> Replay {
    Replay::begin(ledger.founding.clone(), contracts(), State::new()).unwrap()
}

fn bytes(built: &[&Built]) -> Vec<Vec<u8>> {
    built.iter().map(|b| b.bytes.clone()).collect()
}

/// Three blocks: two notes, nothing, one note.
fn story() -> (Ledger, Vec<Vec<Vec<u8>>>) {
    let mut ledger = Ledger::new();
    let [a, b, c] = [("1", "a"), ("2", "b"), ("3", "a")].map(|(jti, object)| note(ledger.id(), jti, object));
    let blocks: [&[&Built]; 3] = [&[&a, &b], &[], &[&c]];
    for block in blocks {
        ledger.commit(block, None);
    }
    let txs = blocks.iter().map(|block| bytes(block)).collect();
    (ledger, txs)
}

#[test]
fn it_gives_the_headers_leaves_and_state_that_the_ledger_has() {
    let (ledger, blocks) = story();
    let mut replay = replay(&ledger);
    let mut leaves = Vec::new();
    for (place, txs) in blocks.iter().enumerate() {
        let done = replay.apply(ledger.headers[place].time, &payload(&ledger, place), txs).unwrap();
        assert_eq!(done.header, ledger.headers[place]);
        assert_eq!(done.outcomes.len(), txs.len());
        leaves.extend(done.leaves);
    }
    assert_eq!(leaves, ledger.leaves);
    assert_eq!(replay.state(), &ledger.state);
    assert_eq!(replay.log(), &ledger.frontier);
    let entries = replay.state().iter().map(|(key, value)| (key.as_str(), value.as_slice()));
    assert_eq!(root_of(entries), Ok(ledger.headers[2].state_root));
}

#[test]
fn a_block_that_validators_would_refuse_is_refused() {
    let (ledger, blocks) = story();
    let (first, second) = (&ledger.headers[0], &ledger.headers[1]);
    let begun = || {
        let mut replay = replay(&ledger);
        replay.apply(first.time, &payload(&ledger, 0), &blocks[0]).unwrap();
        replay
    };
    let with = |certificate: Option<Certificate>| BlockPayload { proposer: second.proposer, certificate };
    let good = payload(&ledger, 1);
    assert!(matches!(begun().apply(first.time, &good, &[]), Err(ReplayError::Time)));
    let stranger = BlockPayload { proposer: public(0x77), ..good.clone() };
    assert!(matches!(begun().apply(second.time, &stranger, &[]), Err(ReplayError::Proposer)));
    assert!(matches!(begun().apply(second.time, &with(None), &[]), Err(ReplayError::OtherCertificate)));
    let other = certificate(&ledger.id(), 1, 0, Hash([9; 32]), &[1, 2, 3]);
    assert!(matches!(begun().apply(second.time, &with(Some(other)), &[]), Err(ReplayError::OtherCertificate)));
    let few = certificate(&ledger.id(), 1, 0, first.hash(), &[1, 2]);
    assert!(matches!(begun().apply(second.time, &with(Some(few)), &[]), Err(ReplayError::Certificate(_))));
    assert!(matches!(begun().apply(second.time, &good, &blocks[0][..1]), Err(ReplayError::Repeated(0))));
    let twice = [blocks[2][0].clone(), blocks[2][0].clone()];
    assert!(matches!(begun().apply(second.time, &good, &twice), Err(ReplayError::Repeated(1))));
    let mut spoilt = blocks[2].clone();
    let middle = spoilt[0].len() / 2;
    spoilt[0][middle] ^= 1;
    assert!(matches!(begun().apply(second.time, &good, &spoilt), Err(ReplayError::Transaction { index: 0, .. })));
    assert!(begun().apply(second.time, &good, &[]).is_ok());
}

#[test]
fn block_payloads_have_one_spelling() {
    let (ledger, _) = story();
    for place in 0..3 {
        let good = payload(&ledger, place);
        let bytes = good.to_bytes();
        assert_eq!(BlockPayload::from_bytes(&bytes), Some(good));
        let cut = (0..bytes.len()).filter(|end| BlockPayload::from_bytes(&bytes[..*end]).is_some()).count();
        // Cut at a signature's end it is a smaller certificate, which has another hash and no quorum.
        assert_eq!(cut, if place == 0 { 0 } else { 1 + 4 });
    }
}
