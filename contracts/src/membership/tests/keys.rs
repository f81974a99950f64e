//! A member's own keys.

use super::super::state::{KeyOwner, Purpose, key_owner};
use super::*;
use chain_core::member::KeyUse;
use chain_core::types::Kid;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn kid(name: &str) -> Kid {
    public(name).kid()
}

#[test]
fn one_call_after_the_other() {
    let l = &mut ledger();
    // Who, with which key, what, expected.
    let table: Vec<(&str, &str, Value, u16)> = vec![
        ("shop", "shop/record", json!({ "action": "add", "x": "AAAA", "uses": ["record"] }), FORM),
        ("shop", "shop/record", json!({ "action": "add", "x": "A".repeat(43), "uses": ["record"] }), FORM),
        ("shop", "shop/record", add_key("k1", &[]), FORM),
        ("shop", "shop/record", add_key("k1", &["maker", "checker"]), FORM),
        ("shop", "shop/record", add_key("k1", &["everything"]), FORM),
        ("shop", "shop/record", json!({ "action": "add", "x": public("k1"), "uses": ["api"], "from": 1 }), FORM),
        ("shop", "shop/record", json!({ "action": "forget", "kid": kid("k1") }), FORM),
        ("shop", "shop/record", add_key("k1", &["checker"]), 0),
        ("shop", "k1", add_key("k1", &["checker"]), 2003),
        ("shop", "shop/record", add_key("k9", &["checker"]), 2008),
        ("shop", "shop/record", add_key("k9", &["record", "maker"]), 2008),
        ("shop", "k1", add_key("k9", &["maker"]), 0),
        ("shop", "k1", revoke_key("k9"), 0),
        ("shop", "shop/record", add_key("k8", &["maker"]), 2008),
        ("shop", "shop/record", add_key("k1", &["record"]), 2002),
        ("tax", "tax/record", add_key("k1", &["checker"]), 2002),
        ("tax", "tax/record", add_key("shop/record", &["api"]), 2002),
        ("shop", "shop/record", add_key("tax/vote", &["record"]), 2002),
        ("shop", "shop/record", add_key("tax/log", &["record"]), 2002),
        ("shop", "shop/record", add_key("tax/cosigner", &["record"]), 2002),
        ("shop", "shop/record", add_key("tax/peer", &["record"]), 2002),
        ("tax", "tax/record", add_key("tax/peer", &["record"]), 2002),
        ("shop", "k1", add_key("k2", &["api"]), 2001),
        ("shop", "k1", revoke_key("shop/record"), 2001),
        ("shop", "shop/record", add_key("k2", &["api"]), 0),
        ("shop", "k2", add_key("k3", &["api"]), 1104),
        ("shop", "shop/record", revoke_key("k3"), 2005),
        ("shop", "shop/record", revoke_key("tax/record"), 2005),
        ("shop", "shop/record", revoke_key("shop/record"), 2007),
        ("shop", "shop/record", revoke_key("k2"), 0),
        ("shop", "shop/record", revoke_key("k2"), 2006),
        ("shop", "shop/record", add_key("k2", &["api"]), 2002),
        ("tax", "tax/record", add_key("k2", &["api"]), 2002),
        ("shop", "shop/record", add_key("k3", &["record"]), 0),
        ("shop", "shop/record", revoke_key("shop/record"), 0),
        ("shop", "shop/record", revoke_key("k3"), 1104),
        ("shop", "k3", revoke_key("k3"), 2007),
    ];
    for (step, (who, key, body, code)) in table.into_iter().enumerate() {
        assert_eq!(l.call_with(who, key, KEY, body), code, "step {step}");
    }
    let owner: KeyOwner = l.get(&key_owner(&kid("k2"))).unwrap();
    assert_eq!(owner, KeyOwner { member: id("shop"), purpose: Purpose::Member });
    let of_validator: KeyOwner = l.get(&key_owner(&kid("tax/vote"))).unwrap();
    assert_eq!(of_validator.purpose, Purpose::Vote);
}

fn rotate(first: Value, second: Value) -> Vec<chain_core::record::RecordDraft> {
    vec![draft(KEY, first), draft(KEY, second)]
}

#[test]
fn a_rotation_is_one_transaction() {
    let l = &mut ledger();
    let tx = |records| vec![Tx { who: "shop", key: "shop/record", records }];
    let before = l.state.clone();
    assert_eq!(l.block(tx(rotate(revoke_key("shop/record"), add_key("new", &["record"])))), [2007], "add comes first");
    assert_eq!(l.block(tx(rotate(add_key("new", &["api"]), revoke_key("shop/record")))), [2007]);
    assert_eq!(l.state, before, "the refused transactions left nothing");
    let codes = l.block(vec![
        Tx { who: "shop", key: "shop/record", records: rotate(add_key("new", &["record"]), revoke_key("shop/record")) },
        Tx { who: "shop", key: "shop/record", records: vec![draft(KEY, add_key("late", &["api"]))] },
        Tx { who: "shop", key: "new", records: vec![draft(KEY, add_key("early", &["api"]))] },
    ]);
    let (member, now) = (l.member("shop"), l.height);
    let ends: Vec<_> = member.keys.iter().map(|key| (key.from, key.until)).collect();
    assert_eq!(ends, [(Height(0), Some(now.next())), (now.next(), None), (now.next(), None)]);
    assert_eq!(codes, [0, 0, 1103], "the old key ends with its height, the new begins after it");
    assert_eq!(l.call_with("shop", "shop/record", KEY, add_key("k", &["api"])), 1104);
    assert_eq!(l.call_with("shop", "new", KEY, add_key("k", &["api"])), 0);
}

#[test]
fn the_same_key_is_revoked_once_in_a_block() {
    let l = &mut ledger();
    assert_eq!(l.call("shop", KEY, add_key("k1", &["api"])), 0);
    let revoke = || Tx { who: "shop", key: "shop/record", records: vec![draft(KEY, revoke_key("k1"))] };
    assert_eq!(l.block(vec![revoke(), revoke()]), [0, 2006]);
}

#[test]
fn at_most_64_keys() {
    let l = &mut ledger();
    for n in 2..=64 {
        assert_eq!(l.call("shop", KEY, add_key(&format!("key {n}"), &["api"])), 0, "{n}");
    }
    assert_eq!(l.call("shop", KEY, add_key("key 65", &["api"])), 2004);
    assert_eq!(l.call("shop", KEY, revoke_key("key 2")), 0);
    assert_eq!(l.call("shop", KEY, add_key("key 65", &["api"])), 2004, "ended keys count");
}

#[test]
fn the_governing_members_help_a_member_that_lost_its_keys() {
    let l = &mut ledger();
    let revoke = |name: &str| json!({ "revoke_key": { "member": "shop", "kid": kid(name) } });
    let add = |name: &str| json!({ "add_key": { "member": "shop", "key": { "x": public(name), "uses": ["record"] } } });
    for (step, (action, code)) in [
        (revoke("other"), 2005),
        (revoke("shop/record"), 0),
        (revoke("shop/record"), 2006),
        (add("shop/record"), 2002),
        (add("tax/record"), 2002),
        (add("spare"), 0),
        (add("spare"), 2003),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(decide(l, action), code, "step {step}");
        if step == 1 {
            assert_eq!(l.call("shop", KEY, add_key("thief", &["record"])), 1104, "the stolen key is dead");
        }
    }
    assert_eq!(l.call_with("shop", "spare", KEY, add_key("more", &["api"])), 0);
}

/// One try: add or revoke key `key` (of 6), signed with key `by`, in a new block or in the one before.
type Try = (bool, usize, usize, bool);

fn play(tries: &[Try]) -> Result<(), TestCaseError> {
    let mut l = ledger();
    let name = |n: usize| if n == 0 { "shop/record".to_owned() } else { format!("key {n}") };
    let mut revoked: BTreeMap<Kid, Height> = BTreeMap::new();
    let mut blocks: Vec<Vec<&Try>> = Vec::new();
    for one in tries {
        match blocks.last_mut() {
            Some(block) if !one.3 => block.push(one),
            _ => blocks.push(vec![one]),
        }
    }
    for block in blocks {
        let names: Vec<(String, String)> = block.iter().map(|t| (name(t.1), name(t.2))).collect();
        let txs = block.iter().zip(&names).map(|((add, n, ..), (key, by))| {
            let uses: &[&str] = if n % 3 == 2 { &["api"] } else { &["record", "checker"] };
            let body = if *add { add_key(key, uses) } else { revoke_key(key) };
            Tx { who: "shop", key: by, records: vec![draft(KEY, body)] }
        });
        let codes = l.block(txs.collect());
        for (((add, ..), (key, by)), code) in block.iter().zip(&names).zip(codes) {
            if let Some(end) = revoked.get(&kid(by)) {
                prop_assert!(code != 0 || l.height <= *end, "{by} signed after its revocation");
            }
            if code == 0 && !*add {
                revoked.insert(kid(key), l.height);
            }
        }
        let member = l.member("shop");
        for (kid, height) in &revoked {
            let key = member.key(kid).unwrap();
            for use_ in [KeyUse::Record, KeyUse::Checker, KeyUse::Api, KeyUse::Maker, KeyUse::Attest] {
                for later in 1..50 {
                    prop_assert!(!key.valid(use_, Height(height.0 + later)), "{kid} is valid after {height}");
                }
            }
        }
        let next = l.height.next();
        prop_assert!(member.keys.iter().any(|key| key.valid(KeyUse::Record, next)), "no key is left");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_key_is_valid_after_its_revocation(
        tries in prop::collection::vec((any::<bool>(), 0usize..6, 0usize..6, any::<bool>()), 1..40)
    ) {
        play(&tries)?;
    }
}
