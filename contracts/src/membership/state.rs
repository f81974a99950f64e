//! What membership keeps: proposals, and who owns which key.
//!
//! Members, grants, parameters, validators, followers and rule sets have the keys that `chain_core` names.

use super::calls::{Action, Vote};
use chain_core::types::{Height, Kid, MemberId, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A member's own: records, API, approvals, attestations.
    Member,
    /// A validator's votes.
    Vote,
    /// A validator's checkpoints as the log.
    Log,
    /// A validator's cosignatures.
    Cosigner,
    /// A node on the network: of a validator or a follower.
    Peer,
    /// An outside witness of the genesis, by the name that policies give it: `witness-1`.
    Witness,
}

/// Whose a key is and what for: state key [`key_owner`]. Written once, never changed, never removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOwner {
    /// The member.
    pub member: MemberId,
    /// What for.
    pub purpose: Purpose,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposalStatus {
    /// May be voted on, up to its last height.
    Open,
    /// Executed.
    Passed,
    /// It could not pass any more.
    Rejected,
    /// Its last height went by. Never stored: see [`Proposal::status_at`].
    Expired,
}

/// A proposal: state key [`proposal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Who proposed it.
    pub proposer: MemberId,
    /// What it would do.
    pub action: Action,
    /// Height at which it was made.
    pub proposed: Height,
    /// Last height at which it may be voted on.
    pub expires: Height,
    /// Votes so far, by member.
    pub votes: BTreeMap<MemberId, Vote>,
    /// Open, passed or rejected.
    pub status: ProposalStatus,
    /// Height at which it passed or was rejected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decided: Option<Height>,
}

impl Proposal {
    /// Where it stands for a record of this height.
    pub fn status_at(&self, height: Height) -> ProposalStatus {
        match self.status {
            ProposalStatus::Open if height > self.expires => ProposalStatus::Expired,
            status => status,
        }
    }
}

/// State key of a [`KeyOwner`].
pub fn key_owner(kid: &Kid) -> String {
    format!("key/{kid}")
}

/// State key of a [`Proposal`], by the id of the record that made it.
pub fn proposal(id: &RecordId) -> String {
    format!("gov/proposal/{id}")
}
