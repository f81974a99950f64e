//! The spellings shared by all C2SP files: canonical decimals and canonical base64 (RFC 4648 section 4).

use crate::hash::Hash;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Reads an ASCII decimal without sign or leading zero (`0` itself excepted) that fits 64 bits.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}

/// Reads padded base64; refuses white space, missing padding and non-zero unused bits.
pub(crate) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The padded base64 of `bytes`.
pub(crate) fn base64_text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads one hash: the base64 of exactly 32 bytes.
pub(super) fn base64_hash(text: &str) -> Option<Hash> {
    base64_bytes(text)?.try_into().ok().map(Hash)
}
