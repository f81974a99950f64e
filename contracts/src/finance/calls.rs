//! Clear bodies of the finance kinds. Amounts are integer minor units of the receivable's currency;
//! days are `YYYY-MM-DD`. Parties and documents are never here: they are sealed.

use super::wire::{Digest32, Fingerprint, Salt, Signature};
use crate::dates::Date;
use chain_core::types::{Currency, Kid, MemberId, RecordId};
use serde::{Deserialize, Serialize};

/// `finance.receivable/1`, by the creditor. Its record id is the receivable's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivableClear {
    /// ISO 4217.
    pub currency: Currency,
    /// Face amount, 1 to 2^53 − 1 minor units.
    pub minor: u64,
    /// Date of the invoice.
    pub issued: Date,
    /// Date by which the debtor pays, after `issued`.
    pub due: Date,
    /// Record id of the `insurance.policy/1` that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RecordId>,
    /// Who may confirm it: see [`super::signed::commitment`].
    pub confirmer: Digest32,
    /// The registrar's word on the documents.
    pub attestation: Attestation,
}

/// A registrar attests that it computed the fingerprints from the sealed fields it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The registrar.
    pub registrar: MemberId,
    /// Its key, of use `attest`.
    pub kid: Kid,
    /// Fingerprints of the documents, 1 to 8, none twice. Unique among live receivables.
    pub exact: Vec<Fingerprint>,
    /// Fingerprints of blurred documents, at most 16, none twice. They only warn.
    pub similar: Vec<Fingerprint>,
    /// Digests of the sealed fields it saw, 1 to 8, none twice; all stand in the record's `_sd`.
    pub binds: Vec<Digest32>,
    /// Over [`super::signed::attestation_bytes`].
    pub signature: Signature,
}

/// In which capacity a member confirms or disputes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capacity {
    /// It owes the amount.
    Debtor,
    /// It confirms for a debtor abroad: needs the role of a confirming agent.
    Agent,
}

impl Capacity {
    /// `debtor` or `agent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Capacity::Debtor => "debtor",
            Capacity::Agent => "agent",
        }
    }
}

/// What the confirmer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The amount is owed and will be paid when due.
    Confirm,
    /// It is not.
    Reject,
}

/// `finance.confirm/1`, by the member whose commitment opens. Once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmClear {
    /// The receivable.
    pub receivable: RecordId,
    /// Confirm or reject.
    pub decision: Decision,
    /// Debtor or agent.
    pub capacity: Capacity,
    /// The salt that opens the commitment with the issuer's id.
    pub salt: Salt,
}

/// `finance.reserve/1`, by a bank: a short claim on part of the amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveClear {
    /// The receivable.
    pub receivable: RecordId,
    /// Amount, at least 1.
    pub minor: u64,
    /// Seconds of block time until it expires, 1 to the parameter `reservation_max_s`.
    pub seconds: u64,
}

/// The first of two signatures of a bank; the transaction's signature is the second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// A key of the bank of use `maker`, other than the one that signed the transaction.
    pub kid: Kid,
    /// Over [`super::signed::approval_bytes`].
    pub signature: Signature,
}

/// `finance.pledge/1`, by the holder of an unexpired reservation, which it consumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PledgeClear {
    /// The receivable.
    pub receivable: RecordId,
    /// The reservation.
    pub reservation: RecordId,
    /// Amount, 1 to the amount reserved.
    pub minor: u64,
    /// Last day of the statutory registration.
    pub until: Date,
    /// Certificate number of the statutory register (登记证明编号), 1 to 40 of `A-Z a-z 0-9 -`.
    pub register_no: String,
    /// The first signature.
    pub maker: Maker,
}

/// Who paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The debtor paid the invoice: what remains of the receivable shrinks too.
    Debtor,
    /// The borrower paid its loan: only the pledge shrinks.
    Borrower,
}

/// `finance.repay/1`, by the holder of the pledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepayClear {
    /// The receivable.
    pub receivable: RecordId,
    /// The pledge.
    pub pledge: RecordId,
    /// Amount, at least 1.
    pub minor: u64,
    /// Who paid.
    pub source: Source,
}

/// `finance.release/1`, by the holder of a reservation or pledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseClear {
    /// The receivable.
    pub receivable: RecordId,
    /// The reservation or pledge.
    pub encumbrance: RecordId,
    /// The first signature: for a pledge, over its outstanding amount, day and certificate number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Maker>,
}

/// Why a receivable is disputed. Closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeReason {
    /// Goods not delivered, or late.
    Delivery,
    /// Quality.
    Quality,
    /// Quantity.
    Quantity,
    /// Price or amount.
    Amount,
    /// Goods returned.
    Returned,
    /// Already paid or set off.
    Paid,
    /// Suspected fraud.
    Fraud,
    /// Anything else.
    Other,
}

/// `finance.dispute/1`, by the creditor or the confirmer. While open, nobody can reserve or pledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeClear {
    /// The receivable.
    pub receivable: RecordId,
    /// Why; the same when it is closed.
    pub reason: DisputeReason,
    /// True opens, false closes.
    pub open: bool,
    /// How the confirmer opens its commitment; absent for the creditor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal: Option<Reveal>,
}

/// Opens the commitment of a receivable with the issuer's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Debtor or agent.
    pub capacity: Capacity,
    /// The salt.
    pub salt: Salt,
}
