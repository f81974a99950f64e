#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session, some_record};

fn verdict(overall: &str) -> Value {
    json!({ "receivable": some_record(), "height": 9, "verdict": overall, "checks": [
        { "name": "free-amount", "verdict": overall, "reason": { "code": "RC-01", "zh-CN": "余额足够", "en": "Enough is free." }, "records": [] }] })
}

#[tokio::test]
async fn a_verdict_gives_the_exit_code() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let session = session(&folder, &node.url);
    for (overall, exit) in [("pass", 0), ("warn", 0), ("fail", 1)] {
        let path = format!("/v1/receivables/{}/check", some_record());
        node.books.lock().unwrap().answers.insert(path, (200, verdict(overall)));
        let report = check(&session, CheckArgs { receivable: some_record().parse().unwrap() }).await.unwrap();
        assert_eq!((report.exit, report.json["verdict"].as_str()), (exit, Some(overall)));
        assert!(report.text.contains("Enough is free.") && report.text.contains("RC-01"));
    }
    let path = format!("/v1/receivables/{}/check", some_record());
    node.books.lock().unwrap().answers.insert(path, (200, verdict("perhaps")));
    let odd = check(&session, CheckArgs { receivable: some_record().parse().unwrap() }).await;
    assert_eq!(odd.unwrap_err().code(), "CLI-1202");
}

#[tokio::test]
async fn presenting_needs_the_wallet() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let args = PresentArgs { receivable: some_record().parse().unwrap(), fields: Vec::new(), also: Vec::new() };
    let failure = present(&session(&folder, &node.url), args).await.unwrap_err();
    assert_eq!(failure.code(), "CLI-1305");
    assert!(node.books.lock().unwrap().requests.is_empty(), "nothing was handed out");
}

#[test]
fn record_ids_are_strict() {
    assert!(some_record().parse::<Id>().is_ok());
    for wrong in ["", "aa:0", &some_record().replace(":0", ""), &some_record().replace(":0", ":00"), &some_record().to_uppercase()] {
        assert!(wrong.parse::<Id>().is_err(), "{wrong}");
    }
}
