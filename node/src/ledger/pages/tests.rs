#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::storage::MemoryStorage;
use chain_core::hash::Hash;
use chain_core::tree::{Root, update};
use std::collections::BTreeMap;

const SNAPSHOTS: [Height; 2] = [Height(0), Height(7)];

/// Two thousand keys at version 3, as the pages of snapshot 7.
fn stored() -> (MemoryStorage, Vec<Numbered>) {
    let storage = MemoryStorage::default();
    let changes: BTreeMap<Hash, Option<Hash>> = (0..2000u64)
        .map(|n| {
            let key = Hash::of(&n.to_be_bytes());
            (key, Some(key))
        })
        .collect();
    let mut pages = update(&Pages { storage: &storage, snapshots: &[] }, &Root::EMPTY, 3, &changes).unwrap().new_pages;
    pages.sort_by_key(|(id, _)| place(id));
    let mut batch = Batch::default();
    put(&mut batch, Height(7), &pages);
    storage.write(batch).unwrap();
    (storage, pages)
}

#[test]
fn every_page_comes_back_under_its_own_id_alone() {
    let (storage, pages) = stored();
    let reader = Pages { storage: &storage, snapshots: &SNAPSHOTS };
    assert!(pages.len() > 500);
    for (id, page) in &pages {
        assert_eq!(reader.page(id).unwrap().as_ref(), Some(page), "{id:?}");
        for version in [0, 2, 4, 7, 8] {
            assert_eq!(reader.page(&PageId { version, ..*id }).unwrap(), None);
        }
    }
}

#[test]
fn sheets_are_whole_wherever_a_part_ends() {
    let (_, pages) = stored();
    let ids: Vec<PageId> = pages.iter().map(|(id, _)| *id).collect();
    let rows = ids.chunk_by(|a, b| start(a) == start(b)).count();
    assert!(rows > 200 && rows < ids.len(), "{rows} rows, {} pages", ids.len());
    assert_eq!(end_of_sheet(&ids, 0), 0);
    assert_eq!(end_of_sheet(&ids, ids.len()), ids.len());
    for index in 1..ids.len() {
        let end = end_of_sheet(&ids, index);
        assert!(end >= index && end == ids.len() || start(&ids[end - 1]) != start(&ids[end]));
        assert_eq!(start(&ids[index - 1]), start(&ids[end - 1]));
    }
}

#[test]
fn what_is_forgotten_goes_and_the_rest_stays() {
    let (storage, pages) = stored();
    let gone: Vec<PageId> = pages.iter().step_by(3).map(|(id, _)| *id).collect();
    let mut batch = Batch::default();
    forget(&storage, &SNAPSHOTS, &mut batch, &gone).unwrap();
    storage.write(batch).unwrap();
    let reader = Pages { storage: &storage, snapshots: &SNAPSHOTS };
    for (id, page) in &pages {
        assert_eq!(reader.page(id).unwrap(), (!gone.contains(id)).then(|| page.clone()), "{id:?}");
    }
}

#[test]
fn what_was_not_finished_is_swept_away() {
    let (storage, pages) = stored();
    let reader = Pages { storage: &storage, snapshots: &SNAPSHOTS };
    forget_unfinished(&storage, Height(7)).unwrap();
    assert!(pages.iter().all(|(id, _)| reader.page(id).unwrap().is_some()));
    forget_unfinished(&storage, Height(6)).unwrap();
    assert!(storage.scan(Table::Sheets, b"", b"", Direction::Forward, 1).unwrap().is_empty());
}

#[test]
fn a_damaged_sheet_is_an_error_or_no_page() {
    let (storage, pages) = stored();
    let (id, _) = &pages[0];
    let sheet = storage.get(Table::Sheets, &sheet_key(Height(7), id)).unwrap().unwrap();
    for cut in 0..sheet.len().min(200) {
        let damaged = MemoryStorage::default();
        let mut batch = Batch::default();
        batch.put(Table::Sheets, &sheet_key(Height(7), id), &sheet[..cut]);
        damaged.write(batch).unwrap();
        let reader = Pages { storage: &damaged, snapshots: &SNAPSHOTS };
        assert!(!matches!(reader.page(id), Ok(Some(page)) if page.encode().len() + 11 > cut));
    }
}
