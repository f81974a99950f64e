//! Checks about members: standing, keys, confirmation.

use super::super::calls::{Capacity, ConfirmClear, Decision};
use super::super::reasons::Reason;
use super::super::signed::{attestation_bytes, commitment};
use super::super::state::Stage;
use super::input::Opened;
use super::{Case, Findings};
use chain_core::member::{KeyUse, Member};
use chain_core::types::{Height, Kid};

/// parties-in-good-standing: creditor, registrar, confirmer and insurer; issuers of documents warn.
pub(super) fn standing(case: &Case<'_>) -> Findings {
    let mut met = Findings::new();
    let receivable = &case.input.receivable;
    let mut involved = vec![
        (&receivable.issuer, receivable.height, receivable.id),
        (&case.body.attestation.registrar, receivable.height, receivable.id),
    ];
    for found in case.input.confirmation.iter().chain(case.input.policy.iter().map(|p| &p.found)) {
        involved.push((&found.issuer, found.height, found.id));
    }
    for (id, at, record) in involved {
        match case.input.member(id, at).and_then(|view| view.now.as_ref()) {
            None => met.add(Reason::MemberUnknown, [record]),
            Some(member) => met.add_if(!member.in_good_standing(case.input.height), Reason::Suspended, [record]),
        }
    }
    match &case.parties {
        Opened::Missing => met.add(Reason::PartiesNotPresented, [case.id]),
        Opened::Unreadable => met.add(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => {
            met.add_if(value.creditor != receivable.issuer.as_str(), Reason::CreditorDiffers, [case.id]);
        }
    }
    for found in case.input.documents() {
        let now = case.input.member(&found.issuer, found.height).and_then(|view| view.now.as_ref());
        let good = now.is_some_and(|member| member.in_good_standing(case.input.height));
        met.add_if(!good, Reason::IssuerSuspended, [found.id]);
    }
    met.or(Reason::GoodStanding, [case.id])
}

/// keys-valid: every signature that the verdict rests on, at its own height and now.
pub(super) fn keys(case: &Case<'_>) -> Findings {
    let mut met = Findings::new();
    let transaction = [KeyUse::Record, KeyUse::Checker];
    for found in case.input.found() {
        let view = case.input.member(&found.issuer, found.height);
        let then = view.and_then(|v| v.then.as_ref());
        let now = view.and_then(|v| v.now.as_ref());
        if let Some(reason) = judge_key(case, then, now, &found.kid, found.height, &transaction) {
            met.add(reason, [found.id]);
        }
    }
    let (receivable, attestation) = (&case.input.receivable, &case.body.attestation);
    let view = case.input.member(&attestation.registrar, receivable.height);
    let then = view.and_then(|v| v.then.as_ref());
    let now = view.and_then(|v| v.now.as_ref());
    if let Some(reason) = judge_key(case, then, now, &attestation.kid, receivable.height, &[KeyUse::Attest]) {
        met.add(reason, [case.id]);
    }
    if let Some(key) = then.and_then(|member| member.key(&attestation.kid)) {
        let body = case.body;
        let signed = attestation_bytes(&case.input.ledger, &receivable.issuer, &body.currency, body.minor, attestation);
        met.add_if(!key.x.verify(&signed, &attestation.signature.0), Reason::AttestationWrong, [case.id]);
    }
    met.or(Reason::KeysValid, [case.id])
}

fn judge_key(
    case: &Case<'_>,
    then: Option<&Member>,
    now: Option<&Member>,
    kid: &Kid,
    at: Height,
    uses: &[KeyUse],
) -> Option<Reason> {
    let valid = |member: Option<&Member>, height: Height| {
        member.and_then(|m| m.key(kid)).map(|key| uses.iter().any(|purpose| key.valid(*purpose, height)))
    };
    match valid(then, at) {
        None => Some(Reason::KeyUnknown),
        Some(false) => Some(Reason::KeyNotValid),
        Some(true) if valid(now, case.input.height) != Some(true) => Some(Reason::KeyRevokedSince),
        Some(true) => None,
    }
}

/// confirmed: by whom the sealed parties name, and not disputed.
pub(super) fn confirmed(case: &Case<'_>) -> Findings {
    match case.state.stage {
        Stage::Registered => return Findings::only(Reason::NotConfirmed, [case.id]),
        Stage::Rejected => return Findings::only(Reason::Rejected, [case.id]),
        Stage::Confirmed | Stage::Settled => {}
    }
    if case.state.dispute.is_some() {
        return Findings::only(Reason::Disputed, [case.id]);
    }
    let Some(found) = case.input.confirmation.as_ref().filter(|found| found.is_final) else {
        return Findings::only(Reason::ConfirmationNotFound, [case.id]);
    };
    let body = found.record.clear::<ConfirmClear>().ok().filter(|body| {
        found.record.kind.as_str() == "finance.confirm/1"
            && body.receivable == case.id
            && body.decision == Decision::Confirm
            && commitment(&body.salt, body.capacity, &found.issuer) == case.state.confirmer
    });
    let Some(body) = body else { return Findings::only(Reason::ConfirmationWrong, [found.id]) };
    let parties = match &case.parties {
        Opened::Missing => return Findings::only(Reason::PartiesNotPresented, [case.id]),
        Opened::Unreadable => return Findings::only(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => value,
    };
    let (named, good) = match body.capacity {
        Capacity::Debtor => (Some(parties.debtor.as_str()), Reason::ConfirmedByDebtor),
        Capacity::Agent => (parties.agent.as_deref(), Reason::ConfirmedByAgent),
    };
    let reason = if named == Some(found.issuer.as_str()) { good } else { Reason::ConfirmerDiffers };
    Findings::only(reason, [found.id])
}
