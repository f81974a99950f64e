//! A ledger executed again from its genesis, in memory: what an auditor compares with what a ledger says.
//!
//! [`Replay::apply`] takes of a block only what cannot be computed: its time, proposer, certificate and transactions.
//! It judges them by the rules by which validators judge a block, executes them, and gives the header and the leaves
//! that must be in the log. The caller compares.

use crate::authority::{Authority, AuthorityError};
use crate::block::{BlockPayload, CertificateError, Header, Leaf, transactions_hash};
use crate::contract::Contracts;
use crate::execute::{BlockContext, Outcome, execute};
use crate::genesis::{Founding, GenesisError};
use crate::hash::Hash;
use crate::log::merkle::{Frontier, leaf_hash};
use crate::state::{StateFault, StateRead, Writes, keys, load};
use crate::tree::{self, Page, PageId, PageReader, Root};
use crate::tx::{AdmittedTx, ParsedTx};
use crate::types::{Height, MemberId, TimeMs};
use crate::validators::ValidatorSet;
use std::collections::{BTreeMap, BTreeSet};

/// Text keys and JSON values.
pub type State = BTreeMap<String, Vec<u8>>;

/// Why a block cannot stand on the one before it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A transaction that no block may contain.
    #[error("transaction {index}: {error}")]
    Transaction {
        /// Its position in the block.
        index: usize,
        /// Why.
        error: AuthorityError,
    },
    /// Its issuer used the jti before.
    #[error("transaction {0}: its jti was used before")]
    Repeated(usize),
    /// It is over a bound on bytes or count, of the block or of its member.
    #[error("transaction {0}: the block is over a bound")]
    Share(usize),
    /// The proposer is no validator of the block.
    #[error("the proposer is not a validator of this block")]
    Proposer,
    /// Time stands still or goes back.
    #[error("the time does not come after that of the block before")]
    Time,
    /// The certificate is absent, of another block, or one at height 1.
    #[error("the certificate is not of the block before")]
    OtherCertificate,
    /// The certificate does not hold.
    #[error("certificate of the block before: {0}")]
    Certificate(#[from] CertificateError),
    /// The genesis is none.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A fault of this program.
    #[error(transparent)]
    Fault(#[from] StateFault),
}

/// What executing a block gives.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The block's header.
    pub header: Header,
    /// Its leaves in the log: its transactions', then its own.
    pub leaves: Vec<Leaf>,
    /// What became of its transactions.
    pub outcomes: Vec<Outcome>,
}

/// The ledger after some block.
pub struct Replay {
    founding: Founding,
    contracts: Contracts,
    state: State,
    pages: Pages,
    root: Root,
    log: Frontier,
    jtis: BTreeSet<Hash>,
    hash: Hash,
    time: TimeMs,
    height: Height,
    validators: ValidatorSet,
    /// Validators of the block before, for its certificate.
    before: ValidatorSet,
}

#[derive(Default)]
struct Pages(BTreeMap<PageId, Page>);

impl PageReader for Pages {
    type Error = std::convert::Infallible;

    fn page(&self, id: &PageId) -> Result<Option<Page>, Self::Error> {
        Ok(self.0.get(id).cloned())
    }
}

/// The state, borrowed for the members and their rights.
struct View<'a>(&'a State);

impl StateRead for View<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StateFault> {
        StateRead::get(self.0, key)
    }
}

/// The root of a state by itself: [`crate::tree`].
///
/// # Errors
/// Never for a state that fits in memory; a sentence if the tree fails.
pub fn root_of<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Hash, String> {
    let changes = entries.map(|(key, value)| (Hash::of(key.as_bytes()), Some(Hash::of(value)))).collect();
    tree::update(&Pages::default(), &Root::EMPTY, 0, &changes).map(|update| update.root.hash).map_err(|e| e.to_string())
}

impl Replay {
    /// The ledger of a genesis before its first block. `more` is what its contracts add to the state of the genesis.
    ///
    /// # Errors
    /// The state cannot be written.
    pub fn begin(founding: Founding, contracts: Contracts, more: State) -> Result<Replay, ReplayError> {
        let mut state = founding.state()?;
        state.extend(more);
        let mut replay = Replay {
            contracts,
            state: State::new(),
            pages: Pages::default(),
            root: Root::EMPTY,
            log: Frontier::default(),
            jtis: BTreeSet::new(),
            hash: founding.id.0,
            time: founding.genesis.time,
            height: Height::GENESIS,
            validators: founding.validators.clone(),
            before: founding.validators.clone(),
            founding,
        };
        replay.write(state.into_iter().map(|(key, value)| (key, Some(value))).collect(), Height::GENESIS)?;
        Ok(replay)
    }

    /// The genesis.
    pub fn founding(&self) -> &Founding {
        &self.founding
    }

    /// Height of the last block.
    pub fn height(&self) -> Height {
        self.height
    }

    /// Time of the last block.
    pub fn time(&self) -> TimeMs {
        self.time
    }

    /// Hash of the last block; the ledger id before the first.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The log after the last block.
    pub fn log(&self) -> &Frontier {
        &self.log
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Validators of the last block: they sign its checkpoint and its certificate.
    pub fn last_validators(&self) -> &ValidatorSet {
        &self.before
    }

    /// Puts values into the state and its tree.
    fn write(&mut self, writes: Writes, height: Height) -> Result<(), StateFault> {
        let hashed = |(key, value): (&String, &Option<Vec<u8>>)| {
            (Hash::of(key.as_bytes()), value.as_ref().map(|value| Hash::of(value)))
        };
        let changes = writes.iter().map(hashed).collect();
        let update =
            tree::update(&self.pages, &self.root, height.0, &changes).map_err(|e| StateFault(e.to_string()))?;
        for id in &update.stale {
            self.pages.0.remove(id);
        }
        self.pages.0.extend(update.new_pages);
        self.root = update.root;
        for (key, value) in writes {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
        Ok(())
    }

    fn check(&self, time: TimeMs, payload: &BlockPayload) -> Result<(), ReplayError> {
        if time <= self.time {
            return Err(ReplayError::Time);
        }
        if self.validators.by_vote_key(&payload.proposer).is_none() {
            return Err(ReplayError::Proposer);
        }
        match &payload.certificate {
            None if self.height == Height::GENESIS => Ok(()),
            Some(certificate) if certificate.height == self.height && certificate.block == self.hash => {
                Ok(certificate.verify(&self.founding.id, &self.before)?)
            }
            _ => Err(ReplayError::OtherCertificate),
        }
    }

    fn admit(&self, height: Height, time: TimeMs, txs: &[Vec<u8>]) -> Result<Vec<AdmittedTx>, ReplayError> {
        let authority = Authority::new(View(&self.state), height)?;
        let params = authority.params();
        let mut shares: BTreeMap<MemberId, u64> = BTreeMap::new();
        let mut bytes = 0u64;
        let mut admitted = Vec::with_capacity(txs.len());
        for (index, tx) in txs.iter().enumerate() {
            let one = || -> Result<AdmittedTx, AuthorityError> {
                let parsed = ParsedTx::parse(tx, &self.founding.id)?;
                self.contracts.check_form(parsed.records())?;
                authority.admit(authority.verify(parsed)?, time)
            };
            let one = one().map_err(|error| ReplayError::Transaction { index, error })?;
            let size = tx.len() as u64;
            let share = shares.entry(one.tx().claims().iss.clone()).or_default();
            (*share, bytes) = (share.saturating_add(size), bytes.saturating_add(size));
            let many = u32::try_from(index).map_or(true, |index| index >= params.block_txs);
            if many || bytes > params.block_bytes || *share > params.member_block_bytes {
                return Err(ReplayError::Share(index));
            }
            admitted.push(one);
        }
        Ok(admitted)
    }

    /// Executes the next block.
    ///
    /// # Errors
    /// The first rule that it breaks. What was applied before stands; the replay is of no further use where
    /// executing itself failed.
    pub fn apply(&mut self, time: TimeMs, payload: &BlockPayload, txs: &[Vec<u8>]) -> Result<Executed, ReplayError> {
        let height = self.height.next();
        self.check(time, payload)?;
        let admitted = self.admit(height, time, txs)?;
        for (index, tx) in admitted.iter().enumerate() {
            let claims = tx.tx().claims();
            let jti = Hash::of_parts(&[claims.iss.as_str().as_bytes(), b"\0", claims.jti.as_str().as_bytes()]);
            if !self.jtis.insert(jti) {
                return Err(ReplayError::Repeated(index));
            }
        }
        let block = BlockContext { ledger: self.founding.id, height, time };
        let params = load(&self.state, keys::PARAMS)?.unwrap_or_default();
        let executed = execute(&self.contracts, &self.state, &params, block, &admitted)?;
        self.write(executed.writes, height)?;
        let next: ValidatorSet =
            load(&self.state, keys::VALIDATORS)?.ok_or_else(|| StateFault("no validators".into()))?;

        let mut leaves = Vec::with_capacity(admitted.len() + 1);
        for (index, (tx, outcome)) in admitted.iter().zip(&executed.outcomes).enumerate() {
            leaves.push(Leaf::tx(height, u32::try_from(index).unwrap_or(u32::MAX), tx.tx(), outcome));
        }
        leaves.push(Leaf::Block {
            height,
            time,
            previous: self.hash,
            state_root: self.root.hash,
            validators: self.validators.hash(),
            next_validators: next.hash(),
        });
        for leaf in &leaves {
            self.log.push(leaf_hash(&leaf.to_bytes()));
        }
        let end = leaves.last().ok_or_else(|| StateFault("a block without leaf".into()))?;
        let transactions = transactions_hash(admitted.iter().map(|tx| tx.tx().jwt_hash()));
        let header = payload
            .header(self.founding.id, end, transactions, self.log.size(), self.log.root())
            .ok_or_else(|| StateFault("a block without leaf".into()))?;
        (self.height, self.time, self.hash) = (height, time, header.hash());
        self.before = std::mem::replace(&mut self.validators, next);
        Ok(Executed { header, leaves, outcomes: executed.outcomes })
    }
}

#[cfg(test)]
mod tests;
