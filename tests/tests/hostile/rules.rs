//! Crafted steps of good form that the contracts must refuse: final, with a numbered reason, and without effect.

use super::Case;
use super::attack::deal::Deal;
use super::attack::{Desk, Net, now, order};
use super::forge::{Forge, records_of};
use super::records::{Sample, sample, terms};
use chain_core::keys::{MemorySigner, Purpose, Signer as _};
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::{Currency, Height, RecordId, TimeMs};
use contracts::clearance::state::Status;
use contracts::dates::Date;
use contracts::finance::calls::{Capacity, Decision, DisputeReason, Source};
use contracts::finance::signed::{Approval, approval_bytes};
use contracts::finance::wire::{Salt, Signature};
use contracts::ids::customs::DeclarationNo;
use contracts::membership::calls::Vote;
use contracts::registry::calls::ObjectType;
use serde_json::json;
use testnet::world::drafts::{
    approval_draft, cancel_policy_draft, confirm_draft, customs_release_draft, dispute_draft, key_rotation_drafts,
    object_draft, proposal_draft, repay_draft, reserve_draft, set_validators, vote_draft,
};
use testnet::world::receivable::{PledgeTerms, pledge_draft, receivable_draft, release_draft, release_pledge_draft};
use testnet::world::{MemberSigner, NodeKeys, SaltedDraft};

/// What stands on the ledger before.
pub struct Stage {
    /// Confirmed, with a reservation and a pledge of the first bank.
    pub deal: Deal,
    /// A reservation of the first bank over 1000.
    pub reservation: RecordId,
    /// A pledge of the first bank over 500.
    pub pledge: RecordId,
    /// Not confirmed; its seller committed to itself as confirmer.
    pub own: Deal,
    /// An object code that the first enterprise was assigned.
    pub code: String,
}

pub fn steps(net: &Net, desk: &mut Desk, stage: &Stage, out: &mut Vec<Case>) {
    let (cast, at, rcv) = (net.cast(), now(), stage.deal.receivable);
    let (a, b, seller) = (&cast.bank_a, &cast.bank_b, &stage.deal.seller);
    let unknown = RecordId { tx: rcv.tx, index: 9 };
    let confirmer = cast.by_id(&stage.deal.trade.claim().unwrap().confirmer).unwrap();
    let mut case = |name: &str, member: &MemberSigner, draft: RecordDraft, code: &'static str| {
        out.push(Case::new(name, desk.one(member, draft).bytes, code));
    };
    let reserve = |id, minor, seconds| reserve_draft(id, minor, seconds, at).unwrap();
    case("reserve nothing known", b, reserve(unknown, 1, 60), "FIN-6001");
    case("reserve unconfirmed", b, reserve(stage.own.receivable, 1, 60), "FIN-6002");
    case("reserve all again", b, reserve(rcv, stage.deal.minor, 60), "FIN-6008");
    case("reserve one too much", b, reserve(rcv, stage.deal.minor - 1499, 60), "FIN-6008");
    case("reserve 2^53 - 1", b, reserve(rcv, (1 << 53) - 1, 60), "FIN-6008");
    case("reserve for ever", b, reserve(rcv, 1, (1 << 53) - 1), "FIN-6010");
    case("reserve a second too long", b, reserve(rcv, 1, 7 * 24 * 3600 + 1), "FIN-6010");
    let confirm = |id, capacity, salt| confirm_draft(id, Decision::Confirm, capacity, salt, at).unwrap();
    let salt = stage.deal.salt;
    case("confirm twice", confirmer, confirm(rcv, stage.deal.capacity, salt), "FIN-6204");
    case("confirm nothing known", confirmer, confirm(unknown, Capacity::Debtor, salt), "FIN-6001");
    case("confirm with another salt", confirmer, confirm(rcv, stage.deal.capacity, Salt([1; 16])), "FIN-6201");
    case("confirm by another", &cast.enterprises[3], confirm(rcv, stage.deal.capacity, salt), "FIN-6201");
    case("confirm in other capacity", &cast.agent, confirm(rcv, Capacity::Agent, salt), "FIN-6201");
    case(
        "confirm one's own",
        seller_of(net, &stage.own),
        confirm(stage.own.receivable, Capacity::Debtor, stage.own.salt),
        "FIN-6203",
    );
    let reject = confirm_draft(stage.own.receivable, Decision::Reject, Capacity::Debtor, stage.own.salt, at).unwrap();
    case("reject one's own", seller_of(net, &stage.own), reject, "FIN-6203");
    let repay = |pledge, minor| repay_draft(rcv, pledge, minor, Source::Debtor, at).unwrap();
    case("repay nothing", b, repay(unknown, 1), "FIN-6401");
    case("repay another's pledge", b, repay(stage.pledge, 1), "FIN-6401");
    case("repay a reservation", a, repay(stage.reservation, 1), "FIN-6401");
    let borrower = repay_draft(rcv, stage.pledge, 501, Source::Borrower, at).unwrap();
    case("repay more than was lent", a, borrower, "FIN-6402");
    // A debtor pays the invoice: what is lent and what is free, but not what another claim holds.
    case("pay what is reserved", a, repay(stage.pledge, stage.deal.minor - 999), "FIN-6402");
    case("repay 2^53 - 1", a, repay(stage.pledge, (1 << 53) - 1), "FIN-6402");
    case("release nothing", a, release_draft(rcv, unknown, at).unwrap(), "FIN-6501");
    case("release another's reservation", b, release_draft(rcv, stage.reservation, at).unwrap(), "FIN-6501");
    case("release a pledge alone", a, release_draft(rcv, stage.pledge, at).unwrap(), "FIN-6308");
    let dispute = |open| dispute_draft(rcv, DisputeReason::Fraud, open, None, at).unwrap();
    case("dispute as a stranger", &cast.enterprises[3], dispute(true), "FIN-6601");
    case("close no dispute", seller, dispute(false), "FIN-6603");
    let clearance = |number: &DeclarationNo, status| customs_release_draft(number, status, at).unwrap();
    case("declare again", seller, stage.deal.trade.declaration.draft.clone(), "CLR-4001");
    case("declare another's number", &cast.enterprises[3], stage.deal.trade.declaration.draft.clone(), "CLR-4001");
    case("release again", &cast.customs, clearance(&stage.deal.trade.declaration_no, Status::Released), "CLR-4003");
    let never = testnet::world::Trade::generate(cast, cast.seed, 90, at).unwrap();
    case("release an unknown one", &cast.customs, clearance(&never.declaration_no, Status::Released), "CLR-4002");
    let object = |code: &str, parent| object_draft(code, ObjectType::Item, parent, at).unwrap();
    case("a code twice", &cast.enterprises[0], object(&stage.code, None), "REG-3020|REG-3021");
    case("another's code", &cast.enterprises[1], object(&stage.code, None), "REG-3022");
    case("an unknown parent", seller, object("x:child", Some("x:nobody")), "REG-3023");
    case("review no filing", &cast.customs, approval_draft(unknown, at).unwrap(), "REG-3010");
    case("cancel no policy", &cast.insurer, cancel_policy_draft(unknown, at).unwrap(), "INS-7001|INS-7002|INS-7003");
    let validators = || set_validators(cast.validators().iter().map(NodeKeys::validator).collect());
    let proposal = |expires| proposal_draft(validators(), Height(expires), at).unwrap();
    case("propose without a validator", b, proposal(1000), "MEM-2010");
    case("propose what is so", &cast.customs, proposal(1000), "MEM-2022");
    case("propose until now", &cast.customs, proposal(1), "MEM-2011");
    case("propose for ever", &cast.customs, proposal(1 << 40), "MEM-2011");
    case("vote on nothing", &cast.customs, vote_draft(unknown, Vote::Yes, at).unwrap(), "MEM-2012");
    case("vote without a validator", b, vote_draft(unknown, Vote::Yes, at).unwrap(), "MEM-2010");
    keys(net, desk, out);
    money(net, desk, stage, out);
    documents(net, desk, stage, out);
    let mut batch: Vec<SaltedDraft> = (0..255).map(|n| object(&format!("atom:{n}"), None).into()).collect();
    batch.push(object(&stage.code, Some("x:nobody")).into());
    out.push(Case::new(
        "255 good records and a bad one",
        desk.sign(seller, &batch).bytes,
        "REG-3021|REG-3022|REG-3023",
    ));
}

fn seller_of<'a>(net: &'a Net, deal: &Deal) -> &'a MemberSigner {
    net.cast().by_id(&deal.seller.id).unwrap()
}

fn keys(net: &Net, desk: &mut Desk, out: &mut Vec<Case>) {
    let (cast, at) = (net.cast(), now());
    let [one, two] = [&cast.enterprises[0], &cast.enterprises[1]];
    let mut case =
        |name: &str, key: &MemorySigner, uses: &[KeyUse], old: &MemorySigner, which: usize, code: &'static str| {
            let drafts = key_rotation_drafts(&key.public_key(), uses, &old.public_key().kid(), at).unwrap();
            out.push(Case::new(name, desk.one(one, drafts[which].clone()).bytes, code));
        };
    let spare = MemorySigner::from_seed(&[77; 32]);
    case("add one's key again", &one.record, &[KeyUse::Record], &spare, 0, "MEM-2003");
    case("add one's key for more", &one.record, &[KeyUse::Record, KeyUse::Api], &spare, 0, "MEM-2002");
    case("add another's key", &two.record, &[KeyUse::Record], &spare, 0, "MEM-2002");
    case(
        "add a validator's key",
        &MemorySigner::from_seed(&cast.nodes[0].vote),
        &[KeyUse::Record],
        &spare,
        0,
        "MEM-2002",
    );
    case("revoke no key", &spare, &[KeyUse::Record], &spare, 1, "MEM-2005");
    case("revoke another's key", &spare, &[KeyUse::Record], &two.record, 1, "MEM-2005");
    case("revoke the last key", &spare, &[KeyUse::Record], &one.record, 1, "MEM-2007");
}

/// Pledges and releases with one signature, the wrong one, or one made for other terms.
fn money(net: &Net, desk: &mut Desk, stage: &Stage, out: &mut Vec<Case>) {
    let (cast, ledger, at) = (net.cast(), net.ledger(), now());
    let bank = &cast.bank_a;
    let good = PledgeTerms { encumbrance: stage.reservation, minor: 1000, ..terms(&stage.deal) };
    let pledge = |terms: &PledgeTerms| pledge_draft(bank, &ledger, terms, at).unwrap();
    let mut case = |name: &str, draft: RecordDraft, code: &'static str| {
        out.push(Case::new(name, desk.one(bank, draft).bytes, code));
    };
    case("pledge no reservation", pledge(&terms(&stage.deal)), "FIN-6301");
    case("pledge a pledge", pledge(&PledgeTerms { encumbrance: stage.pledge, ..good.clone() }), "FIN-6301");
    case("pledge too much", pledge(&PledgeTerms { minor: 1001, ..good.clone() }), "FIN-6302");
    case("pledge 2^53 - 1", pledge(&PledgeTerms { minor: (1 << 53) - 1, ..good.clone() }), "FIN-6302");
    let today = Date::beijing(at);
    case("pledge until today", pledge(&PledgeTerms { until: today, ..good.clone() }), "FIN-6303");
    let far = Date::beijing(TimeMs(at.0 + 31 * 366 * 86_400_000));
    case("pledge for 31 years", pledge(&PledgeTerms { until: far, ..good.clone() }), "FIN-6303");
    let euro = PledgeTerms { currency: other_currency(&good.currency), ..good.clone() };
    case("approved in another currency", pledge(&euro), "FIN-6307");
    let other = chain_core::types::LedgerId(chain_core::hash::Hash::of(b"another ledger"));
    case("approved for another ledger", pledge_draft(bank, &other, &good, at).unwrap(), "FIN-6307");
    let mut body = pledge(&good);
    body.clear.insert("minor".into(), json!(999));
    case("approved for another amount", body, "FIN-6307");
    let mut body = pledge(&good);
    body.clear.insert("register_no".into(), json!("SAMPLE-2"));
    case("approved for another certificate", body, "FIN-6307");
    let checker = bank.checker.as_ref().unwrap();
    case("maker is checker", approved_by(net, bank, &good, checker), "FIN-6305");
    case("maker is the record key", approved_by(net, bank, &good, &bank.record), "FIN-6306");
    case("maker of another bank", approved_by(net, bank, &good, cast.bank_b.maker.as_ref().unwrap()), "FIN-6306");
    let mut body = pledge(&good);
    body.clear["maker"]["signature"] = json!(Signature([0; 64]));
    case("maker's signature of zeros", body, "FIN-6307");
    let release = PledgeTerms { encumbrance: stage.pledge, minor: 500, ..good.clone() };
    let draft = release_pledge_draft(bank, &ledger, &PledgeTerms { minor: 499, ..release.clone() }, at).unwrap();
    case("released for another amount", draft, "FIN-6307");
    let mut draft = release_pledge_draft(bank, &ledger, &release, at).unwrap();
    draft.clear["maker"] = pledge(&release).clear["maker"].clone();
    case("released with the pledge's approval", draft, "FIN-6307");
    let draft = release_pledge_draft(bank, &ledger, &good, at).unwrap();
    case("reservation released by two", draft, "FIN-6309");
    // Signed with the key for everyday records: no second person.
    let mut forge = Forge::new(ledger, cast.seed, "one-person");
    let record = records_of(&desk.one(bank, pledge(&good)).bytes).remove(0);
    out.push(Case::new("no checker", forge.value(bank, &record).signed(), "FIN-6304"));
    let record =
        records_of(&desk.one(&cast.bank_b, pledge_draft(&cast.bank_b, &ledger, &good, at).unwrap()).bytes).remove(0);
    out.push(Case::new("another bank's reservation", forge.value(&cast.bank_b, &record).signed(), "FIN-6301"));
}

fn other_currency(currency: &Currency) -> Currency {
    Currency::parse(if currency.as_str() == "CNY" { "USD" } else { "CNY" }).unwrap()
}

fn approved_by(net: &Net, bank: &MemberSigner, terms: &PledgeTerms, key: &MemorySigner) -> RecordDraft {
    let ledger = net.ledger();
    let bytes = approval_bytes(&Approval {
        ledger: &ledger,
        iss: &bank.id,
        kind: "finance.pledge/1",
        receivable: &terms.receivable,
        encumbrance: &terms.encumbrance,
        minor: terms.minor,
        currency: &terms.currency,
        until: terms.until,
        register_no: &terms.register_no,
    });
    let signature = Signature(key.sign(Purpose::Approval(&bytes)).unwrap());
    let mut draft = pledge_draft(bank, &ledger, terms, now()).unwrap();
    draft.clear.insert("maker".into(), json!({ "kid": key.public_key().kid(), "signature": signature }));
    draft
}

/// Receivables whose attestation does not say what they say, and the same documents a second time.
fn documents(net: &Net, desk: &mut Desk, stage: &Stage, out: &mut Vec<Case>) {
    let (cast, ledger, at) = (net.cast(), net.ledger(), now());
    let seller = &stage.deal.seller;
    let again = |desk: &mut Desk| {
        receivable_draft(cast, &stage.deal.trade, &stage.deal.ids, &ledger, &mut desk.salts, at).unwrap().salted
    };
    let ready = again(desk);
    out.push(Case::new("the same documents again", desk.sign(seller, &[ready]).bytes, "FIN-6101"));
    let other = &cast.enterprises[3];
    let ready = again(desk);
    out.push(Case::new("another's documents", desk.sign(other, &[ready]).bytes, "FIN-6108"));
    let changes: [(&str, &str, serde_json::Value, &'static str); 12] = [
        ("another amount", "minor", json!(stage.deal.minor + 1), "FIN-6108"),
        ("another currency", "currency", json!(other_currency(&terms(&stage.deal).currency)), "FIN-6108"),
        ("invoice of the future", "issued", json!("2099-01-01"), "TX-1009"),
        ("due too far", "due", json!("2099-01-01"), "FIN-6103"),
        ("unknown policy", "policy", json!(stage.deal.receivable), "FIN-6104"),
        ("attested by a bank", "attestation.registrar", json!(cast.bank_a.id), "FIN-6105"),
        ("attested by nobody", "attestation.registrar", json!("NOBODY"), "FIN-6105"),
        ("attested with a record key", "attestation.kid", json!(cast.registrar.record.public_key().kid()), "FIN-6107"),
        ("attested by zeros", "attestation.signature", json!(Signature([0; 64])), "FIN-6108"),
        ("a fingerprint changed", "attestation.exact", json!(["ab".repeat(32)]), "FIN-6108"),
        ("no blurred fingerprint", "attestation.similar", json!([]), "FIN-6108"),
        ("bound to nothing", "attestation.binds", json!([]), "TX-1009"),
    ];
    for (name, field, value, code) in changes {
        let mut ready = again(desk);
        match field.split_once('.') {
            Some((outer, inner)) => ready.draft.clear[outer][inner] = value,
            None => drop(ready.draft.clear.insert(field.into(), value)),
        }
        out.push(Case::new(name, desk.sign(seller, &[ready]).bytes, code));
    }
}

/// Numbers written in full-width digits are the same number: filed before, so refused, not filed beside it.
pub fn same_number(forge: &mut Forge, samples: &[Sample], out: &mut Vec<Case>) {
    let Sample { member, record } = sample(samples, "clearance.declaration/1");
    let number = record["body"]["declaration"].as_str().unwrap();
    let wide = |count: usize| -> String {
        number
            .chars()
            .enumerate()
            .map(|(n, c)| if n < count { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c })
            .collect()
    };
    for count in 1..=number.len() {
        let mut changed = record.clone();
        changed["body"]["declaration"] = json!(wide(count));
        out.push(Case::new(
            format!("{count} full-width digits"),
            forge.value(member, &changed).signed(),
            "CLR-4001|TX-1009",
        ));
    }
    for around in [format!(" {number}"), format!("{number}\u{3000}"), format!("{number}\u{a0}")] {
        let mut changed = record.clone();
        changed["body"]["declaration"] = json!(around);
        out.push(Case::new("white space around", forge.value(member, &changed).signed(), "CLR-4001|TX-1009"));
    }
}

/// The same (iss, jti) with other content: refused with the first transaction's id, ten times over.
pub fn other_content(net: &Net, forge: &mut Forge, jti: &str, out: &mut Vec<Case>) {
    let member = &net.cast().enterprises[0];
    for n in 0..10 {
        let draft = order(&format!("other-{n}"));
        let record = json!({ "kind": draft.kind, "objects": draft.objects, "at": draft.at, "body": draft.clear });
        let parts = forge.value(member, &record).claim("jti", &json!(jti).to_string());
        out.push(Case::new(format!("jti used, content {n}"), parts.signed(), "TX-1120"));
    }
}
