//! Executing what the log says and comparing what comes of it.

use super::bundle::{Entry, Payload, height};
use super::{Divergence, Stop, What};
use crate::failure::Failure;
use chain_core::authority::AuthorityError;
use chain_core::block::Leaf;
use chain_core::replay::{Replay, ReplayError};
use chain_core::tx::TxError;

/// What was executed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted transactions.
    pub accepted: u64,
    /// Refused ones.
    pub refused: u64,
}

/// The ledger as it follows from its log.
pub struct Ledger {
    /// State, log and validators after the last block.
    pub replay: Replay,
    /// Transactions so far.
    pub tally: Tally,
    /// Leaves of the block at work: place, leaf and bytes of its transactions.
    places: Vec<u64>,
    leaves: Vec<Leaf>,
    txs: Vec<Vec<u8>>,
}

impl Ledger {
    /// Before its first block.
    pub fn begin(replay: Replay) -> Ledger {
        Ledger { replay, tally: Tally::default(), places: Vec::new(), leaves: Vec::new(), txs: Vec::new() }
    }

    /// Whether a block has begun and not ended.
    pub fn is_within_a_block(&self) -> bool {
        !self.places.is_empty()
    }

    /// Takes the next entry of the log; a block's own leaf has the block executed.
    ///
    /// # Errors
    /// The first difference.
    pub fn take(&mut self, entry: Entry) -> Result<(), Stop> {
        let Entry { place, leaf, payload } = entry;
        let next = self.replay.height().next().0;
        let wrong = |expected: String| {
            Divergence::new(What::Leaf, expected, describe(&leaf)).at(Some(height(&leaf)), place)
        };
        if height(&leaf) != next {
            return Err(wrong(format!("height {next}")).into());
        }
        match (&leaf, payload) {
            (Leaf::Tx { index, .. }, Payload::Transaction(bytes)) => {
                if usize::try_from(*index) != Ok(self.txs.len()) {
                    return Err(wrong(format!("height {next}, index {}", self.txs.len())).into());
                }
                self.places.push(place);
                self.leaves.push(leaf);
                self.txs.push(bytes);
                Ok(())
            }
            (Leaf::Block { time, .. }, Payload::Block(payload)) => {
                let txs = std::mem::take(&mut self.txs);
                self.places.push(place);
                self.leaves.push(leaf.clone());
                let (places, leaves) = (std::mem::take(&mut self.places), std::mem::take(&mut self.leaves));
                let made = self.replay.apply(*time, &payload, &txs).map_err(|error| refused(error, next, &places))?;
                for ((place, said), made) in places.iter().zip(&leaves).zip(&made.leaves) {
                    if let Some(divergence) = difference(said, made) {
                        return Err(divergence.at(Some(next), *place).into());
                    }
                }
                let accepted = made.outcomes.iter().filter(|outcome| outcome.accepted()).count() as u64;
                self.tally.accepted += accepted;
                self.tally.refused += made.outcomes.len() as u64 - accepted;
                Ok(())
            }
            _ => Err(wrong("-".into()).into()),
        }
    }
}

/// A block that validators would have refused.
fn refused(error: ReplayError, height: u64, places: &[u64]) -> Stop {
    let end = places.last().copied().unwrap_or_default();
    let (what, place) = match &error {
        ReplayError::Fault(_) | ReplayError::Genesis(_) => {
            return Failure::new("CLI-1208").with("reason", error).into();
        }
        ReplayError::Transaction { index, error } => {
            let what = match error {
                AuthorityError::Form(TxError::DisclosureDigest(_) | TxError::DisclosureCount { .. }) => What::Disclosure,
                _ => What::Transaction,
            };
            (what, places.get(*index).copied().unwrap_or(end))
        }
        ReplayError::Repeated(index) | ReplayError::Share(index) => {
            (What::Transaction, places.get(*index).copied().unwrap_or(end))
        }
        ReplayError::Time => (What::Leaf, end),
        ReplayError::Proposer | ReplayError::OtherCertificate | ReplayError::Certificate(_) => (What::Block, end),
    };
    Divergence::new(what, "-", error).at(Some(height), place).into()
}

/// What differs first between a leaf of the log and the one that executing gives.
fn difference(said: &Leaf, made: &Leaf) -> Option<Divergence> {
    if said == made {
        return None;
    }
    let other = |what, made: &dyn std::fmt::Display, said: &dyn std::fmt::Display| Some(Divergence::new(what, made, said));
    match (said, made) {
        (Leaf::Tx { outcome: said, .. }, Leaf::Tx { outcome: made, .. }) if said != made => {
            other(What::Outcome, &outcome(made), &outcome(said))
        }
        (
            Leaf::Block { previous: p, state_root: s, validators: v, next_validators: n, .. },
            Leaf::Block { previous, state_root, validators, next_validators, .. },
        ) => {
            let [previous, validators] = [(What::Block, previous, p), (What::Validators, validators, v)];
            let [root, next] = [(What::StateRoot, state_root, s), (What::Validators, next_validators, n)];
            let differs = [previous, validators, root, next].into_iter().find(|(_, made, said)| made != said);
            differs.and_then(|(what, made, said)| other(what, made, said))
        }
        _ => other(What::Leaf, &describe(made), &describe(said)),
    }
}

fn outcome(bytes: &[u8; 5]) -> String {
    let [status, r0, r1, c0, c1] = *bytes;
    match status {
        0 => "accepted".to_owned(),
        _ => format!("refused {} at record {}", u16::from_be_bytes([c0, c1]), u16::from_be_bytes([r0, r1])),
    }
}

fn describe(leaf: &Leaf) -> String {
    match leaf {
        Leaf::Tx { height, index, id, .. } => format!("height {height}, index {index}, transaction {id}"),
        Leaf::Block { height, .. } => format!("height {height}, end of the block"),
    }
}
