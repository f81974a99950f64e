#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::super::cosignature::{CosignatureError, cosign};
use super::super::note::{SignatureError, SignatureLine};
use super::*;
use crate::hash::Hash;
use ed25519_dalek::SigningKey;

const ORIGIN: &str = "log.example";
const TIME: u64 = 1_700_000_000;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn log_key(seed: u8) -> VerifierKey {
    VerifierKey::for_notes(ORIGIN, &secret(seed).verifying_key()).unwrap()
}

fn witness_name(seed: u8) -> String {
    format!("w{seed}.example")
}

fn witness_key(seed: u8) -> VerifierKey {
    VerifierKey::for_cosignatures(&witness_name(seed), &secret(seed).verifying_key()).unwrap()
}

/// A log with key 1 and witnesses X1..X3 (keys 11..13) and Y1..Y3 (keys 21..23), as in the specification's example.
fn example_text() -> String {
    let mut text = format!("# example\n\n\tlog  {} \n", log_key(1).encode());
    for (group, first) in [("X", 10), ("Y", 20)] {
        for n in 1..=3 {
            text += &format!("witness {group}{n} {}\n", witness_key(first + n).encode());
        }
    }
    text + "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, 5, Hash([7; 32]), vec![]).unwrap()
}

fn signed_by(logs: &[u8], witnesses: &[u8]) -> SignedCheckpoint {
    let checkpoint = checkpoint();
    let mut lines: Vec<_> = logs.iter().map(|seed| checkpoint.sign_as_log(&secret(*seed)).unwrap()).collect();
    for seed in witnesses {
        lines.push(cosign(&checkpoint, &witness_name(*seed), &secret(*seed), TIME + u64::from(*seed)).unwrap());
    }
    SignedCheckpoint::new(checkpoint, lines).unwrap()
}

#[test]
fn the_specifications_example() {
    let policy = Policy::parse(example_text().as_bytes()).unwrap();
    for (witnesses, expected) in [
        (&[][..], false),
        (&[11, 12, 13], false),
        (&[21, 22, 23], false),
        (&[11, 21], false),
        (&[11, 12, 21], true),
        (&[13, 11, 23], true),
        (&[11, 12, 13, 21, 22, 23], true),
    ] {
        let signed = signed_by(&[1], witnesses);
        let evaluation = policy.evaluate(&signed).unwrap();
        assert_eq!(evaluation.quorum_met, expected, "{witnesses:?}");
        assert_eq!(evaluation.logs, [log_key(1).id()]);
        assert_eq!(evaluation.witnesses.len(), witnesses.len());
        let not_met = TrustError::QuorumNotMet { cosigned: witnesses.len(), listed: 6 };
        let verdict = if expected { Ok(evaluation) } else { Err(not_met) };
        assert_eq!(policy.verify(&signed), verdict);
        assert_eq!(policy.verify_strict(&signed), verdict);
    }
    let evaluation = policy.verify(&signed_by(&[1], &[23, 11, 12])).unwrap();
    let names: Vec<_> = evaluation.witnesses.iter().map(|w| (w.name.to_string(), w.time - TIME)).collect();
    assert_eq!(names, [("X1".to_owned(), 11), ("X2".to_owned(), 12), ("Y3".to_owned(), 23)]);
}

#[test]
fn encoding_is_canonical() {
    let policy = Policy::parse(example_text().as_bytes()).unwrap();
    let encoded = policy.encode();
    assert_eq!(Policy::parse(&encoded).unwrap(), policy);
    assert!(encoded.starts_with(b"log log.example+"));
    assert!(encoded.ends_with(b"\ngroup X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"));
    // Names and URLs are octets, UTF-8 or not.
    let mut text =
        format!("witness \u{e4}\u{212a} {} https://w.example/ü\nwitness ", witness_key(11).encode()).into_bytes();
    text.extend_from_slice(&[b'K', 0xff]);
    text.extend_from_slice(format!(" {}\nquorum \u{e4}\u{212a}\n", witness_key(12).encode()).as_bytes());
    assert_eq!(Policy::parse(&text).unwrap().encode(), text);
    let name = Token::new("w").unwrap();
    let mut builder = PolicyBuilder::default();
    builder.log(log_key(1), None).unwrap().witness(name.clone(), witness_key(11), None).unwrap().quorum(&name).unwrap();
    assert_eq!(builder.build().unwrap().verify(&signed_by(&[1], &[11])).unwrap().witnesses[0].name, name);
}

#[test]
fn several_logs_and_no_witnesses() {
    let text = format!("log {}\nlog {}\nquorum none\n", log_key(1).encode(), log_key(2).encode());
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.log_keys().count(), 2);
    assert_eq!(policy.witnesses().count(), 0);
    assert_eq!(policy.verify_strict(&signed_by(&[2], &[])).unwrap().logs, [log_key(2).id()]);
    assert_eq!(policy.verify_strict(&signed_by(&[2, 1], &[])).unwrap().logs, [log_key(1).id(), log_key(2).id()]);
    let empty = Policy::parse(b"quorum none\n").unwrap();
    let refusal = TrustError::UnknownOrigin { origin: ORIGIN.into() };
    assert_eq!(empty.verify(&signed_by(&[1], &[])), Err(refusal));
}

#[test]
fn untrusted_checkpoints_are_refused() {
    let text = format!("log {}\nwitness w {}\nquorum w\n", log_key(1).encode(), witness_key(11).encode());
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.verify(&signed_by(&[2], &[11])), Err(TrustError::NoLogSignature));
    let put = |line: SignatureLine| {
        let signed = signed_by(&[1], &[11]);
        SignedCheckpoint::new(checkpoint(), [signed.signatures(), &[line]].concat()).unwrap()
    };
    // A bad line by a listed key spoils the checkpoint even though a good one stands beside it.
    let bad_log = put(SignatureLine::new(ORIGIN, log_key(1).id(), vec![1; 64]).unwrap());
    let refusal = TrustError::LogSignature { key: log_key(1).id(), reason: SignatureError::Invalid };
    assert_eq!(policy.evaluate(&bad_log), Err(refusal));
    let bad_witness = put(SignatureLine::new("w11.example", witness_key(11).id(), vec![1; 72]).unwrap());
    let reason = CosignatureError::Signature(SignatureError::Invalid);
    let refusal = TrustError::Cosignature { witness: Token::new("w").unwrap(), reason };
    assert_eq!(policy.evaluate(&bad_witness), Err(refusal));
    // Unknown and repeated signers: ignored by the specification's rule, refused by the strict one.
    let stranger = cosign(&checkpoint(), "stranger.example", &secret(99), TIME).unwrap();
    let (name, key) = (stranger.name().to_owned(), stranger.key_id());
    assert!(policy.verify(&put(stranger.clone())).is_ok());
    assert_eq!(policy.verify_strict(&put(stranger)), Err(TrustError::UnknownSigner { name, key }));
    let again = cosign(&checkpoint(), "w11.example", &secret(11), TIME + 60).unwrap();
    let (name, key) = (again.name().to_owned(), again.key_id());
    assert_eq!(policy.verify(&put(again.clone())).unwrap().witnesses[0].time, TIME + 60);
    assert_eq!(policy.verify_strict(&put(again)), Err(TrustError::RepeatedSigner { name, key }));
    // A log's key does not speak for another origin.
    let other = Checkpoint::new("other.example", 5, Hash([7; 32]), vec![]).unwrap();
    let other_key = VerifierKey::for_notes("other.example", &secret(2).verifying_key()).unwrap();
    let both = Policy::parse(format!("log {}\n{text}", other_key.encode()).as_bytes()).unwrap();
    let line = SignatureLine::sign_note(ORIGIN, &secret(1), &other.encode()).unwrap();
    let signed = SignedCheckpoint::new(other, vec![line]).unwrap();
    assert_eq!(both.evaluate(&signed), Err(TrustError::NoLogSignature));
    assert_eq!(policy.evaluate(&signed), Err(TrustError::UnknownOrigin { origin: "other.example".into() }));
}

#[test]
fn malformed_policies_are_refused() {
    use RuleError as R;
    let (l, w1, w2) = (log_key(1).encode(), witness_key(11).encode(), witness_key(12).encode());
    let renamed = VerifierKey::for_notes("renamed.example", &secret(1).verifying_key()).unwrap().encode();
    let spaced = VerifierKey::for_cosignatures("w\u{7f}", &secret(11).verifying_key()).unwrap();
    let two = format!("witness a {w1}\nwitness b {w2}\n");
    let many = |line: &dyn Fn(u16) -> String| (0..=256).map(line).collect::<String>() + "quorum none\n";
    let numbered = |n: u16| {
        let seed = [&n.to_be_bytes(), [9; 30].as_slice()].concat().try_into().unwrap();
        SigningKey::from_bytes(&seed).verifying_key()
    };
    for (text, line, rule) in [
        (String::new(), 0, R::NoQuorum),
        (format!("log {l}\n"), 1, R::NoQuorum),
        ("log\nquorum none\n".into(), 1, R::Syntax),
        (format!("log {l} url more\n"), 1, R::Syntax),
        (format!("Log {l}\n"), 1, R::Syntax),
        (format!("witness {w1}\n"), 1, R::Syntax),
        (format!("witness {w1} a\n"), 1, R::Key(KeyError::Format)),
        (format!("witness a {w1} url more\n"), 1, R::Syntax),
        (format!("{two}group g\n"), 3, R::Syntax),
        ("quorum\n".into(), 1, R::Syntax),
        (format!("{two}quorum a b\n"), 3, R::Syntax),
        ("log nonsense\n".into(), 1, R::Key(KeyError::Format)),
        (format!("log {w1}\n"), 1, R::Purpose),
        (format!("witness a {l}\n"), 1, R::Purpose),
        (format!("log {l}\nlog {l}\n"), 2, R::DuplicateKey),
        (format!("log {l}\nlog {renamed}\n"), 2, R::DuplicateKey),
        (format!("witness a {w1}\nwitness b {w1}\n"), 2, R::DuplicateKey),
        (format!("witness a {w1}\nwitness a {w2}\n"), 2, R::NameTaken),
        (format!("witness none {w1}\n"), 1, R::NameTaken),
        (format!("{two}group a any b\n"), 3, R::NameTaken),
        (format!("{two}group none any b\n"), 3, R::NameTaken),
        (format!("{two}group g any g\n"), 3, R::UnknownName),
        (format!("{two}group g any none\n"), 3, R::UnknownName),
        ("quorum a\n".into(), 1, R::UnknownName),
        (format!("quorum a\n{two}"), 1, R::UnknownName),
        (format!("{two}group g all a a\n"), 3, R::MemberTwice),
        (format!("{two}group g any a\ngroup h any a b\n"), 4, R::MemberTwice),
        (format!("{two}group g all\n"), 3, R::Threshold),
        (format!("{two}group g 0 a b\n"), 3, R::Threshold),
        (format!("{two}group g 3 a b\n"), 3, R::Threshold),
        (format!("{two}group g 02 a b\n"), 3, R::Threshold),
        (format!("{two}group g +1 a b\n"), 3, R::Threshold),
        (format!("{two}group g ALL a b\n"), 3, R::Threshold),
        (format!("{two}group g 18446744073709551617 a b\n"), 3, R::Threshold),
        (format!("{two}quorum a\nquorum a\n"), 4, R::SecondQuorum),
        (many(&|n| format!("log {}\n", VerifierKey::for_notes("l", &numbered(n)).unwrap().encode())), 257, R::TooMany),
        (
            many(&|n| format!("witness w{n} {}\n", VerifierKey::for_cosignatures("w", &numbered(n)).unwrap().encode())),
            257,
            R::TooMany,
        ),
    ] {
        let verdict = Policy::parse(text.as_bytes());
        assert_eq!(verdict, Err(PolicyError::Line { line, rule }), "{:?}", &text[..text.len().min(300)]);
    }
    assert_eq!(Policy::parse(b"quorum none"), Err(PolicyError::FinalNewline));
    assert_eq!(Policy::parse(b"\nquorum\x0cnone\n"), Err(PolicyError::ControlCharacter { line: 2 }));
    assert_eq!(Policy::parse(b"quorum none\r\n"), Err(PolicyError::ControlCharacter { line: 1 }));
    assert_eq!(Policy::parse(b"# \x7f\nquorum none\n"), Err(PolicyError::ControlCharacter { line: 1 }));
    assert_eq!(Policy::parse(&vec![b'\n'; MAX_POLICY_BYTES + 1]), Err(PolicyError::TooLong));
    let verdict = PolicyBuilder::default().witness(Token::new("a").unwrap(), spaced, None).map(|_| ());
    assert_eq!(verdict, Err(R::Token));
    for octets in ["", "a b", "a\tb", "a\nb", "\u{7f}"] {
        assert_eq!(Token::new(octets), Err(R::Token));
    }
}
