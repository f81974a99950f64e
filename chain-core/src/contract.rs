//! What a contract is: pure rules that turn records into state.

use crate::json::JsonError;
use crate::member::{KeyUse, Member, Params};
use crate::record::Record;
use crate::state::{Overlay, StateFault, StateRead, keys};
use crate::types::{Height, Kid, LedgerId, MemberId, RecordId, TimeMs};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// A refused record: the number is consensus, the sentence is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable number, never renumbered. Each contract has a thousand: see `contracts/README.md`.
    pub code: u16,
    /// What is wrong and what to do.
    pub message: String,
    /// What helps the caller: amounts still free, an opaque record id. Never who.
    pub detail: Option<Value>,
}

impl Refusal {
    /// Without detail.
    pub fn new(code: u16, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), detail: None }
    }

    /// With detail.
    pub fn with(mut self, detail: Value) -> Refusal {
        self.detail = Some(detail);
        self
    }
}

/// How a contract ends early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The record breaks a rule: the whole transaction is refused.
    Refused(Refusal),
    /// The store failed: nothing is decided.
    Fault(StateFault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<StateFault> for Stop {
    fn from(fault: StateFault) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<JsonError> for Stop {
    fn from(error: JsonError) -> Stop {
        Stop::Refused(Refusal::new(FORM_REFUSED, error.to_string()))
    }
}

/// Code of a record whose body turns out malformed only at execution.
pub const FORM_REFUSED: u16 = 1901;
/// Code of a transaction whose contract panicked.
pub const PANICKED: u16 = 1900;

/// A contract: one folder of rules. Pure: no clock, randomness, I/O, float or hash order.
pub trait Contract: Send + Sync {
    /// Name of the folder.
    fn name(&self) -> &'static str;

    /// The record kinds it handles.
    fn kinds(&self) -> &'static [&'static str];

    /// Checks a record by itself, at admission: shape, bounds, check digits.
    ///
    /// # Errors
    /// The first fault; a block that contains such a record is invalid.
    fn check_form(&self, record: &Record) -> Result<(), JsonError>;

    /// Applies a record of good form.
    ///
    /// # Errors
    /// A refusal with a numbered reason; then the transaction's writes are forgotten.
    fn apply(&self, ctx: &mut Context<'_, '_>, record: &Record) -> Result<(), Stop>;
}

/// What a contract may know and do while it applies a record.
pub struct Context<'a, 'b> {
    /// The ledger.
    pub ledger: LedgerId,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: TimeMs,
    /// Who submitted.
    pub issuer: &'a Member,
    /// With which key.
    pub kid: &'a Kid,
    /// Id of the record.
    pub record_id: RecordId,
    /// Bounds in force.
    pub params: &'a Params,
    pub(crate) overlay: &'a mut Overlay<'b>,
}

impl Context<'_, '_> {
    /// Reads a value.
    ///
    /// # Errors
    /// The store failed.
    pub fn load<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StateFault> {
        self.overlay.load(key)
    }

    /// Writes a value.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn store<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), StateFault> {
        self.overlay.store(key, value)
    }

    /// Deletes a key.
    pub fn remove(&mut self, key: &str) {
        self.overlay.remove(key);
    }

    /// Any member, as it stands with the writes of this block so far.
    ///
    /// # Errors
    /// The store failed.
    pub fn member(&self, id: &MemberId) -> Result<Option<Member>, StateFault> {
        self.overlay.load(&keys::member(id))
    }

    /// Whether the key that signed the transaction may do this at this height.
    pub fn signed_as(&self, purpose: KeyUse) -> bool {
        self.issuer.key(self.kid).is_some_and(|key| key.valid(purpose, self.height))
    }
}

/// All contracts of a ledger, by the kinds they handle.
#[derive(Clone, Default)]
pub struct Contracts {
    by_kind: BTreeMap<&'static str, &'static dyn Contract>,
}

impl Contracts {
    /// A kind that two contracts claim goes to the first.
    pub fn new(contracts: &[&'static dyn Contract]) -> Contracts {
        let mut by_kind: BTreeMap<&'static str, &'static dyn Contract> = BTreeMap::new();
        for contract in contracts {
            for kind in contract.kinds() {
                by_kind.entry(kind).or_insert(*contract);
            }
        }
        Contracts { by_kind }
    }

    /// The contract that handles a kind.
    pub fn of(&self, kind: &str) -> Option<&'static dyn Contract> {
        self.by_kind.get(kind).copied()
    }

    /// Every kind.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.by_kind.keys().copied()
    }

    /// Checks the form of every record of a transaction.
    ///
    /// # Errors
    /// Kind unknown, or the contract's own refusal; pointers begin at `/records/<index>`.
    pub fn check_form(&self, records: &[Record]) -> Result<(), crate::tx::TxError> {
        for (index, record) in records.iter().enumerate() {
            let wrap = |error: JsonError| crate::tx::TxError::Json {
                part: "records",
                error: JsonError { pointer: format!("/records/{index}{}", error.pointer), ..error },
            };
            let contract = self.of(record.kind.as_str()).ok_or_else(|| {
                wrap(JsonError {
                    fault: crate::json::JsonFault::Shape,
                    pointer: "/kind".into(),
                    message: format!("no contract handles {}", record.kind),
                })
            })?;
            contract.check_form(record).map_err(wrap)?;
        }
        Ok(())
    }
}
