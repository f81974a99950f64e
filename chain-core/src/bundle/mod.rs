//! Evidence bundles: one file that shows a subject whole, under one checkpoint.
//!
//! [`Bundle`] is the file (`FORMAT.md`, section 11), [`page`] the HTML that may carry it, [`verify`] the numbered checks
//! of `PROOFS.md`, [`VerifiedBundle`] what a good one proves. Who makes a bundle fills the fields and calls
//! [`Bundle::to_bytes`]; nothing here looks anything up.

pub mod page;
mod verified;
mod verify;

pub use verified::{
    Check, Cosigner, Fault, ProvedValue, ShownRecord, Signed, Stamped, TimeToken, VerifiedBundle, VerifiedEntry,
};
pub use verify::verify;

use crate::hash::Hash;
use crate::json::MAX_INTEGER;
use crate::log::text::base64_text;
use crate::receipt::{Handover, VerifyError};
use crate::tree;
use crate::types::RecordId;
use serde::{Deserialize, Serialize};

/// The `format` of a [`Bundle`].
pub const BUNDLE: &str = "sealane-bundle/1";
/// The longest file read, page or bare JSON, in bytes.
pub const MAX_FILE_BYTES: usize = 64 << 20;

const DIGEST_FIELD: &str = r#","digest":""#;

/// What a bundle is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase", deny_unknown_fields)]
pub enum Subject {
    /// A receivable, by the id of the record that registered it.
    Receivable(String),
    /// An object, by its code.
    Object(String),
    /// A member, by its id.
    Member(String),
}

/// A block leaf with its inclusion proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockLeaf {
    /// The leaf, base64url.
    pub leaf: String,
    /// Its place in the log.
    pub index: u64,
    /// From the leaf's sibling up.
    pub path: Vec<Hash>,
}

/// The value of a state key, or that it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateEntry {
    /// State key.
    pub key: String,
    /// The value's JSON text, or null where the key is absent.
    #[serde(deserialize_with = "Option::deserialize")]
    pub value: Option<String>,
    /// Proof under the state root of the block leaf.
    pub proof: tree::Proof,
}

/// A transaction of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The transaction leaf, base64url.
    pub leaf: String,
    /// Its place in the log.
    pub index: u64,
    /// From the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The JWT without disclosures, or null where the entry is withheld.
    #[serde(deserialize_with = "Option::deserialize")]
    pub jwt: Option<String>,
    /// Records shown, ascending; empty where the entry is withheld.
    pub records: Vec<Record>,
}

/// A record that an entry shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Position in the signed array.
    pub index: u16,
    /// Its disclosure.
    pub disclosure: String,
    /// Disclosures of the sealed fields that the holder chose to open.
    pub sealed: Vec<String>,
}

/// All accepted records of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The object's code.
    pub object: String,
    /// Record ids in log order.
    pub records: Vec<RecordId>,
}

/// The file: JSON, in this order of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Always [`BUNDLE`].
    pub format: String,
    /// SHA-256 of the page that carries the file, without the file.
    pub page: Hash,
    /// What it is about.
    pub subject: Subject,
    /// The genesis file's text.
    pub genesis: String,
    /// Handovers since the genesis, oldest first.
    pub handovers: Vec<Handover>,
    /// The checkpoint.
    pub checkpoint: String,
    /// `c2sp.org/tlog-policy` of the validators who sign the checkpoint.
    pub policy: String,
    /// The checkpoint's last leaf.
    pub block: BlockLeaf,
    /// Values after that block, ascending by key.
    pub state: Vec<StateEntry>,
    /// Transactions, ascending by place.
    pub entries: Vec<Entry>,
    /// Objects whose records are all here, ascending by code.
    pub listings: Vec<Listing>,
    /// RFC 3161 token over [`Bundle::imprint`]: DER in base64 with padding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Bundle {
    /// The bare JSON with its digest.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = self.body();
        let digest = Hash::of(&body);
        body.pop();
        body.extend_from_slice(format!(r#"{DIGEST_FIELD}{digest}"}}"#).as_bytes());
        body
    }

    /// What a time token is made over: SHA-256 of the JSON without token and digest.
    pub fn imprint(&self) -> Hash {
        if self.time.is_none() {
            return Hash::of(&self.body());
        }
        Hash::of(&Bundle { time: None, ..self.clone() }.body())
    }

    /// With an RFC 3161 token, DER.
    pub fn with_token(self, token: &[u8]) -> Bundle {
        Bundle { time: Some(base64_text(token)), ..self }
    }

    /// Reads the bare JSON, in the one way that it can be written.
    ///
    /// # Errors
    /// [`VerifyError::Form`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Bundle, VerifyError> {
        let form = |text: &str| VerifyError::Form(text.to_owned());
        let end = bytes.len().checked_sub(DIGEST_FIELD.len() + 66).ok_or_else(|| form("not an evidence bundle"))?;
        // Read into its types at once: a hostile file of many small values would fill the memory as a tree of JSON.
        // What the types do not refuse, writing again does: another order, another spelling, a key twice.
        let body = [&bytes[..end], b"}"].concat();
        let bundle: Bundle = serde_json::from_slice(&body).map_err(|e| form(&e.to_string()))?;
        if bundle.format != BUNDLE || bundle.to_bytes() != bytes {
            return Err(form("not an evidence bundle, or not written in the one way that it can be"));
        }
        let places = bundle.handovers.iter().map(|h| h.index).chain(bundle.entries.iter().map(|e| e.index));
        if places.chain([bundle.block.index]).any(|place| place > MAX_INTEGER) {
            return Err(form("integers must lie within 2^53 - 1"));
        }
        let ascends = ascending(bundle.state.iter().map(|s| &s.key))
            && ascending(bundle.entries.iter().map(|e| e.index))
            && ascending(bundle.listings.iter().map(|l| &l.object))
            && bundle.entries.iter().all(|e| ascending(e.records.iter().map(|r| r.index)));
        if !ascends {
            return Err(form("state, entries, listings and the records of an entry ascend, none twice"));
        }
        Ok(bundle)
    }

    /// What `state` says of a key; none where it does not speak of it. Believe it after [`verify`] only.
    pub fn state_of(&self, key: &str) -> Option<&StateEntry> {
        let place = self.state.binary_search_by(|entry| entry.key.as_str().cmp(key)).ok()?;
        self.state.get(place)
    }

    fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn ascending<T: PartialOrd>(mut items: impl Iterator<Item = T>) -> bool {
    let Some(mut last) = items.next() else { return true };
    items.all(|item| {
        let above = last < item;
        last = item;
        above
    })
}

#[cfg(test)]
pub(crate) mod tests;
