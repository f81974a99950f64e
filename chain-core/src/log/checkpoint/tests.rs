#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::note::KeyType;
use super::*;

/// The worked example of c2sp.org/tlog-checkpoint.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

#[test]
fn the_specifications_example_is_read() {
    let signed = SignedCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    let checkpoint = signed.checkpoint();
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(base64_text(checkpoint.root().as_bytes()), ROOT);
    assert!(checkpoint.extensions().is_empty());
    assert_eq!(signed.encode(), EXAMPLE);
    assert_eq!(signed.signatures()[0].key_id().to_string(), "033de0ae");
}

#[test]
fn a_real_tree_head_verifies() {
    // The example's size, root and signature are those of the Go checksum database, under its own first line.
    let key = VerifierKey::parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8").unwrap();
    let text = format!("go.sum database tree\n20852163\n{ROOT}\n");
    let bytes = SignedCheckpoint::parse(EXAMPLE.as_bytes()).unwrap().signatures()[0].signature().to_vec();
    let line = SignatureLine::new("sum.golang.org", key.id(), bytes).unwrap();
    key.verify_note(&text, &line).unwrap();
}

#[test]
fn log_signatures() {
    let (ours, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let checkpoint = Checkpoint::new("log.example", 5, Hash([7; 32]), vec!["note".into()]).unwrap();
    assert_eq!(Checkpoint::parse(&checkpoint.encode()).unwrap(), checkpoint);
    let line = checkpoint.sign_as_log(&ours).unwrap();
    let signed = SignedCheckpoint::new(checkpoint.clone(), vec![line.clone()]).unwrap();
    assert_eq!(SignedCheckpoint::parse(signed.encode().as_bytes()).unwrap(), signed);
    let key = VerifierKey::for_notes("log.example", &ours.verifying_key()).unwrap();
    signed.verify_log_signature(&key).unwrap();
    let second = VerifierKey::for_notes("log.example", &other.verifying_key()).unwrap();
    assert_eq!(signed.verify_log_signature(&second), Err(SignatureError::OtherKey));
    // A second validator's line is added; a line by the same key is replaced.
    let both = signed.with_signature(checkpoint.sign_as_log(&other).unwrap()).unwrap();
    both.verify_log_signature(&second).unwrap();
    assert_eq!(both.with_signature(line).unwrap(), both);
    let forged = SignatureLine::new("log.example", second.id(), vec![1; 64]).unwrap();
    let spoiled = both.with_signature(forged).unwrap();
    assert_eq!(spoiled.signatures().len(), 2);
    assert_eq!(spoiled.verify_log_signature(&second), Err(SignatureError::Invalid));
    // A key of another name may sign the text, but not as this log.
    let foreign = VerifierKey::for_notes("other.example", &ours.verifying_key()).unwrap();
    let line = SignatureLine::sign_note("other.example", &ours, &checkpoint.encode()).unwrap();
    let signed = SignedCheckpoint::new(checkpoint, vec![line]).unwrap();
    assert_eq!(signed.verify_log_signature(&foreign), Err(SignatureError::OtherKey));
    assert_eq!(foreign.key_type(), KeyType::Ed25519);
}

#[test]
fn malformed_checkpoints_are_refused() {
    use CheckpointError as E;
    let lines = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let long = "x".repeat(MAX_LINE_BYTES + 1);
    for (text, error) in [
        (String::new(), E::Layout),
        (lines(&["o", "1"]), E::Layout),
        (format!("o\n1\n{ROOT}"), E::Layout),
        (lines(&["", "1", ROOT]), E::Origin),
        (lines(&["o\t", "1", ROOT]), E::Origin),
        (lines(&[&long, "1", ROOT]), E::Origin),
        (lines(&["o", "", ROOT]), E::Size),
        (lines(&["o", "01", ROOT]), E::Size),
        (lines(&["o", "00", ROOT]), E::Size),
        (lines(&["o", "+1", ROOT]), E::Size),
        (lines(&["o", "-1", ROOT]), E::Size),
        (lines(&["o", " 1", ROOT]), E::Size),
        (lines(&["o", "1 ", ROOT]), E::Size),
        (lines(&["o", "0x1", ROOT]), E::Size),
        (lines(&["o", "١", ROOT]), E::Size),
        (lines(&["o", "9223372036854775808", ROOT]), E::Size),
        (lines(&["o", "18446744073709551616", ROOT]), E::Size),
        (lines(&["o", "1", ""]), E::Root),
        (lines(&["o", "1", &ROOT[..43]]), E::Root),
        (lines(&["o", "1", &ROOT.replace("2I=", "2J=")]), E::Root),
        (lines(&["o", "1", &ROOT.replace('/', "_")]), E::Root),
        (lines(&["o", "1", &format!("{ROOT} ")]), E::Root),
        (lines(&["o", "1", "AAAA"]), E::Root),
        (lines(&["o", "0", ROOT]), E::EmptyRoot),
        (lines(&["o", "1", ROOT, ""]), E::Extension),
        (lines(&["o", "1", ROOT, "e", ""]), E::Extension),
        (lines(&["o", "1", ROOT, &long]), E::Extension),
        (lines(&[["o", "1", ROOT].as_slice(), &["e"; MAX_EXTENSIONS + 1]].concat()), E::Extension),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(error), "{text:?}");
    }
    assert!(Checkpoint::parse(&lines(&["o", "9223372036854775807", ROOT])).is_ok());
    assert!(Checkpoint::parse("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").is_ok());
    assert_eq!(SignedCheckpoint::parse(b"o\n1\n"), Err(E::Note(NoteError::Layout)));
    let key = SigningKey::from_bytes(&[1; 32]);
    let spaced = Checkpoint::new("go.sum database tree", 1, Hash::ZERO, vec![]).unwrap();
    assert_eq!(spaced.sign_as_log(&key), Err(KeyError::Name));
}
