//! What a proof must refuse.

use super::*;
use std::collections::BTreeSet;

struct Case {
    root: Hash,
    key: Hash,
    value: Option<Hash>,
    proof: Proof,
}

impl Case {
    fn verify(&self, proof: &Proof) -> Result<(), ProofError> {
        proof.verify(&self.root, &self.key, self.value.as_ref())
    }
}

/// Proofs of all three kinds: of presence, of absence by an empty place, and of
/// absence by another entry.
fn cases() -> Vec<Case> {
    let mut rng = StdRng::seed_from_u64(10);
    let mut store = Store::default();
    let changes = insertions(&mut rng, 60);
    let update = update(&store, &Root::EMPTY, 1, &changes).unwrap();
    store.write(&update);
    let absent = (0..12).map(|_| (random_hash(&mut rng), None));
    let cases: Vec<Case> = changes
        .into_iter()
        .take(6)
        .chain(absent)
        .map(|(key, value)| {
            let proof = prove(&store, &update.root, &key).unwrap();
            Case { root: update.root.hash, key, value, proof }
        })
        .collect();
    let kinds: BTreeSet<_> =
        cases.iter().map(|c| (c.value.is_some(), c.proof.leaf.is_some())).collect();
    assert_eq!(kinds.len(), 3);
    cases
}

#[test]
fn the_empty_tree_proves_absence() {
    let proof = prove(&Store::default(), &Root::EMPTY, &Hash::ZERO).unwrap();
    assert_eq!(proof, Proof { leaf: None, siblings: vec![] });
    assert_eq!(proof.verify(&PLACEHOLDER, &Hash::ZERO, None), Ok(()));
    assert_eq!(
        proof.verify(&PLACEHOLDER, &Hash::ZERO, Some(&Hash::ZERO)),
        Err(ProofError::NotPresent)
    );
}

#[test]
fn one_changed_bit_is_refused() {
    for case in cases() {
        assert_eq!(case.verify(&case.proof), Ok(()));
        let refused = |change: &dyn Fn(&mut Proof, u8)| {
            for bit in 0..8 {
                let mut proof = case.proof.clone();
                change(&mut proof, 1 << bit);
                assert!(case.verify(&proof).is_err());
            }
        };
        for byte in 0..32 {
            for sibling in 0..case.proof.siblings.len() {
                refused(&|proof, flip| proof.siblings[sibling].0[byte] ^= flip);
            }
            if case.proof.leaf.is_some() {
                refused(&|proof, flip| proof.leaf.as_mut().unwrap().key_hash.0[byte] ^= flip);
                refused(&|proof, flip| proof.leaf.as_mut().unwrap().value_hash.0[byte] ^= flip);
            }
        }
    }
}

#[test]
fn one_changed_byte_of_the_json_is_refused_or_means_the_same() {
    for case in cases() {
        let json = serde_json::to_vec(&case.proof).unwrap();
        assert_eq!(serde_json::from_slice::<Proof>(&json).unwrap(), case.proof);
        for at in 0..json.len() {
            for replacement in [json[at] ^ 1, json[at] ^ 0x20, b' ', b'0', b'}'] {
                let mut changed = json.clone();
                changed[at] = replacement;
                if let Ok(proof) = serde_json::from_slice::<Proof>(&changed) {
                    assert!(proof == case.proof || case.verify(&proof).is_err());
                }
            }
        }
    }
}

#[test]
fn siblings_added_removed_or_moved_are_refused() {
    for case in cases() {
        let n = case.proof.siblings.len();
        for at in 0..=n {
            for extra in [PLACEHOLDER, Hash::ZERO] {
                let mut proof = case.proof.clone();
                proof.siblings.insert(at, extra);
                assert!(case.verify(&proof).is_err());
            }
        }
        for at in 0..n {
            let mut proof = case.proof.clone();
            proof.siblings.remove(at);
            assert!(case.verify(&proof).is_err());
        }
        let mut proof = case.proof.clone();
        proof.siblings.reverse();
        assert!(n < 2 || case.verify(&proof).is_err());
    }
}

#[test]
fn each_refusal_has_its_reason() {
    let other = Hash([7; 32]);
    for Case { root, key, value, proof } in cases() {
        let verify = |proof: &Proof, value: Option<&Hash>| proof.verify(&root, &key, value);
        let depth = proof.siblings.len();
        match (value, proof.leaf) {
            (Some(value), Some(leaf)) => {
                assert_eq!(verify(&proof, None), Err(ProofError::NotAbsent));
                assert_eq!(verify(&proof, Some(&other)), Err(ProofError::OtherValue(value)));
                assert_eq!(
                    proof.verify(&root, &other, Some(&value)),
                    Err(ProofError::OtherKey(key))
                );
                // A key that leaves the path at its first bit cannot use this entry to show absence.
                let mut far = key;
                far.0[0] ^= 0x80;
                let off = ProofError::OffPath { shared: 0, needed: depth };
                assert_eq!(proof.verify(&root, &far, None), Err(off));
                let hash = root;
                assert_eq!(
                    proof.verify(&other, &key, Some(&value)),
                    Err(ProofError::OtherRoot(hash))
                );
                assert_eq!(leaf.key_hash, key);
            }
            (None, Some(leaf)) => {
                assert_eq!(verify(&proof, Some(&other)), Err(ProofError::OtherKey(leaf.key_hash)));
            }
            (None, None) => {
                assert_eq!(verify(&proof, Some(&other)), Err(ProofError::NotPresent));
                assert_eq!(proof.verify(&other, &key, None), Err(ProofError::OtherRoot(root)));
            }
            (Some(_), None) => panic!("a present key without its entry"),
        }
        let mut long = proof.clone();
        long.siblings.resize(257, PLACEHOLDER);
        assert_eq!(verify(&long, value.as_ref()), Err(ProofError::TooManySiblings(257)));
    }
}

#[test]
fn json_is_as_documented() {
    let [a, b, c] = [1, 2, 3].map(|byte| Hash([byte; 32]));
    let proof = Proof { leaf: Some(Leaf { key_hash: a, value_hash: b }), siblings: vec![c] };
    let json = format!(r#"{{"leaf":{{"key_hash":"{a}","value_hash":"{b}"}},"siblings":["{c}"]}}"#);
    assert_eq!(serde_json::to_string(&proof).unwrap(), json);
    let empty = Proof { leaf: None, siblings: vec![] };
    assert_eq!(serde_json::to_string(&empty).unwrap(), r#"{"leaf":null,"siblings":[]}"#);
    assert_eq!(serde_json::from_str::<Proof>(r#"{"leaf":null,"siblings":[]}"#).unwrap(), empty);
    for refused in [
        r#"{"siblings":[]}"#,
        r#"{"leaf":null}"#,
        r#"{"leaf":null,"siblings":[],"more":0}"#,
        r#"{"leaf":{"key_hash":"00","value_hash":"00"},"siblings":[]}"#,
        r#"{"leaf":null,"siblings":[null]}"#,
    ] {
        assert!(serde_json::from_str::<Proof>(refused).is_err(), "{refused}");
    }
}
