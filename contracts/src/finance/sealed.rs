//! Sealed fields of a receivable, as its holder presents them, by convention of the members.

use crate::dates::Date;
use chain_core::types::{Currency, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sealed field `parties`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parties {
    /// Member id of the creditor.
    pub creditor: String,
    /// Member id of the debtor; its name or registration where it is no member.
    pub debtor: String,
    /// Names of the organisations, by any key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// Member id of the agent that confirms for the debtor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// Sealed field `invoice`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invoice {
    /// Number as printed.
    pub number: String,
    /// Its date.
    pub date: Date,
    /// ISO 4217.
    pub currency: Currency,
    /// Amount, minor units.
    pub minor: u64,
}

/// Sealed field `documents`: record ids of what stands behind the invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// A `trade.order/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<RecordId>,
    /// A `trade.waybill/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waybill: Option<RecordId>,
    /// A `trade.list/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<RecordId>,
    /// A `clearance.declaration/1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<RecordId>,
}
