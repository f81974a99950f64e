#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The whole way from entries to receipts: the golden file, and that no byte of a receipt can change.

use super::cosignature::cosign;
use super::merkle::{consistency_proof, inclusion_proof, leaf_hash, root_at};
use super::policy::{Threshold, Token};
use super::tiles::{TileKind, TilePath, encode_entry_bundle, encode_hash_tile};
use super::*;
use crate::hash::Hash;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::fmt::Write;

const ORIGIN: &str = "trade.example/ledger";
const TIME: u64 = 1_767_225_600;

/// Log entry `index` of the test ledger; all differ.
pub(super) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A log with two log keys and three witnesses of which two suffice, all of which signed.
pub(super) struct Ledger {
    nodes: BTreeMap<NodeId, Hash>,
    pub(super) policy: Policy,
    pub(super) checkpoint: SignedCheckpoint,
}

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

impl Ledger {
    pub(super) fn of(size: u64) -> Ledger {
        let mut frontier = Frontier::new();
        let nodes = (0..size).flat_map(|index| frontier.push(leaf_hash(&entry(index)))).collect();
        let checkpoint = Checkpoint::new(ORIGIN, size, frontier.root(), vec![]).unwrap();
        let (mut lines, mut policy, mut names) = (vec![], PolicyBuilder::default(), vec![]);
        for seed in [1, 2] {
            policy.log(VerifierKey::for_notes(ORIGIN, &secret(seed).verifying_key()).unwrap(), None).unwrap();
            lines.push(checkpoint.sign_as_log(&secret(seed)).unwrap());
        }
        for (name, seed) in [("port", 11), ("bank", 12), ("customs", 13)] {
            let host = format!("{name}.example/w");
            let key = VerifierKey::for_cosignatures(&host, &secret(seed).verifying_key()).unwrap();
            names.push(Token::new(name).unwrap());
            policy.witness(Token::new(name).unwrap(), key, None).unwrap();
            lines.push(cosign(&checkpoint, &host, &secret(seed), TIME + u64::from(seed)).unwrap());
        }
        let group = Token::new("two-of-three").unwrap();
        policy.group(group.clone(), Threshold::AtLeast(2), &names).unwrap().quorum(&group).unwrap();
        let checkpoint = SignedCheckpoint::new(checkpoint, lines).unwrap();
        Ledger { nodes, policy: policy.build().unwrap(), checkpoint }
    }

    pub(super) fn proof(&self, index: u64, extra: Option<&[u8]>) -> TlogProof {
        let path = inclusion_proof(&self.nodes, index, self.checkpoint.checkpoint().size()).unwrap();
        TlogProof::new(extra.map(<[u8]>::to_vec), index, path, self.checkpoint.clone()).unwrap()
    }
}

/// The strict rule on raw bytes; the caller knows the entry and the extra data.
fn accepted(ledger: &Ledger, file: &[u8], index: u64, extra: Option<&[u8]>) -> bool {
    TlogProof::parse(file).is_ok_and(|proof| proof.verify_strict(&entry(index), extra, &ledger.policy).is_ok())
}

#[test]
fn no_byte_of_a_receipt_can_change() {
    const OTHERS: &[u8] = b"\0\n =A\xff";
    let (ledger, index, extra) = (Ledger::of(11), 3, Some(b"opaque".as_slice()));
    let file = ledger.proof(index, extra).encode().into_bytes();
    let accepted = |file: &[u8]| accepted(&ledger, file, index, extra);
    assert!(accepted(&file));
    for place in 0..file.len() {
        let flips = [0, 7].map(|bit| file[place] ^ (1 << bit));
        for value in flips.iter().chain(OTHERS).filter(|value| **value != file[place]) {
            let mut changed = file.clone();
            changed[place] = *value;
            assert!(!accepted(&changed), "byte {place} set to {value:#04x}");
        }
        let mut shorter = file.clone();
        shorter.remove(place);
        assert!(!accepted(&shorter), "byte {place} removed");
        for value in [file[place], b'\n', b'=', b'0'] {
            let mut longer = file.clone();
            longer.insert(place, value);
            assert!(!accepted(&longer), "{value:#04x} inserted at {place}");
        }
    }
    for value in 0..=255 {
        assert!(!accepted(&[file.as_slice(), &[value]].concat()), "{value:#04x} appended");
    }
    // Cut off anywhere it is refused, but for the one cut that leaves a smaller whole receipt: two cosignatures, which
    // still are a quorum.
    let cuts: Vec<_> = (0..file.len()).filter(|end| accepted(&file[..*end])).collect();
    let customs = file.windows(13).position(|part| part == "— customs.e".as_bytes()).unwrap();
    assert_eq!(cuts, [customs]);
}

/// The specification's rule lets unknown lines pass; only the strict rule sees that such a line was altered.
#[test]
fn only_the_strict_rule_sees_an_altered_key_name() {
    let ledger = Ledger::of(11);
    let file = ledger.proof(3, None).encode().replace("— customs", "— Customs");
    let proof = TlogProof::parse(file.as_bytes()).unwrap();
    assert_eq!(proof.verify(&entry(3), &ledger.policy).unwrap().witnesses.len(), 2);
    assert!(proof.verify_strict(&entry(3), None, &ledger.policy).is_err());
}

/// The text of `golden.txt`, made anew.
fn golden() -> String {
    let mut out = String::from(
        "Log of eleven entries, \"entry 0\" to \"entry 10\". Ed25519 seeds: one byte repeated 32 times.\n\
         Log keys have seeds 01 and 02; port, bank and customs have seeds 0b, 0c and 0d.\n",
    );
    let ledger = Ledger::of(11);
    let nodes = &ledger.nodes;
    out.push_str("\n== leaf hashes\n");
    for index in 0..11 {
        writeln!(out, "{index} {}", leaf_hash(&entry(index))).unwrap();
    }
    out.push_str("\n== complete nodes above the leaves: level index hash\n");
    for (id, hash) in nodes.iter().filter(|(id, _)| id.level > 0) {
        writeln!(out, "{} {} {hash}", id.level, id.index).unwrap();
    }
    out.push_str("\n== roots by size\n");
    for size in 0..=11 {
        writeln!(out, "{size} {}", root_at(nodes, size).unwrap()).unwrap();
    }
    out.push_str("\n== consistency proof from 6 to 11\n");
    for hash in consistency_proof(nodes, 6, 11).unwrap() {
        writeln!(out, "{hash}").unwrap();
    }
    out.push_str("\n== policy\n");
    out.push_str(&String::from_utf8(ledger.policy.encode()).unwrap());
    out.push_str("\n== proof file of entry 3 with extra data \"opaque\"\n");
    out.push_str(&ledger.proof(3, Some(b"opaque")).encode());
    for kind in [TileKind::Hashes(0), TileKind::Entries] {
        let tile = TilePath::in_log(kind, 0, 11).unwrap();
        let bytes = match kind {
            TileKind::Hashes(level) => encode_hash_tile(nodes, level, 0, tile.width()).unwrap(),
            _ => encode_entry_bundle(&(0..11).map(entry).collect::<Vec<_>>()).unwrap(),
        };
        writeln!(out, "\n== {tile}, in hexadecimal").unwrap();
        for chunk in bytes.chunks(32) {
            writeln!(out, "{}", hex::encode(chunk)).unwrap();
        }
    }
    out
}

#[test]
fn the_golden_file_is_current() {
    let golden = golden();
    assert_eq!(golden, include_str!("tests/golden.txt"), "the formats changed; the file should read:\n{golden}");
}
