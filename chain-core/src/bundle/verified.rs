//! What verifying a bundle gives: what was proved, or the check that failed.

use super::{Listing, Subject};
use crate::hash::Hash;
use crate::receipt::VerifyError;
use crate::types::{Height, Kid, LedgerId, MemberId, RecordId, TimeMs, TxId};
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// The checks of `PROOFS.md`, in their order and with their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Check {
    /// The file is well formed and unchanged.
    Form = 1,
    /// It is of the trusted ledger.
    Ledger,
    /// The validators hand over from the genesis to the checkpoint.
    Handovers,
    /// A quorum of them cosigned the checkpoint.
    Checkpoint,
    /// The last block is in the log.
    Block,
    /// Every state value or absence.
    State,
    /// Every entry.
    Entries,
    /// Every listing is complete.
    Listings,
    /// What is said of the subject is there.
    Subject,
    /// The time token, where there is one.
    Time,
}

impl Check {
    /// All, in order.
    pub const ALL: [Check; 10] = [
        Check::Form,
        Check::Ledger,
        Check::Handovers,
        Check::Checkpoint,
        Check::Block,
        Check::State,
        Check::Entries,
        Check::Listings,
        Check::Subject,
        Check::Time,
    ];
}

/// A bundle that does not hold: the first check that failed, and at which item of its list.
#[derive(Debug)]
pub struct Fault {
    /// The check.
    pub check: Check,
    /// Position in `state`, `entries` or `listings`.
    pub at: Option<usize>,
    /// What failed, with its code.
    pub error: VerifyError,
}

impl Fault {
    /// The stable number.
    pub fn code(&self) -> u16 {
        self.error.code()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.check, self.at) {
            (Check::State, Some(at)) => write!(f, "state {at}: {}", self.error),
            (Check::Entries, Some(at)) => write!(f, "entry {at}: {}", self.error),
            _ => self.error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Whoever can check RFC 3161 tokens: the core knows no CMS and no X.509.
pub trait TimeToken {
    /// Checks a token over an imprint.
    ///
    /// # Errors
    /// What does not hold, in a sentence.
    fn check(&self, der: &[u8], imprint: &Hash) -> Result<Stamped, String>;
}

/// What a good time token proves: the bundle existed then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// Unix seconds.
    pub time: u64,
    /// Who the certificate says the time-stamping authority is.
    pub authority: String,
    /// Whether the certificate leads to an anchor that the verifier named. If not, nobody vouches for the authority.
    pub anchored: bool,
}

/// A cosignature of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cosigner {
    /// Its name in the policy: a validator's member id, or `witness-<n>`.
    pub name: String,
    /// The time it stated, Unix seconds.
    pub time: u64,
}

/// A state key and what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvedValue {
    /// State key.
    pub key: String,
    /// The value's JSON text, or none where the key was absent.
    pub value: Option<String>,
}

/// A record that was shown and signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownRecord {
    /// Its id.
    pub id: RecordId,
    /// The record, as disclosed.
    pub record: Value,
    /// Sealed fields that were opened: name and value, in the file's order.
    pub opened: Vec<(String, Value)>,
}

/// Who signed an entry, and what is shown of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// The member.
    pub issuer: MemberId,
    /// Its key.
    pub kid: Kid,
    /// First height at which the key was valid.
    pub from: Height,
    /// First height at which it was not any more, as far as the ledger knew then.
    pub until: Option<Height>,
    /// How many records were signed: those not shown are hidden.
    pub of: usize,
    /// Records shown.
    pub records: Vec<ShownRecord>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifiedEntry {
    /// Its place in the log.
    pub place: u64,
    /// The transaction.
    pub transaction: TxId,
    /// Height of its block.
    pub height: Height,
    /// Position in the block.
    pub index: u32,
    /// Whether it took effect.
    pub accepted: bool,
    /// The refusal code, 0 when accepted.
    pub code: u16,
    /// The position of the refused record, 0 when accepted.
    pub refused_record: u16,
    /// None where the entry is withheld.
    pub signed: Option<Signed>,
}

/// What a good bundle proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifiedBundle {
    /// What it is about.
    pub subject: Subject,
    /// The ledger.
    pub ledger: LedgerId,
    /// The origin of its checkpoints.
    pub origin: String,
    /// Everything in `state` was so after the block of this height.
    pub height: Height,
    /// The block's time.
    pub time: TimeMs,
    /// Leaves covered by the checkpoint: the block's is the last.
    pub log_size: u64,
    /// Changes of validators that lead to the checkpoint.
    pub handovers: usize,
    /// Who cosigned it, and when.
    pub cosigned: Vec<Cosigner>,
    /// Unix seconds at which a quorum of the validators had.
    pub cosigned_at: u64,
    /// State values and absences.
    pub state: Vec<ProvedValue>,
    /// Entries of the log.
    pub entries: Vec<VerifiedEntry>,
    /// Objects of which these are all records by then.
    pub listings: Vec<Listing>,
    /// What the time token proves.
    pub stamped: Option<Stamped>,
    /// Whether the file was a page.
    pub page: bool,
}
