//! Clear bodies of the clearance kinds that are not made from CEB messages; those are in [`super::kinds`].

use super::state::Status;
use crate::ids::customs::DeclarationNo;
use chain_core::types::Code;
use serde::{Deserialize, Serialize};

/// `clearance.declaration/1`, by the declarant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationClear {
    /// Customs declaration number, 18 digits.
    pub declaration: DeclarationNo,
    /// Codes of the lists it sums up, such as `list:…`: 1 to 1,000, none twice.
    pub lists: Vec<Code>,
}

/// `clearance.release/1`, by customs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseClear {
    /// Customs declaration number, 18 digits.
    pub declaration: DeclarationNo,
    /// `released`, `held` or `cancelled`.
    pub status: Status,
}
