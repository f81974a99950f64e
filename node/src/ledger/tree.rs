//! The state tree of the committed blocks.
//!
//! A block renews several pages for every key that it writes, most of which the next blocks renew again. So a commit
//! writes down only which keys changed, and the pages stay in memory. When enough keys have changed, all pages that are
//! not on disk yet are written, a part with each of the next commits: a *snapshot* of the tree at that height. From the
//! newest snapshot and the changes since then a start of the node makes the tree again, and from an older one a proof
//! for an old height.

use super::pages::{self, Numbered, Pages};
use super::{FastMap, LedgerError, decode, encode};
use crate::storage::{Batch, Direction, Storage, StorageError, Table};
use chain_core::hash::Hash;
use chain_core::tree::{self, NibblePath, Page, PageCache, PageId, PageReader, Proof, Root, TreeError, TreeUpdate};
use chain_core::types::Height;
use foldhash::fast::RandomState;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Pages on disk that are kept decoded, about half a kilobyte each.
const CACHED_PAGES: usize = 512 * 1024;
/// Replaced pages that are kept for proofs at heights shortly before the newest, at most.
const REPLACED_PAGES: usize = 32 * 1024;
/// Commits that a snapshot is written with.
const PARTS: usize = 48;
/// Rows of a scan at a time: those of Changes may have hundreds of kilobytes each.
const SCANNED: usize = 64;

/// Keys of a block, and the hashes of their new values; none deletes.
pub type Changes = BTreeMap<Hash, Option<Hash>>;

/// The tree.
pub struct StateTree {
    storage: Arc<dyn Storage>,
    /// A snapshot is begun when so many keys have changed.
    snapshot_after: usize,
    cache: PageCache,
    live: RwLock<Live>,
    /// The tree at the old height asked for last.
    past: Mutex<Option<Arc<Past>>>,
}

/// What is in memory only, and what is on disk.
#[derive(Default)]
struct Live {
    /// Heights of the finished snapshots, rising.
    snapshots: Vec<Height>,
    /// Pages of the newest tree that belong to no snapshot yet.
    fresh: ByPath,
    /// The snapshot being written.
    writing: Option<Writing>,
    /// Pages that were fresh when the block of a height replaced them.
    replaced: VecDeque<(Height, ByPath)>,
    /// The oldest height of which every page is in memory or on disk.
    since: Height,
    /// Pages on disk that the newest tree does not use, since the newest snapshot.
    stale: Vec<PageId>,
    /// Keys changed since the newest snapshot.
    changed: usize,
    /// Until which snapshot old pages were forgotten.
    forgotten: Height,
    /// The oldest height that proofs are given for.
    kept_from: Height,
}

/// Pages of one tree, or parts of it: no path twice.
#[derive(Default)]
struct ByPath(FastMap<NibblePath, (u64, Page)>);

struct Writing {
    height: Height,
    pages: ByPath,
    /// All of them, sorted by sheet.
    order: Vec<PageId>,
    /// So many are in the store.
    written: usize,
    /// What it makes obsolete on disk.
    stale: Vec<PageId>,
}

/// A tree of an old height.
struct Past {
    height: Height,
    update: Option<TreeUpdate>,
    root: Root,
}

/// Why there is no proof of an old state.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// This node has forgotten that height.
    #[error("this node keeps no state so old")]
    Forgotten,
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ByPath {
    fn for_pages(count: usize) -> ByPath {
        ByPath(FastMap::with_capacity_and_hasher(count, RandomState::default()))
    }

    fn get(&self, id: &PageId) -> Option<&Page> {
        self.0.get(&id.path).filter(|(version, _)| *version == id.version).map(|(_, page)| page)
    }

    /// Makes an update: gives the pages that it replaces, and the ids of those that are elsewhere.
    fn apply(&mut self, update: &TreeUpdate) -> (ByPath, Vec<PageId>) {
        let (mut replaced, mut elsewhere) = (ByPath::for_pages(update.stale.len()), Vec::new());
        for (id, page) in &update.new_pages {
            if let Some(old) = self.0.insert(id.path, (id.version, page.clone())) {
                replaced.0.insert(id.path, old);
            }
        }
        for id in &update.stale {
            if replaced.0.contains_key(&id.path) {
                continue;
            }
            // What stands under its path now may be the new page.
            match self.0.entry(id.path) {
                Entry::Occupied(page) if page.get().0 == id.version => drop(replaced.0.insert(id.path, page.remove())),
                _ => elsewhere.push(*id),
            }
        }
        (replaced, elsewhere)
    }
}

impl Writing {
    fn new(height: Height, pages: ByPath, stale: Vec<PageId>) -> Writing {
        let mut order: Vec<PageId> =
            pages.0.iter().map(|(path, (version, _))| PageId { version: *version, path: *path }).collect();
        order.sort_unstable_by_key(pages::place);
        Writing { height, pages, order, written: 0, stale }
    }

    /// What the next commit writes: one part, in whole sheets.
    fn part(&self) -> Vec<Numbered> {
        let end = self.order.len().min(self.written + self.order.len().div_ceil(PARTS));
        let part = self.order.get(self.written..pages::end_of_sheet(&self.order, end)).unwrap_or_default();
        part.iter().filter_map(|id| Some((*id, self.pages.get(id)?.clone()))).collect()
    }

    /// Whether so many more pages are all.
    fn ends_with(&self, more: usize) -> bool {
        self.written + more == self.order.len()
    }
}

impl StateTree {
    /// Writes the first snapshot, that of the genesis, into an empty store.
    pub fn begin(batch: &mut Batch, update: &TreeUpdate) -> Result<(), StorageError> {
        let mut sorted = update.new_pages.clone();
        sorted.sort_unstable_by_key(|(id, _)| pages::place(id));
        pages::put(batch, Height::GENESIS, &sorted);
        put_root(batch, Height::GENESIS, &update.root)?;
        put_snapshot(batch, Height::GENESIS, &[])
    }

    /// Opens the tree as it is after the block of `height`, with this root hash. Gives its root too.
    ///
    /// # Errors
    /// The store failed or is damaged.
    pub fn open(
        storage: Arc<dyn Storage>,
        height: Height,
        hash: &Hash,
        snapshot_after: usize,
    ) -> Result<(StateTree, Root), LedgerError> {
        let snapshots = snapshots(&*storage)?;
        let last = *snapshots.last().ok_or_else(|| LedgerError::Damaged("no snapshot of the state tree".into()))?;
        pages::forget_unfinished(&*storage, last)?;
        let forgotten = match storage.get(Table::Meta, b"forgotten")? {
            None => Height::GENESIS,
            Some(row) => Height(u64::from_be_bytes(row.try_into().map_err(|_| unreadable("mark"))?)),
        };
        let live = Live { snapshots, forgotten, ..Live::default() };
        let tree = StateTree {
            storage,
            snapshot_after,
            cache: PageCache::new(CACHED_PAGES),
            live: RwLock::new(live),
            past: Mutex::default(),
        };
        let told = tree.root(height)?;
        let (update, changed) = tree.update_since(last, height, told.version)?;
        let root = update.as_ref().map_or(tree.root(last)?, |update| update.root);
        if root.hash != *hash {
            return Err(LedgerError::Damaged("the changes of the state do not lead to its root".into()));
        }
        {
            let mut live = tree.live.write().unwrap_or_else(PoisonError::into_inner);
            // Changes that undid each other leave the older root page, under which nobody will look for this height.
            live.since = if root == told { height } else { height.next() };
            live.changed = changed;
            if let Some(update) = update {
                live.stale = live.fresh.apply(&update).1;
            }
        }
        Ok((tree, root))
    }

    /// Reads pages of the newest tree, and of those shortly before. No commit ends as long as the reader lives.
    pub fn reader(&self) -> Reader<'_> {
        Reader { tree: self, live: self.live.read().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The root after the block of a height.
    ///
    /// # Errors
    /// The store failed or is damaged.
    pub fn root(&self, height: Height) -> Result<Root, LedgerError> {
        root_at(&*self.storage, height)
    }

    /// Adds to the batch of a commit what is to be written down of the tree.
    ///
    /// # Errors
    /// The store failed.
    pub fn put(
        &self,
        batch: &mut Batch,
        height: Height,
        update: &TreeUpdate,
        changes: &Changes,
        forget_until: Option<Height>,
    ) -> Result<(), LedgerError> {
        put_root(batch, height, &update.root)?;
        if !changes.is_empty() {
            batch.put(Table::Changes, &height.0.to_be_bytes(), changes_bytes(changes));
        }
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(writing) = &live.writing {
            let part = writing.part();
            pages::put(batch, writing.height, &part);
            if writing.ends_with(part.len()) {
                put_snapshot(batch, writing.height, &writing.stale)?;
            }
        }
        if let Some(until) = forget_until.and_then(|until| live.newest_snapshot(until)).filter(|s| *s > live.forgotten)
        {
            self.forget(batch, &live, until)?;
        }
        Ok(())
    }

    /// Takes over what [`StateTree::put`] put into a batch, once it is written.
    pub fn admit(&self, height: Height, update: &TreeUpdate, changes: &Changes, forget_until: Option<Height>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        live.kept_from = live.kept_from.max(forget_until.unwrap_or_default());
        if let Some(until) = forget_until.and_then(|until| live.newest_snapshot(until)) {
            live.forgotten = live.forgotten.max(until);
            live.since = live.since.max(until);
        }
        if let Some(writing) = &mut live.writing {
            let part = writing.part();
            self.cache.admit(&part);
            if writing.ends_with(part.len()) {
                let done = writing.height;
                live.snapshots.push(done);
                live.writing = None;
            } else {
                writing.written += part.len();
            }
        }
        let (replaced, elsewhere) = live.fresh.apply(update);
        live.stale.extend(elsewhere);
        live.keep_replaced(height, replaced);
        live.changed += changes.len();
        if live.changed >= self.snapshot_after && live.writing.is_none() {
            live.begin_snapshot(height);
        }
    }

    /// A proof of a key's value, or that it has none, after the block of a height that this node has.
    ///
    /// # Errors
    /// See [`PastError`].
    pub fn prove(&self, height: Height, key: &Hash) -> Result<Proof, PastError> {
        let damaged = |error: TreeError<StorageError>| LedgerError::Damaged(error.to_string());
        {
            let reader = self.reader();
            if height < reader.live.kept_from {
                return Err(PastError::Forgotten);
            }
            if reader.live.holds(height) {
                return Ok(tree::prove(&reader, &self.root(height)?, key).map_err(damaged)?);
            }
        }
        let past = self.past(height)?;
        let overlay = tree::Overlay::new(self.reader(), &past.update);
        Ok(tree::prove(&overlay, &past.root, key).map_err(damaged)?)
    }

    /// The tree of an old height, from the snapshot before it.
    fn past(&self, height: Height) -> Result<Arc<Past>, PastError> {
        let mut kept = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(past) = kept.as_ref().filter(|past| past.height == height) {
            return Ok(past.clone());
        }
        let base = {
            let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
            live.newest_snapshot(height).filter(|base| *base >= live.forgotten).ok_or(PastError::Forgotten)?
        };
        let (update, _) = self.update_since(base, height, height.0)?;
        let root = update.as_ref().map_or(self.root(base)?, |update| update.root);
        if root.hash != self.root(height)?.hash {
            return Err(
                LedgerError::Damaged(format!("the state tree of height {height} does not lead to its root")).into()
            );
        }
        let past = Arc::new(Past { height, update, root });
        *kept = Some(past.clone());
        Ok(past)
    }

    /// All that changed after a snapshot and up to a height, as one update of that version, and how many changes it were.
    fn update_since(
        &self,
        snapshot: Height,
        height: Height,
        version: u64,
    ) -> Result<(Option<TreeUpdate>, usize), LedgerError> {
        let (mut all, mut count, mut from) = (Changes::new(), 0, snapshot.next());
        while from <= height {
            let rows = self.storage.scan(Table::Changes, b"", &from.0.to_be_bytes(), Direction::Forward, SCANNED)?;
            let short = rows.len() < SCANNED;
            for (key, row) in rows {
                let at = height_of(&key)?;
                if at > height {
                    break;
                }
                let changes = read_changes(&row).ok_or_else(|| unreadable("changes"))?;
                count += changes.len();
                all.extend(changes);
                from = at;
            }
            if short {
                break;
            }
            from = from.next();
        }
        if all.is_empty() {
            return Ok((None, 0));
        }
        let root = self.root(snapshot)?;
        // Writes of what was there already are changes too, and renew no page.
        let version = version.max(root.version.saturating_add(1));
        let update = tree::update(&self.reader(), &root, version, &all);
        Ok((Some(update.map_err(|e| LedgerError::Damaged(e.to_string()))?), count))
    }

    /// Forgets pages and changes that only heights before a snapshot need.
    fn forget(&self, batch: &mut Batch, live: &Live, until: Height) -> Result<(), LedgerError> {
        for snapshot in live.snapshots.iter().filter(|s| **s > live.forgotten && **s <= until) {
            let row = self.storage.get(Table::Snapshots, &snapshot.0.to_be_bytes())?;
            let stale = row.and_then(|row| read_ids(&row)).ok_or_else(|| unreadable("list of stale pages"))?;
            pages::forget(&*self.storage, &live.snapshots, batch, &stale)?;
            put_snapshot(batch, *snapshot, &[])?;
        }
        for height in live.forgotten.0 + 1..=until.0 {
            batch.delete(Table::Changes, &height.to_be_bytes());
        }
        batch.put(Table::Meta, b"forgotten", until.0.to_be_bytes());
        Ok(())
    }
}

impl Live {
    fn newest_snapshot(&self, until: Height) -> Option<Height> {
        let after = self.snapshots.partition_point(|height| *height <= until);
        after.checked_sub(1).and_then(|index| self.snapshots.get(index)).copied()
    }

    /// Whether every page of the tree of a height is in memory or on disk.
    fn holds(&self, height: Height) -> bool {
        height >= self.since
    }

    fn keep_replaced(&mut self, height: Height, replaced: ByPath) {
        self.replaced.push_back((height, replaced));
        let mut kept: usize = self.replaced.iter().map(|(_, pages)| pages.0.len()).sum();
        while kept > REPLACED_PAGES
            && let Some((height, pages)) = self.replaced.pop_front()
        {
            kept -= pages.0.len();
            self.since = height;
        }
    }

    /// The page of a tree shortly before the newest.
    fn replaced(&self, id: &PageId) -> Option<&Page> {
        // It was replaced after it was written.
        self.replaced.iter().rev().take_while(|(height, _)| height.0 > id.version).find_map(|(_, pages)| pages.get(id))
    }

    fn begin_snapshot(&mut self, height: Height) {
        let fresh = ByPath::for_pages(self.fresh.0.len());
        let pages = std::mem::replace(&mut self.fresh, fresh);
        self.changed = 0;
        self.writing = Some(Writing::new(height, pages, std::mem::take(&mut self.stale)));
    }
}

/// Reads committed pages.
pub struct Reader<'a> {
    tree: &'a StateTree,
    live: RwLockReadGuard<'a, Live>,
}

impl PageReader for Reader<'_> {
    type Error = StorageError;

    fn page(&self, id: &PageId) -> Result<Option<Page>, StorageError> {
        let live = &*self.live;
        let writing = || live.writing.as_ref().and_then(|writing| writing.pages.get(id));
        if let Some(page) = live.fresh.get(id).or_else(writing) {
            return Ok(Some(page.clone()));
        }
        if live.snapshots.last().is_none_or(|last| id.version > last.0) {
            return Ok(live.replaced(id).cloned());
        }
        let disk = Pages { storage: &*self.tree.storage, snapshots: &live.snapshots };
        match self.tree.cache.over(disk).page(id)? {
            Some(page) => Ok(Some(page)),
            None => Ok(live.replaced(id).cloned()),
        }
    }
}

fn unreadable(what: &str) -> LedgerError {
    LedgerError::Damaged(format!("unreadable {what} of the state tree"))
}

fn height_of(key: &[u8]) -> Result<Height, LedgerError> {
    Ok(Height(u64::from_be_bytes(key.try_into().map_err(|_| unreadable("height"))?)))
}

fn snapshots(storage: &dyn Storage) -> Result<Vec<Height>, LedgerError> {
    let (mut heights, mut from): (Vec<Height>, Height) = (Vec::new(), Height::GENESIS);
    loop {
        let rows = storage.scan(Table::Snapshots, b"", &from.0.to_be_bytes(), Direction::Forward, SCANNED)?;
        for (key, _) in &rows {
            heights.push(height_of(key)?);
        }
        match heights.last() {
            Some(last) if rows.len() == SCANNED => from = last.next(),
            _ => return Ok(heights),
        }
    }
}

fn put_root(batch: &mut Batch, height: Height, root: &Root) -> Result<(), StorageError> {
    batch.put(Table::Roots, &height.0.to_be_bytes(), encode(&(root.hash, root.version))?);
    Ok(())
}

fn root_at(storage: &dyn Storage, height: Height) -> Result<Root, LedgerError> {
    let row = storage.get(Table::Roots, &height.0.to_be_bytes())?;
    let (hash, version) = row.and_then(|row| decode(&row)).ok_or_else(|| unreadable("root"))?;
    Ok(Root { hash, version })
}

fn put_snapshot(batch: &mut Batch, height: Height, stale: &[PageId]) -> Result<(), StorageError> {
    let stale: Vec<Vec<u8>> = stale.iter().map(PageId::to_bytes).collect();
    batch.put(Table::Snapshots, &height.0.to_be_bytes(), encode(&stale)?);
    Ok(())
}

fn read_ids(row: &[u8]) -> Option<Vec<PageId>> {
    let ids: Vec<Vec<u8>> = decode(row)?;
    ids.iter().map(|id| PageId::from_bytes(id)).collect()
}

/// 65 bytes each: key hash, then 1 and the value's hash, or 33 zero bytes for a deleted key.
fn changes_bytes(changes: &Changes) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(65 * changes.len());
    for (key, value) in changes {
        bytes.extend_from_slice(key.as_bytes());
        bytes.push(u8::from(value.is_some()));
        bytes.extend_from_slice(value.unwrap_or(Hash::ZERO).as_bytes());
    }
    bytes
}

fn read_changes(row: &[u8]) -> Option<Changes> {
    let (entries, rest) = row.as_chunks::<65>();
    let one = |entry: &[u8; 65]| {
        let (key, rest) = entry.split_first_chunk::<32>()?;
        let (present, value) = rest.split_first()?;
        let value = Hash(value.try_into().ok()?);
        Some((Hash(*key), (*present == 1).then_some(value)))
    };
    if rest.is_empty() { entries.iter().map(one).collect() } else { None }
}

#[cfg(test)]
mod tests;
