#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::lang::Lang;
use crate::testing::{Folder, TestNode, global, session};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;

async fn verdicts(folder: &Folder, url: &str) -> (u8, Vec<(String, String)>) {
    let report = run(global(folder, url), Screen::new(false, Lang::English)).await.unwrap();
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let checks = report.json["checks"].as_array().unwrap();
    (report.exit, checks.iter().map(|check| (text(check, "check"), text(check, "verdict"))).collect())
}

fn says(found: &[(String, String)], check: &str, verdict: &str) -> bool {
    found.iter().any(|(c, v)| c == check && v == verdict)
}

#[tokio::test]
async fn each_trouble_is_found() {
    let (folder, node) = (Folder::new(), TestNode::start());
    session(&folder, &node.url);
    let (exit, found) = verdicts(&folder, &node.url).await;
    for check in ["home", "space", "keys", "member", "genesis", "node", "ledger"] {
        assert!(says(&found, check, "pass"), "{check}: {found:?}");
    }
    // The test node's clock stands in 1994.
    assert!(exit == 1 && says(&found, "clock", "fail"));

    node.books.lock().unwrap().ledger = Some("00".repeat(32));
    std::fs::set_permissions(folder.0.join("keys/main.json"), PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::remove_file(folder.0.join("keys/api.json")).unwrap();
    let (_, found) = verdicts(&folder, &node.url).await;
    assert!(says(&found, "ledger", "fail"));
    assert_eq!(found.iter().filter(|(c, v)| c == "keys" && v == "fail").count(), 2, "{found:?}");

    let (_, found) = verdicts(&folder, "http://127.0.0.1:9").await;
    assert!(says(&found, "node", "fail"));
    std::fs::write(folder.0.join("config.toml"), "x").unwrap();
    let (exit, found) = verdicts(&folder, &node.url).await;
    assert!(exit == 1 && says(&found, "config", "fail"));
}

#[tokio::test]
async fn it_starts_without_a_home() {
    let folder = Folder::new();
    let inner = Folder(folder.0.join("absent"));
    let (_, found) = verdicts(&inner, "http://127.0.0.1:9").await;
    assert!(says(&found, "home", "warn"));
}

#[test]
fn free_space_is_measured() {
    assert!(free_kib(Path::new("/tmp/not/there")).is_some_and(|free| free > 0));
}
