#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What the tests of this crate share: fixed keys, a founding, and a whole small ledger in memory.
//!
//! Seeds are one byte repeated 32 times: `01` signs the trader's records; validator `n` votes with `1n`, signs
//! checkpoints as the log with `2n`, cosigns with `3n` and is `4n` on the network; witness `n` cosigns with `5n`.

use crate::authority::Authority;
use crate::block::{Certificate, Header, Leaf, PROTOCOL_VERSION, SignatureBytes, transactions_hash};
use crate::contract::{Context, Contract, Contracts, Refusal, Stop};
use crate::execute::{BlockContext, Outcome, execute};
use crate::genesis::{Founding, Genesis, Witnesses};
use crate::hash::Hash;
use crate::json::JsonError;
use crate::keys::{MemorySigner, PublicKey, Signer};
use crate::log::cosignature::cosign;
use crate::log::merkle::{inclusion_proof, leaf_hash};
use crate::log::note::VerifierKey;
use crate::log::{Checkpoint, Frontier, NodeId, SignedCheckpoint};
use crate::member::{Grants, KeyUse, Member, MemberKey, Params, Role};
use crate::receipt::{Extra, Handover, STATE_PROOF, Shown, StateProof, cosigner_name, leaf_text, receipt};
use crate::record::{Record, RecordDraft};
use crate::state::Writes;
use crate::tree::{self, Page, PageId, PageReader, Root};
use crate::tx::build::{Built, Envelope, build};
use crate::tx::{ParsedTx, VerifiedTx};
use crate::types::{Height, Jti, Kind, LedgerId, MemberId, TimeMs};
use crate::validators::{Validator, ValidatorSet};
use crate::vote::precommit_bytes;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

pub const ORIGIN: &str = "sealane.example/test";
/// 2026-01-01T00:00:00Z, Unix seconds.
pub const START: u64 = 1_767_225_600;

pub fn signer(seed: u8) -> MemorySigner {
    MemorySigner::from_seed(&[seed; 32])
}

pub fn public(seed: u8) -> PublicKey {
    signer(seed).public_key()
}

pub fn id(text: &str) -> MemberId {
    MemberId::parse(text).unwrap()
}

pub fn member(name: &str, role: Role, keys: Vec<MemberKey>) -> Member {
    let names = BTreeMap::from([("en".to_owned(), name.to_owned())]);
    Member { id: id(name), names, roles: BTreeSet::from([role]), keys, since: Height(0), suspended_from: None }
}

pub fn member_key(seed: u8, purpose: KeyUse, from: u64, until: Option<u64>) -> MemberKey {
    let x = public(seed);
    MemberKey { kid: x.kid(), x, uses: BTreeSet::from([purpose]), from: Height(from), until: until.map(Height) }
}

pub fn validator(n: u8) -> Validator {
    Validator {
        member: id(&format!("node-{n}")),
        vote: public(0x10 + n),
        log: public(0x20 + n),
        cosigner: public(0x30 + n),
        peer: public(0x40 + n),
    }
}

pub fn set_of(numbers: &[u8]) -> ValidatorSet {
    ValidatorSet::new(numbers.iter().map(|n| validator(*n)).collect()).unwrap()
}

/// The verifier key of witness `n`, whose seed is `5n`.
pub fn witness_key(n: u8) -> VerifierKey {
    VerifierKey::for_cosignatures(&format!("witness-{n}.example/w"), &signer(0x50 + n).key().verifying_key()).unwrap()
}

/// A genesis file with one trader and validators 1 to 4.
pub fn genesis_file(time: u64) -> Vec<u8> {
    serde_json::to_vec(&genesis(time)).unwrap()
}

pub fn genesis(time: u64) -> Genesis {
    founders(
        time,
        vec![member("trader", Role::Enterprise, vec![member_key(1, KeyUse::Record, 0, None)])],
        &TEST_KINDS,
    )
}

/// A genesis file with these members besides those that run nodes; enterprises and banks may write these kinds.
pub fn genesis_of(time: u64, members: Vec<Member>, kinds: &[&str]) -> Vec<u8> {
    serde_json::to_vec(&founders(time, members, kinds)).unwrap()
}

fn founders(time: u64, mut members: Vec<Member>, kinds: &[&str]) -> Genesis {
    members.extend((1..=6).map(|n| member(&format!("node-{n}"), Role::Customs, vec![])));
    let mut writers = BTreeSet::from([Role::Enterprise]);
    if members.iter().any(|member| member.roles.contains(&Role::Bank)) {
        writers.insert(Role::Bank);
    }
    let kinds = kinds.iter().map(|kind| (Kind::parse(kind).unwrap(), writers.clone()));
    Genesis {
        origin: ORIGIN.into(),
        time: TimeMs(time * 1000),
        members,
        validators: (1..=4).map(validator).collect(),
        followers: Default::default(),
        grants: Grants(kinds.collect()),
        params: Params::default(),
        rules: BTreeMap::new(),
        witnesses: None,
    }
}

pub const TEST_KINDS: [&str; 3] = ["test.note/1", "test.panic/1", "test.refuse/1"];

/// Writes the body under `note/<first object>`; then panics or refuses where the kind says so.
struct Notes;

impl Contract for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }
    fn kinds(&self) -> &'static [&'static str] {
        &TEST_KINDS
    }
    fn check_form(&self, _: &Record) -> Result<(), JsonError> {
        Ok(())
    }
    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop> {
        let key = format!("note/{}", record.objects.first().map_or("none", |code| code.as_str()));
        ctx.store(&key, &record.body.fields())?;
        match record.kind.as_str() {
            "test.panic/1" => panic!("on purpose"),
            "test.refuse/1" => Err(Refusal::new(4242, "refused on purpose").with(json!({"free": 7})).into()),
            _ => Ok(()),
        }
    }
}

pub fn contracts() -> Contracts {
    Contracts::new(&[&Notes])
}

pub fn draft(kind: &str, object: &str, clear: Value, sealed: &[(&str, &str)]) -> RecordDraft {
    RecordDraft {
        kind: kind.into(),
        objects: vec![object.into()],
        at: "2026-01-01T00:00:00Z".into(),
        clear: clear.as_object().unwrap().clone(),
        sealed: sealed.iter().map(|(name, value)| ((*name).into(), Value::from(*value))).collect(),
    }
}

/// Signed by the trader; salts are `00…`, `01…`, `02…` in the order of use.
pub fn transaction(ledger: LedgerId, jti: &str, drafts: &[RecordDraft]) -> Built {
    transaction_by("trader", 1, ledger, jti, drafts)
}

/// Signed by a member with the key of a seed.
pub fn transaction_by(iss: &str, seed: u8, ledger: LedgerId, jti: &str, drafts: &[RecordDraft]) -> Built {
    let mut count = 0;
    let salt = || {
        count += 1;
        [count - 1; 16]
    };
    let jti = Jti::parse(jti).unwrap();
    let envelope = Envelope { iss: id(iss), aud: ledger, jti, iat: START, submit_by: START + 3600 };
    build(&envelope, drafts, &[], &signer(seed), salt).unwrap()
}

pub fn note(ledger: LedgerId, jti: &str, object: &str) -> Built {
    transaction(ledger, jti, &[draft("test.note/1", object, json!({"text": jti}), &[])])
}

pub fn verified(built: &Built, ledger: &LedgerId) -> VerifiedTx {
    ParsedTx::parse(&built.bytes, ledger).unwrap().verify(&public(1)).unwrap()
}

pub fn certificate(ledger: &LedgerId, height: u64, round: u32, block: Hash, voters: &[u8]) -> Certificate {
    let sign = |n: &u8| {
        let key = public(0x10 + n);
        let message = precommit_bytes(&ledger.0.0, height, round, &block.0, key.as_bytes());
        (key, SignatureBytes(signer(0x10 + n).key().sign(&message).to_bytes()))
    };
    let mut signatures: Vec<_> = voters.iter().map(sign).collect();
    signatures.sort_by_key(|entry| entry.0);
    Certificate { height: Height(height), round, block, signatures }
}

#[derive(Default)]
pub struct Pages(BTreeMap<PageId, Page>);

impl PageReader for Pages {
    type Error = Infallible;
    fn page(&self, id: &PageId) -> Result<Option<Page>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

/// A ledger made of this crate's pieces alone.
pub struct Ledger {
    pub founding: Founding,
    pub state: BTreeMap<String, Vec<u8>>,
    contracts: Contracts,
    pages: Pages,
    root: Root,
    pub frontier: Frontier,
    pub nodes: BTreeMap<NodeId, Hash>,
    pub leaves: Vec<Leaf>,
    /// Numbers of the validators who decide the next block.
    pub validators: Vec<u8>,
    pub headers: Vec<Header>,
    pub certificates: Vec<Certificate>,
    pub handovers: Vec<Handover>,
    /// Numbers of the witnesses who cosign.
    pub witnesses: Vec<u8>,
}

impl Ledger {
    pub fn new() -> Ledger {
        Ledger::started(START)
    }

    pub fn started(time: u64) -> Ledger {
        Ledger::founded(&genesis_file(time), contracts())
    }

    /// A ledger that asks for two of three witnesses; all three cosign.
    pub fn witnessed() -> Ledger {
        let witnesses = Witnesses { needed: 2, keys: [1, 2, 3].map(witness_key).into() };
        let founders = Genesis { witnesses: Some(witnesses), ..genesis(START) };
        Ledger { witnesses: vec![1, 2, 3], ..Ledger::founded(&serde_json::to_vec(&founders).unwrap(), contracts()) }
    }

    pub fn founded(genesis: &[u8], contracts: Contracts) -> Ledger {
        let founding = Founding::read(genesis).unwrap();
        let state = founding.state().unwrap();
        let writes: Writes = state.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let mut ledger = Ledger {
            founding,
            state: BTreeMap::new(),
            contracts,
            pages: Pages::default(),
            root: Root::EMPTY,
            frontier: Frontier::new(),
            nodes: BTreeMap::new(),
            leaves: vec![],
            validators: vec![1, 2, 3, 4],
            headers: vec![],
            certificates: vec![],
            handovers: vec![],
            witnesses: vec![],
        };
        ledger.write(writes, 0);
        ledger
    }

    pub fn id(&self) -> LedgerId {
        self.founding.id
    }

    fn write(&mut self, writes: Writes, version: u64) {
        let changes =
            writes.iter().map(|(key, value)| (Hash::of(key.as_bytes()), value.as_ref().map(|v| Hash::of(v)))).collect();
        let update = tree::update(&self.pages, &self.root, version, &changes).unwrap();
        self.pages.0.extend(update.new_pages);
        self.root = update.root;
        for (key, value) in writes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
    }

    /// What an honest ledger does only within a block.
    pub fn push(&mut self, leaf: Leaf) {
        self.nodes.extend(self.frontier.push(leaf_hash(&leaf.to_bytes())));
        self.leaves.push(leaf);
    }

    /// Commits a block, after which `next` decide, where given.
    pub fn commit(&mut self, built: &[&Built], next: Option<&[u8]>) -> Vec<Outcome> {
        let height = Height(self.headers.len() as u64 + 1);
        let time = TimeMs((START + height.0) * 1000);
        let ledger = self.id();
        let before = set_of(&self.validators);
        let authority = Authority::new(self.state.clone(), height).unwrap();
        let parsed = |b: &&Built| authority.verify(ParsedTx::parse(&b.bytes, &ledger).unwrap()).unwrap();
        let admit = |b: &&Built| authority.admit(parsed(b), time).unwrap();
        let txs: Vec<_> = built.iter().map(admit).collect();
        let block = BlockContext { ledger, height, time };
        let mut done = execute(&self.contracts, &self.state, authority.params(), block, &txs).unwrap();
        let after = next.map_or_else(|| before.clone(), set_of);
        if after != before {
            done.writes.insert(crate::state::keys::VALIDATORS.into(), Some(after.to_bytes()));
        }
        self.write(done.writes, height.0);
        for (index, (tx, outcome)) in txs.iter().zip(&done.outcomes).enumerate() {
            self.push(Leaf::tx(height, index as u32, tx.tx(), outcome));
        }
        let previous = self.headers.last().map_or(ledger.0, Header::hash);
        let leaf = Leaf::Block {
            height,
            time,
            previous,
            state_root: self.root.hash,
            validators: before.hash(),
            next_validators: after.hash(),
        };
        self.push(leaf.clone());
        let header = Header {
            version: PROTOCOL_VERSION,
            ledger,
            height,
            time,
            proposer: before.iter().next().unwrap().vote,
            previous,
            previous_certificate: self.certificates.last().map_or(Hash::ZERO, Certificate::hash),
            transactions: transactions_hash(txs.iter().map(|tx| tx.tx().jwt_hash())),
            log_size: self.frontier.size(),
            log_root: self.frontier.root(),
            state_root: self.root.hash,
            validators: before.hash(),
            next_validators: after.hash(),
        };
        self.certificates.push(certificate(&ledger, height.0, 0, header.hash(), &self.validators));
        self.headers.push(header);
        if after != before {
            let (place, checkpoint) = (self.frontier.size() - 1, self.checkpoint(&self.quorum()));
            self.handovers.push(Handover::new(&after, &leaf, place, self.path(place), &checkpoint));
            self.validators = next.unwrap().to_vec();
        }
        done.outcomes
    }

    /// The first validators that are enough.
    pub fn quorum(&self) -> Vec<u8> {
        self.validators[..set_of(&self.validators).quorum()].to_vec()
    }

    /// The newest checkpoint: signed by the first of `numbers` as the log, cosigned by all of them and the witnesses.
    pub fn checkpoint(&self, numbers: &[u8]) -> SignedCheckpoint {
        let checkpoint = Checkpoint::new(ORIGIN, self.frontier.size(), self.frontier.root(), vec![]).unwrap();
        let mut lines = vec![checkpoint.sign_as_log(signer(0x20 + numbers[0]).key()).unwrap()];
        for n in numbers {
            let name = cosigner_name(ORIGIN, &validator(*n).member);
            lines.push(cosign(&checkpoint, &name, signer(0x30 + n).key(), START + 100 + u64::from(*n)).unwrap());
        }
        for n in &self.witnesses {
            let name = witness_key(*n);
            lines.push(cosign(&checkpoint, name.name(), signer(0x50 + n).key(), START + 200 + u64::from(*n)).unwrap());
        }
        SignedCheckpoint::new(checkpoint, lines).unwrap()
    }

    pub fn path(&self, place: u64) -> Vec<Hash> {
        inclusion_proof(&self.nodes, place, self.frontier.size()).unwrap()
    }

    pub fn place(&self, built: &Built) -> u64 {
        let ours = |leaf: &Leaf| matches!(leaf, Leaf::Tx { id, .. } if *id == built.id.0);
        self.leaves.iter().position(ours).unwrap() as u64
    }

    pub fn extra(&self, built: &Built, shown: &[u16]) -> Extra {
        let text = std::str::from_utf8(&built.bytes).unwrap();
        let parts: Vec<&str> = text.split('~').collect();
        let show = |index: &u16| Shown { index: *index, disclosure: parts[usize::from(*index) + 1].to_owned() };
        Extra {
            leaf: leaf_text(&self.leaves[self.place(built) as usize]),
            jwt: parts[0].to_owned(),
            key: public(1),
            records: shown.iter().map(show).collect(),
            handovers: self.handovers.clone(),
        }
    }

    /// A receipt under the newest checkpoint, with all handovers so far.
    pub fn receipt(&self, built: &Built, shown: &[u16]) -> String {
        let place = self.place(built);
        receipt(&self.extra(built, shown), place, self.path(place), self.checkpoint(&self.quorum())).unwrap()
    }

    /// What a key holds after the newest block, and the proof of it under that block's state root.
    pub fn proved(&self, key: &str) -> (Option<String>, tree::Proof) {
        let value = self.state.get(key).map(|value| String::from_utf8(value.clone()).unwrap());
        (value, tree::prove(&self.pages, &self.root, &Hash::of(key.as_bytes())).unwrap())
    }

    /// A proof of what `key` holds after the newest block.
    pub fn state_proof(&self, key: &str) -> StateProof {
        let place = self.leaves.len() - 1;
        let (value, proof) = self.proved(key);
        StateProof {
            format: STATE_PROOF.into(),
            key: key.into(),
            value,
            proof,
            leaf: leaf_text(&self.leaves[place]),
            index: place as u64,
            path: self.path(place as u64),
            checkpoint: self.checkpoint(&self.quorum()).encode(),
            handovers: self.handovers.clone(),
        }
    }
}
