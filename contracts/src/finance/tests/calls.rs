//! Tables: one line per call, expected status at the end. 0 is accepted.
use super::kit::*;
use crate::finance::calls::Capacity;
use crate::finance::signed::commitment;
use crate::finance::state::{Similar, Stage, creditor_key, exact_key, holder_key, similar_key};
use crate::finance::testkit::{FORM, draft, kid, member_id};
use crate::finance::wire::Salt;
use chain_core::types::{Height, MemberId, RecordId};
use serde_json::{Value, json};

fn change(f: impl FnOnce(&mut Make)) -> Make {
    let mut make = Make::good(1);
    f(&mut make);
    make
}

#[test]
fn a_receivable_needs_form_dates_and_attestation() {
    for (what, make, code) in [
        ("good", change(|_| {}), 0),
        ("due on the day it is registered", change(|m| m.due = "2026-11-22"), 0),
        ("three years", change(|m| m.due = "2029-11-22"), 0),
        ("longer", change(|m| m.due = "2029-11-23"), 6103),
        ("due passed", change(|m| m.due = "2026-11-21"), 6006),
        ("issued tomorrow", change(|m| m.issued = "2026-11-23"), 6102),
        ("due not after issued", change(|m| m.due = "2026-11-01"), FORM),
        ("nothing owed", change(|m| m.minor = 0), FORM),
        (
            "unknown policy",
            change(|m| m.policy = Some(RecordId::parse(&format!("{}:0", "0".repeat(64))).unwrap())),
            6104,
        ),
        ("no fingerprint", change(|m| m.exact.clear()), FORM),
        ("a fingerprint twice", change(|m| m.exact = vec![fp(1), fp(1)]), FORM),
        ("nine fingerprints", change(|m| m.exact = (0..9).map(fp).collect()), FORM),
        ("eight", change(|m| m.exact = (0..8).map(fp).collect()), 0),
        ("seventeen similar", change(|m| m.similar = (0..17).map(fp).collect()), FORM),
        ("none similar", change(|m| m.similar.clear()), 0),
        ("nothing sealed", change(|m| m.sealed.clear()), FORM),
        ("attested by a bank", change(|m| m.registrar = "bank"), 6105),
        ("attested by nobody", change(|m| m.registrar = "stranger"), 6105),
        ("attested by itself", change(|m| (m.who, m.registrar) = ("selfreg", "selfreg")), 6106),
        ("attested with a record key", change(|m| m.key = "record"), 6107),
        ("by a registrar", change(|m| m.registrar = "selfreg"), 0),
        ("by a bank's hand", change(|m| m.who = "bank"), 1105),
    ] {
        let sent = make.send(&mut net());
        assert_eq!(sent.code, code, "{what}: {:?}", sent.detail);
    }
}

#[test]
fn an_attestation_holds_for_what_it_says_only() {
    let other_digest = json!(commitment(&SALT, Capacity::Agent, &member_id("x")));
    for (pointer, value, code) in [
        ("/minor", json!(100_001), 6108),
        ("/currency", json!("EUR"), 6108),
        ("/currency", json!("US"), FORM),
        ("/attestation/exact/0", json!(fp(77)), 6108),
        ("/attestation/exact/0", json!(fp(1).to_string().to_uppercase()), FORM),
        ("/attestation/similar/0", json!(fp(77)), 6108),
        ("/attestation/binds/0", other_digest, FORM),
        ("/attestation/binds", json!([]), FORM),
        ("/attestation/kid", json!(kid("registrar", "record")), 6107),
        ("/attestation/kid", json!(kid("bank", "attest")), 6107),
        ("/attestation/signature", json!("A".repeat(86)), 6108),
        ("/attestation/signature", json!("A".repeat(85)), FORM),
        ("/confirmer", json!("debtor"), FORM),
        ("/due", json!("2027-2-1"), FORM),
        // What the attestation does not cover may differ.
        ("/due", json!("2027-03-01"), 0),
    ] {
        let sent = Make::good(1).send_changed(&mut net(), |body| *body.pointer_mut(pointer).unwrap() = value.clone());
        assert_eq!(sent.code, code, "{pointer} {value}: {:?}", sent.detail);
    }
    let mut world = net();
    let extra = Make::good(1).send_changed(&mut world, |body| body["debtor"] = json!("Acme"));
    assert_eq!(extra.code, FORM, "a clear name");
    // An attestation made for another creditor.
    let body = Make::good(1).send(&mut world).record.body.fields();
    let sent =
        world.send("seller2", &draft("finance.receivable/1", &[], Value::Object(body), &[("parties", json!(1))]));
    assert_eq!(sent.code, FORM, "it binds a field that this record does not seal");
    let stolen = Make { who: "seller2", ..Make::good(2) };
    let own = Make::good(2).body(&world.ledger, vec![]);
    let sent =
        stolen.send_changed(&mut world, |b| b["attestation"]["signature"] = own["attestation"]["signature"].clone());
    assert_eq!(sent.code, 6108);
}

#[test]
fn a_registrar_out_of_office_attests_nothing() {
    let mut world = net();
    world.change_member("registrar", |m| m.keys[3].until = Some(Height(2)));
    assert_eq!(Make::good(1).send(&mut world).code, 0, "height 1");
    assert_eq!(Make::good(2).send(&mut world).code, 6107, "height 2: revoked");
    let mut world = net();
    world.change_member("registrar", |m| m.suspended_from = Some(Height(1)));
    assert_eq!(Make::good(1).send(&mut world).code, 6105);
}

#[test]
fn finance_records_tell_nothing_but_their_receivable() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let own = format!("rcv:{id}");
    let body = json!({ "receivable": id, "minor": 1, "seconds": 60 });
    for (objects, sealed_to, code) in [
        (vec![], vec![], 0),
        (vec![own.as_str()], vec![], 0),
        (vec!["order:A-1"], vec![], FORM),
        (vec![own.as_str(), "order:A-1"], vec![], FORM),
        (vec![], vec![member_id("rival")], FORM),
    ] {
        let sealed: &[(&str, Value)] = if sealed_to.is_empty() { &[] } else { &[("note", json!("x"))] };
        let sent =
            world.send_with("bank", "record", &sealed_to, &draft("finance.reserve/1", &objects, body.clone(), sealed));
        assert_eq!(sent.code, code, "{objects:?} {sealed_to:?}: {:?}", sent.detail);
    }
    let mut with_ext = body;
    with_ext["ext"] = json!({ "debtor": "Acme" });
    assert_eq!(call(&mut world, "bank", "finance.reserve/1", with_ext).code, FORM);
    let text = String::from_utf8(world.state[&format!("rcv/{id}")].clone()).unwrap();
    // The capacity in which it was confirmed is a word, not a member.
    let text = text.replace("\"confirmed_as\":\"debtor\"", "");
    for name in ["seller", "debtor", "bank", "registrar"] {
        assert!(!text.contains(&format!("\"{name}\"")), "{name} in {text}");
    }
}

#[test]
fn a_document_is_used_once_while_it_lives() {
    let mut world = net();
    let first = Make { exact: vec![fp(1), fp(2)], ..Make::good(1) }.send(&mut world);
    let second = Make { who: "seller2", exact: vec![fp(3), fp(2)], ..Make::good(2) };
    let refused = second.send(&mut world);
    assert_eq!((refused.code, &refused.detail), (6101, &json!({ "receivable": first.id })));
    assert!(!world.state.contains_key(&exact_key(&fp(3))), "a refused one occupies nothing");
    assert_eq!(decide(&mut world, "debtor", first.id, "reject", "debtor").code, 0);
    let again = second.send(&mut world);
    assert_eq!(again.code, 0, "a rejected one frees its fingerprints");
    assert_eq!(world.get::<RecordId>(&exact_key(&fp(2))), Some(again.id));
    assert_eq!(world.get::<RecordId>(&exact_key(&fp(1))), None);
    // The rejected one cannot take them away any more.
    for (decision, code) in [("reject", 6204), ("confirm", 6204)] {
        assert_eq!(decide(&mut world, "debtor", first.id, decision, "debtor").code, code);
    }
    assert_eq!(world.get::<RecordId>(&exact_key(&fp(2))), Some(again.id));
    // Settlement frees them too.
    assert_eq!(decide(&mut world, "debtor", again.id, "confirm", "debtor").code, 0);
    let pledge = lend(&mut world, "bank", again.id, 100_000);
    assert_eq!(Make { exact: vec![fp(3)], ..Make::good(3) }.send(&mut world).code, 6101, "pledged: still live");
    assert_eq!(repay(&mut world, "bank", again.id, pledge, 100_000, "borrower").code, 0);
    assert_eq!(
        Make { exact: vec![fp(3)], ..Make::good(3) }.send(&mut world).code,
        6101,
        "the loan is repaid, the invoice is not"
    );
    let pledge = lend(&mut world, "rival", again.id, 100_000);
    assert_eq!(repay(&mut world, "rival", again.id, pledge, 100_000, "debtor").code, 0);
    assert_eq!(value(&world, again.id).stage, Stage::Settled);
    assert_eq!(Make { exact: vec![fp(3)], ..Make::good(3) }.send(&mut world).code, 0);
}

#[test]
fn similar_ones_warn_and_are_bounded() {
    let mut world = net();
    let blurred = fp(999);
    let ids: Vec<RecordId> = (1..=18)
        .map(|n| {
            let sent = Make { similar: vec![blurred], ..Make::good(n) }.send(&mut world);
            assert_eq!(sent.code, 0, "{n}: similar ones are never refused");
            sent.id
        })
        .collect();
    let listed = |n: usize| value(&world, ids[n]).similar.len();
    assert_eq!([listed(0), listed(1), listed(16), listed(17)], [0, 1, 16, 16]);
    assert_eq!((value(&world, ids[16]).similar_more, value(&world, ids[17]).similar_more), (false, true));
    let known: Similar = world.get(&similar_key(&blurred)).unwrap();
    assert_eq!((known.live.len(), known.more), (16, 2));
    for id in &ids {
        assert_eq!(decide(&mut world, "debtor", *id, "reject", "debtor").code, 0);
    }
    assert!(!world.state.contains_key(&similar_key(&blurred)), "nobody is left");
}

#[test]
fn only_the_committed_confirmer_decides_once() {
    let mut world = net();
    let id = Make::good(1).send(&mut world).id;
    let by_agent = Make { confirmer: "agent", capacity: Capacity::Agent, ..Make::good(2) }.send(&mut world).id;
    let no_agent = Make { confirmer: "debtor", capacity: Capacity::Agent, ..Make::good(3) }.send(&mut world).id;
    let by_itself = Make { confirmer: "seller", ..Make::good(4) }.send(&mut world).id;
    let nobody = RecordId { index: 1, ..id };
    for (who, id, decision, capacity, code) in [
        ("debtor", nobody, "confirm", "debtor", 6001),
        ("seller", id, "confirm", "debtor", 6201),
        ("seller2", id, "confirm", "debtor", 6201),
        ("bank", id, "reject", "debtor", 6201),
        ("debtor", id, "confirm", "agent", 6201),
        ("debtor", id, "perhaps", "debtor", FORM),
        ("debtor", id, "confirm", "owner", FORM),
        ("debtor", id, "confirm", "debtor", 0),
        ("debtor", id, "confirm", "debtor", 6204),
        ("debtor", id, "reject", "debtor", 6204),
        ("debtor", by_agent, "confirm", "debtor", 6201),
        ("agent", by_agent, "confirm", "debtor", 6201),
        ("agent", by_agent, "confirm", "agent", 0),
        ("debtor", no_agent, "confirm", "agent", 6202),
        ("seller", by_itself, "confirm", "debtor", 6203),
        ("seller", by_itself, "reject", "debtor", 6203),
    ] {
        assert_eq!(decide(&mut world, who, id, decision, capacity).code, code, "{who} {decision} {capacity}");
    }
    let other_salt =
        json!({ "receivable": by_itself, "decision": "confirm", "capacity": "debtor", "salt": Salt([8; 16]) });
    assert_eq!(call(&mut world, "debtor", "finance.confirm/1", other_salt).code, 6201);
    assert_eq!(value(&world, id).confirmed_as, Some(Capacity::Debtor));
    assert_eq!(world.get::<MemberId>(&creditor_key(&id)), Some(member_id("seller")));
}

#[test]
fn reservations_never_exceed_what_is_free_and_expire() {
    let mut world = net();
    let fresh = Make::good(2).send(&mut world).id;
    let rejected = Make::good(3).send(&mut world).id;
    assert_eq!(decide(&mut world, "debtor", rejected, "reject", "debtor").code, 0);
    let id = confirmed(&mut world, &Make::good(1));
    let nobody = RecordId { index: 1, ..id };
    let week = 7 * 24 * 3600;
    let first = reserve(&mut world, "bank", id, 60_000, 600);
    assert_eq!(first.code, 0);
    for (who, id, minor, seconds, code) in [
        ("bank", nobody, 1, 60, 6001),
        ("bank", fresh, 1, 60, 6002),
        ("bank", rejected, 1, 60, 6003),
        ("seller", id, 1, 60, 1105),
        ("rival", id, 0, 60, FORM),
        ("rival", id, 1, 0, FORM),
        ("rival", id, 1, week + 1, 6010),
        ("rival", id, 1, u64::MAX >> 11, 6010),
        ("rival", id, 40_001, 60, 6008),
        ("bank", id, 40_001, 60, 6008),
        ("rival", id, (1 << 53) - 1, 60, 6008),
        ("rival", id, 40_000, week, 0),
        ("bank", id, 1, 60, 6008),
    ] {
        assert_eq!(reserve(&mut world, who, id, minor, seconds).code, code, "{who} {minor} {seconds}");
    }
    let full = reserve(&mut world, "bank", id, 1, 60);
    assert_eq!(full.detail["free"], 0);
    assert_eq!(full.detail["encumbrances"].as_array().unwrap().len(), 2);
    assert!(!full.detail.to_string().contains("rival"), "never who");
    world.wait_s(600);
    assert_eq!(reserve(&mut world, "rival", id, 60_000, 60).code, 0, "the first one expired by itself");
    assert!(world.get::<MemberId>(&holder_key(&first.id)).is_none(), "and is forgotten with the next write");
}

#[test]
fn a_reservation_counts_to_its_last_millisecond() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    assert_eq!(reserve(&mut world, "bank", id, 100_000, 10).code, 0);
    world.time.0 += 9_998;
    assert_eq!(reserve(&mut world, "rival", id, 1, 10).code, 6008, "at 9.999 s");
    assert_eq!(reserve(&mut world, "rival", id, 1, 10).code, 0, "at 10.000 s");
}

#[test]
fn nothing_is_lent_on_disputed_matured_or_suspended() {
    let mut world = net();
    let id = confirmed(&mut world, &Make { due: "2026-11-23", ..Make::good(1) });
    let held = reserve(&mut world, "bank", id, 50_000, 3 * 24 * 3600);
    assert_eq!(held.code, 0);
    assert_eq!(dispute(&mut world, "debtor", id, true, true).code, 0);
    assert_eq!(reserve(&mut world, "rival", id, 1, 60).code, 6005);
    assert_eq!(Lend::good("bank", id, held.id, 1).send(&mut world).code, 6005, "reserved before, disputed since");
    assert_eq!(dispute(&mut world, "debtor", id, false, true).code, 0);
    world.change_member("seller", |m| m.suspended_from = Some(Height(0)));
    assert_eq!(reserve(&mut world, "rival", id, 1, 60).code, 6007);
    assert_eq!(Lend::good("bank", id, held.id, 1).send(&mut world).code, 6007);
    world.change_member("seller", |m| m.suspended_from = None);
    world.time.0 = 1_795_449_599_000; // 2026-11-23 23:59:59 in Beijing
    assert_eq!(reserve(&mut world, "rival", id, 1, 60).code, 0, "on the due date");
    world.wait_s(1);
    assert_eq!(reserve(&mut world, "rival", id, 1, 60).code, 6006);
    assert_eq!(Lend::good("bank", id, held.id, 1).send(&mut world).code, 6006);
}

#[test]
fn a_pledge_takes_its_own_reservation_and_two_keys() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let other = confirmed(&mut world, &Make::good(2));
    let held = reserve(&mut world, "bank", id, 60_000, 600).id;
    let good = Lend::good("bank", id, held, 60_000);
    for (what, lend, code) in [
        ("another bank", Lend::good("rival", id, held, 60_000), 6301),
        ("another receivable", Lend { receivable: other, ..good.clone() }, 6301),
        ("no such reservation", Lend { reservation: id, ..good.clone() }, 6301),
        ("more than reserved", Lend { minor: 60_001, ..good.clone() }, 6302),
        ("nothing", Lend { minor: 0, ..good.clone() }, FORM),
        ("registered until today", Lend { until: "2026-11-22", ..good.clone() }, 6303),
        ("for ever", Lend { until: "2056-11-23", ..good.clone() }, 6303),
        ("one person", Lend { signed_with: "record", ..good.clone() }, 6304),
        ("checker twice", Lend { maker: ("bank", "checker"), ..good.clone() }, 6305),
        ("maker cannot make", Lend { maker: ("bank", "record"), ..good.clone() }, 6306),
        ("maker of another bank", Lend { maker: ("rival", "maker"), ..good.clone() }, 6306),
        ("maker saw another amount", Lend { approved: Some(1), ..good.clone() }, 6307),
        ("maker approved a release", Lend { approved_kind: "finance.release/1", ..good.clone() }, 6307),
        ("maker sends", Lend { signed_with: "maker", ..good.clone() }, 1104),
        ("good", good.clone(), 0),
        ("again", good.clone(), 6301),
    ] {
        let sent = lend.send(&mut world);
        assert_eq!(sent.code, code, "{what}: {:?}", sent.detail);
    }
    let expired = reserve(&mut world, "bank", id, 40_000, 60).id;
    world.wait_s(60);
    assert_eq!(Lend::good("bank", id, expired, 1).send(&mut world).code, 6301, "expired");
    world.change_member("bank", |m| m.keys[1].until = Some(Height(0)));
    let held = reserve(&mut world, "bank", id, 40_000, 60).id;
    assert_eq!(Lend::good("bank", id, held, 1).send(&mut world).code, 6306, "the maker's key was revoked");
    for register_no in ["", "12 3", "登记", &"9".repeat(41)] {
        let body = json!({ "receivable": id, "reservation": held, "minor": 1, "until": "2027-06-01",
            "register_no": register_no, "maker": good.maker(&world, &held, "finance.pledge/1") });
        assert_eq!(call(&mut world, "bank", "finance.pledge/1", body).code, FORM, "{register_no}");
    }
}

#[test]
fn a_smaller_pledge_frees_the_rest() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let held = reserve(&mut world, "bank", id, 100_000, 600).id;
    let pledge = Lend::good("bank", id, held, 30_000).send(&mut world);
    assert_eq!(pledge.code, 0);
    assert_eq!(reserve(&mut world, "rival", id, 70_001, 60).code, 6008);
    assert_eq!(reserve(&mut world, "rival", id, 70_000, 60).code, 0);
    assert_eq!(world.get::<MemberId>(&holder_key(&pledge.id)), Some(member_id("bank")));
    assert_eq!(world.get::<MemberId>(&holder_key(&held)), None);
}

#[test]
fn payments_shrink_what_they_pay() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let first = lend(&mut world, "bank", id, 50_000);
    let second = lend(&mut world, "rival", id, 30_000);
    // (who, pledge, minor, source, code, remaining, outstanding of both)
    for (who, pledge, minor, source, code, remaining, outstanding) in [
        ("rival", first, 1, "debtor", 6401, 100_000, 80_000),
        ("bank", id, 1, "debtor", 6401, 100_000, 80_000),
        ("bank", first, 0, "debtor", FORM, 100_000, 80_000),
        ("bank", first, 1, "insurer", FORM, 100_000, 80_000),
        ("bank", first, 50_001, "borrower", 6402, 100_000, 80_000),
        ("bank", first, 70_001, "debtor", 6402, 100_000, 80_000),
        ("bank", first, 20_000, "borrower", 0, 100_000, 60_000),
        ("bank", first, 10_000, "debtor", 0, 90_000, 50_000),
        // 20,000 are outstanding and 40,000 free: the debtor pays beyond the loan.
        ("bank", first, 60_001, "debtor", 6402, 90_000, 50_000),
        ("bank", first, 60_000, "debtor", 0, 30_000, 30_000),
        ("bank", first, 1, "debtor", 6401, 30_000, 30_000),
        ("rival", second, 30_000, "debtor", 0, 0, 0),
    ] {
        assert_eq!(repay(&mut world, who, id, pledge, minor, source).code, code, "{who} {minor} {source}");
        let now = value(&world, id);
        assert_eq!((now.remaining, now.encumbered(world.time)), (remaining, outstanding), "{who} {minor} {source}");
    }
    assert_eq!(value(&world, id).stage, Stage::Settled);
    assert_eq!(reserve(&mut world, "bank", id, 1, 60).code, 6004);
    assert_eq!(dispute(&mut world, "seller", id, true, false).code, 6004);
    assert!(!world.state.keys().any(|key| key.starts_with("holder/") || key.starts_with("fp")), "nothing is left over");
}

#[test]
fn a_release_is_the_holders_and_takes_two_keys_for_a_pledge() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let held = reserve(&mut world, "bank", id, 10_000, 600).id;
    let pledge = lend(&mut world, "bank", id, 50_000);
    assert_eq!(repay(&mut world, "bank", id, pledge, 20_000, "borrower").code, 0);
    let approve = |world: &_, minor: u64, kind: &str| Lend::good("bank", id, pledge, minor).maker(world, &pledge, kind);
    let good = approve(&world, 30_000, "finance.release/1");
    let stale = approve(&world, 50_000, "finance.release/1");
    let pledging = approve(&world, 30_000, "finance.pledge/1");
    for (what, who, key, encumbrance, maker, code) in [
        ("another bank", "rival", "checker", held, None, 6501),
        ("another bank", "rival", "checker", pledge, Some(&good), 6501),
        ("nothing there", "bank", "checker", id, None, 6501),
        ("maker too many", "bank", "checker", held, Some(&good), 6309),
        ("reservation", "bank", "record", held, None, 0),
        ("again", "bank", "record", held, None, 6501),
        ("one signature", "bank", "checker", pledge, None, 6308),
        ("no checker", "bank", "record", pledge, Some(&good), 6304),
        ("approved before a repayment", "bank", "checker", pledge, Some(&stale), 6307),
        ("approved a pledge", "bank", "checker", pledge, Some(&pledging), 6307),
        ("good", "bank", "checker", pledge, Some(&good), 0),
        ("again", "bank", "checker", pledge, Some(&good), 6501),
    ] {
        let mut body = json!({ "receivable": id, "encumbrance": encumbrance });
        if let Some(maker) = maker {
            body["maker"] = maker.clone();
        }
        let sent = world.send_with(who, key, &[], &draft("finance.release/1", &[], body, &[]));
        assert_eq!(sent.code, code, "{what}: {:?}", sent.detail);
    }
    assert_eq!(value(&world, id).free(world.time), 100_000);
}

#[test]
fn a_dispute_belongs_to_the_side_that_opened_it() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    let rejected = Make::good(2).send(&mut world).id;
    assert_eq!(decide(&mut world, "debtor", rejected, "reject", "debtor").code, 0);
    for (who, id, open, reveal, code) in [
        ("seller2", id, true, false, 6601),
        ("debtor", id, true, false, 6601),
        ("seller", id, true, true, 6201),
        ("bank", id, true, true, 6201),
        ("seller", id, false, false, 6603),
        ("debtor", id, true, true, 0),
        ("debtor", id, true, true, 6602),
        ("seller", id, true, false, 6602),
        ("seller", id, false, false, 6604),
        ("debtor", id, false, true, 0),
        ("seller", id, true, false, 0),
        ("debtor", id, false, true, 6604),
        ("seller", id, false, false, 0),
        ("seller", rejected, true, false, 6003),
    ] {
        assert_eq!(dispute(&mut world, who, id, open, reveal).code, code, "{who} {open} {reveal}");
    }
    assert_eq!(dispute(&mut world, "seller", id, true, false).code, 0);
    for (reason, code) in [("boredom", FORM), ("amount", 6605), ("quality", 0)] {
        let body = json!({ "receivable": id, "reason": reason, "open": false });
        assert_eq!(call(&mut world, "seller", "finance.dispute/1", body).code, code, "{reason}");
    }
}

#[test]
fn a_receivable_carries_a_bounded_number_of_encumbrances() {
    let mut world = net();
    let id = confirmed(&mut world, &Make::good(1));
    for n in 0..33 {
        let code = if n < 32 { 0 } else { 6009 };
        assert_eq!(reserve(&mut world, "bank", id, 1, 600).code, code, "{n}");
    }
}

#[test]
fn the_layouts_are_fixed() {
    use chain_core::hash::Hash;
    let make = Make::good(1);
    let body = make.body(&net().ledger, vec![commitment(&SALT, Capacity::Debtor, &member_id("debtor"))]);
    let attestation: crate::finance::calls::Attestation = serde_json::from_value(body["attestation"].clone()).unwrap();
    let currency = chain_core::types::Currency::parse("USD").unwrap();
    let bytes =
        crate::finance::signed::attestation_bytes(&net().ledger, &member_id("seller"), &currency, 258, &attestation);
    assert_eq!(&bytes[..22], b"sealane/attestation/1\n");
    assert_eq!(&bytes[22..54], net().ledger.0.as_bytes());
    assert_eq!(&bytes[54..72], b"\x06sellerUSD\0\0\0\0\0\0\x01\x02");
    assert_eq!((bytes[72], bytes[105], bytes[138], bytes.len()), (1, 1, 1, 171));
    let id = RecordId { tx: chain_core::types::TxId(Hash([1; 32])), index: 3 };
    let approval = crate::finance::signed::Approval {
        ledger: &net().ledger,
        iss: &member_id("bank"),
        kind: "finance.pledge/1",
        receivable: &id,
        encumbrance: &RecordId { index: 4, ..id },
        minor: 258,
        currency: &currency,
        until: crate::dates::Date::parse("2027-06-01").unwrap(),
        register_no: "R-1",
    };
    let bytes = crate::finance::signed::approval_bytes(&approval);
    assert_eq!(&bytes[..19], b"sealane/approval/1\n");
    assert_eq!(&bytes[51..73], b"\x04bank\x10finance.pledge/1");
    assert_eq!((&bytes[105..107], &bytes[139..141]), (&[0, 3][..], &[0, 4][..]));
    assert_eq!(&bytes[141..], b"\0\0\0\0\0\0\x01\x02USD2027-06-01\x03R-1");
    let expected = Hash::of_parts(&[b"sealane/confirmer/1\n", &[9; 16], b"agent\nm"]);
    assert_eq!(commitment(&SALT, Capacity::Agent, &member_id("m")).0, expected.0);
}
