#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session};

fn args(what: What, id: Option<&str>) -> GetArgs {
    GetArgs { what, id: id.map(str::to_owned), output: None, record: 0, height: None, raw: false }
}

#[test]
fn ids_cannot_change_the_path() {
    assert_eq!(segment("aa:0"), "aa:0");
    assert_eq!(segment("../x?y#z%"), "..%2Fx%3Fy%23z%25");
}

#[tokio::test]
async fn a_receipt_goes_to_a_file() {
    let (folder, node) = (Folder::new(), TestNode::start());
    node.books.lock().unwrap().answers.insert("/v1/transactions/aa/receipt".into(), (200, "proof".into()));
    let path = folder.0.join("r");
    let args = GetArgs { output: Some(path.clone()), ..args(What::Receipt, Some("aa:3")) };
    run(&session(&folder, &node.url), args).await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "\"proof\"");
    let asked = node.books.lock().unwrap().requests.last().unwrap().0.clone();
    assert_eq!(asked, "GET /v1/transactions/aa/receipt?record=3");
}

#[tokio::test]
async fn a_state_key_goes_into_the_query() {
    let (folder, node) = (Folder::new(), TestNode::start());
    node.books.lock().unwrap().answers.insert("/v1/state".into(), (200, json!({ "key": "k", "value": null })));
    let args = GetArgs { height: Some(7), ..args(What::State, Some("rcv/a:0")) };
    let report = run(&session(&folder, &node.url), args).await.unwrap();
    assert_eq!(report.json["value"], Value::Null);
    let asked = node.books.lock().unwrap().requests.last().unwrap().0.clone();
    assert_eq!(asked, "GET /v1/state?key=rcv%2Fa%3A0&height=7");
}

#[tokio::test]
async fn what_is_not_there_fails_with_the_nodes_code() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let failure = run(&session(&folder, &node.url), args(What::Tx, Some("aa"))).await.unwrap_err();
    assert_eq!((failure.code(), failure.exit()), ("API-0404", 1));
}
