//! Transactions on disk before they are sent, so that a retry sends the same bytes.

use crate::failure::Failure;
use crate::files;
use chain_core::hash::Hash;
use chain_core::tx::build::Built;
use chain_core::types::{Jti, LedgerId, MemberId, TxId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The file format that this client writes and reads.
const FORMAT: &str = "sealane-outbox/1";

/// How a transaction ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In no block yet.
    Pending,
    /// It took effect.
    Accepted,
    /// It stands in a block without effect.
    Refused,
}

/// What a node says about a transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// SHA-256 of the signing input.
    pub id: TxId,
    /// How it ended.
    pub status: Status,
    /// Height of its block, `index` in it, its `time`; for a refusal `code`, `message`, `record`, `info`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One transaction in the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    format: String,
    /// The submitter's number.
    pub jti: Jti,
    /// The transaction's id.
    pub tx: TxId,
    /// SHA-256 of what the user asked to be sent.
    pub content: Hash,
    /// Unix seconds after which it can enter no block.
    pub submit_by: u64,
    /// Number of records.
    pub records: usize,
    /// The SD-JWT.
    pub text: String,
    /// The final outcome, once known.
    pub outcome: Option<Outcome>,
}

impl Entry {
    /// Of a transaction just built.
    pub fn new(jti: Jti, content: Hash, submit_by: u64, built: &Built) -> Entry {
        Entry {
            format: FORMAT.into(),
            jti,
            tx: built.id,
            content,
            submit_by,
            records: built.sealed.len(),
            text: String::from_utf8_lossy(&built.bytes).into_owned(),
            outcome: None,
        }
    }

    /// How it ended, as far as this client knows.
    pub fn status(&self) -> Status {
        self.outcome.as_ref().map_or(Status::Pending, |outcome| outcome.status)
    }
}

/// The transactions of one member on one ledger.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Within the folder `outbox/`: a jti is unique per ledger and member only.
    pub fn new(root: &Path, ledger: &LedgerId, member: &MemberId) -> Outbox {
        Outbox { folder: root.join(ledger.to_string()).join(member.as_str()) }
    }

    fn path(&self, jti: &Jti) -> PathBuf {
        self.folder.join(format!("{jti}.json"))
    }

    /// The transaction under a jti.
    pub fn find(&self, jti: &Jti) -> Result<Option<Entry>, Failure> {
        let path = self.path(jti);
        let Some(bytes) = files::read_if_present(&path)? else { return Ok(None) };
        let damaged = |why: String| Failure::new("CLI-1302").with("path", path.display()).with("why", why);
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|why| damaged(why.to_string()))?;
        if entry.format != FORMAT || entry.jti != *jti {
            return Err(damaged(entry.format));
        }
        Ok(Some(entry))
    }

    /// Adds a transaction, or returns the one that another process put there first.
    pub fn add(&self, entry: Entry) -> Result<Entry, Failure> {
        files::make_folder(&self.folder)?;
        if files::create(&self.path(&entry.jti), &self.bytes(&entry)?)? {
            return Ok(entry);
        }
        Ok(self.find(&entry.jti)?.unwrap_or(entry))
    }

    /// Writes down how a transaction ended.
    pub fn conclude(&self, entry: &Entry) -> Result<(), Failure> {
        files::replace(&self.path(&entry.jti), &self.bytes(entry)?)
    }

    /// Removes a transaction that no block holds, so that it can be signed afresh under the same jti.
    /// Nothing can happen twice by that: of one jti the ledger takes one transaction for ever.
    pub fn withdraw(&self, jti: &Jti) -> Result<(), Failure> {
        files::remove(&self.path(jti))
    }

    fn bytes(&self, entry: &Entry) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec_pretty(entry)
            .map_err(|why| Failure::new("CLI-1002").with("path", self.folder.display()).with("why", why))
    }
}

#[cfg(test)]
mod tests;
