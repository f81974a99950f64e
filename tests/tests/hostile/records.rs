//! Crafted records: kinds, roles, unknown fields, nested digests, object codes, numbers, letters that look alike.

use super::Case;
use super::attack::deal::Deal;
use super::attack::{Desk, Net, now};
use super::envelope::{NUMBERS, SMALL_ORDER, bytes32};
use super::forge::{Forge, records_of, with_text};
use chain_core::keys::{MemorySigner, Signer as _, b64};
use chain_core::member::KeyUse;
use chain_core::types::{Height, Kind};
use contracts::clearance::state::Status;
use contracts::finance::calls::{Decision, DisputeReason, Source};
use contracts::membership::calls::Vote;
use serde_json::{Value, json};
use testnet::world::drafts::{
    approval_draft, cancel_policy_draft, confirm_draft, customs_release_draft, dispute_draft, enterprise_filing_draft,
    key_rotation_drafts, policy_draft, proposal_draft, repay_draft, reserve_draft, set_validators, vote_draft,
};
use testnet::world::receivable::{PledgeTerms, pledge_draft, release_draft};
use testnet::world::{MemberSigner, NodeKeys, SaltedDraft};

/// A record of good form and the member that may write it.
pub struct Sample {
    pub member: MemberSigner,
    pub record: Value,
}

/// One record of good form per kind.
pub fn samples(net: &Net, desk: &mut Desk, deal: &Deal) -> Vec<Sample> {
    let (cast, at) = (net.cast(), now());
    let mut drafts: Vec<(MemberSigner, SaltedDraft)> = Vec::new();
    for authored in deal.trade.records().chain(&deal.trade.goods_filings) {
        drafts.push((cast.by_id(&authored.by).unwrap().clone(), authored.draft.clone().into()));
    }
    let until = contracts::dates::Date::beijing(at).plus_days(100).unwrap();
    let rcv = deal.receivable;
    let terms = terms(deal);
    let new = MemorySigner::from_seed(&[9; 32]).public_key();
    let kid = deal.seller.record.public_key().kid();
    let [add, revoke] = key_rotation_drafts(&new, &[KeyUse::Record], &kid, at).unwrap();
    let validators = set_validators(cast.validators().iter().map(NodeKeys::validator).collect());
    let filing = enterprise_filing_draft(&deal.seller, until, at).unwrap();
    let confirm = confirm_draft(rcv, Decision::Confirm, deal.capacity, deal.salt, at).unwrap();
    let (bank, seller, customs) = (&cast.bank_a, &deal.seller, &cast.customs);
    for (member, draft) in [
        (seller, filing),
        (seller, add),
        (seller, revoke),
        (customs, approval_draft(rcv, at).unwrap()),
        (customs, customs_release_draft(&deal.trade.declaration_no, Status::Held, at).unwrap()),
        (customs, proposal_draft(validators, Height(1 << 20), at).unwrap()),
        (customs, vote_draft(rcv, Vote::No, at).unwrap()),
        (&cast.insurer, policy_draft(deal.trade.claim().unwrap(), at).unwrap()),
        (&cast.insurer, cancel_policy_draft(rcv, at).unwrap()),
        (&cast.debtor, confirm),
        (bank, reserve_draft(rcv, 1, 60, at).unwrap()),
        (bank, pledge_draft(bank, &net.ledger(), &terms, at).unwrap()),
        (bank, repay_draft(rcv, rcv, 1, Source::Debtor, at).unwrap()),
        (bank, release_draft(rcv, rcv, at).unwrap()),
        (seller, dispute_draft(rcv, DisputeReason::Other, true, None, at).unwrap()),
    ] {
        drafts.push((member.clone(), draft.into()));
    }
    let ready =
        testnet::world::receivable::receivable_draft(cast, &deal.trade, &deal.ids, &net.ledger(), &mut desk.salts, at);
    drafts.push((seller.clone(), ready.unwrap().salted));
    let mut out: Vec<Sample> = Vec::new();
    for (member, draft) in drafts {
        let record = records_of(&desk.sign(&member, &[draft]).bytes).remove(0);
        let shape = |r: &Value| (r["kind"].clone(), r["body"]["action"].clone());
        if out.iter().all(|sample| shape(&sample.record) != shape(&record)) {
            out.push(Sample { member, record });
        }
    }
    out
}

/// Terms of a pledge that nothing on the ledger bears out.
pub fn terms(deal: &Deal) -> PledgeTerms {
    PledgeTerms {
        receivable: deal.receivable,
        encumbrance: deal.receivable,
        minor: 1,
        currency: deal.trade.claim().unwrap().invoice.currency.clone(),
        until: deal.trade.claim().unwrap().due.plus_days(30).unwrap(),
        register_no: "SAMPLE-1".into(),
    }
}

pub fn sample<'a>(samples: &'a [Sample], kind: &str) -> &'a Sample {
    samples.iter().find(|s| s.record["kind"] == kind).unwrap()
}

/// The same questions to every kind.
pub fn kinds(net: &Net, forge: &mut Forge, samples: &[Sample], out: &mut Vec<Case>) {
    for Sample { member, record } in samples {
        let kind = record["kind"].as_str().unwrap();
        let stem = kind.trim_end_matches("/1");
        let names = [
            stem.to_owned(),
            format!("{stem}/"),
            format!("{stem}/2"),
            format!("{stem}/01"),
            format!("{stem}/1.0"),
            format!("{stem}/1/1"),
            format!("{stem}/1/"),
            format!("{stem}/1 "),
            format!(" {kind}"),
            format!("{stem}/+1"),
            format!("{stem}/1-beta"),
            format!("{kind}\u{0}"),
            kind.to_uppercase(),
            format!("x.{kind}"),
            format!("{stem}.{kind}"),
            format!("{stem}/\u{ff11}"),
            format!("{kind}.{}", "a".repeat(60)),
        ];
        for name in names {
            let text = with_text(record, "/kind", &json!(name).to_string());
            out.push(Case::new(format!("kind {name:?}"), forge.raw(member, &[text]).signed(), "TX-1009|TX-1105"));
        }
        let mut edit = |name: &str, codes: &'static str, change: &dyn Fn(&mut Value)| {
            let mut changed = record.clone();
            change(&mut changed);
            out.push(Case::new(format!("{kind}: {name}"), forge.value(member, &changed).signed(), codes));
        };
        edit("unknown field", "TX-1009", &|r| r["extra"] = json!(1));
        edit("issuer inside", "TX-1009", &|r| r["iss"] = json!("customs"));
        edit("unknown body field", "TX-1009", &|r| r["body"]["extra"] = json!(1));
        edit("a field of another's name", "TX-1009", &|r| r["body"]["__proto__"] = json!({}));
        for field in ["kind", "objects", "at", "body"] {
            edit(&format!("no {field}"), "TX-1009", &|r| drop(r.as_object_mut().unwrap().remove(field)));
            edit(&format!("{field} null"), "TX-1009", &|r| r[field] = Value::Null);
        }
        edit("body empty", "TX-1009", &|r| r["body"] = json!({}));
        edit("body an array", "TX-1009", &|r| r["body"] = json!([r["body"]]));
        edit("body a text", "TX-1009", &|r| r["body"] = json!(r["body"].to_string()));
        for at in ["now", "2026-11-22", "2026-11-22T01:02:03\u{ff3a}", &"2".repeat(36), "2026-11-22 01:02:03Z", ""] {
            edit(&format!("at {at:?}"), "TX-1009", &|r| r["at"] = json!(at));
        }
        edit("_sd inside", "TX-1009", &|r| r["body"]["ext"] = json!({ "_sd": [] }));
        edit("... inside", "TX-1009", &|r| r["body"]["ext"] = json!([{ "...": "x" }]));
        edit("_sd no list", "TX-1009", &|r| r["body"]["_sd"] = json!("x"));
        edit("_sd of 65", "TX-1009", &|r| r["body"]["_sd"] = json!(vec!["A".repeat(43); 65]));
        edit("_sd short", "TX-1009", &|r| r["body"]["_sd"] = json!(["A"]));
        edit("_sd no base64", "TX-1009", &|r| r["body"]["_sd"] = json!(["!".repeat(43)]));
        edit("sealed_to a text", "TX-1009", &|r| r["sealed_to"] = json!("customs"));
        edit("objects a text", "TX-1009", &|r| r["objects"] = json!("x"));
        edit("object twice", "TX-1009", &|r| r["objects"] = json!(["x:1", "x:1"]));
        edit("1025 objects", "TX-1009", &|r| r["objects"] = (0..1025).map(|n| json!(format!("x:{n}"))).collect());
        edit("long object", "TX-1009", &|r| r["objects"] = json!(["x".repeat(129)]));
        edit("empty object", "TX-1009", &|r| r["objects"] = json!([""]));
        edit("object with a blank", "TX-1009", &|r| r["objects"] = json!(["x: 1"]));
        let text = record.to_string();
        let twice = text.replacen("\"body\":{", "\"body\":{\"a\":1,\"a\":1,", 1);
        out.push(Case::new(format!("{kind}: key twice in the body"), forge.raw(member, &[twice]).signed(), "TX-1006"));
        let twice = text.replacen('{', "{\"kind\":\"trade.order/1\",", 1);
        out.push(Case::new(format!("{kind}: kind twice"), forge.raw(member, &[twice]).signed(), "TX-1006"));
        // `\u006b` is `k`: escapes do not make another key.
        let twice = text.replacen('{', "{\"\\u006bind\":\"trade.order/1\",", 1);
        out.push(Case::new(format!("{kind}: kind twice, escaped"), forge.raw(member, &[twice]).signed(), "TX-1006"));
        let read = Kind::parse(kind).unwrap();
        let grants = &net.net.founding.genesis.grants;
        for other in net.cast().members().filter(|m| !grants.allows(&read, &m.roles)).take(2) {
            out.push(Case::new(format!("{kind} by {}", other.nick), forge.value(other, record).signed(), "TX-1105"));
        }
    }
    let stranger = net.cast().enterprises[0].clone();
    for kind in ["gov.admin/1", "finance.mint/1", "a", "/", "trade.order", "member.key/0", "0/1", "system.upgrade/1"] {
        let record = json!({ "kind": kind, "objects": [], "at": "2026-11-22T01:02:03Z", "body": {} });
        out.push(Case::new(format!("unknown kind {kind}"), forge.value(&stranger, &record).signed(), "TX-1009"));
    }
}

/// Numbers where amounts, seconds and heights stand.
pub fn numbers(forge: &mut Forge, samples: &[Sample], out: &mut Vec<Case>) {
    let places = [
        ("finance.receivable/1", "/body/minor"),
        ("finance.reserve/1", "/body/minor"),
        ("finance.reserve/1", "/body/seconds"),
        ("finance.pledge/1", "/body/minor"),
        ("finance.repay/1", "/body/minor"),
        ("insurance.policy/1", "/body/limit_minor"),
        ("gov.proposal/1", "/body/expires"),
    ];
    for (kind, pointer) in places {
        let Sample { member, record } = sample(samples, kind);
        let mut numbers: Vec<&str> = NUMBERS.to_vec();
        if !pointer.ends_with("expires") {
            numbers.push("0");
        }
        for number in numbers {
            let bytes = forge.raw(member, &[with_text(record, pointer, number)]).signed();
            out.push(Case::new(format!("{kind} {pointer} {number}"), bytes, "TX-1005|TX-1007|TX-1009"));
        }
        let long = "9".repeat(4000);
        let bytes = forge.raw(member, &[with_text(record, pointer, &long)]).signed();
        out.push(Case::new(format!("{kind} {pointer} 4000 digits"), bytes, "TX-1005|TX-1007"));
    }
    for currency in ["usd", "US", "USDT", "", "U D", "\u{ff35}\u{ff33}\u{ff24}", "US\u{200b}D", "\u{405}AR", "¥"] {
        for (kind, pointer) in [("finance.receivable/1", "/body/currency"), ("insurance.policy/1", "/body/currency")] {
            let Sample { member, record } = sample(samples, kind);
            let bytes = forge.raw(member, &[with_text(record, pointer, &json!(currency).to_string())]).signed();
            out.push(Case::new(format!("{kind} currency {currency:?}"), bytes, "TX-1009"));
        }
    }
    for day in [
        "2026-02-30",
        "2026-13-01",
        "26-01-01",
        "2026-1-1",
        "2026-11-22T00:00:00Z",
        "\u{ff12}026-01-01",
        "0000-00-00",
        "-2026-01-01",
        "20260101",
        "",
    ] {
        for (kind, pointer) in [
            ("finance.receivable/1", "/body/due"),
            ("finance.pledge/1", "/body/until"),
            ("registry.goods/1", "/body/valid_until"),
        ] {
            let Sample { member, record } = sample(samples, kind);
            let bytes = forge.raw(member, &[with_text(record, pointer, &json!(day).to_string())]).signed();
            out.push(Case::new(format!("{kind} {pointer} {day:?}"), bytes, "TX-1009"));
        }
    }
}

/// Letters that look like others, or like nothing, as raw JSON string pieces.
const LETTERS: [&str; 26] = [
    "\u{430}",
    "\u{3bf}",
    "\u{ff11}",
    "\u{ff21}",
    "\u{200b}",
    "\u{200d}",
    "\u{2060}",
    "\u{feff}",
    "\u{202e}",
    "\u{2066}",
    "\u{ad}",
    "\u{301}",
    "\u{a0}",
    "\u{3000}",
    "\u{661}",
    "\u{1d7d9}",
    "\u{212a}",
    "\u{17f}",
    "\u{131}",
    "\u{fb01}",
    "\u{1f600}",
    "\u{e0041}",
    "\u{fe0f}",
    "\\u0000",
    "\\n",
    "\\ud800",
];

/// Each letter inside each identifier: put in, or in place of a letter.
pub fn letters(forge: &mut Forge, samples: &[Sample], out: &mut Vec<Case>) {
    let places = [
        ("trade.order/1", "/objects/0"),
        ("trade.order/1", "/kind"),
        ("registry.object/1", "/body/code"),
        ("registry.goods/1", "/body/gtin"),
        ("registry.goods/1", "/body/origin"),
        ("finance.receivable/1", "/body/attestation/registrar"),
        ("finance.receivable/1", "/body/attestation/kid"),
        ("finance.receivable/1", "/body/attestation/exact/0"),
        ("finance.receivable/1", "/body/attestation/signature"),
        ("finance.confirm/1", "/body/receivable"),
        ("finance.confirm/1", "/body/salt"),
        ("finance.confirm/1", "/body/decision"),
        ("finance.pledge/1", "/body/register_no"),
        ("finance.pledge/1", "/body/maker/kid"),
        ("registry.review/1", "/body/filing"),
    ];
    for (kind, pointer) in places {
        let Sample { member, record } = sample(samples, kind);
        let own = record.pointer(pointer).unwrap().as_str().unwrap();
        for letter in LETTERS {
            for text in [format!("\"{own}{letter}\""), format!("\"{}{letter}\"", &own[..own.len() - 1])] {
                let bytes = forge.raw(member, &[with_text(record, pointer, &text)]).signed();
                let name = format!("{kind} {pointer} with {}", letter.escape_unicode());
                out.push(Case::new(name, bytes, "TX-1005|TX-1009"));
            }
        }
    }
    let Sample { member, record } = sample(samples, "trade.order/1");
    for letter in LETTERS {
        let parts = forge.value(member, record);
        let iss = parts.claim("iss", &format!("\"{}{letter}\"", &member.id.as_str()[..17]));
        out.push(Case::new(format!("iss with {}", letter.escape_unicode()), iss.signed(), "TX-1005|TX-1009"));
        let jti = parts.claim("jti", &format!("\"x{letter}\""));
        out.push(Case::new(format!("jti with {}", letter.escape_unicode()), jti.signed(), "TX-1005|TX-1009"));
    }
}

/// Keys that nobody should be able to register.
pub fn keys(forge: &mut Forge, samples: &[Sample], out: &mut Vec<Case>) {
    let Sample { member, record } = sample(samples, "member.key/1");
    assert_eq!(record["body"]["action"], "add");
    let mut texts: Vec<String> = SMALL_ORDER.iter().map(|encoding| b64(&bytes32(encoding))).collect();
    // Off the curve, beyond the field, too short, too long, padded.
    texts.push(b64(&[0xff; 32]));
    texts.push(b64(&bytes32("0200000000000000000000000000000000000000000000000000000000000000")));
    texts.push(b64(&bytes32("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
    texts.extend([b64(&[7; 31]), b64(&[7; 33]), String::new(), format!("{}=", b64(&[7; 32]))]);
    for text in texts {
        let bytes = forge.raw(member, &[with_text(record, "/body/x", &json!(text).to_string())]).signed();
        out.push(Case::new(format!("register key {text}"), bytes, "TX-1009"));
    }
    for uses in ["[]", "[\"root\"]", "[\"record\",\"record\",\"sudo\"]", "\"record\"", "null"] {
        let bytes = forge.raw(member, &[with_text(record, "/body/uses", uses)]).signed();
        out.push(Case::new(format!("register for {uses}"), bytes, "TX-1009"));
    }
}
