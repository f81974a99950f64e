//! Keys and signatures: Ed25519 only (RFC 8032, RFC 9864), one verification rule everywhere.
//!
//! The rule is `verify_strict`: small-order keys and non-canonical encodings are refused, so that every
//! standard library agrees with us. There is never a batch verifier: it accepts signatures that single
//! verification refuses. A signature is made for a purpose, never over "these bytes".

use crate::hash::Hash;
use crate::types::Kid;
use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Strict base64url without padding (RFC 7515): the one encoding of a byte string.
pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Decodes strict base64url; none when it is not the canonical encoding.
pub fn unb64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// Appends what [`b64`] gives.
pub(crate) fn b64_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, text);
}

/// Appends what [`unb64`] gives.
pub(crate) fn unb64_onto(text: &str, bytes: &mut Vec<u8>) -> Option<()> {
    URL_SAFE_NO_PAD.decode_append(text, bytes).ok()
}

/// The base64url of 32 bytes, without memory of its own.
pub(crate) fn b64_to<'a>(bytes: &[u8; 32], room: &'a mut [u8; 43]) -> &'a [u8] {
    // 32 bytes take 43 characters.
    URL_SAFE_NO_PAD.encode(bytes, room.as_mut_slice().as_out())
}

/// Whether a text is the base64url of 32 bytes.
pub(crate) fn is_b64(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.check(text.as_bytes()).is_ok()
}

/// Why a key was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes of base64url.
    #[error("a public key is 32 bytes in base64url without padding")]
    Encoding,
    /// Not a point of the curve, or not its canonical encoding.
    #[error("the key is not a canonical Ed25519 point; generate a new one")]
    NotAPoint,
    /// A point of small order: anybody could sign for it.
    #[error("the key is of small order; generate a new one")]
    Weak,
}

/// An Ed25519 public key that passed the tests of registration. It is kept decoded, because it verifies often.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &PublicKey) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &PublicKey) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PublicKey {
    /// Tests a key before anybody relies on it: canonical, on the curve, not of small order.
    ///
    /// # Errors
    /// The test that failed.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<PublicKey, KeyError> {
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotAPoint)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        if key.to_edwards().compress().to_bytes() != bytes {
            return Err(KeyError::NotAPoint);
        }
        Ok(PublicKey(key))
    }

    /// Reads base64url (the `x` of a JWK).
    ///
    /// # Errors
    /// See [`PublicKey::from_bytes`].
    pub fn parse(text: &str) -> Result<PublicKey, KeyError> {
        let bytes: [u8; 32] = unb64(text).and_then(|b| b.try_into().ok()).ok_or(KeyError::Encoding)?;
        PublicKey::from_bytes(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// RFC 7638 thumbprint of the JWK `{"crv":"Ed25519","kty":"OKP","x":…}`.
    pub fn kid(&self) -> Kid {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, b64(self.as_bytes()));
        let text = b64(Hash::of(jwk.as_bytes()).as_bytes());
        Kid::parse(&text).unwrap_or_else(|| unreachable!("base64url of 32 bytes is a key id"))
    }

    /// The one verification rule.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64(self.as_bytes()))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64(self.as_bytes()))
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&b64(self.as_bytes()))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<PublicKey, D::Error> {
        PublicKey::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// What a signature is for. Every variant's bytes begin differently, so none can be taken for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// JWS signing input of a transaction: its header says `sealane+sd-jwt`.
    Transaction(&'a [u8]),
    /// JWS signing input of an API token: its header says `sealane-auth+jwt`.
    ApiToken(&'a [u8]),
    /// The maker's approval of a step that moves money: begins with `sealane/approval/1`.
    Approval(&'a [u8]),
    /// An attestation of fingerprints by a registrar: begins with `sealane/attestation/1`.
    Attestation(&'a [u8]),
}

impl Purpose<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Purpose::Transaction(b) | Purpose::ApiToken(b) | Purpose::Approval(b) | Purpose::Attestation(b) => b,
        }
    }
}

/// Whoever can sign: a key in memory, in a file, in an HSM.
pub trait Signer: Send + Sync {
    /// The public key.
    fn public_key(&self) -> PublicKey;
    /// Signs for a purpose.
    ///
    /// # Errors
    /// A sentence, when the device refuses.
    fn sign(&self, purpose: Purpose<'_>) -> Result<[u8; 64], String>;
}

/// A signing key in memory. Its bytes are wiped when dropped.
#[derive(Clone)]
pub struct MemorySigner(SigningKey);

impl MemorySigner {
    /// From the 32-byte seed of RFC 8032.
    pub fn from_seed(seed: &[u8; 32]) -> MemorySigner {
        MemorySigner(SigningKey::from_bytes(seed))
    }

    /// The key itself, for formats that name their own signing methods (log, cosigner, vote).
    pub fn key(&self) -> &SigningKey {
        &self.0
    }
}

impl Signer for MemorySigner {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
    fn sign(&self, purpose: Purpose<'_>) -> Result<[u8; 64], String> {
        Ok(self.0.sign(purpose.bytes()).to_bytes())
    }
}

#[cfg(test)]
mod tests;
