//! Reading the committed state.

use super::FastMap;
use crate::storage::{Batch, Direction, Storage, StorageError, Table};
use chain_core::state::{StateFault, StateRead};
use chain_core::types::Height;
use std::cell::RefCell;
use std::sync::Arc;

/// The newest committed state.
#[derive(Clone)]
pub struct StateView(pub Arc<dyn Storage>);

impl StateRead for StateView {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        Ok(newest(&*self.0, key)?.and_then(|(_, value)| value))
    }
}

/// The newest committed state, with a memory of the rows read: a block reads and replaces the same ones.
pub struct Recalled {
    storage: Arc<dyn Storage>,
    rows: RefCell<FastMap<String, Option<Vec<u8>>>>,
}

impl Recalled {
    /// Nothing read yet.
    pub fn new(storage: Arc<dyn Storage>) -> Recalled {
        Recalled { storage, rows: RefCell::default() }
    }

    /// The row of a key as it is stored.
    ///
    /// # Errors
    /// The store failed.
    pub fn row(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        if let Some(row) = self.rows.borrow().get(key) {
            return Ok(row.clone());
        }
        let row = self.storage.get(Table::State, key.as_bytes())?;
        self.rows.borrow_mut().insert(key.to_owned(), row.clone());
        Ok(row)
    }
}

impl StateRead for Recalled {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        Ok(self.row(key)?.and_then(|row| decode_row(&row)).and_then(|(_, value)| value))
    }
}

/// The newest value of a key and the height that wrote it; a deleted key has no value.
///
/// # Errors
/// The store failed.
pub fn newest(storage: &dyn Storage, key: &str) -> Result<Option<(Height, Option<Vec<u8>>)>, StorageError> {
    Ok(storage.get(Table::State, key.as_bytes())?.and_then(|row| decode_row(&row)))
}

/// The value of a key after the block of `height`.
///
/// # Errors
/// The store failed.
pub fn at_height(storage: &dyn Storage, key: &str, height: Height) -> Result<Option<Vec<u8>>, StorageError> {
    match newest(storage, key)? {
        None => Ok(None),
        Some((written, value)) if written <= height => Ok(value),
        Some(_) => {
            let from = history_key(key, height);
            let rows =
                storage.scan(Table::History, &history_prefix(key), &from, Direction::Backward, 1)?;
            Ok(rows.first().and_then(|(_, row)| decode_row(row)).and_then(|(_, value)| value))
        }
    }
}

fn history_prefix(key: &str) -> Vec<u8> {
    let mut out = key.as_bytes().to_vec();
    out.push(0);
    out
}

/// Storage key of an old value: state key, zero byte, height that wrote it.
pub fn history_key(key: &str, height: Height) -> Vec<u8> {
    let mut out = history_prefix(key);
    out.extend_from_slice(&height.0.to_be_bytes());
    out
}

/// Adds a row of `State`, as `History` keeps it later: height, 1 and the value, or height and 0 for a deleted key.
pub fn put_row(batch: &mut Batch, key: &str, height: Height, value: Option<&[u8]>) {
    batch.put_parts(Table::State, key.as_bytes(), &[&height.0.to_be_bytes(), &[u8::from(value.is_some())], value.unwrap_or_default()]);
}

fn decode_row(row: &[u8]) -> Option<(Height, Option<Vec<u8>>)> {
    let (height, rest) = row.split_first_chunk::<8>()?;
    let (present, value) = rest.split_first()?;
    Some((Height(u64::from_be_bytes(*height)), (*present == 1).then(|| value.to_vec())))
}
