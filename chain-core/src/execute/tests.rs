#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::authority::Authority;
use crate::fixtures::{Ledger, contracts, draft, transaction, verified};
use crate::record::RecordDraft;
use crate::state::StateRead;
use crate::tx::build::Built;
use serde_json::json;

fn run_block(ledger: &Ledger, built: &[&Built]) -> Executed {
    let block = BlockContext { ledger: ledger.id(), height: Height(1), time: TimeMs(crate::fixtures::START * 1000) };
    let authority = Authority::new(ledger.state.clone(), block.height).unwrap();
    let txs: Vec<_> =
        built.iter().map(|b| authority.admit(verified(b, &ledger.id()), block.time).unwrap()).collect();
    execute(&contracts(), &ledger.state, authority.params(), block, &txs).unwrap()
}

fn record(kind: &str, object: &str, text: &str) -> RecordDraft {
    draft(kind, object, json!({"text": text}), &[])
}

fn text_of(executed: &Executed, key: &str) -> Option<String> {
    executed.writes.get(key).and_then(|v| v.clone()).map(|v| String::from_utf8(v).unwrap())
}

#[test]
fn a_refusal_or_a_panic_takes_its_transaction_and_nothing_else() {
    let ledger = Ledger::new();
    let tx = |jti, drafts: &[RecordDraft]| transaction(ledger.id(), jti, drafts);
    let first = tx("1", &[record("test.note/1", "a", "kept")]);
    let refused = tx("2", &[record("test.note/1", "a", "lost"), record("test.refuse/1", "b", "lost")]);
    let panicking = tx("3", &[record("test.note/1", "a", "lost"), record("test.note/1", "c", "lost"), record("test.panic/1", "d", "lost")]);
    let last = tx("4", &[record("test.note/1", "e", "kept too")]);
    let executed = run_block(&ledger, &[&first, &refused, &panicking, &last]);
    let codes: Vec<_> = executed.outcomes.iter().map(|o| (o.accepted(), o.code(), o.leaf_bytes())).collect();
    assert_eq!(
        codes,
        [
            (true, 0, [0, 0, 0, 0, 0]),
            (false, 4242, [1, 0, 1, 0x10, 0x92]),
            (false, PANICKED, [1, 0, 2, 0x07, 0x6c]),
            (true, 0, [0, 0, 0, 0, 0]),
        ]
    );
    assert_eq!(PANICKED, 1900);
    let Outcome::Refused { detail, .. } = &executed.outcomes[1] else { panic!("refused") };
    assert_eq!(detail, &Some(json!({"free": 7})));
    let keys: Vec<&str> = executed.writes.keys().map(String::as_str).collect();
    assert_eq!(keys, ["note/a", "note/e", "obj/a", "obj/e"], "no key of a transaction without effect");
    assert_eq!(text_of(&executed, "note/a").unwrap(), r#"{"text":"kept"}"#);
}

#[test]
fn execution_repeats_to_the_same_bytes() {
    let ledger = Ledger::new();
    let a = transaction(ledger.id(), "1", &[record("test.note/1", "a", "x"), record("test.panic/1", "b", "y")]);
    let b = transaction(ledger.id(), "2", &[record("test.note/1", "a", "z")]);
    assert_eq!(run_block(&ledger, &[&a, &b]), run_block(&ledger, &[&a, &b]));
    assert!(run_block(&ledger, &[]).writes.is_empty());
}

#[test]
fn an_object_chain_lists_its_accepted_records_in_order() {
    let mut ledger = Ledger::new();
    let two = transaction(ledger.id(), "1", &[record("test.note/1", "a", "0"), record("test.note/1", "a", "1")]);
    let lost = transaction(ledger.id(), "2", &[record("test.refuse/1", "a", "lost")]);
    let later = transaction(ledger.id(), "3", &[record("test.note/1", "a", "2")]);
    ledger.commit(&[&two, &lost], None);
    ledger.commit(&[&later], None);
    // Rebuilt from the definition, not with the code under test.
    let mut head = [0; 32];
    for (id, index) in [(two.id, 0u16), (two.id, 1), (later.id, 0)] {
        head = Hash::of(&[&head[..], id.0.as_bytes(), &index.to_be_bytes()].concat()).0;
    }
    let found: ObjectChain = ledger.state.load("obj/a").unwrap().unwrap();
    assert_eq!(found, ObjectChain { count: 3, head: Hash(head) });
    // Another order, a record left out or one more gives another head.
    let ids = [(two.id, 0), (two.id, 1), (later.id, 0)].map(|(tx, index)| RecordId { tx, index });
    let chain = |list: &[usize]| list.iter().fold(ObjectChain::default(), |chain, i| chain.push(&ids[*i]));
    assert_eq!(chain(&[0, 1, 2]), found);
    for list in [&[1, 0, 2][..], &[0, 1], &[0, 2], &[0, 1, 2, 2], &[2, 1, 0]] {
        assert_ne!(chain(list).head, found.head, "{list:?}");
    }
}

struct Broken;

impl StateRead for Broken {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StateFault> {
        Err(StateFault("the disk is gone".into()))
    }
}

#[test]
fn a_failing_store_decides_nothing() {
    let ledger = Ledger::new();
    let built = transaction(ledger.id(), "1", &[record("test.note/1", "a", "x")]);
    let block = BlockContext { ledger: ledger.id(), height: Height(1), time: TimeMs(crate::fixtures::START * 1000) };
    let authority = Authority::new(ledger.state.clone(), block.height).unwrap();
    let tx = authority.admit(verified(&built, &ledger.id()), block.time).unwrap();
    let result = execute(&contracts(), &Broken, authority.params(), block, &[tx]);
    assert_eq!(result, Err(StateFault("the disk is gone".into())));
}
