//! The genesis: the file whose hash is the ledger's id, and the state it begins with.

use crate::hash::Hash;
use crate::log::note::{KeyType, VerifierKey};
use crate::log::policy::RuleError;
use crate::member::{Grants, Member, Params};
use crate::receipt::policy_of;
use crate::state::{StateFault, StateRead, keys};
use crate::types::{LedgerId, TimeMs};
use crate::validators::{Validator, ValidatorSet};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the founders agree on. The ledger's id is SHA-256 of the file's bytes as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The ledger's name and the origin of its checkpoints (C2SP): host-like, such as `sealane.example/cq`.
    pub origin: String,
    /// Time of the genesis.
    pub time: TimeMs,
    /// Founding members.
    pub members: Vec<Member>,
    /// First validators.
    pub validators: Vec<Validator>,
    /// Members' nodes that follow without voting.
    #[serde(default)]
    pub followers: crate::authority::Followers,
    /// Which role may write which kind.
    pub grants: Grants,
    /// Bounds.
    pub params: Params,
    /// Rule sets by name: data that law or policy may change.
    #[serde(default)]
    pub rules: BTreeMap<String, Value>,
    /// Outsiders whose cosignatures every proof of this ledger needs besides the validators'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<Witnesses>,
}

/// The most witnesses of a ledger.
pub const MAX_WITNESSES: usize = 32;

/// Witnesses from outside (c2sp.org/tlog-witness): they run no node, and sign that the log only ever grew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnesses {
    /// How many of them must have cosigned, 1 to their number.
    pub needed: usize,
    /// Their verifier keys (type 0x04), 1 to [`MAX_WITNESSES`], named outside the ledger's origin.
    pub keys: Vec<VerifierKey>,
}

impl Witnesses {
    /// A witness named like the log or one of its cosigners would be taken for it.
    fn fit(&self, origin: &str) -> bool {
        let outside = |key: &VerifierKey| {
            key.key_type() == KeyType::CosignatureV1
                && key.name().strip_prefix(origin).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        };
        (1..=MAX_WITNESSES).contains(&self.keys.len())
            && (1..=self.keys.len()).contains(&self.needed)
            && self.keys.iter().all(outside)
    }
}

/// Why a genesis file cannot start a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Not JSON of the right shape.
    #[error("the genesis file is not readable: {0}")]
    Json(#[from] crate::json::JsonError),
    /// The origin has characters that a checkpoint cannot carry.
    #[error("origin must be 1 to 100 ASCII characters without spaces or '+'")]
    Origin,
    /// See [`ValidatorSet::new`].
    #[error("validators must be 1 to 100, one per member, with all keys different, and each a member")]
    Validators,
    /// A member stands twice, or a key of its has an id that is not its thumbprint.
    #[error("member {0} stands twice or has a wrong key id")]
    Member(String),
    /// Witnesses that could be taken for others, or that nobody could satisfy.
    #[error("witnesses must be 1 to 32 keys of type 0x04 with names outside the origin, and needed 1 to their number")]
    Witnesses,
    /// The policy of the checkpoints would not be one; see [`policy_of`].
    #[error("the checkpoints' policy: {0}")]
    Policy(#[from] RuleError),
    /// A value cannot be stored.
    #[error(transparent)]
    State(#[from] StateFault),
}

/// A genesis that was checked, with its id and first validators.
#[derive(Clone, Debug)]
pub struct Founding {
    /// SHA-256 of the file.
    pub id: LedgerId,
    /// The file read.
    pub genesis: Genesis,
    /// The first validators.
    pub validators: ValidatorSet,
}

/// State key of a rule set.
pub fn rules_key(name: &str) -> String {
    format!("gov/rules/{name}")
}

impl Founding {
    /// Reads and checks a genesis file.
    ///
    /// # Errors
    /// See [`GenesisError`].
    pub fn read(bytes: &[u8]) -> Result<Founding, GenesisError> {
        let genesis: Genesis = crate::json::parse(bytes).and_then(|v| crate::json::shape(v, ""))?;
        let origin_ok = (1..=100).contains(&genesis.origin.len())
            && genesis.origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        if !origin_ok {
            return Err(GenesisError::Origin);
        }
        let mut ids = std::collections::BTreeSet::new();
        for member in &genesis.members {
            if !ids.insert(&member.id) || member.keys.iter().any(|key| key.kid != key.x.kid()) {
                return Err(GenesisError::Member(member.id.to_string()));
            }
        }
        let validators = ValidatorSet::new(genesis.validators.clone())
            .filter(|set| set.iter().all(|v| ids.contains(&v.member)))
            .ok_or(GenesisError::Validators)?;
        if !genesis.witnesses.as_ref().is_none_or(|witnesses| witnesses.fit(&genesis.origin)) {
            return Err(GenesisError::Witnesses);
        }
        policy_of(&genesis.origin, &validators, genesis.witnesses.as_ref())?;
        Ok(Founding { id: LedgerId(Hash::of(bytes)), genesis, validators })
    }

    /// The state at height 0.
    ///
    /// # Errors
    /// A value cannot be written as JSON.
    pub fn state(&self) -> Result<BTreeMap<String, Vec<u8>>, GenesisError> {
        let empty: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let base: &dyn StateRead = &empty;
        let mut state = crate::state::Overlay::new(base);
        for member in &self.genesis.members {
            state.store(&keys::member(&member.id), member)?;
        }
        state.store(keys::VALIDATORS, &self.validators)?;
        state.store(keys::FOLLOWERS, &self.genesis.followers)?;
        state.store(keys::GRANTS, &self.genesis.grants)?;
        state.store(keys::PARAMS, &self.genesis.params)?;
        for (name, rules) in &self.genesis.rules {
            state.store(&rules_key(name), rules)?;
        }
        state.keep();
        Ok(state.into_writes().into_iter().filter_map(|(key, value)| value.map(|v| (key, v))).collect())
    }
}
