//! The first difference between what a ledger says and what follows from it.

use crate::failure::Failure;
use crate::report::{Colour, Report, Screen};
use chain_core::receipt::VerifyError;
use serde_json::json;

/// What differs. The number is that of the check in `PROOFS.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A file is absent or not what it must be.
    Form,
    /// The handovers do not lead from the genesis to the checkpoint.
    Handover,
    /// No quorum vouches for the checkpoint.
    Checkpoint,
    /// The checkpoint is older than one kept, or than asked for.
    Stale,
    /// The log kept does not lie under the checkpoint.
    Log,
    /// The hash tiles do not give the checkpoint's root.
    Tiles,
    /// An entry has another hash than the tiles give it.
    Entry,
    /// A leaf that cannot stand at its place.
    Leaf,
    /// What a leaf commits to is something else.
    Payload,
    /// A transaction that no block may contain.
    Transaction,
    /// A disclosure that is not signed.
    Disclosure,
    /// The header, proposer or certificate of a block.
    Block,
    /// What became of a transaction.
    Outcome,
    /// The state after a block.
    StateRoot,
    /// The validators of a block or the next.
    Validators,
    /// The state as a folder lists it.
    State,
}

impl What {
    /// The number of the check.
    pub fn code(self) -> u16 {
        match self {
            What::Form => 9001,
            What::Handover => 9003,
            What::Checkpoint => 9004,
            What::Tiles | What::Entry => 9005,
            What::Leaf | What::Payload => 9006,
            What::Transaction => 9007,
            What::Disclosure => 9008,
            What::State => 9009,
            What::Log => 9017,
            What::Block => 9018,
            What::Outcome | What::StateRoot | What::Validators => 9019,
            What::Stale => 9020,
        }
    }

    fn key(self) -> &'static str {
        match self {
            What::Form => "audit.form",
            What::Handover => "audit.handover",
            What::Checkpoint => "audit.checkpoint",
            What::Stale => "audit.stale",
            What::Log => "audit.log",
            What::Tiles => "audit.tiles",
            What::Entry => "audit.entry",
            What::Leaf => "audit.leaf",
            What::Payload => "audit.payload",
            What::Transaction => "audit.transaction",
            What::Disclosure => "audit.disclosure",
            What::Block => "audit.block",
            What::Outcome => "audit.outcome",
            What::StateRoot => "audit.state-root",
            What::Validators => "audit.validators",
            What::State => "audit.state",
        }
    }
}

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// What differs.
    pub what: What,
    /// Height of the block, where it is of one.
    pub height: Option<u64>,
    /// Place in the log, where it is of a leaf.
    pub leaf: Option<u64>,
    /// What had to be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// Files kept as evidence.
    pub evidence: Vec<String>,
}

impl Divergence {
    /// A difference that is of no leaf.
    pub fn new(what: What, expected: impl ToString, found: impl ToString) -> Divergence {
        let (expected, found) = (expected.to_string(), found.to_string());
        Divergence { what, height: None, leaf: None, expected, found, evidence: Vec::new() }
    }

    /// Of a leaf.
    #[must_use]
    pub fn at(self, height: Option<u64>, leaf: u64) -> Divergence {
        Divergence { height, leaf: Some(leaf), ..self }
    }

    /// Exit code 3, and all that is known.
    pub fn report(&self, screen: Screen) -> Report {
        let what = screen.say(self.what.key(), &[]);
        let place = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let mut text = screen.say(
            "audit.diverged",
            &[
                ("what", &screen.paint(Colour::Red, &what)),
                ("code", &self.what.code()),
                ("height", &place(self.height)),
                ("leaf", &place(self.leaf)),
                ("expected", &self.expected),
                ("found", &self.found),
            ],
        );
        if !self.evidence.is_empty() {
            text.push('\n');
            text.push_str(&screen.say("audit.evidence", &[("files", &self.evidence.join(", "))]));
        }
        let json = json!({
            "audited": false,
            "divergence": {
                "code": self.what.code(), "what": self.what.key().trim_start_matches("audit."), "message": what,
                "height": self.height, "leaf": self.leaf, "expected": self.expected, "found": self.found,
                "evidence": self.evidence,
            },
        });
        Report { json, text, exit: 3 }
    }
}

/// Why an audit ends.
#[derive(Debug)]
pub enum Stop {
    /// The ledger is not what it says.
    Diverged(Box<Divergence>),
    /// It could not go on: no answer, no room on the disk.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

impl From<Divergence> for Stop {
    fn from(divergence: Divergence) -> Stop {
        Stop::Diverged(Box::new(divergence))
    }
}

impl From<VerifyError> for Divergence {
    fn from(error: VerifyError) -> Divergence {
        let what = match error {
            VerifyError::Handover { .. } | VerifyError::Unused => What::Handover,
            VerifyError::Checkpoint(_) => What::Checkpoint,
            _ => What::Form,
        };
        Divergence::new(what, "-", error)
    }
}
