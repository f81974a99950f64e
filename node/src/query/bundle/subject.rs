//! What belongs to a subject.

use super::{Ask, MAX_DEPTH, Maker, prove_at};
use crate::query::{ProofError, RecordView};
use crate::storage::{Direction, Table};
use chain_core::bundle::Subject;
use chain_core::genesis::rules_key;
use chain_core::state::keys;
use chain_core::types::{Code, MemberId, RecordId};
use contracts::finance::form::object_code;
use contracts::finance::state::receivable_key;
use contracts::insurance::state::policy_key;
use contracts::registry::state::{Filing, FilingStatus, Filings, filing, filings_of_enterprise};
use contracts::trace::kinds::TraceEventClear;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

/// Fills what the maker is to show.
pub(super) fn gather(maker: &mut Maker<'_>, ask: &Ask) -> Result<(), ProofError> {
    match &ask.subject {
        Subject::Receivable(id) => {
            let id = RecordId::parse(id).ok_or(ProofError::NotFound)?;
            receivable(maker, &id)?;
        }
        Subject::Object(code) => object(maker, code, ask.depth.min(MAX_DEPTH))?,
        Subject::Member(id) => member(maker, &MemberId::parse(id).ok_or(ProofError::NotFound)?)?,
    }
    for id in &ask.records {
        show(maker, id)?;
    }
    rules_in_force(maker)
}

/// Shows a record that the caller may see, and leaves out another: nothing says that it belongs here.
fn show(maker: &mut Maker<'_>, id: &RecordId) -> Result<bool, ProofError> {
    let view = match maker.view(id) {
        Ok(view) if maker.sight.sees(&view) => view,
        Ok(_) | Err(ProofError::NotFound | ProofError::NotYet) => return Ok(false),
        Err(error) => return Err(error),
    };
    let place = maker.place(&view.id)?;
    maker.want(place, view.id.index)?;
    Ok(true)
}

/// Rule sets: whoever judges the subject needs those of the time.
fn rules_in_force(maker: &mut Maker<'_>) -> Result<(), ProofError> {
    let prefix = rules_key("");
    let rows =
        maker.ledger.storage().scan(Table::State, prefix.as_bytes(), b"", Direction::Forward, super::MAX_KEYS)?;
    for (key, _) in rows {
        let key = String::from_utf8_lossy(&key).into_owned();
        if value::<Value>(maker, &key)?.is_some() {
            maker.keys.insert(key);
        }
    }
    Ok(())
}

/// What a key held after the bundle's block.
fn value<T: DeserializeOwned>(maker: &Maker<'_>, key: &str) -> Result<Option<T>, ProofError> {
    let (text, _) = prove_at(maker.ledger, maker.height, key)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The receivable, the record that registered it, all that was done with it, and its policy.
fn receivable(maker: &mut Maker<'_>, id: &RecordId) -> Result<(), ProofError> {
    let key = receivable_key(id);
    let registered = maker.view(id)?;
    if value::<Value>(maker, &key)?.is_none() || !show(maker, id)? {
        return Err(ProofError::NotFound);
    }
    maker.keys.insert(key);
    maker.list(&object_code(id))?;
    if let Some(policy) = registered.body.get("policy").and_then(Value::as_str).and_then(RecordId::parse) {
        maker.keys.insert(policy_key(&policy));
        show(maker, &policy)?;
    }
    Ok(())
}

/// The object, and by steps what it was made or packed from and into.
fn object(maker: &mut Maker<'_>, code: &str, depth: u8) -> Result<(), ProofError> {
    let code = Code::parse(code).ok_or(ProofError::NotFound)?;
    let mut reached = BTreeSet::from([code.as_str().to_owned()]);
    let mut edge: Vec<String> = reached.iter().cloned().collect();
    for step in 0..=depth {
        let mut next = BTreeSet::new();
        for code in edge {
            for record in maker.list(&code)? {
                next.extend(beside(&code, &record));
            }
        }
        edge = next.into_iter().filter(|code| step < depth && reached.insert(code.clone())).collect();
    }
    Ok(())
}

/// What an event says that an object was made or packed from or into.
fn beside(code: &str, record: &RecordView) -> Vec<String> {
    let event = Value::Object(record.body.clone());
    let Some(event) =
        (record.kind == "trace.event/1").then(|| serde_json::from_value::<TraceEventClear>(event).ok()).flatten()
    else {
        return Vec::new();
    };
    let contained = [event.children, event.child_classes].concat();
    let made_of = [event.inputs, event.input_classes].concat();
    let made = [event.outputs, event.output_classes].concat();
    let has = |codes: &[String]| codes.iter().any(|other| other == code);
    let pairs = [(&event.parents, &contained), (&contained, &event.parents), (&made, &made_of), (&made_of, &made)];
    pairs.into_iter().filter(|(here, _)| has(here)).flat_map(|(_, there)| there.clone()).collect()
}

/// The member, its filings with their reviews, and every record that names it as an object.
fn member(maker: &mut Maker<'_>, id: &MemberId) -> Result<(), ProofError> {
    let key = keys::member(id);
    if value::<Value>(maker, &key)?.is_none() {
        return Err(ProofError::NotFound);
    }
    maker.keys.insert(key);
    maker.list(id.as_str())?;
    let filed = filings_of_enterprise(id.as_str());
    let filings: Filings = value(maker, &filed)?.unwrap_or_default();
    maker.keys.insert(filed);
    for record in filings.approved.into_iter().chain(filings.open) {
        show(maker, &record)?;
        let key = filing(&record);
        let (text, _) = prove_at(maker.ledger, maker.height, &key)?;
        if !maker.sight.sees_state(&key, text.as_deref()) {
            continue;
        }
        maker.keys.insert(key);
        let filing: Option<Filing> = text.and_then(|text| serde_json::from_str(&text).ok());
        if let Some(FilingStatus::Reviewed { review, .. }) = filing.map(|filing| filing.status) {
            show(maker, &review)?;
        }
    }
    Ok(())
}
