//! A ledger in memory: form, admission and execution, one transaction per block.

use super::START;
use crate::world::{Authored, Cast, MemberSigner, SaltedDraft, Salts, sign};
use chain_core::authority::Authority;
use chain_core::execute::{BlockContext, Outcome, execute};
use chain_core::genesis::Founding;
use chain_core::member::Member;
use chain_core::record::Record;
use chain_core::state::{StateRead as _, keys};
use chain_core::tx::ParsedTx;
use chain_core::types::{Height, Jti, LedgerId, MemberId, RecordId, TimeMs};
use contracts::clearance::standing::{Accepted, Standing, standing};
use contracts::finance::check::{MemberView, OnLedger};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

pub(super) struct Ledger {
    pub(super) cast: Cast,
    pub(super) id: LedgerId,
    pub(super) height: Height,
    pub(super) time: TimeMs,
    pub(super) salts: Salts,
    pub(super) views: Vec<MemberView>,
    pub(super) accepted: Vec<OnLedger>,
    state: BTreeMap<String, Vec<u8>>,
}

impl Ledger {
    pub(super) fn new(cast: Cast) -> Ledger {
        let genesis = cast.genesis("sealane.example/test", START).unwrap();
        contracts::membership::check_genesis(&genesis).unwrap();
        let founding = Founding::read(&serde_json::to_vec(&genesis).unwrap()).unwrap();
        let mut state = founding.state().unwrap();
        state.extend(contracts::genesis_state(&genesis));
        let (seed, id) = (cast.seed, founding.id);
        let salts = Salts::new(seed, "ledger");
        Ledger { cast, id, height: Height(0), time: START, salts, views: Vec::new(), accepted: Vec::new(), state }
    }

    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.state.load(key).unwrap()
    }

    pub(super) fn member(&self, id: &MemberId) -> Option<Member> {
        self.get(&keys::member(id))
    }

    pub(super) fn submit(&mut self, authored: &Authored) -> OnLedger {
        let who = self.cast.by_id(&authored.by).unwrap().clone();
        self.must(&who, authored.draft.clone())
    }

    /// Accepted, or the test fails.
    pub(super) fn must(&mut self, who: &MemberSigner, draft: impl Into<SaltedDraft>) -> OnLedger {
        let draft = draft.into();
        let kind = draft.draft.kind.clone();
        let code = self.send(who, &[draft]);
        assert_eq!(code, 0, "{kind} by {}", who.nick);
        self.accepted.last().unwrap().clone()
    }

    /// 0 when accepted, else the code of the refusal.
    pub(super) fn send(&mut self, who: &MemberSigner, drafts: &[SaltedDraft]) -> u16 {
        self.height = self.height.next();
        self.time.0 += 1000;
        let jti = Jti::parse(&format!("t-{}", self.height)).unwrap();
        let built = sign(who, drafts, &jti, self.time, &self.id, &mut self.salts).unwrap();
        let contracts = contracts::all();
        let parsed = ParsedTx::parse(&built.bytes, &self.id).unwrap();
        contracts.check_form(parsed.records()).unwrap();
        let (records, kid) = (parsed.records().to_vec(), parsed.kid().clone());
        let authority = Authority::new(self.state.clone(), self.height).unwrap();
        let admitted = match authority.verify(parsed).and_then(|tx| authority.admit(tx, self.time)) {
            Ok(admitted) => admitted,
            Err(error) => return error.code(),
        };
        let block = BlockContext { ledger: self.id, height: self.height, time: self.time };
        let done = execute(&contracts, &self.state, authority.params(), block, &[admitted]).unwrap();
        for (key, value) in done.writes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        if let Outcome::Refused { code, .. } = done.outcomes[0] {
            return code;
        }
        let then = self.member(&who.id);
        self.views.push(MemberView { id: who.id.clone(), at: self.height, then: then.clone(), now: then });
        for (record, (id, presented)) in records.into_iter().zip(built.sealed) {
            let (issuer, kid, height) = (who.id.clone(), kid.clone(), self.height);
            self.accepted.push(OnLedger { id, issuer, kid, height, record, is_final: true, presented });
        }
        0
    }

    /// What the later records of the document's own code say.
    pub(super) fn standing(&self, document: &OnLedger) -> Standing {
        let accepted = |found| of(found, &self.cast.customs.id);
        let later: Vec<Accepted<'_>> = self
            .accepted
            .iter()
            .filter(|found| found.height > document.height && shares(&found.record, &document.record))
            .map(accepted)
            .collect();
        standing(of(document, &self.cast.customs.id), &later)
    }

    pub(super) fn found(&self, id: RecordId) -> OnLedger {
        self.accepted.iter().find(|found| found.id == id).unwrap().clone()
    }
}

fn of<'a>(found: &'a OnLedger, customs: &MemberId) -> Accepted<'a> {
    Accepted { id: found.id, issuer: &found.issuer, customs: found.issuer == *customs, record: &found.record }
}

fn shares(a: &Record, b: &Record) -> bool {
    a.objects.iter().any(|code| b.objects.contains(code))
}
