//! State of the clearance contract.

use crate::ids::customs::DeclarationNo;
use chain_core::types::{Height, RecordId};
use serde::{Deserialize, Serialize};

/// A [`Declaration`].
pub fn declaration_key(number: &DeclarationNo) -> String {
    format!("decl/{number}")
}

/// Object code of a declaration: all its records are chained under it.
pub fn declaration_code(number: &DeclarationNo) -> String {
    format!("decl:{number}")
}

/// Where a declaration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Filed by the declarant; customs have not spoken.
    Filed,
    /// Held for inspection.
    Held,
    /// Released.
    Released,
    /// Cancelled. Final.
    Cancelled,
}

impl Status {
    /// Whether customs may say `next` now: held and released follow filing, released follows held, and
    /// cancelled follows anything but itself.
    pub fn may_become(self, next: Status) -> bool {
        use Status::{Cancelled, Filed, Held, Released};
        matches!((self, next), (Filed, Held) | (Filed | Held, Released) | (Filed | Held | Released, Cancelled))
    }
}

/// A declaration as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The declarant's record.
    pub record: RecordId,
    /// Where it stands.
    pub status: Status,
    /// Height at which it was filed.
    pub filed: Height,
    /// Height of the last change.
    pub changed: Height,
}
