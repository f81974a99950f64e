#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Governance: table tests. Five validators (customs, tax, bank-1, bank-2, bank-3), `votes_needed` 3.

mod data;
mod keys;

use super::state::{Proposal, ProposalStatus, proposal};
use super::*;
use crate::membership::testkit::*;
use chain_core::authority::Followers;
use chain_core::genesis::{Genesis, Witnesses};
use chain_core::member::{Grants, Params, Role};
use chain_core::types::{Height, RecordId};
use chain_core::validators::ValidatorSet;
use serde_json::{Value, json};

const FORM: u16 = 1009;

pub(super) fn small_genesis() -> Genesis {
    let all = [Role::Customs, Role::Tax, Role::Bank, Role::Enterprise];
    let members = vec![
        founder("customs", &[Role::Customs]),
        founder("tax", &[Role::Tax]),
        founder("bank-1", &[Role::Bank]),
        founder("bank-2", &[Role::Bank]),
        founder("bank-3", &[Role::Bank]),
        founder("shop", &[Role::Enterprise]),
    ];
    let grants = grants(&[(KEY, &all), (PROPOSAL, &all), (VOTE, &all)]);
    genesis(members, &["customs", "tax", "bank-1", "bank-2", "bank-3"], grants)
}

pub(super) fn ledger() -> TestLedger {
    TestLedger::new(&small_genesis())
}

pub(super) fn propose(l: &mut TestLedger, who: &str, action: Value) -> (u16, RecordId) {
    let expires = l.height.0 + 1000;
    let code = l.call(who, PROPOSAL, json!({ "action": action, "expires": expires }));
    (code, l.last)
}

fn vote(l: &mut TestLedger, who: &str, id: RecordId, vote: &str) -> u16 {
    l.call(who, VOTE, json!({ "proposal": id, "vote": vote }))
}

fn status(l: &TestLedger, id: RecordId) -> ProposalStatus {
    l.get::<Proposal>(&proposal(&id)).unwrap().status
}

/// Proposes and passes an action with the votes of customs, tax and bank-1. The code of the deciding vote.
pub(super) fn decide(l: &mut TestLedger, action: Value) -> u16 {
    let (code, id) = propose(l, "customs", action);
    if code != 0 {
        return code;
    }
    assert_eq!(vote(l, "tax", id, "yes"), 0);
    let code = vote(l, "bank-1", id, "yes");
    assert_eq!(status(l, id), if code == 0 { ProposalStatus::Passed } else { ProposalStatus::Open });
    code
}

fn new_member(name: &str) -> Value {
    let keys = json!([{ "x": public(&format!("{name}/record")), "uses": ["record", "api"] }]);
    json!({ "id": name, "names": { "en": name }, "roles": ["enterprise"], "keys": keys })
}

fn validators(names: &[&str]) -> Value {
    json!({ "set_validators": { "validators": names.iter().map(|n| validator(n)).collect::<Vec<_>>() } })
}

fn rule(version: &str, effective: &str) -> Value {
    json!({ "set_rules": { "name": "credit", "value": { "version": version, "effective": effective, "x": 1 } } })
}

fn params(votes_needed: u32) -> Params {
    Params { votes_needed, ..Params::default() }
}

#[test]
fn how_many_votes() {
    // votes_needed, validators, needed: at least more than half, at most all.
    for (param, validators, needed) in
        [(1, 1, 1), (3, 1, 1), (1, 2, 2), (1, 3, 2), (1, 4, 3), (1, 5, 3), (3, 5, 3), (4, 5, 4), (100, 5, 5), (3, 100, 51)]
    {
        assert_eq!(votes_needed(&params(param), validators), needed, "{param} of {validators}");
    }
}

#[test]
fn proposals_and_votes() {
    let l = &mut ledger();
    let grant = json!({ "set_grant": { "kind": "trade.order/1", "roles": ["platform"] } });
    assert_eq!(propose(l, "shop", grant.clone()).0, 2010, "runs no validator");
    assert_eq!(propose(l, "nobody", grant.clone()).0, 1101);
    let unknown = l.last;
    assert_eq!(vote(l, "tax", unknown, "yes"), 2012);
    let h = l.height.0 + 1;
    for (expires, code) in [(h, 2011), (h + 1_000_002, 2011), (0, 2011)] {
        let body = json!({ "action": grant, "expires": expires });
        l.skip_to(h - 1);
        l.height = Height(h - 1);
        assert_eq!(l.call("customs", PROPOSAL, body), code, "{expires}");
    }
    let (code, id) = propose(l, "customs", grant.clone());
    assert_eq!(code, 0);
    let steps = [
        ("customs", "yes", 2014, ProposalStatus::Open),
        ("customs", "no", 2015, ProposalStatus::Open),
        ("shop", "yes", 2010, ProposalStatus::Open),
        ("bank-3", "no", 0, ProposalStatus::Open),
        ("bank-3", "yes", 2015, ProposalStatus::Open),
        ("bank-2", "no", 0, ProposalStatus::Open),
        ("tax", "yes", 0, ProposalStatus::Open),
        ("bank-1", "yes", 0, ProposalStatus::Passed),
        ("bank-1", "yes", 2014, ProposalStatus::Passed),
    ];
    for (step, (who, word, code, after)) in steps.into_iter().enumerate() {
        let before = l.get::<Grants>("gov/grants").unwrap();
        assert_eq!(vote(l, who, id, word), code, "step {step}");
        assert_eq!(status(l, id), after, "step {step}");
        let changed = l.get::<Grants>("gov/grants").unwrap() != before;
        assert_eq!(changed, step == 7, "executed at the third yes and only then, step {step}");
    }
    let decided: Proposal = l.get(&proposal(&id)).unwrap();
    assert_eq!((decided.votes.len(), decided.decided), (5, Some(Height(l.height.0 - 1))));
}

#[test]
fn only_a_record_key_governs() {
    let l = &mut ledger();
    let (_, id) = propose(l, "customs", json!({ "suspend_member": { "member": "shop" } }));
    assert_eq!(l.call("tax", KEY, add_key("checker", &["checker"])), 0);
    let proposal = json!({ "action": { "suspend_member": { "member": "shop" } }, "expires": 100 });
    assert_eq!(l.call_with("tax", "checker", PROPOSAL, proposal), 2001);
    assert_eq!(l.call_with("tax", "checker", VOTE, json!({ "proposal": id, "vote": "yes" })), 2001);
}

#[test]
fn a_member_suspended_earlier_in_the_block_does_not_vote() {
    let l = &mut ledger();
    let (_, out) = propose(l, "customs", json!({ "suspend_member": { "member": "bank-2" } }));
    let (_, other) = propose(l, "customs", json!({ "suspend_member": { "member": "shop" } }));
    assert_eq!(vote(l, "tax", out, "yes"), 0);
    let yes = |id: RecordId| vec![draft(VOTE, json!({ "proposal": id, "vote": "yes" }))];
    let codes = l.block(vec![
        Tx { who: "bank-1", key: "bank-1/record", records: yes(out) },
        Tx { who: "bank-2", key: "bank-2/record", records: yes(other) },
    ]);
    assert_eq!(codes, [0, 2010]);
}

#[test]
fn a_proposal_that_cannot_pass_is_rejected() {
    let l = &mut ledger();
    let (_, id) = propose(l, "customs", json!({ "suspend_member": { "member": "shop" } }));
    for (who, word, code, after) in [
        ("tax", "no", 0, ProposalStatus::Open),
        ("bank-1", "no", 0, ProposalStatus::Open),
        ("bank-2", "no", 0, ProposalStatus::Rejected),
        ("bank-3", "yes", 2013, ProposalStatus::Rejected),
    ] {
        assert_eq!(vote(l, who, id, word), code);
        assert_eq!(status(l, id), after);
    }
    assert!(l.member("shop").suspended_from.is_none());
}

#[test]
fn a_proposal_dies() {
    let l = &mut ledger();
    let action = json!({ "suspend_member": { "member": "shop" } });
    l.call("customs", PROPOSAL, json!({ "action": action, "expires": 10 }));
    let id = l.last;
    l.skip_to(9);
    assert_eq!(vote(l, "tax", id, "yes"), 0, "height 10 is its last");
    assert_eq!(vote(l, "bank-1", id, "yes"), 2013);
    assert!(l.member("shop").suspended_from.is_none());
    let late: Proposal = l.get(&proposal(&id)).unwrap();
    assert_eq!(late.status_at(Height(10)), ProposalStatus::Open);
    assert_eq!(late.status_at(Height(11)), ProposalStatus::Expired);
}

#[test]
fn votes_count_while_their_member_governs() {
    let l = &mut ledger();
    let (_, id) = propose(l, "customs", json!({ "suspend_member": { "member": "shop" } }));
    assert_eq!(vote(l, "bank-3", id, "yes"), 0);
    // bank-3 leaves the validators: four remain, three votes are needed, and its own is void.
    assert_eq!(decide(l, validators(&["customs", "tax", "bank-1", "bank-2"])), 0);
    assert_eq!(vote(l, "bank-3", id, "yes"), 2010);
    assert_eq!(vote(l, "tax", id, "yes"), 0);
    assert_eq!(status(l, id), ProposalStatus::Open, "two votes of governing members");
    assert_eq!(vote(l, "bank-1", id, "yes"), 0);
    assert_eq!(status(l, id), ProposalStatus::Passed);
}

#[test]
fn members_come_and_are_suspended() {
    let l = &mut ledger();
    let taken = json!([{ "x": public("shop/record"), "uses": ["record"] }]);
    let peer = json!([{ "x": public("tax/peer"), "uses": ["record"] }]);
    let with = |keys: Value| {
        let mut member = new_member("new");
        member["keys"] = keys;
        json!({ "admit_member": { "member": member } })
    };
    let table = [
        (json!({ "admit_member": { "member": new_member("shop") } }), 2020),
        (with(taken), 2002),
        (with(peer), 2002),
        (json!({ "admit_member": { "member": new_member("new") } }), 0),
        (json!({ "admit_member": { "member": new_member("new") } }), 2020),
        (json!({ "set_roles": { "member": "new", "roles": ["enterprise"] } }), 2022),
        (json!({ "set_roles": { "member": "new", "roles": ["enterprise", "platform"] } }), 0),
        (json!({ "set_roles": { "member": "stranger", "roles": ["enterprise"] } }), 2021),
        (json!({ "lift_suspension": { "member": "new" } }), 2022),
        (json!({ "suspend_member": { "member": "new" } }), 0),
        (json!({ "suspend_member": { "member": "new" } }), 2022),
        (json!({ "suspend_member": { "member": "stranger" } }), 2021),
    ];
    for (step, (action, code)) in table.into_iter().enumerate() {
        assert_eq!(decide(l, action), code, "step {step}");
    }
    assert_eq!(l.call("new", KEY, add_key("new/2", &["api"])), 1102, "suspended");
    assert_eq!(decide(l, validators(&["customs", "tax", "bank-1", "new"])), 2023);
    assert_eq!(decide(l, json!({ "lift_suspension": { "member": "new" } })), 0);
    assert_eq!(l.call("new", KEY, add_key("new/2", &["api"])), 0);
    assert_eq!(l.member("new").roles.len(), 2);
}

#[test]
fn a_new_member_may_write_from_the_next_height() {
    let l = &mut ledger();
    let (_, id) = propose(l, "customs", json!({ "admit_member": { "member": new_member("new") } }));
    vote(l, "tax", id, "yes");
    let yes = json!({ "proposal": id, "vote": "yes" });
    let codes = l.block(vec![
        Tx { who: "bank-1", key: "bank-1/record", records: vec![draft(VOTE, yes)] },
        Tx { who: "new", key: "new/record", records: vec![draft(KEY, add_key("new/2", &["api"]))] },
    ]);
    assert_eq!(codes, [0, 1101]);
    assert_eq!((l.member("new").since, l.member("new").keys[0].from), (l.height.next(), l.height.next()));
    assert_eq!(l.call("new", KEY, add_key("new/2", &["api"])), 0);
}

#[test]
fn validators_and_followers() {
    let l = &mut ledger();
    let mut stolen = validators(&["customs", "tax", "bank-1"]);
    stolen["set_validators"]["validators"][2]["vote"] = json!(public("shop/record"));
    let mut moved = validators(&["customs", "tax", "bank-1"]);
    moved["set_validators"]["validators"][2]["vote"] = json!(public("bank-1/log"));
    moved["set_validators"]["validators"][2]["log"] = json!(public("fresh"));
    let followers = |key: &str| json!({ "set_followers": { "followers": { "shop": public(key) } } });
    let stranger = json!({ "set_followers": { "followers": { "stranger": public("s") } } });
    let table = [
        (validators(&["customs", "tax", "bank-1", "bank-2", "bank-3"]), 2022),
        (validators(&["customs", "tax", "stranger"]), 2021),
        (stolen, 2002),
        (moved, 2002),
        (validators(&["customs", "tax", "bank-1", "shop"]), 0),
        (validators(&["customs", "tax", "bank-1", "bank-2", "bank-3"]), 0),
        (followers("shop/record"), 2002),
        (followers("shop/vote"), 2002),
        (followers("bank-1/peer"), 2002),
        (stranger, 2021),
        (followers("shop/follower"), 0),
        (followers("shop/follower"), 2022),
        (followers("shop/peer"), 0),
    ];
    for (step, (action, code)) in table.into_iter().enumerate() {
        assert_eq!(decide(l, action), code, "step {step}");
    }
    assert_eq!(l.get::<ValidatorSet>("gov/validators").unwrap().len(), 5);
    assert_eq!(l.get::<Followers>("gov/followers").unwrap().0.len(), 1);
    for used in ["shop/vote", "shop/follower", "tax/log"] {
        assert_eq!(l.call("shop", KEY, add_key(used, &["record"])), 2002, "{used} stays what it was");
    }
}

/// A validator that cosigned with a witness's key would leave the ledger without a policy that anybody can check.
#[test]
fn a_witness_key_serves_nobody_else() {
    let witness = Witnesses { needed: 1, keys: vec![cosigner_key("w.example/w", "shop/cosigner")] };
    let genesis = Genesis { witnesses: Some(witness), ..small_genesis() };
    let l = &mut TestLedger::new(&genesis);
    assert_eq!(decide(l, validators(&["customs", "tax", "bank-1", "shop"])), 2002);
    assert_eq!(l.call("shop", KEY, add_key("shop/cosigner", &["record"])), 2002);
    let shared = Witnesses { needed: 1, keys: vec![cosigner_key("w.example/w", "tax/vote")] };
    assert!(check_genesis(&Genesis { witnesses: Some(shared), ..small_genesis() }).is_err());
}

#[test]
fn nobody_locks_the_ledger() {
    let l = &mut ledger();
    let table = [
        (json!({ "set_grant": { "kind": VOTE, "roles": [] } }), 2026),
        (json!({ "set_grant": { "kind": PROPOSAL, "roles": ["customs", "tax"] } }), 2026),
        (json!({ "set_grant": { "kind": VOTE, "roles": ["customs", "tax", "bank"] } }), 0),
        (validators(&["customs", "shop"]), 2026),
        (json!({ "set_roles": { "member": "tax", "roles": ["enterprise"] } }), 0),
        (json!({ "set_params": { "params": params(5) } }), 2026),
        (json!({ "suspend_member": { "member": "bank-3" } }), 0),
        (json!({ "suspend_member": { "member": "bank-2" } }), 2026),
        (json!({ "revoke_key": { "member": "bank-2", "kid": public("bank-2/record").kid() } }), 2026),
    ];
    for (step, (action, code)) in table.into_iter().enumerate() {
        let (mut seen, id) = propose(l, "customs", action);
        for who in ["tax", "bank-1", "bank-2"] {
            if seen == 0 && status(l, id) == ProposalStatus::Open {
                let code = vote(l, who, id, "yes");
                // The tax office may not vote any more once it is only an enterprise.
                seen = if code == 1105 { 0 } else { code };
            }
        }
        assert_eq!(seen, code, "step {step}");
        assert_eq!(status_if(l, id), (code == 0).then_some(ProposalStatus::Passed), "step {step}");
    }
}

fn status_if(l: &TestLedger, id: RecordId) -> Option<ProposalStatus> {
    l.get::<Proposal>(&proposal(&id)).map(|p| p.status)
}

#[test]
fn an_action_that_no_longer_applies_leaves_the_proposal_open() {
    let l = &mut ledger();
    let action = json!({ "suspend_member": { "member": "shop" } });
    let (_, first) = propose(l, "customs", action.clone());
    let (_, second) = propose(l, "tax", action);
    assert_eq!((vote(l, "tax", first, "yes"), vote(l, "bank-1", first, "yes")), (0, 0));
    assert_eq!((vote(l, "customs", second, "yes"), vote(l, "bank-1", second, "yes")), (0, 2022));
    let open: Proposal = l.get(&proposal(&second)).unwrap();
    assert_eq!((open.status, open.votes.len()), (ProposalStatus::Open, 2), "the refused vote left nothing");
    assert_eq!(decide(l, json!({ "lift_suspension": { "member": "shop" } })), 0);
    assert_eq!(vote(l, "bank-1", second, "yes"), 0, "it applies again");
    assert_eq!(status(l, second), ProposalStatus::Passed);
}

#[test]
fn params_count_from_the_next_height() {
    let l = &mut ledger();
    let (_, a) = propose(l, "customs", json!({ "set_params": { "params": params(4) } }));
    let (_, b) = propose(l, "customs", json!({ "suspend_member": { "member": "shop" } }));
    for id in [a, b] {
        assert_eq!(vote(l, "tax", id, "yes"), 0);
    }
    let yes = |id: RecordId| vec![draft(VOTE, json!({ "proposal": id, "vote": "yes" }))];
    let votes = [a, b].map(|id| Tx { who: "bank-1", key: "bank-1/record", records: yes(id) });
    assert_eq!(l.block(votes.into()), [0, 0]);
    assert_eq!((status(l, a), status(l, b)), (ProposalStatus::Passed, ProposalStatus::Passed));
    let (_, c) = propose(l, "customs", json!({ "lift_suspension": { "member": "shop" } }));
    for (who, after) in [("tax", ProposalStatus::Open), ("bank-1", ProposalStatus::Open), ("bank-2", ProposalStatus::Passed)] {
        assert_eq!(vote(l, who, c, "yes"), 0);
        assert_eq!(status(l, c), after, "{who}");
    }
}
