//! The state tree on disk. A block renews several pages for every key that it writes; those of one version whose paths
//! begin with the same two nibbles share a row, a *sheet*, so that a large block writes hundreds of rows and not
//! thousands. The pages above, whose paths are shorter, share one too.
//!
//! In a sheet a page stands as: nibbles in its path (1 byte), the path (two nibbles to a byte), its length (2 bytes,
//! big-endian), its bytes.

use crate::storage::{Batch, Storage, StorageError, Table};
use chain_core::tree::{Page, PageId, PageReader};
use std::collections::BTreeSet;

/// The first two nibbles of a page's path, if it has so many.
fn start(id: &PageId) -> Option<u8> {
    id.path.packed().first().copied().filter(|_| id.path.len() >= 2)
}

/// Storage key of the sheet with a page: its version, then its first two nibbles if it has so many.
fn sheet_key(id: &PageId) -> Vec<u8> {
    let mut key = id.version.to_be_bytes().to_vec();
    key.extend(start(id));
    key
}

/// The part of [`PageId::to_bytes`] that is not the version.
fn path_bytes(id: &PageId) -> Vec<u8> {
    id.to_bytes().split_off(8)
}

/// Pages of a sheet: path, bytes, and both as they stand. Ends early where the sheet is damaged.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let path_len = 1 + usize::from(*self.0.first()?).div_ceil(2);
        let (path, rest) = self.0.split_at_checked(path_len)?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (page, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some((path, page, whole))
    }
}

/// Adds new pages of one version to a batch.
pub fn put(batch: &mut Batch, pages: &[(PageId, Page)]) {
    // Sorted by id, shorter paths come first: the pages of a sheet are not neighbours.
    let mut sorted: Vec<&(PageId, Page)> = pages.iter().collect();
    sorted.sort_by_key(|(id, _)| start(id));
    let mut bytes = Vec::new();
    for sheet in sorted.chunk_by(|(a, _), (b, _)| start(a) == start(b)) {
        bytes.clear();
        for (id, page) in sheet {
            bytes.push(id.path.len() as u8);
            bytes.extend_from_slice(id.path.packed());
            bytes.extend_from_slice(&(page.encoded_len() as u16).to_be_bytes());
            page.encode_to(&mut bytes);
        }
        if let Some((id, _)) = sheet.first() {
            batch.put(Table::Sheets, &sheet_key(id), &bytes);
        }
    }
}

/// Takes pages out of their sheets.
///
/// # Errors
/// The store failed.
pub fn forget(storage: &dyn Storage, batch: &mut Batch, ids: &[PageId]) -> Result<(), StorageError> {
    let mut sorted: Vec<(Vec<u8>, Vec<u8>)> = ids.iter().map(|id| (sheet_key(id), path_bytes(id))).collect();
    sorted.sort();
    for sheet in sorted.chunk_by(|a, b| a.0 == b.0) {
        let Some((key, _)) = sheet.first() else { continue };
        let Some(bytes) = storage.get(Table::Sheets, key)? else { continue };
        let gone: BTreeSet<&[u8]> = sheet.iter().map(|(_, path)| &path[..]).collect();
        let kept: Vec<u8> =
            Entries(&bytes).filter(|(path, ..)| !gone.contains(path)).flat_map(|(_, _, whole)| whole).copied().collect();
        if kept.is_empty() {
            batch.delete(Table::Sheets, key);
        } else {
            batch.put(Table::Sheets, key, kept);
        }
    }
    Ok(())
}

/// Reads pages from their sheets.
pub struct Pages<'a>(pub &'a dyn Storage);

impl PageReader for Pages<'_> {
    type Error = StorageError;

    fn page(&self, id: &PageId) -> Result<Option<Page>, StorageError> {
        let Some(sheet) = self.0.get(Table::Sheets, &sheet_key(id))? else { return Ok(None) };
        let path = path_bytes(id);
        match Entries(&sheet).find(|(at, ..)| *at == path) {
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
