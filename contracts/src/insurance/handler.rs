//! One function per kind: checks in a fixed order of precedence, then writes.

use super::calls::{CancelClear, PolicyClear};
use super::error::InsuranceError;
use super::state::{Policy, policy_key};
use crate::dates::Date;
use chain_core::contract::{Context, Stop};

/// `insurance.policy/1`.
pub(super) fn policy(ctx: &mut Context<'_, '_>, body: PolicyClear) -> Result<(), Stop> {
    if body.until < Date::beijing(ctx.time) {
        return Err(InsuranceError::Ended.into());
    }

    // From here on nothing can fail.
    let policy = Policy {
        insurer: ctx.issuer.id.clone(),
        currency: body.currency,
        limit_minor: body.limit_minor,
        from: body.from,
        until: body.until,
        waiting: body.waiting,
        cancelled: None,
    };
    let key = policy_key(&ctx.record_id);
    ctx.store(&key, &policy)?;
    Ok(())
}

/// `insurance.cancel/1`: found, own, in force.
pub(super) fn cancel(ctx: &mut Context<'_, '_>, body: CancelClear) -> Result<(), Stop> {
    let key = policy_key(&body.policy);
    let mut policy: Policy = ctx.load(&key)?.ok_or(InsuranceError::NotFound)?;
    if policy.insurer != ctx.issuer.id {
        return Err(InsuranceError::NotInsurer.into());
    }
    if policy.cancelled.is_some() {
        return Err(InsuranceError::AlreadyCancelled.into());
    }

    // From here on nothing can fail.
    policy.cancelled = Some(ctx.height);
    ctx.store(&key, &policy)?;
    Ok(())
}
