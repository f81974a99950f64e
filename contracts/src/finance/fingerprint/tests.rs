#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

const KEY: [u8; 32] = [7; 32];

fn invoice(number: &str) -> InvoiceFields {
    InvoiceFields {
        seller: "91500000MA5U0CQX01".into(),
        buyer: "GB-1234".into(),
        number: number.into(),
        date: Date::parse("2026-11-01").unwrap(),
        currency: Currency::parse("USD").unwrap(),
        minor: 1_234_500,
    }
}

fn alike(a: &InvoiceFields, b: &InvoiceFields) -> bool {
    similar(&KEY, a).iter().any(|f| similar(&KEY, b).contains(f))
}

#[test]
fn numbers_in_pairs() {
    // second spelling, same exactly, same when blurred
    for (a, b, same, blur) in [
        ("INV-017", "INV-017", true, true),
        ("INV-017", "inv 017", true, true),
        ("INV-017", "INV017", true, true),
        ("INV-017", "INV-17", true, true),
        ("INV-017", "INV/00017", true, true),
        ("INV-017", "ＩＮＶ－０１７", true, true),
        ("INV-017", "INV-0\u{200B}17", true, true),
        ("INV-017", "IN\u{00AD}V\u{FEFF}-017\u{202E}", true, true),
        ("INV-017", " INV-017\t", true, true),
        ("INV-017", "INV-O17", false, true),
        ("INV-017", "lNV-0l7", false, true),
        ("INV-017", "ІNV-017", false, true),
        ("ACME-5", "АСМЕ-5", false, true),
        ("B-2", "8-Z", false, true),
        ("INV-017", "INV-018", false, false),
        ("INV-017", "INV-170", false, false),
        ("INV-0", "INV-", false, false),
        ("INV-100", "INV-1", false, false),
        ("", "A", false, false),
    ] {
        assert_eq!(normal(a) == normal(b), same, "{a} {b}: {} {}", normal(a), normal(b));
        assert_eq!(exact(&KEY, &invoice(a)) == exact(&KEY, &invoice(b)), same, "{a} {b}");
        assert_eq!(blurred(a) == blurred(b), blur, "{a} {b}: {} {}", blurred(a), blurred(b));
    }
}

#[test]
fn every_field_counts_for_the_exact_one() {
    let good = invoice("INV-017");
    let others = [
        InvoiceFields { seller: "X".into(), ..good.clone() },
        InvoiceFields { buyer: "X".into(), ..good.clone() },
        InvoiceFields { number: "X".into(), ..good.clone() },
        InvoiceFields { date: Date::parse("2026-11-02").unwrap(), ..good.clone() },
        InvoiceFields { currency: Currency::parse("EUR").unwrap(), ..good.clone() },
        InvoiceFields { minor: 1_234_501, ..good.clone() },
        // The border between two fields may not move.
        InvoiceFields { seller: "91500000MA5U0CQX01G".into(), buyer: "B-1234".into(), ..good.clone() },
    ];
    for other in others {
        assert_ne!(exact(&KEY, &good), exact(&KEY, &other), "{other:?}");
    }
    assert_ne!(exact(&KEY, &good), exact(&[8; 32], &good), "another key tells nothing");
}

#[test]
fn similar_sees_one_change_at_a_time() {
    let good = invoice("INV-017");
    for (change, warned) in [
        (InvoiceFields { minor: 9_900_000, date: Date::parse("2026-12-01").unwrap(), ..good.clone() }, true),
        (InvoiceFields { number: "R-5".into(), minor: 1_234_600, ..good.clone() }, true),
        (InvoiceFields { buyer: "another".into(), ..good.clone() }, true),
        (InvoiceFields { buyer: "another".into(), minor: 1_234_600, ..good.clone() }, false),
        (InvoiceFields { number: "R-5".into(), minor: 2_000_000, ..good.clone() }, false),
        (InvoiceFields { number: "R-5".into(), date: Date::parse("2026-11-02").unwrap(), ..good.clone() }, false),
        (InvoiceFields { seller: "another".into(), ..good.clone() }, false),
    ] {
        assert_eq!(alike(&good, &change), warned, "{change:?}");
    }
}

#[test]
fn amounts_close_to_each_other_share_a_bucket() {
    for (a, b, shared) in [
        (9_990, 10_000, true),
        (10_000, 10_400, true),
        (99, 99, true),
        (0, 0, true),
        (12_949, 13_001, true),
        (10_000, 12_000, false),
        (99, 100, false),
        ((1 << 53) - 1, (1 << 53) - 2, true),
    ] {
        let near = buckets(a).iter().any(|bound| buckets(b).contains(bound));
        assert_eq!(near, shared, "{a} {b}: {:?} {:?}", buckets(a), buckets(b));
    }
}

#[test]
fn documents_are_told_apart_by_kind_and_issuer() {
    let document = |kind: &str, issuer: &str, number: &str| {
        exact_document(&KEY, &DocumentFields { kind: kind.into(), issuer: issuer.into(), number: number.into() })
    };
    assert_eq!(document("waybill", "SF", "00123"), document("waybill", "sf", "123"));
    assert_ne!(document("waybill", "SF", "123"), document("order", "SF", "123"));
    assert_ne!(document("waybill", "SF", "123"), document("waybill", "YTO", "123"));
}
