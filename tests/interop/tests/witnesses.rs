//! Log signatures, cosignatures, quorums and inclusion against `sigsum` 0.3.0, both ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chain_core::hash::Hash;
use chain_core::log::cosignature::{cosign, verify_cosignature};
use chain_core::log::merkle::{inclusion_proof, leaf_hash, root_at, verify_inclusion};
use chain_core::log::note::VerifierKey;
use chain_core::log::policy::{PolicyBuilder, Threshold, Token};
use chain_core::log::{Checkpoint, Frontier, NodeId, SignatureLine, SignedCheckpoint};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use std::collections::BTreeMap;
use std::fmt::Write;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> [u8; 32] {
    key.verifying_key().to_bytes()
}

fn origin(log: &[u8; 32]) -> String {
    format!("sigsum.org/v1/tree/{}", Hash::of(log))
}

/// The bytes of a signature line after its key id.
fn signature(line: &SignatureLine) -> Vec<u8> {
    line.signature().to_vec()
}

/// A leaf of Sigsum: checksum, signature, key hash.
fn sigsum_leaf(message: &[u8; 32], submitter: &SigningKey) -> Vec<u8> {
    let checksum = Hash::of(message);
    let signed = [b"sigsum.org/v1/tree-leaf\0".as_slice(), checksum.as_bytes()].concat();
    let signature = submitter.sign(&signed).to_bytes();
    [checksum.as_bytes().as_slice(), &signature, Hash::of(&public(submitter)).as_bytes()].concat()
}

/// A Sigsum proof whose tree, inclusion proof, tree head and cosignatures are all made by our code.
fn proof(message: &[u8; 32], cosigners: &[u8], change: impl Fn(&mut String)) -> sigsum::SigsumSignature {
    let (log, submitter) = (key(1), key(2));
    let leaf = sigsum_leaf(message, &submitter);
    let mut frontier = Frontier::new();
    let mut nodes: BTreeMap<NodeId, Hash> = BTreeMap::new();
    for place in 0..11u8 {
        let bytes = if place == 6 { leaf.clone() } else { vec![place; 128] };
        nodes.extend(frontier.push(leaf_hash(&bytes)));
    }
    let checkpoint = Checkpoint::new(&origin(&public(&log)), 11, root_at(&nodes, 11).unwrap(), vec![]).unwrap();
    let mut text = format!(
        "version=2\nlog={}\nleaf={} {}\n\nsize=11\nroot_hash={}\nsignature={}\n",
        Hash::of(&public(&log)),
        Hash::of(&public(&submitter)),
        hex::encode(&leaf[32..96]),
        checkpoint.root(),
        hex::encode(signature(&checkpoint.sign_as_log(&log).unwrap())),
    );
    for seed in cosigners {
        let line = cosign(&checkpoint, "witness.example/w", &key(*seed), 1_790_000_000).unwrap();
        let stamped = signature(&line);
        let (time, cosignature) = stamped.split_at(8);
        let time = u64::from_be_bytes(time.try_into().unwrap());
        writeln!(text, "cosignature={} {time} {}", Hash::of(&public(&key(*seed))), hex::encode(cosignature)).unwrap();
    }
    text.push_str("\nleaf_index=6\n");
    for hash in inclusion_proof(&nodes, 6, 11).unwrap() {
        writeln!(text, "node_hash={hash}").unwrap();
    }
    change(&mut text);
    sigsum::SigsumSignature::from_ascii(&text).unwrap()
}

fn their_policy(witnesses: &[u8], threshold: usize) -> sigsum::Policy {
    let mut policy = sigsum::PolicyBuilder::new();
    policy.add_log(public(&key(1)).into(), None).unwrap();
    let names: Vec<String> = witnesses.iter().map(|seed| format!("w{seed}")).collect();
    for (seed, name) in witnesses.iter().zip(&names) {
        policy.add_witness(name.clone(), public(&key(*seed)).into(), None).unwrap();
    }
    policy.add_group("all".into(), threshold, names).unwrap();
    policy.set_quorum("all".into()).unwrap();
    policy.build()
}

#[test]
fn they_take_our_tree_heads_cosignatures_and_inclusion_proofs() {
    let message = [7; 32];
    let signers = [public(&key(2)).into()];
    let verify = |proof: &sigsum::SigsumSignature, threshold| {
        sigsum::verify(&message.into(), proof, &signers, &their_policy(&[11, 12, 13, 14], threshold))
    };
    let plain = |_: &mut String| {};
    verify(&proof(&message, &[11, 12, 13], plain), 3).unwrap();
    verify(&proof(&message, &[11, 12, 13, 14], plain), 3).unwrap();
    assert!(verify(&proof(&message, &[11, 12], plain), 3).is_err(), "no quorum");
    assert!(verify(&proof(&message, &[11, 12, 99], plain), 3).is_err(), "a stranger is not counted");
    let later = |text: &mut String| *text = text.replacen("1790000000", "1790000001", 1);
    assert!(verify(&proof(&message, &[11, 12, 13], later), 3).is_err(), "another time than the one cosigned");
    let moved = |text: &mut String| *text = text.replacen("leaf_index=6", "leaf_index=7", 1);
    assert!(verify(&proof(&message, &[11, 12, 13], moved), 3).is_err(), "another place");
}

/// A tree head of a public Sigsum test log, with cosignatures of public witnesses: the example that `sigsum` 0.3.0
/// publishes in its documentation. Their code has the witnesses' keys, in its policy `sigsum-test-2025-3`.
const LOG: &str = "1643169b32bef33a3f54f8a353b87c475d19b6223cbb106390d10a29978e1cba";
const SIZE: u64 = 381_382;
const ROOT: &str = "901fefc6f1d978d2c2bedb82d448755bcdc7e8626e67ac7ee80873771be9b667";
const HEAD: &str = "8a8bf1fca60d1344fb6e2106e8f8906af833d3d75a21fe8d3af72be459f7a11f2ae6606ec6344a13b851cd454b3d281a2b1ae47732f7a8d6afbcc0134d1a2d00";
const TIME: u64 = 1_770_193_051;
const COSIGNED: [(&str, &str); 3] = [
    (
        "1c997261f16e6e81d13f420900a2542a4b6a049c2d996324ee5d82a90ca3360c",
        "a1ee1182b265204499cbef3ae59f3ea228b928b3cbda8817a4ed5a12776823e9ad8ef1ce986b9b98d9954f1798ec4315c1820704600a231c69038ccc9726d202",
    ),
    (
        "49c4cd6124b7c572f3354d854d50b2a4b057a750f786cf03103c09de339c4ea3",
        "aaf642e81a54399777180f238573d74878b68c7b645d8011583621405bb450b4e7887fc76502a8142c493d64e3ed3e556d82dad1706411082e58805f64fa9d02",
    ),
    (
        "70b861a010f25030de6ff6a5267e0b951e70c04b20ba4a3ce41e7fba7b9b7dfc",
        "f5953f406f5fd97d9c9d1328b00b07bf434a5eb76d8da359aeda98c414de29ca1ced1872971ea0f137508a7bb05c7d322548409425677af96433706319bc0801",
    ),
];
const LEAF: (&str, &str, &str) = (
    "2c8d843ed6237e9ea033207113329fdd1428c75f8fd3c6782ae46c92c7a00c40",
    "38dd0b42cab5166611a4f8346db1c6ffe81ee2345f3ffe36a466eb8fce1d4b2879fbb5f26291d25e610b2dc7f30eaa603efd97739ae585657d0f7181726eec00",
    "Hello, Sigsum!\n",
);
const PATH: [&str; 10] = [
    "d009c5dbeaaa5be1788ea9533f6f398747755a8245012165ac73f753b7917672",
    "fb515551fe18f6e53d7d7f49b80abbb5c702b9662ee74fc7730e4a7685000aa4",
    "e21e73ee8caf0d49cdcd2f334b3f64e85e4a151daf8d09b6034306bb21b88480",
    "f77bc4db00e509149b6e2fc0028d7107dd415929dc9972f32fe758ce39bcc9a0",
    "3acb38f01c633d917b899ed4e522a49a02bf20d358f98ca530e3a3065591e7f2",
    "889de80c543a5ae8e35430988dc120ac7edde74b776f9082f814ea88190a601f",
    "199f812b9f3667dec31f964098e32652477a2f3d458019b6f8f4acc645cf0131",
    "084580f8f6324d4ae42dbcb779502ab9fab77e0c2b92519fe089be72e38d60ed",
    "9ddbece4939d621df53f31e2729d5fa7802fd82f3edfb784483d8b7fa9cf41e2",
    "e1c7a90c09949c263807e5970aef47f9a06164b759995ab814aff94aff9dcd00",
];

fn hash(text: &str) -> Hash {
    Hash::from_hex(text).unwrap()
}

fn point(key: &sigsum::PublicKey) -> VerifyingKey {
    let bytes: &[u8] = key.as_ref();
    VerifyingKey::from_bytes(bytes.try_into().unwrap()).unwrap()
}

#[test]
fn we_take_a_public_tree_head_with_public_witnesses() {
    let theirs = &sigsum::policy::SIGSUM_TEST_2025_3;
    let log = theirs.logs().map(|log| log.pubkey).find(|key| Hash::of(key.as_ref()) == hash(LOG)).unwrap();
    let origin = format!("sigsum.org/v1/tree/{LOG}");
    let checkpoint = Checkpoint::new(&origin, SIZE, hash(ROOT), vec![]).unwrap();
    let log_key = VerifierKey::for_notes(&origin, &point(&log)).unwrap();
    let mut lines = vec![SignatureLine::new(&origin, log_key.id(), hex::decode(HEAD).unwrap()).unwrap()];
    let mut ours = PolicyBuilder::default();
    ours.log(log_key, None).unwrap();
    let mut names = Vec::new();
    for (number, (keyhash, cosignature)) in COSIGNED.iter().enumerate() {
        let keyhash: [u8; 32] = hash(keyhash).0;
        let witness = theirs.get_witness_by_keyhash(&keyhash.into()).unwrap();
        let name = format!("witness-{number}.example");
        let verifier = VerifierKey::for_cosignatures(&name, &point(&witness.pubkey)).unwrap();
        let bytes = [TIME.to_be_bytes().as_slice(), &hex::decode(cosignature).unwrap()].concat();
        let line = SignatureLine::new(&name, verifier.id(), bytes).unwrap();
        assert_eq!(verify_cosignature(&verifier, &checkpoint, &line), Ok(TIME));
        let other = Checkpoint::new(&origin, SIZE + 1, hash(ROOT), vec![]).unwrap();
        assert!(verify_cosignature(&verifier, &other, &line).is_err());
        lines.push(line);
        let token = Token::new(format!("w{number}")).unwrap();
        ours.witness(token.clone(), verifier, None).unwrap();
        names.push(token);
    }
    let group = Token::new("all").unwrap();
    ours.group(group.clone(), Threshold::AtLeast(3), &names).unwrap();
    ours.quorum(&group).unwrap();
    let policy = ours.build().unwrap();
    let signed = SignedCheckpoint::new(checkpoint, lines).unwrap();
    let judged = policy.verify_strict(&signed).unwrap();
    assert_eq!((judged.logs.len(), judged.witnesses.len()), (1, 3));
    let fewer = SignedCheckpoint::new(signed.checkpoint().clone(), signed.signatures()[..3].to_vec()).unwrap();
    assert!(policy.verify(&fewer).is_err(), "two of three are no quorum here");

    let (keyhash, signature, data) = LEAF;
    let message = Hash::of(data.as_bytes());
    let leaf = [Hash::of(message.as_bytes()).as_bytes().as_slice(), &hex::decode(signature).unwrap(), hash(keyhash).as_bytes()].concat();
    let path: Vec<Hash> = PATH.iter().map(|text| hash(text)).collect();
    verify_inclusion(&leaf_hash(&leaf), SIZE - 1, SIZE, &path, &hash(ROOT)).unwrap();
    assert!(verify_inclusion(&leaf_hash(b"another"), SIZE - 1, SIZE, &path, &hash(ROOT)).is_err());
}
