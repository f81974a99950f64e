//! One ledger in a test: members with keys, records through form check, admission and execution.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chain_core::authority::Authority;
use chain_core::contract::{Contract, Contracts};
use chain_core::execute::{BlockContext, Outcome, execute};
use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::member::{Grants, KeyUse, Member, MemberKey, Params, Role};
use chain_core::record::{Record, RecordDraft};
use chain_core::state::{StateRead as _, keys};
use chain_core::tx::ParsedTx;
use chain_core::tx::build::{Envelope, build};
use chain_core::tx::disclosure::Sealed;
use chain_core::types::{Height, Jti, Kid, LedgerId, MemberId, RecordId, TimeMs};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Status of a record whose form is refused (the code of a wrong shape).
pub(crate) const FORM: u16 = 1009;
/// Block time of the first block: 2026-11-22 09:00 in Beijing.
pub(crate) const START: TimeMs = TimeMs(1_795_309_200_000);

pub(crate) struct Net {
    pub(crate) state: BTreeMap<String, Vec<u8>>,
    pub(crate) ledger: LedgerId,
    pub(crate) height: Height,
    pub(crate) time: TimeMs,
    contracts: Contracts,
    sent: u64,
}

/// What became of a record that was sent alone in a transaction in a block of its own.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: RecordId,
    /// 0 accepted, [`FORM`], the code of admission, or the contract's code.
    pub(crate) code: u16,
    pub(crate) detail: Value,
    pub(crate) issuer: MemberId,
    pub(crate) kid: Kid,
    pub(crate) height: Height,
    pub(crate) record: Record,
    pub(crate) sealed: Vec<Sealed>,
}

pub(crate) fn member_id(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

/// Each member has one key per use: `record`, `maker`, `checker`, `attest`.
pub(crate) fn signer(member: &str, key: &str) -> MemorySigner {
    MemorySigner::from_seed(Hash::of(format!("{member}/{key}").as_bytes()).as_bytes())
}

pub(crate) fn kid(member: &str, key: &str) -> Kid {
    signer(member, key).public_key().kid()
}

fn key_of(member: &str, name: &str, purpose: KeyUse) -> MemberKey {
    let x = signer(member, name).public_key();
    MemberKey { kid: x.kid(), x, uses: BTreeSet::from([purpose]), from: Height(0), until: None }
}

pub(crate) fn draft(kind: &str, objects: &[&str], clear: Value, sealed: &[(&str, Value)]) -> RecordDraft {
    RecordDraft {
        kind: kind.into(),
        objects: objects.iter().map(|o| (*o).into()).collect(),
        at: "2026-11-22T01:02:03Z".into(),
        clear: clear.as_object().unwrap().clone(),
        sealed: sealed.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
    }
}

impl Net {
    /// `grants`: kind and the one role that may write it.
    pub(crate) fn new(
        contracts: &[&'static dyn Contract],
        members: &[(&str, &[Role])],
        grants: &[(&str, &[Role])],
    ) -> Net {
        let mut net = Net {
            state: BTreeMap::new(),
            ledger: LedgerId(Hash::of(b"a ledger")),
            height: Height(0),
            time: START,
            contracts: Contracts::new(contracts),
            sent: 0,
        };
        for (id, roles) in members {
            let member = Member {
                id: member_id(id),
                names: BTreeMap::new(),
                roles: roles.iter().copied().collect(),
                keys: vec![
                    key_of(id, "record", KeyUse::Record),
                    key_of(id, "maker", KeyUse::Maker),
                    key_of(id, "checker", KeyUse::Checker),
                    key_of(id, "attest", KeyUse::Attest),
                ],
                since: Height(0),
                suspended_from: None,
            };
            net.put(&keys::member(&member.id), &member);
        }
        let grants = Grants(
            grants
                .iter()
                .map(|(kind, roles)| (serde_json::from_value((*kind).into()).unwrap(), roles.iter().copied().collect()))
                .collect(),
        );
        net.put(keys::GRANTS, &grants);
        net.put(keys::PARAMS, &Params::default());
        net
    }

    pub(crate) fn put<T: Serialize>(&mut self, key: &str, value: &T) {
        self.state.insert(key.into(), serde_json::to_vec(value).unwrap());
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.state.load(key).unwrap()
    }

    pub(crate) fn change_member(&mut self, id: &str, change: impl FnOnce(&mut Member)) {
        let key = keys::member(&member_id(id));
        let mut member: Member = self.get(&key).unwrap();
        change(&mut member);
        self.put(&key, &member);
    }

    pub(crate) fn wait_s(&mut self, seconds: u64) {
        self.time.0 += seconds * 1000;
    }

    /// Sends a record with the key named `record`.
    pub(crate) fn send(&mut self, who: &str, draft: &RecordDraft) -> Sent {
        self.send_with(who, "record", &[], draft)
    }

    pub(crate) fn send_with(&mut self, who: &str, key: &str, sealed_to: &[MemberId], draft: &RecordDraft) -> Sent {
        self.sent += 1;
        self.height = self.height.next();
        self.time.0 += 1;
        let signer = signer(who, key);
        let iat = self.time.seconds();
        let envelope = Envelope {
            iss: member_id(who),
            aud: self.ledger,
            jti: Jti::parse(&format!("t{}", self.sent)).unwrap(),
            iat,
            submit_by: iat + 3600,
        };
        let mut salt = Hash::of(format!("{}", self.sent).as_bytes());
        let built = build(&envelope, std::slice::from_ref(draft), sealed_to, &signer, || {
            salt = Hash::of(salt.as_bytes());
            salt.as_bytes()[..16].try_into().unwrap()
        })
        .unwrap();
        let parsed = ParsedTx::parse(&built.bytes, &self.ledger).unwrap();
        let mut sent = Sent {
            id: RecordId { tx: built.id, index: 0 },
            code: 0,
            detail: Value::Null,
            issuer: member_id(who),
            kid: signer.public_key().kid(),
            height: self.height,
            record: parsed.records()[0].clone(),
            sealed: built.sealed[0].1.clone(),
        };
        if let Err(error) = self.contracts.check_form(parsed.records()) {
            sent.code = error.code();
            sent.detail = error.to_string().into();
            return sent;
        }
        let authority = Authority::new(self.state.clone(), self.height).unwrap();
        let admitted = match authority.verify(parsed).and_then(|tx| authority.admit(tx, self.time)) {
            Ok(admitted) => admitted,
            Err(error) => return Sent { code: error.code(), ..sent },
        };
        let block = BlockContext { ledger: self.ledger, height: self.height, time: self.time };
        let executed = execute(&self.contracts, &self.state, authority.params(), block, &[admitted]).unwrap();
        for (key, value) in executed.writes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        if let Outcome::Refused { code, detail, .. } = &executed.outcomes[0] {
            sent.code = *code;
            sent.detail = detail.clone().unwrap_or_default();
        }
        sent
    }
}
