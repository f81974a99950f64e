//! Members: organisations, their roles and their keys with a validity by height.

use crate::keys::PublicKey;
use crate::types::{Height, Kid, Kind, MemberId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an organisation is on the ledger. Which role may write which kind is data: see [`Grants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Customs administration (海关).
    Customs,
    /// Tax administration (税务).
    Tax,
    /// Foreign-exchange administration (外汇管理).
    Forex,
    /// Bank (银行).
    Bank,
    /// Export-credit or cargo insurer (保险).
    Insurer,
    /// Trading enterprise (电商企业).
    Enterprise,
    /// E-commerce platform (电商平台).
    Platform,
    /// Payment firm (支付企业).
    Payment,
    /// Carrier (物流企业).
    Carrier,
    /// Warehouse or supervised site (仓储、监管场所).
    Warehouse,
    /// Laboratory (检测机构).
    Laboratory,
    /// Rating agency (评级机构).
    RatingAgency,
    /// Attests fingerprints of invoices (登记机构).
    Registrar,
    /// May confirm a receivable for a debtor abroad (代确认机构).
    ConfirmingAgent,
}

impl Role {
    /// Agencies, banks and insurers: they may read every clear field.
    pub fn reads_all(self) -> bool {
        matches!(self, Role::Customs | Role::Tax | Role::Forex | Role::Bank | Role::Insurer)
    }
}

/// What a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// Transactions.
    Record,
    /// The first signature of a step that moves money.
    Maker,
    /// The transaction that carries a step that moves money.
    Checker,
    /// API tokens.
    Api,
    /// Attested fingerprints.
    Attest,
}

impl KeyUse {
    /// Whether it gives one of the two signatures of a step that moves money.
    pub fn moves_money(self) -> bool {
        matches!(self, KeyUse::Maker | KeyUse::Checker)
    }
}

/// A key with its uses and its validity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberKey {
    /// RFC 7638 thumbprint of `x`.
    pub kid: Kid,
    /// The public key, base64url.
    pub x: PublicKey,
    /// What it may sign.
    pub uses: BTreeSet<KeyUse>,
    /// First height at which it may sign.
    pub from: Height,
    /// First height at which it may not any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Height>,
}

impl MemberKey {
    /// Whether it may sign for `purpose` at a height.
    pub fn valid(&self, purpose: KeyUse, at: Height) -> bool {
        self.uses.contains(&purpose) && self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A member, as state key `member/<id>` holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Name of the organisation by language tag (`zh-CN`, `en`). Organisations only, never a person.
    pub names: BTreeMap<String, String>,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// All keys it ever had, oldest first.
    pub keys: Vec<MemberKey>,
    /// Height at which it was admitted.
    pub since: Height,
    /// From this height on it may write nothing, until lifted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub suspended_from: Option<Height>,
}

impl Member {
    /// In good standing at a height: admitted and not suspended.
    pub fn in_good_standing(&self, at: Height) -> bool {
        self.since <= at && self.suspended_from.is_none_or(|from| at < from)
    }

    /// The key with this id.
    pub fn key(&self, kid: &Kid) -> Option<&MemberKey> {
        self.keys.iter().find(|key| key.kid == *kid)
    }
}

/// Which roles may write which kinds: state key `gov/grants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub BTreeMap<Kind, BTreeSet<Role>>);

impl Grants {
    /// Whether one of the roles may write the kind. A kind that is not listed may be written by nobody.
    pub fn allows(&self, kind: &Kind, roles: &BTreeSet<Role>) -> bool {
        self.0.get(kind).is_some_and(|granted| granted.intersection(roles).next().is_some())
    }
}

/// Bounds that the governing members may change: state key `gov/params`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Bytes of transactions in a block.
    pub block_bytes: u64,
    /// Transactions in a block.
    pub block_txs: u32,
    /// Bytes of one member in a block.
    pub member_block_bytes: u64,
    /// Longest reservation of a receivable, seconds.
    pub reservation_max_s: u64,
    /// A proposal passes with this many votes of governing members.
    pub votes_needed: u32,
    /// How far a block's time may run ahead of or behind a validator's clock, milliseconds.
    pub clock_bound_ms: u64,
    /// Proposers of failed rounds are skipped for this many heights.
    pub skip_heights: u64,
}

impl Default for Params {
    fn default() -> Params {
        Params {
            block_bytes: 4 << 20,
            block_txs: 10_000,
            member_block_bytes: 4 << 20,
            reservation_max_s: 7 * 24 * 3600,
            votes_needed: 3,
            clock_bound_ms: 10_000,
            skip_heights: 20,
        }
    }
}
