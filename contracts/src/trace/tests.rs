#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::finance::testkit::{FORM, Net, draft};
use chain_core::member::Role;
use serde_json::{Value, json};

const A: &str = "01/09506000134352/21/1";
const B: &str = "01/09506000134352/21/2";

fn event() -> Value {
    json!({ "eventType": "ObjectEvent", "eventTime": "2026-11-20T08:00:00Z", "action": "OBSERVE",
            "bizStep": "shipping", "digest": "ab".repeat(32), "epcs": [A, B] })
}

#[test]
fn an_event_names_exactly_its_objects() {
    let mut net = Net::new(&[&TRACE], &[("maker", &[Role::Enterprise])], &[("trace.event/1", &[Role::Enterprise])]);
    let with = |field: &str, value: Value| {
        let mut body = event();
        body[field] = value;
        body
    };
    for (objects, body, code) in [
        (vec![A, B], event(), 0),
        (vec![B, A], event(), 0),
        (vec![A], event(), FORM),
        (vec![A, B, "order:1"], event(), FORM),
        (vec![], event(), FORM),
        (vec![A, B], with("epcs", json!([B, A])), FORM),
        (vec![A, B], with("epcs", json!([A, A, B])), FORM),
        (vec![A], with("epcs", json!([A])), 0),
        (vec![], with("epcs", json!([])), 0),
        (vec![A, B], with("parents", json!([A])), 0),
        (vec![A, B, "p"], with("parents", json!(["p"])), 0),
        (vec![A, B, "p", "q"], with("parents", json!(["p", "q"])), FORM),
        (vec![A, B], with("digest", json!("AB".repeat(32))), FORM),
        (vec![A, B], with("digest", json!("ab".repeat(31))), FORM),
        (vec![A, B], with("eventTime", json!("2026-11-20T08:00:00+08:00")), FORM),
        (vec![A, B], with("action", json!("observe")), FORM),
        (vec![A, B], with("objectsTotal", json!(2000)), FORM),
        (vec![A, B], with("operator", json!("Li")), FORM),
    ] {
        let sent = net.send("maker", &draft("trace.event/1", &objects, body.clone(), &[]));
        assert_eq!(sent.code, code, "{objects:?} {body}: {:?}", sent.detail);
    }
}

#[test]
fn only_a_full_record_leaves_objects_out() {
    let mut net = Net::new(&[&TRACE], &[("maker", &[Role::Enterprise])], &[("trace.event/1", &[Role::Enterprise])]);
    let codes: Vec<String> = (0..1024).map(|n| format!("01/09506000134352/21/{n:04}")).collect();
    let objects: Vec<&str> = codes.iter().map(String::as_str).collect();
    for (total, code) in [(1024, FORM), (1025, 0)] {
        let mut body = event();
        body["epcs"] = json!(codes);
        body["objectsTotal"] = json!(total);
        assert_eq!(net.send("maker", &draft("trace.event/1", &objects, body, &[])).code, code, "{total}");
    }
}
