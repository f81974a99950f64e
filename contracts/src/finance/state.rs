//! State of the finance contract: one function per key, and the value that holds every encumbrance.
//!
//! The arithmetic lives here, so that its invariant can be read in one place:
//! **unexpired reservations + outstanding pledges ≤ remaining ≤ face**, after every record.

use super::calls::{Capacity, DisputeReason, Source};
use super::error::FinanceError;
use super::wire::{Digest32, Fingerprint};
use crate::dates::Date;
use chain_core::types::{Currency, Height, RecordId, TimeMs};
use serde::{Deserialize, Serialize};

/// A receivable carries at most this many unexpired reservations and pledges together.
pub const MAX_ENCUMBRANCES: usize = 32;
/// Similar receivables listed by id; beyond that they are only counted.
pub const MAX_SIMILAR: usize = 16;

/// A [`Receivable`].
pub fn receivable_key(id: &RecordId) -> String {
    format!("rcv/{id}")
}
/// The `MemberId` of a receivable's creditor.
pub fn creditor_key(id: &RecordId) -> String {
    format!("creditor/{id}")
}
/// The `MemberId` of the bank that holds a reservation or pledge.
pub fn holder_key(encumbrance: &RecordId) -> String {
    format!("holder/{encumbrance}")
}
/// The `RecordId` of the live receivable with an exact fingerprint; absent when there is none.
pub fn exact_key(fingerprint: &Fingerprint) -> String {
    format!("fp/{fingerprint}")
}
/// The [`Similar`] receivables of a blurred fingerprint; absent when there are none.
pub fn similar_key(fingerprint: &Fingerprint) -> String {
    format!("fps/{fingerprint}")
}

/// Live receivables with one blurred fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Similar {
    /// The oldest, at most [`MAX_SIMILAR`].
    pub live: Vec<RecordId>,
    /// How many more there are.
    pub more: u64,
}

impl Similar {
    /// Adds a live receivable.
    pub fn add(&mut self, id: RecordId) {
        if self.live.len() < MAX_SIMILAR {
            self.live.push(id);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Takes a receivable away that was added before.
    pub fn drop_id(&mut self, id: &RecordId) {
        match self.live.iter().position(|listed| listed == id) {
            Some(at) => {
                self.live.remove(at);
            }
            None => self.more = self.more.saturating_sub(1),
        }
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.more == 0
    }
}

/// Where a receivable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// On the ledger, not confirmed.
    Registered,
    /// Confirmed by the debtor or its agent.
    Confirmed,
    /// Rejected by the debtor or its agent. Final.
    Rejected,
    /// Paid: nothing remains. Final.
    Settled,
}

impl Stage {
    /// Live receivables occupy their fingerprints.
    pub fn live(self) -> bool {
        matches!(self, Stage::Registered | Stage::Confirmed)
    }
}

/// A short claim that expires by block time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reservation {
    /// Its record.
    pub id: RecordId,
    /// Amount.
    pub minor: u64,
    /// From this block time on it does not count.
    pub until_ms: TimeMs,
}

/// A pledge with something outstanding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pledge {
    /// Its record.
    pub id: RecordId,
    /// Amount lent.
    pub minor: u64,
    /// Not yet repaid.
    pub outstanding: u64,
    /// Last day of the statutory registration. The pledge counts after it until it is released.
    pub until: Date,
    /// Certificate number of the statutory register.
    pub register_no: String,
}

/// Which side opened a dispute: only it may close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The creditor.
    Creditor,
    /// The debtor or its agent.
    Confirmer,
}

/// An open dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// Why.
    pub reason: DisputeReason,
    /// Who opened it.
    pub by: Side,
}

/// Everything that is current of a receivable, and all that encumbers it. No names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receivable {
    /// ISO 4217.
    pub currency: Currency,
    /// Amount registered, minor units.
    pub face: u64,
    /// Not yet paid by the debtor.
    pub remaining: u64,
    /// Date of the invoice.
    pub issued: Date,
    /// Date by which the debtor pays.
    pub due: Date,
    /// Where it stands.
    pub stage: Stage,
    /// The open dispute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Dispute>,
    /// Reservations, oldest first. Expired ones may still be listed: they never count.
    pub reservations: Vec<Reservation>,
    /// Pledges with something outstanding, oldest first.
    pub pledges: Vec<Pledge>,
    /// Height of its record.
    pub registered: Height,
    /// Height of its confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Height>,
    /// In which capacity it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_as: Option<Capacity>,
    /// Who may confirm, as a commitment.
    pub confirmer: Digest32,
    /// Its policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RecordId>,
    /// Attested fingerprints that it occupies while live.
    pub exact: Vec<Fingerprint>,
    /// Attested blurred fingerprints.
    pub blurred: Vec<Fingerprint>,
    /// Live receivables that were similar when it was registered, at most [`MAX_SIMILAR`].
    pub similar: Vec<RecordId>,
    /// Whether there were more than are listed.
    pub similar_more: bool,
}

impl Receivable {
    /// Unexpired reservations at a block time.
    pub fn live_reservations(&self, now: TimeMs) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().filter(move |r| now < r.until_ms)
    }

    /// Unexpired reservations and outstanding pledges together, minor units.
    pub fn encumbered(&self, now: TimeMs) -> u64 {
        let reserved = self.live_reservations(now).map(|r| r.minor);
        let pledged = self.pledges.iter().map(|p| p.outstanding);
        reserved.chain(pledged).fold(0, u64::saturating_add)
    }

    /// What nobody has a claim on, minor units.
    pub fn free(&self, now: TimeMs) -> u64 {
        self.remaining.saturating_sub(self.encumbered(now))
    }

    /// Record ids of everything that encumbers it, reservations first.
    pub fn encumbrances(&self, now: TimeMs) -> Vec<RecordId> {
        self.live_reservations(now).map(|r| r.id).chain(self.pledges.iter().map(|p| p.id)).collect()
    }

    /// Drops expired reservations and returns their ids.
    pub fn prune(&mut self, now: TimeMs) -> Vec<RecordId> {
        let expired = self.reservations.iter().filter(|r| r.until_ms <= now).map(|r| r.id).collect();
        self.reservations.retain(|r| now < r.until_ms);
        expired
    }

    /// Adds a reservation.
    ///
    /// # Errors
    /// Not enough is free, or too many encumbrances.
    pub fn reserve(&mut self, id: RecordId, minor: u64, until_ms: TimeMs, now: TimeMs) -> Result<(), FinanceError> {
        let free = self.free(now);
        if minor > free {
            return Err(FinanceError::NotEnoughFree { free, encumbrances: self.encumbrances(now) });
        }
        if self.encumbrances(now).len() >= MAX_ENCUMBRANCES {
            return Err(FinanceError::TooManyEncumbrances);
        }
        self.reservations.push(Reservation { id, minor, until_ms });
        Ok(())
    }

    /// Turns an unexpired reservation into a pledge of at most its amount; the rest becomes free.
    ///
    /// # Errors
    /// No such unexpired reservation, or the pledge is larger.
    pub fn pledge(&mut self, reservation: &RecordId, pledge: Pledge, now: TimeMs) -> Result<(), FinanceError> {
        let reserved = self.reservation(reservation, now).ok_or(FinanceError::NoReservation)?.minor;
        if pledge.minor > reserved {
            return Err(FinanceError::MoreThanReserved { reserved });
        }
        self.reservations.retain(|r| r.id != *reservation);
        self.pledges.push(pledge);
        Ok(())
    }

    /// Books a payment on a pledge. A borrower pays at most what is outstanding; a debtor may also pay
    /// what is free, because it pays the invoice and not the loan.
    ///
    /// # Errors
    /// No such pledge, or the payment is larger.
    pub fn repay(&mut self, pledge: &RecordId, minor: u64, source: Source, now: TimeMs) -> Result<(), FinanceError> {
        let free = self.free(now);
        let entry = self.pledges.iter_mut().find(|p| p.id == *pledge).ok_or(FinanceError::NoPledge)?;
        let most = match source {
            Source::Borrower => entry.outstanding,
            Source::Debtor => entry.outstanding.saturating_add(free),
        };
        if minor > most {
            return Err(FinanceError::MoreThanOutstanding { most });
        }
        entry.outstanding = entry.outstanding.saturating_sub(minor);
        self.pledges.retain(|p| p.outstanding > 0);
        if source == Source::Debtor {
            self.remaining = self.remaining.saturating_sub(minor);
            if self.remaining == 0 {
                self.stage = Stage::Settled;
                self.dispute = None;
            }
        }
        Ok(())
    }

    /// Takes a reservation or pledge away.
    pub fn release(&mut self, encumbrance: &RecordId) {
        self.reservations.retain(|r| r.id != *encumbrance);
        self.pledges.retain(|p| p.id != *encumbrance);
    }

    /// An unexpired reservation.
    pub fn reservation(&self, id: &RecordId, now: TimeMs) -> Option<&Reservation> {
        self.live_reservations(now).find(|r| r.id == *id)
    }

    /// A pledge with something outstanding.
    pub fn pledge_of(&self, id: &RecordId) -> Option<&Pledge> {
        self.pledges.iter().find(|p| p.id == *id)
    }
}
