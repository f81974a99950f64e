#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::{Folder, ledger, session, some_record};

fn terms() -> Terms {
    Terms {
        ledger: ledger(),
        member: MemberId::parse("ACME").unwrap(),
        kind: "finance.pledge/1".into(),
        receivable: RecordId::parse(&some_record()).unwrap(),
        encumbrance: RecordId::parse(&some_record()).unwrap(),
        minor: 500,
        currency: Currency::parse("CNY").unwrap(),
        until: Date::parse("2027-01-31").unwrap(),
        register_no: "0123".into(),
    }
}

#[test]
fn a_makers_signature_holds_for_its_terms_only() {
    let folder = Folder::new();
    let session = session(&folder, "http://127.0.0.1:9");
    let approval = Approval::sign(&session, terms(), None).unwrap();
    let path = folder.0.join("maker.json");
    std::fs::write(&path, serde_json::to_vec(&approval).unwrap()).unwrap();
    assert_eq!(Approval::read(&path, &terms()).unwrap(), approval);
    let changes: [fn(&mut Terms); 5] = [
        |t| t.minor += 1,
        |t| t.currency = Currency::parse("USD").unwrap(),
        |t| t.until = Date::parse("2027-02-01").unwrap(),
        |t| t.register_no.push('4'),
        |t| t.kind = "finance.release/1".into(),
    ];
    for change in changes {
        let mut other = terms();
        change(&mut other);
        assert_eq!(Approval::read(&path, &other).unwrap_err().code(), "CLI-1503");
        // Nor does it help to write the other terms into the file.
        let forged = Approval { terms: other.clone(), ..approval.clone() };
        assert!(!forged.hold_against(&other));
    }
    assert_eq!(Approval::sign(&session, terms(), Some("main")).unwrap_err().code(), "CLI-1109");
}
