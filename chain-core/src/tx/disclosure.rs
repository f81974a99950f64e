//! Disclosures (RFC 9901, section 4.2): salted values whose digests are signed.

use super::TxError;
use crate::hash::Hash;
use crate::json::{self, JsonError, JsonFault};
use crate::keys::{b64, b64_to, unb64};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of salt: 128 bits, as RFC 9901, section 9.3 recommends.
pub const SALT_BYTES: usize = 16;

/// The digest of a disclosure: base64url of SHA-256 of its base64url text.
pub fn digest(disclosure: &str) -> String {
    b64(Hash::of(disclosure.as_bytes()).as_bytes())
}

/// Whether this is the digest of a disclosure.
pub(super) fn is_digest(text: &str, disclosure: &str) -> bool {
    let mut room = [0; 43];
    text.as_bytes() == b64_to(Hash::of(disclosure.as_bytes()).as_bytes(), &mut room)
}

/// `[salt, value]`: the disclosure of an array element.
pub fn of_element(salt: &[u8; SALT_BYTES], value: &Value) -> String {
    b64(Value::from(vec![Value::from(b64(salt)), value.clone()]).to_string().as_bytes())
}

/// `[salt, name, value]`: the disclosure of an object's field.
pub fn of_field(salt: &[u8; SALT_BYTES], name: &str, value: &Value) -> String {
    b64(Value::from(vec![Value::from(b64(salt)), Value::from(name), value.clone()]).to_string().as_bytes())
}

fn read(disclosure: &str, place: &str, length: usize) -> Result<Vec<Value>, TxError> {
    // The value is what `place` names: its position in the disclosure is no step of the pointer.
    let value = format!("/{}", length - 1);
    let refuse = |error: JsonError| {
        let inner = error.pointer.strip_prefix(&value).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let pointer = format!("{place}{}", inner.unwrap_or(&error.pointer));
        TxError::Json { part: "disclosure", error: JsonError { pointer, ..error } }
    };
    let bytes = unb64(disclosure).ok_or(TxError::Base64("disclosure"))?;
    match json::parse(&bytes).map_err(refuse)? {
        Value::Array(parts) if parts.len() == length && parts[..length - 1].iter().all(Value::is_string) => Ok(parts),
        _ => Err(refuse(JsonError {
            fault: JsonFault::Shape,
            pointer: String::new(),
            message: format!("expected an array of {length} with a salt first"),
        })),
    }
}

/// Reads `[salt, value]`. `place` is the pointer that an error begins with.
///
/// # Errors
/// Base64, JSON or shape.
pub fn read_element(disclosure: &str, place: &str) -> Result<Value, TxError> {
    Ok(read(disclosure, place, 2)?.swap_remove(1))
}

/// A sealed field in its holder's hands: what it shows to whom it chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The disclosure text, base64url of `[salt, name, value]`.
    pub disclosure: String,
}

impl Sealed {
    /// The digest under which a record carries it.
    pub fn digest(&self) -> String {
        digest(&self.disclosure)
    }

    /// Name and value.
    ///
    /// # Errors
    /// Base64, JSON or shape.
    pub fn open(&self) -> Result<(String, Value), TxError> {
        let mut parts = read(&self.disclosure, "", 3)?;
        let value = parts.swap_remove(2);
        let name = parts.swap_remove(1).as_str().unwrap_or_default().to_owned();
        Ok((name, value))
    }
}
