//! What a finance record must look like by itself, before any state is read.

use super::calls::{ConfirmClear, DisputeClear, PledgeClear, ReceivableClear, ReleaseClear, RepayClear, ReserveClear};
use super::wire::Digest32;
use chain_core::json::{JsonError, JsonFault};
use chain_core::record::Record;
use chain_core::types::{Money, RecordId};
use std::collections::BTreeSet;

/// Most exact fingerprints, and most sealed fields that an attestation binds.
pub const MAX_EXACT: usize = 8;
/// Most blurred fingerprints.
pub const MAX_BLURRED: usize = 16;

pub(crate) fn refuse(pointer: &str, message: &str) -> JsonError {
    JsonError { fault: JsonFault::Shape, pointer: pointer.to_owned(), message: message.to_owned() }
}

/// Checks any record of the contract. Pointers begin at the record.
///
/// # Errors
/// The first fault.
pub fn check(record: &Record) -> Result<(), JsonError> {
    let about = match record.kind.as_str() {
        "finance.receivable/1" => {
            receivable(record, &record.clear()?)?;
            None
        }
        "finance.confirm/1" => Some(record.clear::<ConfirmClear>()?.receivable),
        "finance.reserve/1" => Some(reserve(&record.clear()?)?),
        "finance.pledge/1" => Some(pledge(&record.clear()?)?),
        "finance.repay/1" => Some(repay(&record.clear()?)?),
        "finance.release/1" => Some(record.clear::<ReleaseClear>()?.receivable),
        "finance.dispute/1" => Some(record.clear::<DisputeClear>()?.receivable),
        _ => return Err(refuse("/kind", "the finance contract has no such kind")),
    };
    nothing_else_clear(record, about.as_ref())
}

/// Codes of documents, readers and extras would tell rivals what the sealed fields hide.
fn nothing_else_clear(record: &Record, about: Option<&RecordId>) -> Result<(), JsonError> {
    let own = about.map(object_code);
    if record.objects.iter().any(|code| Some(code.as_str()) != own.as_deref()) {
        return Err(refuse("/objects", "a finance record names no object but its receivable, as rcv:<record id>"));
    }
    if !record.sealed_to.is_empty() {
        return Err(refuse(
            "/sealed_to",
            "a finance record does not say who may read it; present disclosures beside the ledger",
        ));
    }
    if record.ext.is_some() {
        return Err(refuse("/body/ext", "a finance record has no clear extras; seal them"));
    }
    Ok(())
}

/// The object code under which all records of a receivable are chained.
pub fn object_code(receivable: &RecordId) -> String {
    format!("rcv:{receivable}")
}

fn receivable(record: &Record, body: &ReceivableClear) -> Result<(), JsonError> {
    if Money::new(body.currency.as_str(), body.minor).is_none() {
        return Err(refuse(
            "/body/currency",
            "a currency has three letters and an amount at most 2^53 - 1 minor units",
        ));
    }
    amount("/body/minor", body.minor)?;
    if body.due <= body.issued {
        return Err(refuse("/body/due", "due must lie after issued"));
    }
    let attestation = &body.attestation;
    counted("/body/attestation/exact", &attestation.exact, 1, MAX_EXACT)?;
    counted("/body/attestation/similar", &attestation.similar, 0, MAX_BLURRED)?;
    counted("/body/attestation/binds", &attestation.binds, 1, MAX_EXACT)?;
    let sealed: BTreeSet<Digest32> = record.sd.iter().filter_map(|text| Digest32::parse(text)).collect();
    if !attestation.binds.iter().all(|digest| sealed.contains(digest)) {
        return Err(refuse(
            "/body/attestation/binds",
            "the attestation binds a sealed field that this record does not carry",
        ));
    }
    Ok(())
}

fn reserve(body: &ReserveClear) -> Result<RecordId, JsonError> {
    amount("/body/minor", body.minor)?;
    if body.seconds == 0 {
        return Err(refuse("/body/seconds", "a reservation lasts at least one second"));
    }
    Ok(body.receivable)
}

fn pledge(body: &PledgeClear) -> Result<RecordId, JsonError> {
    amount("/body/minor", body.minor)?;
    let number = &body.register_no;
    let good = (1..=40).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !good {
        return Err(refuse("/body/register_no", "a certificate number has 1 to 40 letters, digits or '-'"));
    }
    Ok(body.receivable)
}

fn repay(body: &RepayClear) -> Result<RecordId, JsonError> {
    amount("/body/minor", body.minor)?;
    Ok(body.receivable)
}

fn amount(pointer: &str, minor: u64) -> Result<(), JsonError> {
    let good = minor > 0 && minor <= chain_core::json::MAX_INTEGER;
    if good { Ok(()) } else { Err(refuse(pointer, "an amount is 1 to 2^53 - 1 minor units")) }
}

fn counted<T: Ord>(pointer: &str, items: &[T], least: usize, most: usize) -> Result<(), JsonError> {
    if items.len() < least || items.len() > most {
        return Err(refuse(pointer, &format!("expected {least} to {most} entries")));
    }
    if items.iter().collect::<BTreeSet<_>>().len() != items.len() {
        return Err(refuse(pointer, "an entry stands twice"));
    }
    Ok(())
}
