//! The in-memory twin: the same behaviour, nothing survives.

use super::{Batch, Direction, Rows, Storage, StorageError, Table, full_key};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

/// Tables in memory, for tests and simulations.
#[derive(Default)]
pub struct MemoryStorage(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl Storage for MemoryStorage {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).get(&full_key(table, key)).cloned())
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        start: &[u8],
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StorageError> {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let prefix = full_key(table, prefix);
        let start = (!start.is_empty()).then(|| full_key(table, start));
        let inside = |key: &Vec<u8>| key.starts_with(&prefix);
        let row = |(key, value): (&Vec<u8>, &Vec<u8>)| (key[1..].to_vec(), value.clone());
        Ok(match direction {
            Direction::Forward => {
                let from = start.unwrap_or_else(|| prefix.clone());
                rows.range(from..).take_while(|(key, _)| inside(key)).take(limit).map(row).collect()
            }
            Direction::Backward => {
                let upper = match start {
                    Some(start) => Bound::Included(start),
                    None => super::after_prefix(&prefix).map_or(Bound::Unbounded, Bound::Excluded),
                };
                rows.range((Bound::Unbounded, upper))
                    .rev()
                    .take_while(|(key, _)| inside(key))
                    .take(limit)
                    .map(row)
                    .collect()
            }
        })
    }

    fn write(&self, batch: Batch) -> Result<(), StorageError> {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch.changes() {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        }
        Ok(())
    }

    fn disk_bytes(&self) -> u64 {
        let rows = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rows.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}
