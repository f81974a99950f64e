//! Pages of the state tree on disk: written for a snapshot, that is, a height at which every page of the tree is there.
//! Those whose paths begin with the same three nibbles share a row, a *sheet*, so that a snapshot takes few rows. The
//! pages above, whose paths are shorter, share one too.
//!
//! In a sheet a page stands as: its version (8 bytes, big-endian), nibbles in its path (1 byte), the path (two nibbles to
//! a byte), its length (2 bytes, big-endian), its bytes.

use crate::storage::{Batch, Direction, Storage, StorageError, Table};
use chain_core::tree::{Page, PageId, PageReader};
use chain_core::types::Height;
use std::collections::BTreeSet;

/// A page and its id.
pub type Numbered = (PageId, Page);

/// The first three nibbles of a page's path, if it has so many.
fn start(id: &PageId) -> Option<[u8; 2]> {
    let start = id.path.packed().first_chunk::<2>().filter(|_| id.path.len() >= 3)?;
    Some([start[0], start[1] & 0xf0])
}

/// Orders pages by sheet.
pub fn place(id: &PageId) -> impl Ord + use<> {
    (start(id), id.path)
}

/// Where the sheet ends that the page before `index` of sorted pages is in.
pub fn end_of_sheet(sorted: &[PageId], index: usize) -> usize {
    let Some(last) = index.checked_sub(1).and_then(|last| sorted.get(last)) else { return index };
    index + sorted.iter().skip(index).take_while(|id| start(id) == start(last)).count()
}

/// Storage key of the sheet with a page: the snapshot's height, then the first three nibbles if it has so many.
fn sheet_key(snapshot: Height, id: &PageId) -> Vec<u8> {
    let mut key = snapshot.0.to_be_bytes().to_vec();
    key.extend(start(id).into_iter().flatten());
    key
}

/// Pages of a sheet: id (version, length and path as [`PageId::to_bytes`] has them), bytes, and both as they stand.
/// Ends early where the sheet is damaged.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let id_len = 9 + usize::from(*self.0.get(8)?).div_ceil(2);
        let (id, rest) = self.0.split_at_checked(id_len)?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (page, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some((id, page, whole))
    }
}

/// Adds whole sheets of a snapshot to a batch.
pub fn put(batch: &mut Batch, snapshot: Height, sorted: &[Numbered]) {
    let mut bytes = Vec::new();
    for sheet in sorted.chunk_by(|(a, _), (b, _)| start(a) == start(b)) {
        bytes.clear();
        for (id, page) in sheet {
            bytes.extend_from_slice(&id.to_bytes());
            bytes.extend_from_slice(&(page.encoded_len() as u16).to_be_bytes());
            page.encode_to(&mut bytes);
        }
        if let Some((id, _)) = sheet.first() {
            batch.put(Table::Sheets, &sheet_key(snapshot, id), &bytes);
        }
    }
}

/// Takes pages out of their sheets.
///
/// # Errors
/// The store failed.
pub fn forget(
    storage: &dyn Storage,
    snapshots: &[Height],
    batch: &mut Batch,
    ids: &[PageId],
) -> Result<(), StorageError> {
    let place = |id: &PageId| Some((sheet_key(written_in(snapshots, id.version)?, id), id.to_bytes()));
    let mut sorted: Vec<(Vec<u8>, Vec<u8>)> = ids.iter().filter_map(place).collect();
    sorted.sort();
    for sheet in sorted.chunk_by(|a, b| a.0 == b.0) {
        let Some((key, _)) = sheet.first() else { continue };
        let Some(bytes) = storage.get(Table::Sheets, key)? else { continue };
        let gone: BTreeSet<&[u8]> = sheet.iter().map(|(_, id)| &id[..]).collect();
        let kept: Vec<u8> =
            Entries(&bytes).filter(|(id, ..)| !gone.contains(id)).flat_map(|(_, _, whole)| whole).copied().collect();
        if kept.is_empty() {
            batch.delete(Table::Sheets, key);
        } else {
            batch.put(Table::Sheets, key, kept);
        }
    }
    Ok(())
}

/// Deletes what was written of a snapshot that was not finished, the only one after `last`.
///
/// # Errors
/// The store failed.
pub fn forget_unfinished(storage: &dyn Storage, last: Height) -> Result<(), StorageError> {
    loop {
        let rows = storage.scan(Table::Sheets, b"", &last.next().0.to_be_bytes(), Direction::Forward, 64)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        rows.iter().for_each(|(key, _)| batch.delete(Table::Sheets, key));
        storage.write(batch)?;
    }
}

/// The snapshot that a page of a version was written for.
fn written_in(snapshots: &[Height], version: u64) -> Option<Height> {
    snapshots.get(snapshots.partition_point(|height| height.0 < version)).copied()
}

/// Reads pages from their sheets.
pub struct Pages<'a> {
    /// The store.
    pub storage: &'a dyn Storage,
    /// Heights of the finished snapshots, rising.
    pub snapshots: &'a [Height],
}

impl PageReader for Pages<'_> {
    type Error = StorageError;

    fn page(&self, id: &PageId) -> Result<Option<Page>, StorageError> {
        let Some(snapshot) = written_in(self.snapshots, id.version) else { return Ok(None) };
        let Some(sheet) = self.storage.get(Table::Sheets, &sheet_key(snapshot, id))? else { return Ok(None) };
        let wanted = id.to_bytes();
        match Entries(&sheet).find(|(at, ..)| *at == wanted) {
            None => Ok(None),
            Some((_, page, _)) => match Page::decode(page) {
                Ok(page) => Ok(Some(page)),
                Err(error) => Err(StorageError(format!("page {id:?}: {error}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests;
