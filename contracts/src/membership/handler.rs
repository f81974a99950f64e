//! The membership kinds, each a function: checks in order of precedence, then the writes.

use super::action::{Plan, plan, validators, votes_needed};
use super::calls::{KeyCall, NewKey, ProposalCall, Vote, VoteCall};
use super::error::MembershipError;
use super::keyring;
use super::state::{self, Proposal, ProposalStatus};
use chain_core::contract::{Context, Stop};
use chain_core::member::KeyUse;
use chain_core::types::{Height, MemberId};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal lives at most this many heights.
pub(super) const MAX_LIFE: u64 = 1_000_000;

/// `member.key/1`.
pub(super) fn key(ctx: &mut Context<'_, '_>, call: KeyCall) -> Result<(), Stop> {
    // Not `ctx.issuer`: an earlier record of this transaction may have added a key.
    let own = ctx.member(&ctx.issuer.id)?;
    let mut member = own.ok_or_else(|| MembershipError::UnknownMember(ctx.issuer.id.clone()))?;
    let claims = match call {
        KeyCall::Add { x, uses } => {
            if uses.iter().any(|one| one.moves_money()) && keyring::had_a_checker(&member) {
                if !ctx.signed_as(KeyUse::Checker) {
                    return Err(MembershipError::NotACheckerKey.into());
                }
            } else {
                signed_for_records(ctx)?;
            }
            vec![keyring::add(ctx, &mut member, &NewKey { x, uses })?]
        }
        KeyCall::Revoke { kid } => {
            let own = member.key(&kid).is_some_and(|key| key.uses.iter().any(|one| one.moves_money()));
            if !(own && ctx.signed_as(KeyUse::Checker)) {
                signed_for_records(ctx)?;
            }
            keyring::revoke(&mut member, &kid, ctx.height)?;
            if !keyring::can_sign_records(&member, ctx.height.next()) {
                return Err(MembershipError::LastRecordKey.into());
            }
            Vec::new()
        }
    };
    // From here on nothing can fail.
    Ok(Plan::member(member, claims).write(ctx)?)
}

/// `gov.proposal/1`.
pub(super) fn proposal(ctx: &mut Context<'_, '_>, call: ProposalCall) -> Result<(), Stop> {
    signed_for_records(ctx)?;
    let governing = Governing::now(ctx)?;
    governing.includes(&ctx.issuer.id)?;
    let (earliest, latest) = (ctx.height.next(), Height(ctx.height.0.saturating_add(MAX_LIFE)));
    if !(earliest..=latest).contains(&call.expires) {
        return Err(MembershipError::Expiry { earliest, latest }.into());
    }
    let plan = plan(ctx, &call.action)?;
    let mut proposal = Proposal {
        proposer: ctx.issuer.id.clone(),
        action: call.action,
        proposed: ctx.height,
        expires: call.expires,
        votes: BTreeMap::from([(ctx.issuer.id.clone(), Vote::Yes)]),
        status: ProposalStatus::Open,
        decided: None,
    };
    governing.decide(&mut proposal, Vote::Yes, ctx.height);
    // From here on nothing can fail.
    if proposal.status == ProposalStatus::Passed {
        plan.write(ctx)?;
    }
    Ok(ctx.store(&state::proposal(&ctx.record_id), &proposal)?)
}

/// `gov.vote/1`.
pub(super) fn vote(ctx: &mut Context<'_, '_>, call: VoteCall) -> Result<(), Stop> {
    signed_for_records(ctx)?;
    let governing = Governing::now(ctx)?;
    governing.includes(&ctx.issuer.id)?;
    let key = state::proposal(&call.proposal);
    let found: Option<Proposal> = ctx.load(&key)?;
    let mut proposal = found.ok_or(MembershipError::UnknownProposal(call.proposal))?;
    match proposal.votes.get(&ctx.issuer.id) {
        Some(before) if *before == call.vote => return Err(MembershipError::AlreadyVoted.into()),
        Some(before) => return Err(MembershipError::VotedOtherwise(*before).into()),
        None => {}
    }
    let status = proposal.status_at(ctx.height);
    if status != ProposalStatus::Open {
        return Err(MembershipError::Closed(status).into());
    }
    proposal.votes.insert(ctx.issuer.id.clone(), call.vote);
    governing.decide(&mut proposal, call.vote, ctx.height);
    let plan = match proposal.status {
        ProposalStatus::Passed => Some(plan(ctx, &proposal.action)?),
        _ => None,
    };
    // From here on nothing can fail.
    if let Some(plan) = plan {
        plan.write(ctx)?;
    }
    Ok(ctx.store(&key, &proposal)?)
}

/// A checker's key signs transactions too, but only for steps that move money.
fn signed_for_records(ctx: &Context<'_, '_>) -> Result<(), MembershipError> {
    if ctx.signed_as(KeyUse::Record) { Ok(()) } else { Err(MembershipError::NotARecordKey) }
}

/// Who decides at this moment.
struct Governing {
    /// Members that run a validator.
    validators: BTreeSet<MemberId>,
    /// Those of them that are not suspended: theirs are the votes that count.
    standing: BTreeSet<MemberId>,
    needed: usize,
}

impl Governing {
    fn now(ctx: &Context<'_, '_>) -> Result<Governing, Stop> {
        let validators: BTreeSet<MemberId> = validators(ctx)?.iter().map(|v| v.member.clone()).collect();
        let mut standing = BTreeSet::new();
        for id in &validators {
            if ctx.member(id)?.is_some_and(|member| member.in_good_standing(ctx.height.next())) {
                standing.insert(id.clone());
            }
        }
        let needed = votes_needed(ctx.params, validators.len());
        Ok(Governing { validators, standing, needed })
    }

    fn includes(&self, member: &MemberId) -> Result<(), MembershipError> {
        if self.standing.contains(member) { Ok(()) } else { Err(MembershipError::NotGoverning) }
    }

    /// Counts after a vote: a yes vote may pass the proposal, a no vote may reject it.
    fn decide(&self, proposal: &mut Proposal, last: Vote, height: Height) {
        let cast = |vote, by: &BTreeSet<MemberId>| {
            proposal.votes.iter().filter(|(member, v)| **v == vote && by.contains(*member)).count()
        };
        let passes = last == Vote::Yes && cast(Vote::Yes, &self.standing) >= self.needed;
        let may_still_pass = self.validators.len() - cast(Vote::No, &self.validators) >= self.needed;
        if passes {
            proposal.status = ProposalStatus::Passed;
        } else if last == Vote::No && !may_still_pass {
            proposal.status = ProposalStatus::Rejected;
        }
        if proposal.status != ProposalStatus::Open {
            proposal.decided = Some(height);
        }
    }
}
