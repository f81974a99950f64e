//! The clear body of a record: kept as the text that was signed, read into the type of its kind when it is needed.

use super::SD;
use crate::json::{self, JsonError, Key};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The clear fields of a record: a JSON object as it was sent. `_sd`, which stands among them there, is none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Box<str>);

impl Body {
    /// The text of a strict JSON object without `ext`.
    pub(super) fn of_text(text: &str) -> Body {
        Body(text.into())
    }

    /// Of these fields.
    pub fn of_fields(fields: Map<String, Value>) -> Body {
        Body(Value::Object(fields).to_string().into())
    }

    /// The fields by name.
    pub fn fields(&self) -> Map<String, Value> {
        self.read().unwrap_or_default()
    }

    /// One field.
    pub fn field(&self, name: &str) -> Option<Value> {
        self.fields().remove(name)
    }

    /// Reads them into the type of their kind.
    ///
    /// # Errors
    /// The first field that is missing, unknown or of the wrong type; the pointer begins with `/body`.
    pub(super) fn clear<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        // Only a body that does not fit is read again, to say where.
        self.read().map_or_else(|| json::shape(Value::Object(self.fields()), "/body"), Ok)
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let mut reader = serde_json::Deserializer::from_str(&self.0);
        T::deserialize(Clear(&mut reader)).ok()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reader that passes over `_sd` at the top.
struct Clear<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Clear<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Clear(visitor))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Clear<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Clear(map))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Clear<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Key(key)) = self.0.next_key()? {
            if key != SD {
                return seed.deserialize(serde::de::value::CowStrDeserializer::new(key)).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}
