//! Admission: from bytes to a transaction that waits for a block.

use crate::ledger::{Ledger, LedgerError};
use crate::mempool::{Mempool, Offered};
use crate::query::{self, TxStatus};
use chain_core::authority::AuthorityError;
use chain_core::tx::{ParsedTx, VerifiedTx};
use chain_core::types::{TimeMs, TxId};

/// What became of a submission.
#[derive(Debug)]
pub enum Admitted {
    /// It waits for a block; new here, so others must hear of it.
    New(VerifiedTx),
    /// It waits for a block already.
    Pending(TxId),
    /// It is final already.
    Done(Box<TxStatus>),
}

/// Why a submission is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// Form, signature, authority.
    #[error(transparent)]
    Refused(#[from] AuthorityError),
    /// 1120: (iss, jti) belongs to another transaction.
    #[error("this jti was used for transaction {0}; sign again with a new jti")]
    JtiUsed(TxId),
    /// The member's share of the pool is used up.
    #[error("too many of the member's transactions are waiting; try again in a second")]
    Full,
    /// The node failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Verifies a submission and puts it into the pool. `now` is the node's clock.
///
/// # Errors
/// See [`AdmitError`]; nothing is kept.
pub fn submit(ledger: &Ledger, mempool: &Mempool, bytes: &[u8], now: TimeMs) -> Result<Admitted, AdmitError> {
    let parsed = ParsedTx::parse(bytes, &ledger.founding().id).map_err(AuthorityError::from)?;
    admit(ledger, mempool, parsed, now)
}

/// The same for a transaction that another node passes on, packed.
///
/// # Errors
/// See [`AdmitError`]; nothing is kept.
pub fn submit_packed(ledger: &Ledger, mempool: &Mempool, packed: &[u8], now: TimeMs) -> Result<Admitted, AdmitError> {
    let parsed = ParsedTx::parse_packed(packed, &ledger.founding().id).map_err(AuthorityError::from)?;
    admit(ledger, mempool, parsed, now)
}

fn admit(ledger: &Ledger, mempool: &Mempool, parsed: ParsedTx, now: TimeMs) -> Result<Admitted, AdmitError> {
    let head = ledger.head();
    let id = parsed.id();
    // A final transaction has used its jti: one look tells of most that they are new.
    let first = query::by_jti(ledger, parsed.issuer(), parsed.jti())?;
    if first == Some(id) {
        return outcome(ledger, &id, &id);
    }
    if mempool.contains(&id) {
        return Ok(Admitted::Pending(id));
    }
    ledger.contracts().check_form(parsed.records()).map_err(AuthorityError::from)?;
    let tx = head.authority.verify(parsed)?;
    let time = TimeMs(now.0.max(head.time.0));
    let tx = head.authority.admit(tx, time)?.into_verified();
    if let Some(first) = first {
        return outcome(ledger, &first, &id);
    }
    let offered = mempool.offer(&tx);
    // A block may have been committed meanwhile; what it contains has left the pool before, and would stay now.
    if ledger.head().height > head.height
        && let Some(first) = query::by_jti(ledger, &tx.claims().iss, &tx.claims().jti)?
    {
        mempool.retain(|waiting| waiting.id() != id);
        return outcome(ledger, &first, &id);
    }
    match offered {
        Offered::Added => Ok(Admitted::New(tx)),
        Offered::Known => Ok(Admitted::Pending(id)),
        Offered::JtiTaken(other) => Err(AdmitError::JtiUsed(other)),
        Offered::Full => Err(AdmitError::Full),
    }
}

/// What became of a transaction whose jti the transaction `first` used.
fn outcome(ledger: &Ledger, first: &TxId, id: &TxId) -> Result<Admitted, AdmitError> {
    match query::transaction(ledger, first)? {
        Some(status) if first == id => Ok(Admitted::Done(Box::new(status))),
        _ => Err(AdmitError::JtiUsed(*first)),
    }
}

/// The other transaction, if one has, that used the jti of a submission which can enter no block any more.
///
/// # Errors
/// The node failed, or these are the bytes of no transaction.
pub fn rival(ledger: &Ledger, bytes: &[u8]) -> Result<Option<TxId>, AdmitError> {
    let parsed = ParsedTx::parse(bytes, &ledger.founding().id).map_err(AuthorityError::from)?;
    let first = query::by_jti(ledger, parsed.issuer(), parsed.jti())?;
    Ok(first.filter(|first| *first != parsed.id()))
}
