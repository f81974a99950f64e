//! Members, their keys, and what the governing members decide together.
//!
//! Promises:
//!
//! 1. A member adds and revokes its own keys with `member.key/1`, signed by a record key. A new key may sign
//!    from the next height; a revoked key may sign up to its height of revocation and never after it.
//!    Once a member has had a checker's key, only a transaction signed with one adds a maker's or checker's
//!    key (or a vote does): whoever steals a record key moves no money with it.
//! 2. A member never revokes its last record key. A rotation is one transaction with two records: add, revoke.
//! 3. A key has one owner and one purpose for ever (member, vote, log, cosigner or peer). It is registered
//!    once, never again after its revocation, and is tested when registered.
//! 4. A member has at most 64 keys, ended ones included. No key is both maker and checker.
//! 5. Governing members are those that run a validator now and are not suspended. Each has one vote per
//!    proposal, which is final; proposing is voting yes.
//! 6. A proposal passes at the yes vote with which members governing **at that moment** have given
//!    `params.votes_needed` yes votes, and in any case more than half of the validators' members; where
//!    `votes_needed` exceeds their number, all of them. Votes of members that no longer govern do not count.
//!    See [`votes_needed`].
//! 7. It is executed in the block of that vote. Keys, suspensions, grants, parameters, validators, followers
//!    and rule sets are in force from the next height; records later in the same block already see new roles.
//! 8. A yes vote that would decide for an action that no longer applies is refused with the reason, and the
//!    proposal stays open. It is rejected when it cannot pass any more, and dies after its `expires` height,
//!    at most 1,000,000 heights away.
//! 9. No decision leaves fewer members able to govern than a decision needs.
//! 10. A version of a rule set is never changed and never removed: see [`rules`].
//!
//! The genesis is held to the same rules by [`check_genesis`]; its keys are indexed by [`genesis_state`].

mod action;
pub mod calls;
pub mod error;
mod genesis;
mod handler;
mod keyring;
pub mod rules;
pub mod state;

pub use action::votes_needed;
pub use genesis::{GenesisFault, check_genesis, genesis_state};

use chain_core::contract::{Context, Contract, Stop};
use chain_core::json::JsonError;
use chain_core::record::Record;

/// A member adds or revokes one of its keys.
pub const KEY: &str = "member.key/1";
/// A governing member proposes an action.
pub const PROPOSAL: &str = "gov.proposal/1";
/// A governing member votes on a proposal.
pub const VOTE: &str = "gov.vote/1";

/// Rules for members, keys, votes, parameters and rule sets.
pub struct Membership;

/// The contract.
pub static MEMBERSHIP: Membership = Membership;

impl Contract for Membership {
    fn name(&self) -> &'static str {
        "membership"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[KEY, PROPOSAL, VOTE]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        calls::no_sealed_fields(record)?;
        match record.kind.as_str() {
            KEY => record.clear::<calls::KeyCall>()?.check(),
            PROPOSAL => record.clear::<calls::ProposalCall>()?.check(),
            _ => record.clear::<calls::VoteCall>().map(|_| ()),
        }
    }

    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        match record.kind.as_str() {
            KEY => handler::key(ctx, record.clear()?),
            PROPOSAL => handler::proposal(ctx, record.clear()?),
            _ => handler::vote(ctx, record.clear()?),
        }
    }
}

#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod tests;
