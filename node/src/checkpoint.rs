//! Checkpoints: every validator signs the newest committed log, nodes exchange the signatures, and a
//! checkpoint with a quorum serves receipts. Finality never waits for it.
//!
//! Signed are: the first block of each second of block time, so that all sign the same; a block that hands
//! over to other validators; and, when nothing happens, the newest block, and again every minute. Where the genesis
//! asks for witnesses, a checkpoint with the validators' quorum goes to them before it serves ([`outside`]).

mod handovers;
mod outside;

pub use handovers::{missing_handovers, stored_handovers};
pub use outside::Asked;

use crate::dataplane::{DataPlane, Message};
use crate::ledger::{Committed, Head, Ledger, LedgerError};
use crate::storage::{Batch, Direction, Table};
use chain_core::block::Leaf;
use chain_core::hash::Hash;
use chain_core::keys::MemorySigner;
use chain_core::log::cosignature::{cosign, verify_cosignature};
use chain_core::log::merkle::inclusion_proof;
use chain_core::log::note::VerifierKey;
use chain_core::log::{Checkpoint, SignatureLine, SignedCheckpoint};
use chain_core::receipt::{Handover, cosigner_name, policy_of};
use chain_core::types::Height;
use chain_core::validators::{Validator, ValidatorSet};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A quiet ledger's newest block is signed after this time.
const QUIET: Duration = Duration::from_millis(250);
/// An idle ledger's newest checkpoint is signed again after this time.
const REFRESH: Duration = Duration::from_secs(60);
/// Ends of blocks that may still be signed.
const RECENT: usize = 512;

/// The two keys with which a validator signs checkpoints.
#[derive(Clone)]
pub struct CheckpointKeys {
    /// As the log.
    pub log: MemorySigner,
    /// As a cosigner.
    pub cosigner: MemorySigner,
}

/// The newest checkpoint with all signatures that its policy asks for.
///
/// # Errors
/// The store failed.
pub fn newest_checkpoint(ledger: &Ledger) -> Result<Option<SignedCheckpoint>, LedgerError> {
    let rows = ledger.storage().scan(Table::Checkpoints, b"", b"", Direction::Backward, 1)?;
    rows.first().map(|(_, text)| SignedCheckpoint::parse(text).map_err(|e| LedgerError::Damaged(e.to_string()))).transpose()
}

/// The end of a block, as a checkpoint states it.
#[derive(Clone)]
struct End {
    height: Height,
    root: Hash,
    /// The validators who decided the block: they sign for it.
    validators: ValidatorSet,
    /// The next validators and the block's leaf, until a quorum has signed the handover.
    handover: Option<(ValidatorSet, Leaf)>,
}

#[derive(Default)]
struct Inner {
    ends: BTreeMap<u64, End>,
    /// Lines so far, by log size. Verified, one per key.
    lines: BTreeMap<u64, Vec<SignatureLine>>,
    /// Lines for sizes that this node has not reached.
    early: BTreeMap<u64, Vec<(Hash, Vec<String>)>>,
    signed: BTreeMap<u64, Instant>,
    /// The newest complete checkpoint.
    newest: u64,
    outside: outside::Outside,
    last_commit: Option<Instant>,
}

/// Collects and makes checkpoint signatures.
pub struct Checkpoints {
    ledger: Arc<Ledger>,
    keys: Option<CheckpointKeys>,
    plane: DataPlane,
    inner: Mutex<Inner>,
}

impl Checkpoints {
    /// `keys` are none on a node that only follows.
    ///
    /// # Errors
    /// The store failed.
    pub fn new(
        ledger: Arc<Ledger>,
        keys: Option<CheckpointKeys>,
        plane: DataPlane,
    ) -> Result<Checkpoints, LedgerError> {
        let mut inner = Inner::default();
        inner.newest = newest_checkpoint(&ledger)?.map_or(0, |c| c.checkpoint().size());
        let head = ledger.head();
        if head.height > Height::GENESIS {
            inner.ends.insert(head.log.size(), end_of_head(&head));
            inner.last_commit = Some(Instant::now());
        }
        inner.ends.extend(handovers::awaited(&ledger)?);
        Ok(Checkpoints { ledger, keys, plane, inner: Mutex::new(inner) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a committed block and signs it when it is due.
    ///
    /// # Errors
    /// The store failed.
    pub fn committed(&self, committed: &Committed, previous_second: u64) -> Result<(), LedgerError> {
        let header = &committed.block.header;
        let mut end = end_of_head(&committed.head);
        if header.validators != header.next_validators {
            end.handover = Some((committed.head.validators.clone(), header.leaf()));
            handovers::note(&self.ledger, header.height)?;
        }
        let size = header.log_size;
        let due = end.handover.is_some() || header.time.seconds() != previous_second;
        let early = {
            let mut inner = self.inner();
            inner.ends.insert(size, end);
            while inner.ends.len() > RECENT
                && let Some(oldest) = inner.ends.iter().find(|(_, end)| end.handover.is_none()).map(|(size, _)| *size)
            {
                inner.ends.remove(&oldest);
                inner.outside.forget(oldest);
            }
            inner.last_commit = Some(Instant::now());
            let later = inner.early.split_off(&(size + 1));
            std::mem::replace(&mut inner.early, later).remove(&size).unwrap_or_default()
        };
        if due || !early.is_empty() {
            self.sign(size)?;
        }
        for (root, lines) in early {
            self.heard(size, root, lines)?;
        }
        Ok(())
    }

    /// To be called a few times a second: signs the newest block of a quiet ledger, and again every minute.
    ///
    /// # Errors
    /// The store failed.
    pub fn tick(&self) -> Result<(), LedgerError> {
        let due = {
            let inner = self.inner();
            let Some((size, _)) = inner.ends.last_key_value() else { return Ok(()) };
            let quiet = inner.last_commit.is_some_and(|at| at.elapsed() >= QUIET);
            let unsigned = !inner.signed.contains_key(size);
            let stale = inner.signed.get(size).is_some_and(|at| at.elapsed() >= REFRESH);
            // Signatures lost on the way are sent again until the quorum is there.
            let unheard = inner.newest.max(inner.outside.newest()) < *size && inner.signed.get(size).is_some_and(|at| at.elapsed() >= 4 * QUIET);
            (quiet && (unsigned || stale || unheard)).then_some(*size)
        };
        due.map_or(Ok(()), |size| self.sign(size))
    }

    fn sign(&self, size: u64) -> Result<(), LedgerError> {
        let Some(keys) = &self.keys else {
            self.inner().signed.insert(size, Instant::now());
            return Ok(());
        };
        let Some(end) = self.inner().ends.get(&size).cloned() else { return Ok(()) };
        let own = |v: &&Validator| {
            use chain_core::keys::Signer as _;
            v.log == keys.log.public_key() && v.cosigner == keys.cosigner.public_key()
        };
        let Some(validator) = end.validators.iter().find(own) else {
            self.inner().signed.insert(size, Instant::now());
            return Ok(());
        };
        let fail = |e: &dyn std::fmt::Display| LedgerError::Damaged(format!("checkpoint: {e}"));
        let origin = &self.ledger.founding().genesis.origin;
        let checkpoint = Checkpoint::new(origin, size, end.root, Vec::new()).map_err(|e| fail(&e))?;
        let name = cosigner_name(origin, &validator.member);
        let lines = vec![
            checkpoint.sign_as_log(keys.log.key()).map_err(|e| fail(&e))?,
            cosign(&checkpoint, &name, keys.cosigner.key(), crate::clock::now().seconds()).map_err(|e| fail(&e))?,
        ];
        let text = lines.iter().map(SignatureLine::encode).collect();
        {
            let mut inner = self.inner();
            inner.signed.insert(size, Instant::now());
            while inner.signed.len() > RECENT {
                inner.signed.pop_first();
            }
        }
        self.take(size, &end, lines)?;
        self.plane.share(Message::Checkpoint { size, root: end.root, lines: text });
        Ok(())
    }

    /// Takes lines from another node.
    ///
    /// # Errors
    /// The store failed; what a peer says wrongly is dropped.
    pub fn heard(&self, size: u64, root: Hash, lines: Vec<String>) -> Result<(), LedgerError> {
        if lines.len() > 4 {
            return Ok(());
        }
        let end = {
            let mut inner = self.inner();
            match inner.ends.get(&size).cloned() {
                Some(end) => end,
                None => {
                    let ahead = inner.ends.last_key_value().is_none_or(|(last, _)| size > *last);
                    if ahead && inner.early.len() < RECENT {
                        let waiting = inner.early.entry(size).or_default();
                        if waiting.len() < 128 {
                            waiting.push((root, lines));
                        }
                    }
                    return Ok(());
                }
            }
        };
        if end.root != root {
            tracing::error!(size, ours = %end.root, theirs = %root, "another node states another log root");
            return Ok(());
        }
        let origin = &self.ledger.founding().genesis.origin;
        let Ok(checkpoint) = Checkpoint::new(origin, size, root, Vec::new()) else { return Ok(()) };
        let good: Vec<SignatureLine> = lines
            .iter()
            .filter_map(|text| SignatureLine::parse(text).ok())
            .filter(|line| made_by_validator(&checkpoint, &end.validators, line) || self.witness_of(&checkpoint, line).is_some())
            .collect();
        if good.is_empty() {
            return Ok(());
        }
        self.take(size, &end, good)?;
        // Others sign this block: join them, so that a quorum comes together.
        if !self.inner().signed.contains_key(&size) {
            self.sign(size)?;
        }
        Ok(())
    }

    fn take(&self, size: u64, end: &End, lines: Vec<SignatureLine>) -> Result<(), LedgerError> {
        let origin = &self.ledger.founding().genesis.origin;
        let fail = |e: &dyn std::fmt::Display| LedgerError::Damaged(format!("checkpoint: {e}"));
        let mut inner = self.inner();
        for witness in self.witness_keys().filter(|key| lines.iter().any(|line| key.made(line))) {
            inner.outside.note(witness, size);
        }
        let known = inner.lines.entry(size).or_default();
        for line in lines {
            known.retain(|old| old.name() != line.name() || old.key_id() != line.key_id());
            known.push(line);
        }
        known.sort_by(|a, b| (a.name(), a.key_id().0).cmp(&(b.name(), b.key_id().0)));
        // One log signature is enough, and keeps receipts small.
        let first_log = known.iter().position(|line| line.name() == origin);
        let kept: Vec<SignatureLine> = known
            .iter()
            .enumerate()
            .filter(|(i, line)| line.name() != origin || Some(*i) == first_log)
            .map(|(_, line)| line.clone())
            .collect();
        let checkpoint = Checkpoint::new(origin, size, end.root, Vec::new()).map_err(|e| fail(&e))?;
        let all = SignedCheckpoint::new(checkpoint.clone(), known.clone()).map_err(|e| fail(&e))?;
        let signed = SignedCheckpoint::new(checkpoint, kept).map_err(|e| fail(&e))?;
        outside::bound(&mut inner);
        let witnesses = self.ledger.founding().genesis.witnesses.as_ref();
        if witnesses.is_some() && policy_of(origin, &end.validators, None).is_ok_and(|policy| policy.verify(&all).is_ok()) {
            inner.outside.agree(all, self.turn(end, size));
        }
        let policy = policy_of(origin, &end.validators, witnesses).map_err(|e| fail(&e))?;
        if policy.verify_strict(&signed).is_err() {
            return Ok(());
        }
        let mut batch = Batch::default();
        if let Some((next, leaf)) = &end.handover {
            let path = inclusion_proof(&crate::ledger::log::TileReader(&**self.ledger.storage()), size - 1, size)
                .map_err(|e| fail(&e))?;
            let handover = Handover::new(next, leaf, size - 1, path, &signed);
            let json = serde_json::to_vec(&handover).map_err(|e| fail(&e))?;
            batch.put(Table::Handovers, &end.height.0.to_be_bytes(), json);
        }
        if size >= inner.newest {
            batch.put(Table::Checkpoints, &size.to_be_bytes(), signed.encode());
            if inner.newest < size {
                batch.delete(Table::Checkpoints, &inner.newest.to_be_bytes());
            }
            inner.newest = size;
            // The lines of a handover are kept until it is complete, however far the log has gone on.
            let Inner { ends, lines, outside, .. } = &mut *inner;
            let awaited = |at: u64| ends.get(&at).is_some_and(|end| end.handover.is_some());
            lines.retain(|at, _| at.saturating_add(1) >= size || awaited(*at));
            outside.settle(size, awaited);
        }
        drop(inner);
        if !batch.is_empty() {
            self.ledger.storage().write(batch)?;
        }
        if end.handover.is_some() {
            self.complete(size);
        }
        Ok(())
    }

    /// The witness of the genesis that cosigned so.
    fn witness_of(&self, checkpoint: &Checkpoint, line: &SignatureLine) -> Option<&VerifierKey> {
        self.witness_keys().find(|key| verify_cosignature(key, checkpoint, line).is_ok())
    }

    /// Leaves covered by the newest complete checkpoint.
    pub fn newest_size(&self) -> u64 {
        self.inner().newest
    }
}

fn end_of_head(head: &Head) -> End {
    End {
        height: head.height,
        root: head.log.root(),
        validators: head.previous_validators.clone(),
        handover: None,
    }
}

fn made_by_validator(checkpoint: &Checkpoint, set: &ValidatorSet, line: &SignatureLine) -> bool {
    let origin = checkpoint.origin();
    set.iter().any(|validator| {
        let point = |key: &chain_core::keys::PublicKey| VerifyingKey::from_bytes(key.as_bytes()).ok();
        let log = point(&validator.log).and_then(|p| VerifierKey::for_notes(origin, &p).ok());
        if log.is_some_and(|key| key.verify_note(&checkpoint.encode(), line).is_ok()) {
            return true;
        }
        let name = cosigner_name(origin, &validator.member);
        let cosigner = point(&validator.cosigner).and_then(|p| VerifierKey::for_cosignatures(&name, &p).ok());
        cosigner.is_some_and(|key| verify_cosignature(&key, checkpoint, line).is_ok())
    })
}
