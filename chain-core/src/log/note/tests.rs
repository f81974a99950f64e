#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use ed25519_dalek::VerifyingKey;

/// The worked example of c2sp.org/signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// The first example of the same document, whose key is not given.
const POEM: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

#[test]
fn the_specifications_example_verifies() {
    let key = VerifierKey::parse(EXAMPLE_KEY).unwrap();
    assert_eq!(key.encode(), EXAMPLE_KEY);
    assert_eq!((key.name(), key.id().to_string().as_str()), ("example.com/foo", "530d903a"));
    let note = SignedNote::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(note.encode(), EXAMPLE);
    assert_eq!(note.verify(std::slice::from_ref(&key)).unwrap(), [&key]);
}

#[test]
fn the_text_runs_to_the_last_blank_line() {
    let note = SignedNote::parse(POEM.as_bytes()).unwrap();
    assert!(note.text().ends_with("\n\ned è subito sera.\n"));
    assert_eq!(note.encode(), POEM);
    assert_eq!(note.signatures()[0].key_id().to_string(), "367ba04b");
    let key = VerifierKey::parse(EXAMPLE_KEY).unwrap();
    assert_eq!(note.verify(&[key]), Err(NoteVerifyError::NoTrustedSignature));
}

#[test]
fn signing_and_verifying() {
    let (ours, other) = (signing_key(1), signing_key(2));
    let text = "hello\n";
    let lines = [("a.example", &ours), ("b.example", &other)];
    let lines = lines.map(|(name, key)| SignatureLine::sign_note(name, key, text).unwrap());
    let note = SignedNote::new(text.to_owned(), lines.to_vec()).unwrap();
    let a = VerifierKey::for_notes("a.example", &ours.verifying_key()).unwrap();
    let b = VerifierKey::for_notes("b.example", &other.verifying_key()).unwrap();
    assert_eq!(note.verify(&[a.clone(), b.clone()]).unwrap(), [&a, &b]);
    assert_eq!(note.verify(std::slice::from_ref(&b)).unwrap(), [&b]);
    // A trusted key's bad line spoils the note, even beside a good one.
    let forged = SignatureLine::new("b.example", b.id(), vec![0; 64]).unwrap();
    let spoiled = SignedNote::new(text.to_owned(), vec![lines[0].clone(), forged]).unwrap();
    assert_eq!(spoiled.verify(&[a.clone(), b]), Err(NoteVerifyError::Signature(SignatureError::Invalid)));
    assert_eq!(spoiled.verify(std::slice::from_ref(&a)).unwrap(), [&a]);
    // Purposes do not mix, and key IDs keep them apart.
    let cosigner = VerifierKey::for_cosignatures("a.example", &ours.verifying_key()).unwrap();
    assert_ne!(cosigner.id(), a.id());
    assert_eq!(cosigner.verify_note(text, &lines[0]), Err(SignatureError::Purpose));
    assert_eq!(a.verify_note(text, &lines[1]), Err(SignatureError::OtherKey));
    assert_eq!(a.verify_note("other\n", &lines[0]), Err(SignatureError::Invalid));
}

#[test]
fn a_signature_outside_the_group_order_is_refused() {
    // S + L verifies under lax rules; the strict rule admits one S only.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = signing_key(1);
    let line = SignatureLine::sign_note("a.example", &key, "hello\n").unwrap();
    let mut bytes = line.signature().to_vec();
    let mut carry = 0u16;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
    let verifier = VerifierKey::for_notes("a.example", &key.verifying_key()).unwrap();
    let malleable = SignatureLine::new("a.example", line.key_id(), bytes).unwrap();
    assert_eq!(verifier.verify_note("hello\n", &malleable), Err(SignatureError::Invalid));
}

#[test]
fn unfit_keys_are_refused() {
    let public = signing_key(1).verifying_key();
    let vkey = VerifierKey::for_notes("a.example", &public).unwrap().encode();
    let (name_and_id, material) = vkey.rsplit_once('+').unwrap();
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}b", "a\tb", "a\u{1}b", &"n".repeat(256)] {
        assert_eq!(VerifierKey::for_notes(name, &public), Err(KeyError::Name), "{name:?}");
    }
    // Points of small order (y = 1, y = 0) and a y that is on no point.
    let point = |low: u8| {
        let mut bytes = [0; 33];
        (bytes[0], bytes[1]) = (1, low);
        format!("a.example+00000000+{}", base64_text(&bytes))
    };
    for (text, error) in [
        (point(1), KeyError::PublicKey),
        (point(0), KeyError::PublicKey),
        (point(2), KeyError::PublicKey),
        (String::new(), KeyError::Format),
        (name_and_id.to_owned(), KeyError::Format),
        (format!("{name_and_id}+"), KeyError::Format),
        (format!("{vkey}\n"), KeyError::Format),
        (format!("{vkey}="), KeyError::Format),
        (format!("{name_and_id}+{}", &material[..40]), KeyError::PublicKey),
        (format!("{name_and_id}+AA{}", &material[2..]), KeyError::Type(0)),
        (format!("{name_and_id}+Bg{}", &material[2..]), KeyError::Type(6)),
        (format!("{name_and_id}+BA{}", &material[2..]), KeyError::Id),
        (vkey.replacen('a', "b", 1), KeyError::Id),
        (vkey.replace(&KeyId::derive("a.example", KeyType::Ed25519, &public).to_string(), "00000000"), KeyError::Id),
    ] {
        assert_eq!(VerifierKey::parse(&text), Err(error), "{text:?}");
    }
    let upper = EXAMPLE_KEY.replace("530d903a", "530D903A");
    assert_eq!(VerifierKey::parse(&upper), Err(KeyError::Id));
}

#[test]
fn second_spellings_of_a_public_key_are_refused() {
    // y = 2^255 - 19 + n is read as y = n, so the decoder alone would give those keys two spellings.
    let mut found = 0;
    for low in 0xed..=0xff {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        let Ok(public) = VerifyingKey::from_bytes(&bytes) else { continue };
        found += usize::from(!public.is_weak());
        assert_eq!(VerifierKey::for_notes("a.example", &public), Err(KeyError::PublicKey));
    }
    assert!(found > 0, "the decoder admits none of them any more: the check may go");
}

#[test]
fn malformed_notes_are_refused() {
    let (text, line) = EXAMPLE.split_once("\n\n").unwrap();
    let line = line.trim_end();
    let many = |count| format!("{text}\n\n{}", format!("{line}\n").repeat(count));
    assert!(SignedNote::parse(many(16).as_bytes()).is_ok());
    assert!(SignedNote::parse(many(MAX_SIGNATURES).as_bytes()).is_ok());
    for (note, error) in [
        (String::new(), NoteError::Layout),
        (text.to_owned(), NoteError::Layout),
        (format!("{text}\n\n"), NoteError::Layout),
        (format!("{text}\n\n\n"), NoteError::Layout),
        (format!("{text}\n\n{line}"), NoteError::Layout),
        (format!("{text}\n{line}\n"), NoteError::Layout),
        (format!("\n\n{line}\n").replacen('\n', "", 1), NoteError::Layout),
        (format!("{text}\n\n{line}\n\n"), NoteError::Layout),
        (format!("{text}\r\n\n{line}\n"), NoteError::NotText),
        (format!("{text}\u{0}\n\n{line}\n"), NoteError::NotText),
        (format!("{text}\n\n{line}\r\n"), NoteError::SignatureLine),
        (format!("{text}\n\n{line} \n"), NoteError::SignatureLine),
        (format!("{text}\n\n {line}\n"), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace('—', "-")), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace("— ", "—  ")), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace("foo ", "foo  ")), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace("foo", "f+o")), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace('=', "")), NoteError::SignatureLine),
        (format!("{text}\n\n{}\n", line.replace("QM=", "QN=")), NoteError::SignatureLine),
        (format!("{text}\n\n— example.com/foo Uw2QOg==\n"), NoteError::SignatureLine),
        (format!("{text}\n\n— example.com/foo Uw2Q\n"), NoteError::SignatureLine),
        (many(MAX_SIGNATURES + 1), NoteError::SignatureCount),
        ("x".repeat(MAX_NOTE_BYTES + 1), NoteError::TooLong),
    ] {
        assert_eq!(SignedNote::parse(note.as_bytes()), Err(error), "{:?}", &note[..note.len().min(200)]);
    }
    assert_eq!(SignedNote::parse(&[EXAMPLE.as_bytes(), &[0xff, b'\n']].concat()), Err(NoteError::NotText));
    let signature = SignatureLine::parse(line).unwrap();
    assert_eq!(SignedNote::new("no newline".into(), vec![signature.clone()]), Err(NoteError::Layout));
    assert_eq!(SignedNote::new("tab\t\n".into(), vec![signature.clone()]), Err(NoteError::NotText));
    assert_eq!(SignedNote::new("ok\n".into(), vec![]), Err(NoteError::SignatureCount));
}
