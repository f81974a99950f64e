//! The state that contracts read and write: text keys to JSON bytes, over a base that never changes.

use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// The store failed, or a stored value is not what was written. Execution stops; nothing is decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state could not be read: {0}")]
pub struct StateFault(pub String);

/// A state at one height.
pub trait StateRead {
    /// The value of a key.
    ///
    /// # Errors
    /// Only when the store fails.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault>;

    /// Reads a value into its type.
    ///
    /// # Errors
    /// The store fails, or the value is not of the type.
    fn load<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StateFault>
    where
        Self: Sized,
    {
        decode(key, self.get(key)?)
    }
}

fn decode<T: DeserializeOwned>(key: &str, value: Option<Vec<u8>>) -> Result<Option<T>, StateFault> {
    value
        .map(|bytes| serde_json::from_slice(&bytes).map_err(|e| StateFault(format!("{key}: {e}"))))
        .transpose()
}

/// Reads a value of a state behind a reference into its type.
///
/// # Errors
/// The store fails, or the value is not of the type.
pub fn load<T: DeserializeOwned>(state: &dyn StateRead, key: &str) -> Result<Option<T>, StateFault> {
    decode(key, state.get(key)?)
}

impl StateRead for BTreeMap<String, Vec<u8>> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        Ok(BTreeMap::get(self, key).cloned())
    }
}

/// New values by key; none deletes.
pub type Writes = BTreeMap<String, Option<Vec<u8>>>;

/// Writes of a block over a base, with the writes of the running transaction apart.
pub struct Overlay<'a> {
    base: &'a dyn StateRead,
    block: Writes,
    tx: Writes,
}

impl<'a> Overlay<'a> {
    /// Nothing written yet.
    pub fn new(base: &'a dyn StateRead) -> Overlay<'a> {
        Overlay { base, block: Writes::new(), tx: Writes::new() }
    }

    /// Writes a value as JSON, in the order of its fields.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn store<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), StateFault> {
        let bytes = serde_json::to_vec(value).map_err(|e| StateFault(format!("{key}: {e}")))?;
        self.tx.insert(key.to_owned(), Some(bytes));
        Ok(())
    }

    /// Deletes a key.
    pub fn remove(&mut self, key: &str) {
        self.tx.insert(key.to_owned(), None);
    }

    /// Whether the running transaction writes a key that begins so.
    pub fn writes_to(&self, prefix: &str) -> bool {
        self.tx.range(prefix.to_owned()..).next().is_some_and(|(key, _)| key.starts_with(prefix))
    }

    /// Keeps the running transaction's writes.
    pub fn keep(&mut self) {
        if self.block.is_empty() {
            std::mem::swap(&mut self.block, &mut self.tx);
        } else {
            // Not `append`, which would walk through the whole block for every transaction.
            self.block.extend(std::mem::take(&mut self.tx));
        }
    }

    /// Forgets them.
    pub fn discard(&mut self) {
        self.tx.clear();
    }

    /// All that was kept.
    pub fn into_writes(self) -> Writes {
        self.block
    }
}

impl StateRead for Overlay<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        match self.tx.get(key).or_else(|| self.block.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }
}

/// Every key that this crate itself reads or writes; contracts name theirs in their own folders.
pub mod keys {
    use crate::types::{Code, MemberId};

    /// A [`crate::member::Member`].
    pub fn member(id: &MemberId) -> String {
        format!("member/{id}")
    }
    /// An [`crate::execute::ObjectChain`].
    pub fn object(code: &Code) -> String {
        format!("obj/{code}")
    }
    /// [`crate::member::Grants`].
    pub const GRANTS: &str = "gov/grants";
    /// [`crate::member::Params`].
    pub const PARAMS: &str = "gov/params";
    /// [`crate::validators::ValidatorSet`].
    pub const VALIDATORS: &str = "gov/validators";
    /// [`crate::authority::Followers`].
    pub const FOLLOWERS: &str = "gov/followers";
}
