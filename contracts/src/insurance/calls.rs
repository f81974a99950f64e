//! Clear bodies of the insurance kinds.

use crate::dates::Date;
use chain_core::types::{Currency, RecordId};
use serde::{Deserialize, Serialize};

/// `insurance.policy/1`, by an insurer. Its record id is the policy's id.
///
/// Sealed by convention: `parties`, see [`PolicyParties`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyClear {
    /// ISO 4217.
    pub currency: Currency,
    /// Most that is paid for this buyer, 1 to 2^53 − 1 minor units.
    pub limit_minor: u64,
    /// First day covered.
    pub from: Date,
    /// Last day covered, after `from`.
    pub until: Date,
    /// Days after the due date before a claim is paid, at most 3660.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u32>,
}

/// `insurance.cancel/1`, by the insurer of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelClear {
    /// The policy.
    pub policy: RecordId,
}

/// Sealed field `parties` of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyParties {
    /// Member id or credit code of the insured seller.
    pub insured: String,
    /// The buyer, as the receivable's `parties` name the debtor.
    pub buyer: String,
    /// Number of the policy.
    pub policy_no: String,
}
