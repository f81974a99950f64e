//! Reads EPCIS 2.0 documents (JSON and JSON-LD) into records of kind `trace.event/1`.
//!
//! 1. A document that GS1's JSON Schema for EPCIS 2.0 refuses is refused, with the place and
//!    the reason of every fault; one that it accepts is accepted, within [`limits`] and if each
//!    event's time can be read, since no record can be filed without. The schema is taken as
//!    ordinary validators of draft 7 take it: `format` is an annotation and refuses nothing.
//! 2. All events of a document are read, or none.
//! 3. The same bytes give the same drafts, byte for byte.
//! 4. An event is sealed as the very text that came in. No number is ever converted.
//! 5. What the schema lets pass but looks wrong comes back as a warning and stops nothing: a
//!    text against its `format`, such as a blank node id or a word outside the vocabulary.
//! 6. Of a member that one object names several times the last counts, as for ordinary JSON
//!    readers; a warning says so, and the sealed text keeps them all.
//!
//! Only the codes of the objects, the time, the places and the words of the standard are
//! clear. Master data, business transactions, parties, sensor data and extensions stay sealed.

mod event;
mod event_rules;
mod format;
mod json;
mod node;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod words;
pub mod write;

use super::kinds::TraceEventClear;
use crate::ids::gs1::Gs1Error;
use chain_core::record::RecordDraft;
use node::{Node, Value};
use schema::Checker;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a document may at most measure.
pub mod limits {
    /// Bytes of a document: 16 MiB.
    pub const BYTES: usize = 16 << 20;
    /// Objects and lists within each other.
    pub const DEPTH: usize = 32;
    /// JSON values in a document.
    pub const VALUES: usize = 1_000_000;
    /// Bytes of the document's `@context` times its events: 64 MiB, as each record seals it.
    pub const CONTEXTS: usize = 64 << 20;
    /// Errors, and warnings, reported for one document.
    pub const ERRORS: usize = 100;
    /// Object codes of a record.
    pub const OBJECTS: usize = 1024;
}

/// The kind of the records.
pub const KIND: &str = "trace.event/1";

/// One reason why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at \"{pointer}\": {problem}", problem.code())]
pub struct EpcisError {
    /// Where, as a JSON Pointer (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // Each variant's message is its documentation; the fields are parts of it.
pub enum Problem {
    #[error("the document is larger than 16 MiB; send its events in several documents")]
    TooLarge,
    #[error("byte {offset} is not UTF-8; save the document as UTF-8")]
    NotUtf8 { offset: usize },
    #[error("line {line}, column {column} is not JSON: {expected} was expected; correct the text there")]
    Syntax { line: usize, column: usize, expected: &'static str },
    #[error("objects and lists lie within each other more than 32 deep; flatten them")]
    TooDeep,
    #[error("the document holds more than 1 000 000 values; send its events in several documents")]
    TooManyValues,
    #[error("the @context is too long to be sealed with every event; shorten it or send fewer events")]
    ContextTooLarge,
    #[error("a {expected} was expected; write one")]
    WrongType { expected: &'static str },
    #[error("the member \"{name}\" is missing; add it")]
    Missing { name: &'static str },
    #[error("\"{name}\" is not a member EPCIS knows here and extensions may not stand here; remove it")]
    UnknownMember { name: String },
    #[error("\"{value}\" is not {expected}; correct it")]
    Format { value: String, expected: &'static str },
    #[error("\"{value}\" is not in the vocabulary; use one of its words, perhaps \"{nearest}\"")]
    NotInVocabulary { value: String, nearest: &'static str },
    #[error("the list is empty; put something into it or leave it out")]
    Empty,
    #[error("this item is in the list already; name it once")]
    NotDistinct,
    #[error("the event does not say what it is about; give it {needed}")]
    NoWhat { needed: &'static str },
    #[error("only an event with action ADD may carry ilmd; remove the ilmd or correct the action")]
    IlmdWithoutAdd,
    #[error("in UTC this time lies outside the years 0000 to 9999; correct it")]
    TimeOutOfRange,
    #[error("the event cannot be written as a record; report this document to the operator")]
    NotWritable,
}

impl Problem {
    /// The stable code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "EPCIS-01",
            Self::NotUtf8 { .. } => "EPCIS-02",
            Self::Syntax { .. } => "EPCIS-03",
            // EPCIS-04 was a repeated member, now EPCIS-W14; the code is not given again.
            Self::TooDeep => "EPCIS-05",
            Self::TooManyValues => "EPCIS-06",
            Self::ContextTooLarge => "EPCIS-07",
            Self::WrongType { .. } => "EPCIS-11",
            Self::Missing { .. } => "EPCIS-12",
            Self::UnknownMember { .. } => "EPCIS-13",
            Self::Format { .. } => "EPCIS-14",
            Self::NotInVocabulary { .. } => "EPCIS-15",
            Self::Empty => "EPCIS-16",
            Self::NotDistinct => "EPCIS-17",
            Self::NoWhat { .. } => "EPCIS-21",
            Self::IlmdWithoutAdd => "EPCIS-22",
            Self::TimeOutOfRange => "EPCIS-23",
            Self::NotWritable => "EPCIS-24",
        }
    }
}

/// One oddity of an accepted document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at \"{pointer}\": {anomaly}", anomaly.code())]
pub struct EpcisWarning {
    /// Where, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What looks wrong.
    pub anomaly: Anomaly,
}

/// What looks wrong though the schema lets it pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // As for `Problem`.
pub enum Anomaly {
    #[error("{fault}; until then the object is filed under the text of its URI")]
    Key { fault: Gs1Error },
    #[error("the time is written with another offset than eventTimeZoneOffset says; make them agree")]
    Offset,
    #[error("the event declares an error but has no eventID, so nobody can tell which event was wrong; add it")]
    ErrorWithoutId,
    #[error("no event of this document has this eventID; make sure the correcting event is captured as well")]
    CorrectionUnknown,
    #[error("the error is declared before the event took place; check both times")]
    DeclaredEarly,
    #[error("an earlier event of this document has the same eventID; give each event its own")]
    SameId,
    #[error("the parent is among its own children; check the list")]
    ParentAmongChildren,
    #[error("the prefix of this member is not declared in an @context; declare it")]
    Prefix,
    #[error("a quantity cannot be negative; check it")]
    NegativeQuantity,
    #[error("the event names {total} objects, of which only 1024 are filed, parents first; capture smaller events")]
    ManyObjects { total: usize },
    #[error("\"{value}\" is not {expected}; correct it")]
    Format { value: String, expected: &'static str },
    #[error("\"{value}\" is neither a word of the vocabulary nor a URI; use one of its words, perhaps \"{nearest}\"")]
    NotInVocabulary { value: String, nearest: &'static str },
    #[error(
        "\"{name}\" is neither a member EPCIS knows here nor a prefixed name; remove it or give it a prefix of letters and digits"
    )]
    UnknownMember { name: String },
    #[error("this member occurs several times in one object and the last of them counts; keep one")]
    Repeated,
}

impl Anomaly {
    /// The stable code of the anomaly.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "EPCIS-W01",
            Self::Offset => "EPCIS-W02",
            Self::ErrorWithoutId => "EPCIS-W03",
            Self::CorrectionUnknown => "EPCIS-W04",
            Self::DeclaredEarly => "EPCIS-W05",
            Self::SameId => "EPCIS-W06",
            Self::ParentAmongChildren => "EPCIS-W07",
            Self::Prefix => "EPCIS-W08",
            Self::NegativeQuantity => "EPCIS-W09",
            Self::ManyObjects { .. } => "EPCIS-W10",
            Self::Format { .. } => "EPCIS-W11",
            Self::NotInVocabulary { .. } => "EPCIS-W12",
            Self::UnknownMember { .. } => "EPCIS-W13",
            Self::Repeated => "EPCIS-W14",
        }
    }
}

/// A document that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpcisDocument {
    /// Its events in their order.
    pub events: Vec<EpcisEvent>,
    /// The original text of the document's `@context`; `None` for a bare event, whose own text
    /// holds it.
    pub context: Option<String>,
    /// Oddities, at most [`limits::ERRORS`]: first repeated members, then what is against its
    /// format, then those of the events in their order.
    pub warnings: Vec<EpcisWarning>,
}

/// One event of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpcisEvent {
    /// What becomes clear on the ledger.
    pub clear: TraceEventClear,
    /// The clear body as the record will carry it.
    body: serde_json::Map<String, Json>,
    /// Codes of the objects, sorted, at most [`limits::OBJECTS`].
    pub objects: Vec<String>,
    /// The event's original text.
    pub text: String,
}

impl EpcisDocument {
    /// One draft for each event, in their order. Sealed are `event`, the event's text, and
    /// `context`, the text of the document's `@context`, both as JSON strings.
    pub fn drafts(&self) -> Vec<RecordDraft> {
        let draft = |event: &EpcisEvent| {
            let mut sealed = vec![("event".to_owned(), Json::String(event.text.clone()))];
            sealed.extend(self.context.clone().map(|text| ("context".to_owned(), Json::String(text))));
            RecordDraft {
                kind: KIND.to_owned(),
                objects: event.objects.clone(),
                at: event.clear.event_time.clone(),
                clear: event.body.clone(),
                sealed,
            }
        };
        self.events.iter().map(draft).collect()
    }
}

/// Reads an `EPCISDocument`, an `EPCISQueryDocument` or one bare event.
///
/// # Errors
/// Every fault found, at most [`limits::ERRORS`]; one alone when the text is not strict JSON.
pub fn read(bytes: &[u8]) -> Result<EpcisDocument, Vec<EpcisError>> {
    let (root, repeated) = json::parse(bytes).map_err(|error| vec![error])?;
    let mut checker = Checker::new(repeated);
    let (place, events) = check(&mut checker, &root)?;
    let context = root.get("@context").filter(|_| !place.is_empty());
    if context.is_some_and(|node| node.text.len().saturating_mul(events.len()) > limits::CONTEXTS) {
        return Err(vec![EpcisError { pointer: "/@context".to_owned(), problem: Problem::ContextTooLarge }]);
    }
    let mut scope =
        event::Scope { prefixes: event::prefixes(context), ids: BTreeMap::new(), warnings: checker.warnings };
    for (number, node) in events.iter().enumerate() {
        scope.note_id(node, number);
    }
    let mut read = Vec::with_capacity(events.len());
    let mut errors = Vec::new();
    for (number, node) in events.iter().enumerate() {
        let pointer = if place.is_empty() { String::new() } else { format!("{place}/{number}") };
        match event::read(&mut scope, node, number, pointer) {
            Ok(event) => read.push(event),
            Err(error) => errors.push(error),
        }
    }
    errors.truncate(limits::ERRORS);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(EpcisDocument { events: read, context: context.map(|node| node.text.to_owned()), warnings: scope.warnings })
}

/// Checks the whole document; its events and where they are.
fn check<'n, 'a>(checker: &mut Checker, root: &'n Node<'a>) -> Result<(&'static str, &'n [Node<'a>]), Vec<EpcisError>> {
    let path: &[&str] = match (&root.value, root.string("type")) {
        (Value::Object(_), Some("EPCISDocument")) => {
            checker.object(root, &rules::CAPTURE);
            &["epcisBody", "eventList"]
        }
        (Value::Object(_), Some("EPCISQueryDocument")) => {
            checker.object(root, &rules::QUERY);
            &["epcisBody", "queryResults", "resultsBody", "eventList"]
        }
        (Value::Object(_), _) => {
            if root.get("@context").is_none() {
                checker.refuse(Problem::Missing { name: "@context" });
            }
            event_rules::event(checker, root);
            &[]
        }
        _ => {
            checker.refuse(Problem::WrongType { expected: "object" });
            &[]
        }
    };
    if !checker.errors.is_empty() {
        return Err(std::mem::take(&mut checker.errors));
    }
    let list = path.iter().try_fold(root, |node, name| node.get(name));
    Ok(match path.len() {
        0 => ("", std::slice::from_ref(root)),
        2 => ("/epcisBody/eventList", list.map(Node::items).unwrap_or_default()),
        _ => ("/epcisBody/queryResults/resultsBody/eventList", list.map(Node::items).unwrap_or_default()),
    })
}
