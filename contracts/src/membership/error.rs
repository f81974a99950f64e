//! Why membership refuses. Codes are never renumbered.

use super::calls::Vote;
use super::state::ProposalStatus;
use chain_core::contract::{Refusal, Stop};
use chain_core::types::{Height, Kid, MemberId, RecordId};
use serde_json::json;

/// A refusal of this contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MembershipError {
    /// 2001.
    #[error("this kind must be signed by a key whose uses include record; sign it again with such a key")]
    NotARecordKey,
    /// 2002.
    #[error("the key is, or once was, registered on this ledger; generate a new one")]
    KeyTaken(Kid),
    /// 2003.
    #[error("exists: the key is already registered for this member with these uses; nothing to do")]
    KeyExists(Kid),
    /// 2004.
    #[error("a member has at most 64 keys, ended ones included; do without this key")]
    TooManyKeys,
    /// 2005.
    #[error("the member has no key {0}; look up its key ids")]
    UnknownKey(Kid),
    /// 2006.
    #[error("exists: the key is already revoked, from height {until} on; nothing to do")]
    AlreadyRevoked {
        /// First height at which it may not sign.
        until: Height,
    },
    /// 2007.
    #[error("this is the last key for records; add another one before it in the same transaction")]
    LastRecordKey,
    /// 2008.
    #[error("a maker's or checker's key must be added by a transaction that a checker's key of the member signs; sign it again with that key, or ask the governing members")]
    NotACheckerKey,
    /// 2010.
    #[error("only members that run a validator and are not suspended may propose and vote")]
    NotGoverning,
    /// 2011.
    #[error("expires must be a height from {earliest} to {latest}")]
    Expiry {
        /// Least.
        earliest: Height,
        /// Most.
        latest: Height,
    },
    /// 2012.
    #[error("there is no proposal {0}; its id is the record id of the proposal")]
    UnknownProposal(RecordId),
    /// 2013.
    #[error("the proposal is {}; make a new one", status_name(*.0))]
    Closed(ProposalStatus),
    /// 2014.
    #[error("exists: the member has already voted so; nothing to do")]
    AlreadyVoted,
    /// 2015.
    #[error("the member has already voted {}; a vote is final", vote_name(*.0))]
    VotedOtherwise(Vote),
    /// 2020.
    #[error("there is already a member {0}")]
    MemberExists(MemberId),
    /// 2021.
    #[error("there is no member {0}; admit it first")]
    UnknownMember(MemberId),
    /// 2022.
    #[error("exists: all is already as proposed; nothing to do")]
    NothingChanges,
    /// 2023.
    #[error("{0} is suspended or not yet a member; only members in good standing may run a node")]
    NotInGoodStanding(MemberId),
    /// 2024.
    #[error("version {0} of this rule set is published and cannot change; choose a new version")]
    RuleVersionTaken(String),
    /// 2025.
    #[error("a rule set has at most 64 versions; publish under a new name")]
    TooManyVersions,
    /// 2026.
    #[error("only {able} members could then vote, and a decision would need {needed}; change something else first")]
    WouldLockOut {
        /// Governing members with a key, a role that may vote, and good standing.
        able: usize,
        /// Yes votes that a decision would need.
        needed: usize,
    },
}

fn status_name(status: ProposalStatus) -> &'static str {
    match status {
        ProposalStatus::Open => "open",
        ProposalStatus::Passed => "passed",
        ProposalStatus::Rejected => "rejected",
        ProposalStatus::Expired => "expired",
    }
}

fn vote_name(vote: Vote) -> &'static str {
    match vote {
        Vote::Yes => "yes",
        Vote::No => "no",
    }
}

impl MembershipError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        use MembershipError::*;
        match self {
            NotARecordKey => 2001,
            KeyTaken(_) => 2002,
            KeyExists(_) => 2003,
            TooManyKeys => 2004,
            UnknownKey(_) => 2005,
            AlreadyRevoked { .. } => 2006,
            LastRecordKey => 2007,
            NotACheckerKey => 2008,
            NotGoverning => 2010,
            Expiry { .. } => 2011,
            UnknownProposal(_) => 2012,
            Closed(_) => 2013,
            AlreadyVoted => 2014,
            VotedOtherwise(_) => 2015,
            MemberExists(_) => 2020,
            UnknownMember(_) => 2021,
            NothingChanges => 2022,
            NotInGoodStanding(_) => 2023,
            RuleVersionTaken(_) => 2024,
            TooManyVersions => 2025,
            WouldLockOut { .. } => 2026,
        }
    }
}

impl From<MembershipError> for Refusal {
    fn from(error: MembershipError) -> Refusal {
        use MembershipError::*;
        let refusal = Refusal::new(error.code(), error.to_string());
        match error {
            KeyTaken(kid) | KeyExists(kid) => refusal.with(json!({ "kid": kid })),
            AlreadyRevoked { until } => refusal.with(json!({ "until": until })),
            Expiry { earliest, latest } => refusal.with(json!({ "earliest": earliest, "latest": latest })),
            Closed(status) => refusal.with(json!({ "status": status })),
            WouldLockOut { able, needed } => refusal.with(json!({ "able": able, "needed": needed })),
            _ => refusal,
        }
    }
}

impl From<MembershipError> for Stop {
    fn from(error: MembershipError) -> Stop {
        Stop::Refused(error.into())
    }
}
