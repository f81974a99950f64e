//! Leaves of the log with what they commit to: `FORMAT.md`, section 12.

use super::{StoredBlock, block, damaged, height_of_size};
use crate::ledger::{Ledger, LedgerError};
use chain_core::block::{BlockPayload, Leaf};
use chain_core::hash::Hash;

/// A leaf and its payload, in the bytes that bundles carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The leaf.
    pub leaf: Vec<u8>,
    /// The transaction as sent; or what the header has besides the leaf.
    pub payload: Vec<u8>,
}

/// The entries from `place` on: `count` of them, fewer where the log ends before.
///
/// # Errors
/// The store failed.
pub fn entries(ledger: &Ledger, place: u64, count: usize) -> Result<Vec<Entry>, LedgerError> {
    let mut found = Vec::with_capacity(count);
    let mut height = height_of_size(ledger, place.saturating_add(1))?;
    while found.len() < count {
        let Some(stored) = block(ledger, height)? else { break };
        let leaves = stored.txs.len() as u64 + 1;
        let first = stored.header.log_size.saturating_sub(leaves);
        let wanted = place.saturating_add(found.len() as u64);
        for index in wanted.saturating_sub(first)..leaves {
            if found.len() == count {
                break;
            }
            found.push(stored.entry(usize::try_from(index).unwrap_or(usize::MAX))?);
        }
        height = height.next();
    }
    Ok(found)
}

impl StoredBlock {
    /// The entry of a transaction by its position; behind the last one, the block's own.
    fn entry(&self, position: usize) -> Result<Entry, LedgerError> {
        let Some(bytes) = self.txs.get(position) else {
            let certificate = self.previous_certificate.clone();
            let payload = BlockPayload { proposer: self.header.proposer, certificate };
            return Ok(Entry { leaf: self.header.leaf().to_bytes(), payload: payload.to_bytes() });
        };
        let outcome = self.outcomes.get(position).ok_or_else(|| damaged("an outcome is missing"))?;
        let jwt = bytes.split(|byte| *byte == b'~').next().unwrap_or_default();
        let signed = jwt.iter().rposition(|byte| *byte == b'.').and_then(|dot| jwt.get(..dot));
        let leaf = Leaf::Tx {
            height: self.header.height,
            index: u32::try_from(position).unwrap_or(u32::MAX),
            id: Hash::of(signed.ok_or_else(|| damaged("a transaction without signature"))?),
            jwt: Hash::of(jwt),
            outcome: outcome.leaf_bytes(),
        };
        Ok(Entry { leaf: leaf.to_bytes(), payload: bytes.clone() })
    }
}
