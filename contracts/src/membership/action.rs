//! What a passed proposal does: first all checks and a plan, then the writes.

use super::calls::{Action, NewKey, NewMember};
use super::error::MembershipError;
use super::keyring::{self, Claims};
use super::rules::{MAX_VERSIONS, RuleSet, RuleVersion, RuleVersions};
use super::state::key_owner;
use super::{PROPOSAL, VOTE};
use chain_core::authority::Followers;
use chain_core::contract::{Context, FORM_REFUSED, Refusal, Stop};
use chain_core::genesis::rules_key;
use chain_core::member::{Grants, Member, Params};
use chain_core::state::{StateFault, keys};
use chain_core::types::{Height, Kind, MemberId};
use chain_core::validators::ValidatorSet;

/// Yes votes that a decision needs where so many members run a validator: `params.votes_needed`, but at
/// least more than half of them, and at most all.
pub fn votes_needed(params: &Params, validators: usize) -> usize {
    usize::try_from(params.votes_needed).unwrap_or(usize::MAX).max(validators / 2 + 1).min(validators)
}

/// New values; none leaves the old.
#[derive(Default)]
pub(super) struct Plan {
    member: Option<Member>,
    claims: Claims,
    validators: Option<ValidatorSet>,
    followers: Option<Followers>,
    grants: Option<Grants>,
    params: Option<Params>,
    rules: Option<(String, RuleVersions)>,
}

impl Plan {
    /// Writes all of it.
    pub(super) fn write(self, ctx: &mut Context<'_, '_>) -> Result<(), StateFault> {
        if let Some(member) = &self.member {
            ctx.store(&keys::member(&member.id), member)?;
        }
        for (kid, owner) in &self.claims {
            ctx.store(&key_owner(kid), owner)?;
        }
        if let Some(validators) = &self.validators {
            ctx.store(keys::VALIDATORS, validators)?;
        }
        if let Some(followers) = &self.followers {
            ctx.store(keys::FOLLOWERS, followers)?;
        }
        if let Some(grants) = &self.grants {
            ctx.store(keys::GRANTS, grants)?;
        }
        if let Some(params) = &self.params {
            ctx.store(keys::PARAMS, params)?;
        }
        if let Some((name, versions)) = &self.rules {
            ctx.store(&rules_key(name), versions)?;
        }
        Ok(())
    }

    /// A changed member and its new keys.
    pub(super) fn member(member: Member, claims: Claims) -> Plan {
        Plan { member: Some(member), claims, ..Plan::default() }
    }
}

/// Checks an action against the state as it stands and says what it would write.
pub(super) fn plan(ctx: &Context<'_, '_>, action: &Action) -> Result<Plan, Stop> {
    let plan = match action {
        Action::AdmitMember { member } => admit(ctx, member)?,
        Action::SetRoles { member, roles } => {
            let mut member = known(ctx, member)?;
            changes(member.roles != *roles)?;
            member.roles = roles.clone();
            Plan::member(member, Claims::new())
        }
        Action::SuspendMember { member } => {
            let mut member = known(ctx, member)?;
            let from = ctx.height.next();
            changes(member.suspended_from.is_none_or(|set| from < set))?;
            member.suspended_from = Some(from);
            Plan::member(member, Claims::new())
        }
        Action::LiftSuspension { member } => {
            let mut member = known(ctx, member)?;
            changes(member.suspended_from.is_some())?;
            member.suspended_from = None;
            Plan::member(member, Claims::new())
        }
        Action::AddKey { member, key } => {
            let mut member = known(ctx, member)?;
            let claim = keyring::add(ctx, &mut member, key)?;
            Plan::member(member, vec![claim])
        }
        Action::RevokeKey { member, kid } => {
            let mut member = known(ctx, member)?;
            keyring::revoke(&mut member, kid, ctx.height)?;
            Plan::member(member, Claims::new())
        }
        Action::SetValidators { validators } => {
            let malformed = || Refusal::new(FORM_REFUSED, "the validators are not a set");
            let set = ValidatorSet::new(validators.clone()).ok_or_else(malformed)?;
            changes(ctx.load::<ValidatorSet>(keys::VALIDATORS)?.as_ref() != Some(&set))?;
            standing(ctx, set.iter().map(|v| &v.member))?;
            let claims = keyring::claim_node_keys(ctx, keyring::node_keys(set.iter(), &Followers::default()))?;
            Plan { validators: Some(set), claims, ..Plan::default() }
        }
        Action::SetFollowers { followers } => {
            changes(ctx.load::<Followers>(keys::FOLLOWERS)?.unwrap_or_default() != *followers)?;
            standing(ctx, followers.0.keys())?;
            let claims = keyring::claim_node_keys(ctx, keyring::node_keys([].iter(), followers))?;
            Plan { followers: Some(followers.clone()), claims, ..Plan::default() }
        }
        Action::SetGrant { kind, roles } => {
            let before: Grants = ctx.load(keys::GRANTS)?.unwrap_or_default();
            let mut grants = before.clone();
            match roles.is_empty() {
                true => grants.0.remove(kind),
                false => grants.0.insert(kind.clone(), roles.clone()),
            };
            changes(grants != before)?;
            Plan { grants: Some(grants), ..Plan::default() }
        }
        Action::SetParams { params } => {
            changes(ctx.load::<Params>(keys::PARAMS)?.as_ref() != Some(params))?;
            Plan { params: Some(params.clone()), ..Plan::default() }
        }
        Action::SetRules { name, value } => publish(ctx, name, value)?,
    };
    stays_governable(ctx, &plan)?;
    Ok(plan)
}

fn changes(yes: bool) -> Result<(), MembershipError> {
    if yes { Ok(()) } else { Err(MembershipError::NothingChanges) }
}

fn known(ctx: &Context<'_, '_>, id: &MemberId) -> Result<Member, Stop> {
    Ok(ctx.member(id)?.ok_or_else(|| MembershipError::UnknownMember(id.clone()))?)
}

fn standing<'m>(ctx: &Context<'_, '_>, ids: impl Iterator<Item = &'m MemberId>) -> Result<(), Stop> {
    for id in ids {
        if !known(ctx, id)?.in_good_standing(ctx.height.next()) {
            return Err(MembershipError::NotInGoodStanding(id.clone()).into());
        }
    }
    Ok(())
}

fn admit(ctx: &Context<'_, '_>, new: &NewMember) -> Result<Plan, Stop> {
    if ctx.member(&new.id)?.is_some() {
        return Err(MembershipError::MemberExists(new.id.clone()).into());
    }
    let mut member = Member {
        id: new.id.clone(),
        names: new.names.clone(),
        roles: new.roles.clone(),
        keys: Vec::new(),
        since: ctx.height.next(),
        suspended_from: None,
    };
    let add = |key: &NewKey| keyring::add(ctx, &mut member, key);
    let claims = new.keys.iter().map(add).collect::<Result<Claims, Stop>>()?;
    Ok(Plan::member(member, claims))
}

fn publish(ctx: &Context<'_, '_>, name: &str, value: &RuleSet) -> Result<Plan, Stop> {
    let mut versions: RuleVersions = ctx.load(&rules_key(name))?.unwrap_or_default();
    if let Some(published) = versions.version(&value.version) {
        changes(published != value)?;
        return Err(MembershipError::RuleVersionTaken(value.version.clone()).into());
    }
    if versions.0.len() >= MAX_VERSIONS {
        return Err(MembershipError::TooManyVersions.into());
    }
    versions.0.push(RuleVersion { from: ctx.height.next(), rules: value.clone() });
    Ok(Plan { rules: Some((name.to_owned(), versions)), ..Plan::default() })
}

/// Refuses a plan after which the governing members could not decide anything any more.
fn stays_governable(ctx: &Context<'_, '_>, plan: &Plan) -> Result<(), Stop> {
    let untouched =
        plan.member.is_none() && plan.validators.is_none() && plan.grants.is_none() && plan.params.is_none();
    if untouched {
        return Ok(());
    }
    let validators = match &plan.validators {
        Some(set) => set.clone(),
        None => validators(ctx)?,
    };
    let grants = match &plan.grants {
        Some(grants) => grants.clone(),
        None => ctx.load(keys::GRANTS)?.unwrap_or_default(),
    };
    let params = match &plan.params {
        Some(params) => params.clone(),
        None => ctx.load(keys::PARAMS)?.unwrap_or_default(),
    };
    let mut able = 0;
    for validator in validators.iter() {
        let planned = plan.member.as_ref().filter(|member| member.id == validator.member);
        let member = match planned {
            Some(member) => Some(member.clone()),
            None => ctx.member(&validator.member)?,
        };
        able += usize::from(member.is_some_and(|member| able_to_govern(&member, &grants, ctx.height.next())));
    }
    let needed = votes_needed(&params, validators.len());
    if able < needed {
        return Err(MembershipError::WouldLockOut { able, needed }.into());
    }
    Ok(())
}

/// Whether a member that runs a validator can propose and vote at a height.
pub(super) fn able_to_govern(member: &Member, grants: &Grants, at: Height) -> bool {
    let may_write = |kind| Kind::parse(kind).is_some_and(|kind| grants.allows(&kind, &member.roles));
    member.in_good_standing(at) && keyring::can_sign_records(member, at) && may_write(PROPOSAL) && may_write(VOTE)
}

/// The validators as they stand with the writes of this block so far.
pub(super) fn validators(ctx: &Context<'_, '_>) -> Result<ValidatorSet, StateFault> {
    ctx.load(keys::VALIDATORS)?.ok_or_else(|| StateFault(format!("{} is missing", keys::VALIDATORS)))
}
