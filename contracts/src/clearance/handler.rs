//! One function per kind with state: checks in a fixed order of precedence, then writes.

use super::calls::{DeclarationClear, ReleaseClear};
use super::error::ClearanceError;
use super::state::{Declaration, Status, declaration_key};
use chain_core::contract::{Context, Stop};

/// `clearance.declaration/1`.
pub(super) fn declaration(ctx: &mut Context<'_, '_>, body: DeclarationClear) -> Result<(), Stop> {
    let key = declaration_key(&body.declaration);
    if let Some(known) = ctx.load::<Declaration>(&key)? {
        return Err(ClearanceError::Exists { record: known.record }.into());
    }

    // From here on nothing can fail.
    let value = Declaration { record: ctx.record_id, status: Status::Filed, filed: ctx.height, changed: ctx.height };
    ctx.store(&key, &value)?;
    Ok(())
}

/// `clearance.release/1`: found, new, forward.
pub(super) fn release(ctx: &mut Context<'_, '_>, body: ReleaseClear) -> Result<(), Stop> {
    let key = declaration_key(&body.declaration);
    let mut value: Declaration = ctx.load(&key)?.ok_or(ClearanceError::NotFound)?;
    if value.status == body.status {
        return Err(ClearanceError::Same.into());
    }
    if !value.status.may_become(body.status) {
        return Err(ClearanceError::NeverBack { status: value.status }.into());
    }

    // From here on nothing can fail.
    value.status = body.status;
    value.changed = ctx.height;
    ctx.store(&key, &value)?;
    Ok(())
}
