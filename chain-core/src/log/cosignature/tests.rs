#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::checkpoint::SignedCheckpoint;
use super::*;
use crate::hash::Hash;

/// The worked example of c2sp.org/tlog-cosignature; the witness's key is not given there.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
const EXAMPLE_MESSAGE: &str = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn checkpoint() -> Checkpoint {
    Checkpoint::new("log.example", 5, Hash([7; 32]), vec!["extension".into()]).unwrap()
}

fn keys(seed: u8) -> (SigningKey, VerifierKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let verifier = VerifierKey::for_cosignatures("w.example", &key.verifying_key()).unwrap();
    (key, verifier)
}

#[test]
fn the_specifications_example_has_this_layout() {
    let signed = SignedCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(signed.encode(), EXAMPLE);
    let bytes = signed.signatures()[1].signature();
    assert_eq!((bytes.len(), &bytes[..8]), (72, 1_679_315_147u64.to_be_bytes().as_slice()));
    assert_eq!(cosigned_message(signed.checkpoint(), 1_679_315_147), EXAMPLE_MESSAGE);
}

#[test]
fn cosigning_and_verifying() {
    let ((key, verifier), (_, stranger)) = (keys(1), keys(2));
    for time in [0, 1, 1_700_000_000, MAX_TIME] {
        let line = cosign(&checkpoint(), "w.example", &key, time).unwrap();
        assert_eq!((line.key_id(), line.signature().len()), (verifier.id(), 72));
        assert_eq!(SignatureLine::parse(&line.encode()).unwrap(), line);
        assert_eq!(verify_cosignature(&verifier, &checkpoint(), &line), Ok(time));
        assert_eq!(verify_cosignature(&stranger, &checkpoint(), &line), Err(SignatureError::OtherKey.into()));
    }
    let vkey = VerifierKey::parse(&verifier.encode()).unwrap();
    assert_eq!((vkey.key_type(), &vkey), (KeyType::CosignatureV1, &verifier));
}

#[test]
fn refusals_name_their_reason() {
    let (key, verifier) = keys(1);
    let line = cosign(&checkpoint(), "w.example", &key, 1_700_000_000).unwrap();
    let with = |bytes: &[u8]| SignatureLine::new("w.example", verifier.id(), bytes.to_vec()).unwrap();
    let verify = |bytes: &[u8]| verify_cosignature(&verifier, &checkpoint(), &with(bytes));
    let bytes = line.signature();
    for place in 0..72 {
        let mut altered = bytes.to_vec();
        altered[place] ^= 1;
        assert!(verify(&altered).is_err(), "byte {place}");
    }
    assert_eq!(verify(&bytes[..71]), Err(CosignatureError::Length));
    assert_eq!(verify(&[bytes, &[0]].concat()), Err(CosignatureError::Length));
    assert_eq!(verify(&bytes[..7]), Err(CosignatureError::Length));
    assert_eq!(verify(&[[0xff; 8].as_slice(), &bytes[8..]].concat()), Err(CosignatureError::Time));
    let shrunk = Checkpoint::new("log.example", 5, Hash([7; 32]), vec![]).unwrap();
    assert_eq!(verify_cosignature(&verifier, &shrunk, &line), Err(SignatureError::Invalid.into()));
    assert_eq!(cosign(&checkpoint(), "w.example", &key, MAX_TIME + 1), Err(CosignatureError::Time));
    assert_eq!(cosign(&checkpoint(), "w example", &key, 1), Err(KeyError::Name.into()));
    // A plain note signature over the same message by the same key is another thing.
    let note_key = VerifierKey::for_notes("w.example", &key.verifying_key()).unwrap();
    assert_eq!(verify_cosignature(&note_key, &checkpoint(), &line), Err(SignatureError::Purpose.into()));
}
