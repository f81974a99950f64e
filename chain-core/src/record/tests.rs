#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// JSON text, some of which no strict reader takes.
fn text() -> impl Strategy<Value = String> {
    let leaves = [
        "null", "true", "0", "-7", "9007199254740991", "9007199254740992", "-9007199254740992", "1.5", "1e3", "-0",
        "18446744073709551616", r#""""#, r#""text""#, r#""\u00e4\n""#, r#""\ud800""#, "[]", "{}",
    ];
    let leaf = proptest::sample::select(leaves.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = proptest::sample::select(vec!["a", "b", r"\u0061", "_sd", "...", "ext"]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec((key, inner), 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{ {} }}", fields.join(","))
            }),
        ]
    })
}

fn digest(n: u8) -> String {
    crate::keys::b64(&[n; 32])
}

/// One field of a record, good more often than not.
fn field(name: &'static str, good: Vec<String>) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let good = proptest::sample::select(good).prop_map(move |value| vec![(name, value)]);
    let odd = text().prop_map(move |value| vec![(name, value)]);
    let twice = (text(), text()).prop_map(move |(a, b)| vec![(name, a), (name, b)]);
    prop_oneof![12 => good, 1 => odd, 1 => twice, 1 => Just(vec![])]
}

fn record() -> impl Strategy<Value = String> {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let body = proptest::collection::vec(
        prop_oneof![
            8 => (proptest::sample::select(vec!["a", "b", "c", "qty", r"\u0071ty"]), text()),
            2 => Just(("_sd", format!(r#"["{}","{}"]"#, digest(1), digest(2)))),
            1 => (proptest::sample::select(vec!["_sd", "ext", "...", r"\u005fsd"]), text()),
        ],
        0..5,
    );
    let body = body.prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        vec![("body", format!("{{{}}}", fields.join(",")))]
    });
    let fields = (
        field("kind", texts(&[r#""test.note/1""#, r#""No Kind""#])),
        field("objects", texts(&[r#"["a","b"]"#, "[]", r#"["a","a"]"#, r#"["\u0061","a"]"#])),
        field("at", texts(&[r#""2026-01-01T00:00:00Z""#, r#""2026-01-01T00:00:00Z""#, r#""noon""#])),
        prop_oneof![4 => Just(vec![]), 1 => field("sealed_to", texts(&[r#"["bank"]"#, "[]"]))],
        prop_oneof![12 => body, 1 => text().prop_map(|value| vec![("body", value)])],
        prop_oneof![12 => Just(vec![]), 1 => text().prop_map(|value| vec![("more", value)])],
    );
    fields.prop_map(|(a, b, c, d, e, f)| {
        let fields: Vec<String> =
            [a, b, c, d, e, f].concat().iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(", "))
    })
}

/// A record as the reader that builds and explains takes it from a disclosure.
fn explained(text: &str) -> Option<Record> {
    let Ok(Value::Array(parts)) = json::parse(text.as_bytes()) else { return None };
    let [salt, record] = <[Value; 2]>::try_from(parts).ok()?;
    salt.is_string().then(|| Record::from_value(record, "").ok()).flatten()
}

fn same(quick: &Record, slow: &Record) -> bool {
    (&quick.kind, &quick.objects, &quick.at, &quick.sealed_to, &quick.sd, &quick.ext)
        == (&slow.kind, &slow.objects, &slow.at, &slow.sealed_to, &slow.sd, &slow.ext)
        && quick.body.fields() == slow.body.fields()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// The quick reader takes nothing that the other refuses, and reads it alike.
    #[test]
    fn records_are_read_alike_both_ways(
        record in record(),
        salt in prop_oneof![9 => Just(r#""salt""#.to_owned()), 1 => text()],
        tail in prop_oneof![9 => Just(String::new()), 1 => Just(",1".to_owned()), 1 => Just("]".to_owned())],
    ) {
        let text = format!("[{salt}, {record}{tail}]");
        let (quick, slow) = (Record::from_element(text.as_bytes()), explained(&text));
        match (quick, slow) {
            (Some(quick), Some(slow)) => prop_assert!(same(&quick, &slow), "{text}: {quick:?} {slow:?}"),
            (Some(_), None) => prop_assert!(false, "taken: {text}"),
            // Only what bears extras is left to the other.
            (None, Some(slow)) => prop_assert!(slow.ext.is_some(), "left: {text}"),
            (None, None) => {}
        }
    }

    #[test]
    fn damaged_text_is_taken_by_both_or_none(at in 0usize..200, byte in any::<u8>()) {
        let good = format!(r#"["salt",{{"kind":"test.note/1","objects":["a"],"at":"2026-01-01T00:00:00Z","body":{{"qty":1,"_sd":["{}"]}}}}]"#, digest(1));
        let mut text = good.into_bytes();
        let place = at % text.len();
        text[place] = byte;
        let slow = std::str::from_utf8(&text).ok().and_then(explained);
        let quick = Record::from_element(&text);
        prop_assert_eq!(quick.is_some(), slow.is_some());
        prop_assert!(quick.is_none_or(|quick| same(&quick, &slow.unwrap())));
    }
}

#[test]
fn depth_counts_from_the_disclosure() {
    for (nested, good) in [(29, true), (30, false)] {
        let deep = format!("{}{}", "[".repeat(nested), "]".repeat(nested));
        let text = format!(r#"["s",{{"kind":"a.b/1","objects":[],"at":"2026-01-01T00:00:00Z","body":{{"deep":{deep}}}}}]"#);
        assert_eq!((Record::from_element(text.as_bytes()).is_some(), explained(&text).is_some()), (good, good), "{nested}");
    }
}

#[test]
fn an_array_is_no_record() {
    let fields = json!(["test.note/1", ["a"], "2026-01-01T00:00:00Z", [], {"qty": 1}]);
    assert_eq!(Record::from_value(fields.clone(), "/records/0").unwrap_err().pointer, "/records/0");
    assert!(Record::from_element(json!(["salt", fields]).to_string().as_bytes()).is_none());
}

#[test]
fn clear_fields_are_read_without_the_digests() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Note {
        qty: u64,
        #[serde(default)]
        text: Option<String>,
    }
    let read = |body: &str| {
        let text = format!(r#"["s",{{"kind":"a.b/1","objects":[],"at":"2026-01-01T00:00:00Z","body":{body}}}]"#);
        Record::from_element(text.as_bytes()).unwrap().clear::<Note>()
    };
    let digests = format!(r#"["{}"]"#, digest(3));
    let note = |qty, text: Option<&str>| Note { qty, text: text.map(str::to_owned) };
    assert_eq!(read(&format!(r#"{{"qty":5,"_sd":{digests}}}"#)).unwrap(), note(5, None));
    assert_eq!(read(&format!(r#"{{"\u005fsd":{digests},"text":"\u0061\"","qty":5}}"#)).unwrap(), note(5, Some("a\"")));
    for (body, pointer) in [(r#"{"qty":"5"}"#, "/body/qty"), (r#"{"text":"x"}"#, "/body"), (r#"{"qty":1,"more":2}"#, "/body/more")] {
        assert_eq!(read(body).unwrap_err().pointer, pointer, "{body}");
    }
}
