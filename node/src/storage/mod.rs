//! Storage: ordered tables of bytes behind a small trait, with RocksDB and an in-memory twin.
//!
//! `STORAGE.md` lists every table with its keys and values. One batch is one commit: all or nothing.

mod memory;
mod rocks;

pub use memory::MemoryStorage;
pub use rocks::RocksStorage;

use bytes::Bytes;

/// A table. The number is the first byte of its keys on disk and is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Single values: the head.
    Meta = 1,
    /// Height -> hash of the decided block.
    Blocks = 2,
    /// Height -> certificate of that block.
    Certificates = 3,
    /// Height -> outcomes of that block's transactions.
    Outcomes = 4,
    /// Transaction id -> height, index, and what became of it as JSON.
    Txs = 5,
    /// SHA-256 of (iss, jti) -> transaction id.
    Jtis = 6,
    /// Log tile -> its hashes.
    Tiles = 7,
    /// State key -> height of its last write and the value.
    State = 9,
    /// State key and height -> the value written then, when a later one replaced it.
    History = 10,
    /// Height -> History rows that the block made obsolete for the heights after it.
    Stale = 11,
    /// Object code, height, index, record -> nothing.
    ByObject = 12,
    /// Member, height, index -> nothing.
    ByMember = 13,
    /// Kind, height, index -> nothing.
    ByKind = 14,
    /// Height, round and hash -> what is known of a block that was valid and is not yet decided.
    Undecided = 15,
    /// Log size -> signed checkpoint with its cosignatures.
    Checkpoints = 16,
    /// Height -> the handover to another validator set as JSON; empty while it is missing here.
    Handovers = 17,
    /// Height and vote key -> evidence of a validator's misbehaviour.
    Evidence = 18,
    /// Height -> version of the state tree's root page after that block.
    Roots = 19,
    /// Height and hash -> bytes of a block: written once, when it is found valid.
    Bodies = 20,
    /// Snapshot's height and first three nibbles -> pages of the state tree. Number 8 held one page a row, number 21 those
    /// of a block.
    Sheets = 22,
    /// Height -> which keys of the state tree the block changed.
    Changes = 23,
    /// Height at which every page of the state tree is on disk -> pages of Sheets that it does not use any more.
    Snapshots = 24,
}

/// A failed read or write. The node must not go on as if nothing had happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("storage: {0}")]
pub struct StorageError(pub String);

impl From<StorageError> for chain_core::state::StateFault {
    fn from(error: StorageError) -> Self {
        chain_core::state::StateFault(error.0)
    }
}

/// One atomic change. Keys and values stand one after the other in one piece of memory: a block has thousands.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    text: Vec<u8>,
    changes: Vec<Change>,
}

/// A key, by where it ends, and what becomes of it. It begins where the change before ends.
#[derive(Clone, Debug)]
struct Change {
    key_end: usize,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    /// Follows the key, to this place.
    Own(usize),
    /// Bytes that somebody else uses too: not copied here.
    Shared(Bytes),
    Deleted,
}

fn full_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(key.len() + 1);
    full.push(table as u8);
    full.extend_from_slice(key);
    full
}

/// The first key after all that begin with `prefix`; none when there is no such key.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

impl Batch {
    /// Nothing yet, with room for so many bytes.
    pub fn with_room(bytes: usize) -> Batch {
        Batch { text: Vec::with_capacity(bytes), changes: Vec::new() }
    }

    /// Sets a key.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl AsRef<[u8]>) {
        self.put_parts(table, key, &[value.as_ref()]);
    }

    /// Sets a key to what these parts are together.
    pub fn put_parts(&mut self, table: Table, key: &[u8], value: &[&[u8]]) {
        let key_end = self.key(table, key);
        value.iter().for_each(|part| self.text.extend_from_slice(part));
        self.changes.push(Change { key_end, value: Value::Own(self.text.len()) });
    }

    /// Sets a key to bytes that are large and shared.
    pub fn put_shared(&mut self, table: Table, key: &[u8], value: Bytes) {
        let key_end = self.key(table, key);
        self.changes.push(Change { key_end, value: Value::Shared(value) });
    }

    /// Deletes a key.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        let key_end = self.key(table, key);
        self.changes.push(Change { key_end, value: Value::Deleted });
    }

    fn key(&mut self, table: Table, key: &[u8]) -> usize {
        self.text.push(table as u8);
        self.text.extend_from_slice(key);
        self.text.len()
    }

    /// Each key, with its table's number before it, and its new value; none deletes.
    fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut from = 0;
        self.changes.iter().map(move |Change { key_end, value }| {
            let key = &self.text[from..*key_end];
            from = *key_end;
            let value = match value {
                Value::Own(end) => {
                    from = *end;
                    Some(&self.text[*key_end..*end])
                }
                Value::Shared(bytes) => Some(&bytes[..]),
                Value::Deleted => None,
            };
            (key, value)
        })
    }

    /// Bytes of all keys and values.
    pub fn bytes(&self) -> usize {
        let shared = |change: &Change| if let Value::Shared(bytes) = &change.value { bytes.len() } else { 0 };
        self.text.len() + self.changes.iter().map(shared).sum::<usize>()
    }

    /// How many changes.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Which way a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Ascending keys.
    Forward,
    /// Descending keys.
    Backward,
}

/// Rows of a scan: keys without the table byte.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Ordered tables of bytes.
pub trait Storage: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// The store failed or found damage.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// At most `limit` rows whose keys begin with `prefix`, from `start` on (inclusive) in the direction;
    /// an empty `start` begins at the end of the prefix that the direction begins with.
    ///
    /// # Errors
    /// The store failed or found damage.
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        start: &[u8],
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StorageError>;

    /// Writes a batch; returns when it is on disk.
    ///
    /// # Errors
    /// Nothing of the batch may be relied on; the node must stop.
    fn write(&self, batch: Batch) -> Result<(), StorageError>;

    /// Bytes used on disk, as far as the store knows.
    fn disk_bytes(&self) -> u64;
}

#[cfg(test)]
mod tests;
