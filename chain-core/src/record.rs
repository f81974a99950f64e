//! Records: what a member says about objects.

mod body;
mod quick;

pub use body::Body;

use crate::json::{self, JsonError, JsonFault};
use crate::types::{Code, EventTime, Kind, MemberId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A record names at most this many objects.
pub const MAX_OBJECTS: usize = 1024;
/// A record seals at most this many fields.
pub const MAX_SEALED: usize = 64;
/// Where a body has the digests of its sealed fields.
const SD: &str = "_sd";

/// A record before it is signed: clear fields and sealed fields apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordDraft {
    /// Kind with version, such as `trade.order/1`.
    pub kind: String,
    /// Codes of the objects the record speaks about.
    pub objects: Vec<String>,
    /// Event time, RFC 3339 in UTC. Data only: no rule of the ledger trusts it.
    pub at: String,
    /// Clear fields of the body.
    pub clear: Map<String, Value>,
    /// Sealed fields of the body, each separately disclosable.
    pub sealed: Vec<(String, Value)>,
}

/// A record as the ledger carries it: the disclosed value of one array digest.
///
/// `{"kind":…,"objects":[…],"at":…,"sealed_to":[…],"body":{clear fields,"_sd":[digests],"ext":{…}}}`;
/// `objects` may be empty, `sealed_to`, `_sd` and `ext` may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Kind with version.
    pub kind: Kind,
    /// Codes of objects, without repetition.
    pub objects: Vec<Code>,
    /// Event time as given, at least 20 characters.
    pub at: EventTime,
    /// Members whom the submitter means to give the sealed fields.
    pub sealed_to: Vec<MemberId>,
    /// Clear fields.
    pub body: Body,
    /// Digests of sealed fields (RFC 9901, section 4.2.4.1), base64url.
    pub sd: Vec<String>,
    /// Extras that no rule reads.
    pub ext: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    objects: Vec<Code>,
    at: EventTime,
    #[serde(default)]
    sealed_to: Vec<MemberId>,
    body: Map<String, Value>,
}

fn refuse(pointer: String, message: &str) -> JsonError {
    JsonError { fault: JsonFault::Shape, pointer, message: message.to_owned() }
}

fn names_twice(objects: &[Code]) -> bool {
    let mut sorted: Vec<&Code> = objects.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

fn is_long_enough(at: &EventTime) -> bool {
    at.as_str().len() >= 20
}

fn are_digests(texts: &[String]) -> bool {
    texts.len() <= MAX_SEALED && texts.iter().all(|d| d.len() == 43 && crate::keys::is_b64(d))
}

impl Record {
    /// Reads a record from the strict JSON text `[salt, record]` of its disclosure, without building what is in it.
    /// None for what it does not take; most of that is bad, and [`Record::from_value`] says why.
    pub fn from_element(text: &[u8]) -> Option<Record> {
        quick::read(text)
    }

    /// Reads a record from a strict JSON value. `place` is the pointer of the record, such as `/records/0`.
    ///
    /// # Errors
    /// The first field that is missing, unknown, repeated, too long or of the wrong type.
    pub fn from_value(value: Value, place: &str) -> Result<Record, JsonError> {
        let json::Object(raw): json::Object<Raw> = json::shape(value, place)?;
        if raw.objects.len() > MAX_OBJECTS {
            return Err(refuse(format!("{place}/objects"), "a record names at most 1024 objects"));
        }
        if names_twice(&raw.objects) {
            return Err(refuse(format!("{place}/objects"), "an object is named twice"));
        }
        if !is_long_enough(&raw.at) {
            return Err(refuse(format!("{place}/at"), "an event time is RFC 3339, such as 2026-11-22T01:02:03Z"));
        }
        let mut body = raw.body;
        let sd = match body.remove(SD) {
            None => Vec::new(),
            Some(value) => json::shape::<Vec<String>>(value, &format!("{place}/body/_sd"))?,
        };
        if !are_digests(&sd) {
            return Err(refuse(format!("{place}/body/_sd"), "at most 64 digests, each 32 bytes in base64url"));
        }
        if let Some(nested) = find_sd_in(&body) {
            return Err(refuse(format!("{place}/body{nested}"), "sealed fields stand at the top of the body only"));
        }
        let ext = body.remove("ext");
        let body = Body::of_fields(body);
        Ok(Record { kind: raw.kind, objects: raw.objects, at: raw.at, sealed_to: raw.sealed_to, body, sd, ext })
    }

    /// Reads the clear body into the type of its kind.
    ///
    /// # Errors
    /// The first field that is missing, unknown or of the wrong type; the pointer begins at the record.
    pub fn clear<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        self.body.clear()
    }
}

fn find_sd_in(fields: &Map<String, Value>) -> Option<String> {
    fields.iter().find_map(|(key, inner)| {
        if key == SD || key == "..." {
            return Some(format!("/{key}"));
        }
        find_sd(inner).map(|rest| format!("/{key}{rest}"))
    })
}

fn find_sd(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => find_sd_in(fields),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, inner)| find_sd(inner).map(|rest| format!("/{i}{rest}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
