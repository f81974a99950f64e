#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Which checkpoint the witnesses are asked for.

use super::*;
use chain_core::hash::Hash;
use chain_core::log::Checkpoint;
use ed25519_dalek::SigningKey;

fn of(size: u64) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new("log.example/a", size, Hash::ZERO, vec![]).unwrap();
    let line = checkpoint.sign_as_log(&SigningKey::from_bytes(&[1; 32])).unwrap();
    SignedCheckpoint::new(checkpoint, vec![line]).unwrap()
}

fn witness() -> VerifierKey {
    VerifierKey::for_cosignatures("w.example/1", &SigningKey::from_bytes(&[2; 32]).verifying_key()).unwrap()
}

fn with(sizes: &[u64]) -> Outside {
    let mut outside = Outside::default();
    for size in sizes {
        outside.agree(of(*size), 0);
    }
    outside
}

#[test]
fn one_checkpoint_after_the_other() {
    let mut outside = with(&[10]);
    assert_eq!(outside.choose(0, None), Some(10));
    // Newer ones wait until this one is complete.
    outside.agree(of(20), 0);
    outside.agree(of(30), 0);
    assert_eq!(outside.choose(0, None), Some(10));
    assert_eq!(outside.choose(10, None), Some(30), "then the newest");
    outside.settle(30, |_| false);
    assert_eq!(outside.choose(30, None), Some(30), "again, for a fresh time");
    assert_eq!((outside.newest(), outside.agreed.len()), (30, 1));
    assert_eq!(Outside::default().choose(0, None), None);
}

#[test]
fn all_nodes_come_to_ask_for_the_same() {
    let mut outside = with(&[10, 20]);
    outside.target = Some(10);
    // Another node had its 20 signed: 10 can never be complete any more.
    outside.note(&witness(), 20);
    assert_eq!(outside.choose(0, None), Some(20));
    outside.note(&witness(), 15);
    assert_eq!(outside.choose(0, None), Some(20), "never back");
    assert_eq!(outside.signed[&witness().encode()].0, 20);
    outside.note(&witness(), 99);
    assert_eq!(outside.choose(0, None), Some(20), "nor to what this node does not have");
}

#[test]
fn a_handover_goes_first_and_nothing_behind_it_before() {
    let mut outside = with(&[10, 30]);
    assert_eq!(outside.choose(0, Some(20)), None, "its validators have not signed yet");
    outside.agree(of(20), 0);
    assert_eq!(outside.choose(0, Some(20)), Some(20));
    outside.settle(30, |size| size == 20);
    assert!(outside.agreed.contains_key(&20) && !outside.agreed.contains_key(&10));
    assert_eq!(outside.choose(20, None), Some(30));
}

#[test]
fn a_checkpoint_that_finds_no_witnesses_gives_way() {
    let mut outside = with(&[10, 20]);
    outside.target = Some(10);
    assert_eq!(outside.choose(0, None), Some(10));
    let long_ago = Instant::now().checked_sub(2 * PATIENCE).unwrap();
    outside.agreed.get_mut(&10).unwrap().since = long_ago;
    assert_eq!(outside.choose(0, None), Some(20));
    // Signed anew by the validators it is no younger.
    outside.agree(of(10), 0);
    assert_eq!(outside.agreed[&10].since, long_ago);
    outside.forget(20);
    assert_eq!(outside.choose(0, None), Some(10), "and is asked for again where there is no other");
}

#[test]
fn what_is_kept_is_bounded() {
    let mut outside = with(&[1]);
    assert_eq!(outside.choose(0, None), Some(1));
    for size in 2..1000 {
        outside.agree(of(size), 50);
    }
    assert_eq!(outside.agreed.len(), KEPT);
    assert!(outside.agreed.contains_key(&1), "what is asked for stays");
    assert_eq!(outside.agreed[&999].turn, LONGEST_TURN);
}
