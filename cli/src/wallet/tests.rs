#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::Folder;
use chain_core::hash::Hash;
use chain_core::tx::disclosure::of_field;
use std::os::unix::fs::PermissionsExt;

fn built() -> Built {
    let id = TxId(Hash::of(b"tx"));
    let sealed = |name: &str| Sealed { disclosure: of_field(&[1; 16], name, &"v".into()) };
    let records = vec![
        (RecordId { tx: id, index: 0 }, vec![sealed("parties"), sealed("invoice")]),
        (RecordId { tx: id, index: 1 }, vec![]),
    ];
    Built { bytes: Vec::new(), id, sealed: records }
}

#[test]
fn sealed_fields_are_found_again_by_record_and_name() {
    let folder = Folder::new();
    let wallet = Wallet::new(folder.0.join("wallet"));
    let (built, names) = (built(), |found: Vec<(String, String)>| found.into_iter().map(|(n, _)| n).collect::<Vec<_>>());
    wallet.keep(&built).unwrap();
    let record = built.sealed[0].0;
    let mode = std::fs::metadata(folder.0.join(format!("wallet/{}.json", built.id))).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(names(wallet.disclosures(&record, &[]).unwrap()), ["parties", "invoice"]);
    assert_eq!(names(wallet.disclosures(&record, &["invoice".into()]).unwrap()), ["invoice"]);
    assert_eq!(wallet.disclosures(&record, &["price".into()]).unwrap_err().code(), "CLI-1306");
    assert_eq!(wallet.disclosures(&built.sealed[1].0, &[]).unwrap_err().code(), "CLI-1305");
    wallet.forget(&built.id).unwrap();
    assert_eq!(wallet.disclosures(&record, &[]).unwrap_err().code(), "CLI-1305");
    wallet.forget(&built.id).unwrap();
}

#[test]
fn a_damaged_page_is_told() {
    let folder = Folder::new();
    let wallet = Wallet::new(folder.0.clone());
    let built = built();
    std::fs::write(folder.0.join(format!("{}.json", built.id)), "{").unwrap();
    assert_eq!(wallet.disclosures(&built.sealed[0].0, &[]).unwrap_err().code(), "CLI-1302");
}
