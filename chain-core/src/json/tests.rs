#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn fault(text: &str) -> (JsonFault, String) {
    let error = parse(text.as_bytes()).unwrap_err();
    (error.fault, error.pointer)
}

#[test]
fn refuses_what_two_readers_could_read_differently() {
    let table = [
        (r#"{"a":1,"a":2}"#, JsonFault::DuplicateKey, "/a"),
        (r#"{"x":{"a":1,"\u0061":2}}"#, JsonFault::DuplicateKey, "/x/a"),
        (r#"[1,2.0]"#, JsonFault::Number, "/1"),
        (r#"[1e3]"#, JsonFault::Number, "/0"),
        (r#"{"n":-0}"#, JsonFault::Number, "/n"),
        (r#"{"n":9007199254740992}"#, JsonFault::Number, "/n"),
        (r#"{"n":-9007199254740992}"#, JsonFault::Number, "/n"),
        (r#"{"n":18446744073709551616}"#, JsonFault::Number, "/n"),
        (r#"{"a/b":{"c~d":1.5}}"#, JsonFault::Number, "/a~1b/c~0d"),
        (r#"{"a":1}x"#, JsonFault::Syntax, ""),
        (r#"{"a":"\ud800"}"#, JsonFault::Syntax, "/a"),
        ("", JsonFault::Syntax, ""),
        ("[NaN]", JsonFault::Syntax, "/0"),
    ];
    for (text, want, place) in table {
        assert_eq!(fault(text), (want, place.to_owned()), "{text}");
    }
}

#[test]
fn depth_is_bounded_at_32() {
    let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(parse(nest(32).as_bytes()).is_ok());
    assert_eq!(fault(&nest(33)).0, JsonFault::Depth);
    assert_eq!(fault(&nest(100_000)).0, JsonFault::Depth);
}

#[test]
fn largest_integers_pass() {
    assert_eq!(parse(b"9007199254740991").unwrap(), Value::from(MAX_INTEGER));
    assert!(parse(&[b'"', 0xff, b'"']).is_err());
}
