//! Identifiers and quantities. Each is a type of its own: a height is not an index, an id is not a name.

use crate::hash::Hash;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Height of a block. The first block after the genesis has height 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Height(pub u64);

impl Height {
    /// The height of the genesis: no block, only a state.
    pub const GENESIS: Height = Height(0);

    /// The following height. Saturates: no ledger reaches 2^64 blocks.
    pub fn next(self) -> Height {
        Height(self.0.saturating_add(1))
    }

    /// The height before, or none for the genesis.
    pub fn previous(self) -> Option<Height> {
        self.0.checked_sub(1).map(Height)
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Unix time in milliseconds, as a block carries it. The only time that rules may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeMs(pub u64);

impl TimeMs {
    /// Whole seconds since the Unix epoch.
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// SHA-256 of the genesis file's bytes: which ledger a transaction is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LedgerId(pub Hash);

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256 of a transaction's JWS signing input: the same whatever the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TxId(pub Hash);

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One record: its transaction and its position in the signed array. Shown as `<txid>:<index>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// The transaction.
    pub tx: TxId,
    /// Position in the transaction's signed array, from 0.
    pub index: u16,
}

impl RecordId {
    /// Reads `<64 hex digits>:<decimal index>`.
    pub fn parse(text: &str) -> Option<RecordId> {
        let (tx, index) = text.split_once(':')?;
        let id = RecordId { tx: TxId(Hash::from_hex(tx)?), index: index.parse().ok()? };
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tx, self.index)
    }
}

impl Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<RecordId, D::Error> {
        let text = String::deserialize(d)?;
        RecordId::parse(&text).ok_or_else(|| serde::de::Error::custom("expected <transaction id>:<index>"))
    }
}

/// Reads a text where it stands.
struct Text<F>(F);

impl<T, F: FnOnce(&str) -> Result<T, &'static str>> serde::de::Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

// Most are short: up to 24 bytes stand in place, without memory of their own.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(CompactString);

        impl $name {
            /// Checks the form; see the type.
            pub fn parse(text: &str) -> Option<$name> {
                let ok: fn(u8) -> bool = $ok;
                (!text.is_empty() && text.len() <= $max && text.bytes().all(ok)).then(|| $name(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                d.deserialize_str(Text(|text: &str| $name::parse(text).ok_or(concat!("expected ", $what))))
            }
        }
    };
}

text_id!(
    /// A member: its unified social credit code where it has one (GB 32100), else a short name. 2-32 of `A-Z a-z 0-9 -`.
    MemberId, "a member id: 1 to 32 letters, digits or '-'", 32, |b| b.is_ascii_alphanumeric() || b == b'-'
);
text_id!(
    /// The code of an object, such as `order:2026-1` or `01/09506000134352/21/7`: 1-128 printable ASCII characters.
    Code, "an object code: 1 to 128 printable ASCII characters without spaces", 128, |b| (0x21..0x7f).contains(&b)
);
text_id!(
    /// Kind and version of a record, such as `trade.order/1`: 3-48 of `a-z 0-9 . - /`.
    Kind, "a record kind such as trade.order/1", 48,
    |b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'/')
);
text_id!(
    /// A submitter's own number for a transaction, unique for ever per member: 1-64 of `A-Z a-z 0-9 . _ -`.
    Jti, "a jti: 1 to 64 letters, digits, '.', '_' or '-'", 64, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')
);
text_id!(
    /// RFC 7638 thumbprint of a key, base64url without padding: 43 characters.
    Kid, "a key id: an RFC 7638 thumbprint in base64url", 43, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
);
text_id!(
    /// Time of an event as its record states it, RFC 3339 in at most 35 characters: data only, no rule reads it.
    EventTime, "an event time: RFC 3339, such as 2026-11-22T01:02:03Z", 35, |b| b.is_ascii_digit() || b"-:.TZ+".contains(&b)
);
text_id!(
    /// ISO 4217 alphabetic currency code: three capital letters.
    Currency, "a currency: three capital letters of ISO 4217", 3, |b| b.is_ascii_uppercase()
);

/// An amount: integer minor units (cents, fen) of one currency, 0 to 2^53 − 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// ISO 4217 code.
    pub currency: Currency,
    /// Minor units.
    pub minor: u64,
}

impl Money {
    /// An amount, or none when it exceeds 2^53 − 1 minor units or the code is not three letters.
    pub fn new(currency: &str, minor: u64) -> Option<Money> {
        let currency = Currency::parse(currency).filter(|c| c.as_str().len() == 3)?;
        (minor <= crate::json::MAX_INTEGER).then_some(Money { currency, minor })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} minor units", self.currency, self.minor)
    }
}
