//! Refusals of the insurance contract, 7000 to 7999. Never renumbered.

use chain_core::contract::{Refusal, Stop};

/// Why an insurance record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InsuranceError {
    /// 7001.
    #[error("no such policy on this ledger; give the record id of an insurance.policy/1")]
    NotFound,
    /// 7002.
    #[error("only the insurer that recorded the policy may cancel it")]
    NotInsurer,
    /// 7003.
    #[error("the policy was cancelled before; nothing is left to do")]
    AlreadyCancelled,
    /// 7004.
    #[error("the policy ended before today in Beijing; record a policy that is in force")]
    Ended,
}

impl InsuranceError {
    /// The stable number.
    pub fn code(self) -> u16 {
        match self {
            InsuranceError::NotFound => 7001,
            InsuranceError::NotInsurer => 7002,
            InsuranceError::AlreadyCancelled => 7003,
            InsuranceError::Ended => 7004,
        }
    }
}

impl From<InsuranceError> for Stop {
    fn from(error: InsuranceError) -> Stop {
        Stop::Refused(Refusal::new(error.code(), error.to_string()))
    }
}
