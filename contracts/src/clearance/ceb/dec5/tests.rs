#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn reads_and_writes_the_shortest_form() {
    for (text, shown) in [
        ("0", "0"), ("-0", "0"), ("+5", "5"), ("05.10", "5.1"), (".5", "0.5"), ("5.", "5"), (" 50.36 \n", "50.36"),
        ("-0.00001", "-0.00001"), ("9999999999999999999", "9999999999999999999"), ("1.000000000", "1"),
        ("99999999999999.99999", "99999999999999.99999"),
    ] {
        assert_eq!(Dec5::parse(text).unwrap().to_string(), shown, "{text}");
    }
}

#[test]
fn refuses_what_is_no_decimal_19_5() {
    for (text, error) in [
        ("", Dec5Error::Syntax), (".", Dec5Error::Syntax), ("+", Dec5Error::Syntax), ("1e3", Dec5Error::Syntax),
        ("1,5", Dec5Error::Syntax), ("1.2.3", Dec5Error::Syntax), ("--1", Dec5Error::Syntax), ("１", Dec5Error::Syntax),
        ("0.000001", Dec5Error::Places), ("10000000000000000000", Dec5Error::Digits), ("999999999999999.99999", Dec5Error::Digits),
    ] {
        assert_eq!(Dec5::parse(text), Err(error), "{text}");
    }
}

#[test]
fn arithmetic_is_exact_or_refused() {
    let d = |t: &str| Dec5::parse(t).unwrap();
    assert_eq!(d("0.1").checked_add(d("0.2")), Some(d("0.3")));
    assert_eq!(d("3").checked_mul(d("0.33333")), Some(d("0.99999")));
    assert_eq!(d("0.00001").checked_mul(d("0.5")), Some(d("0.00001")), "half goes away from zero");
    assert_eq!(d("-0.00001").checked_mul(d("0.5")), Some(d("-0.00001")));
    assert_eq!(d("9999999999999999999").checked_mul(d("9999999999999999999")), None);
    assert_eq!(Dec5::checked_sum([d("1.5"), d("2.25")]), Some(d("3.75")));
    assert_eq!(Dec5::from_int(-3).checked_abs(), Some(d("3")));
}
