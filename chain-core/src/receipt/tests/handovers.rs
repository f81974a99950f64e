//! Trust in the founders becomes trust in their successors, and in nobody else.

use super::*;

/// Validators 1-4 hand over to 3-6, these to 5-8. A transaction before, at, between and after.
fn succession() -> (Ledger, Vec<Built>) {
    let mut ledger = Ledger::new();
    let all: Vec<Built> = ["before", "at", "between", "after"].map(|jti| note(ledger.id(), jti, jti)).into();
    ledger.commit(&[&all[0]], None);
    ledger.commit(&[&all[1]], Some(&[3, 4, 5, 6]));
    ledger.commit(&[&all[2]], None);
    ledger.commit(&[], Some(&[5, 6, 7, 8]));
    ledger.commit(&[&all[3]], None);
    (ledger, all)
}

fn with(ledger: &Ledger, built: &Built, handovers: Vec<Handover>) -> Result<Verified, VerifyError> {
    let extra = Extra { handovers, ..ledger.extra(built, &[0]) };
    let place = ledger.place(built);
    let file = receipt(&extra, place, ledger.path(place), ledger.checkpoint(&ledger.quorum())).unwrap();
    verify(file.as_bytes(), &trust(ledger))
}

#[test]
fn trust_in_the_founders_reaches_their_successors() {
    let (ledger, all) = succession();
    assert_eq!(ledger.handovers.len(), 2);
    for built in &all {
        let verified = with(&ledger, built, ledger.handovers.clone()).unwrap();
        assert_eq!((verified.transaction, verified.cosigned), (built.id, 3));
    }
    let bytes = ledger.state_proof("note/after").to_bytes();
    assert_eq!(StateProof::verify(&bytes, &trust(&ledger)).unwrap().height, Height(5));
}

#[test]
fn a_chain_that_is_cut_changed_or_in_another_order_is_refused() {
    let (ledger, all) = succession();
    let [first, second] = [ledger.handovers[0].clone(), ledger.handovers[1].clone()];
    let table = [
        ("none", vec![], 9004),
        ("the second is missing", vec![first.clone()], 9004),
        ("the first is missing", vec![second.clone()], 9003),
        ("reversed", vec![second.clone(), first.clone()], 9003),
        ("the first twice", vec![first.clone(), first.clone(), second.clone()], 9003),
        ("the second twice", vec![first.clone(), second.clone(), second.clone()], 9003),
    ];
    for (what, handovers, want) in table {
        assert_eq!(with(&ledger, &all[3], handovers).unwrap_err().code(), want, "{what}");
    }
    type Change = (&'static str, fn(&mut Handover));
    let changes: [Change; 6] = [
        ("other successors", |h| h.validators[3] = crate::fixtures::validator(7)),
        ("another order of successors", |h| h.validators.swap(0, 1)),
        ("one successor less", |h| drop(h.validators.pop())),
        ("another place", |h| h.index -= 1),
        ("another path", |h| h.path[0].0[0] ^= 1),
        ("a vote key as cosigner", |h| h.validators[0].cosigner = public(0x19)),
    ];
    for (what, change) in changes {
        let mut changed = first.clone();
        change(&mut changed);
        let error = with(&ledger, &all[3], vec![changed, second.clone()]).unwrap_err();
        assert!(matches!(error, VerifyError::Handover { index: 0, .. }), "{what}: {error}");
    }
}

#[test]
fn successors_cannot_appoint_themselves() {
    let (ledger, all) = succession();
    // The block leaf is real, the checkpoint is signed by those who come instead of those who go.
    let mut usurped = ledger.handovers[0].clone();
    let mut rival = Ledger::new();
    rival.commit(&[&all[0]], None);
    rival.commit(&[&all[1]], Some(&[3, 4, 5, 6]));
    usurped.checkpoint = rival.checkpoint(&[3, 4, 5]).encode();
    let error = with(&ledger, &all[3], vec![usurped, ledger.handovers[1].clone()]).unwrap_err();
    assert!(matches!(error, VerifyError::Handover { index: 0, .. }), "{error}");
}

#[test]
fn a_handover_that_nobody_needs_is_refused() {
    let (ledger, all) = succession();
    // A checkpoint from before the first handover, and one of exactly its block, are the founders' own.
    let mut early = Ledger::new();
    early.commit(&[&all[0]], None);
    for blocks in 1..=2 {
        if blocks == 2 {
            early.commit(&[&all[1]], Some(&[3, 4, 5, 6]));
            early.validators = vec![1, 2, 3, 4];
        }
        assert!(with(&early, &all[0], vec![]).is_ok(), "{blocks} blocks");
        let error = with(&early, &all[0], vec![ledger.handovers[0].clone()]).unwrap_err();
        assert!(matches!(error, VerifyError::Unused) && error.code() == 9010, "{blocks} blocks: {error}");
    }
    let mut between = Ledger::new();
    between.commit(&[&all[0]], None);
    between.commit(&[&all[1]], Some(&[3, 4, 5, 6]));
    between.commit(&[&all[2]], None);
    assert!(with(&between, &all[2], ledger.handovers[..1].to_vec()).is_ok());
    assert_eq!(with(&between, &all[2], ledger.handovers.clone()).unwrap_err().code(), 9010);
}

/// From its handover on, a block is the successors' to sign: one more leaf and the founders' word is not enough.
#[test]
fn those_who_left_do_not_speak_for_later_blocks() {
    let (mut ledger, all) = succession();
    ledger.validators = vec![1, 2, 3, 4];
    assert_eq!(with(&ledger, &all[3], ledger.handovers.clone()).unwrap_err().code(), 9004);
}

/// A quorum of the trusted set vouches for itself, whatever else changed: no handover is needed then, and none hurts.
#[test]
fn who_still_has_a_trusted_quorum_needs_no_handover() {
    let mut ledger = Ledger::new();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[], Some(&[2, 3, 4, 5]));
    ledger.commit(&[&built], None);
    assert!(with(&ledger, &built, vec![]).is_ok());
    assert!(with(&ledger, &built, ledger.handovers.clone()).is_ok());
    // Not so where one of the newcomers signed.
    let extra = Extra { handovers: vec![], ..ledger.extra(&built, &[0]) };
    let place = ledger.place(&built);
    let file = receipt(&extra, place, ledger.path(place), ledger.checkpoint(&[2, 3, 5])).unwrap();
    assert_eq!(code(&file, &trust(&ledger)), 9004);
}

/// The leaving set is named by the leaf, not guessed from who signed: a later handover does not do for an earlier one,
/// even where those who vouch for it are a quorum of both.
#[test]
fn a_handover_by_other_validators_is_refused_whoever_signed_it() {
    let mut ledger = Ledger::new();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[], Some(&[2, 3, 4, 5]));
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    ledger.commit(&[&built], None);
    assert!(with(&ledger, &built, ledger.handovers.clone()).is_ok());
    // Its checkpoint is signed by 2, 3 and 4: a quorum of the founders too.
    let error = with(&ledger, &built, ledger.handovers[1..].to_vec()).unwrap_err();
    assert!(matches!(error, VerifyError::Handover { index: 0, .. }), "{error}");
}
