#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! One full good case, made by real records on a ledger, and one line per way to spoil it.
mod world;

use super::super::calls::DisputeReason;
use super::super::reasons::{Reason, Verdict};
use super::super::state::{Dispute, Side, Stage};
use super::*;
use crate::clearance::state::Status;
use chain_core::member::KeyUse;
use chain_core::record::{Body, Record};
use chain_core::types::{Currency, Height};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use world::{Story, find, good, member_mut, withhold};

/// Has a record state something else in a field of its body.
fn restate(record: &mut Record, name: &str, value: Value) {
    let mut fields = record.body.fields();
    fields.insert(name.to_owned(), value);
    record.body = Body::of_fields(fields);
}

#[test]
fn the_good_case_passes_every_check() {
    let report = check(&good());
    let names: Vec<&str> = report.checks.iter().map(|c| c.name).collect();
    assert_eq!(names, NAMES);
    for one in &report.checks {
        assert_eq!(one.verdict, Verdict::Pass, "{one:?}");
        assert!(!one.records.is_empty(), "evidence: {one:?}");
    }
    assert_eq!(report.overall, Verdict::Pass);
    assert_eq!(check(&good()), report, "the same input gives the same report");
    let shown = serde_json::to_value(&report).unwrap();
    assert_eq!(shown["checks"][8]["reason"], json!({ "code": 900, "id": "amount.all-free" }));
    assert_eq!(shown["checks"][8]["verdict"], "pass");
}

type Spoil = fn(&mut CheckInput);

/// Runs a spoilt case: the check named ends with the reason; no other check gets worse than `others` says.
fn judge(what: &str, input: &CheckInput, name: &str, reason: Reason, others: &[&str]) {
    let report = check(input);
    let one = report.checks.iter().find(|c| c.name == name).unwrap();
    assert_eq!((one.reason.code, one.reason.id), (reason.code(), reason.id()), "{what}: {one:?}");
    assert_eq!(one.verdict, reason.verdict(), "{what}");
    for other in report.checks.iter().filter(|c| c.name != name && !others.contains(&c.name)) {
        assert!(other.verdict <= Verdict::Pass, "{what} also spoils {other:?}");
    }
    for other in others {
        let other = report.checks.iter().find(|c| c.name == *other).unwrap();
        assert!(other.verdict > Verdict::Pass, "{what} does not spoil {other:?}");
    }
    assert_eq!(report.overall, report.checks.iter().map(|c| c.verdict).max().unwrap(), "{what}");
}

const FINAL: &str = NAMES[0];
const STANDING: &str = NAMES[1];
const KEYS: &str = NAMES[2];
const CONFIRMED: &str = NAMES[3];
const EXIST: &str = NAMES[4];
const AGREE: &str = NAMES[5];
const CANCELLED: &str = NAMES[6];
const USED: &str = NAMES[7];
const AMOUNT: &str = NAMES[8];
const DUE: &str = NAMES[9];
const POLICY: &str = NAMES[10];
const SIMILAR: &str = NAMES[11];

#[test]
#[rustfmt::skip] // one line per way to spoil it
fn what_the_ledger_says_can_spoil_it() {
    let lines: &[(&str, Spoil, &str, Reason, &[&str])] = &[
        ("not final", |i| i.receivable.is_final = false, FINAL, Reason::NotFinal, &[]),
        ("forged disclosure", |i| i.receivable.presented[0].disclosure.push('x'), FINAL, Reason::Forged, &[STANDING, CONFIRMED, POLICY]),
        ("forged order", |i| i.order.as_mut().unwrap().found.presented[0].disclosure.push('x'), FINAL, Reason::Forged, &[AGREE]),
        ("other face", |i| i.state.as_mut().unwrap().face += 1, FINAL, Reason::StateDiffers, &[]),
        ("other currency", |i| i.state.as_mut().unwrap().currency = Currency::parse("EUR").unwrap(), FINAL, Reason::StateDiffers, &[]),
        ("other height", |i| i.receivable.height.0 += 1, FINAL, Reason::StateDiffers, &[STANDING, KEYS]),
        ("creditor gone", |i| member_mut(i, "seller").now = None, STANDING, Reason::MemberUnknown, &[KEYS]),
        ("creditor suspended", |i| member_mut(i, "seller").now.as_mut().unwrap().suspended_from = Some(Height(0)), STANDING, Reason::Suspended, &[]),
        ("confirmer suspended", |i| member_mut(i, "debtor").now.as_mut().unwrap().suspended_from = Some(Height(0)), STANDING, Reason::Suspended, &[]),
        ("registrar suspended", |i| member_mut(i, "registrar").now.as_mut().unwrap().suspended_from = Some(Height(0)), STANDING, Reason::Suspended, &[]),
        ("insurer suspended", |i| member_mut(i, "insurer").now.as_mut().unwrap().suspended_from = Some(Height(0)), STANDING, Reason::Suspended, &[]),
        ("suspended later", |i| member_mut(i, "seller").now.as_mut().unwrap().suspended_from = Some(Height(9999)), STANDING, Reason::GoodStanding, &[]),
        ("carrier suspended", |i| member_mut(i, "carrier").now.as_mut().unwrap().suspended_from = Some(Height(0)), STANDING, Reason::IssuerSuspended, &[]),
        ("key unknown then", |i| member_mut(i, "seller").then.as_mut().unwrap().keys.clear(), KEYS, Reason::KeyUnknown, &[]),
        ("member unknown then", |i| member_mut(i, "carrier").then = None, KEYS, Reason::KeyUnknown, &[]),
        ("key not valid then", |i| member_mut(i, "debtor").then.as_mut().unwrap().keys[0].until = Some(Height(0)), KEYS, Reason::KeyNotValid, &[]),
        ("key of another use", |i| member_mut(i, "registrar").then.as_mut().unwrap().keys[3].uses = BTreeSet::from([KeyUse::Record]), KEYS, Reason::KeyNotValid, &[]),
        ("key revoked since", |i| member_mut(i, "seller").now.as_mut().unwrap().keys[0].until = Some(Height(2)), KEYS, Reason::KeyRevokedSince, &[]),
        ("registrar's key revoked since", |i| member_mut(i, "registrar").now.as_mut().unwrap().keys[3].until = Some(Height(2)), KEYS, Reason::KeyRevokedSince, &[]),
        ("another ledger", |i| i.ledger.0.0[0] ^= 1, KEYS, Reason::AttestationWrong, &[]),
        ("not confirmed", |i| i.state.as_mut().unwrap().stage = Stage::Registered, CONFIRMED, Reason::NotConfirmed, &[]),
        ("rejected", |i| i.state.as_mut().unwrap().stage = Stage::Rejected, CONFIRMED, Reason::Rejected, &[AMOUNT]),
        ("disputed", |i| { i.state.as_mut().unwrap().dispute = Some(Dispute { reason: DisputeReason::Quality, by: Side::Creditor }) }, CONFIRMED, Reason::Disputed, &[]),
        ("no confirmation", |i| i.confirmation = None, CONFIRMED, Reason::ConfirmationNotFound, &[]),
        ("confirmation not final", |i| i.confirmation.as_mut().unwrap().is_final = false, CONFIRMED, Reason::ConfirmationNotFound, &[]),
        ("of another kind", |i| i.confirmation = Some(i.receivable.clone()), CONFIRMED, Reason::ConfirmationWrong, &[]),
        ("of another receivable", |i| { let id = stranger(i); restate(&mut i.confirmation.as_mut().unwrap().record, "receivable", json!(id)) }, CONFIRMED, Reason::ConfirmationWrong, &[]),
        ("a rejection", |i| restate(&mut i.confirmation.as_mut().unwrap().record, "decision", json!("reject")), CONFIRMED, Reason::ConfirmationWrong, &[]),
        ("another capacity", |i| restate(&mut i.confirmation.as_mut().unwrap().record, "capacity", json!("agent")), CONFIRMED, Reason::ConfirmationWrong, &[]),
        ("no list", |i| i.list = None, EXIST, Reason::DocumentNotFound, &[AGREE, CANCELLED]),
        ("another list", |i| i.list.as_mut().unwrap().found.id.index = 9, EXIST, Reason::DocumentNotFound, &[AGREE, CANCELLED]),
        ("no declaration", |i| i.declaration = None, EXIST, Reason::DocumentNotFound, &[AGREE, CANCELLED]),
        ("order not final", |i| i.order.as_mut().unwrap().found.is_final = false, EXIST, Reason::DocumentNotFinal, &[]),
        ("waybill of another kind", |i| i.waybill.as_mut().unwrap().found.record.kind = i.list.as_ref().unwrap().found.record.kind.clone(), EXIST, Reason::DocumentWrongKind, &[AGREE]),
        ("order number", |i| restate(&mut i.list.as_mut().unwrap().found.record, "orderNo", json!("A-2")), AGREE, Reason::OrderNumberDiffers, &[]),
        ("order number of waybill", |i| restate(&mut i.waybill.as_mut().unwrap().found.record, "orderNo", json!("A-2")), AGREE, Reason::OrderNumberDiffers, &[]),
        ("waybill number", |i| restate(&mut i.list.as_mut().unwrap().found.record, "logisticsNo", json!("W-2")), AGREE, Reason::WaybillNumberDiffers, &[]),
        ("currency of order", |i| restate(&mut i.order.as_mut().unwrap().found.record, "currency", json!("142")), AGREE, Reason::CurrencyDiffers, &[]),
        ("currency of list", |i| restate(&mut i.list.as_mut().unwrap().found.record, "currency", json!("300")), AGREE, Reason::CurrencyDiffers, &[]),
        ("unknown currency", |i| restate(&mut i.order.as_mut().unwrap().found.record, "currency", json!("999")), AGREE, Reason::CurrencyUnknown, &[]),
        ("creditor filed under no code", |i| i.seller_codes.clear(), AGREE, Reason::SellerDiffers, &[]),
        ("list not declared", |i| restate(&mut i.declaration.as_mut().unwrap().found.record, "lists", json!(["list:C-2"])), AGREE, Reason::DeclarationOmitsList, &[]),
        ("filed only", |i| set_status(i, Status::Filed), AGREE, Reason::NotReleased, &[]),
        ("held", |i| set_status(i, Status::Held), AGREE, Reason::NotReleased, &[]),
        ("no state of declaration", |i| i.declaration.as_mut().unwrap().state = None, AGREE, Reason::NotReleased, &[]),
        ("state of another filing", |i| i.declaration.as_mut().unwrap().state.as_mut().unwrap().record.index = 7, AGREE, Reason::NotReleased, &[]),
        ("declaration cancelled", |i| set_status(i, Status::Cancelled), CANCELLED, Reason::DeclarationCancelled, &[]),
        ("order deleted", |i| i.order.as_mut().unwrap().standing.cancelled_by = Some(i.receivable.id), CANCELLED, Reason::DocumentCancelled, &[]),
        ("waybill deleted", |i| i.waybill.as_mut().unwrap().standing.cancelled_by = Some(i.receivable.id), CANCELLED, Reason::DocumentCancelled, &[]),
        ("list refused", |i| i.list.as_mut().unwrap().standing.cancelled_by = Some(i.receivable.id), CANCELLED, Reason::DocumentCancelled, &[]),
        ("list doubted", |i| i.list.as_mut().unwrap().standing.doubted_by = Some(i.receivable.id), CANCELLED, Reason::DocumentDoubted, &[]),
        ("fingerprint elsewhere", |i| i.fingerprints[0].receivable.as_mut().unwrap().index = 5, USED, Reason::UsedElsewhere, &[]),
        ("fingerprint freed", |i| i.fingerprints[0].receivable = None, USED, Reason::FingerprintFreed, &[]),
        ("fingerprint not looked up", |i| i.fingerprints.clear(), USED, Reason::FingerprintNotLookedUp, &[]),
        ("settled", |i| { let s = i.state.as_mut().unwrap(); s.stage = Stage::Settled; s.remaining = 0; }, AMOUNT, Reason::NothingLeft, &[]),
        ("all pledged", |i| encumber(i, 100_000), AMOUNT, Reason::NothingFree, &[]),
        ("partly pledged", |i| encumber(i, 40_000), AMOUNT, Reason::PartlyFree, &[]),
        ("less than asked", |i| { encumber(i, 40_000); i.asked = Some(60_001); }, AMOUNT, Reason::LessThanAsked, &[]),
        ("just what was asked", |i| { encumber(i, 40_000); i.asked = Some(60_000); }, AMOUNT, Reason::PartlyFree, &[]),
        ("more than there is", |i| i.asked = Some(100_001), AMOUNT, Reason::LessThanAsked, &[]),
        ("reserved by the bank itself", |i| { encumber(i, 100_000); i.own_reservation = Some(i.state.as_ref().unwrap().reservations[0].id); }, AMOUNT, Reason::AllFree, &[]),
        ("reserved by another", |i| { encumber(i, 100_000); i.own_reservation = Some(i.receivable.id); }, AMOUNT, Reason::NothingFree, &[]),
        ("reservation expired", |i| { encumber(i, 100_000); i.state.as_mut().unwrap().reservations[0].until_ms = i.time; }, AMOUNT, Reason::AllFree, &[]),
        ("due today", |i| i.time.0 = 1_801_411_200_000, DUE, Reason::DueToday, &[POLICY]),
        ("matured", |i| i.time.0 = 1_801_497_600_000, DUE, Reason::Matured, &[POLICY]),
        ("policy not found", |i| i.policy = None, POLICY, Reason::PolicyNotFound, &[]),
        ("policy without state", |i| i.policy.as_mut().unwrap().state = None, POLICY, Reason::PolicyNotFound, &[]),
        ("policy not final", |i| i.policy.as_mut().unwrap().found.is_final = false, POLICY, Reason::PolicyNotFound, &[]),
        ("another policy", |i| i.policy.as_mut().unwrap().found.id.index = 3, POLICY, Reason::PolicyNotFound, &[]),
        ("policy cancelled", |i| policy(i).cancelled = Some(Height(5)), POLICY, Reason::PolicyCancelled, &[]),
        ("policy currency", |i| policy(i).currency = Currency::parse("EUR").unwrap(), POLICY, Reason::PolicyCurrency, &[]),
        ("policy began later", |i| policy(i).from = day("2026-11-02"), POLICY, Reason::PolicyPeriod, &[]),
        ("policy ended before", |i| policy(i).until = day("2026-10-31"), POLICY, Reason::PolicyPeriod, &[]),
        ("policy ended since", |i| policy(i).until = day("2026-11-21"), POLICY, Reason::PolicyEnded, &[]),
        ("policy limit", |i| policy(i).limit_minor = 99_999, POLICY, Reason::PolicyLimit, &[]),
        ("similar", |i| { let mut id = i.receivable.id; id.index = 5; i.similar_live.push(id); }, SIMILAR, Reason::SimilarExists, &[]),
        ("more similar", |i| i.similar_more = true, SIMILAR, Reason::SimilarExists, &[]),
        ("similar to itself", |i| i.similar_live.push(i.receivable.id), SIMILAR, Reason::NothingSimilar, &[]),
    ];
    for (what, spoil, name, reason, others) in lines {
        let mut input = good();
        spoil(&mut input);
        judge(what, &input, name, *reason, others);
    }
}

/// An id that is not the receivable's.
fn stranger(input: &CheckInput) -> RecordId {
    RecordId { index: 8, ..input.receivable.id }
}

fn day(text: &str) -> crate::dates::Date {
    crate::dates::Date::parse(text).unwrap()
}

fn policy(input: &mut CheckInput) -> &mut crate::insurance::state::Policy {
    input.policy.as_mut().unwrap().state.as_mut().unwrap()
}

fn set_status(input: &mut CheckInput, status: Status) {
    input.declaration.as_mut().unwrap().state.as_mut().unwrap().status = status;
}

fn encumber(input: &mut CheckInput, minor: u64) {
    let id = RecordId { index: 4, ..input.receivable.id };
    let until_ms = TimeMs(input.time.0 + 1);
    input.state.as_mut().unwrap().reservations.push(super::super::state::Reservation { id, minor, until_ms });
}

#[test]
fn what_is_not_presented_never_passes() {
    let lines: &[(&str, &str, &str, Reason, &[&str])] = &[
        ("receivable", "parties", FINAL, Reason::PartlyPresented, &[STANDING, CONFIRMED, POLICY]),
        ("receivable", "parties", STANDING, Reason::PartiesNotPresented, &[FINAL, CONFIRMED, POLICY]),
        ("receivable", "parties", CONFIRMED, Reason::PartiesNotPresented, &[FINAL, STANDING, POLICY]),
        ("receivable", "parties", POLICY, Reason::PartiesNotPresented, &[FINAL, STANDING, CONFIRMED]),
        ("receivable", "invoice", AGREE, Reason::InvoiceNotPresented, &[FINAL]),
        ("receivable", "documents", EXIST, Reason::DocumentsNotPresented, &[FINAL, AGREE, CANCELLED]),
        ("receivable", "documents", AGREE, Reason::DocumentsNotPresented, &[FINAL, EXIST, CANCELLED]),
        ("receivable", "documents", CANCELLED, Reason::DocumentsNotPresented, &[FINAL, EXIST, AGREE]),
        ("order", "parties", AGREE, Reason::DocumentPartiesNotPresented, &[]),
        ("order", "amounts", AGREE, Reason::DocumentAmountsNotPresented, &[]),
        ("order", "goods", AGREE, Reason::DocumentGoodsNotPresented, &[]),
        ("waybill", "parties", AGREE, Reason::DocumentPartiesNotPresented, &[]),
        ("list", "parties", AGREE, Reason::DocumentPartiesNotPresented, &[]),
        ("list", "goods", AGREE, Reason::DocumentGoodsNotPresented, &[]),
        ("policy", "parties", POLICY, Reason::PolicyPartiesNotPresented, &[]),
    ];
    for (record, field, name, reason, others) in lines {
        let mut input = good();
        withhold(&mut input, record, field);
        judge(&format!("{record} {field}"), &input, name, *reason, others);
        let mut twice = good();
        let found = find(&mut twice, record);
        let same: Vec<_> = found.presented.iter().filter(|s| s.open().unwrap().0 == *field).cloned().collect();
        found.presented.extend(same);
        let report = check(&twice);
        let one = report.checks.iter().find(|c| c.name == *name).unwrap();
        assert_eq!(one.reason.id, Reason::SealedUnreadable.id(), "{record} {field} presented twice: {one:?}");
    }
}

#[test]
#[rustfmt::skip] // one line per way to spoil it
fn what_is_sealed_can_spoil_it() {
    /// A change of the sealed fields before the records are made.
    type Change = fn(&mut Story);
    fn set(value: &mut Value, pointer: &str, new: Value) {
        *value.pointer_mut(pointer).unwrap() = new;
    }
    let lines: &[(&str, Change, &str, Reason, &[&str])] = &[
        ("another creditor", |s| set(&mut s.parties, "/creditor", json!("seller2")), STANDING, Reason::CreditorDiffers, &[POLICY]),
        ("another debtor", |s| set(&mut s.parties, "/debtor", json!("other")), CONFIRMED, Reason::ConfirmerDiffers, &[POLICY]),
        ("unreadable parties", |s| s.parties = json!("x"), STANDING, Reason::SealedUnreadable, &[FINAL, CONFIRMED, POLICY]),
        ("confirmed by an agent", |s| s.by_agent(), CONFIRMED, Reason::ConfirmedByAgent, &[]),
        ("an agent nobody named", |s| { s.by_agent(); s.parties.as_object_mut().unwrap().remove("agent"); }, CONFIRMED, Reason::ConfirmerDiffers, &[]),
        ("a field not attested", |s| s.attested = 2, FINAL, Reason::NotAttested, &[]),
        ("no similar attested", |s| s.similar.clear(), SIMILAR, Reason::NoSimilarAttested, &[]),
        ("invoice currency", |s| set(&mut s.invoice, "/currency", json!("EUR")), AGREE, Reason::CurrencyDiffers, &[]),
        ("invoice smaller", |s| set(&mut s.invoice, "/minor", json!(99_999)), AGREE, Reason::ReceivableExceedsInvoice, &[]),
        ("invoice larger than order", |s| set(&mut s.invoice, "/minor", json!(105_001)), AGREE, Reason::InvoiceExceedsOrder, &[]),
        ("invoice as large as order with freight", |s| set(&mut s.invoice, "/minor", json!(105_000)), AGREE, Reason::DocumentsAgree, &[]),
        ("invoice of another day", |s| set(&mut s.invoice, "/date", json!("2026-11-02")), AGREE, Reason::IssuedDiffers, &[]),
        ("unreadable invoice", |s| set(&mut s.invoice, "/date", json!("soon")), AGREE, Reason::SealedUnreadable, &[FINAL]),
        ("no declaration named", |s| { s.omit = &["declaration"]; }, EXIST, Reason::DocumentNotNamed, &[AGREE, CANCELLED]),
        ("nothing named", |s| { s.omit = &["order", "waybill", "list", "declaration"]; }, EXIST, Reason::NoDocumentNamed, &[AGREE, CANCELLED]),
        ("seller on list", |s| set(&mut s.list_parties, "/ebcCode", json!("5000000000")), AGREE, Reason::PartiesDiffer, &[]),
        ("platform on list", |s| set(&mut s.list_parties, "/ebpCode", json!("5000000000")), AGREE, Reason::PartiesDiffer, &[]),
        ("no platform on order", |s| { s.order_parties.as_object_mut().unwrap().remove("ebpCode"); }, AGREE, Reason::NotComparable, &[]),
        ("carrier on waybill", |s| set(&mut s.waybill_parties, "/logisticsCode", json!("5000000000")), AGREE, Reason::PartiesDiffer, &[]),
        ("order of another seller", |s| { for p in [&mut s.order_parties, &mut s.list_parties] { set(p, "/ebcCode", json!("5000000000")); } }, AGREE, Reason::SellerDiffers, &[]),
        ("goods of order", |s| set(&mut s.order_goods, "/lines/0/totalPrice", json!("600.01")), AGREE, Reason::TotalsDiffer, &[]),
        ("goods of list", |s| set(&mut s.list_goods, "/lines/1/totalPrice", json!("399.99999")), AGREE, Reason::TotalsDiffer, &[]),
        ("list without lines", |s| set(&mut s.list_goods, "/lines", json!([])), AGREE, Reason::NotComparable, &[]),
        ("line without price", |s| { s.order_goods["lines"][0].as_object_mut().unwrap().remove("totalPrice"); }, AGREE, Reason::NotComparable, &[]),
        ("currency of a line", |s| { s.list_goods["lines"][0]["currency"] = json!("142"); }, AGREE, Reason::CurrencyDiffers, &[]),
        ("insured another seller", |s| set(&mut s.policy_parties, "/insured", json!("seller2")), POLICY, Reason::PolicyParties, &[]),
        ("insured another buyer", |s| set(&mut s.policy_parties, "/buyer", json!("other")), POLICY, Reason::PolicyParties, &[]),
        ("no policy", |s| s.insured = false, POLICY, Reason::NoPolicy, &[]),
    ];
    for (what, change, name, reason, others) in lines {
        let mut story = Story::good();
        change(&mut story);
        judge(what, &story.tell(), name, *reason, others);
    }
}

#[test]
fn without_a_readable_record_or_state_every_check_fails() {
    let mut input = good();
    input.state = None;
    assert!(check(&input).checks.iter().all(|c| c.reason.id == Reason::NoState.id() && c.verdict == Verdict::Fail));
    let mut input = good();
    restate(&mut input.receivable.record, "due", Value::Null);
    let report = check(&input);
    assert!(report.checks.iter().all(|c| c.reason.id == Reason::Unreadable.id()));
    assert_eq!((report.checks.len(), report.overall), (12, Verdict::Fail));
}

#[test]
fn reasons_have_a_number_an_id_and_two_sentences_of_their_own() {
    let distinct = |texts: Vec<String>| texts.iter().collect::<BTreeSet<_>>().len() == Reason::ALL.len();
    assert!(distinct(Reason::ALL.iter().map(|r| r.code().to_string()).collect()));
    assert!(distinct(Reason::ALL.iter().map(|r| r.id().to_owned()).collect()));
    assert!(distinct(Reason::ALL.iter().map(|r| r.zh_cn().to_owned()).collect()));
    assert!(distinct(Reason::ALL.iter().map(|r| r.en().to_owned()).collect()));
    assert!(Reason::ALL.is_sorted_by_key(|r| r.code()));
    for reason in Reason::ALL {
        assert!(reason.zh_cn().ends_with('。') && reason.en().ends_with('.') && reason.en().is_ascii(), "{reason:?}");
        assert!(reason.zh_cn().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{reason:?}");
    }
}
