#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session, some_record};
use chain_core::keys::PublicKey;
use chain_core::tx::ParsedTx;
use contracts::finance::calls::ConfirmClear;
use std::os::unix::fs::PermissionsExt;

fn form() -> Value {
    json!({
        "currency": "CNY", "minor": 100_000, "issued": "2026-10-01", "due": "2026-12-30",
        "confirmer": { "member": "BANK", "capacity": "debtor" },
        "parties": { "creditor": "ACME", "debtor": "BANK" },
        "invoice": { "number": "INV-7", "date": "2026-10-01", "currency": "CNY", "minor": 100_000 },
        "documents": { "declaration": some_record() },
    })
}

fn write_form(folder: &Folder, form: &Value) -> PathBuf {
    let path = folder.0.join("form.json");
    std::fs::write(&path, form.to_string()).unwrap();
    path
}

async fn attested(folder: &Folder, node: &TestNode) -> PathBuf {
    let url = &node.url;
    let declaration = json!({ "kind": "clearance.declaration/1", "objects": ["decl:801320261000000001", "list:C-1"], "issuer": "ACME" });
    node.books.lock().unwrap().answers.insert(format!("/v1/records/{}", some_record()), (200, declaration));
    let file = write_form(folder, &form());
    let request = folder.0.join("request.json");
    let args = RegisterArgs { file, request: Some(request.clone()), attestation: None };
    register(&session(folder, url), args).await.unwrap();
    let key = folder.0.join("hmac");
    std::fs::write(&key, "11".repeat(32)).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let output = folder.0.join("attested.json");
    let mut given = crate::testing::global(folder, url);
    given.key = Some("attest".into());
    let registrar = Session::new(given, session(folder, url).screen).unwrap();
    attest(&registrar, AttestArgs { request, fingerprint_key: key, output: output.clone() }).await.unwrap();
    output
}

#[tokio::test]
async fn a_receivable_is_attested_registered_and_retried_with_the_same_salt() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let attestation = attested(&folder, &node).await;
    let args = || RegisterArgs { file: folder.0.join("form.json"), request: None, attestation: Some(attestation.clone()) };
    let session = session(&folder, &node.url);
    let first = register(&session, args()).await.unwrap();
    let again = register(&session, args()).await.unwrap();
    assert_eq!(first.json["confirmer"], again.json["confirmer"]);
    let sent = node.sent();
    assert_eq!(sent[0], sent[1]);

    let ledger = crate::testing::ledger();
    let tx = ParsedTx::parse(&sent[0], &ledger).unwrap();
    let record = &tx.records()[0];
    contracts::finance::form::check(record).unwrap();
    let body: ReceivableClear = record.clear().unwrap();
    assert_eq!((body.attestation.exact.len(), body.attestation.binds.len()), (2, 3));
    let key: PublicKey = session.keyring().read("attest").unwrap().x;
    let bytes = attestation_bytes(&ledger, tx.issuer(), &body.currency, body.minor, &body.attestation);
    assert!(key.verify(&bytes, &body.attestation.signature.0));
    // What the debtor is given opens the commitment.
    let given = &first.json["confirmer"];
    let salt = Salt::parse(given["salt"].as_str().unwrap()).unwrap();
    assert_eq!(commitment(&salt, Capacity::Debtor, &MemberId::parse("BANK").unwrap()), body.confirmer);
    let receivable: RecordId = serde_json::from_value(first.json["receivable"].clone()).unwrap();
    let names: Vec<String> = session.wallet().disclosures(&receivable, &[]).unwrap().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["parties", "invoice", "documents", "confirmer"]);

    let confirm = crate::commands::receivable::steps::ConfirmArgs {
        receivable: receivable.to_string().parse().unwrap(),
        salt: salt.to_string(),
        capacity: crate::commands::receivable::steps::As::Debtor,
        reject: false,
    };
    crate::commands::receivable::steps::confirm(&session, confirm).await.unwrap();
    let tx = ParsedTx::parse(node.sent().last().unwrap(), &ledger).unwrap();
    contracts::finance::form::check(&tx.records()[0]).unwrap();
    assert_eq!(tx.records()[0].clear::<ConfirmClear>().unwrap().receivable, receivable);
}

#[tokio::test]
async fn what_was_not_attested_is_not_registered() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let attestation = attested(&folder, &node).await;
    for (field, value) in [
        ("minor", json!(99_999)),
        ("currency", json!("USD")),
        ("parties", json!({ "creditor": "ACME", "debtor": "Other" })),
        ("documents", json!({})),
    ] {
        let mut other = form();
        other[field] = value;
        let args = RegisterArgs { file: write_form(&folder, &other), request: None, attestation: Some(attestation.clone()) };
        assert_eq!(register(&session(&folder, &node.url), args).await.unwrap_err().code(), "CLI-1502", "{field}");
    }
    let args = RegisterArgs { file: write_form(&folder, &form()), request: None, attestation: None };
    assert_eq!(register(&session(&folder, &node.url), args).await.unwrap_err().code(), "CLI-2007");
    assert!(node.sent().is_empty());
}

#[test]
fn a_document_is_known_by_who_numbered_it() {
    let order = json!({ "kind": "trade.order/1", "objects": ["goods:1", "order:O-1"], "issuer": "EBP" });
    let fields = |issuer: &str, kind: &str, number: &str| {
        Some(DocumentFields { kind: kind.into(), issuer: issuer.into(), number: number.into() })
    };
    assert_eq!(document(&order, "order", "trade.order/1", "order:"), fields("EBP", "order", "O-1"));
    assert_eq!(document(&order, "list", "trade.list/1", "list:"), None, "another kind");
    let declaration = json!({ "kind": "clearance.declaration/1", "objects": ["decl:801320261000000001"], "issuer": "EBP" });
    let found = document(&declaration, "declaration", "clearance.declaration/1", "decl:");
    assert_eq!(found, fields("8013", "declaration", "801320261000000001"));
}

#[tokio::test]
async fn wrong_sealed_fields_are_found_before_anybody_is_asked() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let mut wrong = form();
    wrong["invoice"]["total"] = json!(1);
    let args = RegisterArgs { file: write_form(&folder, &wrong), request: Some(folder.0.join("q")), attestation: None };
    assert_eq!(register(&session(&folder, &node.url), args).await.unwrap_err().code(), "CLI-1501");
    assert!(!folder.0.join("q").exists());
}
