//! The examples of RFC 9901, and an independent reader of SD-JWTs as the oracle.

use super::*;
use crate::tx::disclosure::{Sealed, digest, of_element, of_field, read_element};
use sd_jwt_payload::{Hasher, SdJwt, Sha256Hasher};
use serde_json::Value;

/// Sections 4.2.2, 4.2.3 and 5.1: array elements with salt and digest.
#[test]
fn array_elements_of_the_rfc() {
    let table = [
        ("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0", "FR", "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"),
        ("WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0", "US", "pFndjkZ_VCzmyTa6UjlZo3dh-ko8aIKQc9DlGzhaVYo"),
        ("WyJuUHVvUW5rUkZxM0JJZUFtN0FuWEZBIiwgIkRFIl0", "DE", "7Cf6JkPudry3lcbwHgeZ8khAv1U1OSlerP0VkBJrWZ0"),
    ];
    for (text, value, want) in table {
        assert_eq!(digest(text), want);
        assert_eq!(read_element(text, "").unwrap(), Value::from(value));
    }
}

/// Sections 4.2.1, 4.2.3 and 5.1: object properties.
#[test]
fn object_properties_of_the_rfc() {
    let table = [
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            ("family_name", "Möbius"),
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
        ),
        (
            "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd",
            ("given_name", "John"),
            "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4",
        ),
        (
            "WyI2SWo3dE0tYTVpVlBHYm9TNXRtdlZBIiwgImVtYWlsIiwgImpvaG5kb2VAZXhhbXBsZS5jb20iXQ",
            ("email", "johndoe@example.com"),
            "JzYjH4svliH0R3PyEMfeZu6Jt69u5qehZo7F7EPYlSE",
        ),
    ];
    for (text, (name, value), want) in table {
        let sealed = Sealed { disclosure: text.into() };
        assert_eq!(sealed.digest(), want);
        assert_eq!(sealed.open().unwrap(), (name.into(), Value::from(value)));
    }
}

/// Section 4.2.1: the spelling differs, the value does not; the digest is over the spelling.
#[test]
fn other_spellings_of_one_disclosure_have_other_digests() {
    let escaped = Sealed { disclosure: "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd".into() };
    let plain = Sealed { disclosure: "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0".into() };
    assert_eq!(escaped.open().unwrap(), plain.open().unwrap());
    assert_ne!(escaped.digest(), plain.digest());
}

#[test]
fn ours_are_the_shortest_spelling_and_the_oracle_agrees() {
    let element = of_element(&[1; 16], &json!({"b": 1, "a": ["é"]}));
    let field = of_field(&[2; 16], "price", &json!("12"));
    assert_eq!(unb64(&element).unwrap(), r#"["AQEBAQEBAQEBAQEBAQEBAQ",{"a":["é"],"b":1}]"#.as_bytes());
    assert_eq!(unb64(&field).unwrap(), br#"["AgICAgICAgICAgICAgICAg","price","12"]"#);
    for text in [&element, &field] {
        assert_eq!(Sha256Hasher::new().encoded_digest(text), digest(text));
        let read = sd_jwt_payload::Disclosure::parse(text).unwrap();
        assert_eq!(read.claim_name.as_deref(), (text == &field).then_some("price"));
    }
}

/// Another implementation opens our transaction, with and without the sealed fields beside it.
#[test]
fn another_reader_finds_the_same_content() {
    let drafts = [
        draft("test.note/1", "a", json!({"qty": 5}), &[("price", "12"), ("buyer", "x")]),
        draft("test.note/1", "b", json!({"qty": 6}), &[]),
    ];
    let built = transaction(LEDGER, "1", &drafts);
    let text = String::from_utf8(built.bytes.clone()).unwrap();
    let ours = ParsedTx::parse(&built.bytes, &LEDGER).unwrap();
    let theirs = SdJwt::parse(&text).unwrap();
    assert_eq!(theirs.presentation(), text);
    assert_eq!(theirs.disclosures().len(), 2);
    let object = theirs.into_disclosed_object(&Sha256Hasher::new()).unwrap();
    assert_eq!((object["iss"].as_str(), object["aud"].as_str()), (Some("trader"), Some(LEDGER.to_string().as_str())));
    for (index, record) in ours.records().iter().enumerate() {
        assert_eq!(object["records"][index]["body"]["qty"], record.body.field("qty").unwrap());
        assert_eq!(object["records"][index]["objects"], json!(record.objects));
        assert_eq!(object["records"][index]["kind"], json!(record.kind));
    }
    // A holder's presentation: the sealed fields of record 0 after the disclosures.
    let sealed: String = built.sealed[0].1.iter().map(|field| format!("{}~", field.disclosure)).collect();
    let opened = SdJwt::parse(&format!("{text}{sealed}")).unwrap();
    let object = opened.into_disclosed_object(&Sha256Hasher::new()).unwrap();
    assert_eq!(object["records"][0]["body"], json!({"qty": 5, "price": "12", "buyer": "x"}));
}
