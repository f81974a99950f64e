//! Handovers: those that this node has, and those whose signatures it still lacks.
//!
//! A row without content notes that a handover is lacking. It is filled when a quorum of those who leave has signed
//! here, or when another node hands the handover on. Until then this node signs again, if it is one of them, and asks.

use super::{Checkpoints, End};
use crate::dataplane::Message;
use crate::ledger::view::at_height;
use crate::ledger::{Ledger, LedgerError};
use crate::query;
use crate::storage::{Batch, Direction, Table};
use chain_core::receipt::{Handover, Trust};
use chain_core::state::keys::VALIDATORS;
use chain_core::types::Height;
use chain_core::validators::ValidatorSet;

/// Most handovers asked for at a time.
const ASKED: usize = 8;

fn rows(ledger: &Ledger) -> Result<Vec<(Vec<u8>, Vec<u8>)>, LedgerError> {
    Ok(ledger.storage().scan(Table::Handovers, b"", b"", Direction::Forward, usize::MAX)?)
}

/// Every handover so far, oldest first.
///
/// # Errors
/// The store failed.
pub fn stored_handovers(ledger: &Ledger) -> Result<Vec<Handover>, LedgerError> {
    rows(ledger)?
        .iter()
        .filter(|(_, json)| !json.is_empty())
        .map(|(_, json)| serde_json::from_slice(json).map_err(|e| LedgerError::Damaged(e.to_string())))
        .collect()
}

/// Heights whose handover this node lacks, oldest first.
///
/// # Errors
/// The store failed.
pub fn missing_handovers(ledger: &Ledger) -> Result<Vec<Height>, LedgerError> {
    let height = |(key, json): &(Vec<u8>, Vec<u8>)| {
        json.is_empty().then(|| key.as_slice().try_into().map(u64::from_be_bytes).map(Height).ok()).flatten()
    };
    Ok(rows(ledger)?.iter().filter_map(height).collect())
}

/// Notes that the handover of a height is lacking.
pub(super) fn note(ledger: &Ledger, height: Height) -> Result<(), LedgerError> {
    let mut batch = Batch::default();
    batch.put(Table::Handovers, &height.0.to_be_bytes(), b"");
    Ok(ledger.storage().write(batch)?)
}

/// The ends of the blocks whose handover is lacking, by log size, when the node starts.
pub(super) fn awaited(ledger: &Ledger) -> Result<Vec<(u64, End)>, LedgerError> {
    let head = ledger.head();
    let row = head.height.0.to_be_bytes();
    // The node may have stopped between the block and the note.
    if head.validators != head.previous_validators && ledger.storage().get(Table::Handovers, &row)?.is_none() {
        note(ledger, head.height)?;
    }
    let mut ends = Vec::new();
    for height in missing_handovers(ledger)? {
        ends.extend(end_of(ledger, height)?);
    }
    Ok(ends)
}

/// The end of a block that hands over, from what is stored. None where the state of its time was forgotten.
fn end_of(ledger: &Ledger, height: Height) -> Result<Option<(u64, End)>, LedgerError> {
    let Some(block) = query::block(ledger, height)? else { return Ok(None) };
    let set = |height| Ok::<_, LedgerError>(at_height(&**ledger.storage(), VALIDATORS, height)?);
    let sets = [set(Height(height.0.saturating_sub(1)))?, set(height)?];
    let [Some(before), Some(next)] = sets.map(|bytes| bytes.and_then(|b| ValidatorSet::from_bytes(&b))) else {
        return Ok(None);
    };
    let handover = Some((next, block.header.leaf()));
    let end = End { height, root: block.header.log_root, validators: before, handover };
    Ok(Some((block.header.log_size, end)))
}

impl Checkpoints {
    /// A handover is here: its signatures are awaited no longer.
    pub(super) fn complete(&self, size: u64) {
        if let Some(end) = self.inner().ends.get_mut(&size) {
            end.handover = None;
        }
    }

    /// Signs handovers again that lack signatures, and asks the others for them. To be called every few seconds.
    ///
    /// # Errors
    /// The store failed.
    pub fn ask_for_missing(&self) -> Result<(), LedgerError> {
        let awaited: Vec<u64> =
            self.inner().ends.iter().filter(|(_, end)| end.handover.is_some()).map(|(size, _)| *size).collect();
        for size in awaited {
            self.sign(size)?;
        }
        for height in missing_handovers(&self.ledger)?.into_iter().take(ASKED) {
            self.plane.share(Message::WantHandover(height.0));
        }
        Ok(())
    }

    /// Hands on a handover that another node lacks.
    pub fn give_handover(&self, height: u64) {
        let found = self.ledger.storage().get(Table::Handovers, &height.to_be_bytes());
        if let Ok(Some(json)) = found
            && !json.is_empty()
        {
            self.plane.share(Message::Handover { height, json });
        }
    }

    /// Takes a handover that this node lacks, if it fits the ledger and a quorum signed it.
    ///
    /// # Errors
    /// The store failed.
    pub fn take_handover(&self, height: u64, json: &[u8]) -> Result<(), LedgerError> {
        let row = height.to_be_bytes();
        let storage = self.ledger.storage();
        if storage.get(Table::Handovers, &row)?.is_none_or(|known| !known.is_empty()) {
            return Ok(());
        }
        let awaited = |(_, end): &(&u64, &End)| end.height.0 == height && end.handover.is_some();
        let found = self.inner().ends.iter().find(awaited).map(|(size, end)| (*size, end.clone()));
        let Some((size, end)) = found else { return Ok(()) };
        let Ok(handover) = serde_json::from_slice::<Handover>(json) else { return Ok(()) };
        let trust = Trust::in_genesis(self.ledger.founding());
        let fits = handover.index + 1 == size
            && handover
                .verify(&trust, &end.validators)
                .is_ok_and(|(next, _)| end.handover.is_some_and(|(expected, _)| expected == next));
        if !fits {
            return Ok(());
        }
        let mut batch = Batch::default();
        batch.put(Table::Handovers, &row, json);
        storage.write(batch)?;
        self.complete(size);
        Ok(())
    }
}
