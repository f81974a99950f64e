//! The registry kinds, each a function: checks in order of precedence, then the writes.

use super::calls::{Decision, EnterpriseCall, GoodsCall, ObjectCall, ReviewCall};
use super::error::RegistryError;
use super::state::{self, Assigned, Filed, Filing, FilingStatus, Filings, Standing, standing_at};
use crate::dates::Date;
use crate::ids::uscc::Uscc;
use chain_core::contract::{Context, Stop};
use chain_core::member::{Member, Role};
use chain_core::state::StateFault;
use chain_core::types::{MemberId, RecordId};

/// Objects stand at most so deep below one without a parent.
const MAX_DEPTH: u8 = 32;

/// `registry.enterprise/1`.
pub(super) fn enterprise(ctx: &mut Context<'_, '_>, call: EnterpriseCall) -> Result<(), Stop> {
    let owner = owner(ctx.issuer, call.on_behalf_of.as_ref())?;
    if owner.as_str() != call.uscc.as_str() {
        return Err(RegistryError::NotTheEnterprise.into());
    }
    submit(ctx, owner, Filed::Enterprise(call))
}

/// `registry.goods/1`.
pub(super) fn goods(ctx: &mut Context<'_, '_>, call: GoodsCall) -> Result<(), Stop> {
    let owner = owner(ctx.issuer, call.on_behalf_of.as_ref())?;
    if Uscc::parse(owner.as_str()).is_err() {
        return Err(RegistryError::NotTheEnterprise.into());
    }
    submit(ctx, owner, Filed::Goods(call))
}

/// The enterprise that a filing is about.
fn owner(issuer: &Member, on_behalf_of: Option<&MemberId>) -> Result<MemberId, RegistryError> {
    match on_behalf_of {
        Some(other) if *other != issuer.id && !issuer.roles.contains(&Role::Platform) => {
            Err(RegistryError::MayNotFileForOthers)
        }
        Some(other) => Ok(other.clone()),
        None => Ok(issuer.id.clone()),
    }
}

fn submit(ctx: &mut Context<'_, '_>, owner: MemberId, filed: Filed) -> Result<(), Stop> {
    let today = Date::beijing(ctx.time);
    if filed.valid_until() < today {
        return Err(RegistryError::AlreadyOver { today }.into());
    }
    let subject = filed.subject(&owner);
    let mut filings: Filings = ctx.load(&subject)?.unwrap_or_default();
    let replaced = match filings.open {
        Some(open) => Some((open, replaceable(ctx, open, &owner, &filed)?)),
        None if filed.replaces().is_some() => return Err(RegistryError::WrongReplaced.into()),
        None => None,
    };
    if let Some(approved) = filings.approved {
        let current = load_filing(ctx, &approved)?;
        if standing_at(&current, today) == Standing::Valid && current.filed.says_the_same(&filed) {
            return Err(RegistryError::FilingExists(approved).into());
        }
    }
    filings.open = Some(ctx.record_id);
    let status = FilingStatus::Submitted;
    let filing = Filing { owner, filer: ctx.issuer.id.clone(), since: ctx.height, filed, status };
    // From here on nothing can fail.
    if let Some((id, old)) = replaced {
        supersede(ctx, &id, old)?;
    }
    ctx.store(&subject, &filings)?;
    Ok(ctx.store(&state::filing(&ctx.record_id), &filing)?)
}

/// The open filing, when the new one may take its place.
fn replaceable(ctx: &Context<'_, '_>, open: RecordId, owner: &MemberId, filed: &Filed) -> Result<Filing, Stop> {
    let old = load_filing(ctx, &open)?;
    let waits = old.status == FilingStatus::Submitted;
    let by_owner = ctx.issuer.id == *owner;
    match filed.replaces() {
        None if waits && old.filed.says_the_same(filed) => Err(RegistryError::FilingExists(open).into()),
        None if waits => Err(RegistryError::FilingWaits(open).into()),
        None => Err(RegistryError::NameTheReturned(open).into()),
        Some(named) if named != open => Err(RegistryError::WrongReplaced.into()),
        Some(_) if !by_owner && old.filer != ctx.issuer.id => Err(RegistryError::NotYourFiling.into()),
        // While it waits, only the enterprise may step in, for what a platform filed.
        Some(_) if waits && !(by_owner && old.filer != *owner) => Err(RegistryError::FilingWaits(open).into()),
        Some(_) => Ok(old),
    }
}

fn supersede(ctx: &mut Context<'_, '_>, id: &RecordId, mut old: Filing) -> Result<(), StateFault> {
    old.status = FilingStatus::Superseded { by: ctx.record_id };
    ctx.store(&state::filing(id), &old)
}

/// A filing that an index names.
fn load_filing(ctx: &Context<'_, '_>, id: &RecordId) -> Result<Filing, StateFault> {
    ctx.load(&state::filing(id))?.ok_or_else(|| StateFault(format!("filing {id} is indexed but missing")))
}

/// `registry.review/1`.
pub(super) fn review(ctx: &mut Context<'_, '_>, call: ReviewCall) -> Result<(), Stop> {
    let found: Option<Filing> = ctx.load(&state::filing(&call.filing))?;
    let mut filing = found.ok_or(RegistryError::UnknownFiling(call.filing))?;
    if filing.filer == ctx.issuer.id || filing.owner == ctx.issuer.id {
        return Err(RegistryError::OwnFiling.into());
    }
    let today = Date::beijing(ctx.time);
    if let FilingStatus::Reviewed { decision, reason_code, valid_until, review } = &filing.status {
        let asked = call.valid_until.or((call.decision == Decision::Approve).then(|| filing.filed.valid_until()));
        if (*decision, reason_code, *valid_until) == (call.decision, &call.reason_code, asked) {
            return Err(RegistryError::DecidedSo(*review).into());
        }
    }
    if filing.status != FilingStatus::Submitted {
        return Err(RegistryError::DecidedOtherwise(standing_at(&filing, today)).into());
    }
    let valid_until = match call.decision {
        Decision::Approve => Some(granted(&filing, call.valid_until, today)?),
        Decision::Reject | Decision::Return => None,
    };
    let subject = filing.filed.subject(&filing.owner);
    let mut filings: Filings = ctx.load(&subject)?.unwrap_or_default();
    let before = match (call.decision, filings.approved) {
        (Decision::Approve, Some(id)) => Some((id, load_filing(ctx, &id)?)),
        _ => None,
    };
    match call.decision {
        Decision::Approve => filings = Filings { approved: Some(call.filing), open: None },
        Decision::Reject => filings.open = None,
        Decision::Return => {}
    }
    let (decision, reason_code, review) = (call.decision, call.reason_code, ctx.record_id);
    filing.status = FilingStatus::Reviewed { decision, reason_code, valid_until, review };
    // From here on nothing can fail.
    if let Some((id, mut old)) = before {
        old.status = FilingStatus::Superseded { by: call.filing };
        ctx.store(&state::filing(&id), &old)?;
    }
    ctx.store(&subject, &filings)?;
    Ok(ctx.store(&state::filing(&call.filing), &filing)?)
}

/// The last date of an approval.
fn granted(filing: &Filing, shortened: Option<Date>, today: Date) -> Result<Date, RegistryError> {
    let asked = filing.filed.valid_until();
    let last = shortened.unwrap_or(asked);
    if last > asked {
        return Err(RegistryError::LongerThanAsked(asked));
    }
    if last < today {
        return Err(RegistryError::AlreadyOver { today });
    }
    Ok(last)
}

/// `registry.object/1`.
pub(super) fn object(ctx: &mut Context<'_, '_>, call: ObjectCall) -> Result<(), Stop> {
    let key = state::object(&call.code);
    if let Some(held) = ctx.load::<Assigned>(&key)? {
        let same = held.object_type == call.object_type && held.parent == call.parent;
        return Err(match held.issuer == ctx.issuer.id {
            true if same => RegistryError::ObjectExists(held.record),
            true => RegistryError::ObjectDiffers(held.record),
            false => RegistryError::ObjectTaken(held.record),
        }
        .into());
    }
    let depth = match &call.parent {
        None => 0,
        Some(parent) => {
            let found: Option<Assigned> = ctx.load(&state::object(parent))?;
            found.ok_or_else(|| RegistryError::UnknownParent(parent.clone()))?.depth + 1
        }
    };
    if depth > MAX_DEPTH {
        return Err(RegistryError::TooDeep.into());
    }
    let assigned = Assigned {
        issuer: ctx.issuer.id.clone(),
        object_type: call.object_type,
        parent: call.parent,
        depth,
        record: ctx.record_id,
    };
    // From here on nothing can fail.
    Ok(ctx.store(&key, &assigned)?)
}
