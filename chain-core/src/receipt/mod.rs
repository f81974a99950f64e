//! What an outsider checks: receipts and state proofs, from a trust that the caller names.
//!
//! A verifier starts from a [`Trust`] made of the genesis file or kept from an earlier check, never from what
//! the receipt itself brings along. `PROOFS.md` lists the checks in the order in which they are made here.

mod error;
mod handover;
mod state_proof;
mod trust;
mod vouched;

pub use error::VerifyError;
pub use handover::{Handover, follow};
pub use state_proof::{ProvedState, STATE_PROOF, StateProof};
pub use trust::{Trust, cosigner_name, policy_of};
pub(crate) use trust::reached_by_validators;
pub use vouched::Vouched;

use crate::block::Leaf;
use crate::hash::Hash;
use crate::json;
use crate::keys::{PublicKey, b64, unb64};
use crate::log::TlogProof;
use crate::log::proof::ProofFormatError;
use crate::tx::{ParsedTx, TxError, disclosure};
use crate::types::{Height, LedgerId, RecordId, TxId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a receipt carries in the `extra` line of its tlog-proof, as JSON in this order of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extra {
    /// The log leaf, base64url.
    pub leaf: String,
    /// The JWT of the transaction, without disclosures.
    pub jwt: String,
    /// The key that signed it; `kid` is its thumbprint.
    pub key: PublicKey,
    /// Records shown, by position in the signed array.
    pub records: Vec<Shown>,
    /// Handovers since the genesis, oldest first.
    pub handovers: Vec<Handover>,
}

/// A record that a receipt shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Position in the signed array.
    pub index: u16,
    /// Its disclosure.
    pub disclosure: String,
}

impl Extra {
    /// The bytes of the `extra` line before base64.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Extra, VerifyError> {
        let form = |e: json::JsonError| VerifyError::Form(e.to_string());
        let extra: Extra = json::parse(bytes).and_then(|v| json::shape(v, "")).map_err(form)?;
        // One text for one content: otherwise a changed space would go unnoticed.
        if extra.to_bytes() != bytes {
            return Err(VerifyError::Form("the extra data is not written in the one way that it can be".into()));
        }
        Ok(extra)
    }
}

/// What a good receipt proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The ledger.
    pub ledger: LedgerId,
    /// The transaction.
    pub transaction: TxId,
    /// Who submitted it.
    pub issuer: String,
    /// Height of its block.
    pub height: Height,
    /// Position in the block.
    pub index: u32,
    /// Whether it took effect.
    pub accepted: bool,
    /// The refusal code, 0 when accepted.
    pub code: u16,
    /// The position of the refused record, 0 when accepted.
    pub refused_record: u16,
    /// Leaves covered by the checkpoint.
    pub log_size: u64,
    /// How many validators cosigned.
    pub cosigned: usize,
    /// How many witnesses from outside did.
    pub witnessed: usize,
    /// The records shown: id and content.
    pub records: Vec<(RecordId, Value)>,
}

/// Makes a receipt from its parts.
///
/// # Errors
/// The proof has too much extra data or too long a path.
pub fn receipt(
    extra: &Extra,
    index: u64,
    path: Vec<Hash>,
    checkpoint: crate::log::SignedCheckpoint,
) -> Result<String, ProofFormatError> {
    Ok(TlogProof::new(Some(extra.to_bytes()), index, path, checkpoint)?.encode())
}

/// Checks a receipt offline.
///
/// # Errors
/// The first check that fails.
pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Verified, VerifyError> {
    // 1. Form.
    let proof = TlogProof::parse(bytes)?;
    let raw = proof.extra().ok_or_else(|| VerifyError::Form("no extra data".into()))?;
    let extra = Extra::from_bytes(raw)?;
    let leaf_bytes = unb64(&extra.leaf).ok_or_else(|| VerifyError::Form("leaf is not base64url".into()))?;
    // 2. Handovers lead from the trusted validators to those of the checkpoint.
    let (set, used) = handover::follow(trust, &extra.handovers, proof.checkpoint().checkpoint().size())?;
    if used != extra.handovers.len() {
        return Err(VerifyError::Unused);
    }
    // 3. A quorum of them and enough witnesses cosigned the checkpoint, and every signature line verifies.
    let policy = trust.policy(&set).map_err(|e| VerifyError::Form(e.to_string()))?;
    let evaluation = policy.verify_strict(proof.checkpoint())?;
    let cosigned = trust::validator_times(&set, &evaluation).len();
    // 4. The leaf is in the log.
    let checkpoint = proof.checkpoint().checkpoint();
    crate::log::merkle::verify_inclusion(
        &crate::log::merkle::leaf_hash(&leaf_bytes),
        proof.index(),
        checkpoint.size(),
        proof.path(),
        &checkpoint.root(),
    )?;
    // 5. The leaf speaks of this JWT.
    let Some(Leaf::Tx { height, index, id, jwt, outcome }) = Leaf::from_bytes(&leaf_bytes) else {
        return Err(VerifyError::Leaf);
    };
    if jwt != Hash::of(extra.jwt.as_bytes()) {
        return Err(VerifyError::Leaf);
    }
    // 6. The JWT is well formed, for this ledger, and signed by the key it names.
    let signed = ParsedTx::parse_jwt(&extra.jwt, &trust.ledger()).map_err(|error| match error {
        TxError::Audience => VerifyError::OtherLedger,
        other => VerifyError::Transaction(other),
    })?;
    if signed.id().0 != id {
        return Err(VerifyError::Leaf);
    }
    signed.verify(&extra.key).map_err(VerifyError::Transaction)?;
    // 7. The records shown are signed.
    let mut records = Vec::new();
    let mut last = None;
    for (position, shown) in extra.records.iter().enumerate() {
        if last.is_some_and(|l| shown.index <= l)
            || signed.digest(shown.index) != Some(disclosure::digest(&shown.disclosure).as_str())
        {
            return Err(VerifyError::Disclosure(position));
        }
        last = Some(shown.index);
        let value = disclosure::read_element(&shown.disclosure, "").map_err(|_| VerifyError::Disclosure(position))?;
        records.push((RecordId { tx: signed.id(), index: shown.index }, value));
    }
    let [status, r0, r1, c0, c1] = outcome;
    Ok(Verified {
        ledger: trust.ledger(),
        transaction: signed.id(),
        issuer: signed.issuer().to_string(),
        height,
        index,
        accepted: status == 0,
        code: u16::from_be_bytes([c0, c1]),
        refused_record: u16::from_be_bytes([r0, r1]),
        log_size: checkpoint.size(),
        cosigned,
        witnessed: evaluation.witnesses.len() - cosigned,
        records,
    })
}

/// Base64url of a leaf, as receipts and state proofs carry it.
pub fn leaf_text(leaf: &Leaf) -> String {
    b64(&leaf.to_bytes())
}

#[cfg(test)]
mod tests;
