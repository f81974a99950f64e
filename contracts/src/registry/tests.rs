#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Table tests. The first block is of 2026-11-22 in Beijing, while it is still 2026-11-21 in UTC.

use super::state::*;
use super::*;
use crate::dates::Date;
use crate::membership::testkit::*;
use chain_core::member::Role;
use chain_core::types::{Code, RecordId};
use serde_json::{Value, json};

const FORM: u16 = 1009;
/// The example of GB 32100-2015, and two made from it by another district.
const SHOP: &str = "91350100M000100Y43";
const MILL: &str = "91310100M000100Y4J";
const STRANGER: &str = "91440300M000100Y40";

fn ledger() -> TestLedger {
    let members = vec![
        founder("customs", &[Role::Customs]),
        founder("customs-2", &[Role::Customs]),
        founder("tax", &[Role::Tax]),
        founder("mall", &[Role::Platform]),
        founder("mall-2", &[Role::Platform]),
        founder("carrier", &[Role::Carrier]),
        founder(SHOP, &[Role::Enterprise]),
        founder(MILL, &[Role::Enterprise]),
    ];
    let all = [Role::Enterprise, Role::Platform, Role::Carrier, Role::Customs, Role::Tax];
    let grants = grants(&[
        ("gov.proposal/1", &[Role::Customs, Role::Tax]),
        ("gov.vote/1", &[Role::Customs, Role::Tax]),
        (ENTERPRISE, &all),
        (GOODS, &all),
        (REVIEW, &[Role::Customs]),
        (OBJECT, &all),
    ]);
    TestLedger::new(&genesis(members, &["customs", "customs-2", "tax"], grants))
}

/// A body with fields set, or taken away by null.
fn with(mut body: Value, fields: &[(&str, Value)]) -> Value {
    for (name, value) in fields {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(*name),
            value => body.as_object_mut().unwrap().insert((*name).into(), value.clone()),
        };
    }
    body
}

fn firm(fields: &[(&str, Value)]) -> Value {
    with(json!({ "uscc": SHOP, "customs_code": "44306650K2", "name_en": "Shop", "valid_until": "2027-11-21" }), fields)
}

fn wine(fields: &[(&str, Value)]) -> Value {
    let body = json!({ "gtin": "9506000134352", "hs": "2204210000", "name_zh": "葡萄酒", "origin": "FR",
        "valid_until": "2027-11-21" });
    with(body, fields)
}

fn decide(filing: RecordId, decision: &str) -> Value {
    match decision {
        "approve" => json!({ "filing": filing, "decision": "approve" }),
        other => json!({ "filing": filing, "decision": other, "reason_code": "R-1" }),
    }
}

fn standing(l: &TestLedger, id: RecordId) -> Standing {
    standing_at(&l.get(&filing(&id)).unwrap(), Date::beijing(l.time))
}

#[test]
fn bad_form_enters_no_block() {
    let l = &mut ledger();
    let table = [
        ("last check digit", ENTERPRISE, firm(&[("uscc", json!("91350100M000100Y44"))])),
        // Its last check digit is right; only the one of the organisation code fails.
        ("organisation's check digit", ENTERPRISE, firm(&[("uscc", json!("91350100M000100Y56"))])),
        ("too short", ENTERPRISE, firm(&[("uscc", json!("91350100M000100Y4"))])),
        ("no code", ENTERPRISE, firm(&[("uscc", Value::Null)])),
        ("customs code of 9", ENTERPRISE, firm(&[("customs_code", json!("44306650K"))])),
        ("customs code's region", ENTERPRISE, firm(&[("customs_code", json!("A4306650K2"))])),
        ("no name", ENTERPRISE, firm(&[("name_en", Value::Null)])),
        ("blank name", ENTERPRISE, firm(&[("name_zh", json!(" "))])),
        ("line in a name", ENTERPRISE, firm(&[("name_zh", json!("a\nb"))])),
        ("long name", ENTERPRISE, firm(&[("name_zh", json!("店".repeat(201)))])),
        ("no such day", ENTERPRISE, firm(&[("valid_until", json!("2027-02-29"))])),
        ("other way to write a date", ENTERPRISE, firm(&[("valid_until", json!("20271121"))])),
        ("for another code", ENTERPRISE, firm(&[("for", json!(MILL))])),
        ("unknown field", ENTERPRISE, firm(&[("phone", json!("1"))])),
        ("GTIN's check digit", GOODS, wine(&[("gtin", json!("9506000134353"))])),
        ("GTIN of 10", GOODS, wine(&[("gtin", json!("9506000134"))])),
        ("GTIN as number", GOODS, wine(&[("gtin", json!(9_506_000_134_352_u64))])),
        ("full-width GTIN", GOODS, wine(&[("gtin", json!("９506000134352"))])),
        ("heading only", GOODS, wine(&[("hs", json!("2204"))])),
        ("chapter 77", GOODS, wine(&[("hs", json!("770100"))])),
        ("no such country", GOODS, wine(&[("origin", json!("UK"))])),
        ("country in small letters", GOODS, wine(&[("origin", json!("fr"))])),
        ("for no enterprise", GOODS, wine(&[("for", json!("carrier"))])),
        ("no reason", REVIEW, json!({ "filing": l.last, "decision": "reject" })),
        ("reason of 33", REVIEW, json!({ "filing": l.last, "decision": "reject", "reason_code": "R".repeat(33) })),
        ("validity of a refusal", REVIEW, with(decide(l.last, "return"), &[("valid_until", json!("2027-01-01"))])),
        ("unknown decision", REVIEW, json!({ "filing": l.last, "decision": "maybe" })),
        ("unknown type", OBJECT, json!({ "code": "p:1", "type": "ship" })),
        ("in itself", OBJECT, json!({ "code": "p:1", "type": "parcel", "parent": "p:1" })),
        ("code with a space", OBJECT, json!({ "code": "p 1", "type": "parcel" })),
        ("GS1 key's check digit", OBJECT, json!({ "code": "01/09506000134353/21/7", "type": "item" })),
        ("other spelling", OBJECT, json!({ "code": "01/9506000134352/21/7", "type": "item" })),
        ("link for code", OBJECT, json!({ "code": "https://id.gs1.org/01/09506000134352/21/7", "type": "item" })),
    ];
    for (what, kind, body) in table {
        assert_eq!(l.call("customs", kind, body), FORM, "{what}");
    }
    let mut unnamed = draft(OBJECT, json!({ "code": "p:1", "type": "parcel" }));
    unnamed.objects = vec!["p:2".into()];
    let mut sealed = draft(ENTERPRISE, firm(&[]));
    sealed.sealed = vec![("name_zh".into(), json!("x"))];
    for record in [unnamed, sealed] {
        let tx = Tx { who: SHOP, key: &format!("{SHOP}/record"), records: vec![record] };
        assert_eq!(l.block(vec![tx]), [FORM]);
    }
    assert_eq!(l.state, ledger().state, "nothing was written");
}

#[test]
fn who_may_file_what() {
    let l = &mut ledger();
    let (mine, theirs) = (firm(&[]), firm(&[("for", json!(SHOP))]));
    let stranger = firm(&[("uscc", json!(STRANGER)), ("for", json!(STRANGER))]);
    let table = [
        ("mall", ENTERPRISE, mine.clone(), 3001),
        (MILL, ENTERPRISE, mine.clone(), 3001),
        (MILL, ENTERPRISE, theirs.clone(), 3002),
        ("carrier", ENTERPRISE, theirs.clone(), 3002),
        ("customs", ENTERPRISE, theirs.clone(), 3002),
        ("mall", ENTERPRISE, theirs, 0),
        ("mall", ENTERPRISE, stranger, 0),
        (SHOP, GOODS, wine(&[]), 0),
        (MILL, GOODS, wine(&[]), 0),
        (MILL, GOODS, wine(&[("for", json!(SHOP))]), 3002),
        ("mall", GOODS, wine(&[]), 3001),
        ("carrier", GOODS, wine(&[]), 3001),
        ("mall", GOODS, wine(&[("for", json!(STRANGER))]), 0),
        (MILL, REVIEW, decide(l.last, "approve"), 1105),
        ("tax", REVIEW, decide(l.last, "approve"), 1105),
        ("customs", REVIEW, decide(l.last, "approve"), 3010),
        (SHOP, ENTERPRISE, firm(&[("valid_until", json!("2026-11-21"))]), 3003),
        (MILL, ENTERPRISE, firm(&[("uscc", json!(MILL)), ("valid_until", json!("2026-11-22"))]), 0),
    ];
    for (step, (who, kind, body, code)) in table.into_iter().enumerate() {
        assert_eq!(l.call(who, kind, body), code, "step {step}");
    }
}

#[test]
fn one_filing_after_the_other() {
    let l = &mut ledger();
    let subject = filings_of_enterprise(SHOP);
    let other = [("name_en", json!("Shop Ltd"))];
    let on = |id: RecordId| ("replaces", json!(id));
    assert_eq!(l.call(SHOP, ENTERPRISE, firm(&[])), 0);
    let first = l.last;
    for (step, (who, kind, body, code)) in [
        (SHOP, ENTERPRISE, firm(&[]), 3004),
        ("mall", ENTERPRISE, firm(&[("for", json!(SHOP))]), 3004),
        (SHOP, ENTERPRISE, firm(&other), 3005),
        (SHOP, ENTERPRISE, firm(&[on(first)]), 3005),
        ("customs", REVIEW, with(decide(first, "approve"), &[("valid_until", json!("2027-11-22"))]), 3014),
        ("customs", REVIEW, with(decide(first, "approve"), &[("valid_until", json!("2026-11-21"))]), 3003),
        ("customs", REVIEW, decide(first, "return"), 0),
        ("customs", REVIEW, decide(first, "return"), 3012),
        ("customs-2", REVIEW, decide(first, "approve"), 3013),
        (SHOP, ENTERPRISE, firm(&other), 3006),
        ("mall", ENTERPRISE, firm(&[on(first), ("for", json!(SHOP))]), 3008),
        (SHOP, ENTERPRISE, firm(&[on(RecordId { index: 7, ..first })]), 3007),
        (MILL, ENTERPRISE, firm(&[("uscc", json!(MILL)), on(first)]), 3007),
    ]
    .into_iter()
    .enumerate()
    {
        let before = l.get::<Filings>(&subject);
        assert_eq!(l.call(who, kind, body), code, "step {step}");
        assert_eq!(l.get::<Filings>(&subject), before, "step {step}");
    }
    assert_eq!(standing(l, first), Standing::Returned);
    assert_eq!(l.call(SHOP, ENTERPRISE, firm(&[on(first), other[0].clone()])), 0);
    let second = l.last;
    assert_eq!((standing(l, first), standing(l, second)), (Standing::Superseded, Standing::Submitted));
    assert_eq!(l.call("customs", REVIEW, decide(first, "approve")), 3013, "the old one is over");
    assert_eq!(l.call("customs", REVIEW, decide(second, "approve")), 0);
    assert_eq!(l.get::<Filings>(&subject), Some(Filings { approved: Some(second), open: None }));
    for (step, (who, kind, body, code)) in [
        ("customs", REVIEW, decide(second, "approve"), 3012),
        ("customs-2", REVIEW, decide(second, "reject"), 3013),
        (SHOP, ENTERPRISE, firm(&other), 3004),
        (SHOP, ENTERPRISE, firm(&[on(second)]), 3007),
        (SHOP, ENTERPRISE, firm(&[("valid_until", json!("2028-11-21"))]), 0),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(l.call(who, kind, body), code, "step {step}");
    }
    let renewal = l.last;
    assert_eq!((standing(l, second), standing(l, renewal)), (Standing::Valid, Standing::Submitted));
    assert_eq!(l.call("customs", REVIEW, decide(renewal, "reject")), 0);
    assert_eq!((standing(l, second), standing(l, renewal)), (Standing::Valid, Standing::Rejected));
    assert_eq!(l.get::<Filings>(&subject), Some(Filings { approved: Some(second), open: None }));
    assert_eq!(l.call(SHOP, ENTERPRISE, firm(&[])), 0, "after a rejection one may file again");
    let third = l.last;
    let shorter = with(decide(third, "approve"), &[("valid_until", json!("2026-12-31"))]);
    assert_eq!(l.call("customs", REVIEW, shorter.clone()), 0);
    assert_eq!(l.call("customs", REVIEW, shorter), 3012);
    assert_eq!((standing(l, second), standing(l, third)), (Standing::Superseded, Standing::Valid));
    assert_eq!(l.get::<Filings>(&subject), Some(Filings { approved: Some(third), open: None }));
}

#[test]
fn the_enterprise_steps_in_for_its_platform() {
    let l = &mut ledger();
    let theirs = firm(&[("for", json!(SHOP))]);
    assert_eq!(l.call("mall", ENTERPRISE, theirs.clone()), 0);
    let filed = l.last;
    let replaces = ("replaces", json!(filed));
    let again = with(theirs, std::slice::from_ref(&replaces));
    for (who, body, code) in [
        ("mall-2", again.clone(), 3008),
        ("mall", again, 3005),
        (SHOP, firm(&[("name_en", json!("Mine"))]), 3005),
        (SHOP, firm(&[replaces, ("name_en", json!("Mine"))]), 0),
    ] {
        assert_eq!(l.call(who, ENTERPRISE, body), code, "{who}");
    }
    assert_eq!(standing(l, filed), Standing::Superseded);
}

#[test]
fn nobody_reviews_its_own() {
    let members = vec![founder(SHOP, &[Role::Customs, Role::Platform]), founder(MILL, &[Role::Customs, Role::Platform])];
    let both = [Role::Customs];
    let kinds = ["gov.proposal/1", "gov.vote/1", ENTERPRISE, REVIEW].map(|kind| (kind, &both[..]));
    let l = &mut TestLedger::new(&genesis(members, &[SHOP, MILL], grants(&kinds)));
    assert_eq!(l.call(MILL, ENTERPRISE, firm(&[("for", json!(SHOP))])), 0);
    let filed = l.last;
    assert_eq!(l.call(MILL, REVIEW, decide(filed, "approve")), 3011, "filed it");
    assert_eq!(l.call(SHOP, REVIEW, decide(filed, "approve")), 3011, "is about it");
    assert_eq!(standing(l, filed), Standing::Submitted);
}

#[test]
fn validity_ends_with_a_beijing_day() {
    let l = &mut ledger();
    assert_eq!(l.call(SHOP, GOODS, wine(&[("valid_until", json!("2026-11-30"))])), 0);
    let filed = l.last;
    assert_eq!(l.call("customs", REVIEW, decide(filed, "approve")), 0);
    let key = filings_of_goods(&id(SHOP), "09506000134352");
    assert_eq!(l.get::<Filings>(&key).unwrap().approved, Some(filed));
    let at = |l: &TestLedger, date: &str| standing_at(&l.get(&filing(&filed)).unwrap(), Date::parse(date).unwrap());
    assert_eq!(at(l, "2026-11-30"), Standing::Valid);
    assert_eq!(at(l, "2026-12-01"), Standing::Expired);
    l.skip_days(9);
    assert_eq!(standing(l, filed), Standing::Expired, "already December in Beijing, still November in UTC");
    assert_eq!(Date::utc(l.time).to_string(), "2026-11-30");
    let again = wine(&[("gtin", json!("09506000134352")), ("valid_until", json!("2026-11-30"))]);
    assert_eq!(l.call(SHOP, GOODS, again), 3003);
    assert_eq!(l.call(SHOP, GOODS, wine(&[("gtin", json!("09506000134352"))])), 0, "renewed after its end");
    let renewed = l.last;
    l.skip_days(400);
    assert_eq!(l.call("customs", REVIEW, decide(renewed, "approve")), 3003, "nothing is left to approve");
    assert_eq!(l.call("customs", REVIEW, decide(renewed, "return")), 0);
}

#[test]
fn codes_are_assigned_once() {
    let l = &mut ledger();
    let code = |code: &str, kind: &str| json!({ "code": code, "type": kind });
    let inside = |code: &str, parent: &str| json!({ "code": code, "type": "parcel", "parent": parent });
    let table = [
        ("carrier", code("c:1", "container"), 0),
        ("carrier", code("c:1", "container"), 3020),
        ("carrier", code("c:1", "seal"), 3021),
        (SHOP, code("c:1", "container"), 3022),
        (SHOP, inside("p:1", "c:2"), 3023),
        (SHOP, inside("p:1", "c:1"), 0),
        (SHOP, inside("p:1", "c:1"), 3020),
        (SHOP, code("p:1", "parcel"), 3021),
        ("carrier", inside("p:1", "c:1"), 3022),
        // What would close a circle is refused, because a code never moves.
        ("carrier", json!({ "code": "c:1", "type": "container", "parent": "p:1" }), 3021),
        (SHOP, code("01/09506000134352/21/7", "item"), 0),
        (SHOP, code("00/106141412345678908", "parcel"), 0),
        (SHOP, code("2026/01/7", "list"), 0),
        (SHOP, code("order:2026-1", "list"), 0),
    ];
    for (step, (who, body, expected)) in table.into_iter().enumerate() {
        let before = l.state.clone();
        assert_eq!(l.call(who, OBJECT, body), expected, "step {step}");
        assert_eq!(l.state != before, expected == 0, "a refusal writes nothing, step {step}");
    }
    let held: Assigned = l.get(&object(&Code::parse("c:1").unwrap())).unwrap();
    assert_eq!((held.issuer, held.depth), (id("carrier"), 0));
    l.call(SHOP, OBJECT, code("c:1", "container"));
    let said = l.detail.clone().unwrap().to_string();
    assert!(said.contains(&held.record.to_string()) && !said.contains("carrier"), "{said}");
}

#[test]
fn of_two_in_one_block_the_first_wins() {
    let l = &mut ledger();
    let ask = |who: &'static str, key: &'static str| {
        let records = vec![draft(OBJECT, json!({ "code": "seal:1", "type": "seal" }))];
        Tx { who, key, records }
    };
    let codes = l.block(vec![ask("mall", "mall/record"), ask("carrier", "carrier/record"), ask("mall", "mall/record")]);
    assert_eq!(codes, [0, 3022, 3020]);
}

#[test]
fn objects_stand_at_most_32_deep() {
    let l = &mut ledger();
    assert_eq!(l.call(SHOP, OBJECT, json!({ "code": "d:0", "type": "container" })), 0);
    for depth in 1..=33 {
        let parent = format!("d:{}", depth - 1);
        let body = json!({ "code": format!("d:{depth}"), "type": "container", "parent": parent });
        assert_eq!(l.call(SHOP, OBJECT, body), if depth <= 32 { 0 } else { 3024 }, "{depth}");
    }
}
