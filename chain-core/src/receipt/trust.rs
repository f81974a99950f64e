//! Where a verifier starts.

use crate::genesis::Founding;
use crate::keys::PublicKey;
use crate::log::note::VerifierKey;
use crate::log::policy::{Policy, PolicyBuilder, RuleError, Threshold, Token};
use crate::types::{LedgerId, MemberId};
use crate::validators::ValidatorSet;
use ed25519_dalek::VerifyingKey;

/// What a verifier believes before it looks at a receipt: a ledger and its validators at some log size.
#[derive(Clone, Debug)]
pub struct Trust {
    ledger: LedgerId,
    origin: String,
    validators: ValidatorSet,
}

impl Trust {
    /// Trust in a genesis file.
    pub fn in_genesis(founding: &Founding) -> Trust {
        Trust {
            ledger: founding.id,
            origin: founding.genesis.origin.clone(),
            validators: founding.validators.clone(),
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
}

/// The name under which a validator cosigns: `<origin>/<member id>`.
pub fn cosigner_name(origin: &str, member: &MemberId) -> String {
    format!("{origin}/{member}")
}

fn point(key: &PublicKey) -> Result<VerifyingKey, RuleError> {
    VerifyingKey::from_bytes(key.as_bytes()).map_err(|_| RuleError::Syntax)
}

/// The C2SP policy of a validator set: every log key, every cosigner as a witness, and a quorum of more than two thirds.
///
/// # Errors
/// A name that a policy file cannot hold.
pub fn policy_of(origin: &str, set: &ValidatorSet) -> Result<Policy, RuleError> {
    let mut policy = PolicyBuilder::default();
    let mut names = Vec::new();
    for validator in set.iter() {
        policy.log(VerifierKey::for_notes(origin, &point(&validator.log)?)?, None)?;
    }
    for validator in set.iter() {
        let name = Token::new(validator.member.as_str())?;
        let key = VerifierKey::for_cosignatures(&cosigner_name(origin, &validator.member), &point(&validator.cosigner)?)?;
        policy.witness(name.clone(), key, None)?;
        names.push(name);
    }
    let group = Token::new("validators")?;
    policy.group(group.clone(), Threshold::AtLeast(set.quorum()), &names)?;
    policy.quorum(&group)?;
    policy.build()
}
