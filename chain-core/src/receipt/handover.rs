//! Handovers: how trust in one validator set becomes trust in the next.

use super::trust::Trust;
use super::{VerifyError, leaf_text};
use crate::block::Leaf;
use crate::hash::Hash;
use crate::keys::unb64;
use crate::log::SignedCheckpoint;
use crate::log::merkle::{leaf_hash, verify_inclusion};
use crate::validators::{Validator, ValidatorSet};
use serde::{Deserialize, Serialize};

/// A change of validators, vouched for by a quorum of those who leave: a block leaf that names the next set,
/// included under a checkpoint that they cosigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// The next validators.
    pub validators: Vec<Validator>,
    /// The block leaf, base64url.
    pub leaf: String,
    /// Its place in the log.
    pub index: u64,
    /// Inclusion proof, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The checkpoint, cosigned by the validators before the change.
    pub checkpoint: String,
}

impl Handover {
    /// A handover from its parts.
    pub fn new(
        next: &ValidatorSet,
        leaf: &Leaf,
        index: u64,
        path: Vec<Hash>,
        checkpoint: &SignedCheckpoint,
    ) -> Handover {
        Handover {
            validators: next.iter().cloned().collect(),
            leaf: leaf_text(leaf),
            index,
            path,
            checkpoint: checkpoint.encode(),
        }
    }

    /// Checks the handover against the validators before it, on the ledger that is trusted. Gives those after it, and the leaf's place.
    ///
    /// # Errors
    /// What does not hold, in a sentence.
    pub fn verify(&self, trust: &Trust, before: &ValidatorSet) -> Result<(ValidatorSet, u64), String> {
        let next = ValidatorSet::new(self.validators.clone()).ok_or("the validators are not a set")?;
        if next.iter().ne(self.validators.iter()) {
            return Err("the validators are not in order".into());
        }
        let bytes = unb64(&self.leaf).ok_or("the leaf is not base64url")?;
        let Some(Leaf::Block { validators, next_validators, .. }) = Leaf::from_bytes(&bytes) else {
            return Err("the leaf is not a block's".into());
        };
        if validators != before.hash() {
            return Err("the block was decided by other validators".into());
        }
        if next_validators != next.hash() || next_validators == validators {
            return Err("the block does not hand over to these validators".into());
        }
        let checkpoint = SignedCheckpoint::parse(self.checkpoint.as_bytes()).map_err(|e| e.to_string())?;
        let policy = trust.policy(before).map_err(|e| e.to_string())?;
        policy.verify_strict(&checkpoint).map_err(|e| e.to_string())?;
        let stated = checkpoint.checkpoint();
        verify_inclusion(&leaf_hash(&bytes), self.index, stated.size(), &self.path, &stated.root())
            .map_err(|e| e.to_string())?;
        Ok((next, self.index))
    }
}

/// Follows handovers from a trust to the validators who speak for a log of `size` leaves.
/// Returns them and how many handovers were needed.
///
/// # Errors
/// 9003: the first handover that does not hold.
pub fn follow(trust: &Trust, handovers: &[Handover], size: u64) -> Result<(ValidatorSet, usize), VerifyError> {
    let mut set = trust.validators().clone();
    let mut from = 0;
    for (index, handover) in handovers.iter().enumerate() {
        let fail = |reason: String| VerifyError::Handover { index, reason };
        let (next, at) = handover.verify(trust, &set).map_err(fail)?;
        if at < from {
            return Err(fail("it comes before the one before it".into()));
        }
        // A checkpoint of exactly this block is still signed by those who leave.
        if at + 1 >= size {
            return Ok((set, index));
        }
        (set, from) = (next, at + 1);
    }
    Ok((set, handovers.len()))
}
