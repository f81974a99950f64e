//! Trace: EPCIS events of objects.
//!
//! Promises:
//! 1. An event is accepted when its clear body has the form of its kind and its digest that of SHA-256.
//! 2. Its objects are exactly the codes that the body names, so that the chain of an object holds every
//!    event about it and none besides.
//! 3. No event has state of its own: object chains prove that a trace is complete.

pub mod epcis;
pub mod kinds;

use chain_core::contract::{Context, Contract, Stop};
use chain_core::hash::Hash;
use chain_core::json::{JsonError, JsonFault};
use chain_core::record::{MAX_OBJECTS, Record};
use kinds::TraceEventClear;
use std::collections::BTreeSet;

/// The trace contract.
pub struct Trace;

/// The trace contract, for the registry of contracts.
pub static TRACE: Trace = Trace;

fn refuse(pointer: &str, message: &str) -> JsonError {
    JsonError { fault: JsonFault::Shape, pointer: pointer.to_owned(), message: message.to_owned() }
}

impl Contract for Trace {
    fn name(&self) -> &'static str {
        "trace"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["trace.event/1"]
    }

    fn check_form(&self, record: &Record) -> Result<(), JsonError> {
        let body: TraceEventClear = record.clear()?;
        if Hash::from_hex(&body.digest).is_none_or(|hash| hash.to_hex() != body.digest) {
            return Err(refuse("/body/digest", "a digest is 64 lower-case hexadecimal digits"));
        }
        if !(20..=35).contains(&body.event_time.len()) || !body.event_time.ends_with('Z') {
            return Err(refuse("/body/eventTime", "an event time is RFC 3339 in UTC, such as 2026-11-22T01:02:03Z"));
        }
        if body.action.as_deref().is_some_and(|action| !matches!(action, "OBSERVE" | "ADD" | "DELETE")) {
            return Err(refuse("/body/action", "an action is OBSERVE, ADD or DELETE"));
        }
        if body.parents.len() > 1 {
            return Err(refuse("/body/parents", "an event has at most one containing object"));
        }
        objects(record, &body)
    }

    fn apply(&self, _: &mut Context<'_, '_>, _: &Record) -> Result<(), Stop> {
        // The form is all there is to judge; the log and the object chains carry the event.
        Ok(())
    }
}

fn objects(record: &Record, body: &TraceEventClear) -> Result<(), JsonError> {
    let roles = [
        ("parents", &body.parents),
        ("epcs", &body.epcs),
        ("classes", &body.classes),
        ("children", &body.children),
        ("childClasses", &body.child_classes),
        ("inputs", &body.inputs),
        ("inputClasses", &body.input_classes),
        ("outputs", &body.outputs),
        ("outputClasses", &body.output_classes),
    ];
    if let Some((name, _)) = roles.iter().find(|(_, codes)| !codes.is_sorted_by(|a, b| a < b)) {
        return Err(refuse(&format!("/body/{name}"), "codes stand sorted, each once"));
    }
    let said: BTreeSet<&str> = roles.iter().flat_map(|(_, codes)| codes.iter().map(String::as_str)).collect();
    let named: BTreeSet<&str> = record.objects.iter().map(|code| code.as_str()).collect();
    if said != named {
        return Err(refuse("/objects", "objects are exactly the codes that the body names"));
    }
    // Only an event of more objects than a record carries may leave some out.
    let full = named.len() == MAX_OBJECTS;
    if body.objects_total.is_some_and(|total| !full || total <= MAX_OBJECTS as u64) {
        return Err(refuse("/body/objectsTotal", "objectsTotal is for events of more than 1024 objects"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
