#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session};
use chain_core::keys::{MemorySigner, Signer, b64};
use chain_core::tx::ParsedTx;

#[test]
fn a_seed_is_read_in_four_forms() {
    let folder = Folder::new();
    let seed = [9u8; 32];
    let x = MemorySigner::from_seed(&seed).public_key();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": b64(&seed) });
    for text in [seed.to_vec(), format!("{}\n", hex::encode(seed)).into_bytes(), b64(&seed).into_bytes(), jwk.to_string().into_bytes()] {
        let path = folder.0.join("seed");
        std::fs::write(&path, text).unwrap();
        assert_eq!(*read_seed(&path).unwrap(), seed);
    }
    for wrong in ["", "00", "{}", "{\"crv\":\"P-256\",\"d\":\"AA\"}"] {
        let path = folder.0.join("seed");
        std::fs::write(&path, wrong).unwrap();
        assert_eq!(read_seed(&path).unwrap_err().code(), "CLI-1110", "{wrong}");
    }
}

#[tokio::test]
async fn a_new_key_is_made_once_and_shown_without_its_secret() {
    let folder = Folder::new();
    let session = session(&folder, "http://127.0.0.1:9");
    let new = || NewArgs { name: "fresh".into(), uses: vec![Use::Record, Use::Api] };
    let report = run(&session, KeyCommand::New(new())).await.unwrap();
    assert_eq!(report.json["uses"], json!(["record", "api"]));
    assert_eq!(run(&session, KeyCommand::New(new())).await.unwrap_err().code(), "CLI-1102");
    let shown = run(&session, KeyCommand::Show(NameArgs { name: "fresh".into() })).await.unwrap();
    assert_eq!(shown.json["kid"], report.json["kid"]);
    assert!(shown.json.get("ciphertext").is_none());
    let listed = run(&session, KeyCommand::List).await.unwrap();
    assert_eq!(listed.json.as_array().unwrap().len(), 6);
    assert!(session.signer("fresh", KeyUse::Record).is_ok());
    assert_eq!(session.signer("fresh", KeyUse::Maker).err().unwrap().code(), "CLI-1109");
}

#[tokio::test]
async fn rotation_adds_and_revokes_at_once_and_renames_in_the_configuration() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let session = session(&folder, &node.url);
    let old = session.keyring().read("main").unwrap().kid;
    let args = RotateArgs { old: "main".into(), new: "next".into(), wait: 5 };
    let report = run(&session, KeyCommand::Rotate(args)).await.unwrap();
    assert_eq!(report.exit, 0);
    let tx = ParsedTx::parse(&node.sent()[0], &crate::testing::ledger()).unwrap();
    let calls: Vec<KeyCall> = tx.records().iter().map(|record| record.clear().unwrap()).collect();
    let new = session.keyring().read("next").unwrap();
    assert_eq!(calls, [KeyCall::Add { x: new.x, uses: new.uses }, KeyCall::Revoke { kid: old.clone() }]);
    assert_eq!(*tx.kid(), old, "signed with the key that is still valid");
    assert_eq!(session.home.config().unwrap().keys.record.as_deref(), Some("next"));
}

#[test]
fn a_lost_key_is_revoked_by_its_id() {
    let folder = Folder::new();
    let session = session(&folder, "http://127.0.0.1:9");
    let kid = MemorySigner::from_seed(&[42; 32]).public_key().kid();
    assert_eq!(revoked(&session, kid.as_str()).unwrap().clear["kid"], json!(kid));
    assert_eq!(revoked(&session, "nobody").unwrap_err().code(), "CLI-1101");
}
