//! The other side of cosignatures is not ours here: the crate `sigsum` checks what our witness signs, and we check what
//! eight test witnesses of other operators signed. Sigsum is a log whose checkpoints are C2SP's, in files of its own.
//!
//! `sigsum.txt` and the keys are published with the crate `sigsum` 0.3.0: the example of its documentation and the
//! policy `sigsum-test-2025-3`.

use super::*;
use crate::log::cosignature::{cosign, verify_cosignature};
use crate::log::merkle::{inclusion_proof, verify_inclusion};
use crate::log::note::{SignatureLine, VerifierKey};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

const LOG: &str = "47e481606d8acba747a6b053d6c2d191605fb122175d410a1202a91430abce39";
const WITNESSES: [(&str, &str); 8] = [
    ("poc.sigsum.org/nisse", "1c25f8a44c635457e2e391d1efbca7d4c2951a0aef06225a881e46b98962ac6c"),
    ("rgdd.se/poc-witness", "28c92a5a3a054d317c86fc2eeb6a7ab2054d6217100d0be67ded5b74323c5806"),
    ("witness1.smartit.nu/witness1", "f4855a0f46e8a3e23bb40faf260ee57ab8a18249fa402f2ca2d28a60e1a3130e"),
    ("witness.navigli.sunlight.geomys.org", "dcbf728e02d479f5a7e20dc09adf525833ed6e797526517aeb07fc6854849fc6"),
    ("remora.n621.de", "ebcdeb78e7fdb2ef9227b2c1ef11e94600b55b4d6d9a57877e31ee89e59adc36"),
    ("witness.stagemole.eu", "4a921b7caef58ae670cdc11ef4184f1c058f7b9259a9107a969f69fa54aa496f"),
    ("tillitis.se/test-witness-1", "636582aec12f32c18a21733db9e3f718058ee7aaec6dbe4eb81781e0f4300c6e"),
    ("transparency.dev/DEV:witness-little-garden", "2b6eb0ec483503544cde4e8fc1ce6d1921db21dffccc186865f808f7625443cc"),
];

fn key(hex: &str) -> VerifyingKey {
    VerifyingKey::from_bytes(&hex::decode(hex).unwrap().try_into().unwrap()).unwrap()
}

fn origin(log: &VerifyingKey) -> String {
    format!("sigsum.org/v1/tree/{}", Hash::of(log.as_bytes()))
}

/// The words of the lines that begin with `name=`.
fn fields(name: &str) -> Vec<Vec<&'static str>> {
    let lines = include_str!("sigsum.txt").lines().filter_map(|line| line.split_once('='));
    lines.filter(|(found, _)| *found == name).map(|(_, rest)| rest.split(' ').collect()).collect()
}

#[test]
fn what_other_witnesses_signed_verifies() {
    let (log, root) = (key(LOG), Hash::from_hex(fields("root_hash")[0][0]).unwrap());
    let size: u64 = fields("size")[0][0].parse().unwrap();
    let checkpoint = Checkpoint::new(&origin(&log), size, root, vec![]).unwrap();
    let notes = VerifierKey::for_notes(&origin(&log), &log).unwrap();
    let by_log =
        SignatureLine::new(&origin(&log), notes.id(), hex::decode(fields("signature")[0][0]).unwrap()).unwrap();
    notes.verify_note(&checkpoint.encode(), &by_log).unwrap();
    let mut found = 0;
    for cosignature in fields("cosignature") {
        let of = |(_, hex): &&(&str, &str)| Hash::of(key(hex).as_bytes()).to_hex() == cosignature[0];
        let (name, hex) = WITNESSES.iter().find(of).unwrap();
        let verifier = VerifierKey::for_cosignatures(name, &key(hex)).unwrap();
        let time: u64 = cosignature[1].parse().unwrap();
        let bytes = [time.to_be_bytes().to_vec(), hex::decode(cosignature[2]).unwrap()].concat();
        let line = SignatureLine::new(name, verifier.id(), bytes).unwrap();
        assert_eq!(verify_cosignature(&verifier, &checkpoint, &line), Ok(time), "{name}");
        let grown = Checkpoint::new(&origin(&log), size + 1, root, vec![]).unwrap();
        assert!(verify_cosignature(&verifier, &grown, &line).is_err(), "{name}");
        found += 1;
    }
    assert_eq!(found, 8);
    // The rest of the file: the leaf lies under that root.
    let leaf = fields("leaf").remove(0);
    let signers = hex::decode("99ed58583e8750b20548e69df4a4e1a592379a9a66c51cd32e42fbe4e1bde78a").unwrap();
    assert_eq!(Hash::of(&signers).to_hex(), leaf[0]);
    let message = Hash::of(Hash::of(b"Hello, Sigsum!\n").as_bytes());
    let bytes = [message.0.as_slice(), &hex::decode(leaf[1]).unwrap(), Hash::of(&signers).as_bytes()].concat();
    let path: Vec<Hash> = fields("node_hash").iter().map(|words| Hash::from_hex(words[0]).unwrap()).collect();
    let index = fields("leaf_index")[0][0].parse().unwrap();
    verify_inclusion(&leaf_hash(&bytes), index, size, &path, &root).unwrap();
}

#[test]
fn what_our_witness_signs_verifies_elsewhere() {
    let seed = |n: u8| SigningKey::from_bytes(&[n; 32]);
    let (log_key, submitter, witnesses) = (seed(1), seed(2), [seed(3), seed(4)]);
    let message = Hash::of(b"a shipment");
    let checksum = Hash::of(message.as_bytes());
    let by_submitter = submitter.sign(&[b"sigsum.org/v1/tree-leaf\0".as_slice(), checksum.as_bytes()].concat());
    let submitter_hash = Hash::of(submitter.verifying_key().as_bytes());
    let mut log = log(6, "other leaves");
    let leaf = [checksum.0.as_slice(), &by_submitter.to_bytes(), submitter_hash.as_bytes()].concat();
    log.nodes.extend(log.frontier.push(leaf_hash(&leaf)));
    let name = origin(&log_key.verifying_key());
    let checkpoint = Checkpoint::new(&name, 7, log.frontier.root(), vec![]).unwrap();
    let by_log = checkpoint.sign_as_log(&log_key).unwrap();
    let signed = SignedCheckpoint::new(checkpoint.clone(), vec![by_log.clone()]).unwrap();
    // As a witness that watches that log comes to sign it.
    let request = AddCheckpoint { old: 0, proof: vec![], checkpoint: signed };
    let watched =
        format!("log {}\nquorum none\n", VerifierKey::for_notes(&name, &log_key.verifying_key()).unwrap().encode());
    request.authentic(&[Policy::parse(watched.as_bytes()).unwrap()]).unwrap();
    request.continues(&Seen::nothing()).unwrap();
    let mut file = format!(
        "version=2\nlog={}\nleaf={submitter_hash} {}\n\nsize=7\nroot_hash={}\nsignature={}\n",
        Hash::of(log_key.verifying_key().as_bytes()),
        hex::encode(by_submitter.to_bytes()),
        log.frontier.root(),
        hex::encode(by_log.signature()),
    );
    for (n, witness) in witnesses.iter().enumerate() {
        let line = cosign(&checkpoint, &format!("w.example/{n}"), witness, 1_770_193_051).unwrap();
        let of = Hash::of(witness.verifying_key().as_bytes());
        file.push_str(&format!("cosignature={of} 1770193051 {}\n", hex::encode(&line.signature()[8..])));
    }
    file.push_str("\nleaf_index=6\n");
    for hash in inclusion_proof(&log.nodes, 6, 7).unwrap() {
        file.push_str(&format!("node_hash={hash}\n"));
    }
    let hex_of = |key: &SigningKey| hex::encode(key.verifying_key().as_bytes());
    let policy = format!(
        "log {}\nwitness a {}\nwitness b {}\ngroup both all a b\nquorum both\n",
        hex_of(&log_key),
        hex_of(&witnesses[0]),
        hex_of(&witnesses[1])
    );
    let policy = ::sigsum::Policy::parse(&policy).unwrap();
    let check = |file: &str| {
        let signers = [submitter.verifying_key().to_bytes().into()];
        let read = ::sigsum::SigsumSignature::from_ascii(file).unwrap();
        ::sigsum::verify(&::sigsum::Hash::from(message.0), &read, &signers, &policy).is_ok()
    };
    assert!(check(&file), "{file}");
    assert!(!check(&file.replacen("1770193051", "1770193052", 1)), "another time");
    assert!(!check(&file.replacen("size=7", "size=8", 1)), "another size");
}
