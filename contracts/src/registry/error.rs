//! Why the registry refuses. Codes are never renumbered. No sentence and no detail names another member.

use super::state::Standing;
use crate::dates::Date;
use chain_core::contract::{Refusal, Stop};
use chain_core::types::{Code, RecordId};
use serde_json::json;

/// A refusal of this contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// 3001.
    #[error("an enterprise files with its own social credit code as member id; a platform names it in for")]
    NotTheEnterprise,
    /// 3002.
    #[error("only a member with the role platform may file for another enterprise")]
    MayNotFileForOthers,
    /// 3003.
    #[error("valid_until has passed: today is {today} in Beijing; ask for a later date")]
    AlreadyOver {
        /// The block's Beijing date.
        today: Date,
    },
    /// 3004.
    #[error("exists: the same is already filed and stands; nothing to do")]
    FilingExists(RecordId),
    /// 3005.
    #[error("exists with other content: a filing of the same subject waits for review; wait for the decision")]
    FilingWaits(RecordId),
    /// 3006.
    #[error("a filing of the same subject was returned: name it in replaces")]
    NameTheReturned(RecordId),
    /// 3007.
    #[error("replaces must name the open filing of the same subject, or be left out when there is none")]
    WrongReplaced,
    /// 3008.
    #[error("only who filed it, or the enterprise itself, may replace a filing")]
    NotYourFiling,
    /// 3010.
    #[error("there is no filing {0}; its id is the record id of the filing")]
    UnknownFiling(RecordId),
    /// 3011.
    #[error("a member does not review what it filed or what is about itself; another must")]
    OwnFiling,
    /// 3012.
    #[error("exists: the filing is already decided so; nothing to do")]
    DecidedSo(RecordId),
    /// 3013.
    #[error("the filing is already {}; the enterprise must file anew", standing_name(*.0))]
    DecidedOtherwise(Standing),
    /// 3014.
    #[error("a review may shorten the validity, not extend it: at most {0}")]
    LongerThanAsked(Date),
    /// 3020.
    #[error("exists: the code is already assigned to this member, with the same content; nothing to do")]
    ObjectExists(RecordId),
    /// 3021.
    #[error("exists with other type or parent: an assigned code does not change; choose another code")]
    ObjectDiffers(RecordId),
    /// 3022.
    #[error("the code is taken; choose another")]
    ObjectTaken(RecordId),
    /// 3023.
    #[error("the parent {0} is not assigned; assign it first")]
    UnknownParent(Code),
    /// 3024.
    #[error("objects stand at most 32 deep; choose a parent further up")]
    TooDeep,
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Submitted => "submitted",
        Standing::Returned => "returned",
        Standing::Rejected => "rejected",
        Standing::Valid => "approved",
        Standing::Expired => "approved and expired",
        Standing::Superseded => "replaced",
    }
}

impl RegistryError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        use RegistryError::*;
        match self {
            NotTheEnterprise => 3001,
            MayNotFileForOthers => 3002,
            AlreadyOver { .. } => 3003,
            FilingExists(_) => 3004,
            FilingWaits(_) => 3005,
            NameTheReturned(_) => 3006,
            WrongReplaced => 3007,
            NotYourFiling => 3008,
            UnknownFiling(_) => 3010,
            OwnFiling => 3011,
            DecidedSo(_) => 3012,
            DecidedOtherwise(_) => 3013,
            LongerThanAsked(_) => 3014,
            ObjectExists(_) => 3020,
            ObjectDiffers(_) => 3021,
            ObjectTaken(_) => 3022,
            UnknownParent(_) => 3023,
            TooDeep => 3024,
        }
    }
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Refusal {
        use RegistryError::*;
        let refusal = Refusal::new(error.code(), error.to_string());
        match error {
            FilingExists(id) | FilingWaits(id) | NameTheReturned(id) => refusal.with(json!({ "filing": id })),
            DecidedSo(id) => refusal.with(json!({ "review": id })),
            DecidedOtherwise(standing) => refusal.with(json!({ "standing": standing })),
            LongerThanAsked(date) => refusal.with(json!({ "at_most": date })),
            AlreadyOver { today } => refusal.with(json!({ "today": today })),
            ObjectExists(id) | ObjectDiffers(id) | ObjectTaken(id) => refusal.with(json!({ "record": id })),
            _ => refusal,
        }
    }
}

impl From<RegistryError> for Stop {
    fn from(error: RegistryError) -> Stop {
        Stop::Refused(error.into())
    }
}
