#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::standing::{Accepted, Standing, standing};
use super::state::{Declaration, Status};
use super::*;
use crate::finance::testkit::{FORM, Net, Sent, draft};
use chain_core::member::Role;
use serde_json::{Value, json};

const TRADE: &[Role] = &[Role::Enterprise];
const NO: &str = "530420260000000017";

fn net() -> Net {
    Net::new(
        &[&CLEARANCE],
        &[("seller", TRADE), ("other", TRADE), ("customs", &[Role::Customs])],
        &[
            ("trade.order/1", TRADE),
            ("trade.waybill/1", TRADE),
            ("trade.payment/1", TRADE),
            ("trade.list/1", TRADE),
            ("trade.message/1", &[Role::Enterprise, Role::Customs]),
            ("trade.list-reply/1", &[Role::Customs]),
            ("clearance.declaration/1", TRADE),
            ("clearance.release/1", &[Role::Customs]),
        ],
    )
}

fn order(app_type: &str) -> Value {
    json!({ "direction": "export", "message": "303", "guid": "G", "appType": app_type, "appTime": "20261101120000",
            "appStatus": "2", "orderNo": "A-1", "currency": "502" })
}

fn list(app_type: &str) -> Value {
    json!({ "direction": "export", "message": "603", "guid": "G", "appType": app_type, "appTime": "20261101120000",
            "appStatus": "2", "orderNo": "A-1", "logisticsNo": "W-1", "tradeMode": "9610", "customsCode": "8013",
            "portCode": "8013", "copNo": "C-1" })
}

fn reply(status: &str) -> Value {
    json!({ "direction": "export", "message": "604", "guid": "R", "returnStatus": status,
            "returnTime": "20261102120000000", "copNo": "C-1" })
}

fn message(number: &str) -> Value {
    json!({ "direction": "export", "message": number, "guid": "M", "lists": ["C-1"], "orders": [], "waybills": [] })
}

const LIST: &[&str] = &["list:C-1", "order:A-1", "waybill:W-1"];

#[test]
fn trade_documents_have_their_form_and_name_their_objects() {
    let change = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let mut net = net();
    for (who, kind, objects, body, code) in [
        ("seller", "trade.order/1", &["order:A-1"][..], order("1"), 0),
        ("seller", "trade.order/1", &["order:A-1", "batch:7"], order("1"), 0),
        ("customs", "trade.order/1", &["order:A-1"], order("1"), 1105),
        ("seller", "trade.order/1", &[], order("1"), FORM),
        ("seller", "trade.order/1", &["order:A-2"], order("3"), FORM),
        ("seller", "trade.order/1", &["order:A-1"], order("4"), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "message", json!("311")), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "direction", json!("import")), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "appTime", json!("2026-11-01")), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "appStatus", json!("9")), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "buyerName", json!("Li")), FORM),
        ("seller", "trade.order/1", &["order:A-1"], change(order("1"), "payTransactionId", json!("P-1")), FORM),
        (
            "seller",
            "trade.order/1",
            &["order:A-1", "payment:P-1"],
            change(order("1"), "payTransactionId", json!("P-1")),
            0,
        ),
        ("seller", "trade.list/1", LIST, list("1"), 0),
        ("seller", "trade.list/1", &["list:C-1", "order:A-1"], list("1"), FORM),
        ("seller", "trade.list/1", LIST, change(list("1"), "copNo", Value::Null), FORM),
        ("customs", "trade.list-reply/1", &["list:C-1"], reply("800"), 0),
        ("customs", "trade.list-reply/1", &["list:C-1"], reply("-301010"), 0),
        ("customs", "trade.list-reply/1", &["list:C-2"], reply("100"), FORM),
        ("customs", "trade.list-reply/1", &["list:C-1"], reply("released"), FORM),
        ("customs", "trade.list-reply/1", &["list:C-1"], reply("-"), FORM),
        ("seller", "trade.list-reply/1", &["list:C-1"], reply("800"), 1105),
        ("seller", "trade.message/1", &["list:C-1"], message("605"), 0),
        ("seller", "trade.message/1", &["message:M"], message("605"), FORM),
        ("seller", "trade.message/1", &["list:C-1"], message("6o5"), FORM),
    ] {
        let sent = net.send(who, &draft(kind, objects, body.clone(), &[]));
        assert_eq!(sent.code, code, "{who} {kind} {objects:?} {body}: {:?}", sent.detail);
    }
}

#[test]
fn declarations_go_forward_only() {
    let decl = format!("decl:{NO}");
    let file = |no: &str, lists: Value| json!({ "declaration": no, "lists": lists });
    let say = |status: &str| json!({ "declaration": NO, "status": status });
    let mut net = net();
    for (who, kind, objects, body, code) in [
        ("customs", "clearance.release/1", vec![decl.as_str()], say("released"), 4002),
        ("seller", "clearance.declaration/1", vec![&decl], file(NO, json!(["list:C-1"])), FORM),
        ("seller", "clearance.declaration/1", vec!["list:C-1"], file(NO, json!(["list:C-1"])), FORM),
        ("seller", "clearance.declaration/1", vec![&decl], file(NO, json!([])), FORM),
        ("seller", "clearance.declaration/1", vec![&decl, "list:C-1"], file(NO, json!(["list:C-1", "list:C-1"])), FORM),
        ("seller", "clearance.declaration/1", vec![&decl, "order:A"], file(NO, json!(["order:A"])), FORM),
        (
            "seller",
            "clearance.declaration/1",
            vec![&decl, "list:C-1"],
            file("53042026000000001", json!(["list:C-1"])),
            FORM,
        ),
        (
            "seller",
            "clearance.declaration/1",
            vec![&decl, "list:C-1"],
            file("53042026900000001X", json!(["list:C-1"])),
            FORM,
        ),
        ("customs", "clearance.declaration/1", vec![&decl, "list:C-1"], file(NO, json!(["list:C-1"])), 1105),
        ("seller", "clearance.declaration/1", vec![&decl, "list:C-1"], file(NO, json!(["list:C-1"])), 0),
        ("seller", "clearance.declaration/1", vec![&decl, "list:C-1"], file(NO, json!(["list:C-1"])), 4001),
        ("other", "clearance.declaration/1", vec![&decl, "list:C-2"], file(NO, json!(["list:C-2"])), 4001),
        ("seller", "clearance.release/1", vec![&decl], say("released"), 1105),
        ("customs", "clearance.release/1", vec![&decl], say("filed"), FORM),
        ("customs", "clearance.release/1", vec![], say("held"), FORM),
        ("customs", "clearance.release/1", vec![&decl], say("held"), 0),
        ("customs", "clearance.release/1", vec![&decl], say("held"), 4003),
        ("customs", "clearance.release/1", vec![&decl], say("released"), 0),
        ("customs", "clearance.release/1", vec![&decl], say("held"), 4004),
        ("customs", "clearance.release/1", vec![&decl], say("cancelled"), 0),
        ("customs", "clearance.release/1", vec![&decl], say("released"), 4004),
        ("customs", "clearance.release/1", vec![&decl], say("cancelled"), 4003),
        ("seller", "clearance.declaration/1", vec![&decl, "list:C-1"], file(NO, json!(["list:C-1"])), 4001),
    ] {
        let sent = net.send(who, &draft(kind, &objects, body.clone(), &[]));
        assert_eq!(sent.code, code, "{who} {kind} {body}: {:?}", sent.detail);
    }
    let value: Declaration = net.get(&format!("decl/{NO}")).unwrap();
    assert_eq!(value.status, Status::Cancelled);
    assert!(value.filed < value.changed);
}

#[test]
fn every_status_has_exactly_its_successors() {
    use Status::{Cancelled, Filed, Held, Released};
    let allowed = [
        (Filed, Held),
        (Filed, Released),
        (Held, Released),
        (Filed, Cancelled),
        (Held, Cancelled),
        (Released, Cancelled),
    ];
    for from in [Filed, Held, Released, Cancelled] {
        for to in [Filed, Held, Released, Cancelled] {
            assert_eq!(from.may_become(to), allowed.contains(&(from, to)), "{from:?} {to:?}");
        }
    }
}

#[test]
fn standing_believes_the_issuer_and_customs_only() {
    let mut net = net();
    let mut send = |who: &str, kind: &str, objects: &[&str], body: Value| {
        let sent = net.send(who, &draft(kind, objects, body, &[]));
        assert_eq!(sent.code, 0, "{:?}", sent.detail);
        sent
    };
    let first = send("seller", "trade.list/1", LIST, list("1"));
    let mut another = list("3");
    another["copNo"] = json!("C-2");
    let delete = send("seller", "trade.list/1", LIST, list("3"));
    let change = send("seller", "trade.list/1", LIST, list("2"));
    let foreign = send("other", "trade.list/1", LIST, list("3"));
    let other_list = send("seller", "trade.list/1", &["list:C-2", "order:A-1", "waybill:W-1"], another);
    let refused = send("customs", "trade.list-reply/1", &["list:C-1"], reply("100"));
    let returned = send("customs", "trade.list-reply/1", &["list:C-1"], reply("700"));
    let released = send("customs", "trade.list-reply/1", &["list:C-1"], reply("800"));
    let error = send("customs", "trade.list-reply/1", &["list:C-1"], reply("-621004"));
    let asked = send("seller", "trade.message/1", &["list:C-1"], message("605"));
    let departed = send("seller", "trade.message/1", &["list:C-1"], message("509"));
    let say = |sents: &[&Sent], pretend_customs: bool| {
        let accepted = |s: &&Sent| Accepted {
            id: s.id,
            issuer: Box::leak(Box::new(s.issuer.clone())),
            customs: s.issuer.as_str() == "customs" && pretend_customs,
            record: Box::leak(Box::new(s.record.clone())),
        };
        standing(accepted(&&first), &sents.iter().map(accepted).collect::<Vec<_>>())
    };
    let cancelled = |by: &Sent| Standing { cancelled_by: Some(by.id), doubted_by: None };
    let doubted = |by: &Sent| Standing { cancelled_by: None, doubted_by: Some(by.id) };
    for (later, expected) in [
        (vec![], Standing::default()),
        (vec![&first], Standing::default()),
        (vec![&delete], cancelled(&delete)),
        (vec![&foreign], Standing::default()),
        (vec![&other_list], Standing::default()),
        (vec![&refused], cancelled(&refused)),
        (vec![&refused, &released], Standing::default()),
        (vec![&released, &returned], cancelled(&returned)),
        (vec![&error], Standing::default()),
        (vec![&refused, &error], cancelled(&refused)),
        (vec![&delete, &released], cancelled(&delete)),
        (vec![&change], doubted(&change)),
        (vec![&asked], doubted(&asked)),
        (vec![&departed], Standing::default()),
    ] {
        assert_eq!(say(&later, true), expected, "{:?}", later.iter().map(|s| &s.record.body).collect::<Vec<_>>());
    }
    assert_eq!(say(&[&refused], false), Standing::default(), "a reply that customs did not send");
}
