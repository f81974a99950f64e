//! State of the insurance contract.

use crate::dates::Date;
use chain_core::types::{Currency, Height, MemberId, RecordId};
use serde::{Deserialize, Serialize};

/// A [`Policy`].
pub fn policy_key(id: &RecordId) -> String {
    format!("policy/{id}")
}

/// A policy as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The insurer.
    pub insurer: MemberId,
    /// ISO 4217.
    pub currency: Currency,
    /// Most that is paid, minor units.
    pub limit_minor: u64,
    /// First day covered.
    pub from: Date,
    /// Last day covered.
    pub until: Date,
    /// Days after the due date before a claim is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u32>,
    /// Height of its cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Height>,
}
