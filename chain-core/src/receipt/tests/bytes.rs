//! No byte of a receipt or a state proof can change unnoticed.

use super::*;

/// Calls `check` with every text that differs in one byte: flipped bits, and characters of the formats.
fn one_byte_changes(file: &[u8], others: &[u8], mut check: impl FnMut(usize, &[u8])) {
    let mut changed = file.to_vec();
    for place in 0..file.len() {
        let values = [file[place] ^ 1, file[place] ^ 0x20].into_iter().chain(others.iter().copied());
        for value in values.filter(|value| *value != file[place]) {
            changed[place] = value;
            check(place, &changed);
        }
        changed[place] = file[place];
    }
}

fn refused_everywhere(file: &[u8], trusted: &Trust, others: &[u8]) {
    assert!(verify(file, trusted).is_ok());
    one_byte_changes(file, others, |place, changed| {
        assert!(verify(changed, trusted).is_err(), "byte {place} set to {:#04x}", changed[place]);
    });
}

#[test]
fn of_a_receipt() {
    let (ledger, all) = ledger();
    refused_everywhere(ledger.receipt(&all[3], &[0]).as_bytes(), &trust(&ledger), b"A");
}

/// The characters of the extra data themselves, not only of its base64.
#[test]
fn of_the_extra_data() {
    let (ledger, all) = ledger();
    let (trusted, place) = (trust(&ledger), ledger.place(&all[3]));
    let good = ledger.extra(&all[3], &[0]).to_bytes();
    let verify_with = |extra: &[u8]| {
        let proof = TlogProof::new(Some(extra.to_vec()), place, ledger.path(place), ledger.checkpoint(&[1, 2, 3]));
        verify(proof.unwrap().encode().as_bytes(), &trusted)
    };
    assert!(verify_with(&good).is_ok());
    one_byte_changes(&good, b" ", |place, changed| {
        assert!(verify_with(changed).is_err(), "byte {place} set to {:#04x}", changed[place]);
    });
    for place in 0..good.len() {
        assert!(verify_with(&[&good[..place], &good[place + 1..]].concat()).is_err(), "byte {place} removed");
        assert!(verify_with(&[&good[..place], b" ", &good[place..]].concat()).is_err(), "a space at {place}");
    }
}

#[test]
fn of_a_receipt_with_a_handover() {
    let mut ledger = Ledger::new();
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[&built], None);
    let good = ledger.extra(&built, &[0]).to_bytes();
    let (trusted, place) = (trust(&ledger), ledger.place(&built));
    let start = std::str::from_utf8(&good).unwrap().find("\"handovers\"").unwrap();
    let verify_with = |extra: &[u8]| {
        let checkpoint = ledger.checkpoint(&ledger.quorum());
        let proof = TlogProof::new(Some(extra.to_vec()), place, ledger.path(place), checkpoint);
        verify(proof.unwrap().encode().as_bytes(), &trusted)
    };
    assert!(verify_with(&good).is_ok());
    one_byte_changes(&good[start..], b"", |place, changed| {
        assert!(verify_with(&[&good[..start], changed].concat()).is_err(), "byte {place} of the handover");
    });
}

#[test]
fn of_a_proof_that_a_key_has_a_value() {
    let (ledger, _) = ledger();
    let (trusted, file) = (trust(&ledger), ledger.state_proof("note/order:4").to_bytes());
    assert!(StateProof::verify(&file, &trusted).unwrap().value.is_some());
    one_byte_changes(&file, b"A ", |place, changed| {
        assert!(StateProof::verify(changed, &trusted).is_err(), "byte {place} set to {:#04x}", changed[place]);
    });
}

/// The one change that stands: the key, to another key that the same empty place shows to be absent. It is a true
/// statement about that key, which is why a verifier compares the key with the one it asked for.
#[test]
fn of_a_proof_that_a_key_has_none() {
    let (ledger, _) = ledger();
    let (trusted, file) = (trust(&ledger), ledger.state_proof("pledge/never-made").to_bytes());
    assert_eq!(StateProof::verify(&file, &trusted).unwrap().value, None);
    let key = std::str::from_utf8(&file).unwrap().find("pledge/").unwrap();
    let mut still_true = 0;
    one_byte_changes(&file, b"A ", |place, changed| {
        let Ok(proved) = StateProof::verify(changed, &trusted) else { return };
        assert!((key..key + "pledge/never-made".len()).contains(&place), "byte {place} set to {:#04x}", changed[place]);
        assert_ne!(proved.key, "pledge/never-made");
        assert!(proved.value.is_none() && !ledger.state.contains_key(&proved.key));
        still_true += 1;
    });
    println!("absence also shown for {still_true} of 68 neighbouring keys");
}

#[test]
fn cut_or_longer_files_are_refused() {
    let (ledger, all) = ledger();
    let (trusted, receipt) = (trust(&ledger), ledger.receipt(&all[3], &[0]));
    let proof = ledger.state_proof("note/order:4").to_bytes();
    for end in 0..receipt.len() {
        assert!(verify(&receipt.as_bytes()[..end], &trusted).is_err(), "receipt cut at {end}");
    }
    for end in 0..proof.len() {
        assert!(StateProof::verify(&proof[..end], &trusted).is_err(), "state proof cut at {end}");
    }
    for value in 0..=255 {
        assert!(verify(&[receipt.as_bytes(), &[value]].concat(), &trusted).is_err(), "{value:#04x} after a receipt");
        assert!(StateProof::verify(&[&proof[..], &[value]].concat(), &trusted).is_err(), "{value:#04x} after a proof");
    }
}
