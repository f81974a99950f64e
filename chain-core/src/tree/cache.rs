//! A bounded cache of decoded pages.
//!
//! Laid out like a processor's cache: a page's path alone says which small set
//! it may be in, and within a set the page unused for longest makes room. Of
//! one path only the newest version is kept, since updates read no other.

use super::{Page, PageId, PageReader};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Pages in a set, most recently used first.
const WAYS: usize = 4;

/// A page and where it belongs, in few bytes.
struct Way {
    at: At,
    page: Page,
}

/// An id whose path has at most 16 nibbles. Longer ones, which take two keys that begin with the same 64 bits, are not
/// kept.
#[derive(Clone, Copy, PartialEq, Eq)]
struct At {
    version: u64,
    path: Path,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Path {
    nibbles: u64,
    len: u8,
}

impl At {
    fn of(id: &PageId) -> Option<At> {
        let packed = id.path.packed();
        let mut first = [0; 8];
        first.get_mut(..packed.len())?.copy_from_slice(packed);
        let path = Path { nibbles: u64::from_be_bytes(first), len: u8::try_from(id.path.len()).ok()? };
        Some(At { version: id.version, path })
    }
}

type Set = [Option<Way>; WAYS];

/// A cache of committed pages, shared by updates and proofs. It never changes a
/// result, only how often the store is read. A page takes at most 1.6 KB. Room is
/// made as pages come.
pub struct PageCache {
    most_sets: usize,
    table: Mutex<Table>,
}

struct Table {
    sets: Vec<Set>,
}

/// Sets to begin with.
const FIRST_SETS: usize = 256;

impl PageCache {
    /// A cache for `pages` pages, rounded up to a power of two, at least 4.
    pub fn new(pages: usize) -> PageCache {
        let most_sets = pages.div_ceil(WAYS).next_power_of_two();
        let sets = empty(most_sets.min(FIRST_SETS));
        PageCache { most_sets, table: Mutex::new(Table { sets }) }
    }

    /// Takes over pages. Call it when they are written, never before: a rival
    /// update of the same version has other pages under the same ids.
    pub fn admit(&self, pages: &[(PageId, Page)]) {
        let mut table = self.lock();
        for (id, page) in pages {
            table.insert(id, page, self.most_sets);
        }
    }

    /// `store`, a reader of committed pages, behind this cache.
    pub fn over<R: PageReader>(&self, store: R) -> CachedReader<'_, R> {
        CachedReader { cache: self, store }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // No step of this module leaves a set half changed.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set(sets: &mut [Set], path: Path) -> &mut Set {
    // A path holds bits of a SHA-256 digest, left-aligned: one multiplication
    // moves them and the length into the low half evenly enough.
    let mixed = (path.nibbles ^ u64::from(path.len)).rotate_left(24).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let index = (mixed >> 32) as usize & (sets.len() - 1);
    &mut sets[index]
}

fn empty(sets: usize) -> Vec<Set> {
    std::iter::repeat_with(Set::default).take(sets).collect()
}

impl Table {
    fn insert(&mut self, id: &PageId, page: &Page, most_sets: usize) {
        let Some(at) = At::of(id) else { return };
        let set = set(&mut self.sets, at.path);
        let same_path = set.iter().position(|way| matches!(way, Some(way) if way.at.path == at.path));
        if let Some(known) = same_path.and_then(|way| set[way].as_ref())
            && known.at.version > at.version
        {
            return;
        }
        // A page makes way only in the largest table.
        if same_path.is_none() && set[WAYS - 1].is_some() && self.sets.len() < most_sets {
            self.grow();
            return self.insert(id, page, most_sets);
        }
        let way = same_path.unwrap_or(WAYS - 1);
        let set = self::set(&mut self.sets, at.path);
        set[way] = Some(Way { at, page: page.clone() });
        set[..=way].rotate_right(1);
    }

    /// Twice as many sets: each is split in two.
    fn grow(&mut self) {
        let mut sets = empty(2 * self.sets.len());
        for way in std::mem::take(&mut self.sets).into_iter().flatten().flatten() {
            // In the order of use; a half never has more than the whole had.
            let set = set(&mut sets, way.at.path);
            if let Some(room) = set.iter_mut().find(|room| room.is_none()) {
                *room = Some(way);
            }
        }
        self.sets = sets;
    }
}

/// A reader of committed pages behind a [`PageCache`].
pub struct CachedReader<'c, R> {
    cache: &'c PageCache,
    store: R,
}

impl<R: PageReader> PageReader for CachedReader<'_, R> {
    type Error = R::Error;

    fn page(&self, id: &PageId) -> Result<Option<Page>, R::Error> {
        if let Some(at) = At::of(id) {
            let mut table = self.cache.lock();
            let set = set(&mut table.sets, at.path);
            if let Some(way) = set.iter().position(|way| matches!(way, Some(way) if way.at == at)) {
                set[..=way].rotate_right(1);
                return Ok(set[0].as_ref().map(|way| way.page.clone()));
            }
        }
        let page = self.store.page(id)?;
        if let Some(page) = &page {
            self.cache.lock().insert(id, page, self.cache.most_sets);
        }
        Ok(page)
    }
}
