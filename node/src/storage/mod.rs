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
    /// State tree page -> its bytes.
    Pages = 8,
    /// State key -> height of its last write and the value.
    State = 9,
    /// State key and height -> the value written then, when a later one replaced it.
    History = 10,
    /// Height -> state tree pages that the block made obsolete.
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

/// One atomic change.
#[derive(Clone, Debug, Default)]
pub struct Batch(Vec<(Vec<u8>, Option<Value>)>);

/// A value to write.
#[derive(Clone, Debug)]
enum Value {
    Own(Vec<u8>),
    /// Bytes that somebody else uses too: not copied here.
    Shared(Bytes),
}

impl AsRef<[u8]> for Value {
    fn as_ref(&self) -> &[u8] {
        match self {
            Value::Own(bytes) => bytes,
            Value::Shared(bytes) => bytes,
        }
    }
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
    /// Sets a key.
    pub fn put(&mut self, table: Table, key: &[u8], value: impl Into<Vec<u8>>) {
        self.0.push((full_key(table, key), Some(Value::Own(value.into()))));
    }

    /// Sets a key to bytes that are large and shared.
    pub fn put_shared(&mut self, table: Table, key: &[u8], value: Bytes) {
        self.0.push((full_key(table, key), Some(Value::Shared(value))));
    }

    /// Deletes a key.
    pub fn delete(&mut self, table: Table, key: &[u8]) {
        self.0.push((full_key(table, key), None));
    }

    /// How many changes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
