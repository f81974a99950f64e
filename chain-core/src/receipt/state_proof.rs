//! State proofs: the value of a key after a block, or that it has none.

use super::trust::reached_by_validators;
use super::{Handover, Trust, VerifyError, handover};
use crate::block::Leaf;
use crate::hash::Hash;
use crate::json;
use crate::keys::unb64;
use crate::log::SignedCheckpoint;
use crate::log::merkle::{leaf_hash, verify_inclusion};
use crate::tree;
use crate::types::{Height, TimeMs};
use serde::{Deserialize, Serialize};

/// A proof document: JSON, in this order of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// Always `sealane-state-proof/1`.
    pub format: String,
    /// State key.
    pub key: String,
    /// The value's JSON text, or null where the key is absent.
    #[serde(deserialize_with = "Option::deserialize")]
    pub value: Option<String>,
    /// Proof under the state root.
    pub proof: tree::Proof,
    /// The block leaf that states the root, base64url.
    pub leaf: String,
    /// The leaf's place in the log.
    pub index: u64,
    /// Inclusion proof of the leaf.
    pub path: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: String,
    /// Handovers since the genesis, oldest first.
    pub handovers: Vec<Handover>,
}

/// The `format` of a [`StateProof`].
pub const STATE_PROOF: &str = "sealane-state-proof/1";

const DIGEST_FIELD: &str = r#","digest":""#;

/// What a good state proof proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvedState {
    /// State key.
    pub key: String,
    /// Its value, or that it has none.
    pub value: Option<String>,
    /// After the block of this height.
    pub height: Height,
    /// The block's time.
    pub time: TimeMs,
    /// Leaves covered by the checkpoint.
    pub log_size: u64,
    /// Whether the block is the last that the checkpoint covers: then this was the state at `cosigned_at`.
    pub newest: bool,
    /// Unix seconds at which a quorum of the validators had cosigned the checkpoint.
    pub cosigned_at: u64,
}

impl StateProof {
    /// The document's bytes: the JSON of the fields, and as its last field `digest`, SHA-256 of that JSON. The digest
    /// is for whoever copies files: one empty place in the tree shows many keys absent, so without it a changed key
    /// could go unnoticed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = serde_json::to_vec(self).unwrap_or_default();
        let digest = Hash::of(&body);
        body.pop();
        body.extend_from_slice(format!(r#"{DIGEST_FIELD}{digest}"}}"#).as_bytes());
        body
    }

    fn from_bytes(bytes: &[u8]) -> Result<StateProof, VerifyError> {
        let form = |text: &str| VerifyError::Form(text.to_owned());
        let end = bytes.len().checked_sub(DIGEST_FIELD.len() + 66).ok_or_else(|| form("not a state proof"))?;
        let body = [&bytes[..end], b"}"].concat();
        let value = json::parse(&body).map_err(|e| form(&e.to_string()))?;
        let document: StateProof = json::shape(value, "").map_err(|e| form(&e.to_string()))?;
        // One text for one content, whose digest it carries.
        if document.format != STATE_PROOF || document.to_bytes() != bytes {
            return Err(form("not a state proof, or not written in the one way that it can be"));
        }
        Ok(document)
    }

    /// Checks a document offline.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn verify(bytes: &[u8], trust: &Trust) -> Result<ProvedState, VerifyError> {
        let document = StateProof::from_bytes(bytes)?;
        let leaf = unb64(&document.leaf).ok_or_else(|| VerifyError::Form("leaf is not base64url".into()))?;
        let checkpoint = SignedCheckpoint::parse(document.checkpoint.as_bytes())?;
        let stated = checkpoint.checkpoint();
        let (set, used) = handover::follow(trust, &document.handovers, stated.size())?;
        if used != document.handovers.len() {
            return Err(VerifyError::Unused);
        }
        let policy = trust.policy(&set).map_err(|e| VerifyError::Form(e.to_string()))?;
        let cosigned = policy.verify_strict(&checkpoint)?;
        verify_inclusion(&leaf_hash(&leaf), document.index, stated.size(), &document.path, &stated.root())?;
        let Some(Leaf::Block { height, time, state_root, .. }) = Leaf::from_bytes(&leaf) else {
            return Err(VerifyError::Leaf);
        };
        let value_hash = document.value.as_ref().map(|value| Hash::of(value.as_bytes()));
        document.proof.verify(&state_root, &Hash::of(document.key.as_bytes()), value_hash.as_ref())?;
        Ok(ProvedState {
            key: document.key,
            value: document.value,
            height,
            time,
            log_size: stated.size(),
            newest: document.index + 1 == stated.size(),
            cosigned_at: reached_by_validators(&set, &cosigned),
        })
    }
}
