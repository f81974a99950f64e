//! Execution: a block's transactions on a state, giving outcomes and writes. Pure and repeatable.

use crate::contract::{Context, Contracts, PANICKED, Refusal, Stop};
use crate::hash::Hash;
use crate::member::{Member, Params};
use crate::state::{Overlay, StateFault, StateRead, Writes, keys, load};
use crate::tx::AdmittedTx;
use crate::types::{Height, LedgerId, MemberId, RecordId, TimeMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a transaction: final, once its block is committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Outcome {
    /// Every record took effect.
    Accepted,
    /// Nothing took effect.
    Refused {
        /// Position of the record that was refused.
        record: u16,
        /// The numbered reason.
        code: u16,
        /// The reason in a sentence. Not part of consensus.
        message: String,
        /// What helps the caller. Not part of consensus.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        detail: Option<serde_json::Value>,
    },
}

impl Outcome {
    /// Whether it took effect.
    pub fn accepted(&self) -> bool {
        matches!(self, Outcome::Accepted)
    }

    /// The refusal code, 0 when accepted.
    pub fn code(&self) -> u16 {
        match self {
            Outcome::Accepted => 0,
            Outcome::Refused { code, .. } => *code,
        }
    }

    /// Five bytes for the log leaf: 0 or 1, then record and code, big-endian.
    pub fn leaf_bytes(&self) -> [u8; 5] {
        let (status, record, code) = match self {
            Outcome::Accepted => (0, 0, 0),
            Outcome::Refused { record, code, .. } => (1, *record, *code),
        };
        let ([r0, r1], [c0, c1]) = (record.to_be_bytes(), code.to_be_bytes());
        [status, r0, r1, c0, c1]
    }
}

/// All accepted records of one object, in order: state key `obj/<code>`.
///
/// `head` = SHA-256(previous head ‖ transaction id ‖ index as 2 bytes big-endian), from 32 zero bytes; so
/// whoever lists the records can prove that the list is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectChain {
    /// How many records.
    pub count: u64,
    /// The chained digest.
    pub head: Hash,
}

impl ObjectChain {
    /// With one more record.
    pub fn push(&self, id: &RecordId) -> ObjectChain {
        let head = Hash::of_parts(&[self.head.as_bytes(), id.tx.0.as_bytes(), &id.index.to_be_bytes()]);
        ObjectChain { count: self.count.saturating_add(1), head }
    }
}

/// The place of a block, as contracts see it.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext {
    /// The ledger.
    pub ledger: LedgerId,
    /// The block's height.
    pub height: Height,
    /// The block's time.
    pub time: TimeMs,
}

/// What executing a block gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// One per transaction.
    pub outcomes: Vec<Outcome>,
    /// Every key that changes, once.
    pub writes: Writes,
}

/// Executes admitted transactions in order.
///
/// A refusal, and a panic in a contract, forgets the writes of its transaction and nothing else.
///
/// # Errors
/// Only when the state cannot be read.
pub fn execute(
    contracts: &Contracts,
    base: &dyn StateRead,
    params: &Params,
    block: BlockContext,
    txs: &[AdmittedTx],
) -> Result<Executed, StateFault> {
    let mut overlay = Overlay::new(base);
    let mut chains: BTreeMap<String, ObjectChain> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(txs.len());
    // Members are read once, and again after a transaction that changes one.
    let mut issuers: BTreeMap<MemberId, Member> = BTreeMap::new();
    for tx in txs {
        let iss = &tx.tx().claims().iss;
        let issuer = match issuers.entry(iss.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let found = load(&overlay, &keys::member(iss))?;
                place.insert(found.ok_or_else(|| StateFault(format!("admitted member {iss} is gone")))?)
            }
        };
        let outcome = match run(contracts, &mut overlay, params, block, issuer, tx) {
            Ok(()) => {
                if overlay.writes_to("member/") {
                    issuers.clear();
                }
                overlay.keep();
                extend_chains(base, &mut chains, tx)?;
                Outcome::Accepted
            }
            Err((record, Stop::Refused(refusal))) => {
                overlay.discard();
                Outcome::Refused { record, code: refusal.code, message: refusal.message, detail: refusal.detail }
            }
            Err((_, Stop::Fault(fault))) => return Err(fault),
        };
        outcomes.push(outcome);
    }
    for (key, chain) in chains {
        overlay.store(&key, &chain)?;
    }
    overlay.keep();
    Ok(Executed { outcomes, writes: overlay.into_writes() })
}

fn run(
    contracts: &Contracts,
    overlay: &mut Overlay<'_>,
    params: &Params,
    block: BlockContext,
    issuer: &Member,
    tx: &AdmittedTx,
) -> Result<(), (u16, Stop)> {
    let tx = tx.tx();
    for (position, record) in tx.records().iter().enumerate() {
        let index = u16::try_from(position).unwrap_or(u16::MAX);
        let Some(contract) = contracts.of(record.kind.as_str()) else {
            return Err((index, Refusal::new(crate::contract::FORM_REFUSED, "no contract handles this kind").into()));
        };
        let mut ctx = Context {
            ledger: block.ledger,
            height: block.height,
            time: block.time,
            issuer,
            kid: tx.kid(),
            record_id: tx.record_id(index),
            params,
            overlay,
        };
        // A poison transaction must not stop the ledger: it is refused, alike on every node.
        catch_unwind(AssertUnwindSafe(|| contract.apply(&mut ctx, record)))
            .unwrap_or_else(|_| Err(Refusal::new(PANICKED, "the contract failed on this record; report it").into()))
            .map_err(|stop| (index, stop))?;
    }
    Ok(())
}

fn extend_chains(
    base: &dyn StateRead,
    chains: &mut BTreeMap<String, ObjectChain>,
    tx: &AdmittedTx,
) -> Result<(), StateFault> {
    for (position, record) in tx.tx().records().iter().enumerate() {
        let id = tx.tx().record_id(u16::try_from(position).unwrap_or(u16::MAX));
        for code in &record.objects {
            let key = keys::object(code);
            let chain = match chains.get(&key) {
                Some(chain) => chain.clone(),
                None => load(base, &key)?.unwrap_or_default(),
            };
            chains.insert(key, chain.push(&id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
