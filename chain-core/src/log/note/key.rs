//! Verifier keys: names, key IDs, purposes, and the one way to check a signature.

use super::super::text::{base64_bytes, base64_text};
use super::{MAX_KEY_NAME_BYTES, SignatureLine};
use crate::hash::Hash;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The short identifier of a key: with the key's name it says which key made a signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// The recommended key ID: the start of SHA-256 over name, newline, type byte and public key.
    pub fn derive(name: &str, key_type: KeyType, public: &VerifyingKey) -> KeyId {
        let Hash([a, b, c, d, ..]) = Hash::of_parts(&[name.as_bytes(), b"\n", &[key_type as u8], public.as_bytes()]);
        KeyId([a, b, c, d])
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What a key signs; the value is the specification's signature type byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum KeyType {
    /// Plain Ed25519 over a note's text: the type of log keys.
    Ed25519 = 0x01,
    /// Timestamped Ed25519 cosignatures on checkpoints: the type of witness keys.
    CosignatureV1 = 0x04,
}

/// Why a key or its name was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// Key names are 1 to 255 bytes without white space, plus sign or control characters.
    #[error("L201 the key name is empty, too long or has a space, plus or control character; choose another name")]
    Name,
    /// Not three parts joined by plus signs, the third canonical base64 of at least one byte.
    #[error("L202 the verifier key is not name+id+base64; copy it again in full")]
    Format,
    /// A signature type other than 0x01 and 0x04.
    #[error("L203 signature type 0x{0:02x} is not supported; use an Ed25519 key of type 0x01 or 0x04")]
    Type(u8),
    /// Not the canonical encoding of an Ed25519 point of large order.
    #[error("L204 the public key is not a sound Ed25519 key; have its owner make a new key")]
    PublicKey,
    /// The key ID is not the one derived from name, type and public key, in lower-case hexadecimal.
    #[error("L205 the key ID does not belong to this name and key; copy the verifier key again in full")]
    Id,
}

/// A public key with its name and purpose; in JSON and TOML the text of [`VerifierKey::encode`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    key_type: KeyType,
    public: VerifyingKey,
}

impl VerifierKey {
    /// A key of type 0x01, which signs notes. A log's key bears the log's origin as its name.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn for_notes(name: &str, public: &VerifyingKey) -> Result<VerifierKey, KeyError> {
        VerifierKey::new(name, KeyType::Ed25519, public)
    }

    /// A key of type 0x04, which cosigns checkpoints.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn for_cosignatures(name: &str, public: &VerifyingKey) -> Result<VerifierKey, KeyError> {
        VerifierKey::new(name, KeyType::CosignatureV1, public)
    }

    fn new(name: &str, key_type: KeyType, public: &VerifyingKey) -> Result<VerifierKey, KeyError> {
        check_key_name(name)?;
        if public.is_weak() || !is_canonical(public.as_bytes()) {
            return Err(KeyError::PublicKey);
        }
        let id = KeyId::derive(name, key_type, public);
        Ok(VerifierKey { name: name.to_owned(), id, key_type, public: *public })
    }

    /// Reads `name+hexid+base64`, in its only spelling.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn parse(text: &str) -> Result<VerifierKey, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Format);
        };
        let material = base64_bytes(material).ok_or(KeyError::Format)?;
        let (&type_byte, public) = material.split_first().ok_or(KeyError::Format)?;
        let key_type = match type_byte {
            0x01 => KeyType::Ed25519,
            0x04 => KeyType::CosignatureV1,
            other => return Err(KeyError::Type(other)),
        };
        let public = VerifyingKey::try_from(public).map_err(|_| KeyError::PublicKey)?;
        let key = VerifierKey::new(name, key_type, &public)?;
        if key.id.to_string() == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// The text `name+hexid+base64`.
    pub fn encode(&self) -> String {
        let material = [&[self.key_type as u8], self.public.as_bytes().as_slice()].concat();
        format!("{}+{}+{}", self.name, self.id, base64_text(&material))
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's short identifier.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What the key signs.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The Ed25519 public key.
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Whether `line` claims to be by this key. Says nothing about the signature.
    pub fn made(&self, line: &SignatureLine) -> bool {
        self.name == line.name() && self.id == line.key_id()
    }

    /// Checks a plain signature (type 0x01) over a note's text.
    ///
    /// # Errors
    /// Any [`SignatureError`].
    pub fn verify_note(&self, text: &str, line: &SignatureLine) -> Result<(), SignatureError> {
        let signature = self.signature_for(KeyType::Ed25519, line)?;
        self.verify_message(text.as_bytes(), signature)
    }

    /// The signature bytes of `line`, if it claims to be by this key and the key has the wanted purpose.
    pub(in super::super) fn signature_for<'a>(
        &self,
        purpose: KeyType,
        line: &'a SignatureLine,
    ) -> Result<&'a [u8], SignatureError> {
        if self.key_type != purpose {
            return Err(SignatureError::Purpose);
        }
        if self.made(line) { Ok(line.signature()) } else { Err(SignatureError::OtherKey) }
    }

    pub(in super::super) fn verify_message(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Invalid)?;
        self.public.verify_strict(message, &signature).map_err(|_| SignatureError::Invalid)
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = KeyError;
    fn try_from(text: String) -> Result<VerifierKey, KeyError> {
        VerifierKey::parse(&text)
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> String {
        key.encode()
    }
}

/// Why one signature was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignatureError {
    /// A cosigner key was asked for a note signature, or a log key for a cosignature.
    #[error("L211 the key has another purpose; use a 0x01 key for notes and a 0x04 key for cosignatures")]
    Purpose,
    /// Name or key ID of the line are another key's.
    #[error("L212 the signature line is by another key; look for this key's own line")]
    OtherKey,
    /// The signature has the wrong length or does not verify.
    #[error("L213 the signature is not valid; do not rely on this note")]
    Invalid,
}

pub(super) fn check_key_name(name: &str) -> Result<(), KeyError> {
    let unfit = |c: char| c.is_whitespace() || c == '+' || c < ' ';
    if name.is_empty() || name.len() > MAX_KEY_NAME_BYTES || name.contains(unfit) {
        return Err(KeyError::Name);
    }
    Ok(())
}

/// Whether the y coordinate is below 2^255 - 19. Decoding accepts larger ones, which would give a key two spellings.
fn is_canonical(public: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = public;
    *low < 0xed || high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}
