#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::storage::MemoryStorage;
use chain_core::hash::Hash;
use chain_core::tree::{self, Root, TreeUpdate};
use std::collections::BTreeMap;

fn changes(version: u64, keys: std::ops::Range<u64>) -> BTreeMap<Hash, Option<Hash>> {
    keys.map(|n| (Hash::of(&n.to_be_bytes()), Some(Hash::of(&(n + version).to_be_bytes())))).collect()
}

/// Three versions, stored: a large one, and two that each change a part of it.
fn stored() -> (MemoryStorage, Vec<TreeUpdate>) {
    let storage = MemoryStorage::default();
    let mut updates = Vec::new();
    let mut root = Root::EMPTY;
    for (version, keys) in [(1, 0..1000), (2, 0..1), (3, 500..900)] {
        let update = tree::update(&Pages(&storage), &root, version, &changes(version, keys)).unwrap();
        root = update.root;
        let mut batch = Batch::default();
        put(&mut batch, &update.new_pages);
        storage.write(batch).unwrap();
        updates.push(update);
    }
    (storage, updates)
}

#[test]
fn every_page_comes_back() {
    let (storage, updates) = stored();
    let pages = Pages(&storage);
    for (id, page) in updates.iter().flat_map(|update| &update.new_pages) {
        assert_eq!(pages.page(id).unwrap().as_ref(), Some(page), "{id:?}");
    }
    // A page that another version renewed, and one that none has.
    let only_first = updates[0].new_pages.iter().find(|(id, _)| updates[1].page(&PageId { version: 2, ..*id }).is_none()).unwrap().0;
    assert_eq!(pages.page(&PageId { version: 2, ..only_first }).unwrap(), None);
    assert_eq!(pages.page(&PageId { version: 9, ..only_first }).unwrap(), None);
}

#[test]
fn a_large_version_takes_few_rows() {
    let (storage, updates) = stored();
    let rows = storage.scan(Table::Sheets, &1u64.to_be_bytes(), b"", crate::storage::Direction::Forward, 10_000).unwrap();
    assert!(updates[0].new_pages.len() > 250 && rows.len() <= 257, "{} pages, {} rows", updates[0].new_pages.len(), rows.len());
}

#[test]
fn what_is_stale_goes_and_the_rest_stays() {
    let (storage, updates) = stored();
    let mut batch = Batch::default();
    forget(&storage, &mut batch, &updates[1].stale).unwrap();
    forget(&storage, &mut batch, &[]).unwrap();
    storage.write(batch).unwrap();
    let mut batch = Batch::default();
    forget(&storage, &mut batch, &updates[2].stale).unwrap();
    storage.write(batch).unwrap();
    let stale: BTreeSet<PageId> = updates.iter().flat_map(|update| update.stale.clone()).collect();
    assert!(stale.len() > 20);
    let pages = Pages(&storage);
    for (id, page) in updates.iter().flat_map(|update| &update.new_pages) {
        assert_eq!(pages.page(id).unwrap(), (!stale.contains(id)).then(|| page.clone()), "{id:?}");
    }
    // The newest version is whole: every value is still proved.
    let root = updates[2].root;
    for n in 0..1000u64 {
        let key = Hash::of(&n.to_be_bytes());
        assert!(tree::prove(&pages, &root, &key).is_ok());
    }
}

#[test]
fn a_damaged_sheet_is_an_error_or_no_page() {
    let (storage, updates) = stored();
    let (id, _) = &updates[0].new_pages[0];
    let sheet = storage.get(Table::Sheets, &sheet_key(id)).unwrap().unwrap();
    for cut in 0..sheet.len().min(200) {
        let damaged = MemoryStorage::default();
        let mut batch = Batch::default();
        batch.put(Table::Sheets, &sheet_key(id), &sheet[..cut]);
        damaged.write(batch).unwrap();
        assert!(!matches!(Pages(&damaged).page(id), Ok(Some(page)) if page.encode().len() + 3 > cut));
    }
}
