//! A ledger with a receivable, a pledge, forty events, a change of keys and one of validators; and bundles of it.

use crate::block::Leaf;
use crate::bundle::{BUNDLE, BlockLeaf, Bundle, Entry, Listing, Record, StateEntry, Subject, page};
use crate::contract::{Context, Contract, Contracts, Refusal, Stop};
use crate::execute::Outcome;
use crate::fixtures::{self, Ledger, ORIGIN, START, draft, genesis_of, member_key, set_of, transaction_by};
use crate::hash::Hash;
use crate::json::JsonError;
use crate::member::{KeyUse, Member, Role};
use crate::receipt::{leaf_text, policy_of};
use crate::record::Record as LedgerRecord;
use crate::tx::build::Built;
use crate::types::{Height, RecordId};
use serde_json::json;
use std::collections::BTreeMap;

const KINDS: [&str; 5] = ["finance.pledge/1", "finance.receivable/1", "test.key/1", "test.refuse/1", "trace.event/1"];

/// Receivables and pledges under `rcv/<id>`; `test.key/1` gives its issuer a next key.
struct World;

impl Contract for World {
    fn name(&self) -> &'static str {
        "world"
    }
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }
    fn check_form(&self, _: &LedgerRecord) -> Result<(), JsonError> {
        Ok(())
    }
    fn apply(&self, ctx: &mut Context<'_, '_>, record: &LedgerRecord) -> Result<(), Stop> {
        match record.kind.as_str() {
            "finance.receivable/1" => {
                let key = format!("rcv/{}", ctx.record_id);
                ctx.store(&key, &json!({"status": "registered", "face": record.body.field("face")}))?;
            }
            "finance.pledge/1" => {
                let key = record.objects[0].as_str().replacen(':', "/", 1);
                ctx.store(&key, &json!({"status": "pledged", "by": ctx.issuer.id}))?;
            }
            "test.key/1" => {
                let mut member = ctx.issuer.clone();
                let next = Height(ctx.height.0 + 1);
                for key in &mut member.keys {
                    key.until.get_or_insert(next);
                }
                let seed = u8::try_from(record.body.field("seed").unwrap().as_u64().unwrap()).unwrap();
                member.keys.push(member_key(seed, KeyUse::Record, next.0, None));
                ctx.store(&crate::state::keys::member(&member.id), &member)?;
            }
            "test.refuse/1" => return Err(Refusal::new(4242, "refused on purpose").into()),
            _ => {}
        }
        Ok(())
    }
}

fn member(name: &str, zh: &str, role: Role, seed: u8) -> Member {
    let mut member = fixtures::member(name, role, vec![member_key(seed, KeyUse::Record, 0, None)]);
    member.names.insert("zh-CN".into(), zh.into());
    // A key that signs no transactions, however valid.
    member.keys.push(member_key(seed + 0x80, KeyUse::Api, 0, None));
    member
}

pub fn genesis(time: u64) -> Vec<u8> {
    let mut members = vec![
        member("trader", "示例电商", Role::Enterprise, 1),
        member("bank", "示例银行", Role::Bank, 2),
        member("carrier", "示例物流", Role::Enterprise, 3),
    ];
    members[2].since = Height(2);
    genesis_of(time, members, &KINDS)
}

pub const OBJECT: &str = "01/09506000134352/21/7";
/// Named by the first three events and the refused one.
pub const ORDER: &str = "order:2026-1";
pub const EVENTS: usize = 40;

/// A page with nothing but the markers, until one shows something.
pub const PAGE: &str =
    "<!doctype html>\n<title>证据 evidence</title>\n<p>Open this file with a verifier.\n<!--sealane-bundle:-->\n";

/// The ledger and what was sent to it.
pub struct Story {
    pub ledger: Ledger,
    /// Registers the receivable, with two sealed fields, and a second one beside it.
    pub register: Built,
    pub pledge: Built,
    /// One event each; the last two by the carrier.
    pub events: Vec<Built>,
    pub refused: Built,
    /// The carrier changes its key.
    pub rotate: Built,
    /// An event under the carrier's new key.
    pub after: Built,
}

impl Story {
    pub fn id(&self) -> RecordId {
        RecordId { tx: self.register.id, index: 0 }
    }

    pub fn chain(&self) -> String {
        format!("rcv:{}", self.id())
    }

    /// Up to the fortieth event; four validators, nobody changed anything.
    pub fn started(time: u64) -> Story {
        let ledger = Ledger::founded(&genesis(time), Contracts::new(&[&World]));
        let aud = ledger.id();
        let receivable = |face: u64, sealed: &[(&str, &str)]| {
            let mut draft =
                draft("finance.receivable/1", "x", json!({"face": {"currency": "USD", "minor": face}}), sealed);
            draft.objects.clear();
            draft
        };
        let register = transaction_by(
            "trader",
            1,
            aud,
            "rcv-1",
            &[
                receivable(1_200_000, &[("debtor", "Example GmbH, 汉堡"), ("due", "2026-06-30")]),
                receivable(5, &[("due", "2026-07-31")]),
            ],
        );
        let own = format!("rcv:{}:0", register.id);
        let pledge =
            transaction_by("bank", 2, aud, "pl-1", &[draft("finance.pledge/1", &own, json!({"share": 10_000}), &[])]);
        let event = |n: usize| {
            let (iss, seed) = if n + 2 < EVENTS { ("trader", 1) } else { ("carrier", 3) };
            let mut draft = draft("trace.event/1", OBJECT, json!({"step": n}), &[]);
            if n < 3 {
                draft.objects.push(ORDER.into());
            }
            transaction_by(iss, seed, aud, &format!("ev-{n}"), &[draft])
        };
        let mut no = draft("test.refuse/1", OBJECT, json!({}), &[]);
        no.objects.push(ORDER.into());
        let refused = transaction_by("trader", 1, aud, "no", &[no]);
        let rotate =
            transaction_by("carrier", 3, aud, "key-2", &[draft("test.key/1", "key:2", json!({"seed": 4}), &[])]);
        let after =
            transaction_by("carrier", 4, aud, "late", &[draft("trace.event/1", OBJECT, json!({"step": "late"}), &[])]);
        let events: Vec<Built> = (0..EVENTS).map(event).collect();
        let mut story = Story { ledger, register, pledge, events, refused, rotate, after };
        story.ledger.commit(&[&story.register], None);
        story.ledger.commit(&[&story.events[0], &story.pledge, &story.refused], None);
        story.ledger.commit(&story.events[1..21].iter().collect::<Vec<_>>(), None);
        story.ledger.commit(&[], None);
        story.ledger.commit(&story.events[21..].iter().collect::<Vec<_>>(), None);
        story
    }

    pub fn new() -> Story {
        Story::started(START)
    }

    /// The carrier's key and half of the validators change.
    pub fn change(&mut self) {
        self.ledger.commit(&[&self.rotate], Some(&[3, 4, 5, 6]));
        self.ledger.commit(&[&self.after], None);
    }

    /// The receivable with its pledge, both sealed fields opened.
    pub fn receivable(&self) -> Bundle {
        let mut bundle = self.bundle(
            Subject::Receivable(self.id().to_string()),
            &["gov/params", "member/bank", "member/trader", "rcv/none", &format!("rcv/{}", self.id())],
            &[(&self.register, Show::Records), (&self.pledge, Show::Records)],
            &[&self.chain()],
        );
        let opened = self.register.sealed[0].1.iter().map(|field| field.disclosure.clone());
        bundle.entries[0].records[0].sealed = opened.collect();
        bundle
    }

    /// The object with its forty events, and the refused one beside them.
    pub fn object(&self) -> Bundle {
        let mut shown: Vec<(&Built, Show)> = self.events.iter().map(|built| (built, Show::Records)).collect();
        shown.push((&self.refused, Show::Records));
        if self.ledger.state["member/carrier"].windows(5).any(|w| w == b"until") {
            shown.push((&self.after, Show::Records));
        }
        self.bundle(Subject::Object(OBJECT.into()), &["member/carrier", "member/trader"], &shown, &[OBJECT])
    }

    /// A bundle with whatever is asked for, under the newest checkpoint. Chains of listed objects come by themselves.
    pub fn bundle(&self, subject: Subject, keys: &[&str], shown: &[(&Built, Show)], listed: &[&str]) -> Bundle {
        let ledger = &self.ledger;
        let last = ledger.leaves.len() - 1;
        let mut state = BTreeMap::new();
        for key in keys.iter().map(|key| (*key).to_owned()).chain(listed.iter().map(|code| format!("obj/{code}"))) {
            let (value, proof) = ledger.proved(&key);
            state.insert(key.clone(), StateEntry { key, value, proof });
        }
        let mut entries: Vec<Entry> = shown.iter().map(|(built, show)| self.entry(built, *show)).collect();
        entries.sort_by_key(|entry| entry.index);
        let mut listings: Vec<Listing> =
            listed.iter().map(|code| Listing { object: (*code).into(), records: self.records_of(code) }).collect();
        listings.sort_by(|a, b| a.object.cmp(&b.object));
        let policy = policy_of(ORIGIN, &set_of(&ledger.validators), None).unwrap().encode();
        Bundle {
            format: BUNDLE.into(),
            page: page::hash(PAGE.as_bytes()).unwrap(),
            subject,
            genesis: ledger.founding.file.to_string(),
            handovers: ledger.handovers.clone(),
            checkpoint: ledger.checkpoint(&ledger.quorum()).encode(),
            policy: String::from_utf8(policy).unwrap(),
            block: BlockLeaf {
                leaf: leaf_text(&ledger.leaves[last]),
                index: last as u64,
                path: ledger.path(last as u64),
            },
            state: state.into_values().collect(),
            entries,
            listings,
            time: None,
        }
    }

    fn entry(&self, built: &Built, show: Show) -> Entry {
        let place = self.ledger.place(built);
        let text = std::str::from_utf8(&built.bytes).unwrap();
        let parts: Vec<&str> = text.trim_end_matches('~').split('~').collect();
        let records = parts[1..].iter().enumerate();
        let shown = records.map(|(n, text)| Record { index: n as u16, disclosure: (*text).into(), sealed: vec![] });
        Entry {
            leaf: leaf_text(&self.ledger.leaves[place as usize]),
            index: place,
            path: self.ledger.path(place),
            jwt: (show == Show::Records).then(|| parts[0].to_owned()),
            records: if show == Show::Records { shown.collect() } else { vec![] },
        }
    }

    /// As an honest node lists them.
    fn records_of(&self, code: &str) -> Vec<RecordId> {
        let all = [&self.register, &self.pledge, &self.refused, &self.rotate, &self.after];
        let mut found = vec![];
        for leaf in &self.ledger.leaves {
            let Leaf::Tx { id, outcome, .. } = leaf else { continue };
            let Some(built) = all.into_iter().chain(&self.events).find(|built| built.id.0 == *id) else { continue };
            if *outcome != Outcome::Accepted.leaf_bytes() {
                continue;
            }
            let tx = crate::tx::ParsedTx::parse(&built.bytes, &self.ledger.id()).unwrap();
            for (index, record) in tx.records().iter().enumerate() {
                if record.objects.iter().any(|object| object.as_str() == code) {
                    found.push(RecordId { tx: built.id, index: index as u16 });
                }
            }
        }
        found
    }

    /// A leaf that an honest ledger would not have made, and a block after it.
    pub fn smuggle(&mut self, built: &Built, height: u64) -> Smuggled {
        let text = std::str::from_utf8(&built.bytes).unwrap();
        let (jwt, disclosures) = text.split_once('~').unwrap();
        let leaf = Leaf::Tx {
            height: Height(height),
            index: 0,
            id: Hash::of(jwt.rsplit_once('.').unwrap().0.as_bytes()),
            jwt: Hash::of(jwt.as_bytes()),
            outcome: Outcome::Accepted.leaf_bytes(),
        };
        let place = self.ledger.leaves.len() as u64;
        self.ledger.push(leaf.clone());
        self.ledger.commit(&[], None);
        let record = Record { index: 0, disclosure: disclosures.split('~').next().unwrap().into(), sealed: vec![] };
        Smuggled(Entry {
            leaf: leaf_text(&leaf),
            index: place,
            path: vec![],
            jwt: Some(jwt.into()),
            records: vec![record],
        })
    }

    /// A bundle of the members' state and a smuggled entry.
    pub fn with(&self, smuggled: &Smuggled) -> Bundle {
        let mut bundle = self.bundle(
            Subject::Member("trader".into()),
            &["member/bank", "member/carrier", "member/trader"],
            &[],
            &[],
        );
        bundle.entries.push(Entry { path: self.ledger.path(smuggled.0.index), ..smuggled.0.clone() });
        bundle
    }

    /// A small object: three records and a refused one.
    pub fn order(&self) -> Bundle {
        let mut shown: Vec<(&Built, Show)> = self.events[..3].iter().map(|built| (built, Show::Records)).collect();
        shown.push((&self.refused, Show::Records));
        self.bundle(Subject::Object(ORDER.into()), &["member/trader"], &shown, &[ORDER])
    }

    /// A member's credit record: what the ledger holds of it and a record of its own.
    pub fn member(&self) -> Bundle {
        let keys = ["member/bank", "member/stranger"];
        self.bundle(Subject::Member("bank".into()), &keys, &[(&self.pledge, Show::Records)], &[])
    }
}

/// A bundle entry whose path depends on how the log went on.
pub struct Smuggled(Entry);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Show {
    Records,
    Withheld,
}
