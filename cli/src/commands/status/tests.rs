#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, TestNode, session};

fn seen(size: u64, root: &str) -> Seen {
    Seen { origin: "o".into(), size, root: root.into() }
}

#[test]
fn checkpoints_are_compared() {
    let before = seen(5, "r5");
    assert_eq!(compare(None, &before).unwrap(), Relation::First);
    assert_eq!(compare(Some(&before), &seen(5, "r5")).unwrap(), Relation::Same);
    assert_eq!(compare(Some(&before), &seen(6, "r6")).unwrap(), Relation::Grown);
    assert_eq!(compare(Some(&before), &seen(4, "r4")).unwrap(), Relation::Behind);
    for conflict in [seen(5, "other"), Seen { origin: "p".into(), ..seen(6, "r6") }] {
        let failure = compare(Some(&before), &conflict).unwrap_err();
        assert_eq!((failure.code(), failure.exit()), ("CLI-3002", 3));
    }
}

#[tokio::test]
async fn the_newest_checkpoint_is_remembered_and_held_against_the_next() {
    let (folder, node) = (Folder::new(), TestNode::start());
    let session = session(&folder, &node.url);
    assert_eq!(run(&session).await.unwrap().json["checkpoint"], Value::Null);
    let show = |size: u64, root: &str| node.books.lock().unwrap().checkpoint = Some(format!("sealane.test/cli\n{size}\n{root}\n\n"));
    for (size, root, expected) in [(5, "a", "first"), (5, "a", "same"), (7, "b", "grown"), (5, "a", "behind")] {
        show(size, root);
        assert_eq!(run(&session).await.unwrap().json["checkpoint"]["comparison"], expected);
    }
    show(7, "c");
    assert_eq!(run(&session).await.unwrap_err().code(), "CLI-3002");
    let kept = std::fs::read_to_string(session.home.last_checkpoint()).unwrap();
    assert_eq!(Seen::read(&kept).unwrap().root, "b");
}

#[tokio::test]
async fn another_ledger_is_a_failed_verification() {
    let (folder, node) = (Folder::new(), TestNode::start());
    node.books.lock().unwrap().ledger = Some("00".repeat(32));
    let failure = run(&session(&folder, &node.url)).await.unwrap_err();
    assert_eq!((failure.code(), failure.exit()), ("CLI-3001", 3));
}
