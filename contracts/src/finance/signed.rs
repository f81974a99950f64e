//! Byte layouts that are hashed or signed beside transactions. Integers are big-endian; `text8` is
//! one byte of length, then the text. No layout is a prefix of another.

use super::calls::{Attestation, Capacity};
use super::wire::{Digest32, Salt};
use crate::dates::Date;
use chain_core::hash::Hash;
use chain_core::types::{Currency, LedgerId, MemberId, RecordId};

fn text8(out: &mut Vec<u8>, text: &str) {
    // Every text here is bounded far below 255 by its own type or by the form check.
    out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(text.as_bytes());
}

fn record_id(out: &mut Vec<u8>, id: &RecordId) {
    out.extend_from_slice(id.tx.0.as_bytes());
    out.extend_from_slice(&id.index.to_be_bytes());
}

/// The commitment to who may confirm: SHA-256 of
/// `"sealane/confirmer/1\n" ‖ salt (16) ‖ "debtor" or "agent" ‖ "\n" ‖ member id`.
pub fn commitment(salt: &Salt, capacity: Capacity, member: &MemberId) -> Digest32 {
    let parts: [&[u8]; 5] =
        [b"sealane/confirmer/1\n", &salt.0, capacity.as_str().as_bytes(), b"\n", member.as_str().as_bytes()];
    Digest32(Hash::of_parts(&parts).0)
}

/// What a registrar signs:
/// `"sealane/attestation/1\n" ‖ ledger id (32) ‖ text8(creditor) ‖ currency (3) ‖ minor (8)
/// ‖ count (1) ‖ exact (32 each) ‖ count (1) ‖ similar (32 each) ‖ count (1) ‖ binds (32 each)`.
///
/// Lists stand in the order of the record. `attestation.signature` is not read.
pub fn attestation_bytes(
    ledger: &LedgerId,
    creditor: &MemberId,
    currency: &Currency,
    minor: u64,
    attestation: &Attestation,
) -> Vec<u8> {
    let mut out = b"sealane/attestation/1\n".to_vec();
    out.extend_from_slice(ledger.0.as_bytes());
    text8(&mut out, creditor.as_str());
    out.extend_from_slice(currency.as_str().as_bytes());
    out.extend_from_slice(&minor.to_be_bytes());
    let exact: Vec<&[u8; 32]> = attestation.exact.iter().map(|f| &f.0).collect();
    let similar: Vec<&[u8; 32]> = attestation.similar.iter().map(|f| &f.0).collect();
    let binds: Vec<&[u8; 32]> = attestation.binds.iter().map(|d| &d.0).collect();
    for list in [exact, similar, binds] {
        out.push(u8::try_from(list.len()).unwrap_or(u8::MAX));
        list.iter().for_each(|item| out.extend_from_slice(*item));
    }
    out
}

/// A step of a bank that two keys of it must sign.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// The ledger.
    pub ledger: &'a LedgerId,
    /// The bank.
    pub iss: &'a MemberId,
    /// `finance.pledge/1` or `finance.release/1`.
    pub kind: &'a str,
    /// The receivable.
    pub receivable: &'a RecordId,
    /// For a pledge the reservation it consumes; for a release the pledge itself.
    pub encumbrance: &'a RecordId,
    /// For a pledge its amount; for a release what is outstanding, minor units.
    pub minor: u64,
    /// Currency of the receivable.
    pub currency: &'a Currency,
    /// Last day of the statutory registration.
    pub until: Date,
    /// Certificate number of the statutory register.
    pub register_no: &'a str,
}

/// What the maker signs:
/// `"sealane/approval/1\n" ‖ ledger id (32) ‖ text8(iss) ‖ text8(kind) ‖ receivable (tx 32, index 2)
/// ‖ encumbrance (tx 32, index 2) ‖ minor (8) ‖ currency (3) ‖ until (10, YYYY-MM-DD) ‖ text8(register_no)`.
pub fn approval_bytes(approval: &Approval<'_>) -> Vec<u8> {
    let mut out = b"sealane/approval/1\n".to_vec();
    out.extend_from_slice(approval.ledger.0.as_bytes());
    text8(&mut out, approval.iss.as_str());
    text8(&mut out, approval.kind);
    record_id(&mut out, approval.receivable);
    record_id(&mut out, approval.encumbrance);
    out.extend_from_slice(&approval.minor.to_be_bytes());
    out.extend_from_slice(approval.currency.as_str().as_bytes());
    out.extend_from_slice(approval.until.to_string().as_bytes());
    text8(&mut out, approval.register_no);
    out
}
