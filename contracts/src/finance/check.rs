//! The receivable check: what a bank's own node judges before money is lent.
//!
//! A pure function of what the node found on the ledger and what was presented to it, so that whoever
//! holds the same can replay it to the same bytes. Promises:
//! 1. Always the twelve checks of [`NAMES`], in that order, each with one verdict and one reason.
//! 2. The reason is the worst one met, the first of equals; the overall verdict is the worst of all.
//! 3. Nothing presented is believed unless its digest stands in the record on the ledger.
//! 4. What was not presented never passes: what the creditor itself sealed and withholds is a fail, what
//!    others sealed (documents, policy) and nobody has shown is a warning.

mod agree;
mod input;
mod papers;
mod people;
mod terms;

pub use input::{CheckInput, Document, FingerprintOwner, FoundDeclaration, FoundPolicy, MemberView, OnLedger};

use super::calls::ReceivableClear;
use super::reasons::{Reason, Verdict};
use super::sealed::{Documents, Invoice, Parties};
use super::state::Receivable;
use chain_core::types::{Height, RecordId, TimeMs};
use input::Opened;
use serde::Serialize;

/// Version of the rules, named in every report.
pub const RULES: &str = "finance.check/1";

/// The checks in their order.
pub const NAMES: [&str; 12] = [
    "untampered-and-final",
    "parties-in-good-standing",
    "keys-valid",
    "confirmed",
    "documents-exist",
    "documents-agree",
    "documents-not-cancelled",
    "documents-not-used-elsewhere",
    "amount-free",
    "due-date",
    "policy",
    "nothing-similar",
];

/// A reason as it is shown: number and sentence id; the sentences are in [`super::reasons`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonRef {
    /// Stable number.
    pub code: u16,
    /// Sentence id.
    pub id: &'static str,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// One of [`NAMES`].
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: ReasonRef,
    /// The records that are evidence for it.
    pub records: Vec<RecordId>,
}

/// The whole check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of the rules.
    pub rules: &'static str,
    /// The receivable.
    pub receivable: RecordId,
    /// Height of the state it was made on.
    pub height: Height,
    /// Block time it was made at.
    pub time: TimeMs,
    /// The worst verdict.
    pub overall: Verdict,
    /// One per name, in order.
    pub checks: Vec<Check>,
}

/// What one check met.
struct Findings(Vec<(Reason, Vec<RecordId>)>);

impl Findings {
    fn new() -> Findings {
        Findings(Vec::new())
    }

    fn add(&mut self, reason: Reason, records: impl IntoIterator<Item = RecordId>) {
        self.0.push((reason, records.into_iter().collect()));
    }

    fn add_if(&mut self, met: bool, reason: Reason, records: impl IntoIterator<Item = RecordId>) {
        if met {
            self.add(reason, records);
        }
    }

    fn only(reason: Reason, records: impl IntoIterator<Item = RecordId>) -> Findings {
        Findings(vec![(reason, records.into_iter().collect())])
    }

    /// The first of the worst, or `good` when nothing was met.
    fn or(self, good: Reason, records: impl IntoIterator<Item = RecordId>) -> Findings {
        let worst = self.0.iter().map(|(reason, _)| reason.verdict()).max();
        match self.0.into_iter().find(|(reason, _)| Some(reason.verdict()) == worst) {
            Some(found) => Findings(vec![found]),
            None => Findings::only(good, records),
        }
    }

    fn named(self, name: &'static str) -> Check {
        let (reason, records) = self.or(Reason::Unreadable, []).0.swap_remove(0);
        Check { name, verdict: reason.verdict(), reason: ReasonRef { code: reason.code(), id: reason.id() }, records }
    }
}

/// What every check needs, read and opened once.
struct Case<'a> {
    input: &'a CheckInput,
    id: RecordId,
    body: &'a ReceivableClear,
    state: &'a Receivable,
    parties: Opened<Parties>,
    invoice: Opened<Invoice>,
    documents: Opened<Documents>,
}

/// Judges a receivable.
pub fn check(input: &CheckInput) -> Report {
    let found = &input.receivable;
    let body =
        found.record.clear::<ReceivableClear>().ok().filter(|_| found.record.kind.as_str() == "finance.receivable/1");
    let checks: Vec<Check> = match (&body, &input.state) {
        (None, _) => NAMES.iter().map(|name| Findings::only(Reason::Unreadable, [found.id]).named(name)).collect(),
        (_, None) => NAMES.iter().map(|name| Findings::only(Reason::NoState, [found.id]).named(name)).collect(),
        (Some(body), Some(state)) => {
            let case = Case {
                input,
                id: found.id,
                body,
                state,
                parties: found.open("parties"),
                invoice: found.open("invoice"),
                documents: found.open("documents"),
            };
            let judges: [fn(&Case<'_>) -> Findings; 12] = [
                papers::untampered,
                people::standing,
                people::keys,
                people::confirmed,
                papers::exist,
                agree::agree,
                papers::not_cancelled,
                terms::not_used_elsewhere,
                terms::amount_free,
                terms::due_date,
                terms::policy,
                terms::nothing_similar,
            ];
            NAMES.iter().zip(judges).map(|(name, judge)| judge(&case).named(name)).collect()
        }
    };
    let overall = checks.iter().map(|c| c.verdict).max().unwrap_or(Verdict::Fail);
    Report { rules: RULES, receivable: found.id, height: input.height, time: input.time, overall, checks }
}

#[cfg(test)]
mod tests;
