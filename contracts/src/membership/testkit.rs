//! A ledger in memory for table tests: real signatures, form, authority and execution, one block per call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::membership::{MEMBERSHIP, check_genesis, genesis_state};
use crate::registry::REGISTRY;
use chain_core::authority::Authority;
use chain_core::contract::Contracts;
use chain_core::execute::{BlockContext, Outcome, execute};
use chain_core::genesis::{Founding, Genesis};
use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, PublicKey, Signer};
use chain_core::log::VerifierKey;
use chain_core::member::{Grants, KeyUse, Member, MemberKey, Params, Role};
use chain_core::record::RecordDraft;
use chain_core::state::StateRead;
use chain_core::tx::{AdmittedTx, ParsedTx, build};
use chain_core::types::{Height, Jti, Kind, LedgerId, MemberId, RecordId, TimeMs};
use chain_core::validators::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// 2026-11-22 01:00 in Beijing; still 2026-11-21 in UTC.
pub const GENESIS_TIME: TimeMs = TimeMs(20_778 * 86_400_000 + 17 * 3_600_000);

/// The signer of a name; the same name always gives the same key.
pub fn signer(name: &str) -> MemorySigner {
    MemorySigner::from_seed(Hash::of(name.as_bytes()).as_bytes())
}

/// Its public key.
pub fn public(name: &str) -> PublicKey {
    signer(name).public_key()
}

pub fn id(text: &str) -> MemberId {
    MemberId::parse(text).unwrap()
}

/// A founder with one record key, named `<id>/record`.
pub fn founder(name: &str, roles: &[Role]) -> Member {
    let x = public(&format!("{name}/record"));
    let uses = BTreeSet::from([KeyUse::Record]);
    Member {
        id: id(name),
        names: BTreeMap::from([("en".into(), name.into())]),
        roles: roles.iter().copied().collect(),
        keys: vec![MemberKey { kid: x.kid(), x, uses, from: Height(0), until: None }],
        since: Height(0),
        suspended_from: None,
    }
}

/// A validator whose keys are named `<id>/vote`, `<id>/log`, `<id>/cosigner`, `<id>/peer`.
pub fn validator(name: &str) -> Validator {
    let key = |purpose: &str| public(&format!("{name}/{purpose}"));
    Validator { member: id(name), vote: key("vote"), log: key("log"), cosigner: key("cosigner"), peer: key("peer") }
}

/// The verifier key of a cosigner, whose key is that of [`signer`] of `key`.
pub fn cosigner_key(name: &str, key: &str) -> VerifierKey {
    VerifierKey::for_cosignatures(name, &signer(key).key().verifying_key()).unwrap()
}

/// Every kind may be written by every role named.
pub fn grants(kinds: &[(&str, &[Role])]) -> Grants {
    let roles = |roles: &[Role]| roles.iter().copied().collect::<BTreeSet<Role>>();
    Grants(kinds.iter().map(|(kind, r)| (Kind::parse(kind).unwrap(), roles(r))).collect())
}

pub fn genesis(members: Vec<Member>, validators: &[&str], grants: Grants) -> Genesis {
    Genesis {
        origin: "sealane.example/test".into(),
        time: GENESIS_TIME,
        members,
        validators: validators.iter().map(|name| validator(name)).collect(),
        followers: Default::default(),
        grants,
        params: Params { votes_needed: 3, ..Params::default() },
        rules: BTreeMap::new(),
        witnesses: None,
    }
}

/// A transaction to be signed.
pub struct Tx<'a> {
    pub who: &'a str,
    pub key: &'a str,
    pub records: Vec<RecordDraft>,
}

pub fn draft(kind: &str, body: Value) -> RecordDraft {
    let objects = body.get("code").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    let clear = body.as_object().unwrap().clone();
    RecordDraft { kind: kind.into(), objects, at: "2026-11-22T01:02:03Z".into(), clear, sealed: Vec::new() }
}

pub struct TestLedger {
    pub state: BTreeMap<String, Vec<u8>>,
    /// Height and time of the last block.
    pub height: Height,
    pub time: TimeMs,
    /// Record 0 of the last transaction signed.
    pub last: RecordId,
    /// Detail of the last refusal.
    pub detail: Option<Value>,
    id: LedgerId,
    contracts: Contracts,
    count: u64,
}

impl TestLedger {
    pub fn new(genesis: &Genesis) -> TestLedger {
        check_genesis(genesis).unwrap();
        let founding = Founding::read(&serde_json::to_vec(genesis).unwrap()).unwrap();
        let mut state = founding.state().unwrap();
        state.extend(genesis_state(genesis));
        TestLedger {
            state,
            height: Height(0),
            time: genesis.time,
            last: RecordId { tx: chain_core::types::TxId(Hash::default()), index: 0 },
            detail: None,
            id: founding.id,
            contracts: Contracts::new(&[&MEMBERSHIP, &REGISTRY]),
            count: 0,
        }
    }

    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        StateRead::load(&self.state, key).unwrap()
    }

    pub fn member(&self, name: &str) -> Member {
        self.get(&format!("member/{name}")).unwrap()
    }

    /// One record in a block of its own, signed with the member's first key. 0 when accepted, else the code.
    pub fn call(&mut self, who: &str, kind: &str, body: Value) -> u16 {
        let key = format!("{who}/record");
        self.call_with(who, &key, kind, body)
    }

    pub fn call_with(&mut self, who: &str, key: &str, kind: &str, body: Value) -> u16 {
        self.block(vec![Tx { who, key, records: vec![draft(kind, body)] }])[0]
    }

    /// Transactions in one block. Those of bad form or without authority do not enter it and give their code.
    pub fn block(&mut self, txs: Vec<Tx<'_>>) -> Vec<u16> {
        let (height, time) = (self.height.next(), TimeMs(self.time.0 + 1000));
        let authority = Authority::new(self.state.clone(), height).unwrap();
        let mut admitted: Vec<AdmittedTx> = Vec::new();
        let mut codes: Vec<Option<u16>> = Vec::new();
        for tx in txs {
            let built = self.sign(&tx, time);
            let result = ParsedTx::parse(&built, &self.id)
                .and_then(|parsed| self.contracts.check_form(parsed.records()).map(|()| parsed))
                .map_err(chain_core::authority::AuthorityError::from)
                .and_then(|parsed| authority.verify(parsed))
                .and_then(|verified| authority.admit(verified, time));
            match result {
                Ok(tx) => {
                    admitted.push(tx);
                    codes.push(None);
                }
                Err(error) => codes.push(Some(error.code())),
            }
        }
        let place = BlockContext { ledger: self.id, height, time };
        let done = execute(&self.contracts, &self.state, authority.params(), place, &admitted).unwrap();
        for (key, value) in done.writes {
            match value {
                Some(bytes) => self.state.insert(key, bytes),
                None => self.state.remove(&key),
            };
        }
        (self.height, self.time) = (height, time);
        let mut outcomes = done.outcomes.into_iter();
        codes
            .into_iter()
            .map(|code| code.unwrap_or_else(|| self.note(outcomes.next().unwrap())))
            .collect()
    }

    fn note(&mut self, outcome: Outcome) -> u16 {
        let code = outcome.code();
        if let Outcome::Refused { detail, message, .. } = outcome {
            assert!(!message.is_empty());
            self.detail = detail;
        }
        code
    }

    fn sign(&mut self, tx: &Tx<'_>, time: TimeMs) -> Vec<u8> {
        self.count += 1;
        let mut salts = self.count * 1000;
        let envelope = build::Envelope {
            iss: id(tx.who),
            aud: self.id,
            jti: Jti::parse(&format!("t{}", self.count)).unwrap(),
            iat: time.seconds(),
            submit_by: time.seconds() + 60,
        };
        let salt = || {
            salts += 1;
            let digest = Hash::of(&salts.to_be_bytes());
            std::array::from_fn(|i| digest.as_bytes()[i])
        };
        let built = build::build(&envelope, &tx.records, &[], &signer(tx.key), salt).unwrap();
        self.last = RecordId { tx: built.id, index: 0 };
        built.bytes
    }

    /// Empty blocks up to a height.
    pub fn skip_to(&mut self, height: u64) {
        self.height = Height(height.max(self.height.0));
    }

    /// Lets days go by.
    pub fn skip_days(&mut self, days: u64) {
        self.time = TimeMs(self.time.0 + days * 86_400_000);
    }
}

/// `member.key/1` bodies.
pub fn add_key(name: &str, uses: &[&str]) -> Value {
    json!({ "action": "add", "x": public(name), "uses": uses })
}

pub fn revoke_key(name: &str) -> Value {
    json!({ "action": "revoke", "kid": public(name).kid() })
}
