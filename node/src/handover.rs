//! Handovers between validator sets: those that this node has, and those whose signatures it still lacks.
//!
//! A block that changes the validators notes in its own batch that a handover is awaited. The note goes when the
//! signatures of those who leave have come, whether they came at once or were asked for later; so a node that
//! was down in that second, or fetched the block long after, ends with the handover too.

use crate::ledger::{LedgerError, Prepared, decode, encode};
use crate::storage::{Batch, Direction, Storage, StorageError, Table};
use chain_core::block::Leaf;
use chain_core::hash::Hash;
use chain_core::receipt::Handover;
use chain_core::types::Height;
use chain_core::validators::ValidatorSet;
use serde::{Deserialize, Serialize};

const PREFIX: &[u8] = b"awaited/";

/// A handover without signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The block that hands over.
    pub height: Height,
    /// Leaves in the log after it.
    pub size: u64,
    /// Log root after it.
    pub root: Hash,
    /// Who leaves, and signs.
    pub before: ValidatorSet,
    /// Who follows.
    pub next: ValidatorSet,
    /// The block's leaf.
    pub leaf: Leaf,
}

/// How it is written down.
#[derive(Serialize, Deserialize)]
struct Row {
    size: u64,
    root: Hash,
    before: Vec<u8>,
    next: Vec<u8>,
    leaf: Vec<u8>,
}

fn key(height: Height) -> Vec<u8> {
    [PREFIX, &height.0.to_be_bytes()].concat()
}

/// Notes in the batch of a block that its handover is awaited.
///
/// # Errors
/// The note cannot be encoded.
pub fn note(batch: &mut Batch, block: &Prepared, before: &ValidatorSet) -> Result<(), StorageError> {
    let header = &block.header;
    let leaf = Leaf::Block {
        height: header.height,
        time: header.time,
        previous: header.previous,
        state_root: header.state_root,
        validators: header.validators,
        next_validators: header.next_validators,
    };
    let row = Row {
        size: header.log_size,
        root: header.log_root,
        before: before.to_bytes(),
        next: block.next_validators().to_bytes(),
        leaf: leaf.to_bytes(),
    };
    batch.put(Table::Meta, &key(header.height), encode(&row)?);
    Ok(())
}

/// Every handover that is still awaited, oldest first.
///
/// # Errors
/// The store failed or is damaged.
pub fn awaited(storage: &dyn Storage) -> Result<Vec<Awaited>, LedgerError> {
    let rows = storage.scan(Table::Meta, PREFIX, b"", Direction::Forward, usize::MAX)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let row: Row = decode(value)?;
        Some(Awaited {
            height: Height(u64::from_be_bytes(*key.last_chunk::<8>()?)),
            size: row.size,
            root: row.root,
            before: ValidatorSet::from_bytes(&row.before)?,
            next: ValidatorSet::from_bytes(&row.next)?,
            leaf: Leaf::from_bytes(&row.leaf)?,
        })
    };
    let damaged = || LedgerError::Damaged("unreadable note of a handover".into());
    rows.iter().map(|row| read(row).ok_or_else(damaged)).collect()
}

/// Stores a handover with its signatures and takes the note away.
///
/// # Errors
/// It cannot be written as JSON.
pub fn store(batch: &mut Batch, height: Height, handover: &Handover) -> Result<(), LedgerError> {
    let json = serde_json::to_vec(handover).map_err(|e| LedgerError::Damaged(format!("handover: {e}")))?;
    batch.put(Table::Handovers, &height.0.to_be_bytes(), json);
    batch.delete(Table::Meta, &key(height));
    Ok(())
}

fn read(json: &[u8]) -> Result<Handover, LedgerError> {
    serde_json::from_slice(json).map_err(|e| LedgerError::Damaged(e.to_string()))
}

/// The handover in the block of a height.
///
/// # Errors
/// The store failed or is damaged.
pub fn stored(storage: &dyn Storage, height: Height) -> Result<Option<Handover>, LedgerError> {
    storage.get(Table::Handovers, &height.0.to_be_bytes())?.map(|json| read(&json)).transpose()
}

/// Every handover so far, oldest first.
///
/// # Errors
/// The store failed or is damaged.
pub fn all(storage: &dyn Storage) -> Result<Vec<Handover>, LedgerError> {
    let rows = storage.scan(Table::Handovers, b"", b"", Direction::Forward, usize::MAX)?;
    rows.iter().map(|(_, json)| read(json)).collect()
}
