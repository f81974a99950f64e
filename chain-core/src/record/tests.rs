#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A field of a record, good or not.
fn field() -> impl Strategy<Value = Value> {
    let values = [
        json!("test.note/1"),
        json!("2026-01-01T00:00:00Z"),
        json!(["a", "b"]),
        json!([]),
        json!(["a", 1]),
        json!([""]),
        json!({ "qty": 1 }),
        json!(null),
        json!(7),
        json!("no kind"),
    ];
    proptest::sample::select(values.to_vec())
}

proptest! {
    /// Fields moved out one by one are those that serde reads; what it refuses is refused with its words.
    #[test]
    fn records_are_read_alike_both_ways(
        fields in proptest::collection::btree_map(
            proptest::sample::select(vec!["kind", "objects", "at", "sealed_to", "body", "more"]), field(), 0..7),
        mend in any::<bool>(),
    ) {
        let mut value = json!({});
        for (name, one) in fields {
            value[name] = one;
        }
        if mend {
            value["kind"] = json!("test.note/1");
            value["objects"] = json!(["a"]);
            value["at"] = json!("2026-01-01T00:00:00Z");
            value["body"] = json!({});
        }
        let parts = |raw: Raw| (raw.kind, raw.objects, raw.at, raw.sealed_to, raw.body);
        let slow = json::shape::<Raw>(value.clone(), "/records/0").map(parts);
        prop_assert_eq!(Raw::read(value, "/records/0").map(parts), slow);
    }
}
