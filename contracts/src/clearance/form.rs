//! What a clearance record must look like by itself, before any state is read.

use super::calls::{DeclarationClear, ReleaseClear};
use super::ceb::{Direction, object_code};
use super::kinds::{ListClear, MessageClear, OrderClear, PaymentClear, ReplyClear, WaybillClear};
use super::state::{Status, declaration_code};
use chain_core::json::{JsonError, JsonFault};
use chain_core::record::Record;
use std::collections::BTreeSet;

/// Longest number of a document: the message specifications have at most 80 characters.
const MAX_NUMBER: usize = 128;

fn refuse(pointer: &str, message: &str) -> JsonError {
    JsonError { fault: JsonFault::Shape, pointer: pointer.to_owned(), message: message.to_owned() }
}

/// Checks any record of the contract. Pointers begin at the record.
///
/// # Errors
/// The first fault.
pub(super) fn check(record: &Record) -> Result<(), JsonError> {
    let kind = record.kind.as_str();
    let codes = match kind {
        "trade.order/1" => order(&record.clear()?)?,
        "trade.payment/1" => payment(&record.clear()?)?,
        "trade.waybill/1" => waybill(&record.clear()?)?,
        "trade.list/1" => list(&record.clear()?)?,
        "trade.order-reply/1" | "trade.payment-reply/1" | "trade.waybill-reply/1" | "trade.list-reply/1" => {
            reply(kind, &record.clear()?)?
        }
        "trade.message/1" => message(&record.clear()?)?,
        "clearance.declaration/1" => declaration(&record.clear()?)?,
        "clearance.release/1" => release(&record.clear()?)?,
        _ => return Err(refuse("/kind", "the clearance contract has no such kind")),
    };
    match unnamed(record, &codes) {
        Some(missing) => Err(refuse("/objects", &format!("objects must name {missing}, which the body states"))),
        None if record.objects.is_empty() => Err(refuse("/objects", "a clearance record names at least one object")),
        None => Ok(()),
    }
}

/// The first of these codes that the record does not name among its objects.
fn unnamed<'a>(record: &Record, codes: &'a [String]) -> Option<&'a String> {
    if record.objects.len() <= 8 {
        return codes.iter().find(|code| !record.objects.iter().any(|named| named.as_str() == code.as_str()));
    }
    let named: BTreeSet<&str> = record.objects.iter().map(|code| code.as_str()).collect();
    codes.iter().find(|code| !named.contains(code.as_str()))
}

/// The message numbers of a kind: import, export.
fn messages(kind: &str) -> [&'static str; 2] {
    match kind {
        "trade.order/1" => ["311", "303"],
        "trade.payment/1" => ["411", "403"],
        "trade.waybill/1" => ["511", "505"],
        "trade.list/1" => ["621", "603"],
        "trade.order-reply/1" => ["312", "304"],
        "trade.payment-reply/1" => ["412", "404"],
        "trade.waybill-reply/1" => ["512", "506"],
        _ => ["622", "604"],
    }
}

fn message_of(kind: &str, direction: Direction, message: &str) -> Result<(), JsonError> {
    let [import, export] = messages(kind);
    let expected = if direction == Direction::Import { import } else { export };
    if message != expected {
        return Err(refuse("/body/message", &format!("in this direction the kind is made from message {expected}")));
    }
    Ok(())
}

/// Checks the head that order, payment, waybill and list have in common.
fn head(app_type: &str, app_status: &str, app_time: &str) -> Result<(), JsonError> {
    if !matches!(app_type, "1" | "2" | "3") {
        return Err(refuse("/body/appType", "appType is 1 new, 2 change or 3 delete"));
    }
    if !matches!(app_status, "1" | "2") {
        return Err(refuse("/body/appStatus", "appStatus is 1 saved or 2 declared"));
    }
    digits("/body/appTime", app_time, &[14])
}

fn digits(pointer: &str, text: &str, lengths: &[usize]) -> Result<(), JsonError> {
    let good = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if good {
        Ok(())
    } else {
        Err(refuse(pointer, "expected a time as digits: YYYYMMDDhhmmss, in replies with milliseconds"))
    }
}

/// Codes of the numbers that are present.
fn codes(numbers: &[(&str, Option<&str>)]) -> Result<Vec<String>, JsonError> {
    let mut found = Vec::new();
    for (scheme, number) in numbers {
        if let Some(number) = number {
            if number.is_empty() || number.len() > MAX_NUMBER {
                return Err(refuse("/body", &format!("the {scheme} number is empty or longer than 128 bytes")));
            }
            found.push(object_code(scheme, number));
        }
    }
    Ok(found)
}

fn order(body: &OrderClear) -> Result<Vec<String>, JsonError> {
    message_of("trade.order/1", body.direction, &body.message)?;
    head(&body.app_type, &body.app_status, &body.app_time)?;
    codes(&[("order", Some(&body.order_no)), ("payment", body.pay_transaction_id.as_deref())])
}

fn payment(body: &PaymentClear) -> Result<Vec<String>, JsonError> {
    message_of("trade.payment/1", body.direction, &body.message)?;
    head(&body.app_type, &body.app_status, &body.app_time)?;
    codes(&[("order", Some(&body.order_no)), ("payment", body.pay_transaction_id.as_deref())])
}

fn waybill(body: &WaybillClear) -> Result<Vec<String>, JsonError> {
    message_of("trade.waybill/1", body.direction, &body.message)?;
    head(&body.app_type, &body.app_status, &body.app_time)?;
    codes(&[("waybill", Some(&body.logistics_no)), ("order", body.order_no.as_deref())])
}

fn list(body: &ListClear) -> Result<Vec<String>, JsonError> {
    message_of("trade.list/1", body.direction, &body.message)?;
    head(&body.app_type, &body.app_status, &body.app_time)?;
    if body.invt_no.is_none() && body.cop_no.is_none() && body.pre_no.is_none() {
        return Err(refuse("/body", "a list has at least one of invtNo, copNo and preNo"));
    }
    codes(&[
        ("list", body.invt_no.as_deref()),
        ("list", body.cop_no.as_deref()),
        ("list", lone_pre_no(body.pre_no.as_deref(), body.invt_no.as_deref(), body.cop_no.as_deref())),
        ("order", Some(&body.order_no)),
        ("waybill", Some(&body.logistics_no)),
    ])
}

/// `preNo` numbers a list only while it has no other number.
fn lone_pre_no<'a>(pre: Option<&'a str>, invt: Option<&str>, cop: Option<&str>) -> Option<&'a str> {
    pre.filter(|_| invt.is_none() && cop.is_none())
}

fn reply(kind: &str, body: &ReplyClear) -> Result<Vec<String>, JsonError> {
    message_of(kind, body.direction, &body.message)?;
    let number = body.return_status.strip_prefix('-').unwrap_or(&body.return_status);
    if !(1..=10).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse("/body/returnStatus", "returnStatus is an integer such as 800 or -301010"));
    }
    digits("/body/returnTime", &body.return_time, &[14, 17])?;
    let mut numbers = vec![
        ("order", body.order_no.as_deref()),
        ("payment", body.pay_transaction_id.as_deref()),
        ("waybill", body.logistics_no.as_deref()),
        ("list", body.invt_no.as_deref()),
    ];
    if kind == "trade.list-reply/1" {
        // copNo numbers a list only in lists and their replies.
        let pre = lone_pre_no(body.pre_no.as_deref(), body.invt_no.as_deref(), body.cop_no.as_deref());
        numbers.extend([("list", body.cop_no.as_deref()), ("list", pre)]);
    }
    codes(&numbers)
}

fn message(body: &MessageClear) -> Result<Vec<String>, JsonError> {
    if body.message.len() != 3 || !body.message.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse("/body/message", "a message number has three digits"));
    }
    let lists = body.lists.iter().map(|number| ("list", Some(number.as_str())));
    let waybills = body.waybills.iter().map(|number| ("waybill", Some(number.as_str())));
    codes(&lists.chain(waybills).collect::<Vec<_>>())
}

fn declaration(body: &DeclarationClear) -> Result<Vec<String>, JsonError> {
    let distinct: BTreeSet<_> = body.lists.iter().collect();
    if body.lists.is_empty() || body.lists.len() > 1000 || distinct.len() != body.lists.len() {
        return Err(refuse("/body/lists", "a declaration names 1 to 1000 lists, none twice"));
    }
    if !body.lists.iter().all(|code| code.as_str().starts_with("list:")) {
        return Err(refuse("/body/lists", "the code of a list begins with list:"));
    }
    let lists = body.lists.iter().map(|code| code.as_str().to_owned());
    Ok(std::iter::once(declaration_code(&body.declaration)).chain(lists).collect())
}

fn release(body: &ReleaseClear) -> Result<Vec<String>, JsonError> {
    if body.status == Status::Filed {
        return Err(refuse("/body/status", "customs say released, held or cancelled"));
    }
    Ok(vec![declaration_code(&body.declaration)])
}
