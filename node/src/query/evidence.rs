//! Receipts and state proofs, made from the newest checkpoint that covers them.

use super::{block, damaged, place_of};
use crate::checkpoint::{missing_handovers, newest_checkpoint, stored_handovers};
use crate::ledger::log::TileReader;
use crate::ledger::tree::PastError;
use crate::ledger::view::at_height;
use crate::ledger::{Ledger, LedgerError};
use chain_core::block::{Header, Leaf};
use chain_core::hash::Hash;
use chain_core::log::SignedCheckpoint;
use chain_core::log::merkle::inclusion_proof;
use chain_core::member::Member;
use chain_core::receipt::{Extra, Handover, Shown, StateProof, leaf_text};
use chain_core::state::{keys, load};
use chain_core::tree;
use chain_core::types::{Height, TxId};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Nothing of that name is on the ledger.
    #[error("not on the ledger")]
    NotFound,
    /// No checkpoint with a quorum covers it yet: ask again in a second.
    #[error("no checkpoint covers it yet; ask again in a second")]
    NotYet,
    /// The version of the state was forgotten by this node.
    #[error("this node keeps no proofs for that height any more; ask for a newer one, or a node that keeps all")]
    Pruned,
    /// A bundle would be beyond its bounds.
    #[error("the bundle would have more than {0}; ask for less depth or fewer keys")]
    TooLarge(&'static str),
    /// The node failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<crate::storage::StorageError> for ProofError {
    fn from(error: crate::storage::StorageError) -> ProofError {
        ProofError::Ledger(error.into())
    }
}

/// The newest checkpoint that covers `index`, and the handovers that lead to its validators.
pub(super) fn covering(ledger: &Ledger, index: u64) -> Result<(SignedCheckpoint, Vec<Handover>), ProofError> {
    let checkpoint = newest_checkpoint(ledger)?.ok_or(ProofError::NotYet)?;
    let size = checkpoint.checkpoint().size();
    if index >= size {
        return Err(ProofError::NotYet);
    }
    // Without a handover before it, nobody could check the checkpoint from the genesis on.
    for height in missing_handovers(ledger)? {
        if block(ledger, height)?.is_some_and(|missing| missing.header.log_size < size) {
            return Err(ProofError::NotYet);
        }
    }
    let handovers = stored_handovers(ledger)?.into_iter().filter(|h| h.index + 1 < size).collect();
    Ok((checkpoint, handovers))
}

pub(super) fn path(ledger: &Ledger, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
    inclusion_proof(&TileReader(&**ledger.storage()), index, size)
        .map_err(|e| ProofError::Ledger(damaged(&e.to_string())))
}

/// A receipt for a transaction that shows the records at the given positions.
///
/// # Errors
/// See [`ProofError`].
pub fn receipt(ledger: &Ledger, id: &TxId, records: &[u16]) -> Result<String, ProofError> {
    let (height, index) = place_of(ledger, id)?.ok_or(ProofError::NotFound)?;
    let stored = block(ledger, height)?.ok_or_else(|| damaged("a block is missing"))?;
    let position = first_leaf(&stored.header, stored.txs.len()) + u64::from(index);
    let (checkpoint, handovers) = covering(ledger, position)?;
    let (tx, outcome) = stored.tx(ledger, index)?;
    let member: Member = load(&ledger.state(), &keys::member(tx.issuer()))
        .map_err(LedgerError::from)?
        .ok_or_else(|| damaged("no issuer"))?;
    let key = member.key(tx.kid()).ok_or_else(|| damaged("no signing key"))?.x;
    let text = std::str::from_utf8(tx.bytes()).map_err(|_| damaged("transaction is not text"))?;
    let mut parts = text.split('~');
    let jwt = parts.next().unwrap_or_default().to_owned();
    let disclosures: Vec<&str> = parts.collect();
    let mut shown = Vec::new();
    for index in records {
        let disclosure = disclosures.get(usize::from(*index)).filter(|d| !d.is_empty()).ok_or(ProofError::NotFound)?;
        shown.push(Shown { index: *index, disclosure: (*disclosure).to_owned() });
    }
    let leaf = Leaf::Tx { height, index, id: id.0, jwt: Hash::of(jwt.as_bytes()), outcome: outcome.leaf_bytes() };
    let extra = Extra { leaf: leaf_text(&leaf), jwt, key, records: shown, handovers };
    let path = path(ledger, position, checkpoint.checkpoint().size())?;
    chain_core::receipt::receipt(&extra, position, path, checkpoint)
        .map_err(|e| ProofError::Ledger(damaged(&e.to_string())))
}

/// Place of a block's first leaf in the log.
pub(super) fn first_leaf(header: &Header, txs: usize) -> u64 {
    header.log_size.saturating_sub(txs as u64 + 1)
}

/// A proof of the value of a state key after the block of `height`, or of the newest block that a checkpoint covers.
///
/// # Errors
/// See [`ProofError`].
pub fn state_proof(ledger: &Ledger, key: &str, height: Option<Height>) -> Result<StateProof, ProofError> {
    let newest = newest_checkpoint(ledger)?.ok_or(ProofError::NotYet)?;
    let covered = height_of_size(ledger, newest.checkpoint().size())?;
    let height = match height {
        None => covered,
        Some(height) if height <= covered && height > Height::GENESIS => height,
        Some(height) if height <= ledger.head().height && height > Height::GENESIS => return Err(ProofError::NotYet),
        Some(_) => return Err(ProofError::NotFound),
    };
    let stored = block(ledger, height)?.ok_or(ProofError::NotFound)?;
    let header = &stored.header;
    let position = header.log_size.saturating_sub(1);
    let (checkpoint, handovers) = covering(ledger, position)?;
    let (value, proof) = prove_at(ledger, height, key)?;
    Ok(StateProof {
        format: chain_core::receipt::STATE_PROOF.to_owned(),
        key: key.to_owned(),
        value,
        proof,
        leaf: leaf_text(&header.leaf()),
        index: position,
        path: path(ledger, position, checkpoint.checkpoint().size())?,
        checkpoint: checkpoint.encode(),
        handovers,
    })
}

/// What a state key holds after the block of a height, and the proof of it under that block's state root.
pub(super) fn prove_at(
    ledger: &Ledger,
    height: Height,
    key: &str,
) -> Result<(Option<String>, tree::Proof), ProofError> {
    let key_hash = Hash::of(key.as_bytes());
    let proof = ledger.tree().prove(height, &key_hash).map_err(|error| match error {
        PastError::Forgotten => ProofError::Pruned,
        PastError::Ledger(error) => ProofError::Ledger(error),
    })?;
    let value = at_height(&**ledger.storage(), key, height)?;
    // The tree may go further back than the values.
    let proven = proof.leaf.filter(|leaf| leaf.key_hash == key_hash).map(|leaf| leaf.value_hash);
    if proven != value.as_ref().map(|value| Hash::of(value)) {
        return Err(ProofError::Pruned);
    }
    let value = value.map(String::from_utf8).transpose();
    Ok((value.map_err(|_| ProofError::Ledger(damaged("a state value is not text")))?, proof))
}

/// The newest checkpoint with a quorum, and the handovers that lead to its validators.
///
/// # Errors
/// [`ProofError::NotYet`] where there is none yet, or a handover to it is lacking.
pub fn covered(ledger: &Ledger) -> Result<(SignedCheckpoint, Vec<Handover>), ProofError> {
    covering(ledger, 0)
}

/// The height of the block that ends at a log size, or else of the first that ends beyond it, by halving.
///
/// # Errors
/// The store failed.
pub fn height_of_size(ledger: &Ledger, size: u64) -> Result<Height, LedgerError> {
    let (mut low, mut high) = (1, ledger.head().height.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = block(ledger, Height(middle))?.ok_or_else(|| damaged("a block is missing"))?;
        if found.header.log_size < size {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(Height(low))
}
