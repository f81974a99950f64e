//! A small world for the finance tests: sellers, debtors, an agent, banks, a registrar, an insurer.
use crate::finance::FINANCE;
use crate::finance::calls::{Attestation, Capacity};
use crate::finance::signed::{Approval, approval_bytes, attestation_bytes, commitment};
use crate::finance::state::{Receivable, receivable_key};
use crate::finance::testkit::{Net, Sent, draft, kid, member_id, signer};
use crate::finance::wire::{Digest32, Fingerprint, Salt, Signature};
use crate::insurance::INSURANCE;
use chain_core::hash::Hash;
use chain_core::keys::{Purpose, Signer as _};
use chain_core::member::Role;
use chain_core::tx::disclosure::{Sealed, digest, of_field};
use chain_core::types::{Currency, LedgerId, RecordId};
use serde_json::{Value, json};

pub(crate) const SALT: Salt = Salt([9; 16]);

pub(crate) fn net() -> Net {
    const ENTERPRISE: &[Role] = &[Role::Enterprise];
    const CONFIRM: &[Role] = &[Role::Enterprise, Role::ConfirmingAgent, Role::Bank];
    const BANK: &[Role] = &[Role::Bank];
    Net::new(
        &[&FINANCE, &INSURANCE],
        &[
            ("seller", ENTERPRISE),
            ("seller2", ENTERPRISE),
            ("debtor", ENTERPRISE),
            ("agent", &[Role::ConfirmingAgent]),
            ("bank", BANK),
            ("rival", BANK),
            ("registrar", &[Role::Registrar]),
            ("selfreg", &[Role::Registrar, Role::Enterprise]),
            ("insurer", &[Role::Insurer]),
        ],
        &[
            ("finance.receivable/1", ENTERPRISE),
            ("finance.confirm/1", CONFIRM),
            ("finance.reserve/1", BANK),
            ("finance.pledge/1", BANK),
            ("finance.repay/1", BANK),
            ("finance.release/1", BANK),
            ("finance.dispute/1", CONFIRM),
            ("insurance.policy/1", &[Role::Insurer]),
            ("insurance.cancel/1", &[Role::Insurer]),
        ],
    )
}

pub(crate) fn fp(n: u64) -> Fingerprint {
    Fingerprint(Hash::of(&n.to_be_bytes()).0)
}

/// How to make a receivable; every field can be spoiled.
#[derive(Clone)]
pub(crate) struct Make {
    pub(crate) who: &'static str,
    pub(crate) minor: u64,
    pub(crate) issued: &'static str,
    pub(crate) due: &'static str,
    pub(crate) policy: Option<RecordId>,
    pub(crate) confirmer: &'static str,
    pub(crate) capacity: Capacity,
    pub(crate) registrar: &'static str,
    pub(crate) key: &'static str,
    pub(crate) exact: Vec<Fingerprint>,
    pub(crate) similar: Vec<Fingerprint>,
    pub(crate) sealed: Vec<(&'static str, Value)>,
}

impl Make {
    pub(crate) fn good(n: u64) -> Make {
        Make {
            who: "seller",
            minor: 100_000,
            issued: "2026-11-01",
            due: "2027-02-01",
            policy: None,
            confirmer: "debtor",
            capacity: Capacity::Debtor,
            registrar: "registrar",
            key: "attest",
            exact: vec![fp(n)],
            similar: vec![fp(1_000_000 + n)],
            sealed: vec![("parties", json!({ "creditor": "seller", "debtor": "debtor" }))],
        }
    }

    /// The body, with an attestation made for it.
    pub(crate) fn body(&self, ledger: &LedgerId, binds: Vec<Digest32>) -> Value {
        let mut attestation = Attestation {
            registrar: member_id(self.registrar),
            kid: kid(self.registrar, self.key),
            exact: self.exact.clone(),
            similar: self.similar.clone(),
            binds,
            signature: Signature([0; 64]),
        };
        let currency = Currency::parse("USD").unwrap();
        let bytes = attestation_bytes(ledger, &member_id(self.who), &currency, self.minor, &attestation);
        attestation.signature = Signature(signer(self.registrar, self.key).sign(Purpose::Attestation(&bytes)).unwrap());
        let mut body = json!({
            "currency": "USD", "minor": self.minor, "issued": self.issued, "due": self.due,
            "confirmer": commitment(&SALT, self.capacity, &member_id(self.confirmer)),
            "attestation": attestation,
        });
        if let Some(policy) = self.policy {
            body["policy"] = json!(policy);
        }
        body
    }

    /// Sends it. The sealed fields stand as digests the registrar saw, in the clear body's own `_sd`.
    pub(crate) fn send(&self, net: &mut Net) -> Sent {
        self.send_changed(net, |_| {})
    }

    fn disclosures(&self) -> Vec<String> {
        self.sealed.iter().enumerate().map(|(i, (name, value))| of_field(&[i as u8; 16], name, value)).collect()
    }

    /// Digests of the sealed fields, in their order.
    pub(crate) fn digests(&self) -> Vec<Digest32> {
        self.disclosures().iter().map(|d| Digest32::parse(&digest(d)).unwrap()).collect()
    }

    pub(crate) fn send_changed(&self, net: &mut Net, change: impl FnOnce(&mut Value)) -> Sent {
        let shown = self.disclosures();
        let mut digests: Vec<String> = shown.iter().map(|d| digest(d)).collect();
        let mut body = self.body(&net.ledger, self.digests());
        digests.sort();
        body["_sd"] = json!(digests);
        change(&mut body);
        let mut sent = net.send(self.who, &draft("finance.receivable/1", &[], body, &[]));
        sent.sealed = shown.into_iter().map(|disclosure| Sealed { disclosure }).collect();
        sent
    }
}

pub(crate) fn call(net: &mut Net, who: &str, kind: &str, body: Value) -> Sent {
    net.send(who, &draft(kind, &[], body, &[]))
}

pub(crate) fn decide(net: &mut Net, who: &str, id: RecordId, decision: &str, capacity: &str) -> Sent {
    let body = json!({ "receivable": id, "decision": decision, "capacity": capacity, "salt": SALT });
    call(net, who, "finance.confirm/1", body)
}

/// A confirmed receivable.
pub(crate) fn confirmed(net: &mut Net, make: &Make) -> RecordId {
    let sent = make.send(net);
    assert_eq!(sent.code, 0, "{:?}", sent.detail);
    assert_eq!(decide(net, make.confirmer, sent.id, "confirm", make.capacity.as_str()).code, 0);
    sent.id
}

pub(crate) fn reserve(net: &mut Net, who: &str, id: RecordId, minor: u64, seconds: u64) -> Sent {
    call(net, who, "finance.reserve/1", json!({ "receivable": id, "minor": minor, "seconds": seconds }))
}

/// How to make a pledge; every field can be spoiled.
#[derive(Clone)]
pub(crate) struct Lend {
    pub(crate) who: &'static str,
    pub(crate) signed_with: &'static str,
    pub(crate) receivable: RecordId,
    pub(crate) reservation: RecordId,
    pub(crate) minor: u64,
    pub(crate) until: &'static str,
    pub(crate) maker: (&'static str, &'static str),
    /// What the maker signed for, when it is another amount.
    pub(crate) approved: Option<u64>,
    pub(crate) approved_kind: &'static str,
}

impl Lend {
    pub(crate) fn good(who: &'static str, receivable: RecordId, reservation: RecordId, minor: u64) -> Lend {
        Lend {
            who,
            signed_with: "checker",
            receivable,
            reservation,
            minor,
            until: "2027-06-01",
            maker: (who, "maker"),
            approved: None,
            approved_kind: "finance.pledge/1",
        }
    }

    pub(crate) fn maker(&self, net: &Net, encumbrance: &RecordId, kind: &str) -> Value {
        let bytes = approval_bytes(&Approval {
            ledger: &net.ledger,
            iss: &member_id(self.who),
            kind,
            receivable: &self.receivable,
            encumbrance,
            minor: self.approved.unwrap_or(self.minor),
            currency: &Currency::parse("USD").unwrap(),
            until: crate::dates::Date::parse(self.until).unwrap(),
            register_no: "0123-REG",
        });
        let signature = signer(self.maker.0, self.maker.1).sign(Purpose::Approval(&bytes)).unwrap();
        json!({ "kid": kid(self.maker.0, self.maker.1), "signature": Signature(signature) })
    }

    pub(crate) fn send(&self, net: &mut Net) -> Sent {
        let body = json!({
            "receivable": self.receivable, "reservation": self.reservation, "minor": self.minor, "until": self.until,
            "register_no": "0123-REG", "maker": self.maker(net, &self.reservation, self.approved_kind),
        });
        net.send_with(self.who, self.signed_with, &[], &draft("finance.pledge/1", &[], body, &[]))
    }
}

/// Reserves and pledges; returns the pledge.
pub(crate) fn lend(net: &mut Net, who: &'static str, id: RecordId, minor: u64) -> RecordId {
    let reservation = reserve(net, who, id, minor, 3600);
    assert_eq!(reservation.code, 0, "{:?}", reservation.detail);
    let pledge = Lend::good(who, id, reservation.id, minor).send(net);
    assert_eq!(pledge.code, 0, "{:?}", pledge.detail);
    pledge.id
}

pub(crate) fn repay(net: &mut Net, who: &str, id: RecordId, pledge: RecordId, minor: u64, source: &str) -> Sent {
    let body = json!({ "receivable": id, "pledge": pledge, "minor": minor, "source": source });
    call(net, who, "finance.repay/1", body)
}

pub(crate) fn dispute(net: &mut Net, who: &str, id: RecordId, open: bool, reveal: bool) -> Sent {
    let mut body = json!({ "receivable": id, "reason": "quality", "open": open });
    if reveal {
        body["reveal"] = json!({ "capacity": "debtor", "salt": SALT });
    }
    call(net, who, "finance.dispute/1", body)
}

pub(crate) fn value(net: &Net, id: RecordId) -> Receivable {
    net.get(&receivable_key(&id)).unwrap()
}
