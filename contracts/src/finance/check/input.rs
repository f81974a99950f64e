//! What the check is given.

use super::super::state::Receivable;
use super::super::wire::Fingerprint;
use crate::clearance::standing::Standing;
use crate::clearance::state::Declaration;
use crate::insurance::state::Policy;
use chain_core::member::Member;
use chain_core::record::Record;
use chain_core::tx::disclosure::Sealed;
use chain_core::types::{Height, Kid, LedgerId, MemberId, RecordId, TimeMs};
use serde::de::DeserializeOwned;

/// An accepted record as the node found it, with what was presented of its sealed fields.
#[derive(Clone, Debug)]
pub struct OnLedger {
    /// Its id.
    pub id: RecordId,
    /// Who submitted it.
    pub issuer: MemberId,
    /// With which key.
    pub kid: Kid,
    /// In which block.
    pub height: Height,
    /// The record.
    pub record: Record,
    /// Whether it is committed and has a receipt.
    pub is_final: bool,
    /// Disclosures that its holder presented.
    pub presented: Vec<Sealed>,
}

/// A member as it stood when it signed and as it stands now.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// The member.
    pub id: MemberId,
    /// Height of the record that it signed.
    pub at: Height,
    /// At that height.
    pub then: Option<Member>,
    /// Now.
    pub now: Option<Member>,
}

/// A trade document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its record.
    pub found: OnLedger,
    /// What later records say of it: [`crate::clearance::standing::standing`].
    pub standing: Standing,
}

/// A customs declaration.
#[derive(Clone, Debug)]
pub struct FoundDeclaration {
    /// The declarant's record.
    pub found: OnLedger,
    /// Its state.
    pub state: Option<Declaration>,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct FoundPolicy {
    /// The insurer's record.
    pub found: OnLedger,
    /// Its state.
    pub state: Option<Policy>,
}

/// Who occupies an exact fingerprint: state key `fp/<fingerprint>`.
#[derive(Clone, Copy, Debug)]
pub struct FingerprintOwner {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// The live receivable, none when the key is absent.
    pub receivable: Option<RecordId>,
}

/// Everything the check reads. Whatever the node did not find or was not shown is absent.
#[derive(Clone, Debug)]
pub struct CheckInput {
    /// The ledger.
    pub ledger: LedgerId,
    /// Height of the state.
    pub height: Height,
    /// Block time of that height.
    pub time: TimeMs,
    /// What the bank wants to lend on, minor units.
    pub asked: Option<u64>,
    /// A reservation that the asking bank holds itself: it counts as free.
    pub own_reservation: Option<RecordId>,
    /// The receivable's record.
    pub receivable: OnLedger,
    /// Its state value.
    pub state: Option<Receivable>,
    /// One per attested exact fingerprint.
    pub fingerprints: Vec<FingerprintOwner>,
    /// One per signature that is judged: who signed at which height.
    pub members: Vec<MemberView>,
    /// The record that confirmed it.
    pub confirmation: Option<OnLedger>,
    /// Codes under which the creditor is filed besides its member id, such as its customs code.
    pub seller_codes: Vec<String>,
    /// The order named.
    pub order: Option<Document>,
    /// The waybill named.
    pub waybill: Option<Document>,
    /// The list named.
    pub list: Option<Document>,
    /// The declaration named.
    pub declaration: Option<FoundDeclaration>,
    /// The policy named.
    pub policy: Option<FoundPolicy>,
    /// Live receivables that share a blurred fingerprint now.
    pub similar_live: Vec<RecordId>,
    /// Whether there are more than the ledger lists.
    pub similar_more: bool,
}

/// A sealed field as presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened<T> {
    /// Not presented.
    Missing,
    /// Presented twice, or not of its form.
    Unreadable,
    /// Presented; its digest stands in the record.
    Shown {
        /// The value.
        value: T,
        /// Its digest, as `_sd` has it.
        digest: String,
    },
}

impl<T> Opened<T> {
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Opened::Shown { value, .. } => Some(value),
            Opened::Missing | Opened::Unreadable => None,
        }
    }
}

impl OnLedger {
    /// Whether every disclosure presented belongs to the record.
    pub(super) fn genuine(&self) -> bool {
        self.presented.iter().all(|sealed| self.record.sd.contains(&sealed.digest()))
    }

    /// Opens a sealed field by name. Disclosures that do not belong to the record are not looked at.
    pub(super) fn open<T: DeserializeOwned>(&self, name: &str) -> Opened<T> {
        let mut shown = Opened::Missing;
        for sealed in &self.presented {
            let digest = sealed.digest();
            if !self.record.sd.contains(&digest) {
                continue;
            }
            let Ok((found, value)) = sealed.open() else { return Opened::Unreadable };
            if found != name {
                continue;
            }
            let repeated = !matches!(&shown, Opened::Missing);
            shown = match serde_json::from_value(value) {
                Ok(value) if !repeated => Opened::Shown { value, digest },
                _ => return Opened::Unreadable,
            };
        }
        shown
    }
}

impl CheckInput {
    pub(super) fn member(&self, id: &MemberId, at: Height) -> Option<&MemberView> {
        self.members.iter().find(|view| view.id == *id && view.at == at)
    }

    /// Trade documents and the declaration, as far as they were found.
    pub(super) fn documents(&self) -> impl Iterator<Item = &OnLedger> {
        let trade = [&self.order, &self.waybill, &self.list].into_iter().flatten().map(|d| &d.found);
        trade.chain(self.declaration.iter().map(|d| &d.found))
    }

    /// Every record that was found.
    pub(super) fn found(&self) -> impl Iterator<Item = &OnLedger> {
        std::iter::once(&self.receivable)
            .chain(&self.confirmation)
            .chain(self.documents())
            .chain(self.policy.iter().map(|p| &p.found))
    }
}
