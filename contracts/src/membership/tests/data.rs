//! What may be said at all: the form of proposals, rule sets and the genesis.

use super::super::rules::RuleVersions;
use super::*;
use crate::dates::Date;
use chain_core::genesis::rules_key;
use chain_core::member::KeyUse;
use chain_core::types::Kind;

fn follow(genesis: &mut Genesis, member: &str, key: &str) {
    genesis.followers.0.insert(id(member), public(key));
}

#[test]
fn bad_form_enters_no_block() {
    let l = &mut ledger();
    let key = |uses: Value| json!({ "x": public("new"), "uses": uses });
    let admit = |field: &str, value: Value| {
        let mut member = new_member("new");
        member[field] = value;
        json!({ "admit_member": { "member": member } })
    };
    let twice = json!([key(json!(["record"])), key(json!(["api"]))]);
    let table = [
        ("unknown action", json!({ "expel_member": { "member": "shop" } })),
        ("two actions", json!({ "suspend_member": { "member": "shop" }, "lift_suspension": { "member": "shop" } })),
        ("unknown field", json!({ "suspend_member": { "member": "shop", "why": "x" } })),
        ("no names", admit("names", json!({}))),
        ("blank name", admit("names", json!({ "en": " " }))),
        ("no roles", admit("roles", json!([]))),
        ("unknown role", admit("roles", json!(["king"]))),
        ("no keys", admit("keys", json!([]))),
        ("no record key", admit("keys", json!([key(json!(["api"]))]))),
        ("no uses", admit("keys", json!([key(json!([]))]))),
        ("maker and checker in one", admit("keys", json!([key(json!(["record", "maker", "checker"]))]))),
        ("key twice", admit("keys", twice)),
        ("weak key", admit("keys", json!([{ "x": "A".repeat(43), "uses": ["record"] }]))),
        ("wrong check digit", admit("id", json!("91350100M000100Y44"))),
        ("18 characters that are no code", admit("id", json!("eighteen-character"))),
        ("roles taken away", json!({ "set_roles": { "member": "shop", "roles": [] } })),
        ("no validators", validators(&[])),
        ("validator twice", validators(&["tax", "tax"])),
        ("kind without version", json!({ "set_grant": { "kind": "trade.order", "roles": [] } })),
        ("kind without part", json!({ "set_grant": { "kind": "order/1", "roles": [] } })),
        ("kind of version 01", json!({ "set_grant": { "kind": "trade.order/01", "roles": [] } })),
        ("no votes needed", json!({ "set_params": { "params": params(0) } })),
        ("blocks too small", json!({ "set_params": { "params": Params { block_bytes: 1, ..params(3) } } })),
        ("blocks too large", json!({ "set_params": { "params": Params { block_bytes: 9 << 20, ..params(3) } } })),
        ("share over block", json!({ "set_params": { "params": Params { member_block_bytes: 5 << 20, ..params(3) } } })),
        ("rule set without date", json!({ "set_rules": { "name": "credit", "value": { "version": "1" } } })),
        ("no such date", rule("1", "2026-02-30")),
        ("rule set's version", rule("one two", "2026-01-01")),
        ("rule set's name", json!({ "set_rules": { "name": "A/b", "value": { "version": "1", "effective": "2026-01-01" } } })),
    ];
    for (what, action) in table {
        assert_eq!(propose(l, "customs", action).0, FORM, "{what}");
    }
    let big = json!({ "version": "1", "effective": "2026-01-01", "x": "y".repeat(65_536) });
    assert_eq!(propose(l, "customs", json!({ "set_rules": { "name": "credit", "value": big } })).0, FORM);
    assert_eq!(l.call("customs", VOTE, json!({ "proposal": "x", "vote": "yes" })), FORM);
    assert_eq!(l.call("customs", VOTE, json!({ "proposal": l.last, "vote": "maybe" })), FORM);
    assert_eq!(l.state, ledger().state, "nothing was written");
}

#[test]
fn rule_sets_keep_every_version() {
    let l = &mut ledger();
    for (step, (action, code)) in [
        (rule("251", "2021-11-01"), 0),
        (rule("282", "2026-04-01"), 0),
        (rule("282", "2026-04-01"), 2022),
        (rule("282", "2026-05-01"), 2024),
        (rule("251a", "2021-11-01"), 0),
        (rule("300", "2027-01-01"), 0),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(decide(l, action), code, "step {step}");
    }
    let all: RuleVersions = l.get(&rules_key("credit")).unwrap();
    let now = l.height.next();
    for (date, version) in [
        ("2021-10-31", None),
        ("2021-11-01", Some("251a")),
        ("2026-03-31", Some("251a")),
        ("2026-04-01", Some("282")),
        ("2026-12-31", Some("282")),
        ("2027-01-01", Some("300")),
    ] {
        let found = all.in_force(Date::parse(date).unwrap(), now).map(|rules| rules.version.as_str());
        assert_eq!(found, version, "{date}");
    }
    let last = all.0.last().unwrap();
    let date = Date::parse("2030-01-01").unwrap();
    assert_eq!(last.from, now, "from the height after the deciding vote");
    assert_eq!(all.in_force(date, l.height).unwrap().version, "282", "not yet in the deciding block");
    assert_eq!(all.version("251").unwrap().rules["x"], 1);
}

#[test]
fn a_genesis_keeps_the_same_rules() {
    let good = small_genesis();
    let rules = json!([{ "from": 0, "rules": { "version": "282", "effective": "2026-04-01" } }]);
    let edit = |change: &dyn Fn(&mut Genesis)| {
        let mut genesis = good.clone();
        change(&mut genesis);
        check_genesis(&genesis)
    };
    assert_eq!(edit(&|g| drop(g.rules.insert("credit".into(), rules.clone()))), Ok(()));
    assert_eq!(edit(&|g| follow(g, "tax", "tax/peer")), Ok(()));
    let kid = public("tax/vote").kid();
    let mut taken = good.clone();
    taken.members[5].keys[0].x = public("tax/vote");
    taken.members[5].keys[0].kid = kid.clone();
    assert_eq!(check_genesis(&taken), Err(GenesisFault::KeyTwice(kid)));
    assert_eq!(genesis_state(&taken).len(), 6 + 5 * 4 - 1);
    type Edit = &'static dyn Fn(&mut Genesis);
    let bad: [(&str, Edit); 8] = [
        ("rules are no list", &|g| drop(g.rules.insert("credit".into(), json!({ "version": "1", "effective": "2026-01-01" })))),
        ("empty list", &|g| drop(g.rules.insert("credit".into(), json!([])))),
        ("later height", &|g| drop(g.rules.insert("c".into(), json!([{ "from": 1, "rules": { "version": "1", "effective": "2026-01-01" } }])))),
        ("parameters", &|g| g.params.votes_needed = 0),
        ("follower no member", &|g| follow(g, "stranger", "s")),
        ("too few may vote", &|g| drop(g.grants.0.remove(&Kind::parse(VOTE).unwrap()))),
        ("maker and checker", &|g| g.members[0].keys[0].uses.extend([KeyUse::Maker, KeyUse::Checker])),
        ("founders' keys twice", &|g| {
            let key = g.members[0].keys[0].clone();
            g.members[5].keys.push(key);
        }),
    ];
    for (what, change) in bad {
        assert!(edit(change).is_err(), "{what}");
    }
}
