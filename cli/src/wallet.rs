//! The sealed fields of what this member sent. The ledger has digests only: losing these loses the values.

use crate::failure::Failure;
use crate::files;
use chain_core::tx::build::Built;
use chain_core::tx::disclosure::Sealed;
use chain_core::types::{RecordId, TxId};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The file format that this client writes and reads.
const FORMAT: &str = "sealane-wallet/1";

/// The folder `wallet/`: one file per transaction.
#[derive(Clone, Debug)]
pub struct Wallet {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    format: String,
    tx: TxId,
    records: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    record: RecordId,
    sealed: Vec<Sealed>,
}

impl Wallet {
    /// In a folder, which is made when needed.
    pub fn new(folder: PathBuf) -> Wallet {
        Wallet { folder }
    }

    fn path(&self, tx: &TxId) -> PathBuf {
        self.folder.join(format!("{tx}.json"))
    }

    /// Keeps the sealed fields of a transaction. To be called before it is sent.
    pub fn keep(&self, built: &Built) -> Result<(), Failure> {
        files::make_folder(&self.folder)?;
        let records =
            built.sealed.iter().map(|(record, sealed)| Entry { record: *record, sealed: sealed.clone() }).collect();
        let page = Page { format: FORMAT.into(), tx: built.id, records };
        let path = self.path(&built.id);
        let bytes = serde_json::to_vec_pretty(&page)
            .map_err(|why| Failure::new("CLI-1002").with("path", path.display()).with("why", why))?;
        files::replace(&path, &bytes)
    }

    /// Forgets a transaction that can never enter the ledger.
    pub fn forget(&self, tx: &TxId) -> Result<(), Failure> {
        files::remove(&self.path(tx))
    }

    /// The disclosures of a record with the names of their fields; only the named fields where some are named.
    pub fn disclosures(&self, record: &RecordId, fields: &[String]) -> Result<Vec<(String, String)>, Failure> {
        let path = self.path(&record.tx);
        let absent = || Failure::new("CLI-1305").with("record", record);
        let bytes = files::read_if_present(&path)?.ok_or_else(absent)?;
        let damaged = |why: &str| Failure::new("CLI-1302").with("path", path.display()).with("why", why);
        let page: Page = serde_json::from_slice(&bytes).map_err(|why| damaged(&why.to_string()))?;
        if page.format != FORMAT || page.tx != record.tx {
            return Err(damaged(&page.format));
        }
        let entry = page.records.into_iter().find(|entry| entry.record == *record).ok_or_else(absent)?;
        let mut out = Vec::new();
        for sealed in entry.sealed {
            let (name, _) = sealed.open().map_err(|why| damaged(&why.to_string()))?;
            if fields.is_empty() || fields.contains(&name) {
                out.push((name, sealed.disclosure));
            }
        }
        match fields.iter().find(|field| !out.iter().any(|(name, _)| name == *field)) {
            Some(field) => Err(Failure::new("CLI-1306").with("record", record).with("field", field)),
            None if out.is_empty() => Err(absent()),
            None => Ok(out),
        }
    }
}

#[cfg(test)]
mod tests;
