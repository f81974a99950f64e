#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, jti_of, session};

fn draft(number: u32) -> RecordDraft {
    RecordDraft {
        kind: "trade.order/1".into(),
        objects: vec![format!("order:{number}")],
        at: "2026-11-22T01:02:03Z".into(),
        clear: Default::default(),
        sealed: vec![("price".into(), number.into())],
    }
}

fn plan(number: u32, repeat: Repeat) -> Plan {
    Plan::new(vec![draft(number)], Vec::new(), "sub", repeat)
}

fn sender(folder: &Folder, url: &str) -> Sender {
    Sender::new(&session(folder, url), KeyUse::Record, None).unwrap()
}

#[tokio::test]
async fn a_retry_sends_the_same_bytes() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let plan = plan(1, Repeat::AfterRefusal);
    // Nobody listens: the transaction is on disk all the same.
    let failure = sender(&folder, "http://127.0.0.1:9").deliver(&plan, 0).await.unwrap_err();
    assert_eq!(failure.code(), "CLI-1201");
    let first = sender(&folder, &node.url).deliver(&plan, 5).await.unwrap();
    assert_eq!((first.outcome.status, first.before), (Status::Accepted, false));
    let again = sender(&folder, &node.url).deliver(&plan, 5).await.unwrap();
    assert_eq!((again.outcome.clone(), again.before), (first.outcome, true));
    let sent = node.sent();
    assert!(sent.len() == 2 && sent[0] == sent[1]);
    let session = session(&folder, &node.url);
    assert_eq!(session.wallet().disclosures(&again.record(0), &[]).unwrap().len(), 1);
}

#[tokio::test]
async fn pending_is_asked_again_with_the_same_bytes() {
    let (folder, node) = (Folder::new(), TestNode::start());
    node.books.lock().unwrap().pending = 2;
    let delivered = sender(&folder, &node.url).deliver(&plan(1, Repeat::Never), 10).await.unwrap();
    assert_eq!(delivered.outcome.status, Status::Accepted);
    let sent = node.sent();
    assert!(sent.len() == 3 && sent.iter().all(|bytes| *bytes == sent[0]));
    node.books.lock().unwrap().pending = 1;
    let unknown = sender(&folder, &node.url).deliver(&plan(2, Repeat::Never), 0).await.unwrap();
    assert_eq!(unknown.outcome.status, Status::Pending);
}

#[tokio::test]
async fn a_number_stands_for_one_content() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let under = |number| plan(number, Repeat::Never).under(Some("mine".into()));
    sender(&folder, &node.url).deliver(&under(1), 5).await.unwrap();
    let failure = sender(&folder, &node.url).deliver(&under(2), 5).await.unwrap_err();
    assert_eq!(failure.code(), "CLI-1301");
    assert_eq!(node.sent().len(), 1);
}

#[tokio::test]
async fn a_lost_outbox_changes_nothing() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let first = sender(&folder, &node.url).deliver(&plan(1, Repeat::Never), 5).await.unwrap();
    let home = session(&folder, &node.url).home;
    std::fs::remove_dir_all(home.outbox()).unwrap();
    let failure = sender(&folder, &node.url).deliver(&plan(1, Repeat::Never), 5).await.unwrap_err();
    assert_eq!(failure.code(), JTI_TAKEN);
    let Failure::Node(problem) = failure else { panic!("the node's answer") };
    assert_eq!(problem.transaction(), Some(first.outcome.id.to_string().as_str()));
    // What can never enter the ledger is not kept; what is on it is.
    let pages: Vec<_> = std::fs::read_dir(home.wallet()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(pages, [format!("{}.json", first.outcome.id).as_str()]);
}

#[tokio::test]
async fn what_repeating_means_depends_on_the_step() {
    for (repeat, refuse, second) in [
        (Repeat::Never, true, ""),
        (Repeat::AfterRefusal, true, "-r1"),
        (Repeat::AfterRefusal, false, ""),
        (Repeat::AfterOutcome, true, "-r1"),
        (Repeat::AfterOutcome, false, "-r1"),
    ] {
        let (folder, node) = (Folder::new(), TestNode::start());
        node.books.lock().unwrap().refuse = refuse.then_some("FIN-6012");
        let first = sender(&folder, &node.url).deliver(&plan(1, repeat), 5).await.unwrap();
        assert_eq!(first.outcome.status == Status::Refused, refuse);
        sender(&folder, &node.url).deliver(&plan(1, repeat), 5).await.unwrap();
        let sent = node.sent();
        assert_eq!(jti_of(&sent[1]), format!("{}{second}", jti_of(&sent[0])), "{repeat:?} {refuse}");
    }
}

#[tokio::test]
async fn what_was_turned_away_is_signed_afresh_under_its_number() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let plan = plan(1, Repeat::AfterRefusal);
    node.books.lock().unwrap().turn_away = Some((403, "TX-1103"));
    assert_eq!(sender(&folder, &node.url).deliver(&plan, 0).await.unwrap_err().code(), "TX-1103");
    node.books.lock().unwrap().turn_away = None;
    sender(&folder, &node.url).deliver(&plan, 0).await.unwrap();
    let sent = node.sent();
    assert_ne!(sent[0], sent[1]);
    assert_eq!(jti_of(&sent[0]), jti_of(&sent[1]));
}

#[tokio::test]
async fn a_node_in_trouble_leaves_the_outbox_as_it_is() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let plan = plan(1, Repeat::AfterRefusal);
    for (status, code) in [(500, "API-0500"), (404, "API-0404"), (403, "PROXY-1")] {
        node.books.lock().unwrap().turn_away = Some((status, code));
        assert_eq!(sender(&folder, &node.url).deliver(&plan, 0).await.unwrap_err().code(), code);
    }
    node.books.lock().unwrap().turn_away = None;
    sender(&folder, &node.url).deliver(&plan, 0).await.unwrap();
    let sent = node.sent();
    assert!(sent.len() == 4 && sent.iter().all(|bytes| *bytes == sent[0]));
}

#[tokio::test]
async fn a_refusal_reports_its_code_and_exit_code() {
    let (folder, node) = (Folder::new(), TestNode::start());
    node.books.lock().unwrap().refuse = Some("FIN-6012");
    let delivered = sender(&folder, &node.url).deliver(&plan(1, Repeat::Never), 5).await.unwrap();
    let report = delivered.report(&session(&folder, &node.url));
    assert_eq!(report.exit, 1);
    assert_eq!(report.json["error"]["code"], "FIN-6012");
    assert_eq!(report.json["error"]["message"], "No.");
    assert_eq!(report.json["error"]["info"]["free"], 5);
    assert!(report.text.contains("FIN-6012") && report.text.contains("\"free\":5"));
}

#[test]
fn the_same_step_a_minute_later_is_the_same_content() {
    let later = RecordDraft { at: "2026-11-22T01:03:03Z".into(), ..draft(1) };
    assert_eq!(Plan::now(vec![draft(1)], "rcv").jti, Plan::now(vec![later.clone()], "rcv").jti);
    assert_ne!(plan(1, Repeat::Never).jti, Plan::new(vec![later], Vec::new(), "sub", Repeat::Never).jti);
    assert_ne!(Plan::now(vec![draft(1)], "rcv").jti, Plan::now(vec![draft(2)], "rcv").jti);
    assert!(Jti::parse(&format!("{}-r999", plan(1, Repeat::Never).jti)).is_some());
}

#[tokio::test]
async fn an_overdue_transaction_is_sent_once_more_and_then_signed_afresh() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let plan = plan(1, Repeat::Never).under(Some("mine".into()));
    sender(&folder, "http://127.0.0.1:9").deliver(&plan, 0).await.unwrap_err();
    // Two hours pass.
    let outbox = session(&folder, &node.url).home.outbox().join(crate::testing::ledger().to_string()).join("ACME/mine.json");
    let mut entry: Value = serde_json::from_slice(&std::fs::read(&outbox).unwrap()).unwrap();
    entry["submit_by"] = 1.into();
    std::fs::write(&outbox, entry.to_string()).unwrap();
    node.books.lock().unwrap().late = Some(entry["tx"].as_str().unwrap().to_owned());
    let delivered = sender(&folder, &node.url).deliver(&plan, 5).await.unwrap();
    assert_eq!(delivered.outcome.status, Status::Accepted);
    let sent = node.sent();
    assert_eq!(sent[0], entry["text"].as_str().unwrap().as_bytes());
    assert!(sent.len() == 2 && sent[0] != sent[1] && jti_of(&sent[1]) == "mine");
}
