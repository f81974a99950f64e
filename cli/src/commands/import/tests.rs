#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, jti_of, session};

fn epcis(events: usize) -> String {
    let event = |n: usize| {
        json!({ "type": "ObjectEvent", "eventTime": "2026-11-22T01:02:03Z", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE",
            "epcList": [format!("urn:epc:id:sgtin:0614141.107346.{n}")] })
    };
    let list: Vec<Value> = (0..events).map(event).collect();
    json!({ "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2026-11-22T01:02:03Z", "epcisBody": { "eventList": list } })
    .to_string()
}

fn args(paths: &[&Path]) -> ImportCommand {
    ImportCommand::Epcis(ImportArgs { files: paths.iter().map(|p| p.to_path_buf()).collect(), sealed_to: Vec::new() })
}

fn counts(report: &Report) -> (u64, u64, u64, u8) {
    let of = |name: &str| report.json[name].as_u64().unwrap();
    (of("imported"), of("already"), of("refused"), report.exit)
}

#[tokio::test]
async fn importing_again_changes_nothing_with_or_without_the_outbox() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let path = folder.0.join("a.json");
    std::fs::write(&path, epcis(150)).unwrap();
    let session = session(&folder, &node.url);
    assert_eq!(counts(&run(&session, args(&[&path])).await.unwrap()), (150, 0, 0, 0));
    assert_eq!(counts(&run(&session, args(&[&path])).await.unwrap()), (0, 150, 0, 0));
    let sent = node.sent();
    assert_eq!(sent[..2], sent[2..], "the same bytes");
    let digest = Hash::of(&std::fs::read(&path).unwrap()).to_hex();
    assert_eq!(jti_of(&sent[1]), format!("imp-{}-1", &digest[..40]));
    std::fs::remove_dir_all(session.home.outbox()).unwrap();
    assert_eq!(counts(&run(&session, args(&[&path])).await.unwrap()), (0, 150, 0, 0));
    assert_eq!(node.books.lock().unwrap().taken.len(), 2);
}

#[tokio::test]
async fn a_bad_document_is_refused_whole_and_the_others_are_imported() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let inner = folder.0.join("in/deeper");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(inner.join("good.json"), epcis(2)).unwrap();
    std::fs::write(inner.join("bad.JSON"), epcis(2).replacen("OBSERVE", "LOOK", 1)).unwrap();
    std::fs::write(inner.join("note.txt"), "not a document").unwrap();
    let report = run(&session(&folder, &node.url), args(&[&folder.0.join("in")])).await.unwrap();
    assert_eq!(counts(&report), (2, 0, 0, 1));
    assert_eq!(report.json["filesRefused"], 1);
    let bad = &report.json["files"][0];
    assert!(bad["file"].as_str().unwrap().ends_with("bad.JSON"));
    let error = &bad["errors"][0];
    assert!(error["code"].as_str().unwrap().starts_with("EPCIS-"), "{error}");
    assert_eq!(error["place"], "/epcisBody/eventList/0/action");
    assert_eq!(node.sent().len(), 1);
}

#[tokio::test]
async fn refused_records_are_counted_and_named() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let path = folder.0.join("a.json");
    std::fs::write(&path, epcis(1)).unwrap();
    node.books.lock().unwrap().refuse = Some("TRC-5001");
    let report = run(&session(&folder, &node.url), args(&[&path])).await.unwrap();
    assert_eq!(counts(&report), (0, 0, 1, 1));
    assert_eq!(report.json["files"][0]["errors"][0]["code"], "TRC-5001");

    // Nor is a refusal forgotten with the outbox.
    let session = session(&folder, &node.url);
    std::fs::remove_dir_all(session.home.outbox()).unwrap();
    let first = node.books.lock().unwrap().taken.values().next().unwrap().0.clone();
    let known = json!({ "id": first, "status": "refused", "code": "TRC-5001", "message": "No." });
    node.books.lock().unwrap().answers.insert(format!("/v1/transactions/{first}"), (200, known));
    let report = run(&session, args(&[&path])).await.unwrap();
    assert_eq!(counts(&report), (0, 0, 1, 1));
    assert_eq!(report.json["files"][0]["errors"][0]["code"], "TRC-5001");
}

#[tokio::test]
async fn nothing_to_import_is_said() {
    let folder = Folder::new();
    let session = session(&folder, "http://127.0.0.1:9");
    std::fs::create_dir(folder.0.join("empty")).unwrap();
    assert_eq!(run(&session, args(&[&folder.0.join("empty")])).await.unwrap_err().code(), "CLI-1403");
    let report = run(&session, args(&[&folder.0.join("absent.json")])).await.unwrap();
    assert_eq!((report.exit, &report.json["files"][0]["errors"][0]["code"]), (1, &json!("CLI-1001")));
}

fn draft(bytes: usize) -> RecordDraft {
    let clear = json!({ "text": "x".repeat(bytes) }).as_object().unwrap().clone();
    RecordDraft { kind: "k/1".into(), objects: vec!["o:1".into()], at: "2026-11-22T01:02:03Z".into(), clear, sealed: vec![("s".into(), 1.into())] }
}

#[test]
fn chunks_keep_order_and_bounds() {
    let lengths = |drafts: Vec<RecordDraft>| chunks(drafts).unwrap().iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths((0..250).map(|_| draft(10)).collect()), [100, 100, 50]);
    assert_eq!(lengths((0..5).map(|_| draft(60_000)).collect()), [2, 2, 1]);
    assert!(lengths(Vec::new()).is_empty());
    assert_eq!(chunks(vec![draft(10), draft(200_000)]).unwrap_err().code(), "CLI-1402");
}

#[tokio::test]
async fn a_full_chunk_fits_a_transaction() {
    // What is reckoned must not be less than what is built.
    let folder = Folder::new();
    let node = TestNode::start();
    let sender = Sender::new(&session(&folder, &node.url), KeyUse::Record, None).unwrap();
    let drafts: Vec<RecordDraft> = (0..20).map(|n| draft(n * 300)).collect();
    let reckoned: usize = drafts.iter().map(size).sum();
    sender.deliver(&Plan::new(drafts, Vec::new(), "t", Repeat::Never), 5).await.unwrap();
    let built = node.sent()[0].len();
    assert!(built <= reckoned + 600 && built * 10 > reckoned * 9, "{built} {reckoned}");
}

#[tokio::test]
async fn an_official_sample_message_is_imported() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples/ceb/2018-113/export/CEB303Message.xml"));
    if !path.exists() {
        println!("skipped: no samples beside the repository");
        return;
    }
    let (folder, node) = (Folder::new(), TestNode::start());
    let command = ImportCommand::Ceb(ImportArgs { files: vec![path.to_owned()], sealed_to: vec!["BANK".into()] });
    let report = run(&session(&folder, &node.url), command).await.unwrap();
    let (imported, _, _, exit) = counts(&report);
    assert!(imported > 0 && exit == 0, "{}", report.json);
    let tx = chain_core::tx::ParsedTx::parse(&node.sent()[0], &crate::testing::ledger()).unwrap();
    assert_eq!(tx.records()[0].kind.as_str(), "trade.order/1");
    assert!(!tx.records()[0].sd.is_empty() && tx.records()[0].sealed_to[0].as_str() == "BANK");
}
