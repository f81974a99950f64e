//! Building and checking a block on the head: everything up to its hash, nothing written.

use super::log::ChangedTiles;
use super::tree::Changes;
use super::view::Recalled;
use super::{Head, Ledger, body, LedgerError, Prepared, validators_of};
use crate::storage::{StorageError, Table};
use chain_core::authority::AuthorityError;
use chain_core::block::{Certificate, CertificateError, Header, Leaf, PROTOCOL_VERSION, WireBlock, transactions_hash};
use chain_core::execute::{BlockContext, Executed, execute};
use chain_core::hash::Hash;
use chain_core::keys::PublicKey;
use chain_core::log::merkle::leaf_hash;
use chain_core::state::{StateFault, StateRead, keys};
use chain_core::tree;
use chain_core::tx::{AdmittedTx, ParsedTx, VerifiedTx, jwt_hash};
use chain_core::types::{Height, Jti, MemberId, TimeMs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a proposed block is checked against besides the head.
#[derive(Clone, Copy, Debug)]
pub struct Proposal {
    /// The proposer of the round, when the block must be its own.
    pub proposer: Option<PublicKey>,
    /// What the clock has to say.
    pub clock: Clock,
}

/// How far a block's time is bound to this node's clock (design, section 3).
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Round 0: within the bound on both sides.
    Near(TimeMs),
    /// Later rounds: not beyond the bound in the future.
    NotAfter(TimeMs),
    /// Sync and replay: decided long ago.
    Unchecked,
}

/// Why a block is invalid.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// A header field contradicts the head.
    #[error("header field {0} is wrong")]
    Header(&'static str),
    /// The certificate of the block before does not hold.
    #[error("certificate of the block before: {0}")]
    Certificate(#[from] CertificateError),
    /// A transaction that no block may contain.
    #[error("transaction {index}: {error}")]
    Transaction {
        /// Its position.
        index: usize,
        /// Why.
        error: AuthorityError,
    },
    /// A transaction whose (iss, jti) was used before.
    #[error("transaction {0} is a replay")]
    Replay(usize),
    /// Over the bounds on bytes or count, of the block or of a member.
    #[error("the block is over a bound at transaction {0}")]
    Share(usize),
    /// Executing it gives something else than the header says.
    #[error("execution gives another {0}")]
    Result(&'static str),
    /// This node could not judge.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl BlockError {
    /// Whether the fault lies in this node, not in the block.
    pub fn is_local(&self) -> bool {
        matches!(self, BlockError::Ledger(_) | BlockError::Transaction { error: AuthorityError::Fault(_), .. })
    }
}

impl From<StateFault> for BlockError {
    fn from(fault: StateFault) -> BlockError {
        BlockError::Ledger(fault.into())
    }
}

/// Storage key that makes (iss, jti) unique.
pub(crate) fn jti_key(iss: &MemberId, jti: &Jti) -> [u8; 32] {
    Hash::of_parts(&[iss.as_str().as_bytes(), b"\0", jti.as_str().as_bytes()]).0
}

/// Counts bytes and transactions of a block and of each member in it.
#[derive(Default)]
struct Shares {
    bytes: u64,
    count: u32,
    by_member: BTreeMap<MemberId, u64>,
    jtis: BTreeSet<[u8; 32]>,
}

impl Ledger {
    /// Builds a block from candidates, leaving out those that may not stand in it.
    ///
    /// # Errors
    /// Only faults of this node.
    pub fn build(
        &self,
        now: TimeMs,
        proposer: PublicKey,
        candidates: impl IntoIterator<Item = VerifiedTx>,
    ) -> Result<Arc<Prepared>, BlockError> {
        let head = self.head();
        let time = TimeMs(now.0.max(head.time.0.saturating_add(1)));
        let mut shares = Shares::default();
        let mut txs = Vec::new();
        for candidate in candidates {
            if u64::from(shares.count) >= u64::from(head.authority.params().block_txs) {
                break;
            }
            let Ok(admitted) = head.authority.admit(candidate, time) else { continue };
            let jti = jti_key(&admitted.tx().claims().iss, &admitted.tx().claims().jti);
            if self.is_used(&jti)? || !shares.take(&admitted, jti, &head) {
                continue;
            }
            txs.push(admitted);
        }
        let prepared = self.finish(&head, time, proposer, head.certificate.clone(), txs)?;
        self.keep_prepared(prepared.clone());
        Ok(prepared)
    }

    /// Checks and executes a block with its transactions: one that is long decided.
    /// `verified` finds transactions that this node verified before by the SHA-256 of their JWTs.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(
        &self,
        block: WireBlock,
        proposal: Proposal,
        verified: &(dyn Fn(&Hash) -> Option<VerifiedTx> + Sync),
    ) -> Result<Arc<Prepared>, BlockError> {
        let head = self.head();
        let WireBlock { header, certificate, txs } = block;
        check_header(&header, certificate.as_ref(), &head, &proposal, self)?;
        check_transactions(&header, txs.iter().map(|tx| jwt_hash(tx)))?;
        let txs = self.verify_all(&head, &txs, verified)?;
        self.check_on(&head, header, certificate, txs)
    }

    /// Checks and executes a proposed block of which this node has verified every transaction.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_verified(
        &self,
        header: Header,
        certificate: Option<Certificate>,
        txs: Vec<VerifiedTx>,
        proposal: Proposal,
    ) -> Result<Arc<Prepared>, BlockError> {
        let head = self.head();
        check_header(&header, certificate.as_ref(), &head, &proposal, self)?;
        if let Some(known) = self.find_prepared(&header.hash()) {
            return Ok(known);
        }
        check_transactions(&header, txs.iter().map(VerifiedTx::jwt_hash))?;
        self.check_on(&head, header, certificate, txs)
    }

    fn check_on(
        &self,
        head: &Head,
        header: Header,
        certificate: Option<Certificate>,
        txs: Vec<VerifiedTx>,
    ) -> Result<Arc<Prepared>, BlockError> {
        let mut shares = Shares::default();
        let mut admitted = Vec::with_capacity(txs.len());
        for (index, tx) in txs.into_iter().enumerate() {
            let tx = head.authority.admit(tx, header.time).map_err(|error| BlockError::Transaction { index, error })?;
            let jti = jti_key(&tx.tx().claims().iss, &tx.tx().claims().jti);
            if shares.jtis.contains(&jti) || self.is_used(&jti)? {
                return Err(BlockError::Replay(index));
            }
            if !shares.take(&tx, jti, head) {
                return Err(BlockError::Share(index));
            }
            admitted.push(tx);
        }
        let prepared = self.finish(head, header.time, header.proposer, certificate, admitted)?;
        compare(&header, &prepared.header)?;
        self.keep_prepared(prepared.clone());
        Ok(prepared)
    }

    fn is_used(&self, jti: &[u8; 32]) -> Result<bool, LedgerError> {
        Ok(self.storage.get(Table::Jtis, jti)?.is_some())
    }

    fn verify_all(
        &self,
        head: &Head,
        txs: &[Vec<u8>],
        verified: &(dyn Fn(&Hash) -> Option<VerifiedTx> + Sync),
    ) -> Result<Vec<VerifiedTx>, BlockError> {
        let known = |bytes: &Vec<u8>| verified(&jwt_hash(bytes)).filter(|tx| tx.bytes()[..] == bytes[..]);
        let one = |(index, bytes): (usize, &Vec<u8>)| match known(bytes) {
            Some(tx) => Ok(tx),
            None => self.verify(head, bytes).map_err(|error| BlockError::Transaction { index, error }),
        };
        txs.iter().enumerate().map(one).collect()
    }

    /// Parses a transaction, checks the form of its records and its signature.
    ///
    /// # Errors
    /// The first fault.
    pub fn verify(&self, head: &Head, bytes: &[u8]) -> Result<VerifiedTx, AuthorityError> {
        let parsed = ParsedTx::parse(bytes, &self.founding.id)?;
        self.contracts.check_form(parsed.records())?;
        head.authority.verify(parsed)
    }

    fn finish(
        &self,
        head: &Head,
        time: TimeMs,
        proposer: PublicKey,
        certificate: Option<Certificate>,
        txs: Vec<AdmittedTx>,
    ) -> Result<Arc<Prepared>, BlockError> {
        let height = head.height.next();
        let base = Recalled::new(self.storage.clone());
        let block = BlockContext { ledger: self.founding.id, height, time };
        let Executed { outcomes, writes } = execute(&self.contracts, &base, head.authority.params(), block, &txs)?;
        let next_validators = match writes.get(keys::VALIDATORS) {
            None => head.validators.clone(),
            Some(_) => validators_of(&Written { writes: &writes, base: &base })?,
        };
        let changes: Changes =
            writes.iter().map(|(key, value)| (Hash::of(key.as_bytes()), value.as_ref().map(|v| Hash::of(v)))).collect();
        let tree = tree::update(&self.tree.reader(), &head.root, height.0, &changes)
            .map_err(|e| LedgerError::Damaged(e.to_string()))?;
        let (mut log, mut tiles) = (head.log.clone(), ChangedTiles::new());
        for (index, (tx, outcome)) in txs.iter().zip(&outcomes).enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            log.push(leaf_hash(&Leaf::tx(height, index, tx.tx(), outcome).to_bytes()), &mut tiles);
        }
        let (validators, next) = (head.validators.hash(), next_validators.hash());
        let end = Leaf::Block {
            height,
            time,
            previous: head.hash,
            state_root: tree.root.hash,
            validators,
            next_validators: next,
        };
        log.push(leaf_hash(&end.to_bytes()), &mut tiles);
        let header = Header {
            version: PROTOCOL_VERSION,
            ledger: self.founding.id,
            height,
            time,
            proposer,
            previous: head.hash,
            previous_certificate: certificate.as_ref().map_or(Hash::ZERO, Certificate::hash),
            transactions: transactions_hash(txs.iter().map(|tx| tx.tx().jwt_hash())),
            log_size: log.size(),
            log_root: log.root(),
            state_root: tree.root.hash,
            validators,
            next_validators: next,
        };
        let skips = match &certificate {
            None => head.skips.clone(),
            Some(c) => {
                let turns = (&head.previous_validators, &head.previous_skips);
                head.skips.after(turns, c.height, c.round, head.authority.params().skip_heights)
            }
        };
        let bytes =
            body::write(&header, certificate.as_ref(), &txs).map_err(|e| LedgerError::Storage(StorageError(e)))?;
        let mut replaced = BTreeMap::new();
        for key in writes.keys() {
            if let Some(row) = base.row(key).map_err(LedgerError::from)? {
                replaced.insert(key.clone(), row);
            }
        }
        let prepared = Arc::new(Prepared {
            hash: header.hash(),
            header,
            bytes: bytes.into(),
            replaced,
            stored: AtomicBool::new(false),
            previous_certificate: certificate,
            txs,
            outcomes,
            writes,
            changes,
            tree,
            log,
            tiles,
            next_validators,
            skips,
        });
        Ok(prepared)
    }
}

impl Shares {
    /// Counts a transaction in, unless it is over a bound or repeats a jti of this block.
    fn take(&mut self, tx: &AdmittedTx, jti: [u8; 32], head: &Head) -> bool {
        let (params, claims) = (head.authority.params(), tx.tx().claims());
        let size = tx.tx().bytes().len() as u64;
        let member = self.by_member.entry(claims.iss.clone()).or_default();
        let within = self.count < params.block_txs
            && self.bytes.saturating_add(size) <= params.block_bytes
            && member.saturating_add(size) <= params.member_block_bytes;
        if !within || !self.jtis.insert(jti) {
            return false;
        }
        *member += size;
        self.bytes += size;
        self.count += 1;
        true
    }
}

fn check_header(
    header: &Header,
    certificate: Option<&Certificate>,
    head: &Head,
    proposal: &Proposal,
    ledger: &Ledger,
) -> Result<(), BlockError> {
    let check = |ok: bool, field: &'static str| if ok { Ok(()) } else { Err(BlockError::Header(field)) };
    check(header.version == PROTOCOL_VERSION, "version")?;
    check(header.ledger == ledger.founding.id, "ledger")?;
    check(header.height == head.height.next(), "height")?;
    check(header.previous == head.hash, "previous")?;
    check(header.validators == head.validators.hash(), "validators")?;
    check(head.validators.by_vote_key(&header.proposer).is_some(), "proposer")?;
    check(proposal.proposer.is_none_or(|p| p == header.proposer), "proposer")?;
    check(header.time > head.time, "time")?;
    let bound = head.authority.params().clock_bound_ms;
    match proposal.clock {
        Clock::Near(now) => check(header.time.0.abs_diff(now.0) <= bound, "time")?,
        Clock::NotAfter(now) => check(header.time.0 <= now.0.saturating_add(bound), "time")?,
        Clock::Unchecked => {}
    }
    match certificate {
        None => check(head.height == Height::GENESIS && header.previous_certificate == Hash::ZERO, "certificate")?,
        Some(certificate) => {
            check(certificate.height == head.height && certificate.block == head.hash, "certificate")?;
            check(header.previous_certificate == certificate.hash(), "certificate")?;
            if head.certificate.as_ref() != Some(certificate) {
                certificate.verify(&ledger.founding.id, &head.previous_validators)?;
            }
        }
    }
    Ok(())
}

fn check_transactions(header: &Header, jwts: impl Iterator<Item = Hash>) -> Result<(), BlockError> {
    if header.transactions == transactions_hash(jwts) { Ok(()) } else { Err(BlockError::Header("transactions")) }
}

fn compare(said: &Header, found: &Header) -> Result<(), BlockError> {
    let check = |ok: bool, field: &'static str| if ok { Ok(()) } else { Err(BlockError::Result(field)) };
    check(said.state_root == found.state_root, "state root")?;
    check(said.log_size == found.log_size, "log size")?;
    check(said.log_root == found.log_root, "log root")?;
    check(said.next_validators == found.next_validators, "next validators")?;
    check(said == found, "header")
}

/// The state with the writes of a block on top.
struct Written<'a> {
    writes: &'a chain_core::state::Writes,
    base: &'a Recalled,
}

impl StateRead for Written<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        match self.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }
}
