//! Questions to the ledger, answered with what proves the answer.

mod assess;
mod bundle;
mod entries;
mod evidence;
mod listing;

pub use assess::{Question, assess, documents_named};
pub use bundle::{Ask, MAX_DEPTH, MAX_KEYS, Sight, bundle};
pub use entries::{Entry, entries};
pub use evidence::{ProofError, covered, height_of_size, receipt, state_proof};
pub use listing::{Filter, Page, Token, list_blocks, list_records};

use crate::index::read_place;
use crate::ledger::{Ledger, LedgerError, body, body_key, decode};
use crate::storage::Table;
use chain_core::block::{Certificate, Header, WireBlock};
use chain_core::execute::Outcome;
use chain_core::record::Record;
use chain_core::tx::ParsedTx;
use chain_core::types::{Height, Jti, MemberId, RecordId, TimeMs, TxId};
use chain_core::hash::Hash;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A final transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TxStatus {
    /// Its id.
    pub id: TxId,
    /// Height of its block.
    pub height: Height,
    /// Position in the block.
    pub index: u32,
    /// Time of the block.
    pub time: TimeMs,
    /// Who submitted it.
    pub issuer: MemberId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Kinds of its records.
    pub kinds: Vec<String>,
}

/// A record as the API shows it: clear fields, digests of the sealed ones.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordView {
    /// `<transaction>:<index>`.
    pub id: RecordId,
    /// Kind.
    pub kind: String,
    /// Objects named.
    pub objects: Vec<String>,
    /// Event time as stated.
    pub at: String,
    /// Who submitted it.
    pub issuer: MemberId,
    /// Height of its block.
    pub height: Height,
    /// Time of its block, milliseconds.
    pub time: TimeMs,
    /// `accepted` or `refused`.
    pub status: &'static str,
    /// Clear fields.
    pub body: Map<String, Value>,
    /// Digests of sealed fields.
    pub sd: Vec<String>,
    /// Members meant to be given the sealed fields.
    pub sealed_to: Vec<MemberId>,
}

/// A committed block, read back.
pub struct StoredBlock {
    /// Its header.
    pub header: Header,
    /// The certificate of the block before, as it carries it.
    pub previous_certificate: Option<Certificate>,
    /// Its transactions' bytes.
    pub txs: Vec<Vec<u8>>,
    /// Their outcomes.
    pub outcomes: Vec<Outcome>,
}

fn damaged(what: &str) -> LedgerError {
    LedgerError::Damaged(what.to_owned())
}

/// Where a transaction stands.
///
/// # Errors
/// The store failed.
pub fn place_of(ledger: &Ledger, id: &TxId) -> Result<Option<(Height, u32)>, LedgerError> {
    let row = ledger.storage().get(Table::Txs, id.0.as_bytes())?;
    row.map(|row| row.get(..12).and_then(read_place).ok_or_else(|| damaged("unreadable transaction row"))).transpose()
}

/// The transaction that first used (iss, jti).
///
/// # Errors
/// The store failed.
pub fn by_jti(ledger: &Ledger, iss: &MemberId, jti: &Jti) -> Result<Option<TxId>, LedgerError> {
    let row = ledger.storage().get(Table::Jtis, &crate::ledger::jti_key(iss, jti))?;
    row.map(|bytes| bytes.try_into().map(|b| TxId(Hash(b))).map_err(|_| damaged("unreadable jti"))).transpose()
}

/// A block with its outcomes.
///
/// # Errors
/// The store failed.
pub fn block(ledger: &Ledger, height: Height) -> Result<Option<StoredBlock>, LedgerError> {
    let row = height.0.to_be_bytes();
    let Some(block) = wire_block(ledger, height)? else { return Ok(None) };
    let WireBlock { header, certificate: previous_certificate, txs } = block;
    let outcomes = ledger.storage().get(Table::Outcomes, &row)?.ok_or_else(|| damaged("no outcomes"))?;
    let outcomes = serde_json::from_slice(&outcomes).map_err(|_| damaged("unreadable outcomes"))?;
    Ok(Some(StoredBlock { header, previous_certificate, txs, outcomes }))
}

/// A block with its transactions as they were sent.
///
/// # Errors
/// The store failed.
pub fn wire_block(ledger: &Ledger, height: Height) -> Result<Option<WireBlock>, LedgerError> {
    let bytes = block_bytes(ledger, height)?;
    bytes.map(|bytes| body::read(&bytes).ok_or_else(|| damaged("unreadable block"))).transpose()
}

/// The bytes of a block as nodes store it ([`body`]).
///
/// # Errors
/// The store failed.
pub fn block_bytes(ledger: &Ledger, height: Height) -> Result<Option<Vec<u8>>, LedgerError> {
    let Some(hash) = ledger.storage().get(Table::Blocks, &height.0.to_be_bytes())? else { return Ok(None) };
    let hash = hash.try_into().map(Hash).map_err(|_| damaged("unreadable block row"))?;
    let bytes = ledger.storage().get(Table::Bodies, &body_key(height, &hash))?;
    bytes.ok_or_else(|| damaged("the bytes of a block are missing")).map(Some)
}

/// The certificate of a block.
///
/// # Errors
/// The store failed.
pub fn certificate(ledger: &Ledger, height: Height) -> Result<Option<Certificate>, LedgerError> {
    let row = ledger.storage().get(Table::Certificates, &height.0.to_be_bytes())?;
    row.map(|bytes| decode(&bytes).ok_or_else(|| damaged("unreadable certificate"))).transpose()
}

impl StoredBlock {
    /// A transaction of the block, read.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn tx(&self, ledger: &Ledger, index: u32) -> Result<(ParsedTx, &Outcome), LedgerError> {
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let (bytes, outcome) = self
            .txs
            .get(position)
            .zip(self.outcomes.get(position))
            .ok_or_else(|| damaged("a transaction is missing in its block"))?;
        let tx = ParsedTx::parse(bytes, &ledger.founding().id)
            .map_err(|e| damaged(&format!("unreadable transaction: {e}")))?;
        Ok((tx, outcome))
    }

    /// What became of a transaction of the block.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn status(&self, ledger: &Ledger, index: u32) -> Result<TxStatus, LedgerError> {
        let (tx, outcome) = self.tx(ledger, index)?;
        Ok(TxStatus {
            id: tx.id(),
            height: self.header.height,
            index,
            time: self.header.time,
            issuer: tx.issuer().clone(),
            outcome: outcome.clone(),
            kinds: tx.records().iter().map(|record| record.kind.to_string()).collect(),
        })
    }

    /// How a record of the block is shown.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn record(&self, ledger: &Ledger, index: u32, record: u16) -> Result<Option<RecordView>, LedgerError> {
        let (tx, outcome) = self.tx(ledger, index)?;
        Ok(tx.records().get(usize::from(record)).map(|found| self.show(&tx, outcome, found, record)))
    }

    fn show(&self, tx: &ParsedTx, outcome: &Outcome, record: &Record, index: u16) -> RecordView {
        RecordView {
            id: RecordId { tx: tx.id(), index },
            kind: record.kind.to_string(),
            objects: record.objects.iter().map(ToString::to_string).collect(),
            at: record.at.to_string(),
            issuer: tx.issuer().clone(),
            height: self.header.height,
            time: self.header.time,
            status: if outcome.accepted() { "accepted" } else { "refused" },
            body: record.body.fields(),
            sd: record.sd.clone(),
            sealed_to: record.sealed_to.clone(),
        }
    }
}

/// What became of a transaction, if it is final.
///
/// # Errors
/// The store failed.
pub fn transaction(ledger: &Ledger, id: &TxId) -> Result<Option<TxStatus>, LedgerError> {
    let row = ledger.storage().get(Table::Txs, id.0.as_bytes())?;
    row.map(|row| {
        let status = row.get(12..).and_then(|json| serde_json::from_slice(json).ok());
        status.ok_or_else(|| damaged("unreadable transaction row"))
    })
    .transpose()
}

/// The bytes of a transaction as it was sent.
///
/// # Errors
/// The store failed.
pub fn raw_transaction(ledger: &Ledger, id: &TxId) -> Result<Option<Vec<u8>>, LedgerError> {
    let Some((height, index)) = place_of(ledger, id)? else { return Ok(None) };
    let mut block = block(ledger, height)?.ok_or_else(|| damaged("a block is missing"))?;
    let position = usize::try_from(index).unwrap_or(usize::MAX);
    Ok((position < block.txs.len()).then(|| block.txs.swap_remove(position)))
}

/// A record.
///
/// # Errors
/// The store failed.
pub fn record(ledger: &Ledger, id: &RecordId) -> Result<Option<RecordView>, LedgerError> {
    let Some((height, index)) = place_of(ledger, &id.tx)? else { return Ok(None) };
    let block = block(ledger, height)?.ok_or_else(|| damaged("a block is missing"))?;
    block.record(ledger, index, id.index)
}
