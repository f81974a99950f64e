//! One function per kind: checks in a fixed order of precedence, then writes.

use super::calls::{
    Capacity, ConfirmClear, Decision, DisputeClear, Maker, PledgeClear, ReceivableClear, ReleaseClear, RepayClear,
    ReserveClear, Reveal,
};
use super::error::FinanceError;
use super::signed::{Approval, approval_bytes, attestation_bytes, commitment};
use super::state::{
    Dispute, MAX_SIMILAR, Pledge, Receivable, Side, Similar, Stage, creditor_key, exact_key, holder_key,
    receivable_key, similar_key,
};
use crate::dates::Date;
use crate::insurance::state::{Policy, policy_key};
use chain_core::contract::{Context, Stop};
use chain_core::member::{KeyUse, Role};
use chain_core::types::{MemberId, RecordId, TimeMs};

/// Longest statutory registration, years (unified register of movable property, 30 years).
const REGISTER_YEARS: i32 = 30;
/// A receivable is due at most this many years ahead.
const DUE_YEARS: i32 = 3;

/// The same day some years later; 29 February becomes 28 where the year has none.
fn years_after(date: Date, years: i32) -> Date {
    let (year, month, day) = date.ymd();
    let year = year.saturating_add(years);
    Date::from_ymd(year, month, day).or_else(|_| Date::from_ymd(year, month, 28)).unwrap_or(Date::MAX)
}

type Ctx<'a, 'b> = Context<'a, 'b>;

/// `finance.receivable/1`: dates, policy, attestation, then uniqueness.
pub(super) fn receivable(ctx: &mut Ctx<'_, '_>, body: ReceivableClear) -> Result<(), Stop> {
    let today = Date::beijing(ctx.time);
    if body.issued > today {
        return Err(FinanceError::IssuedInFuture.into());
    }
    if body.due < today {
        return Err(FinanceError::Matured.into());
    }
    if body.due > years_after(today, DUE_YEARS) {
        return Err(FinanceError::DueTooFar.into());
    }
    if let Some(policy) = &body.policy
        && ctx.load::<Policy>(&policy_key(policy))?.is_none()
    {
        return Err(FinanceError::UnknownPolicy.into());
    }
    attested(ctx, &body)?;
    for fingerprint in &body.attestation.exact {
        if let Some(receivable) = ctx.load::<RecordId>(&exact_key(fingerprint))? {
            return Err(FinanceError::Duplicate { receivable }.into());
        }
    }
    let mut neighbours = Vec::with_capacity(body.attestation.similar.len());
    for fingerprint in &body.attestation.similar {
        let key = similar_key(fingerprint);
        let found: Similar = ctx.load(&key)?.unwrap_or_default();
        neighbours.push((key, found));
    }
    let (similar, similar_more) = merge(&neighbours);

    // From here on nothing can fail.
    let id = ctx.record_id;
    for (key, mut found) in neighbours {
        found.add(id);
        ctx.store(&key, &found)?;
    }
    for fingerprint in &body.attestation.exact {
        ctx.store(&exact_key(fingerprint), &id)?;
    }
    let value = Receivable {
        currency: body.currency,
        face: body.minor,
        remaining: body.minor,
        issued: body.issued,
        due: body.due,
        stage: Stage::Registered,
        dispute: None,
        reservations: Vec::new(),
        pledges: Vec::new(),
        registered: ctx.height,
        confirmed: None,
        confirmed_as: None,
        confirmer: body.confirmer,
        policy: body.policy,
        exact: body.attestation.exact,
        blurred: body.attestation.similar,
        similar,
        similar_more,
    };
    ctx.store(&receivable_key(&id), &value)?;
    let creditor = ctx.issuer.id.clone();
    ctx.store(&creditor_key(&id), &creditor)?;
    Ok(())
}

fn attested(ctx: &Ctx<'_, '_>, body: &ReceivableClear) -> Result<(), Stop> {
    let attestation = &body.attestation;
    let registrar = ctx
        .member(&attestation.registrar)?
        .filter(|m| m.roles.contains(&Role::Registrar) && m.in_good_standing(ctx.height))
        .ok_or(FinanceError::NotRegistrar)?;
    if registrar.id == ctx.issuer.id {
        return Err(FinanceError::SelfAttested.into());
    }
    let key = registrar
        .key(&attestation.kid)
        .filter(|key| key.valid(KeyUse::Attest, ctx.height))
        .ok_or(FinanceError::AttestKey)?;
    let signed = attestation_bytes(&ctx.ledger, &ctx.issuer.id, &body.currency, body.minor, attestation);
    if !key.x.verify(&signed, &attestation.signature.0) {
        return Err(FinanceError::AttestSignature.into());
    }
    Ok(())
}

/// The distinct similar receivables, and whether more exist than fit.
fn merge(neighbours: &[(String, Similar)]) -> (Vec<RecordId>, bool) {
    let mut ids: Vec<RecordId> = neighbours.iter().flat_map(|(_, found)| found.live.iter().copied()).collect();
    ids.sort();
    ids.dedup();
    let more = ids.len() > MAX_SIMILAR || neighbours.iter().any(|(_, found)| found.more > 0);
    ids.truncate(MAX_SIMILAR);
    (ids, more)
}

/// `finance.confirm/1`: found, the confirmer, its role, not the creditor, undecided.
pub(super) fn confirm(ctx: &mut Ctx<'_, '_>, body: ConfirmClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    opens(ctx, &value, &Reveal { capacity: body.capacity, salt: body.salt })?;
    if creditor(ctx, &body.receivable)? == ctx.issuer.id {
        return Err(FinanceError::SelfConfirmed.into());
    }
    if value.stage != Stage::Registered {
        return Err(FinanceError::AlreadyDecided.into());
    }

    // From here on nothing can fail.
    match body.decision {
        Decision::Confirm => {
            value.stage = Stage::Confirmed;
            value.confirmed = Some(ctx.height);
            value.confirmed_as = Some(body.capacity);
        }
        Decision::Reject => {
            value.stage = Stage::Rejected;
            value.dispute = None;
        }
    }
    save(ctx, &body.receivable, value)
}

/// `finance.reserve/1`: found, financeable, duration, amount.
pub(super) fn reserve(ctx: &mut Ctx<'_, '_>, body: ReserveClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    financeable(ctx, &body.receivable, &value)?;
    let most = ctx.params.reservation_max_s;
    if body.seconds > most {
        return Err(FinanceError::TooLong { most }.into());
    }
    let until = TimeMs(ctx.time.0.saturating_add(body.seconds.saturating_mul(1000)));
    value.reserve(ctx.record_id, body.minor, until, ctx.time)?;

    // From here on nothing can fail.
    let (id, holder) = (ctx.record_id, ctx.issuer.id.clone());
    ctx.store(&holder_key(&id), &holder)?;
    save(ctx, &body.receivable, value)
}

/// `finance.pledge/1`: found, own unexpired reservation, financeable, term, amount, two signatures.
pub(super) fn pledge(ctx: &mut Ctx<'_, '_>, body: PledgeClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    if value.reservation(&body.reservation, ctx.time).is_none() || !holds(ctx, &body.reservation)? {
        return Err(FinanceError::NoReservation.into());
    }
    financeable(ctx, &body.receivable, &value)?;
    let today = Date::beijing(ctx.time);
    if body.until <= today || body.until > years_after(today, REGISTER_YEARS) {
        return Err(FinanceError::RegisterTerm.into());
    }
    let pledge = Pledge {
        id: ctx.record_id,
        minor: body.minor,
        outstanding: body.minor,
        until: body.until,
        register_no: body.register_no.clone(),
    };
    value.pledge(&body.reservation, pledge, ctx.time)?;
    let approval = Approval {
        ledger: &ctx.ledger,
        iss: &ctx.issuer.id,
        kind: "finance.pledge/1",
        receivable: &body.receivable,
        encumbrance: &body.reservation,
        minor: body.minor,
        currency: &value.currency,
        until: body.until,
        register_no: &body.register_no,
    };
    two_signatures(ctx, &body.maker, &approval)?;

    // From here on nothing can fail.
    let (id, holder) = (ctx.record_id, ctx.issuer.id.clone());
    ctx.remove(&holder_key(&body.reservation));
    ctx.store(&holder_key(&id), &holder)?;
    save(ctx, &body.receivable, value)
}

/// `finance.repay/1`: found, own pledge, amount.
pub(super) fn repay(ctx: &mut Ctx<'_, '_>, body: RepayClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    if value.pledge_of(&body.pledge).is_none() || !holds(ctx, &body.pledge)? {
        return Err(FinanceError::NoPledge.into());
    }
    value.repay(&body.pledge, body.minor, body.source, ctx.time)?;

    // From here on nothing can fail.
    if value.pledge_of(&body.pledge).is_none() {
        ctx.remove(&holder_key(&body.pledge));
    }
    save(ctx, &body.receivable, value)
}

/// `finance.release/1`: found, own encumbrance, for a pledge two signatures.
pub(super) fn release(ctx: &mut Ctx<'_, '_>, body: ReleaseClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    let reserved = value.reservation(&body.encumbrance, ctx.time).is_some();
    let pledged = value.pledge_of(&body.encumbrance);
    if !(reserved || pledged.is_some()) || !holds(ctx, &body.encumbrance)? {
        return Err(FinanceError::NoEncumbrance.into());
    }
    match (pledged, &body.maker) {
        (None, None) => {}
        (None, Some(_)) => return Err(FinanceError::MakerNotNeeded.into()),
        (Some(_), None) => return Err(FinanceError::MakerMissing.into()),
        (Some(pledge), Some(maker)) => {
            let approval = Approval {
                ledger: &ctx.ledger,
                iss: &ctx.issuer.id,
                kind: "finance.release/1",
                receivable: &body.receivable,
                encumbrance: &body.encumbrance,
                minor: pledge.outstanding,
                currency: &value.currency,
                until: pledge.until,
                register_no: &pledge.register_no,
            };
            two_signatures(ctx, maker, &approval)?;
        }
    }

    // From here on nothing can fail.
    value.release(&body.encumbrance);
    ctx.remove(&holder_key(&body.encumbrance));
    save(ctx, &body.receivable, value)
}

/// `finance.dispute/1`: found, a party, live, then open or close.
pub(super) fn dispute(ctx: &mut Ctx<'_, '_>, body: DisputeClear) -> Result<(), Stop> {
    let mut value = load(ctx, &body.receivable)?;
    let by = match &body.reveal {
        Some(reveal) => {
            opens(ctx, &value, reveal)?;
            Side::Confirmer
        }
        None if creditor(ctx, &body.receivable)? == ctx.issuer.id => Side::Creditor,
        None => return Err(FinanceError::NotParty.into()),
    };
    match value.stage {
        Stage::Rejected => return Err(FinanceError::Rejected.into()),
        Stage::Settled => return Err(FinanceError::Settled.into()),
        Stage::Registered | Stage::Confirmed => {}
    }
    match (body.open, value.dispute) {
        (true, None) => {}
        (true, Some(_)) => return Err(FinanceError::DisputeOpen.into()),
        (false, None) => return Err(FinanceError::NoDispute.into()),
        (false, Some(open)) if open.by != by => return Err(FinanceError::OthersDispute.into()),
        (false, Some(open)) if open.reason != body.reason => return Err(FinanceError::OtherReason.into()),
        (false, Some(_)) => {}
    }

    // From here on nothing can fail.
    value.dispute = body.open.then_some(Dispute { reason: body.reason, by });
    save(ctx, &body.receivable, value)
}

fn load(ctx: &Ctx<'_, '_>, id: &RecordId) -> Result<Receivable, Stop> {
    Ok(ctx.load(&receivable_key(id))?.ok_or(FinanceError::NotFound)?)
}

fn creditor(ctx: &Ctx<'_, '_>, id: &RecordId) -> Result<MemberId, Stop> {
    Ok(ctx.load(&creditor_key(id))?.ok_or(FinanceError::NotFound)?)
}

fn holds(ctx: &Ctx<'_, '_>, encumbrance: &RecordId) -> Result<bool, Stop> {
    Ok(ctx.load::<MemberId>(&holder_key(encumbrance))?.is_some_and(|holder| holder == ctx.issuer.id))
}

/// Whether the issuer is the committed confirmer; an agent needs the role each time.
fn opens(ctx: &Ctx<'_, '_>, value: &Receivable, reveal: &Reveal) -> Result<(), Stop> {
    if commitment(&reveal.salt, reveal.capacity, &ctx.issuer.id) != value.confirmer {
        return Err(FinanceError::NotConfirmer.into());
    }
    if reveal.capacity == Capacity::Agent && !ctx.issuer.roles.contains(&Role::ConfirmingAgent) {
        return Err(FinanceError::NotAgent.into());
    }
    Ok(())
}

/// Whether money may be lent on it now. Asked at reservation and again at pledge.
fn financeable(ctx: &Ctx<'_, '_>, id: &RecordId, value: &Receivable) -> Result<(), Stop> {
    match value.stage {
        Stage::Registered => return Err(FinanceError::NotConfirmed.into()),
        Stage::Rejected => return Err(FinanceError::Rejected.into()),
        Stage::Settled => return Err(FinanceError::Settled.into()),
        Stage::Confirmed => {}
    }
    if value.dispute.is_some() {
        return Err(FinanceError::Disputed.into());
    }
    if Date::beijing(ctx.time) > value.due {
        return Err(FinanceError::Matured.into());
    }
    let creditor = creditor(ctx, id)?;
    if !ctx.member(&creditor)?.is_some_and(|m| m.in_good_standing(ctx.height)) {
        return Err(FinanceError::CreditorStanding.into());
    }
    Ok(())
}

fn two_signatures(ctx: &Ctx<'_, '_>, maker: &Maker, approval: &Approval<'_>) -> Result<(), FinanceError> {
    if !ctx.signed_as(KeyUse::Checker) {
        return Err(FinanceError::NotChecker);
    }
    if maker.kid == *ctx.kid {
        return Err(FinanceError::SameKey);
    }
    let key =
        ctx.issuer.key(&maker.kid).filter(|key| key.valid(KeyUse::Maker, ctx.height)).ok_or(FinanceError::MakerKey)?;
    if !key.x.verify(&approval_bytes(approval), &maker.signature.0) {
        return Err(FinanceError::MakerSignature);
    }
    Ok(())
}

/// Writes the value, forgets expired reservations, and frees the fingerprints of one that ended.
fn save(ctx: &mut Ctx<'_, '_>, id: &RecordId, mut value: Receivable) -> Result<(), Stop> {
    for expired in value.prune(ctx.time) {
        ctx.remove(&holder_key(&expired));
    }
    if !value.stage.live() {
        for fingerprint in &value.exact {
            ctx.remove(&exact_key(fingerprint));
        }
        for fingerprint in &value.blurred {
            let key = similar_key(fingerprint);
            let mut found: Similar = ctx.load(&key)?.unwrap_or_default();
            found.drop_id(id);
            if found.is_empty() {
                ctx.remove(&key);
            } else {
                ctx.store(&key, &found)?;
            }
        }
    }
    ctx.store(&receivable_key(id), &value)?;
    Ok(())
}
