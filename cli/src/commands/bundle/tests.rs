#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session};

#[tokio::test]
async fn what_does_not_hold_is_not_written() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/bundle-member.json");
    // Good, but of another ledger; and in another order of fields.
    let bundle = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    node.books.lock().unwrap().answers.insert("/v1/objects/01%2F7/bundle".into(), (200, bundle));
    let output = folder.0.join("b.html");
    let args = BundleArgs {
        what: What::Object,
        id: "01/7".into(),
        output: Some(output.clone()),
        depth: Some(2),
        state: vec!["rcv/1".into(), "rcv/2".into()],
        open: vec![],
        json_only: false,
    };
    let failure = run(&session(&folder, &node.url), args).await.unwrap_err();
    assert_eq!((failure.code(), failure.exit()), ("CLI-3004", 3));
    assert!(!output.exists());
    let asked = node.books.lock().unwrap().requests.last().unwrap().0.clone();
    assert_eq!(asked, "GET /v1/objects/01%2F7/bundle?state=rcv%2F1&state=rcv%2F2&depth=2");
}
