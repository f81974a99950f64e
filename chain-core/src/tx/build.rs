//! Making a transaction. Salts come from the caller: this crate has no randomness.

use super::disclosure::{SALT_BYTES, Sealed, digest, of_element, of_field};
use super::{MAX_BYTES, MAX_RECORDS, TYP};
use crate::hash::Hash;
use crate::keys::{Purpose, Signer, b64};
use crate::record::RecordDraft;
use crate::types::{Jti, LedgerId, MemberId, RecordId, TxId};
use serde_json::{Value, json};

/// What a transaction says besides its records.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The submitter.
    pub iss: MemberId,
    /// The ledger.
    pub aud: LedgerId,
    /// The submitter's number, unique for ever.
    pub jti: Jti,
    /// Unix seconds.
    pub iat: u64,
    /// Unix seconds, at most a day after `iat`.
    pub submit_by: u64,
}

/// A signed transaction, and what its submitter keeps.
#[derive(Clone, Debug)]
pub struct Built {
    /// The SD-JWT to send.
    pub bytes: Vec<u8>,
    /// Its id.
    pub id: TxId,
    /// The sealed fields of each record: never sent with it.
    pub sealed: Vec<(RecordId, Vec<Sealed>)>,
}

/// Why a transaction was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No record, or more than 256.
    #[error("a transaction has 1 to 256 records")]
    RecordCount,
    /// Over 256 KiB.
    #[error("the transaction would have {0} bytes; at most 262144 are allowed: split it")]
    TooLarge(usize),
    /// The signer refused.
    #[error("the key could not sign: {0}")]
    Signer(String),
}

/// Signs records into one transaction. `salt` is called once per record and once per sealed field.
///
/// # Errors
/// See [`BuildError`].
pub fn build(
    envelope: &Envelope,
    drafts: &[RecordDraft],
    sealed_to: &[MemberId],
    signer: &dyn Signer,
    mut salt: impl FnMut() -> [u8; SALT_BYTES],
) -> Result<Built, BuildError> {
    if drafts.is_empty() || drafts.len() > MAX_RECORDS {
        return Err(BuildError::RecordCount);
    }
    let mut disclosures = Vec::with_capacity(drafts.len());
    let mut sealed = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let fields: Vec<Sealed> = draft
            .sealed
            .iter()
            .map(|(name, value)| Sealed { disclosure: of_field(&salt(), name, value) })
            .collect();
        let mut body = draft.clear.clone();
        let mut record = json!({ "kind": draft.kind, "objects": draft.objects, "at": draft.at });
        if !fields.is_empty() {
            // Sorted, as RFC 9901 section 4.2.4.1 asks, so that the order tells nothing of the fields.
            let mut digests: Vec<String> = fields.iter().map(Sealed::digest).collect();
            digests.sort();
            body.insert("_sd".into(), Value::from(digests));
            if !sealed_to.is_empty() {
                record["sealed_to"] = sealed_to.iter().map(|m| Value::from(m.as_str())).collect();
            }
        }
        record["body"] = Value::Object(body);
        disclosures.push(of_element(&salt(), &record));
        sealed.push(fields);
    }
    let header = json!({ "alg": "Ed25519", "kid": signer.public_key().kid().as_str(), "typ": TYP });
    let claims = json!({
        "iss": envelope.iss.as_str(),
        "aud": envelope.aud.to_string(),
        "jti": envelope.jti.as_str(),
        "iat": envelope.iat,
        "submit_by": envelope.submit_by,
        "records": disclosures.iter().map(|d| json!({ "...": digest(d) })).collect::<Vec<_>>(),
    });
    let signing_input = format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
    let signature = signer.sign(Purpose::Transaction(signing_input.as_bytes())).map_err(BuildError::Signer)?;
    let id = TxId(Hash::of(signing_input.as_bytes()));
    let mut text = format!("{signing_input}.{}", b64(&signature));
    for disclosure in &disclosures {
        text.push('~');
        text.push_str(disclosure);
    }
    text.push('~');
    if text.len() > MAX_BYTES {
        return Err(BuildError::TooLarge(text.len()));
    }
    let sealed = sealed
        .into_iter()
        .enumerate()
        .map(|(index, fields)| (RecordId { tx: id, index: u16::try_from(index).unwrap_or(u16::MAX) }, fields))
        .collect();
    Ok(Built { bytes: text.into_bytes(), id, sealed })
}
