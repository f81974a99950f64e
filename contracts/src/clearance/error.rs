//! Refusals of the clearance contract, 4000 to 4999. Never renumbered.

use super::state::Status;
use chain_core::contract::{Refusal, Stop};
use chain_core::types::RecordId;
use serde_json::json;

/// Why a clearance record was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClearanceError {
    /// 4001.
    #[error("this declaration number was filed before; see the record in the detail")]
    Exists {
        /// The record that filed it.
        record: RecordId,
    },
    /// 4002.
    #[error("no such declaration on this ledger; its declarant must file it first")]
    NotFound,
    /// 4003.
    #[error("the declaration has this status already; nothing is left to do")]
    Same,
    /// 4004.
    #[error("a declaration never goes back; see its status in the detail")]
    NeverBack {
        /// Its status.
        status: Status,
    },
}

impl ClearanceError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        match self {
            ClearanceError::Exists { .. } => 4001,
            ClearanceError::NotFound => 4002,
            ClearanceError::Same => 4003,
            ClearanceError::NeverBack { .. } => 4004,
        }
    }
}

impl From<ClearanceError> for Stop {
    fn from(error: ClearanceError) -> Stop {
        let refusal = Refusal::new(error.code(), error.to_string());
        Stop::Refused(match error {
            ClearanceError::Exists { record } => refusal.with(json!({ "record": record })),
            ClearanceError::NeverBack { status } => refusal.with(json!({ "status": status })),
            ClearanceError::NotFound | ClearanceError::Same => refusal,
        })
    }
}
