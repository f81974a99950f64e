//! Why a transaction is not accepted for what it is. Codes are never renumbered.

use crate::json::{JsonError, JsonFault};

/// A fault of form, signature or audience. Nothing of the transaction is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// 1001.
    #[error("the transaction has {0} bytes; at most 262144 are allowed: split it")]
    TooLarge(usize),
    /// 1002.
    #[error("an SD-JWT is ASCII text")]
    NotAscii,
    /// 1003.
    #[error("not an SD-JWT: {0}")]
    Framing(&'static str),
    /// 1004.
    #[error("the {0} is not strict base64url without padding")]
    Base64(&'static str),
    /// 1005 syntax, 1006 duplicate key, 1007 number, 1008 depth, 1009 shape.
    #[error("{part}: {error}")]
    Json {
        /// Header, claims, disclosure or records.
        part: &'static str,
        /// What and where.
        error: JsonError,
    },
    /// 1010.
    #[error("typ is {0:?}; a transaction's is \"sealane+sd-jwt\"")]
    Typ(String),
    /// 1011.
    #[error("alg {0:?} is not accepted; sign with Ed25519")]
    Algorithm(String),
    /// 1012.
    #[error("SM2 signatures are foreseen but not accepted yet; sign with Ed25519")]
    Sm2NotYet,
    /// 1013.
    #[error("aud names another ledger; sign for this ledger's id")]
    Audience,
    /// 1014.
    #[error("_sd_alg must be sha-256")]
    DigestAlgorithm,
    /// 1015.
    #[error("submit_by must lie between iat and iat + 86400")]
    Lifetime,
    /// 1016.
    #[error("{0} records; a transaction has 1 to 256")]
    RecordCount(usize),
    /// 1017.
    #[error("{digests} record digests but {disclosures} disclosures; send each record's disclosure in signed order")]
    DisclosureCount {
        /// Digests signed.
        digests: usize,
        /// Disclosures sent.
        disclosures: usize,
    },
    /// 1018.
    #[error("the disclosure of record {0} does not have the signed digest")]
    DisclosureDigest(usize),
    /// 1019.
    #[error("record {0} repeats an earlier digest; use a fresh salt for each record")]
    RepeatedDigest(usize),
    /// 1020.
    #[error("the key is not the one that kid names")]
    WrongKey,
    /// 1021.
    #[error("the signature does not verify")]
    Signature,
}

impl TxError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        match self {
            TxError::TooLarge(_) => 1001,
            TxError::NotAscii => 1002,
            TxError::Framing(_) => 1003,
            TxError::Base64(_) => 1004,
            TxError::Json { error, .. } => match error.fault {
                JsonFault::Syntax => 1005,
                JsonFault::DuplicateKey => 1006,
                JsonFault::Number => 1007,
                JsonFault::Depth => 1008,
                JsonFault::Shape => 1009,
            },
            TxError::Typ(_) => 1010,
            TxError::Algorithm(_) => 1011,
            TxError::Sm2NotYet => 1012,
            TxError::Audience => 1013,
            TxError::DigestAlgorithm => 1014,
            TxError::Lifetime => 1015,
            TxError::RecordCount(_) => 1016,
            TxError::DisclosureCount { .. } => 1017,
            TxError::DisclosureDigest(_) => 1018,
            TxError::RepeatedDigest(_) => 1019,
            TxError::WrongKey => 1020,
            TxError::Signature => 1021,
        }
    }

    /// JSON pointer to the place, where one can be named.
    pub fn pointer(&self) -> Option<String> {
        match self {
            TxError::Json { error, .. } => Some(error.pointer.clone()),
            TxError::DisclosureDigest(i) | TxError::RepeatedDigest(i) => Some(format!("/records/{i}")),
            TxError::Lifetime => Some("/submit_by".into()),
            TxError::Audience => Some("/aud".into()),
            TxError::RecordCount(_) => Some("/records".into()),
            TxError::DigestAlgorithm => Some("/_sd_alg".into()),
            _ => None,
        }
    }
}
