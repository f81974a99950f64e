//! State proofs: what a key holds after a block, or that it holds nothing.

use super::*;
use crate::types::TimeMs;

fn proved(ledger: &Ledger, proof: &StateProof) -> Result<ProvedState, VerifyError> {
    StateProof::verify(&proof.to_bytes(), &trust(ledger))
}

#[test]
fn presence_and_absence_are_proved_at_a_height() {
    let (ledger, _) = ledger();
    let present = proved(&ledger, &ledger.state_proof("note/order:4")).unwrap();
    assert_eq!(present.value.as_deref(), Some(r#"{"text":"4"}"#));
    assert_eq!((present.height, present.log_size), (Height(5), 12));
    assert_eq!(present.time, TimeMs((crate::fixtures::START + 5) * 1000));
    for key in ["note/x", "pledge/order:4", "obj/x", ""] {
        assert_eq!(proved(&ledger, &ledger.state_proof(key)).unwrap().value, None, "{key:?}");
    }
    // Every key of the state, the founding's own too.
    for (key, value) in &ledger.state {
        let found = proved(&ledger, &ledger.state_proof(key)).unwrap().value.unwrap();
        assert_eq!(found.as_bytes(), value, "{key}");
    }
}

#[test]
fn a_proof_says_one_thing_only() {
    let (ledger, _) = ledger();
    let there = ledger.state_proof("note/order:4");
    let not_there = ledger.state_proof("note/never");
    let table: [(&str, StateProof, u16); 9] = [
        ("another value", StateProof { value: Some(r#"{"text":"5"}"#.into()), ..there.clone() }, 9009),
        ("present said to be absent", StateProof { value: None, ..there.clone() }, 9009),
        ("absent said to be present", StateProof { value: there.value.clone(), ..not_there.clone() }, 9009),
        ("the value of another key", StateProof { key: "note/order:5".into(), ..there.clone() }, 9009),
        ("a present key with the proof of an absent one", StateProof { key: "note/order:4".into(), ..not_there.clone() }, 9009),
        ("another format", StateProof { format: "sealane-state-proof/2".into(), ..there.clone() }, 9001),
        ("a transaction's leaf", StateProof { leaf: leaf_text(&ledger.leaves[0]), index: 0, path: ledger.path(0), ..there.clone() }, 9006),
        ("another leaf", StateProof { leaf: leaf_text(&ledger.leaves[1]), ..there.clone() }, 9005),
        ("another place", StateProof { index: 1, ..there.clone() }, 9005),
    ];
    for (what, proof, want) in table {
        assert_eq!(proved(&ledger, &proof).unwrap_err().code(), want, "{what}");
    }
}

#[test]
fn an_old_state_stays_true_of_its_own_height_only() {
    let mut ledger = Ledger::new();
    let [first, second] = ["1", "2"].map(|jti| note(ledger.id(), jti, "a"));
    ledger.commit(&[&first], None);
    let old = ledger.state_proof("note/a");
    ledger.commit(&[&second], None);
    let new = ledger.state_proof("note/a");
    let (was, is) = (proved(&ledger, &old).unwrap(), proved(&ledger, &new).unwrap());
    assert_eq!((was.height, was.value.as_deref()), (Height(1), Some(r#"{"text":"1"}"#)));
    assert_eq!((is.height, is.value.as_deref()), (Height(2), Some(r#"{"text":"2"}"#)));
    // The old proof under the new block's leaf, and the other way round.
    for (proof, of) in [(&old, &new), (&new, &old)] {
        let mixed = StateProof { proof: proof.proof.clone(), value: proof.value.clone(), ..of.clone() };
        assert_eq!(proved(&ledger, &mixed).unwrap_err().code(), 9009);
    }
}

#[test]
fn a_missing_quorum_and_a_missing_handover_are_refused() {
    let mut ledger = Ledger::new();
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    ledger.commit(&[], None);
    let good = ledger.state_proof("gov/validators");
    assert_eq!(proved(&ledger, &good).unwrap().value.unwrap().as_bytes(), set_of(&[3, 4, 5, 6]).to_bytes());
    let few = StateProof { checkpoint: ledger.checkpoint(&[3, 4]).encode(), ..good.clone() };
    let stale = StateProof { handovers: vec![], ..good.clone() };
    let twice = StateProof { handovers: [good.handovers.clone(), good.handovers.clone()].concat(), ..good.clone() };
    for (what, proof, want) in [("quorum", few, 9004), ("handover", stale, 9004), ("twice", twice, 9003)] {
        assert_eq!(proved(&ledger, &proof).unwrap_err().code(), want, "{what}");
    }
}
