#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Tokens made with `openssl ts` (and `openssl cms`, for the certificates that it refuses), under the certification
//! authority `ca.pem`, over SHA-256 of "sealane: what is stamped"; and a live authority where `openssl` is installed.

use super::*;
use chain_core::bundle::Stamped;
use std::path::Path;
use std::process::Command;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("tests/", $name)).as_slice()
    };
}

fn imprint() -> Hash {
    Hash::of(b"sealane: what is stamped")
}

fn tokens(anchors: &[&[u8]]) -> Tokens {
    Tokens { anchors: anchors.iter().map(|file| Anchor::read(file).unwrap()).collect() }
}

fn check(token: &[u8], anchors: &[&[u8]]) -> Result<Stamped, TokenError> {
    tokens(anchors).verify(token, &imprint())
}

const CA: &[u8] = file!("ca.pem");

#[test]
fn good_tokens_say_when_and_who() {
    let table: [(&[u8], &str); 4] = [
        (file!("good-rsa.der"), "CN=Example TSA rsa2048,O=Example,C=CN"),
        (file!("good-rsa-sha384.der"), "CN=Example TSA rsa2048,O=Example,C=CN"),
        (file!("good-p256-fraction.der"), "CN=Example TSA p256,O=Example,C=CN"),
        (file!("good-p384-sha512.der"), "CN=Example TSA p384,O=Example,C=CN"),
    ];
    for (token, authority) in table {
        let alone = check(token, &[]).unwrap();
        assert_eq!((alone.authority.as_str(), alone.anchored), (authority, false));
        // 2026-11-22, when they were made.
        assert!((1_795_300_000..1_795_400_000).contains(&alone.time), "{}", alone.time);
        let vouched = check(token, &[file!("tsa-rsa.pem"), CA]).unwrap();
        assert_eq!(vouched, Stamped { anchored: true, ..alone });
    }
    let own = check(file!("good-p256-fraction.der"), &[file!("tsa-p256.pem")]).unwrap();
    assert!(own.anchored, "the certificate itself is the anchor");
}

#[test]
fn bad_tokens_are_refused_for_their_reason() {
    let good = file!("good-rsa.der");
    let changed = |place: usize| {
        let mut bytes = good.to_vec();
        bytes[place] ^= 1;
        bytes
    };
    let place = good.windows(32).position(|window| window == imprint().as_bytes()).unwrap();
    let is = |result: Result<Stamped, TokenError>, want: fn(&TokenError) -> bool, what: &str| {
        let error = result.expect_err(what);
        assert!(want(&error), "{what}: {error}");
    };
    is(tokens(&[]).verify(good, &Hash::ZERO), |e| matches!(e, TokenError::Imprint(_)), "another imprint");
    let other = Hash(changed(place)[place..place + 32].try_into().unwrap());
    is(
        tokens(&[]).verify(&changed(place), &other),
        |e| matches!(e, TokenError::Rule(_)),
        "an imprint changed in the token",
    );
    is(check(&changed(good.len() - 1), &[]), |e| matches!(e, TokenError::Signature(_)), "a changed signature");
    is(
        check(file!("good-p256-fraction.der"), &[file!("tsa-rsa.pem")]),
        |e| matches!(e, TokenError::Anchor(_)),
        "another anchor",
    );
    assert!(check(file!("expired.der"), &[]).is_ok(), "without an anchor nobody vouches anyway");
    is(check(file!("expired.der"), &[CA]), |e| matches!(e, TokenError::Expired(_)), "an expired certificate");
    is(check(file!("wrongeku.der"), &[]), |e| matches!(e, TokenError::Rule(_)), "a purpose besides");
    is(check(file!("notcritical.der"), &[]), |e| matches!(e, TokenError::Rule(_)), "a purpose that is not critical");
    is(check(file!("weak-rsa1024.der"), &[]), |e| matches!(e, TokenError::Signature(_)), "a short key");
    for junk in
        [&[][..], b"{}", &good[1..], &good[..good.len() - 1], &[good, &[0]].concat(), &request(&imprint()).unwrap()]
    {
        is(check(junk, &[]), |e| matches!(e, TokenError::Form(_)), "no token");
    }
}

/// What an authority signs cannot change. Around it a token has parts that nobody signs, such as further certificates:
/// these the bundle's own digest covers.
#[test]
fn no_signed_byte_changes_unnoticed() {
    for token in [file!("good-rsa.der"), file!("good-p256-fraction.der"), file!("good-p384-sha512.der")] {
        let (alone, mut changed, mut open) = (check(token, &[CA]).unwrap(), token.to_vec(), Vec::new());
        for place in 0..token.len() {
            for bit in [1, 0x20, 0x80] {
                changed[place] ^= bit;
                if let Ok(stamped) = check(&changed, &[CA]) {
                    assert_eq!(stamped, alone, "byte {place}");
                    open.push(place);
                }
                changed[place] ^= bit;
            }
        }
        // The TSTInfo, and the certificate that signed.
        let info = token.windows(32).position(|window| window == imprint().as_bytes()).unwrap();
        assert!(!open.iter().any(|place| (info - 40..info + 60).contains(place)), "{open:?}");
        println!("token of {} bytes, {} of them signed by nobody", token.len(), open.len());
    }
}

#[test]
fn a_response_gives_its_token_and_a_refusal_its_status() {
    let (response, token) = (file!("good-p256-fraction.tsr"), file!("good-p256-fraction.der"));
    assert_eq!(token_of(response).unwrap(), token);
    assert_eq!(token_of(token).unwrap(), token);
    // PKIStatusInfo 2, rejection.
    assert!(matches!(token_of(&[0x30, 5, 0x30, 3, 2, 1, 2]), Err(TokenError::Refused(2))));
    assert!(matches!(token_of(&[0x30, 5, 0x30, 3, 2, 1, 0]), Err(TokenError::Form(_))));
    assert!(matches!(token_of(b"<html>"), Err(TokenError::Form(_))));
}

#[test]
fn the_time_has_one_spelling() {
    let good = file!("good-p256-fraction.der");
    let content = ContentInfo::from_der(good).unwrap();
    let signed: asn1::SignedData = content.content.decode_as().unwrap();
    // OpenSSL leaves the certificates unsorted.
    assert_eq!(signed.certificates.as_ref().map(Vec::len), Some(2));
    let octets: OctetString = signed.content.econtent.unwrap().decode_as().unwrap();
    let info = asn1::TstInfo::from_der(octets.as_bytes()).unwrap();
    let time = |text: &str| {
        let gen_time = Any::new(der::Tag::GeneralizedTime, text.as_bytes()).unwrap();
        asn1::TstInfo { gen_time, ..info.clone() }.time()
    };
    for (text, want) in [
        ("20260101000000Z", Some(1_767_225_600)),
        ("20260101000000.5Z", Some(1_767_225_600)),
        ("20260101000000.999999Z", Some(1_767_225_600)),
        ("20260101000000.50Z", None),
        ("20260101000000.Z", None),
        ("20260101000000", None),
        ("20260101000000+0800", None),
        ("202601010000Z", None),
        ("20260230000000Z", None),
        ("2026010100000aZ", None),
        ("", None),
    ] {
        assert_eq!(time(text), want, "{text}");
    }
    let utc = Any::new(der::Tag::UtcTime, b"260101000000Z".as_slice()).unwrap();
    assert_eq!(asn1::TstInfo { gen_time: utc, ..info }.time(), None);
}

fn openssl(folder: &Path, arguments: &str) -> bool {
    let out = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let out = out.unwrap();
    if !out.status.success() {
        println!("openssl {arguments}: {}", String::from_utf8_lossy(&out.stderr));
    }
    out.status.success()
}

/// Both ways: OpenSSL reads our request and verifies the token that we took out of its answer.
#[test]
fn a_live_authority_stamps_what_we_ask_for() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let config = "[req]\ndistinguished_name=d\n[d]\n[e]\nextendedKeyUsage=critical,timeStamping\n[tsa]\ndefault_tsa=t\n\
                  [t]\nserial=number\nsigner_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\n\
                  ess_cert_id_alg=sha256\n";
    std::fs::write(at("c.cnf"), config).unwrap();
    std::fs::write(at("number"), "01").unwrap();
    std::fs::write(at("q.tsq"), request(&imprint()).unwrap()).unwrap();
    for (name, key) in [
        ("rsa", "rsa:2048"),
        ("p256", "ec -pkeyopt ec_paramgen_curve:P-256"),
        ("p384", "ec -pkeyopt ec_paramgen_curve:P-384"),
    ] {
        assert!(openssl(
            folder.path(),
            &format!(
                "req -x509 -newkey {key} -nodes -days 2 -subj /CN={name} -config c.cnf -extensions e -keyout k.pem -out c.pem"
            )
        ));
        assert!(openssl(
            folder.path(),
            "ts -reply -config c.cnf -queryfile q.tsq -signer c.pem -inkey k.pem -out r.tsr"
        ));
        let token = token_of(&std::fs::read(at("r.tsr")).unwrap()).unwrap();
        let anchor = std::fs::read(at("c.pem")).unwrap();
        let stamped = check(&token, &[&anchor]).unwrap();
        assert_eq!((stamped.authority, stamped.anchored), (format!("CN={name}"), true));
        std::fs::write(at("t.der"), &token).unwrap();
        assert!(openssl(folder.path(), &format!("ts -verify -digest {} -in t.der -token_in -CAfile c.pem", imprint())));
    }
}
