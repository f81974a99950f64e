//! A whole trade on a real ledger: order, waybill, list, declaration, policy, receivable, confirmation.
use super::super::*;
use crate::clearance::CLEARANCE;
use crate::clearance::standing::Standing;
use crate::finance::FINANCE;
use crate::finance::calls::Capacity;
use crate::finance::testkit::{Net, Sent, draft};
use crate::finance::tests::kit::{Make, decide, fp};
use crate::finance::wire::Fingerprint;
use crate::insurance::INSURANCE;
use chain_core::member::{Member, Role};
use chain_core::state::keys;
use serde_json::{Value, json};
use std::sync::LazyLock;

const NO: &str = "530420260000000017";

/// The sealed sides of the story; the clear sides are always the good ones.
pub(crate) struct Story {
    pub(crate) parties: Value,
    pub(crate) invoice: Value,
    /// Documents that the receivable does not name.
    pub(crate) omit: &'static [&'static str],
    pub(crate) order_parties: Value,
    pub(crate) order_amounts: Value,
    pub(crate) order_goods: Value,
    pub(crate) waybill_parties: Value,
    pub(crate) list_parties: Value,
    pub(crate) list_goods: Value,
    pub(crate) policy_parties: Value,
    pub(crate) insured: bool,
    /// How many of the three sealed fields the registrar attests.
    pub(crate) attested: usize,
    pub(crate) similar: Vec<Fingerprint>,
    pub(crate) confirmer: (&'static str, Capacity),
}

impl Story {
    pub(crate) fn good() -> Story {
        let lines = json!([
            { "gnum": 1, "qty": "6", "price": "100", "totalPrice": "600", "currency": "502" },
            { "gnum": 2, "qty": "4", "price": "100", "totalPrice": "400", "currency": "502" },
        ]);
        Story {
            parties: json!({ "creditor": "seller", "debtor": "debtor", "names": { "debtor": "Debtor Ltd" } }),
            invoice: json!({ "number": "INV-017", "date": "2026-11-01", "currency": "USD", "minor": 100_000 }),
            omit: &[],
            order_parties: json!({ "ebpCode": "50089612AB", "ebcCode": "50089612CD" }),
            order_amounts: json!({ "currency": "502", "goodsValue": "1000", "freight": "50" }),
            order_goods: json!({ "lines": lines }),
            waybill_parties: json!({ "logisticsCode": "50089612EF" }),
            list_parties: json!({ "ebpCode": "50089612AB", "ebcCode": "50089612CD", "logisticsCode": "50089612EF" }),
            list_goods: json!({ "lines": lines }),
            policy_parties: json!({ "insured": "seller", "buyer": "debtor", "policy_no": "P-1" }),
            insured: true,
            attested: 3,
            similar: vec![fp(2)],
            confirmer: ("debtor", Capacity::Debtor),
        }
    }

    pub(crate) fn by_agent(&mut self) {
        self.confirmer = ("agent", Capacity::Agent);
        self.parties["agent"] = json!("agent");
    }

    /// Puts it on a ledger and collects what a bank's node would.
    pub(crate) fn tell(&self) -> CheckInput {
        let mut net = ledger();
        let mut views = Vec::new();
        let mut send =
            |net: &mut Net, who: &str, kind: &str, objects: &[&str], body: Value, sealed: &[(&str, Value)]| {
                accepted(net, &mut views, |net| net.send(who, &draft(kind, objects, body, sealed)))
            };
        let head = |message: &str| {
            json!({ "direction": "export", "message": message, "guid": "G", "appType": "1", "appTime": "20261101120000",
                    "appStatus": "2" })
        };
        let mut body = head("303");
        merge(&mut body, json!({ "orderNo": "A-1", "currency": "502" }));
        let order = send(
            &mut net,
            "seller",
            "trade.order/1",
            &["order:A-1"],
            body,
            &[
                ("parties", self.order_parties.clone()),
                ("amounts", self.order_amounts.clone()),
                ("goods", self.order_goods.clone()),
            ],
        );
        let mut body = head("505");
        merge(&mut body, json!({ "logisticsNo": "W-1" }));
        let waybill = send(
            &mut net,
            "carrier",
            "trade.waybill/1",
            &["waybill:W-1"],
            body,
            &[("parties", self.waybill_parties.clone())],
        );
        let mut body = head("603");
        merge(
            &mut body,
            json!({ "orderNo": "A-1", "logisticsNo": "W-1", "tradeMode": "9610", "customsCode": "8013",
            "portCode": "8013", "copNo": "C-1" }),
        );
        let objects = ["list:C-1", "order:A-1", "waybill:W-1"];
        let list = send(
            &mut net,
            "seller",
            "trade.list/1",
            &objects,
            body,
            &[("parties", self.list_parties.clone()), ("goods", self.list_goods.clone())],
        );
        let code = format!("decl:{NO}");
        let body = json!({ "declaration": NO, "lists": ["list:C-1"] });
        let declaration = send(&mut net, "seller", "clearance.declaration/1", &[&code, "list:C-1"], body, &[]);
        let body = json!({ "declaration": NO, "status": "released" });
        send(&mut net, "customs", "clearance.release/1", &[&code], body, &[]);
        let body = json!({ "currency": "USD", "limit_minor": 100_000, "from": "2026-01-01", "until": "2026-12-31" });
        let policy =
            send(&mut net, "insurer", "insurance.policy/1", &[], body, &[("parties", self.policy_parties.clone())]);
        let mut documents =
            json!({ "order": order.id, "waybill": waybill.id, "list": list.id, "declaration": declaration.id });
        for name in self.omit {
            documents.as_object_mut().unwrap().remove(*name);
        }
        let make = Make {
            policy: self.insured.then_some(policy.id),
            confirmer: self.confirmer.0,
            capacity: self.confirmer.1,
            similar: self.similar.clone(),
            sealed: vec![
                ("parties", self.parties.clone()),
                ("invoice", self.invoice.clone()),
                ("documents", documents.clone()),
            ],
            ..Make::good(1)
        };
        let attested = self.attested;
        let receivable = accepted(&mut net, &mut views, |net| {
            let digests = make.digests();
            let body = make.body(&net.ledger, digests.into_iter().take(attested).collect());
            make.send_changed(net, |sent| sent["attestation"] = body["attestation"].clone())
        });
        let (who, capacity) = self.confirmer;
        let confirmation =
            accepted(&mut net, &mut views, |net| decide(net, who, receivable.id, "confirm", capacity.as_str()));
        let registrar: Member = net.get(&keys::member(&crate::finance::testkit::member_id("registrar"))).unwrap();
        let view = MemberView {
            id: registrar.id.clone(),
            at: receivable.height,
            then: Some(registrar.clone()),
            now: Some(registrar),
        };
        views.push(view);
        let document = |found: OnLedger| Some(Document { found, standing: Standing::default() });
        let named = |name: &str| !self.omit.contains(&name);
        CheckInput {
            ledger: net.ledger,
            height: net.height,
            time: net.time,
            asked: None,
            own_reservation: None,
            state: net.get(&crate::finance::state::receivable_key(&receivable.id)),
            fingerprints: vec![FingerprintOwner {
                fingerprint: fp(1),
                receivable: net.get(&crate::finance::state::exact_key(&fp(1))),
            }],
            members: views,
            confirmation: Some(confirmation),
            seller_codes: vec!["50089612CD".into()],
            order: document(order).filter(|_| named("order")),
            waybill: document(waybill).filter(|_| named("waybill")),
            list: document(list).filter(|_| named("list")),
            declaration: Some(FoundDeclaration {
                found: declaration,
                state: net.get(&crate::clearance::state::declaration_key(&NO.parse().unwrap())),
            })
            .filter(|_| named("declaration")),
            policy: Some(FoundPolicy {
                state: net.get(&crate::insurance::state::policy_key(&policy.id)),
                found: policy,
            })
            .filter(|_| self.insured),
            similar_live: Vec::new(),
            similar_more: false,
            receivable,
        }
    }
}

fn merge(body: &mut Value, more: Value) {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}

fn accepted(net: &mut Net, views: &mut Vec<MemberView>, send: impl FnOnce(&mut Net) -> Sent) -> OnLedger {
    let sent = send(net);
    assert_eq!(sent.code, 0, "{} {:?}", sent.record.kind, sent.detail);
    let member: Option<Member> = net.get(&keys::member(&sent.issuer));
    views.push(MemberView { id: sent.issuer.clone(), at: sent.height, then: member.clone(), now: member });
    OnLedger {
        id: sent.id,
        issuer: sent.issuer,
        kid: sent.kid,
        height: sent.height,
        record: sent.record,
        is_final: true,
        presented: sent.sealed,
    }
}

fn ledger() -> Net {
    const TRADE: &[Role] = &[Role::Enterprise, Role::Carrier];
    const CONFIRM: &[Role] = &[Role::Enterprise, Role::ConfirmingAgent];
    Net::new(
        &[&FINANCE, &INSURANCE, &CLEARANCE],
        &[
            ("seller", &[Role::Enterprise]),
            ("debtor", &[Role::Enterprise]),
            ("carrier", &[Role::Carrier]),
            ("agent", &[Role::ConfirmingAgent]),
            ("registrar", &[Role::Registrar]),
            ("insurer", &[Role::Insurer]),
            ("customs", &[Role::Customs]),
        ],
        &[
            ("finance.receivable/1", &[Role::Enterprise]),
            ("finance.confirm/1", CONFIRM),
            ("insurance.policy/1", &[Role::Insurer]),
            ("trade.order/1", TRADE),
            ("trade.waybill/1", TRADE),
            ("trade.list/1", TRADE),
            ("clearance.declaration/1", TRADE),
            ("clearance.release/1", &[Role::Customs]),
        ],
    )
}

static GOOD: LazyLock<CheckInput> = LazyLock::new(|| Story::good().tell());

pub(crate) fn good() -> CheckInput {
    GOOD.clone()
}

/// The first record that a member signed, as the bank sees its signer.
pub(crate) fn member_mut<'a>(input: &'a mut CheckInput, id: &str) -> &'a mut MemberView {
    let at = match id {
        "seller" => input.receivable.height,
        _ => input.members.iter().find(|view| view.id.as_str() == id).unwrap().at,
    };
    input.members.iter_mut().find(|view| view.id.as_str() == id && view.at == at).unwrap()
}

pub(crate) fn find<'a>(input: &'a mut CheckInput, record: &str) -> &'a mut OnLedger {
    match record {
        "receivable" => &mut input.receivable,
        "order" => &mut input.order.as_mut().unwrap().found,
        "waybill" => &mut input.waybill.as_mut().unwrap().found,
        "list" => &mut input.list.as_mut().unwrap().found,
        _ => &mut input.policy.as_mut().unwrap().found,
    }
}

pub(crate) fn withhold(input: &mut CheckInput, record: &str, field: &str) {
    let found = find(input, record);
    let before = found.presented.len();
    found.presented.retain(|sealed| sealed.open().unwrap().0 != field);
    assert_eq!(found.presented.len() + 1, before, "{record} {field}");
}
