//! The clear bodies of the membership kinds, and what can be checked without state.

use super::rules::{RuleSet, rule_name_ok};
use crate::ids::uscc::Uscc;
use chain_core::authority::Followers;
use chain_core::json::{JsonError, JsonFault};
use chain_core::keys::PublicKey;
use chain_core::member::{KeyUse, Params, Role};
use chain_core::record::Record;
use chain_core::types::{Height, Kid, Kind, MemberId, RecordId};
use chain_core::validators::{Validator, ValidatorSet};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that a member may have in its life.
pub const MAX_KEYS: usize = 64;
/// Nodes that may follow.
pub const MAX_FOLLOWERS: usize = 1000;
/// Characters of a name.
const MAX_NAME: usize = 200;
/// Names of a member.
const MAX_NAMES: usize = 8;

/// Body of `member.key/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
pub enum KeyCall {
    /// Registers a key, to sign from the next height on.
    Add {
        /// Ed25519 public key, base64url; tested when read.
        x: PublicKey,
        /// What it may sign: at least one use.
        uses: BTreeSet<KeyUse>,
    },
    /// Ends a key with this height.
    Revoke {
        /// Its id.
        kid: Kid,
    },
}

/// A key to be registered for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Ed25519 public key, base64url; tested when read.
    pub x: PublicKey,
    /// What it may sign: at least one use.
    pub uses: BTreeSet<KeyUse>,
}

/// A member to be admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// Its id. One of 18 characters is a unified social credit code and must have its check digits.
    pub id: MemberId,
    /// Names of the organisation by language tag: 1 to 8, of 1 to 200 characters.
    pub names: BTreeMap<String, String>,
    /// Roles: at least one.
    pub roles: BTreeSet<Role>,
    /// Keys: 1 to 64, at least one for records.
    pub keys: Vec<NewKey>,
}

/// What governing members may decide: one object with one field, the action's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Admits a member.
    AdmitMember {
        /// The new member.
        member: NewMember,
    },
    /// Replaces a member's roles.
    SetRoles {
        /// Whose.
        member: MemberId,
        /// All its roles: at least one.
        roles: BTreeSet<Role>,
    },
    /// A member may write nothing from the next height on.
    SuspendMember {
        /// Which.
        member: MemberId,
    },
    /// It may write again.
    LiftSuspension {
        /// Which.
        member: MemberId,
    },
    /// Registers a key for a member that has lost all of its own.
    AddKey {
        /// Whose.
        member: MemberId,
        /// The key.
        key: NewKey,
    },
    /// Ends a member's key, also its last (emergency).
    RevokeKey {
        /// Whose.
        member: MemberId,
        /// Which.
        kid: Kid,
    },
    /// Replaces the whole validator set.
    SetValidators {
        /// 1 to 100, one per member, all keys different.
        validators: Vec<Validator>,
    },
    /// Replaces all followers.
    SetFollowers {
        /// Peer key of the node by member, at most 1000, all different.
        followers: Followers,
    },
    /// Replaces the roles that may write a kind.
    SetGrant {
        /// The kind.
        kind: Kind,
        /// The roles; none means nobody.
        roles: BTreeSet<Role>,
    },
    /// Replaces all bounds.
    SetParams {
        /// The bounds; see [`check_params`] for what they may be.
        params: Params,
    },
    /// Publishes a version of a rule set.
    SetRules {
        /// Name of the rule set: 1 to 64 of `a-z 0-9 . -`.
        name: String,
        /// The version.
        value: RuleSet,
    },
}

/// Body of `gov.proposal/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalCall {
    /// What to do.
    pub action: Action,
    /// Last height at which it may be voted on: after this height, at most 1,000,000 away.
    pub expires: Height,
}

/// A member's word on a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vote {
    /// For it.
    Yes,
    /// Against it.
    No,
}

/// Body of `gov.vote/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoteCall {
    /// Record id of the proposal.
    pub proposal: RecordId,
    /// The vote.
    pub vote: Vote,
}

fn fault<T>(pointer: impl Into<String>, message: impl Into<String>) -> Result<T, JsonError> {
    Err(JsonError { fault: JsonFault::Shape, pointer: pointer.into(), message: message.into() })
}

fn ensure(ok: bool, pointer: impl Into<String>, message: &str) -> Result<(), JsonError> {
    if ok { Ok(()) } else { fault(pointer, message) }
}

/// Membership is public: a sealed field would be ignored.
pub(super) fn no_sealed_fields(record: &Record) -> Result<(), JsonError> {
    ensure(record.sd.is_empty(), "/body/_sd", "this kind has no sealed fields; send all fields clear")
}

/// A key needs a use, and the two signatures of a step that moves money need two keys.
pub(super) fn check_uses(uses: &BTreeSet<KeyUse>, place: &str) -> Result<(), JsonError> {
    ensure(!uses.is_empty(), place, "a key needs at least one use")?;
    let both = uses.contains(&KeyUse::Maker) && uses.contains(&KeyUse::Checker);
    ensure(!both, place, "a key may not be both maker and checker; register two keys")
}

/// Checks the bounds of the bounds: a largest transaction fits, a block fits a sync answer (10 MiB), and
/// times and counts stay within what the ledger was built for.
///
/// # Errors
/// The first field out of its range, with its pointer below `place`.
pub fn check_params(params: &Params, place: &str) -> Result<(), JsonError> {
    let ranges = [
        ("block_bytes", params.block_bytes, 256 << 10, 8 << 20),
        ("block_txs", u64::from(params.block_txs), 1, 100_000),
        ("member_block_bytes", params.member_block_bytes, 256 << 10, params.block_bytes),
        ("reservation_max_s", params.reservation_max_s, 60, 366 * 24 * 3600),
        ("votes_needed", u64::from(params.votes_needed), 1, 100),
        ("clock_bound_ms", params.clock_bound_ms, 500, 600_000),
        ("skip_heights", params.skip_heights, 0, 1_000_000),
    ];
    for (name, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return fault(format!("{place}/{name}"), format!("{name} must lie between {least} and {most}"));
        }
    }
    Ok(())
}

fn check_names(names: &BTreeMap<String, String>, place: &str) -> Result<(), JsonError> {
    ensure((1..=MAX_NAMES).contains(&names.len()), place, "a member has 1 to 8 names")?;
    for (tag, name) in names {
        let tag_ok = (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        ensure(tag_ok, place, "names stand under language tags such as zh-CN or en")?;
        ensure(name_ok(name), place, "a name has 1 to 200 characters and no control characters")?;
    }
    Ok(())
}

/// 1 to 200 characters, not only white space, no control characters.
pub(crate) fn name_ok(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)
}

impl KeyCall {
    pub(super) fn check(&self) -> Result<(), JsonError> {
        match self {
            KeyCall::Add { uses, .. } => check_uses(uses, "/body/uses"),
            KeyCall::Revoke { .. } => Ok(()),
        }
    }
}

impl NewMember {
    fn check(&self, place: &str) -> Result<(), JsonError> {
        if self.id.as_str().len() == 18 {
            let same = Uscc::parse(self.id.as_str()).is_ok_and(|uscc| uscc.as_str() == self.id.as_str());
            ensure(same, format!("{place}/id"), "an id of 18 characters must be a valid unified social credit code")?;
        }
        check_names(&self.names, &format!("{place}/names"))?;
        ensure(!self.roles.is_empty(), format!("{place}/roles"), "a member needs at least one role")?;
        let keys = format!("{place}/keys");
        ensure((1..=MAX_KEYS).contains(&self.keys.len()), &keys, "a member has 1 to 64 keys")?;
        for (index, key) in self.keys.iter().enumerate() {
            check_uses(&key.uses, &format!("{keys}/{index}/uses"))?;
        }
        let distinct: BTreeSet<&PublicKey> = self.keys.iter().map(|key| &key.x).collect();
        ensure(distinct.len() == self.keys.len(), &keys, "a key stands twice")?;
        let can_write = self.keys.iter().any(|key| key.uses.contains(&KeyUse::Record));
        ensure(can_write, &keys, "a member needs at least one key for records")
    }
}

impl ProposalCall {
    pub(super) fn check(&self) -> Result<(), JsonError> {
        let place = "/body/action";
        match &self.action {
            Action::AdmitMember { member } => member.check(&format!("{place}/admit_member/member")),
            Action::SetRoles { roles, .. } => {
                ensure(!roles.is_empty(), format!("{place}/set_roles/roles"), "a member needs at least one role")
            }
            Action::AddKey { key, .. } => check_uses(&key.uses, &format!("{place}/add_key/key/uses")),
            Action::SetValidators { validators } => ensure(
                ValidatorSet::new(validators.clone()).is_some(),
                format!("{place}/set_validators/validators"),
                "validators are 1 to 100, one per member, all their keys different, and no member is called as a policy calls others",
            ),
            Action::SetFollowers { followers } => {
                let distinct: BTreeSet<&PublicKey> = followers.0.values().collect();
                ensure(
                    followers.0.len() <= MAX_FOLLOWERS && distinct.len() == followers.0.len(),
                    format!("{place}/set_followers/followers"),
                    "followers are at most 1000, and all their keys different",
                )
            }
            Action::SetGrant { kind, .. } => {
                ensure(kind_ok(kind), format!("{place}/set_grant/kind"), "a kind is written like trade.order/1")
            }
            Action::SetParams { params } => check_params(params, &format!("{place}/set_params/params")),
            Action::SetRules { name, value } => {
                ensure(
                    rule_name_ok(name),
                    format!("{place}/set_rules/name"),
                    "a rule set's name has 1 to 64 of a-z, 0-9, '.' and '-'",
                )?;
                value.check().or_else(|message| fault(format!("{place}/set_rules/value"), message))
            }
            Action::SuspendMember { .. } | Action::LiftSuspension { .. } | Action::RevokeKey { .. } => Ok(()),
        }
    }
}

fn kind_ok(kind: &Kind) -> bool {
    kind.as_str().split_once('/').is_some_and(|(name, version)| {
        let version_ok = version.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == version);
        version_ok && name.split('.').count() >= 2 && name.split('.').all(|part| !part.is_empty())
    })
}
