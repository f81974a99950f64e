//! Which check failed.

use crate::log::checkpoint::CheckpointError;
use crate::log::merkle::InclusionError;
use crate::log::policy::TrustError;
use crate::log::proof::ProofFormatError;
use crate::tx::TxError;

/// Why a receipt, proof or bundle does not hold: which check failed. Codes are never renumbered.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// 9001.
    #[error("form: the file is not a receipt of this kind: {0}")]
    Form(String),
    /// 9002.
    #[error("ledger: this is of another ledger than the one trusted")]
    OtherLedger,
    /// 9003.
    #[error("handover {index}: {reason}")]
    Handover {
        /// Position in the chain of handovers.
        index: usize,
        /// What failed.
        reason: String,
    },
    /// 9004.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] TrustError),
    /// 9005.
    #[error("inclusion: {0}")]
    Inclusion(#[from] InclusionError),
    /// 9005 too.
    #[error("inclusion: the block's leaf is not the last one that the checkpoint covers")]
    NotLast,
    /// 9006.
    #[error("leaf: it is of another type or does not speak of this transaction")]
    Leaf,
    /// 9007.
    #[error("transaction: {0}")]
    Transaction(TxError),
    /// 9008.
    #[error("disclosure {0}: it is not one of the signed records")]
    Disclosure(usize),
    /// 9009.
    #[error("state: {0}")]
    State(#[from] crate::tree::ProofError),
    /// 9010.
    #[error("unused: the file carries parts that the check did not need")]
    Unused,
    /// 9011.
    #[error("policy: it is not the one that the checkpoint's validators give")]
    Policy,
    /// 9012.
    #[error("member: {0}")]
    Member(String),
    /// 9013.
    #[error("listing of {object}: {reason}")]
    Listing {
        /// The object whose records are listed.
        object: String,
        /// What does not hold.
        reason: &'static str,
    },
    /// 9014: position among the record's opened fields.
    #[error("sealed field {0}: its digest is not one that the record carries, or it is shown twice")]
    Sealed(usize),
    /// 9015.
    #[error("subject: {0}")]
    Subject(&'static str),
    /// 9016.
    #[error("time: {0}")]
    Time(String),
}

impl VerifyError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        match self {
            VerifyError::Form(_) => 9001,
            VerifyError::OtherLedger => 9002,
            VerifyError::Handover { .. } => 9003,
            VerifyError::Checkpoint(_) => 9004,
            VerifyError::Inclusion(_) | VerifyError::NotLast => 9005,
            VerifyError::Leaf => 9006,
            VerifyError::Transaction(_) => 9007,
            VerifyError::Disclosure(_) => 9008,
            VerifyError::State(_) => 9009,
            VerifyError::Unused => 9010,
            VerifyError::Policy => 9011,
            VerifyError::Member(_) => 9012,
            VerifyError::Listing { .. } => 9013,
            VerifyError::Sealed(_) => 9014,
            VerifyError::Subject(_) => 9015,
            VerifyError::Time(_) => 9016,
        }
    }
}

impl From<ProofFormatError> for VerifyError {
    fn from(error: ProofFormatError) -> VerifyError {
        VerifyError::Form(error.to_string())
    }
}

impl From<CheckpointError> for VerifyError {
    fn from(error: CheckpointError) -> VerifyError {
        VerifyError::Form(error.to_string())
    }
}
