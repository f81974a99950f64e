//! Ledgers that ask for witnesses: proofs hold with enough of them, and only with those of the genesis.

use super::*;
use crate::fixtures::{START, genesis, witness_key};
use crate::genesis::{Founding, Genesis, GenesisError, Witnesses};
use crate::log::note::VerifierKey;

/// Two of three witnesses, a change of validators between the record and the newest block.
fn witnessed() -> (Ledger, Built) {
    let mut ledger = Ledger::witnessed();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[&built], None);
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    ledger.commit(&[], None);
    (ledger, built)
}

#[test]
fn enough_witnesses_are_asked_for_and_no_others_are_let_in() {
    let (mut ledger, built) = witnessed();
    let trusted = trust(&ledger);
    let table: [(&[u8], bool); 9] = [
        (&[1, 2, 3], true),
        (&[1, 2], true),
        (&[3, 1], true),
        (&[2], false),
        (&[], false),
        (&[1, 1], false),
        (&[4, 5], false),
        (&[1, 2, 4], false),
        (&[1, 2, 2], false),
    ];
    for (witnesses, good) in table {
        ledger.witnesses = witnesses.to_vec();
        let receipt = verify(ledger.receipt(&built, &[0]).as_bytes(), &trusted);
        let state = StateProof::verify(&ledger.state_proof("note/a").to_bytes(), &trusted);
        let want = (!good).then_some(9004);
        assert_eq!(receipt.as_ref().map_err(VerifyError::code).err(), want, "receipt, {witnesses:?}");
        assert_eq!(state.as_ref().map_err(VerifyError::code).err(), want, "state proof, {witnesses:?}");
        if let (Ok(receipt), Ok(state)) = (receipt, state) {
            assert_eq!((receipt.cosigned, receipt.witnessed), (3, witnesses.len()));
            // The validators' quorum, though every witness signed later.
            assert_eq!(state.cosigned_at, START + 103);
        }
    }
}

#[test]
fn witnesses_do_not_stand_in_for_validators() {
    let (ledger, built) = witnessed();
    let place = ledger.place(&built);
    let file = receipt(&ledger.extra(&built, &[0]), place, ledger.path(place), ledger.checkpoint(&[3, 4])).unwrap();
    assert_eq!(code(&file, &trust(&ledger)), 9004);
}

#[test]
fn a_handover_needs_witnesses_too() {
    let mut ledger = Ledger::witnessed();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[&built], None);
    ledger.witnesses = vec![1];
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    ledger.witnesses = vec![1, 2];
    ledger.commit(&[], None);
    assert_eq!(code(&ledger.receipt(&built, &[0]), &trust(&ledger)), 9003);
}

#[test]
fn a_ledger_without_witnesses_takes_no_line_of_one() {
    let mut ledger = Ledger::new();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[&built], None);
    ledger.witnesses = vec![1];
    assert_eq!(code(&ledger.receipt(&built, &[0]), &trust(&ledger)), 9004);
}

#[test]
fn the_policy_is_a_c2sp_file() {
    let (ledger, _) = witnessed();
    let policy = trust(&ledger).policy(&ledger.founding.validators).unwrap();
    let text = String::from_utf8(policy.encode()).unwrap();
    assert_eq!(crate::log::Policy::parse(text.as_bytes()).unwrap(), policy);
    let lines: Vec<&str> = text.lines().skip(8).collect();
    assert_eq!(lines[0], format!("witness witness-1 {}", witness_key(1).encode()));
    assert_eq!(
        lines[3..],
        [
            "group validators 3 node-1 node-2 node-3 node-4",
            "group witnesses 2 witness-1 witness-2 witness-3",
            "group consortium all validators witnesses",
            "quorum consortium",
        ]
    );
}

#[test]
fn a_genesis_names_witnesses_that_can_be_told_apart_and_satisfied() {
    let with = |needed: usize, keys: Vec<VerifierKey>| {
        let file =
            serde_json::to_vec(&Genesis { witnesses: Some(Witnesses { needed, keys }), ..genesis(START) }).unwrap();
        Founding::read(&file).map(|_| ())
    };
    let named = |name: &str, seed: u8| {
        VerifierKey::for_cosignatures(name, &crate::fixtures::signer(seed).key().verifying_key()).unwrap()
    };
    let log = VerifierKey::for_notes("w.example", &crate::fixtures::signer(0x51).key().verifying_key()).unwrap();
    let origin = crate::fixtures::ORIGIN;
    assert!(with(1, vec![witness_key(1)]).is_ok());
    assert!(with(1, vec![named(&format!("{origin}-w"), 0x51)]).is_ok());
    let refused = [
        with(0, vec![witness_key(1)]),
        with(2, vec![witness_key(1)]),
        with(0, vec![]),
        with(1, (1..=33).map(witness_key).collect()),
        with(1, vec![log]),
        with(1, vec![named(origin, 0x51)]),
        with(1, vec![named(&format!("{origin}/node-9"), 0x51)]),
    ];
    for (step, result) in refused.into_iter().enumerate() {
        assert!(matches!(result, Err(GenesisError::Witnesses)), "step {step}: {result:?}");
    }
    for keys in [vec![witness_key(1), witness_key(1)], vec![named("w.example", 0x31)]] {
        assert!(matches!(with(1, keys), Err(GenesisError::Policy(_))));
    }
    let text = String::from_utf8(crate::fixtures::genesis_file(START)).unwrap();
    assert!(!text.contains("witnesses"), "left out where there are none");
}

/// Every byte of every line, the witnesses' too.
#[test]
fn no_byte_of_a_witnessed_receipt_changes_unnoticed() {
    let (ledger, built) = witnessed();
    let (file, trusted) = (ledger.receipt(&built, &[0]), trust(&ledger));
    let mut changed = file.clone().into_bytes();
    let start = file.rfind("\n\n").unwrap();
    for place in start..changed.len() {
        changed[place] ^= 1;
        assert!(verify(&changed, &trusted).is_err(), "byte {place}");
        changed[place] ^= 1;
    }
}
