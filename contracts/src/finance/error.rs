//! Refusals of the finance contract, 6000 to 6999. Never renumbered.

use chain_core::contract::{Refusal, Stop};
use chain_core::types::RecordId;
use serde_json::json;

/// Why a finance record was refused. Never says who holds or owns anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinanceError {
    /// 6001.
    #[error("no such receivable on this ledger; give the record id of a finance.receivable/1")]
    NotFound,
    /// 6002.
    #[error("the debtor has not confirmed the receivable yet; ask for its finance.confirm/1")]
    NotConfirmed,
    /// 6003.
    #[error("the debtor rejected the receivable; it cannot be used any more")]
    Rejected,
    /// 6004.
    #[error("the receivable is paid; nothing of it is left")]
    Settled,
    /// 6005.
    #[error("the receivable is disputed; wait until the dispute is closed")]
    Disputed,
    /// 6006.
    #[error("the due date has passed in Beijing; a matured receivable cannot be financed")]
    Matured,
    /// 6007.
    #[error("the creditor is not in good standing; ask the governing members")]
    CreditorStanding,
    /// 6008.
    #[error("not enough is free; reserve at most what the detail says")]
    NotEnoughFree {
        /// Minor units that nobody has a claim on.
        free: u64,
        /// What encumbers the receivable.
        encumbrances: Vec<RecordId>,
    },
    /// 6009.
    #[error("the receivable carries 32 reservations and pledges already; wait until one ends")]
    TooManyEncumbrances,
    /// 6010.
    #[error("a reservation lasts at most {most} seconds on this ledger; ask for less")]
    TooLong {
        /// The parameter `reservation_max_s`.
        most: u64,
    },
    /// 6101.
    #[error("a live receivable has the same document; finance that one, or have it rejected or settled first")]
    Duplicate {
        /// The other receivable.
        receivable: RecordId,
    },
    /// 6102.
    #[error("the invoice is dated after today in Beijing; register it on its date")]
    IssuedInFuture,
    /// 6103.
    #[error("due must lie at most three years ahead; correct the date")]
    DueTooFar,
    /// 6104.
    #[error("no such policy on this ledger; give the record id of an insurance.policy/1, or leave policy out")]
    UnknownPolicy,
    /// 6105.
    #[error("the attesting member is not a registrar in good standing; ask a registrar of this ledger")]
    NotRegistrar,
    /// 6106.
    #[error("a creditor cannot attest its own documents; ask another registrar")]
    SelfAttested,
    /// 6107.
    #[error("the registrar's key may not attest at this height; ask for an attestation with a valid key")]
    AttestKey,
    /// 6108.
    #[error("the attestation's signature does not fit this ledger, creditor, amount and fingerprints; ask again")]
    AttestSignature,
    /// 6201.
    #[error("the receivable names another confirmer; salt, capacity and issuer must open its commitment")]
    NotConfirmer,
    /// 6202.
    #[error("only a confirming agent may confirm for a debtor; ask the governing members for the role")]
    NotAgent,
    /// 6203.
    #[error("a creditor cannot confirm its own receivable; the debtor or its agent must")]
    SelfConfirmed,
    /// 6204.
    #[error("the receivable was decided before; a decision is made once")]
    AlreadyDecided,
    /// 6301.
    #[error("no unexpired reservation of yours with this id; reserve again")]
    NoReservation,
    /// 6302.
    #[error("the pledge exceeds what was reserved; pledge at most {reserved} minor units")]
    MoreThanReserved {
        /// Minor units reserved.
        reserved: u64,
    },
    /// 6303.
    #[error("until must lie after today in Beijing and at most 30 years ahead; correct the date")]
    RegisterTerm,
    /// 6304.
    #[error("the transaction must be signed by a checker's key; have a second person sign it")]
    NotChecker,
    /// 6305.
    #[error("maker and checker must be different keys; have a second person sign it")]
    SameKey,
    /// 6306.
    #[error("the maker's key is not a maker's key of this member, valid at this height")]
    MakerKey,
    /// 6307.
    #[error("the maker's signature does not fit this step; sign the approval bytes of exactly these values")]
    MakerSignature,
    /// 6308.
    #[error("releasing a pledge needs a maker's signature; add it")]
    MakerMissing,
    /// 6309.
    #[error("releasing a reservation takes one signature; leave maker out")]
    MakerNotNeeded,
    /// 6401.
    #[error("no outstanding pledge of yours with this id on this receivable")]
    NoPledge,
    /// 6402.
    #[error("the payment is too large for this pledge; book at most {most} minor units")]
    MoreThanOutstanding {
        /// Minor units that can be booked.
        most: u64,
    },
    /// 6501.
    #[error("no unexpired reservation and no outstanding pledge of yours with this id on this receivable")]
    NoEncumbrance,
    /// 6601.
    #[error("only the creditor may dispute without opening the confirmer's commitment")]
    NotParty,
    /// 6602.
    #[error("a dispute is open already; it must be closed first")]
    DisputeOpen,
    /// 6603.
    #[error("no dispute is open")]
    NoDispute,
    /// 6604.
    #[error("the other side opened the dispute; only it can close it")]
    OthersDispute,
    /// 6605.
    #[error("the open dispute has another reason; name the reason that it has")]
    OtherReason,
}

impl FinanceError {
    /// The stable number.
    pub fn code(&self) -> u16 {
        match self {
            FinanceError::NotFound => 6001,
            FinanceError::NotConfirmed => 6002,
            FinanceError::Rejected => 6003,
            FinanceError::Settled => 6004,
            FinanceError::Disputed => 6005,
            FinanceError::Matured => 6006,
            FinanceError::CreditorStanding => 6007,
            FinanceError::NotEnoughFree { .. } => 6008,
            FinanceError::TooManyEncumbrances => 6009,
            FinanceError::TooLong { .. } => 6010,
            FinanceError::Duplicate { .. } => 6101,
            FinanceError::IssuedInFuture => 6102,
            FinanceError::DueTooFar => 6103,
            FinanceError::UnknownPolicy => 6104,
            FinanceError::NotRegistrar => 6105,
            FinanceError::SelfAttested => 6106,
            FinanceError::AttestKey => 6107,
            FinanceError::AttestSignature => 6108,
            FinanceError::NotConfirmer => 6201,
            FinanceError::NotAgent => 6202,
            FinanceError::SelfConfirmed => 6203,
            FinanceError::AlreadyDecided => 6204,
            FinanceError::NoReservation => 6301,
            FinanceError::MoreThanReserved { .. } => 6302,
            FinanceError::RegisterTerm => 6303,
            FinanceError::NotChecker => 6304,
            FinanceError::SameKey => 6305,
            FinanceError::MakerKey => 6306,
            FinanceError::MakerSignature => 6307,
            FinanceError::MakerMissing => 6308,
            FinanceError::MakerNotNeeded => 6309,
            FinanceError::NoPledge => 6401,
            FinanceError::MoreThanOutstanding { .. } => 6402,
            FinanceError::NoEncumbrance => 6501,
            FinanceError::NotParty => 6601,
            FinanceError::DisputeOpen => 6602,
            FinanceError::NoDispute => 6603,
            FinanceError::OthersDispute => 6604,
            FinanceError::OtherReason => 6605,
        }
    }
}

impl From<FinanceError> for Refusal {
    fn from(error: FinanceError) -> Refusal {
        let refusal = Refusal::new(error.code(), error.to_string());
        match error {
            FinanceError::NotEnoughFree { free, encumbrances } => {
                refusal.with(json!({ "free": free, "encumbrances": encumbrances }))
            }
            FinanceError::Duplicate { receivable } => refusal.with(json!({ "receivable": receivable })),
            _ => refusal,
        }
    }
}

impl From<FinanceError> for Stop {
    fn from(error: FinanceError) -> Stop {
        Stop::Refused(error.into())
    }
}
