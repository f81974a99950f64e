//! Strict JSON: what a signed record may contain.
//!
//! UTF-8, no duplicate keys, no numbers but integers within ±(2^53 − 1) (I-JSON, RFC 7493), at most
//! [`MAX_DEPTH`] nested arrays and objects. `serde_json` does the lexing; this module adds the refusals
//! that it does not make, each with a code and a JSON pointer (RFC 6901).

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

/// Arrays and objects may nest this deep.
pub const MAX_DEPTH: usize = 32;
/// Largest magnitude of an integer: 2^53 − 1, so that every JSON library reads the same number.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a text is not acceptable JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// Not JSON at all, or not UTF-8.
    Syntax,
    /// The same key twice in one object.
    DuplicateKey,
    /// A fraction, an exponent, or an integer beyond 2^53 − 1.
    Number,
    /// Nested deeper than [`MAX_DEPTH`].
    Depth,
    /// A field is missing, unknown or of the wrong type.
    Shape,
}

/// A refusal of [`parse`] or [`shape`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {pointer:?}")]
pub struct JsonError {
    /// The kind of fault.
    pub fault: JsonFault,
    /// JSON pointer to the place, empty for the whole document.
    pub pointer: String,
    /// One sentence for a person.
    pub message: String,
}

/// The first fault, and the steps to its place from the inside out: they are noted on the way back only, so that
/// a good text costs nothing.
#[derive(Default)]
struct Place {
    steps: RefCell<Vec<String>>,
    fault: RefCell<Option<(JsonFault, &'static str)>>,
}

impl Place {
    fn refuse<E: serde::de::Error>(&self, fault: JsonFault, message: &'static str) -> E {
        *self.fault.borrow_mut() = Some((fault, message));
        E::custom(message)
    }

    fn below<E>(&self, step: impl FnOnce() -> String) -> impl FnOnce(E) -> E {
        move |error| {
            self.steps.borrow_mut().push(step());
            error
        }
    }
}

fn pointer(path: &[String]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        out.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    out
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    place: &'a Place,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        if v.unsigned_abs() > MAX_INTEGER {
            return Err(self.place.refuse(JsonFault::Number, "integers must lie within 2^53 - 1"));
        }
        Ok(Value::Number(Number::from(v)))
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        if v > MAX_INTEGER {
            return Err(self.place.refuse(JsonFault::Number, "integers must lie within 2^53 - 1"));
        }
        Ok(Value::Number(Number::from(v)))
    }
    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Value, E> {
        Err(self.place.refuse(JsonFault::Number, "write decimals as strings; numbers must be integers within 2^53 - 1"))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }
    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper::<A::Error>()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner).map_err(self.place.below(|| items.len().to_string()))? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper::<A::Error>()?;
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if fields.contains_key(&key) {
                let refusal = self.place.refuse(JsonFault::DuplicateKey, "a key appears twice in one object");
                return Err(self.place.below(|| key)(refusal));
            }
            let value = map.next_value_seed(inner).map_err(self.place.below(|| key.clone()))?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.place.refuse(JsonFault::Depth, "nested deeper than 32 levels"));
        }
        Ok(Strict { place: self.place, depth: self.depth + 1 })
    }
}

/// Parses a whole text; trailing bytes other than white space are refused.
///
/// # Errors
/// The first fault met, with its place.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let place = Place::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let parsed = Strict { place: &place, depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    parsed.map_err(|error| {
        let mut steps = place.steps.take();
        steps.reverse();
        let (fault, message) = match place.fault.take() {
            Some((fault, message)) => (fault, message.to_owned()),
            None => (JsonFault::Syntax, error.to_string()),
        };
        JsonError { fault, pointer: pointer(&steps), message }
    })
}

/// Reads a strict value into a type. Types carry `deny_unknown_fields`.
///
/// # Errors
/// [`JsonFault::Shape`] with serde's sentence; the pointer starts with `prefix`.
pub fn shape<T: DeserializeOwned>(value: Value, prefix: &str) -> Result<T, JsonError> {
    shape_of(&value, prefix)
}

/// As [`shape`], of a value that somebody else keeps.
///
/// # Errors
/// As [`shape`].
pub fn shape_of<'a, T: DeserializeOwned, D: Deserializer<'a> + Copy>(value: D, prefix: &str) -> Result<T, JsonError> {
    // Only a value that does not fit is read again, to say where.
    if let Ok(good) = T::deserialize(value) {
        return Ok(good);
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let steps: Vec<String> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                serde_path_to_error::Segment::Seq { index } => Some(index.to_string()),
                serde_path_to_error::Segment::Map { key } => Some(key.clone()),
                serde_path_to_error::Segment::Enum { variant } => Some(variant.clone()),
                serde_path_to_error::Segment::Unknown => None,
            })
            .collect();
        JsonError {
            fault: JsonFault::Shape,
            pointer: format!("{prefix}{}", pointer(&steps)),
            message: serde_json::Error::custom(error.inner()).to_string(),
        }
    })
}

/// A structure that is read from an object only: what serde derives takes an array as well.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Object<T>, D::Error> {
        struct Fields<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        d.deserialize_map(Fields(PhantomData))
    }
}

/// Looks through a strict value and builds nothing: what [`parse`] takes, nested in `depth` arrays and objects, and
/// without the keys that SD-JWT gives a meaning.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// Arrays and objects around it.
    pub(crate) depth: usize,
}

impl<'de> DeserializeSeed<'de> for Look {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl Look {
    pub(crate) fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested deeper than 32 levels"));
        }
        Ok(Look { depth: self.depth + 1 })
    }
}

fn within<E: serde::de::Error>(magnitude: u64) -> Result<(), E> {
    if magnitude <= MAX_INTEGER { Ok(()) } else { Err(E::custom("integers must lie within 2^53 - 1")) }
}

/// Whether all keys of an object differ.
pub(crate) fn distinct(keys: &mut [Key<'_>]) -> bool {
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}

impl<'de> Visitor<'de> for Look {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("strict JSON")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<(), E> {
        within(v.unsigned_abs())
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<(), E> {
        within(v)
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys: Vec<Key<'de>> = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if key.0 == "_sd" || key.0 == "..." {
                return Err(A::Error::custom("sealed fields stand at the top of the body only"));
            }
            map.next_value_seed(inner)?;
            keys.push(key);
        }
        if distinct(&mut keys) { Ok(()) } else { Err(A::Error::custom("a key appears twice in one object")) }
    }
}

/// A key of an object, borrowed where it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Key<'de>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        d.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests;
