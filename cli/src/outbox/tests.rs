#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, ledger};

fn entry(jti: &str, text: &str) -> Entry {
    let built = Built { bytes: text.as_bytes().to_vec(), id: TxId(Hash::of(text.as_bytes())), sealed: Vec::new() };
    Entry::new(Jti::parse(jti).unwrap(), Hash::of(b"content"), 10, &built)
}

fn outbox(folder: &Folder, member: &str) -> Outbox {
    Outbox::new(&folder.0, &ledger(), &MemberId::parse(member).unwrap())
}

#[test]
fn the_first_to_write_wins() {
    let folder = Folder::new();
    let outbox = outbox(&folder, "ACME");
    let first = outbox.add(entry("j", "first")).unwrap();
    let second = outbox.add(entry("j", "second")).unwrap();
    assert_eq!(second, first);
    assert_eq!(outbox.find(&first.jti).unwrap().unwrap().text, "first");
}

#[test]
fn an_outcome_is_remembered_with_all_that_was_said() {
    let folder = Folder::new();
    let outbox = outbox(&folder, "ACME");
    let mut kept = outbox.add(entry("j", "text")).unwrap();
    assert_eq!(kept.status(), Status::Pending);
    let said = serde_json::json!({ "id": kept.tx, "status": "refused", "code": "FIN-6012", "info": { "free": 1 } });
    kept.outcome = Some(serde_json::from_value(said.clone()).unwrap());
    outbox.conclude(&kept).unwrap();
    let found = outbox.find(&kept.jti).unwrap().unwrap();
    assert_eq!(found.status(), Status::Refused);
    assert_eq!(serde_json::to_value(found.outcome).unwrap(), said);
}

#[test]
fn members_do_not_share_numbers() {
    let folder = Folder::new();
    let kept = outbox(&folder, "ACME").add(entry("j", "text")).unwrap();
    assert_eq!(outbox(&folder, "BANK").find(&kept.jti).unwrap(), None);
    outbox(&folder, "ACME").withdraw(&kept.jti).unwrap();
    assert_eq!(outbox(&folder, "ACME").find(&kept.jti).unwrap(), None);
}
