//! Checkpoints by themselves: what a follower and a verifier with a memory compare.

use super::handover::{Handover, follow};
use super::trust::{Trust, reached_by_validators, validator_times};
use super::VerifyError;
use crate::log::SignedCheckpoint;
use crate::validators::ValidatorSet;

/// A checkpoint that its validators vouch for.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// The validators who speak for it.
    pub validators: ValidatorSet,
    /// How many cosigned.
    pub cosigned: usize,
    /// Unix seconds at which a quorum had cosigned it.
    pub cosigned_at: u64,
}

impl Vouched {
    /// Checks a checkpoint from a trust on; `handovers` are exactly those that lead to it.
    ///
    /// # Errors
    /// 9003, 9004, 9010.
    pub fn check(
        trust: &Trust,
        handovers: &[Handover],
        checkpoint: SignedCheckpoint,
    ) -> Result<Vouched, VerifyError> {
        let (validators, used) = follow(trust, handovers, checkpoint.checkpoint().size())?;
        if used != handovers.len() {
            return Err(VerifyError::Unused);
        }
        let policy = trust.policy(&validators).map_err(|e| VerifyError::Form(e.to_string()))?;
        let evaluation = policy.verify_strict(&checkpoint)?;
        let cosigned = validator_times(&validators, &evaluation).len();
        let cosigned_at = reached_by_validators(&validators, &evaluation);
        Ok(Vouched { checkpoint, validators, cosigned, cosigned_at })
    }
}
