//! Records: what a member says about objects.

use crate::json::{self, JsonError, JsonFault};
use crate::types::{Code, Kind, MemberId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A record names at most this many objects.
pub const MAX_OBJECTS: usize = 1024;
/// A record seals at most this many fields.
pub const MAX_SEALED: usize = 64;

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
    /// Event time as given, 20-35 characters of RFC 3339.
    pub at: String,
    /// Members whom the submitter means to give the sealed fields.
    pub sealed_to: Vec<MemberId>,
    /// Clear fields, without `_sd` and `ext`.
    pub body: Map<String, Value>,
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
    at: String,
    #[serde(default)]
    sealed_to: Vec<MemberId>,
    body: Map<String, Value>,
}

impl Raw {
    fn read(mut value: Value, place: &str) -> Result<Raw, JsonError> {
        // Moved out field by field; only a value that does not fit is read by serde, to say where.
        if let Some((kind, objects, sealed_to)) = Raw::fields(&value)
            && let Some(fields) = value.as_object_mut()
            && let (Some(Value::String(at)), Some(Value::Object(body))) = (fields.remove("at"), fields.remove("body"))
        {
            return Ok(Raw { kind, objects, at, sealed_to, body });
        }
        json::shape(value, place)
    }

    fn fields(value: &Value) -> Option<(Kind, Vec<Code>, Vec<MemberId>)> {
        let fields = value.as_object()?;
        let all = |name: &str| fields.get(name).and_then(Value::as_array).map(Vec::as_slice);
        let kind = Kind::deserialize(fields.get("kind")?).ok()?;
        let objects: Result<Vec<Code>, _> = all("objects")?.iter().map(Code::deserialize).collect();
        let sealed_to: Result<Vec<MemberId>, _> = match fields.contains_key("sealed_to") {
            true => all("sealed_to")?.iter().map(MemberId::deserialize).collect(),
            false => Ok(Vec::new()),
        };
        let known = 4 + usize::from(fields.contains_key("sealed_to"));
        let whole = fields.len() == known && fields.get("at")?.is_string() && fields.get("body")?.is_object();
        whole.then_some((kind, objects.ok()?, sealed_to.ok()?))
    }
}

fn refuse(pointer: String, message: &str) -> JsonError {
    JsonError { fault: JsonFault::Shape, pointer, message: message.to_owned() }
}

impl Record {
    /// Reads a record from a strict JSON value. `place` is the pointer of the record, such as `/records/0`.
    ///
    /// # Errors
    /// The first field that is missing, unknown, repeated, too long or of the wrong type.
    pub fn from_value(value: Value, place: &str) -> Result<Record, JsonError> {
        let raw = Raw::read(value, place)?;
        if raw.objects.len() > MAX_OBJECTS {
            return Err(refuse(format!("{place}/objects"), "a record names at most 1024 objects"));
        }
        let mut sorted: Vec<&Code> = raw.objects.iter().collect();
        sorted.sort();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(refuse(format!("{place}/objects"), "an object is named twice"));
        }
        let looks_like_time = (20..=35).contains(&raw.at.len())
            && raw.at.bytes().all(|b| b.is_ascii_digit() || b"-:.TZ+".contains(&b));
        if !looks_like_time {
            return Err(refuse(format!("{place}/at"), "an event time is RFC 3339, such as 2026-11-22T01:02:03Z"));
        }
        let mut body = raw.body;
        let sd = match body.remove("_sd") {
            None => Vec::new(),
            Some(value) => json::shape::<Vec<String>>(value, &format!("{place}/body/_sd"))?,
        };
        if sd.len() > MAX_SEALED || sd.iter().any(|d| d.len() != 43 || crate::keys::unb64(d).is_none()) {
            return Err(refuse(format!("{place}/body/_sd"), "at most 64 digests, each 32 bytes in base64url"));
        }
        if let Some(nested) = find_sd_in(&body) {
            return Err(refuse(format!("{place}/body{nested}"), "sealed fields stand at the top of the body only"));
        }
        let ext = body.remove("ext");
        Ok(Record { kind: raw.kind, objects: raw.objects, at: raw.at, sealed_to: raw.sealed_to, body, sd, ext })
    }

    /// Reads the clear body into the type of its kind.
    ///
    /// # Errors
    /// The first field that is missing, unknown or of the wrong type; the pointer begins at the record.
    pub fn clear<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        json::shape_of(&self.body, "/body")
    }
}

fn find_sd_in(fields: &Map<String, Value>) -> Option<String> {
    fields.iter().find_map(|(key, inner)| {
        if key == "_sd" || key == "..." {
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
