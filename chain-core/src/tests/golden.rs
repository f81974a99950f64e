#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The worked example of `FORMAT.md`: every layout with fixed keys and salts. A changed format fails here.
//!
//! Numbers that other crates hash or sign (finance, high-water mark) are built by hand from `FORMAT.md`.

use crate::block::{Certificate, Header, Leaf};
use crate::fixtures::{Ledger, START, draft, public, signer, transaction, validator};
use crate::hash::Hash;
use crate::keys::b64;
use crate::receipt::Trust;
use crate::tree;
use crate::vote::{StreamStatement, VoteKind, proposal_bytes, stream_bytes, vote_bytes};
use ed25519_dalek::Signer as _;
use serde_json::json;
use std::fmt::Write as _;

struct Golden(String);

impl Golden {
    fn section(&mut self, title: &str) {
        writeln!(self.0, "\n== {title}").unwrap();
    }
    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{name} {value}").unwrap();
    }
    fn hex(&mut self, name: &str, bytes: &[u8]) {
        self.line(&format!("{name} [{}]", bytes.len()), hex::encode(bytes));
    }
    /// Bytes and the Ed25519 signature over them.
    fn signed(&mut self, name: &str, bytes: &[u8], seed: u8) {
        self.hex(name, bytes);
        self.hex(&format!("{name} signed with seed {seed:02x}"), &signer(seed).key().sign(bytes).to_bytes());
    }
}

fn text8(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn golden() -> String {
    let mut out = Golden(
        "Seeds are one byte repeated 32 times. 01 signs the trader's records; validator n votes with 1n, signs\n\
         checkpoints as the log with 2n, cosigns with 3n and is 4n on the network. Salts are one byte repeated\n\
         16 times, 00, 01, 02 in the order of use. [n] is a length in bytes; bytes are in hexadecimal.\n"
            .into(),
    );
    let mut ledger = Ledger::new();
    let id = ledger.id();

    out.section("1 keys");
    for seed in [0x01, 0x11, 0x21, 0x31, 0x41] {
        out.line(&format!("x of seed {seed:02x}"), public(seed));
        out.line(&format!("kid of seed {seed:02x}"), public(seed).kid());
    }
    out.line("ledger id", id);

    out.section("2 transaction");
    let drafts = [
        draft("test.note/1", "order:1", json!({"qty": 5}), &[("price", "12")]),
        draft("test.note/1", "order:2", json!({"qty": 6}), &[]),
    ];
    let built = transaction(id, "1", &drafts);
    let text = String::from_utf8(built.bytes.clone()).unwrap();
    let parts: Vec<&str> = text.split('~').collect();
    let pieces: Vec<&str> = parts[0].split('.').collect();
    for (name, piece) in [("header", pieces[0]), ("claims", pieces[1])] {
        out.line(name, String::from_utf8(crate::keys::unb64(piece).unwrap()).unwrap());
    }
    out.line("jwt", parts[0]);
    for (index, disclosure) in parts[1..3].iter().enumerate() {
        out.line(&format!("disclosure {index}"), disclosure);
        out.line(&format!("  decoded {index}"), String::from_utf8(crate::keys::unb64(disclosure).unwrap()).unwrap());
        out.line(&format!("  digest {index}"), crate::tx::disclosure::digest(disclosure));
    }
    let sealed = &built.sealed[0].1[0];
    out.line("sealed", &sealed.disclosure);
    out.line("  digest sealed", sealed.digest());
    out.line("transaction id", built.id);
    out.line("SHA-256 of the JWT", Hash::of(parts[0].as_bytes()));
    out.line("SHA-256 of all bytes", Hash::of(&built.bytes));

    let refused = transaction(id, "2", &[draft("test.refuse/1", "order:1", json!({"qty": 7}), &[])]);
    ledger.commit(&[&built, &refused], None);
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    let headers: Vec<Header> = ledger.headers.clone();
    let header = &headers[0];

    out.section("3 block headers");
    for header in &headers {
        out.hex(&format!("header {}", header.height), &header.to_bytes());
        out.line(&format!("block hash {}", header.height), header.hash());
    }
    out.line("validators", String::from_utf8(ledger.founding.validators.to_bytes()).unwrap());
    out.line("hash of the validators", ledger.founding.validators.hash());

    out.section("4 votes, proposals, streams, certificates");
    let (block, voter) = (header.hash().0, *validator(1).vote.as_bytes());
    out.signed("prevote for nil", &vote_bytes(&id.0.0, VoteKind::Prevote, 1, 0, None, &voter), 0x11);
    out.signed("precommit", &vote_bytes(&id.0.0, VoteKind::Precommit, 1, 0, Some(&block), &voter), 0x11);
    out.signed("proposal", &proposal_bytes(&id.0.0, 1, 0, None, &block, &voter), 0x11);
    out.signed("proposal again", &proposal_bytes(&id.0.0, 1, 2, Some(1), &block, &voter), 0x11);
    let stream = StreamStatement {
        height: 1,
        round: 0,
        valid_round: None,
        block_hash: block,
        payload_hash: Hash::of(b"payload").0,
        length: 7,
        proposer: voter,
    };
    out.signed("stream of the 7 bytes \"payload\"", &stream_bytes(&id.0.0, &stream), 0x11);
    for certificate in &ledger.certificates {
        let signers: Vec<String> = certificate.signatures.iter().map(|(key, _)| key.to_string()).collect();
        out.line(&format!("signers {}", certificate.height), signers.join(" "));
        out.line(&format!("certificate hash {}", certificate.height), Certificate::hash(certificate));
    }

    out.section("5 log leaves");
    for (index, leaf) in ledger.leaves.iter().enumerate() {
        let name = if matches!(leaf, Leaf::Tx { .. }) { "transaction" } else { "block" };
        out.hex(&format!("leaf {index}, {name}"), &leaf.to_bytes());
    }

    out.section("6 log tree");
    for (node, hash) in &ledger.nodes {
        out.line(&format!("node level {} index {}", node.level, node.index), hash);
    }
    out.line("root of 4", ledger.frontier.root());

    out.section("7 state tree");
    for (key, value) in ledger.state.iter().filter(|(key, _)| key.starts_with("note/") || key.starts_with("obj/")) {
        out.line(&format!("value of {key}"), String::from_utf8(value.clone()).unwrap());
        let (key_hash, value_hash) = (Hash::of(key.as_bytes()), Hash::of(value));
        out.line(&format!("node hash of {key} alone"), tree::Leaf { key_hash, value_hash }.node_hash());
    }
    out.line("entries", ledger.state.len());
    out.line("state root", headers[1].state_root);

    out.section("8 checkpoint");
    out.0.push_str(&ledger.checkpoint(&ledger.quorum()).encode());
    out.section("8 receipt of record 1 with a handover");
    ledger.commit(&[], None);
    let receipt = ledger.receipt(&built, &[1]);
    out.0.push_str(&receipt);
    let extra = crate::log::TlogProof::parse(receipt.as_bytes()).unwrap().extra().unwrap().to_vec();
    out.section("8 its extra data");
    out.0.push_str(&format!("{}\n", String::from_utf8(extra).unwrap()));
    for (title, key) in [("presence", "note/order:1"), ("absence", "note/order:9")] {
        out.section(&format!("8 state proof of {title}"));
        out.0.push_str(&format!("{}\n", String::from_utf8(ledger.state_proof(key).to_bytes()).unwrap()));
    }

    out.section("9 commitment, attestation, approval: by hand");
    let commitment = [b"sealane/confirmer/1\n".as_slice(), &[9; 16], b"debtor", b"\n", b"trader"].concat();
    out.hex("commitment before hashing", &commitment);
    out.line("commitment", b64(Hash::of(&commitment).as_bytes()));
    let receivable = [built.id.0.as_bytes().as_slice(), &[0, 0]].concat();
    let attestation = [
        b"sealane/attestation/1\n".as_slice(),
        id.0.as_bytes(),
        &text8("trader"),
        b"USD",
        &1200u64.to_be_bytes(),
        &[1],
        &[0xa1; 32],
        &[2],
        &[0xb1; 32],
        &[0xb2; 32],
        &[1],
        &[0xc1; 32],
    ];
    out.signed("attestation", &attestation.concat(), 0x02);
    let approval = [
        b"sealane/approval/1\n".as_slice(),
        id.0.as_bytes(),
        &text8("bank"),
        &text8("finance.pledge/1"),
        &receivable,
        &[&built.id.0.as_bytes()[..], &[0, 1]].concat(),
        &1200u64.to_be_bytes(),
        b"USD",
        b"2026-12-31",
        &text8("REG-1"),
    ];
    out.signed("approval", &approval.concat(), 0x03);

    out.section("10 high-water mark: by hand");
    let mark = [b"sealane/high-water/1\n".as_slice(), id.0.as_bytes(), &42u64.to_be_bytes()].concat();
    out.signed("mark at height 42", &mark, 0x11);
    out.line("start", START);
    out.0
}

/// The same example on a ledger that asks for two of three witnesses.
fn golden_with_witnesses() -> String {
    let mut out = Golden(
        "The example of golden.txt on a ledger that asks for two of three witnesses. Witness n cosigns with the seed 5n\n\
         (one byte repeated 32 times).\n"
            .into(),
    );
    let mut ledger = Ledger::witnessed();
    let drafts = [draft("test.note/1", "order:1", json!({"qty": 5}), &[("price", "12")])];
    let built = transaction(ledger.id(), "1", &drafts);
    ledger.commit(&[&built], None);
    ledger.commit(&[], Some(&[3, 4, 5, 6]));
    ledger.witnesses = vec![1, 3];
    ledger.commit(&[], None);
    out.section("1 genesis, as one line without newline");
    out.0.push_str(&format!("{}\n", serde_json::to_string(&ledger.founding.genesis).unwrap()));
    out.line("ledger id", ledger.id());
    out.section("2 policy of the founders");
    let policy = Trust::in_genesis(&ledger.founding).policy(&ledger.founding.validators).unwrap();
    out.0.push_str(&String::from_utf8(policy.encode()).unwrap());
    out.section("3 receipt with a handover, cosigned by witnesses 1 and 3");
    out.0.push_str(&ledger.receipt(&built, &[0]));
    out.section("4 state proof");
    out.0.push_str(&format!("{}\n", String::from_utf8(ledger.state_proof("note/order:1").to_bytes()).unwrap()));
    out.0
}

#[test]
fn the_golden_files_are_current() {
    let files = [
        ("golden.txt", golden(), include_str!("../golden.txt")),
        ("golden-witnesses.txt", golden_with_witnesses(), include_str!("../golden-witnesses.txt")),
    ];
    for (name, golden, kept) in files {
        if golden != kept {
            let path = std::env::temp_dir().join(format!("sealane-{name}"));
            std::fs::write(&path, &golden).unwrap();
            panic!("a hashed or signed format changed; if that is meant, put {} in its place", path.display());
        }
    }
}

/// Rule sets and record bodies are stored as `serde_json` maps: were they kept in the order of insertion, one build
/// with the feature `preserve_order` would compute other state roots than the rest.
#[test]
fn maps_are_written_in_the_order_of_their_keys() {
    assert_eq!(json!({"b": 1, "a": {"d": 2, "c": 3}}).to_string(), r#"{"a":{"c":3,"d":2},"b":1}"#);
}
