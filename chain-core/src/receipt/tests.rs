#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Receipts of a whole small ledger with four validators: what holds, and what each check refuses.

mod bytes;
mod handovers;
mod states;
mod witnesses;

use super::*;
use crate::fixtures::{Ledger, draft, note, public, set_of, transaction};
use crate::tx::build::Built;
use serde_json::json;
use std::time::Instant;

/// Five blocks; the third holds three transactions, of which the second is refused.
fn ledger() -> (Ledger, Vec<Built>) {
    let mut ledger = Ledger::new();
    let id = ledger.id();
    let refused = transaction(id, "refused", &[draft("test.refuse/1", "x", json!({"text": "no"}), &[])]);
    let mut all: Vec<Built> = ["1", "2", "3", "4", "5", "6"].map(|jti| note(id, jti, &format!("order:{jti}"))).into();
    for block in [&[0][..], &[1], &[2, 6, 3], &[4], &[5]] {
        let all = [&all[..], std::slice::from_ref(&refused)].concat();
        ledger.commit(&block.iter().map(|n| &all[*n]).collect::<Vec<_>>(), None);
    }
    all.push(refused);
    (ledger, all)
}

fn trust(ledger: &Ledger) -> Trust {
    Trust::in_genesis(&ledger.founding)
}

fn code(receipt: &str, trust: &Trust) -> u16 {
    verify(receipt.as_bytes(), trust).expect_err("a refusal").code()
}

#[test]
fn a_good_receipt_says_what_happened() {
    let (ledger, all) = ledger();
    let got = verify(ledger.receipt(&all[3], &[0]).as_bytes(), &trust(&ledger)).unwrap();
    let want = Verified {
        ledger: ledger.id(),
        transaction: all[3].id,
        issuer: "trader".into(),
        height: Height(3),
        index: 2,
        accepted: true,
        code: 0,
        refused_record: 0,
        log_size: 12,
        cosigned: 3,
        witnessed: 0,
        records: vec![(
            RecordId { tx: all[3].id, index: 0 },
            json!({"kind": "test.note/1", "objects": ["order:4"], "at": "2026-01-01T00:00:00Z", "body": {"text": "4"}}),
        )],
    };
    assert_eq!(got, want);
    let refused = verify(ledger.receipt(&all[6], &[]).as_bytes(), &trust(&ledger)).unwrap();
    assert_eq!((refused.accepted, refused.code, refused.refused_record, refused.index), (false, 4242, 0, 1));
    assert!(refused.records.is_empty());
    for built in &all {
        assert!(verify(ledger.receipt(built, &[0]).as_bytes(), &trust(&ledger)).is_ok());
    }
}

#[test]
fn another_ledger_is_told_apart() {
    let (ledger, all) = ledger();
    // The same origin and validators, founded a second later: only the id differs.
    let twin = Ledger::started(crate::fixtures::START + 1);
    assert_ne!(twin.id(), ledger.id());
    let error = verify(ledger.receipt(&all[0], &[0]).as_bytes(), &trust(&twin)).unwrap_err();
    assert!(matches!(error, VerifyError::OtherLedger) && error.code() == 9002);
}

#[test]
fn too_few_or_wrong_signatures_are_no_quorum() {
    let (mut ledger, all) = ledger();
    let with = |numbers: &[u8]| {
        let place = ledger.place(&all[0]);
        receipt(&ledger.extra(&all[0], &[0]), place, ledger.path(place), ledger.checkpoint(numbers)).unwrap()
    };
    let trusted = trust(&ledger);
    for (numbers, good) in [
        (&[1, 2, 3, 4][..], true),
        (&[1, 2, 3], true),
        (&[4, 2, 1], true),
        (&[1, 2], false),
        (&[1], false),
        (&[5, 6, 1], false),
        (&[1, 2, 3, 5], false),
        (&[1, 2, 2], false),
    ] {
        let result = verify(with(numbers).as_bytes(), &trusted);
        assert_eq!(result.as_ref().map_err(VerifyError::code).err(), (!good).then_some(9004), "{numbers:?}");
    }
    let good = with(&[1, 2, 3]);
    let lines: Vec<&str> = good.lines().filter(|line| line.starts_with('—')).collect();
    assert_eq!(lines.len(), 4);
    for line in lines {
        assert_eq!(code(&good.replace(&format!("{line}\n"), ""), &trusted), 9004, "without {line}");
    }
    // Validators who took over nothing: a receipt of strangers.
    ledger.validators = vec![3, 4, 5, 6];
    assert_eq!(code(&ledger.receipt(&all[0], &[0]), &trusted), 9004);
}

#[test]
fn every_check_refuses_with_its_code() {
    let (ledger, all) = ledger();
    let trusted = trust(&ledger);
    let place = ledger.place(&all[0]);
    let make = |extra: &Extra, place: u64, path: u64| {
        receipt(extra, place, ledger.path(path), ledger.checkpoint(&[1, 2, 3])).unwrap()
    };
    let changed = |change: &dyn Fn(&mut Extra)| {
        let mut extra = ledger.extra(&all[0], &[0]);
        change(&mut extra);
        make(&extra, place, place)
    };
    let other = ledger.extra(&all[1], &[0]);
    let block_leaf = leaf_text(&ledger.leaves[1]);
    let shown = |n: u16| Shown { index: n, disclosure: ledger.extra(&all[0], &[0]).records[0].disclosure.clone() };
    assert!(verify(changed(&|_| {}).as_bytes(), &trusted).is_ok());
    let table: [(&str, String, u16); 14] = [
        ("no extra", TlogProof::new(None, place, ledger.path(place), ledger.checkpoint(&[1, 2, 3])).unwrap().encode(), 9001),
        ("leaf is not base64url", changed(&|e| e.leaf.push('=')), 9001),
        ("another place", make(&ledger.extra(&all[0], &[0]), place + 1, place), 9005),
        ("another path", make(&ledger.extra(&all[0], &[0]), place, place + 2), 9005),
        ("another leaf", changed(&|e| e.leaf = other.leaf.clone()), 9005),
        ("the leaf of the block", make(&Extra { leaf: block_leaf, ..other.clone() }, 1, 1), 9006),
        ("another JWT", changed(&|e| e.jwt = other.jwt.clone()), 9006),
        ("a JWT with another signature", changed(&|e| e.jwt.push('A')), 9006),
        ("another key", changed(&|e| e.key = public(2)), 9007),
        ("a record that is not signed", changed(&|e| e.records = other.records.clone()), 9008),
        ("a record of another place", changed(&|e| e.records = vec![shown(1)]), 9008),
        ("a record shown twice", changed(&|e| e.records = vec![shown(0), shown(0)]), 9008),
        ("an empty disclosure", changed(&|e| e.records[0].disclosure.clear()), 9008),
        ("a receipt of nothing", String::new(), 9001),
    ];
    for (what, receipt, want) in table {
        assert_eq!(code(&receipt, &trusted), want, "{what}");
    }
}

#[test]
fn one_record_of_a_batch_reveals_no_other() {
    let mut ledger = Ledger::new();
    let drafts: Vec<_> = (0..100)
        .map(|n| {
            let secret = format!("secret-{n:02}");
            draft("test.note/1", &format!("order:{n:02}"), json!({"text": secret}), &[("price", &format!("sealed-{n:02}"))])
        })
        .collect();
    let built = transaction(ledger.id(), "batch", &drafts);
    ledger.commit(&[&built], None);
    let file = ledger.receipt(&built, &[42]);
    let verified = verify(file.as_bytes(), &trust(&ledger)).unwrap();
    assert_eq!(verified.records.len(), 1);
    assert_eq!(verified.records[0].1["body"]["text"], json!("secret-42"));
    // Every text of the receipt, also inside its base64.
    let proof = TlogProof::parse(file.as_bytes()).unwrap();
    let extra = String::from_utf8(proof.extra().unwrap().to_vec()).unwrap();
    let mut inner = vec![file.clone(), extra.clone()];
    inner.extend(extra.split(['"', '.']).filter_map(unb64).map(|b| String::from_utf8_lossy(&b).into_owned()));
    let sent = String::from_utf8(built.bytes.clone()).unwrap();
    let disclosures: Vec<&str> = sent.split('~').skip(1).take(100).collect();
    let known = |needle: &str| inner.iter().any(|text| text.contains(needle));
    for n in (0..100).filter(|n| *n != 42) {
        let salt = unb64(disclosures[n]).map(|b| String::from_utf8(b).unwrap()[2..24].to_owned()).unwrap();
        assert!(!known(disclosures[n]) && !known(&salt), "record {n}");
        assert!(!known(&format!("secret-{n:02}")) && !known(&format!("order:{n:02}")), "record {n}");
    }
    assert!(known("secret-42") && known(disclosures[42]), "the search finds what is there");
    assert!(!known("sealed-"), "no sealed field");
    println!("receipt of 1 record of 100: {} bytes; of all: {}", file.len(), ledger.receipt(&built, &(0..100).collect::<Vec<_>>()).len());
}

#[test]
#[allow(clippy::disallowed_methods)] // it prints how long a check takes
fn a_receipt_is_small_and_quick_to_check() {
    let mut ledger = Ledger::new();
    let order = json!({
        "buyer": "91110108MA00000000", "currency": "USD", "date": "2026-01-01", "destination": "DE",
        "lines": [{"hs": "6109100010", "minor": 129900, "qty": 100}], "minor": 129900, "no": "2026-000001",
        "seller": "91440300MA00000000", "terms": "FOB",
    });
    let built = transaction(
        ledger.id(),
        "0193f2a0-0000-7000-8000-000000000001",
        &[draft("test.note/1", "order:2026-000001", order, &[("price", "12"), ("payer", "x")])],
    );
    ledger.commit(&[&built], None);
    for n in 0..1000 {
        let filler = note(ledger.id(), &format!("f{n}"), "f");
        ledger.nodes.extend(ledger.frontier.push(crate::log::merkle::leaf_hash(&filler.id.0.0)));
    }
    let trusted = trust(&ledger);
    let file = ledger.receipt(&built, &[0]);
    let start = Instant::now();
    for _ in 0..10 {
        verify(file.as_bytes(), &trusted).unwrap();
    }
    println!("receipt of one record in a log of 1,002: {} bytes, verified in {:?}", file.len(), start.elapsed() / 10);
    assert!(file.len() < 4096, "{} bytes", file.len());
    // A log of 2^30 leaves adds 20 hashes of 45 bytes.
    assert!(file.len() + 20 * 45 < 4096, "{} bytes", file.len() + 20 * 45);
    assert_eq!(set_of(&ledger.validators).quorum(), 3);
}
