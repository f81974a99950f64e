//! Checks about records: final and untampered, documents found, documents not cancelled.

use super::super::reasons::Reason;
use super::super::wire::Digest32;
use super::input::{OnLedger, Opened};
use super::{Case, Findings};
use crate::clearance::state::Status;

/// untampered-and-final.
pub(super) fn untampered(case: &Case<'_>) -> Findings {
    let mut met = Findings::new();
    let (body, state) = (case.body, case.state);
    met.add_if(!case.input.receivable.is_final, Reason::NotFinal, [case.id]);
    for found in case.input.found() {
        met.add_if(!found.genuine(), Reason::Forged, [found.id]);
    }
    let same = state.currency == body.currency
        && state.face == body.minor
        && state.issued == body.issued
        && state.due == body.due
        && state.confirmer == body.confirmer
        && state.policy == body.policy
        && state.exact == body.attestation.exact
        && state.blurred == body.attestation.similar
        && state.registered == case.input.receivable.height;
    met.add_if(!same, Reason::StateDiffers, [case.id]);
    let fields = [shown(&case.parties), shown(&case.invoice), shown(&case.documents)];
    for field in fields {
        match field {
            Field::Missing => met.add(Reason::PartlyPresented, [case.id]),
            Field::Unreadable => met.add(Reason::SealedUnreadable, [case.id]),
            Field::Shown(digest) => {
                // Two fields of one name could be sealed and shown to different banks: only the attested one counts.
                let attested = Digest32::parse(digest).is_some_and(|d| body.attestation.binds.contains(&d));
                met.add_if(!attested, Reason::NotAttested, [case.id]);
            }
        }
    }
    met.or(Reason::Untampered, [case.id])
}

enum Field<'a> {
    Missing,
    Unreadable,
    Shown(&'a str),
}

fn shown<T>(field: &Opened<T>) -> Field<'_> {
    match field {
        Opened::Missing => Field::Missing,
        Opened::Unreadable => Field::Unreadable,
        Opened::Shown { digest, .. } => Field::Shown(digest),
    }
}

/// documents-exist.
pub(super) fn exist(case: &Case<'_>) -> Findings {
    let documents = match &case.documents {
        Opened::Missing => return Findings::only(Reason::DocumentsNotPresented, [case.id]),
        Opened::Unreadable => return Findings::only(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => value,
    };
    let input = case.input;
    let rows: [(_, Option<&OnLedger>, &str); 4] = [
        (documents.order, input.order.as_ref().map(|d| &d.found), "trade.order/1"),
        (documents.waybill, input.waybill.as_ref().map(|d| &d.found), "trade.waybill/1"),
        (documents.list, input.list.as_ref().map(|d| &d.found), "trade.list/1"),
        (documents.declaration, input.declaration.as_ref().map(|d| &d.found), "clearance.declaration/1"),
    ];
    let mut met = Findings::new();
    met.add_if(rows.iter().all(|(named, _, _)| named.is_none()), Reason::NoDocumentNamed, [case.id]);
    for (named, found, kind) in rows {
        let Some(id) = named else {
            met.add(Reason::DocumentNotNamed, [case.id]);
            continue;
        };
        match found.filter(|found| found.id == id) {
            None => met.add(Reason::DocumentNotFound, [id]),
            Some(found) => {
                met.add_if(found.record.kind.as_str() != kind, Reason::DocumentWrongKind, [id]);
                met.add_if(!found.is_final, Reason::DocumentNotFinal, [id]);
            }
        }
    }
    met.or(Reason::DocumentsExist, input.documents().map(|found| found.id))
}

/// documents-not-cancelled.
pub(super) fn not_cancelled(case: &Case<'_>) -> Findings {
    let documents = match &case.documents {
        Opened::Missing => return Findings::only(Reason::DocumentsNotPresented, [case.id]),
        Opened::Unreadable => return Findings::only(Reason::SealedUnreadable, [case.id]),
        Opened::Shown { value, .. } => value,
    };
    let mut met = Findings::new();
    let input = case.input;
    for (named, document) in
        [(documents.order, &input.order), (documents.waybill, &input.waybill), (documents.list, &input.list)]
    {
        match document.as_ref().filter(|d| Some(d.found.id) == named) {
            None => met.add(Reason::NotAllLookedAt, named.or(Some(case.id))),
            Some(document) => {
                let id = document.found.id;
                if let Some(by) = document.standing.cancelled_by {
                    met.add(Reason::DocumentCancelled, [id, by]);
                }
                if let Some(by) = document.standing.doubted_by {
                    met.add(Reason::DocumentDoubted, [id, by]);
                }
            }
        }
    }
    match input.declaration.as_ref().filter(|d| Some(d.found.id) == documents.declaration) {
        None => met.add(Reason::NotAllLookedAt, documents.declaration.or(Some(case.id))),
        Some(declaration) => {
            let cancelled = declaration.state.as_ref().is_some_and(|s| s.status == Status::Cancelled);
            met.add_if(cancelled, Reason::DeclarationCancelled, [declaration.found.id]);
        }
    }
    met.or(Reason::NotCancelled, input.documents().map(|found| found.id))
}
