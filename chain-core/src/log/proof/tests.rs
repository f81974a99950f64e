#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::checkpoint::Checkpoint;
use super::super::note::NoteError;
use super::super::tests::{Ledger, entry};
use super::*;

const EXTRA: &[u8] = b"opaque";

#[test]
fn a_proof_round_trips_and_verifies() {
    let ledger = Ledger::of(11);
    for index in 0..11 {
        for extra in [None, Some(EXTRA)] {
            let proof = ledger.proof(index, extra);
            let text = proof.encode();
            assert_eq!(TlogProof::parse(text.as_bytes()).unwrap(), proof);
            assert_eq!(
                proof.verify(&entry(index), &ledger.policy),
                proof.verify_strict(&entry(index), extra, &ledger.policy)
            );
            let trust = proof.verify(&entry(index), &ledger.policy).unwrap();
            assert_eq!((trust.logs.len(), trust.witnesses.len(), trust.quorum_met), (2, 3, true));
        }
    }
    let proof = ledger.proof(3, Some(EXTRA));
    assert_eq!((proof.index(), proof.path().len(), proof.extra()), (3, 4, Some(EXTRA)));
    assert_eq!(proof.checkpoint().checkpoint().size(), 11);
}

#[test]
fn a_proof_proves_nothing_else() {
    let ledger = Ledger::of(11);
    let proof = ledger.proof(3, Some(EXTRA));
    let mismatch = ProofError::Inclusion(InclusionError::RootMismatch);
    assert_eq!(proof.verify(&entry(4), &ledger.policy), Err(mismatch.clone()));
    assert_eq!(proof.verify_strict(&entry(4), Some(EXTRA), &ledger.policy), Err(mismatch));
    for extra in [None, Some(b"Opaque".as_slice())] {
        assert_eq!(proof.verify_strict(&entry(3), extra, &ledger.policy), Err(ProofError::Extra));
    }
    let stranger = Policy::parse(b"quorum none\n").unwrap();
    assert!(matches!(proof.verify(&entry(3), &stranger), Err(ProofError::Trust(TrustError::UnknownOrigin { .. }))));
    let beyond = TlogProof::new(None, 11, proof.path().to_vec(), proof.checkpoint().clone()).unwrap();
    let out_of_range = InclusionError::IndexOutOfRange { index: 11, size: 11 };
    assert_eq!(beyond.verify(&entry(11), &ledger.policy), Err(out_of_range.into()));
    // The inclusion proof of another checkpoint of the same log.
    let older = Ledger::of(10).proof(3, None);
    let mixed = TlogProof::new(None, 3, older.path().to_vec(), proof.checkpoint().clone()).unwrap();
    assert_eq!(mixed.verify(&entry(3), &ledger.policy), Err(InclusionError::RootMismatch.into()));
}

#[test]
fn the_specifications_example_has_this_form() {
    // The example abridges its signatures, so its own are left out and one of ours is put in their place.
    const HEAD: &str = "c2sp.org/tlog-proof@v1\nextra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ\nindex 73894\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\nEKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\nRoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\nAHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\n";
    const TEXT: &str = "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n";
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let line = Checkpoint::parse(TEXT).unwrap().sign_as_log(&key).unwrap().encode();
    let file = format!("{HEAD}{TEXT}\n{line}\n");
    let proof = TlogProof::parse(file.as_bytes()).unwrap();
    assert_eq!((proof.index(), proof.path().len()), (73_894, 5));
    assert!(proof.extra().unwrap().starts_with(b"age-v1.2.1-darwin-arm64.tar.gz"));
    assert_eq!(proof.encode(), file);
}

#[test]
fn malformed_proofs_are_refused() {
    use ProofFormatError as E;
    let file = Ledger::of(11).proof(3, Some(EXTRA)).encode();
    let hash = file.lines().nth(3).unwrap().to_owned();
    let swap = |from: &str, to: &str| file.replacen(from, to, 1);
    for (text, error) in [
        (String::new(), E::Layout),
        (swap("@v1", "@v2"), E::Layout),
        (swap("c2sp", "\u{feff}c2sp"), E::Layout),
        (swap("@v1\n", "@v1\r\n"), E::Layout),
        (format!("\n\n{file}"), E::Layout),
        (file.split_once("\n\n").unwrap().0.to_owned(), E::Layout),
        (swap("extra b3BhcXVl", "extra "), E::Extra),
        (swap("extra b3BhcXVl", "extra b3BhcXV"), E::Extra),
        (swap("extra b3BhcXVl", "extra b3BhcXVl "), E::Extra),
        (swap("extra b3BhcXVl", "Extra b3BhcXVl"), E::Index),
        (swap("extra b3BhcXVl\n", "extra b3BhcXVl\nextra b3BhcXVl\n"), E::Index),
        (swap("extra b3BhcXVl\nindex 3\n", "index 3\nextra b3BhcXVl\n"), E::Path),
        (swap("index 3\n", ""), E::Index),
        (swap("index 3", "index 03"), E::Index),
        (swap("index 3", "index +3"), E::Index),
        (swap("index 3", "index  3"), E::Index),
        (swap("index 3", "index 3 "), E::Index),
        (swap("index 3", "index -3"), E::Index),
        (swap("index 3", "index 18446744073709551616"), E::Index),
        (swap(&hash, &hash[..40]), E::Path),
        (swap(&hash, &format!(" {hash}")), E::Path),
        (swap(&hash, &format!("{hash}\n{}", "A".repeat(44))), E::Path),
        (swap(&hash, &vec![hash.as_str(); 61].join("\n")), E::Path),
        (swap("\n\n", "\n\n\n"), E::Checkpoint(CheckpointError::Size)),
        (format!("{file}\n"), E::Checkpoint(CheckpointError::Note(NoteError::Layout))),
        (file.trim_end().to_owned(), E::Checkpoint(CheckpointError::Note(NoteError::Layout))),
        ("x".repeat(MAX_PROOF_BYTES + 1), E::TooLong),
    ] {
        assert_eq!(TlogProof::parse(text.as_bytes()), Err(error), "{:?}", &text[..text.len().min(400)]);
    }
    let longest = swap(&hash, &vec![hash.as_str(); 60].join("\n"));
    assert_eq!(TlogProof::parse(longest.as_bytes()).unwrap().path().len(), MAX_PATH_HASHES);
    let checkpoint = Ledger::of(1).checkpoint;
    assert_eq!(TlogProof::new(Some(vec![]), 0, vec![], checkpoint.clone()), Err(E::Extra));
    let fullest = TlogProof::new(Some(vec![0; MAX_EXTRA_BYTES]), 0, vec![], checkpoint.clone()).unwrap();
    assert_eq!(TlogProof::parse(fullest.encode().as_bytes()).unwrap(), fullest);
    assert_eq!(TlogProof::new(Some(vec![0; MAX_EXTRA_BYTES + 1]), 0, vec![], checkpoint), Err(E::Extra));
}
