//! Records read in one go from their text. Takes a part of what [`Record::from_value`] takes, and to the same record: a
//! test holds the two against each other.

use super::{Body, MAX_OBJECTS, Record, SD, are_digests, is_long_enough, names_twice};
use crate::json::{Key, Look, Object, distinct};
use crate::types::{Code, EventTime, Kind, MemberId};
use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw<'a> {
    kind: Kind,
    objects: Vec<Code>,
    at: EventTime,
    #[serde(default)]
    sealed_to: Vec<MemberId>,
    #[serde(borrow)]
    body: &'a RawValue,
}

pub(super) fn read(text: &[u8]) -> Option<Record> {
    let (_salt, Object(raw)): (Key<'_>, Object<Raw<'_>>) = serde_json::from_slice(text).ok()?;
    let Raw { kind, objects, at, sealed_to, body } = raw;
    let sd = serde_json::Deserializer::from_str(body.get()).deserialize_map(Digests).ok()?;
    let good = objects.len() <= MAX_OBJECTS && !names_twice(&objects) && is_long_enough(&at) && are_digests(&sd);
    good.then(|| Record { kind, objects, at, sealed_to, body: Body::of_text(body.get()), sd, ext: None })
}

/// Looks through a body and gives its digests. A body stands in a record, in a disclosure.
struct Digests;

impl<'de> Visitor<'de> for Digests {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
        let fields = Look { depth: 3 };
        let (mut sd, mut keys) = (Vec::new(), Vec::new());
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match &*key.0 {
                SD => sd = map.next_value()?,
                "..." | "ext" => return Err(A::Error::custom("not for the quick reader")),
                _ => map.next_value_seed(fields)?,
            }
            keys.push(key);
        }
        if distinct(&mut keys) { Ok(sd) } else { Err(A::Error::custom("a key appears twice in one object")) }
    }
}
