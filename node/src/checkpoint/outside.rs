//! Witnesses from outside: which checkpoint they are asked to sign, and what they signed.
//!
//! All nodes ask for the same checkpoint until enough witnesses have signed it: were each to ask for its newest, a
//! busy ledger's witnesses would sign many sizes, and none of them together. A handover is asked for first, and nothing
//! behind it before it is complete, because a witness never goes back.

use super::{Checkpoints, End, Inner, RECENT, REFRESH};
use crate::ledger::LedgerError;
use crate::ledger::log::TileReader;
use chain_core::log::merkle::consistency_proof;
use chain_core::log::note::VerifierKey;
use chain_core::log::witness::AddCheckpoint;
use chain_core::log::{SignatureLine, SignedCheckpoint};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Nodes take turns so long apart: the first to ask gives the others the answer.
const TURN: Duration = Duration::from_millis(150);
/// The longest that a node waits for its turn.
const LONGEST_TURN: Duration = Duration::from_millis(900);
/// A witness that is ahead of this node is asked again after this time.
const AHEAD: Duration = Duration::from_secs(30);
/// A checkpoint that did not find its witnesses in this time gives way to the newest.
const PATIENCE: Duration = Duration::from_secs(15);
/// Checkpoints that are kept for witnesses.
const KEPT: usize = 64;

/// Checkpoints with the validators' quorum, and what witnesses signed.
#[derive(Default)]
pub(super) struct Outside {
    agreed: BTreeMap<u64, Agreed>,
    target: Option<u64>,
    /// By verifier key: the newest size that it signed, and when this node learnt it.
    signed: BTreeMap<String, (u64, Instant)>,
    /// By verifier key: a size beyond what it was asked for.
    ahead: BTreeMap<String, (u64, Instant)>,
}

struct Agreed {
    /// With the lines of all logs, because a witness may know only some of them.
    checkpoint: SignedCheckpoint,
    since: Instant,
    turn: Duration,
}

/// What a witness is to sign now.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The checkpoint, with the validators' quorum.
    pub checkpoint: SignedCheckpoint,
    /// The size that the witness is known to have signed last; 0 where nothing is known.
    pub old: u64,
}

impl Outside {
    /// Notes a checkpoint with the validators' quorum. `turn` says how many nodes ask before this one.
    pub(super) fn agree(&mut self, checkpoint: SignedCheckpoint, turn: usize) {
        let turn = (TURN * u32::try_from(turn).unwrap_or(u32::MAX)).min(LONGEST_TURN);
        let size = checkpoint.checkpoint().size();
        let since = self.agreed.get(&size).map_or_else(Instant::now, |known| known.since);
        self.agreed.insert(size, Agreed { checkpoint, since, turn });
        while self.agreed.len() > KEPT
            && let Some(oldest) = self.agreed.keys().find(|size| Some(**size) != self.target).copied()
        {
            self.agreed.remove(&oldest);
        }
    }

    /// The newest size with the validators' quorum.
    pub(super) fn newest(&self) -> u64 {
        self.agreed.last_key_value().map_or(0, |(size, _)| *size)
    }

    /// A checkpoint of this size is complete: older ones are of no use, except where a handover waits.
    pub(super) fn settle(&mut self, size: u64, awaited: impl Fn(u64) -> bool) {
        self.agreed.retain(|at, _| *at >= size || awaited(*at));
    }

    /// The block of this size can be signed no more.
    pub(super) fn forget(&mut self, size: u64) {
        self.agreed.remove(&size);
    }

    /// A witness signed this size: here, or as another node tells.
    pub(super) fn note(&mut self, witness: &VerifierKey, size: u64) {
        let known = self.signed.entry(witness.encode()).or_insert((size, Instant::now()));
        if size >= known.0 {
            *known = (size, Instant::now());
        }
        self.follow(size);
    }

    /// Others have gone on to this size: so does this node, where it can.
    fn follow(&mut self, size: u64) {
        if self.target.is_some_and(|target| target < size) && self.agreed.contains_key(&size) {
            self.target = Some(size);
        }
    }

    /// The size to ask for. `complete` is the newest that needs nothing more, `handover` the oldest that is awaited.
    fn choose(&mut self, complete: u64, handover: Option<u64>) -> Option<u64> {
        if let Some(size) = handover {
            return self.agreed.contains_key(&size).then_some(size);
        }
        let fresh = |size: &u64| self.agreed.get(size).is_some_and(|agreed| agreed.since.elapsed() < PATIENCE);
        let unfinished = self.target.filter(|size| *size > complete && fresh(size));
        self.target = unfinished.or_else(|| self.agreed.keys().next_back().copied().filter(|size| *size >= complete));
        self.target
    }
}

impl Inner {
    fn awaited_handover(&self) -> Option<u64> {
        self.ends.iter().find(|(_, end)| end.handover.is_some()).map(|(size, _)| *size)
    }
}

impl Checkpoints {
    /// The turn of this node among those who ask the witnesses: another one first for every size.
    pub(super) fn turn(&self, end: &End, size: u64) -> usize {
        use chain_core::keys::Signer as _;
        let own = self.keys.as_ref().map(|keys| keys.cosigner.public_key());
        let count = end.validators.len();
        let place = end.validators.iter().position(|v| Some(v.cosigner) == own);
        place.map_or(count, |place| (place + usize::try_from(size).unwrap_or(0)) % count.max(1))
    }

    /// What a witness is to sign now, if it is this node's turn to ask.
    pub fn asked_of(&self, witness: &VerifierKey) -> Option<Asked> {
        let mut inner = self.inner();
        let (complete, handover) = (inner.newest, inner.awaited_handover());
        let size = inner.outside.choose(complete, handover)?;
        let outside = &inner.outside;
        let agreed = outside.agreed.get(&size).filter(|agreed| agreed.since.elapsed() >= agreed.turn)?;
        let signed = outside.signed.get(&witness.encode());
        let done = signed.is_some_and(|(at, when)| *at > size || (*at == size && when.elapsed() < REFRESH));
        let ahead = outside.ahead.get(&witness.encode()).is_some_and(|(at, when)| *at > size && when.elapsed() < AHEAD);
        let old = signed.map_or(0, |(at, _)| *at);
        (!done && !ahead).then(|| Asked { checkpoint: agreed.checkpoint.clone(), old })
    }

    /// The request for a witness that signed `old` leaves last.
    ///
    /// # Errors
    /// The store lacks a node of the log.
    pub fn request(&self, asked: &Asked, old: u64) -> Result<AddCheckpoint, LedgerError> {
        let size = asked.checkpoint.checkpoint().size();
        let proof = consistency_proof(&TileReader(&**self.ledger.storage()), old, size)
            .map_err(|e| LedgerError::Damaged(e.to_string()))?;
        Ok(AddCheckpoint { old, proof, checkpoint: asked.checkpoint.clone() })
    }

    /// Takes the line of a witness for a checkpoint that it was asked for, and hands it on.
    ///
    /// # Errors
    /// The store failed.
    pub fn witnessed(&self, asked: &Asked, line: SignatureLine) -> Result<(), LedgerError> {
        let stated = asked.checkpoint.checkpoint();
        let Some(end) = self.inner().ends.get(&stated.size()).cloned() else { return Ok(()) };
        let lines = vec![line.encode()];
        self.take(stated.size(), &end, vec![line])?;
        self.plane.share(crate::dataplane::Message::Checkpoint { size: stated.size(), root: stated.root(), lines });
        Ok(())
    }

    /// A witness says that it signed more than it was asked for. Where that is a checkpoint that this node has too, it
    /// goes on to it; else it waits.
    pub fn witness_is_ahead(&self, witness: &VerifierKey, size: u64) {
        let mut inner = self.inner();
        if let Some(handover) = inner.awaited_handover() {
            tracing::error!(
                witness = witness.name(),
                size,
                handover,
                "a witness has signed beyond a handover that waits for it"
            );
        }
        inner.outside.ahead.insert(witness.encode(), (size, Instant::now()));
        inner.outside.follow(size);
    }

    /// The witnesses that this ledger asks for.
    pub fn witness_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.ledger.founding().genesis.witnesses.iter().flat_map(|witnesses| &witnesses.keys)
    }
}

/// Lines are kept for so many sizes: witnesses may be away for long.
pub(super) fn bound(inner: &mut Inner) {
    while inner.lines.len() > RECENT
        && let Some(oldest) =
            inner.lines.keys().find(|at| !inner.ends.get(at).is_some_and(|end| end.handover.is_some())).copied()
    {
        inner.lines.remove(&oldest);
    }
}

#[cfg(test)]
mod tests;
