//! Texts inside finance records that stand for bytes. Each has one spelling only.

use chain_core::keys::{b64, unb64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

macro_rules! base64_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// Reads canonical base64url without padding.
            pub fn parse(text: &str) -> Option<$name> {
                unb64(text).and_then(|bytes| bytes.try_into().ok()).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&b64(&self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                $name::parse(&String::deserialize(d)?).ok_or_else(|| D::Error::custom($expected))
            }
        }
    };
}

base64_bytes!(
    /// A SHA-256 digest as base64url: a commitment, or the digest of a sealed field.
    Digest32, 32, "expected 32 bytes in base64url without padding"
);
base64_bytes!(
    /// An Ed25519 signature as base64url.
    Signature, 64, "expected a signature: 64 bytes in base64url without padding"
);
base64_bytes!(
    /// The random salt of a commitment as base64url.
    Salt, 16, "expected a salt: 16 bytes in base64url without padding"
);

/// A keyed fingerprint of a document: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Reads 64 lower-case hexadecimal digits; capitals would give one fingerprint two state keys.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        let mut bytes = [0u8; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let fingerprint = Fingerprint(bytes);
        (fingerprint.to_string() == text).then_some(fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Fingerprint, D::Error> {
        Fingerprint::parse(&String::deserialize(d)?)
            .ok_or_else(|| D::Error::custom("expected a fingerprint: 64 lower-case hexadecimal digits"))
    }
}
