#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::state::{Policy, policy_key};
use super::*;
use crate::finance::testkit::{FORM, Net, Sent, draft};
use chain_core::member::Role;
use chain_core::types::Height;
use serde_json::{Value, json};

fn net() -> Net {
    Net::new(
        &[&INSURANCE],
        &[("insurer", &[Role::Insurer]), ("rival", &[Role::Insurer]), ("bank", &[Role::Bank])],
        &[("insurance.policy/1", &[Role::Insurer]), ("insurance.cancel/1", &[Role::Insurer])],
    )
}

fn policy() -> Value {
    json!({ "currency": "USD", "limit_minor": 5_000_000, "from": "2026-01-01", "until": "2026-12-31", "waiting": 90 })
}

fn write(net: &mut Net, who: &str, body: Value) -> Sent {
    let parties = json!({ "insured": "seller", "buyer": "buyer", "policy_no": "P-1" });
    net.send(who, &draft("insurance.policy/1", &[], body, &[("parties", parties)]))
}

fn cancel(net: &mut Net, who: &str, id: &str) -> u16 {
    net.send(who, &draft("insurance.cancel/1", &[], json!({ "policy": id }), &[])).code
}

#[test]
fn a_policy_has_its_form() {
    let mut net = net();
    for (field, value, code) in [
        ("currency", json!("USD"), 0),
        ("currency", json!("usd"), FORM),
        ("currency", json!("US"), FORM),
        ("limit_minor", json!(0), FORM),
        ("limit_minor", json!("5"), FORM),
        ("from", json!("2026-12-31"), FORM),
        ("until", json!("2026-02-30"), FORM),
        ("until", json!("2026-11-21"), 7004),
        ("until", json!("2026-11-22"), 0),
        ("waiting", json!(3661), FORM),
        ("waiting", json!(-1), FORM),
        ("insured", json!("Acme"), FORM),
        ("ext", json!({ "insured": "Acme" }), FORM),
    ] {
        let mut body = policy();
        body[field] = value.clone();
        assert_eq!(write(&mut net, "insurer", body).code, code, "{field} {value}");
    }
    let bare = draft("insurance.policy/1", &[], policy(), &[]);
    assert_eq!(net.send("insurer", &bare).code, FORM, "nothing sealed");
    let open = draft("insurance.policy/1", &["order:1"], policy(), &[("parties", json!(1))]);
    assert_eq!(net.send("insurer", &open).code, FORM, "an object would tell");
    assert_eq!(write(&mut net, "bank", policy()).code, 1105);
}

#[test]
fn only_its_insurer_cancels_a_policy_once() {
    let mut net = net();
    let sent = write(&mut net, "insurer", policy());
    let id = sent.id.to_string();
    for (who, policy, code) in [
        ("rival", id.as_str(), 7002),
        ("bank", id.as_str(), 1105),
        ("insurer", "x", FORM),
        ("insurer", &id.replace(":0", ":1"), 7001),
        ("insurer", id.as_str(), 0),
        ("insurer", id.as_str(), 7003),
        ("rival", id.as_str(), 7002),
    ] {
        assert_eq!(cancel(&mut net, who, policy), code, "{who} {policy}");
    }
    let value: Policy = net.get(&policy_key(&sent.id)).unwrap();
    assert_eq!((value.insurer, value.cancelled), (sent.issuer, Some(Height(6))));
}
