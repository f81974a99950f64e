#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! One line per way to be wrong: the mutation, the code and the place that the refusal must name.

mod properties;
mod rfc9901;

use super::*;
use crate::fixtures::{START, draft, public, signer, transaction};
use crate::keys::{Purpose, Signer, b64};
use crate::record::RecordDraft;
use serde_json::json;

const LEDGER: LedgerId = LedgerId(Hash([7; 32]));

/// A transaction in pieces. It is signed as it stands when it is put together.
#[derive(Clone)]
struct Parts {
    header: String,
    claims: String,
    disclosures: Vec<String>,
    /// Replaces the signed JWT's text.
    jwt: fn(String) -> String,
    end: String,
}

impl Parts {
    fn good() -> Parts {
        let drafts = [
            draft("test.note/1", "a", json!({"qty": 5}), &[("price", "12")]),
            draft("test.note/1", "b", json!({"qty": 6}), &[]),
        ];
        let text = String::from_utf8(transaction(LEDGER, "1", &drafts).bytes).unwrap();
        let parts: Vec<&str> = text.split('~').collect();
        let decode = |n| String::from_utf8(unb64(parts[0].split('.').nth(n).unwrap()).unwrap()).unwrap();
        Parts {
            header: decode(0),
            claims: decode(1),
            disclosures: parts[1..3].iter().map(|d| (*d).to_owned()).collect(),
            jwt: |jwt| jwt,
            end: "~".into(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let input = format!("{}.{}", b64(self.header.as_bytes()), b64(self.claims.as_bytes()));
        let signature = signer(1).sign(Purpose::Transaction(input.as_bytes())).unwrap();
        let jwt = (self.jwt)(format!("{input}.{}", b64(&signature)));
        let shown: String = self.disclosures.iter().map(|d| format!("~{d}")).collect();
        format!("{jwt}{shown}{}", self.end).into_bytes()
    }

    /// Record 1 becomes this text, and its digest is signed.
    fn record(&mut self, json: &str) {
        self.disclose(b64(format!("[\"salt\",{json}]").as_bytes()));
    }

    fn disclose(&mut self, text: String) {
        self.claims = self.claims.replace(&disclosure::digest(&self.disclosures[1]), &disclosure::digest(&text));
        self.disclosures[1] = text;
    }

    fn header(&mut self, from: &str, to: &str) {
        assert!(self.header.contains(from), "{from}");
        self.header = self.header.replacen(from, to, 1);
    }

    fn claims(&mut self, from: &str, to: &str) {
        assert!(self.claims.contains(from), "{from}");
        self.claims = self.claims.replacen(from, to, 1);
    }
}

fn check(parts: &Parts) -> Result<VerifiedTx, TxError> {
    ParsedTx::parse(&parts.bytes(), &LEDGER)?.verify(&public(1))
}

const AT: &str = r#""at":"2026-01-01T00:00:00Z""#;

type Case = (&'static str, fn(&mut Parts), u16, Option<&'static str>);

const REFUSED: &[Case] = &[
    ("too large", |p| p.disclosures[0] = "A".repeat(MAX_BYTES), 1001, None),
    ("not ASCII", |p| p.end = "é~".into(), 1002, None),
    ("no end mark", |p| p.end = String::new(), 1003, None),
    ("a key-binding JWT at the end", |p| p.end = "~a.b.c".into(), 1003, None),
    ("two parts", |p| p.jwt = |_| "e30.e30".into(), 1003, None),
    ("no dot", |p| p.jwt = |_| "e30".into(), 1003, None),
    ("four parts", |p| p.jwt = |jwt| format!("e30.{jwt}"), 1003, None),
    ("a short kid", |p| p.header(public(1).kid().as_str(), "abc"), 1003, None),
    ("padded header", |p| p.jwt = |jwt| jwt.replacen('.', "=.", 1), 1004, None),
    ("padded signature", |p| p.jwt = |jwt| format!("{jwt}=="), 1004, None),
    ("a short signature", |p| p.jwt = |jwt| jwt[..jwt.len() - 4].to_owned(), 1004, None),
    ("loose bits in the signature", |p| p.jwt = loosen, 1004, None),
    ("a plus sign in a disclosure", |p| p.disclose("+w".into()), 1004, None),
    ("an empty disclosure", |p| p.disclose(String::new()), 1005, Some("/records/1")),
    ("header is not JSON", |p| p.header("{", ""), 1005, Some("")),
    ("claims are not JSON", |p| p.claims("{\"aud\"", "\"aud\""), 1005, Some("")),
    ("bytes after the claims", |p| p.claims.push('x'), 1005, Some("")),
    ("bytes after a record", |p| p.disclose(b64(br#"["s",{}] x"#)), 1005, Some("/records/1")),
    ("alg twice", |p| p.header("{", r#"{"alg":"none","#), 1006, Some("/alg")),
    ("iss twice", |p| p.claims("{\"aud\"", r#"{"iss":"other","aud""#), 1006, Some("/iss")),
    ("a key twice in a record", |p| p.record(r#"{"body":{"n":1,"n":1}}"#), 1006, Some("/records/1/body/n")),
    ("iat with a fraction", |p| p.claims("\"iat\":", "\"iat\":1.5,\"x\":"), 1007, Some("/iat")),
    ("iat beyond 2^53", |p| p.claims("\"iat\":", "\"iat\":9007199254740992,\"x\":"), 1007, Some("/iat")),
    ("a fraction in a record", |p| p.record(r#"{"body":{"qty":1.0}}"#), 1007, Some("/records/1/body/qty")),
    ("an exponent in a list", |p| p.record(r#"{"body":{"q":[1,1e2]}}"#), 1007, Some("/records/1/body/q/1")),
    ("too deep", |p| p.record(&format!("{}{}", "[".repeat(32), "]".repeat(32))), 1008, None),
    ("no kid", |p| p.header("\"kid\"", "\"xid\""), 1009, Some("/xid")),
    ("crit in the header", |p| p.header("{", r#"{"crit":[],"#), 1009, Some("/crit")),
    ("a key in the header", |p| p.header("{", r#"{"jwk":{},"#), 1009, Some("/jwk")),
    ("alg is a number", |p| p.header("\"Ed25519\"", "1"), 1009, Some("/alg")),
    ("an unknown claim", |p| p.claims("{", r#"{"exp":1,"#), 1009, Some("/exp")),
    ("no jti", |p| p.claims(r#""jti":"1","#, ""), 1009, Some("")),
    ("an empty jti", |p| p.claims(r#""jti":"1""#, r#""jti":"""#), 1009, Some("/jti")),
    ("aud is a list", |p| p.claims(r#""aud":"#, r#""aud":[],"x":"#), 1009, Some("/aud")),
    ("a negative iat", |p| p.claims("\"iat\":", "\"iat\":-1,\"x\":"), 1009, Some("/iat")),
    ("a bare digest", |p| p.claims(r#""records":["#, r#""records":["x","#), 1009, Some("/records/0")),
    ("a digest with company", |p| p.claims(r#"{"...":"#, r#"{"x":1,"...":"#), 1009, Some("/records/0/x")),
    ("a digest in an array", |p| p.claims = p.claims.replace(r#"{"...":"#, "[").replace(r#""}"#, r#""]"#), 1009, Some("/records/0")),
    ("a header in an array", |p| p.header = format!(r#"["{TYP}","Ed25519","{}"]"#, public(1).kid()), 1009, Some("")),
    ("claims in an array", |p| p.claims = in_an_array(&p.claims), 1009, Some("")),
    ("a record in an array", |p| p.record(r#"["test.note/1",[],"2026-01-01T00:00:00Z",[],{}]"#), 1009, Some("/records/1")),
    ("a field disclosure for a record", |p| p.disclose(b64(br#"["s","n",{}]"#)), 1009, Some("/records/1")),
    ("no salt", |p| p.disclose(b64(b"[1,{}]")), 1009, Some("/records/1")),
    ("a record is no object", |p| p.record("1"), 1009, Some("/records/1")),
    ("no body", |p| p.record(&format!(r#"{{{AT},"kind":"test.note/1","objects":[]}}"#)), 1009, Some("/records/1")),
    ("an unknown field", |p| p.record(&record(r#","extra":1"#, "{}")), 1009, Some("/records/1/extra")),
    ("capitals in the kind", |p| p.record(&record("", "{}").replace("test.", "Test.")), 1009, Some("/records/1/kind")),
    ("an object twice", |p| p.record(&record("", "{}").replace("[]", r#"["a","b","a"]"#)), 1009, Some("/records/1/objects")),
    ("a space in a code", |p| p.record(&record("", "{}").replace("[]", r#"["a b"]"#)), 1009, Some("/records/1/objects/0")),
    ("a date for a time", |p| p.record(&record("", "{}").replace("T00:00:00Z", "")), 1009, Some("/records/1/at")),
    ("a short seal digest", |p| p.record(&record("", r#"{"_sd":["abc"]}"#)), 1009, Some("/records/1/body/_sd")),
    ("a nested seal", |p| p.record(&record("", r#"{"a":[{"_sd":[]}]}"#)), 1009, Some("/records/1/body/a/0/_sd")),
    ("a nested array seal", |p| p.record(&record("", r#"{"a":{"...":"x"}}"#)), 1009, Some("/records/1/body/a/...")),
    ("another typ", |p| p.header(TYP, "sealane-auth+jwt"), 1010, None),
    ("alg none", |p| p.header("Ed25519", "none"), 1011, None),
    ("alg HS256", |p| p.header("Ed25519", "HS256"), 1011, None),
    ("alg ES256", |p| p.header("Ed25519", "ES256"), 1011, None),
    ("alg in capitals", |p| p.header("Ed25519", "ED25519"), 1011, None),
    ("alg SM2", |p| p.header("Ed25519", "SM2"), 1012, None),
    ("another ledger", |p| p.claims(&LEDGER.to_string(), &"08".repeat(32)), 1013, Some("/aud")),
    ("SHA-512 digests", |p| p.claims("{", r#"{"_sd_alg":"sha-512","#), 1014, Some("/_sd_alg")),
    ("a second over a day", |p| p.claims(&(START + 3600).to_string(), &(START + 86_401).to_string()), 1015, Some("/submit_by")),
    ("submit_by before iat", |p| p.claims(&(START + 3600).to_string(), &(START - 1).to_string()), 1015, Some("/submit_by")),
    ("no record", |p| p.claims = no_records(&p.claims, 0), 1016, Some("/records")),
    ("257 records", |p| p.claims = no_records(&p.claims, 257), 1016, Some("/records")),
    ("a disclosure less", |p| drop(p.disclosures.pop()), 1017, None),
    ("a disclosure more", |p| p.disclosures.push(p.disclosures[0].clone()), 1017, None),
    ("a hidden record", |p| p.disclosures[1].clear(), 1018, Some("/records/1")),
    ("another order", |p| p.disclosures.reverse(), 1018, Some("/records/0")),
    ("the same record twice", |p| p.disclose(p.disclosures[0].clone()), 1019, Some("/records/1")),
    ("another kid", |p| p.header(public(1).kid().as_str(), public(2).kid().as_str()), 1020, None),
    ("a zero signature", |p| p.jwt = |jwt| format!("{}.{}", jwt.rsplit_once('.').unwrap().0, b64(&[0; 64])), 1021, None),
    ("an algorithm changed after signing", |p| p.jwt = relabel, 1021, None),
];

fn record(more: &str, body: &str) -> String {
    format!(r#"{{{AT},"body":{body},"kind":"test.note/1","objects":[]{more}}}"#)
}

/// As a program might take it that reads structures by position.
fn in_an_array(claims: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(claims).unwrap();
    json!(["iss", "aud", "jti", "iat", "submit_by", "_sd_alg", "records"].map(|name| value[name].clone())).to_string()
}

fn no_records(claims: &str, count: usize) -> String {
    let mut value: serde_json::Value = serde_json::from_str(claims).unwrap();
    value["records"] = (0..count).map(|_| json!({"...": "x"})).collect();
    value.to_string()
}

/// The last character of 64 bytes in base64url carries two bits; the same bytes with another spelling.
fn loosen(jwt: String) -> String {
    let last = jwt.chars().last().unwrap();
    let next = char::from(last as u8 + 1);
    format!("{}{next}", &jwt[..jwt.len() - 1])
}

/// `Ed25519` becomes `EdDSA` under the old signature.
fn relabel(jwt: String) -> String {
    let (header, rest) = jwt.split_once('.').unwrap();
    let header = String::from_utf8(unb64(header).unwrap()).unwrap().replace("Ed25519", "EdDSA");
    format!("{}.{rest}", b64(header.as_bytes()))
}

#[test]
fn every_mutation_has_its_code_and_place() {
    let mut codes = std::collections::BTreeSet::new();
    for (what, mutate, code, pointer) in REFUSED {
        let mut parts = Parts::good();
        mutate(&mut parts);
        let error = check(&parts).expect_err(what);
        assert_eq!(error.code(), *code, "{what}: {error}");
        if pointer.is_some() {
            assert_eq!(error.pointer().as_deref(), *pointer, "{what}: {error}");
        }
        codes.insert(error.code());
    }
    assert_eq!(codes, (1001..=1021).collect(), "every code has its line");
}

#[test]
fn what_is_allowed_passes() {
    type Change = (&'static str, fn(&mut Parts));
    let table: [Change; 8] = [
        ("as built", |_| {}),
        ("the older name of the algorithm", |p| p.header("Ed25519", "EdDSA")),
        ("sha-256 said", |p| p.claims("{", r#"{"_sd_alg":"sha-256","#)),
        ("white space in the claims", |p| p.claims("{", "{ \n")),
        ("white space in a record", |p| p.record(&record("", "{ }"))),
        ("a whole day", |p| p.claims(&(START + 3600).to_string(), &(START + 86_400).to_string())),
        ("extras", |p| p.record(&record("", r#"{"ext":{"any":["thing"]}}"#))),
        ("31 levels below the salt", |p| p.record(&record("", &format!(r#"{{"a":{}{}}}"#, "[".repeat(29), "]".repeat(29))))),
    ];
    for (what, mutate) in table {
        let mut parts = Parts::good();
        mutate(&mut parts);
        let tx = check(&parts).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(&tx.bytes()[..], parts.bytes(), "{what}: the bytes as sent");
    }
}

#[test]
fn what_is_built_is_read_back() {
    let drafts = [draft("test.note/1", "a", json!({"qty": 5}), &[("price", "12"), ("buyer", "x")])];
    let built = transaction(LEDGER, "1", &drafts);
    let tx = ParsedTx::parse(&built.bytes, &LEDGER).unwrap().verify(&public(1)).unwrap();
    let record = &tx.records()[0];
    assert_eq!((tx.id(), tx.kid(), tx.claims().jti.as_str()), (built.id, &public(1).kid(), "1"));
    assert_eq!((record.kind.as_str(), record.body.field("qty")), ("test.note/1", Some(json!(5))));
    assert!(record.sd.is_sorted() && record.sd.len() == 2);
    let (of, fields) = &built.sealed[0];
    assert_eq!(*of, tx.record_id(0));
    assert!(fields.iter().all(|field| record.sd.contains(&field.digest())));
    assert_eq!(fields[0].open().unwrap(), ("price".into(), json!("12")));
    // The sealed values are not in what is sent.
    let sent = String::from_utf8(built.bytes).unwrap();
    assert!(fields.iter().all(|field| !sent.contains(&field.disclosure)));
}

#[test]
fn build_refuses_what_nobody_would_accept() {
    let envelope = |bytes: usize, count: usize| {
        let drafts: Vec<RecordDraft> =
            (0..count).map(|n| draft("test.note/1", &n.to_string(), json!({"t": "x".repeat(bytes)}), &[])).collect();
        let envelope = build::Envelope {
            iss: crate::fixtures::id("trader"),
            aud: LEDGER,
            jti: Jti::parse("1").unwrap(),
            iat: START,
            submit_by: START,
        };
        let mut salt = 0u128;
        build::build(&envelope, &drafts, &[], &signer(1), || {
            salt += 1;
            salt.to_be_bytes()
        })
    };
    assert_eq!(envelope(1, 0).unwrap_err(), build::BuildError::RecordCount);
    assert_eq!(envelope(1, 257).unwrap_err(), build::BuildError::RecordCount);
    assert!(matches!(envelope(2000, 200).unwrap_err(), build::BuildError::TooLarge(_)));
    assert!(ParsedTx::parse(&envelope(1, 256).unwrap().bytes, &LEDGER).is_ok());
}
