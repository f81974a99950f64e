//! GS1 identification keys: check characters, numbers as people type them, and the one code
//! under which the ledger files an object however its URI is spelled.
//!
//! An object code is the path of the constrained canonical GS1 Digital Link URI without its
//! domain, such as `01/09506000134352/21/123`, `00/106141412345678908` or
//! `414/4012345000054/254/122`. The permitted paths are those of the event hash in CBV 2.0,
//! section 8.9: only the most fine-grained level stays, so one item has one code whether it
//! is named by EPC URN, with or without its lot, or on a brand's own domain. A URI that
//! holds no sound GS1 key stays itself: see [`uri_code`].

mod digital_link;
mod epc_urn;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Longest code, in ASCII characters.
pub const MAX_CODE: usize = 128;

/// Why a text is not a sound GS1 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Error {
    /// A character outside those the key allows.
    #[error("a {0} holds a character it must not hold; copy it again from the label")]
    Character(&'static str),
    /// A number of characters the key does not have.
    #[error("a {0} does not have this length; copy it again from the label")]
    Length(&'static str),
    /// The check digit or check pair disagrees with the rest.
    #[error("the check digit of the {0} is wrong; copy it again from the label")]
    CheckDigit(&'static str),
    /// Parts of the key are missing, superfluous or in the wrong order.
    #[error("the {0} is not composed as GS1 prescribes; ask its issuer for the right one")]
    Structure(&'static str),
}

/// The mod-10 check digit that follows `digits`, as ASCII (GS1 General Specifications 7.9.1).
/// `None` when `digits` is empty or holds anything but ASCII digits.
pub fn check_digit(digits: &str) -> Option<char> {
    if digits.is_empty() {
        return None;
    }
    let mut sum = 0;
    for (place, c) in digits.chars().rev().enumerate() {
        let digit = c.to_digit(10)?;
        sum = (sum + if place % 2 == 0 { 3 * digit } else { digit }) % 10;
    }
    char::from_digit((10 - sum) % 10, 10)
}

/// Whether the last character of `number` is the mod-10 check digit of the others.
pub fn has_check_digit(number: &str) -> bool {
    let mut chars = number.chars();
    chars.next_back().is_some_and(|last| check_digit(chars.as_str()) == Some(last))
}

/// Whether `text` ends with its check pair (GS1 General Specifications 7.9.5, modulus 1021).
pub fn has_check_pair(text: &str) -> bool {
    const PRIMES: [u32; 23] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
    const PAIR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((body, pair)) = text.len().checked_sub(2).and_then(|at| text.split_at_checked(at)) else {
        return false;
    };
    if body.len() > PRIMES.len() {
        return false;
    }
    let mut sum = 0;
    for (c, prime) in body.chars().rev().zip(PRIMES) {
        match CSET82.find(c) {
            Some(value) => sum += value as u32 * prime,
            None => return false,
        }
    }
    let sum = sum % 1021;
    pair.as_bytes() == [PAIR[(sum >> 5) as usize], PAIR[(sum & 31) as usize]]
}

/// GS1 AI encodable character set 82, each character at the place of its value.
const CSET82: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Whether `text` keeps to GS1 AI encodable character set 82.
pub fn is_cset82(text: &str) -> bool {
    text.chars().all(|c| CSET82.contains(c))
}

/// Whether `text` keeps to GS1 AI encodable character set 39 (component and part numbers).
pub fn is_cset39(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'#' | b'-' | b'/'))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// `text` after NFKC normalisation without outer white space, if it is a number of one of the
/// `lengths` with a right check digit. Full-width digits from an input method thus read as
/// plain ones.
fn number(name: &'static str, text: &str, lengths: &[usize]) -> Result<String, Gs1Error> {
    let text: String = text.nfkc().collect();
    let text = text.trim();
    if !is_digits(text) {
        return Err(Gs1Error::Character(name));
    }
    if !lengths.contains(&text.len()) {
        return Err(Gs1Error::Length(name));
    }
    if !has_check_digit(text) {
        return Err(Gs1Error::CheckDigit(name));
    }
    Ok(text.to_owned())
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident, $title:literal, $lengths:expr, $ai:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Reads the number after NFKC normalisation and trimming.
            ///
            /// # Errors
            /// [`Gs1Error`] for a wrong character, length or check digit.
            pub fn parse(text: &str) -> Result<Self, Gs1Error> {
                number($title, text, &$lengths).map(|digits| Self(format!("{digits:0>width$}", width = $lengths[0])))
            }

            /// The digits, check digit included.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The object code, with the application identifier in front.
            pub fn code(&self) -> String {
                format!(concat!($ai, "/{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

key! {
    /// Global Trade Item Number of 8, 12, 13 or 14 digits, held in 14 with zeros in front.
    Gtin, "GTIN", [14, 13, 12, 8], "01"
}
key! {
    /// Serial Shipping Container Code, 18 digits.
    Sscc, "SSCC", [18], "00"
}
key! {
    /// Global Location Number, 13 digits.
    Gln, "GLN", [13], "414"
}

/// What an object's URI says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCode {
    /// The code under which the ledger files the object: printable ASCII, at most [`MAX_CODE`].
    pub code: String,
    /// Set when the URI has the shape of a GS1 key but is not a sound one; `code` is then the
    /// URI's own text, so that a mistyped key never meets a right one.
    pub fault: Option<Gs1Error>,
}

/// Reads the object code from an EPC URN (`urn:epc:id:`, `urn:epc:class:`, `urn:epc:idpat:`),
/// a GS1 Digital Link URI on any domain, or any other URI. Never fails.
pub fn object_code(uri: &str) -> ObjectCode {
    let read = epc_urn::read(uri).or_else(|| digital_link::read(uri));
    match read {
        Some(Ok(code)) => ObjectCode { code, fault: None },
        Some(Err(fault)) => ObjectCode { code: uri_code(uri), fault: Some(fault) },
        None => ObjectCode { code: uri_code(uri), fault: None },
    }
}

/// A URI as a code: anything but printable ASCII percent-encoded, and `uri:sha256:<hex>` of the
/// UTF-8 text as given when that is longer than [`MAX_CODE`]. So is a text that is no URI because
/// it is empty or starts with a digit: no code is empty, and only sound keys start with a digit.
pub fn uri_code(uri: &str) -> String {
    let text = encode(uri, |b| b.is_ascii_graphic());
    let like_a_key = text.starts_with(|c: char| c.is_ascii_digit());
    if (1..=MAX_CODE).contains(&text.len()) && !like_a_key {
        text
    } else {
        format!("uri:sha256:{}", hex::encode(Sha256::digest(uri)))
    }
}

/// Percent-encodes every byte that `keep` refuses.
fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if keep(b) { out.push(char::from(b)) } else { out.push_str(&format!("%{b:02X}")) }
    }
    out
}

/// Percent-decodes; `None` for a broken escape or text that is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(tail.get(..2)?, &mut byte).ok()?;
            bytes.push(byte[0]);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// A key and its decoded qualifiers, checked against the application identifiers' formats (GS1
/// General Specifications, section 3) and joined to the most fine-grained permitted code.
fn compose(ai: &str, key: &str, qualifiers: &[(&str, &str)]) -> Result<String, Gs1Error> {
    let find = |wanted: &str| qualifiers.iter().find(|(ai, _)| *ai == wanted).copied();
    let name = key_name(ai);
    let key = match ai {
        "01" => Gtin::parse(key)?.0,
        _ => key.to_owned(),
    };
    check(ai, name, &key)?;
    for (ai, value) in qualifiers {
        check(ai, name, value)?;
    }
    let level = match ai {
        "01" => find("21").or(find("235")).or(find("10")),
        "8006" => find("21").or(find("10")),
        // Extension 0 means none (EPC Tag Data Standard, section 6.3.3).
        "414" => find("254").filter(|(_, value)| *value != "0"),
        "8010" => find("8011"),
        _ => None,
    };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let mut code = format!("{ai}/{}", encode(&key, unreserved));
    if let Some((ai, value)) = level {
        code.push_str(&format!("/{ai}/{}", encode(value, unreserved)));
    }
    Ok(code)
}

fn key_name(ai: &str) -> &'static str {
    match ai {
        "00" => "SSCC",
        "01" => "GTIN",
        "253" => "GDTI",
        "255" => "GCN",
        "401" => "GINC",
        "402" => "GSIN",
        "414" => "GLN",
        "417" => "party GLN",
        "8003" => "GRAI",
        "8004" => "GIAI",
        "8006" => "ITIP",
        "8010" => "CPID",
        "8013" => "GMN",
        _ => "GSRN",
    }
}

/// One value against the format of its application identifier.
fn check(ai: &str, name: &'static str, value: &str) -> Result<(), Gs1Error> {
    // Digits up to and with the check digit, and how many characters may follow.
    let (digits, more) = match ai {
        "00" | "8017" | "8018" => (18, 0),
        "01" => (14, 0),
        "253" => (13, 17),
        "255" => (13, 12),
        "402" => (17, 0),
        "414" | "417" => (13, 0),
        "8003" => (14, 16),
        "8006" => (14, 4),
        "8013" => (0, 25),
        "401" | "8004" | "8010" => (0, 30),
        "235" => (0, 28),
        "8011" => (0, 12),
        "8019" => (0, 10),
        _ => (0, 20),
    };
    if value.is_empty() || value.len() < digits || value.len() > digits + more {
        return Err(Gs1Error::Length(name));
    }
    let (number, rest) = value.split_at_checked(digits).ok_or(Gs1Error::Character(name))?;
    let rest_is_sound = match ai {
        "255" | "8006" | "8011" | "8019" => is_digits(rest),
        "8010" => is_cset39(rest),
        _ => is_cset82(rest),
    };
    if !is_digits(number) || !rest_is_sound {
        return Err(Gs1Error::Character(name));
    }
    if digits > 0 && !has_check_digit(number) {
        return Err(Gs1Error::CheckDigit(name));
    }
    match ai {
        "8003" if !value.starts_with('0') => Err(Gs1Error::Structure(name)),
        "8006" if rest.len() != 4 || !is_piece_of_total(rest) => Err(Gs1Error::Structure(name)),
        "8011" if value.starts_with('0') => Err(Gs1Error::Structure(name)),
        "8013" if !has_check_pair(value) => Err(Gs1Error::CheckDigit(name)),
        _ => Ok(()),
    }
}

/// A piece number and a total of equal length, neither zero and the piece within the total.
fn is_piece_of_total(text: &str) -> bool {
    let (piece, total) = text.split_at_checked(text.len() / 2).unwrap_or_default();
    let counts = |part: &str| is_digits(part) && part.bytes().any(|b| b != b'0');
    piece.len() == total.len() && counts(piece) && counts(total) && piece <= total
}
