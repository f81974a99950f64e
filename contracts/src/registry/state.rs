//! What the registry keeps: filings, the filings of a subject, and assigned object codes.

use super::calls::{Decision, EnterpriseCall, GoodsCall, ObjectType};
use crate::dates::Date;
use chain_core::types::{Code, Height, MemberId, RecordId};
use serde::{Deserialize, Serialize};

/// What was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Filed {
    /// An enterprise.
    Enterprise(EnterpriseCall),
    /// Goods of an enterprise.
    Goods(GoodsCall),
}

/// Where a filing stands, apart from the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase", deny_unknown_fields)]
pub enum FilingStatus {
    /// Waits for review.
    Submitted,
    /// Reviewed.
    Reviewed {
        /// The decision.
        decision: Decision,
        /// Customs' reason code.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason_code: Option<String>,
        /// With an approval: its last Beijing date.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        valid_until: Option<Date>,
        /// Record id of the review.
        review: RecordId,
    },
    /// Another filing took its place.
    Superseded {
        /// Record id of that filing.
        by: RecordId,
    },
}

/// A filing: state key [`filing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// The enterprise that it is about, or whose goods: its member id, a social credit code.
    pub owner: MemberId,
    /// The member that filed it: the owner or a platform.
    pub filer: MemberId,
    /// Height at which it was filed.
    pub since: Height,
    /// What was filed.
    pub filed: Filed,
    /// Where it stands.
    pub status: FilingStatus,
}

/// What a filing is worth on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Waits for review.
    Submitted,
    /// Returned for change.
    Returned,
    /// Refused.
    Rejected,
    /// Approved, and its last day has not ended.
    Valid,
    /// Approved, and its last day has ended.
    Expired,
    /// Replaced by another filing.
    Superseded,
}

/// What a filing is worth on a Beijing date: its last day is `valid_until`, included.
pub fn standing_at(filing: &Filing, date: Date) -> Standing {
    match &filing.status {
        FilingStatus::Submitted => Standing::Submitted,
        FilingStatus::Superseded { .. } => Standing::Superseded,
        FilingStatus::Reviewed { decision: Decision::Return, .. } => Standing::Returned,
        FilingStatus::Reviewed { decision: Decision::Reject, .. } => Standing::Rejected,
        FilingStatus::Reviewed { decision: Decision::Approve, valid_until, .. } => {
            let last = valid_until.unwrap_or_else(|| filing.filed.valid_until());
            if date <= last { Standing::Valid } else { Standing::Expired }
        }
    }
}

impl Filed {
    /// The last Beijing date that was asked for.
    pub fn valid_until(&self) -> Date {
        match self {
            Filed::Enterprise(call) => call.valid_until,
            Filed::Goods(call) => call.valid_until,
        }
    }

    /// Record id of the filing that it says to replace.
    pub fn replaces(&self) -> Option<RecordId> {
        match self {
            Filed::Enterprise(call) => call.replaces,
            Filed::Goods(call) => call.replaces,
        }
    }

    /// State key of the [`Filings`] of its subject.
    pub fn subject(&self, owner: &MemberId) -> String {
        match self {
            Filed::Enterprise(_) => filings_of_enterprise(owner.as_str()),
            Filed::Goods(call) => filings_of_goods(owner, &call.gtin14()),
        }
    }

    /// Whether two say the same, whoever filed them and whatever they replace.
    pub fn says_the_same(&self, other: &Filed) -> bool {
        self.bare() == other.bare()
    }

    fn bare(&self) -> Filed {
        let mut filed = self.clone();
        match &mut filed {
            Filed::Enterprise(call) => (call.on_behalf_of, call.replaces) = (None, None),
            Filed::Goods(call) => {
                (call.on_behalf_of, call.replaces) = (None, None);
                call.gtin = call.gtin14();
            }
        }
        filed
    }
}

/// The filings of one subject: state keys [`filings_of_enterprise`] and [`filings_of_goods`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filings {
    /// The latest approved filing. It may have expired: see [`standing_at`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approved: Option<RecordId>,
    /// The filing that is submitted or returned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub open: Option<RecordId>,
}

/// An assigned object code: state key [`object`]. Written once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The member to which it is assigned.
    pub issuer: MemberId,
    /// What it stands for.
    #[serde(rename = "type")]
    pub object_type: ObjectType,
    /// The code that it stands in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Code>,
    /// How many codes stand above it.
    pub depth: u8,
    /// Record that assigned it.
    pub record: RecordId,
}

/// State key of a [`Filing`], by the id of the record that made it.
pub fn filing(id: &RecordId) -> String {
    format!("filing/{id}")
}

/// State key of the [`Filings`] of an enterprise, by social credit code.
pub fn filings_of_enterprise(uscc: &str) -> String {
    format!("filing-of/enterprise/{uscc}")
}

/// State key of the [`Filings`] of goods, by their enterprise and the GTIN with 14 digits.
///
/// Two enterprises may file the same goods; neither replaces the other's filing.
pub fn filings_of_goods(owner: &MemberId, gtin14: &str) -> String {
    format!("filing-of/goods/{owner}/{gtin14}")
}

/// State key of an [`Assigned`] code.
pub fn object(code: &Code) -> String {
    format!("object/{code}")
}
