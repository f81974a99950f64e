//! Keyed fingerprints of documents, for the registrar. Pure; the ledger never sees key or fields.
//!
//! Numbers and amounts of invoices can be guessed, so a plain hash would tell them: every fingerprint is
//! HMAC-SHA-256 under the registrars' common key. Exact fingerprints are equal however a document is
//! typed; similar ones are equal for what a person could take for the same document.
//!
//! MAC input: `"sealane/fingerprint/1\n" ‖ label ‖ "\n" ‖ for each part: length (4 bytes big-endian) ‖ part`.

use super::wire::Fingerprint;
use crate::dates::Date;
use chain_core::types::Currency;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

/// The minimum that tells an invoice from all others. Without the buyer a made-up invoice would be unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceFields {
    /// Seller: unified social credit code, or the name where it has none.
    pub seller: String,
    /// Buyer: the same.
    pub buyer: String,
    /// Invoice number as printed.
    pub number: String,
    /// Invoice date.
    pub date: Date,
    /// ISO 4217.
    pub currency: Currency,
    /// Invoice amount, minor units.
    pub minor: u64,
}

/// A trade document behind an invoice, by the number that its issuer gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFields {
    /// `order`, `waybill`, `list` or `declaration`.
    pub kind: String,
    /// Who numbered it: platform, carrier or customs district.
    pub issuer: String,
    /// Its number.
    pub number: String,
}

/// The exact fingerprint of an invoice: all six fields, normalised.
pub fn exact(key: &[u8; 32], invoice: &InvoiceFields) -> Fingerprint {
    mac(
        key,
        "invoice",
        &[
            &normal(&invoice.seller),
            &normal(&invoice.buyer),
            &normal(&invoice.number),
            &invoice.date.to_string(),
            invoice.currency.as_str(),
            &invoice.minor.to_string(),
        ],
    )
}

/// The exact fingerprint of a trade document.
pub fn exact_document(key: &[u8; 32], document: &DocumentFields) -> Fingerprint {
    mac(key, "document", &[&normal(&document.kind), &normal(&document.issuer), &normal(&document.number)])
}

/// Blurred fingerprints of an invoice, 3 or 4. Two invoices that share one of them deserve a look:
/// the same parties and look-alike number; the same parties, day and about the same amount; the same
/// seller, look-alike number and amount for another buyer.
pub fn similar(key: &[u8; 32], invoice: &InvoiceFields) -> Vec<Fingerprint> {
    let (seller, buyer) = (blurred(&invoice.seller), blurred(&invoice.buyer));
    let number = blurred(&invoice.number);
    let (currency, minor) = (invoice.currency.as_str(), invoice.minor.to_string());
    let mut found = vec![
        mac(key, "same-number", &[&seller, &buyer, &number]),
        mac(key, "other-buyer", &[&seller, &number, currency, &minor]),
    ];
    let [low, near] = buckets(invoice.minor);
    for bound in if low == near { vec![low] } else { vec![low, near] } {
        found.push(mac(key, "same-sale", &[&seller, &buyer, &invoice.date.to_string(), currency, &bound.to_string()]));
    }
    found
}

fn mac(key: &[u8; 32], label: &str, parts: &[&str]) -> Fingerprint {
    // HMAC takes keys of any length, so this arm cannot be met; it keeps the code free of a panic.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Fingerprint([0; 32]) };
    mac.update(b"sealane/fingerprint/1\n");
    mac.update(label.as_bytes());
    mac.update(b"\n");
    for part in parts {
        mac.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Fingerprint(mac.finalize().into_bytes().into())
}

/// What stays of a text however it is typed: NFKC (full-width forms become plain), capitals, letters and
/// digits only (no separators, spaces or invisible characters), no leading zeros in any run of digits.
pub fn normal(text: &str) -> String {
    // Capitals of a normal form need not be in normal form again.
    let upper: String = text.nfkc().flat_map(char::to_uppercase).collect();
    let mut out = String::new();
    let mut in_number = false;
    let mut zeros = false;
    for c in upper.nfkc().filter(|c| visible(*c)) {
        if c == '0' && !in_number {
            zeros = true;
        } else if c.is_alphanumeric() {
            // A run of zeros only is a number too: it stays as one zero.
            if zeros && !in_number && !c.is_ascii_digit() {
                out.push('0');
            }
            zeros = false;
            in_number = c.is_ascii_digit();
            out.push(c);
        } else {
            if zeros && !in_number {
                out.push('0');
            }
            zeros = false;
            in_number = false;
        }
    }
    if zeros && !in_number {
        out.push('0');
    }
    out
}

/// Zero-width and other invisible characters do not even part two digits.
fn visible(c: char) -> bool {
    !matches!(c, '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
        && !c.is_control()
}

/// As [`normal`], after letters became the digits or Latin letters that they look like.
pub fn blurred(text: &str) -> String {
    let upper: String = normal(text).chars().map(look_alike).collect();
    normal(&upper)
}

fn look_alike(c: char) -> char {
    match c {
        'O' | 'Q' | 'Ο' | 'О' => '0',
        'I' | 'L' | 'Ι' | 'І' => '1',
        'Z' | 'Ζ' => '2',
        'S' | 'Ѕ' => '5',
        'B' | 'Β' | 'В' => '8',
        'Α' | 'А' => 'A',
        'С' => 'C',
        'Ε' | 'Е' => 'E',
        'Η' | 'Н' => 'H',
        'Ј' => 'J',
        'Κ' | 'К' => 'K',
        'Μ' | 'М' => 'M',
        'Ν' => 'N',
        'Ρ' | 'Р' => 'P',
        'Τ' | 'Т' => 'T',
        'Χ' | 'Х' => 'X',
        'Υ' | 'У' => 'Y',
        other => other,
    }
}

/// The amount rounded down and rounded to the nearest, both to two significant digits. Two amounts that
/// differ by less than half of the last kept digit always share one of the two.
fn buckets(minor: u64) -> [u64; 2] {
    let mut width: u64 = 1;
    while minor / width >= 100 {
        width = width.saturating_mul(10);
    }
    let floor = |n: u64| n / width * width;
    [floor(minor), floor(minor.saturating_add(width / 2))]
}

#[cfg(test)]
mod tests;
