//! Where a verifier starts.

use crate::genesis::{Founding, Witnesses};
use crate::keys::PublicKey;
use crate::log::note::VerifierKey;
use crate::log::policy::{Evaluation, Policy, PolicyBuilder, RuleError, Threshold, Token};
use crate::types::{LedgerId, MemberId};
use crate::validators::ValidatorSet;
use ed25519_dalek::VerifyingKey;

/// What a verifier believes before it looks at a receipt: a ledger and its validators at some log size.
#[derive(Clone, Debug)]
pub struct Trust {
    ledger: LedgerId,
    origin: String,
    validators: ValidatorSet,
    witnesses: Option<Witnesses>,
}

impl Trust {
    /// Trust in a genesis file.
    pub fn in_genesis(founding: &Founding) -> Trust {
        Trust {
            ledger: founding.id,
            origin: founding.genesis.origin.clone(),
            validators: founding.validators.clone(),
            witnesses: founding.genesis.witnesses.clone(),
        }
    }

    /// The ledger.
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The origin of its checkpoints.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The trusted validators.
    pub fn validators(&self) -> &ValidatorSet {
        &self.validators
    }

    /// The policy of this ledger's checkpoints while `set` decides; see [`policy_of`].
    ///
    /// # Errors
    /// As [`policy_of`].
    pub fn policy(&self, set: &ValidatorSet) -> Result<Policy, RuleError> {
        policy_of(&self.origin, set, self.witnesses.as_ref())
    }
}

/// The name under which a validator cosigns: `<origin>/<member id>`.
pub fn cosigner_name(origin: &str, member: &MemberId) -> String {
    format!("{origin}/{member}")
}

fn point(key: &PublicKey) -> Result<VerifyingKey, RuleError> {
    VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| RuleError::Syntax)
}

/// The C2SP policy of a validator set: every log key, every cosigner as a witness, and a quorum of more than two thirds;
/// where the genesis names witnesses, so many of these besides.
///
/// # Errors
/// A name that a policy file cannot hold, or a key that stands twice.
pub fn policy_of(origin: &str, set: &ValidatorSet, witnesses: Option<&Witnesses>) -> Result<Policy, RuleError> {
    let mut policy = PolicyBuilder::default();
    let mut members = Vec::new();
    for validator in set.iter() {
        policy.log(VerifierKey::for_notes(origin, &point(&validator.log)?)?, None)?;
    }
    for validator in set.iter() {
        let name = Token::new(validator.member.as_str())?;
        let key = VerifierKey::for_cosignatures(&cosigner_name(origin, &validator.member), &point(&validator.cosigner)?)?;
        policy.witness(name.clone(), key, None)?;
        members.push(name);
    }
    let validators = Token::new("validators")?;
    policy.group(validators.clone(), Threshold::AtLeast(set.quorum()), &members)?;
    let Some(witnesses) = witnesses else {
        policy.quorum(&validators)?;
        return policy.build();
    };
    let mut outsiders = Vec::new();
    for (n, key) in (1..).zip(&witnesses.keys) {
        let name = Token::new(format!("witness-{n}"))?;
        policy.witness(name.clone(), key.clone(), None)?;
        outsiders.push(name);
    }
    let (outside, consortium) = (Token::new("witnesses")?, Token::new("consortium")?);
    policy.group(outside.clone(), Threshold::AtLeast(witnesses.needed), &outsiders)?;
    policy.group(consortium.clone(), Threshold::All, &[validators, outside])?;
    policy.quorum(&consortium)?;
    policy.build()
}

/// The times at which validators of the set cosigned, in Unix seconds, the newest first.
pub(super) fn validator_times(set: &ValidatorSet, evaluation: &Evaluation) -> Vec<u64> {
    let by_validator = |name: &Token| set.iter().any(|v| v.member.as_str().as_bytes() == name.as_bytes());
    let mut times: Vec<u64> =
        evaluation.witnesses.iter().filter(|cosigned| by_validator(&cosigned.name)).map(|cosigned| cosigned.time).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times
}

/// Unix seconds at which a quorum of the set had cosigned: the latest of the times by which as many had, so the
/// quorum-th newest. 0 where they are fewer.
pub(crate) fn reached_by_validators(set: &ValidatorSet, evaluation: &Evaluation) -> u64 {
    validator_times(set, evaluation).get(set.quorum() - 1).copied().unwrap_or(0)
}
