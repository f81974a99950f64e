//! Checks about fingerprints, amount, date and policy.

use super::super::reasons::Reason;
use super::super::state::Stage;
use super::input::Opened;
use super::{Case, Findings};
use crate::dates::Date;
use crate::insurance::calls::PolicyParties;

/// documents-not-used-elsewhere: every exact fingerprint points at this receivable.
pub(super) fn not_used_elsewhere(case: &Case<'_>) -> Findings {
    let mut met = Findings::new();
    for fingerprint in &case.body.attestation.exact {
        match case.input.fingerprints.iter().find(|owner| owner.fingerprint == *fingerprint) {
            None => met.add(Reason::FingerprintNotLookedUp, [case.id]),
            Some(owner) => match owner.receivable {
                Some(id) if id == case.id => {}
                Some(other) => met.add(Reason::UsedElsewhere, [other]),
                None => met.add(Reason::FingerprintFreed, [case.id]),
            },
        }
    }
    met.or(Reason::NotUsedElsewhere, [case.id])
}

/// amount-free.
pub(super) fn amount_free(case: &Case<'_>) -> Findings {
    let (state, now) = (case.state, case.input.time);
    if matches!(state.stage, Stage::Rejected | Stage::Settled) {
        return Findings::only(Reason::NothingLeft, [case.id]);
    }
    let own = case.input.own_reservation.and_then(|id| state.reservation(&id, now));
    let free = state.free(now).saturating_add(own.map_or(0, |r| r.minor));
    let others: Vec<_> = state.encumbrances(now).into_iter().filter(|id| own.is_none_or(|r| r.id != *id)).collect();
    let reason = if free == 0 {
        Reason::NothingFree
    } else if case.input.asked.is_some_and(|asked| asked > free) {
        Reason::LessThanAsked
    } else if others.is_empty() {
        return Findings::only(Reason::AllFree, [case.id]);
    } else {
        Reason::PartlyFree
    };
    Findings::only(reason, others)
}

/// due-date, in Beijing.
pub(super) fn due_date(case: &Case<'_>) -> Findings {
    let today = Date::beijing(case.input.time);
    let reason = match today.cmp(&case.state.due) {
        std::cmp::Ordering::Less => Reason::NotDue,
        std::cmp::Ordering::Equal => Reason::DueToday,
        std::cmp::Ordering::Greater => Reason::Matured,
    };
    Findings::only(reason, [case.id])
}

/// policy.
pub(super) fn policy(case: &Case<'_>) -> Findings {
    let Some(id) = case.body.policy else { return Findings::only(Reason::NoPolicy, []) };
    let found = case
        .input
        .policy
        .as_ref()
        .filter(|p| p.found.id == id && p.found.is_final && p.found.record.kind.as_str() == "insurance.policy/1");
    let Some((found, state)) = found.and_then(|p| p.state.as_ref().map(|state| (&p.found, state))) else {
        return Findings::only(Reason::PolicyNotFound, [id]);
    };
    let mut met = Findings::new();
    met.add_if(state.cancelled.is_some(), Reason::PolicyCancelled, [id]);
    met.add_if(state.currency != case.body.currency, Reason::PolicyCurrency, [id]);
    let covered = state.from <= case.body.issued && case.body.issued <= state.until;
    met.add_if(!covered, Reason::PolicyPeriod, [id]);
    match (&case.parties, found.open::<PolicyParties>("parties")) {
        (Opened::Missing, _) => met.add(Reason::PartiesNotPresented, [case.id]),
        (Opened::Unreadable, _) | (_, Opened::Unreadable) => met.add(Reason::SealedUnreadable, [id]),
        (_, Opened::Missing) => met.add(Reason::PolicyPartiesNotPresented, [id]),
        (Opened::Shown { value: own, .. }, Opened::Shown { value: insured, .. }) => {
            let same = own.creditor == insured.insured && own.debtor == insured.buyer;
            met.add_if(!same, Reason::PolicyParties, [id]);
        }
    }
    met.add_if(state.limit_minor < case.body.minor, Reason::PolicyLimit, [id]);
    met.add_if(Date::beijing(case.input.time) > state.until, Reason::PolicyEnded, [id]);
    met.or(Reason::PolicyGood, [id])
}

/// nothing-similar.
pub(super) fn nothing_similar(case: &Case<'_>) -> Findings {
    let others: Vec<_> = case.input.similar_live.iter().copied().filter(|id| *id != case.id).collect();
    if !others.is_empty() || case.input.similar_more {
        return Findings::only(Reason::SimilarExists, others);
    }
    let none = case.body.attestation.similar.is_empty();
    Findings::only(if none { Reason::NoSimilarAttested } else { Reason::NothingSimilar }, [case.id])
}
