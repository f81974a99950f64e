//! Derived tables: which records speak of an object, come from a member, are of a kind.
//!
//! Everything here can be rebuilt from the blocks. Keys end with height and position, so a scan gives the
//! order of the ledger, and a page token is simply the last key.

use crate::storage::{Batch, Table};
use chain_core::tx::VerifiedTx;
use chain_core::types::Height;
use std::collections::BTreeSet;

/// Height and position of a transaction: 12 bytes, big-endian.
pub fn place(height: Height, index: u32) -> [u8; 12] {
    let mut out = [0; 12];
    out[..8].copy_from_slice(&height.0.to_be_bytes());
    out[8..].copy_from_slice(&index.to_be_bytes());
    out
}

/// Reads [`place`].
pub fn read_place(bytes: &[u8]) -> Option<(Height, u32)> {
    let (height, rest) = bytes.split_first_chunk::<8>()?;
    Some((Height(u64::from_be_bytes(*height)), u32::from_be_bytes(rest.try_into().ok()?)))
}

/// Prefix of all rows of a text: the text and a zero byte, which no code, member or kind contains.
pub fn prefix(text: &str) -> Vec<u8> {
    let mut out = text.as_bytes().to_vec();
    out.push(0);
    out
}

/// Adds the rows of a transaction.
pub fn put(batch: &mut Batch, height: Height, index: u32, tx: &VerifiedTx) {
    let place = place(height, index);
    let row = |text: &str| [&prefix(text)[..], &place].concat();
    batch.put(Table::ByMember, &row(tx.claims().iss.as_str()), b"");
    let kinds: BTreeSet<&str> = tx.records().iter().map(|record| record.kind.as_str()).collect();
    for kind in kinds {
        batch.put(Table::ByKind, &row(kind), b"");
    }
    for (position, record) in tx.records().iter().enumerate() {
        let position = u16::try_from(position).unwrap_or(u16::MAX).to_be_bytes();
        for code in &record.objects {
            batch.put(Table::ByObject, &[&row(code.as_str())[..], &position].concat(), b"");
        }
    }
}
