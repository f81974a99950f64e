//! Evidence bundles, made under the newest checkpoint: everything is as it was after its last block.
//!
//! First [`subject`] says what belongs to the subject: objects to list, records to show, keys to prove. Then it is
//! put together here. What the caller may not see stays in the listings as withheld entries.

mod subject;

use super::evidence::{covering, first_leaf, height_of_size, path, prove_at};
use super::{ProofError, RecordView, StoredBlock, block, damaged, place_of};
use crate::index::{prefix, read_place};
use crate::ledger::Ledger;
use crate::storage::{Direction, Table};
use chain_core::block::Leaf;
use chain_core::bundle::{BUNDLE, BlockLeaf, Bundle, Entry, Listing, Record, StateEntry, Subject};
use chain_core::hash::Hash;
use chain_core::log::SignedCheckpoint;
use chain_core::receipt::{Handover, Trust, leaf_text};
use chain_core::state::keys;
use chain_core::types::{Height, MemberId, RecordId};
use chain_core::validators::ValidatorSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Transactions in one bundle at most.
const MAX_ENTRIES: usize = 2_000;
/// Bytes of JWTs and disclosures in one bundle at most; proofs come on top.
const MAX_BYTES: usize = 16 << 20;
/// State keys that may be asked for besides the subject's own.
pub const MAX_KEYS: usize = 64;
/// Steps of aggregation and transformation that are followed at most.
pub const MAX_DEPTH: u8 = 16;

/// What a bundle is to hold.
pub struct Ask {
    /// What it is about.
    pub subject: Subject,
    /// For an object: how many steps of what went into it and what it went into are followed.
    pub depth: u8,
    /// State keys besides the subject's own, present or absent.
    pub state: Vec<String>,
    /// Records besides the subject's own; shown where the caller may see them, else left out.
    pub records: Vec<RecordId>,
    /// SHA-256 of the page that will carry it.
    pub page: Hash,
}

/// What the caller may see.
pub trait Sight {
    /// A record.
    fn sees(&self, record: &RecordView) -> bool;
    /// The value of a state key.
    fn sees_state(&self, key: &str, value: Option<&str>) -> bool;
}

/// Makes a bundle. The same ledger under the same checkpoint gives the same bytes.
///
/// # Errors
/// See [`ProofError`]; not found where the caller may not see what the subject rests on.
pub fn bundle(ledger: &Ledger, ask: &Ask, sight: &dyn Sight) -> Result<Bundle, ProofError> {
    let (checkpoint, handovers) = covering(ledger, 0)?;
    let size = checkpoint.checkpoint().size();
    let mut maker = Maker {
        ledger,
        sight,
        height: height_of_size(ledger, size)?,
        size,
        wanted: BTreeMap::new(),
        listings: BTreeMap::new(),
        keys: BTreeSet::new(),
        block: None,
        loaded: None,
    };
    subject::gather(&mut maker, ask)?;
    let entries = maker.entries()?;
    maker.finish(ask, entries, &checkpoint, handovers)
}

/// A transaction's place: height and position.
type Place = (Height, u32);

/// A transaction, read once for all its records.
struct Loaded {
    /// Its leaf and the leaf's place in the log.
    leaf: String,
    index: u64,
    issuer: MemberId,
    jwt: String,
    disclosures: Vec<String>,
    views: Vec<RecordView>,
}

struct Maker<'a> {
    ledger: &'a Ledger,
    sight: &'a dyn Sight,
    /// The newest height that the checkpoint covers, and the leaves it covers.
    height: Height,
    size: u64,
    /// Transactions with the positions of the records that concern the subject.
    wanted: BTreeMap<Place, BTreeSet<u16>>,
    listings: BTreeMap<String, Vec<RecordId>>,
    keys: BTreeSet<String>,
    block: Option<Arc<StoredBlock>>,
    loaded: Option<(Place, Arc<Loaded>)>,
}

impl Maker<'_> {
    /// A block, kept until another is asked for.
    fn block(&mut self, height: Height) -> Result<Arc<StoredBlock>, ProofError> {
        if let Some(known) = self.block.as_ref().filter(|block| block.header.height == height) {
            return Ok(known.clone());
        }
        let found = Arc::new(block(self.ledger, height)?.ok_or_else(|| damaged("a block is missing"))?);
        self.block = Some(found.clone());
        Ok(found)
    }

    /// A transaction, kept until another is asked for.
    fn load(&mut self, place: Place) -> Result<Arc<Loaded>, ProofError> {
        if let Some((_, known)) = self.loaded.as_ref().filter(|(known, _)| *known == place) {
            return Ok(known.clone());
        }
        let (height, index) = place;
        let stored = self.block(height)?;
        let (tx, outcome) = stored.tx(self.ledger, index)?;
        let text = std::str::from_utf8(tx.bytes()).map_err(|_| damaged("transaction is not text"))?;
        let mut parts = text.split('~').map(str::to_owned);
        let jwt = parts.next().unwrap_or_default();
        let leaf =
            Leaf::Tx { height, index, id: tx.id().0, jwt: Hash::of(jwt.as_bytes()), outcome: outcome.leaf_bytes() };
        let view = |(position, record)| stored.show(&tx, outcome, record, position);
        let loaded = Arc::new(Loaded {
            leaf: leaf_text(&leaf),
            index: first_leaf(&stored.header, stored.txs.len()) + u64::from(index),
            issuer: tx.issuer().clone(),
            jwt,
            disclosures: parts.collect(),
            views: (0..).zip(tx.records()).map(view).collect(),
        });
        self.loaded = Some((place, loaded.clone()));
        Ok(loaded)
    }

    /// Where a record's transaction stands, if the checkpoint covers it.
    fn place(&self, id: &RecordId) -> Result<Place, ProofError> {
        let place = place_of(self.ledger, &id.tx)?.ok_or(ProofError::NotFound)?;
        if place.0 > self.height { Err(ProofError::NotYet) } else { Ok(place) }
    }

    fn view(&mut self, id: &RecordId) -> Result<RecordView, ProofError> {
        let loaded = self.load(self.place(id)?)?;
        loaded.views.get(usize::from(id.index)).cloned().ok_or(ProofError::NotFound)
    }

    /// Takes a record in: shown if the caller may see it, else withheld.
    fn want(&mut self, place: Place, record: u16) -> Result<(), ProofError> {
        self.wanted.entry(place).or_default().insert(record);
        if self.wanted.len() > MAX_ENTRIES {
            return Err(ProofError::TooLarge("2,000 entries"));
        }
        Ok(())
    }

    /// Lists all accepted records of an object, and gives those that the caller may see.
    fn list(&mut self, code: &str) -> Result<Vec<RecordView>, ProofError> {
        let head = prefix(code);
        let mut cursor = head.clone();
        let (mut ids, mut seen) = (Vec::new(), Vec::new());
        'rows: loop {
            let rows = self.ledger.storage().scan(Table::ByObject, &head, &cursor, Direction::Forward, 256)?;
            let Some((last, _)) = rows.last() else { break };
            cursor = [&last[..], &[0]].concat();
            for (key, _) in &rows {
                let place = key.get(head.len()..head.len() + 12).and_then(read_place);
                let position = key.get(head.len() + 12..).and_then(|p| p.try_into().ok()).map(u16::from_be_bytes);
                let (place, position) = place.zip(position).ok_or_else(|| damaged("unreadable index row"))?;
                if place.0 > self.height {
                    break 'rows;
                }
                let loaded = self.load(place)?;
                let Some(view) = loaded.views.get(usize::from(position)).filter(|v| v.status == "accepted") else {
                    continue;
                };
                self.want(place, position)?;
                ids.push(view.id);
                if self.sight.sees(view) {
                    seen.push(view.clone());
                }
            }
        }
        self.keys.insert(format!("obj/{code}"));
        self.listings.insert(code.to_owned(), ids);
        Ok(seen)
    }

    fn entries(&mut self) -> Result<Vec<Entry>, ProofError> {
        let mut entries = Vec::with_capacity(self.wanted.len());
        let mut bytes = 0;
        for (place, records) in std::mem::take(&mut self.wanted) {
            let entry = self.entry(place, &records)?;
            bytes += entry.jwt.as_ref().map_or(0, String::len)
                + entry.records.iter().map(|record| record.disclosure.len()).sum::<usize>();
            if bytes > MAX_BYTES {
                return Err(ProofError::TooLarge("16 MiB of records"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    fn entry(&mut self, place: Place, records: &BTreeSet<u16>) -> Result<Entry, ProofError> {
        let loaded = self.load(place)?;
        let mut shown = Vec::new();
        for position in records {
            let at = usize::from(*position);
            let Some((view, disclosure)) = loaded.views.get(at).zip(loaded.disclosures.get(at)) else { continue };
            if self.sight.sees(view) {
                shown.push(Record { index: *position, disclosure: disclosure.clone(), sealed: Vec::new() });
            }
        }
        let jwt = (!shown.is_empty()).then(|| loaded.jwt.clone());
        if jwt.is_some() {
            self.keys.insert(keys::member(&loaded.issuer));
        }
        let path = path(self.ledger, loaded.index, self.size)?;
        Ok(Entry { leaf: loaded.leaf.clone(), index: loaded.index, path, jwt, records: shown })
    }

    fn finish(
        mut self,
        ask: &Ask,
        entries: Vec<Entry>,
        checkpoint: &SignedCheckpoint,
        handovers: Vec<Handover>,
    ) -> Result<Bundle, ProofError> {
        let mut state = Vec::with_capacity(self.keys.len() + ask.state.len());
        self.keys.extend(ask.state.iter().cloned());
        for key in std::mem::take(&mut self.keys) {
            let (value, proof) = prove_at(self.ledger, self.height, &key)?;
            if !self.sight.sees_state(&key, value.as_deref()) {
                return Err(ProofError::NotFound);
            }
            state.push(StateEntry { key, value, proof });
        }
        let founding = self.ledger.founding();
        let signers = match handovers.last() {
            Some(last) => ValidatorSet::new(last.validators.clone()).ok_or_else(|| damaged("unreadable handover"))?,
            None => founding.validators.clone(),
        };
        let policy = Trust::in_genesis(founding).policy(&signers).map_err(|e| damaged(&e.to_string()))?;
        let (size, height) = (self.size, self.height);
        let ledger = self.ledger;
        let leaf = leaf_text(&self.block(height)?.header.leaf());
        Ok(Bundle {
            format: BUNDLE.into(),
            page: ask.page,
            subject: ask.subject.clone(),
            genesis: founding.file.to_string(),
            handovers,
            checkpoint: checkpoint.encode(),
            policy: String::from_utf8_lossy(&policy.encode()).into_owned(),
            block: BlockLeaf { leaf, index: size - 1, path: path(ledger, size - 1, size)? },
            state,
            entries,
            listings: self.listings.into_iter().map(|(object, records)| Listing { object, records }).collect(),
            time: None,
        })
    }
}
