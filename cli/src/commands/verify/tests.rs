#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! The files that every verifier must judge alike.

use super::*;
use crate::lang::Lang;
use crate::report::Screen;
use crate::testing::{Folder, global};
use std::collections::BTreeMap;
use std::path::Path;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// A session that trusts the genesis of the vectors, and no node.
fn session(folder: &Folder, genesis: bool) -> Session {
    let mut given = global(folder, "http://127.0.0.1:1");
    given.genesis = genesis.then(|| vectors().join("genesis.json"));
    Session::new(given, Screen::new(false, Lang::English)).unwrap()
}

async fn judged(session: &Session, name: &str, ledger: Option<&str>) -> Result<Report, Failure> {
    let ledger = ledger.map(str::to_owned);
    run(session, VerifyArgs { file: vectors().join(name), ledger, tsa: Vec::new(), offline: true }).await
}

#[tokio::test]
async fn every_vector_gets_its_verdict() {
    let verdicts = std::fs::read(vectors().join("verdicts.json")).unwrap();
    let verdicts: BTreeMap<String, u16> = serde_json::from_slice(&verdicts).unwrap();
    assert!(verdicts.len() > 100);
    for (name, want) in verdicts {
        // The vectors are of several logs of one ledger, as only liars have: each gets a home without a memory.
        let folder = Folder::new();
        match judged(&session(&folder, true), &name, None).await {
            Ok(report) => assert!(want == 0 && report.json["verified"] == true, "{name}"),
            Err(failure) => {
                assert_eq!(failure.exit(), 3, "{name}: {failure}");
                let said = failure.sentence(Lang::English);
                assert!(want != 0 && said.contains(&format!("check {want}")), "{name}: {want} but {said}");
            }
        }
    }
}

#[tokio::test]
async fn a_bundle_needs_the_ledgers_id_only() {
    let folder = Folder::new();
    let session = session(&folder, false);
    let genesis = std::fs::read(vectors().join("genesis.json")).unwrap();
    let id = Hash::of(&genesis).to_string();
    let report = judged(&session, "bundle-receivable.html", Some(&id)).await.unwrap();
    assert_eq!(report.text.lines().filter(|line| line.starts_with('✓')).count(), 9, "{}", report.text);
    assert!(report.text.contains("debtor: Example GmbH, 汉堡"), "{}", report.text);
    assert_eq!(report.json["bundle"]["listings"][0]["records"].as_array().unwrap().len(), 1);
    let other = judged(&session, "bundle-receivable.html", Some(&"0".repeat(64))).await.unwrap_err();
    assert_eq!((other.code(), other.exit()), ("CLI-3004", 3));
    assert!(other.sentence(Lang::Chinese).contains("验证失败于“It is of the trusted ledger”（检查 9002）"), "{other}");
    assert_eq!(judged(&session, "bundle-receivable.html", Some("0")).await.unwrap_err().exit(), 2);
    // Receipts name no genesis.
    assert_eq!(judged(&session, "receipt-first.tlog-proof", Some(&id)).await.unwrap_err().exit(), 2);
}
