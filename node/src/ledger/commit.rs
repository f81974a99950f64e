//! Committing: one synced batch, told in the order in which things become true.

use super::prepare::jti_key;
use super::view::{StateView, history_key, put_row};
use super::{Clock, Head, Ledger, LedgerError, Prepared, Proposal, StoredHead, body, encode};
use crate::index;
use crate::storage::{Batch, Direction, Table};
use bytes::Bytes;
use chain_core::authority::Authority;
use chain_core::block::Certificate;
use chain_core::hash::Hash;
use chain_core::tx::{VerifiedTx, jwt_hash};
use chain_core::types::Height;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// About what a key of the state or a transaction takes in a commit, bytes.
const ROOM: usize = 1024;

/// A block that is on disk for good.
pub struct Committed {
    /// The block.
    pub block: Arc<Prepared>,
    /// The new head.
    pub head: Arc<Head>,
}

impl Ledger {
    /// Stores a valid, undecided block: the engine's own log holds only its hash.
    ///
    /// # Errors
    /// The store failed.
    pub fn store_undecided(&self, block: &Prepared, round: u32, about: &[u8]) -> Result<(), LedgerError> {
        let mut batch = Batch::default();
        put_body(&mut batch, block);
        batch.put(Table::Undecided, &round_key(block.header.height, round, &block.hash), about.to_vec());
        self.storage.write(batch)?;
        block.stored.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// What was stored about undecided blocks of a height and round: hash and `about`.
    ///
    /// # Errors
    /// The store failed.
    pub fn undecided_in(&self, height: Height, round: u32) -> Result<Vec<(Hash, Vec<u8>)>, LedgerError> {
        let prefix = round_prefix(height, round);
        let rows = self.storage.scan(Table::Undecided, &prefix, b"", Direction::Forward, 16)?;
        let hash = |key: &[u8]| key.get(prefix.len()..).and_then(|h| h.try_into().ok()).map(Hash);
        Ok(rows.into_iter().filter_map(|(key, about)| Some((hash(&key)?, about))).collect())
    }

    /// The bytes of a block of the next height that was found valid.
    ///
    /// # Errors
    /// The store failed.
    pub fn undecided_bytes(&self, height: Height, hash: &Hash) -> Result<Option<Bytes>, LedgerError> {
        if let Some(prepared) = self.find_prepared(hash) {
            return Ok(Some(prepared.bytes.clone()));
        }
        Ok(self.storage.get(Table::Bodies, &body_key(height, hash))?.map(Bytes::from))
    }

    /// Transactions of blocks of the next height that were found valid, by the SHA-256 of their JWTs.
    ///
    /// # Errors
    /// The store failed.
    pub fn undecided_transactions(&self, wanted: &BTreeSet<Hash>) -> Result<Vec<Vec<u8>>, LedgerError> {
        let height = self.head().height.next();
        let mut found = BTreeMap::new();
        for (_, bytes) in self.storage.scan(Table::Bodies, &height.0.to_be_bytes(), b"", Direction::Forward, 16)? {
            for tx in body::read(&bytes).map(|block| block.txs).unwrap_or_default() {
                let jwt = jwt_hash(&tx);
                if wanted.contains(&jwt) {
                    found.insert(jwt, tx);
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// Commits the block that a certificate decides.
    ///
    /// # Errors
    /// The block is unknown or invalid here, or the store failed: the process must stop.
    pub fn commit(
        &self,
        certificate: Certificate,
        verified: &(dyn Fn(&Hash) -> Option<VerifiedTx> + Sync),
    ) -> Result<Committed, LedgerError> {
        let head = self.head();
        let height = head.height.next();
        let block = self.decided_block(&head, &certificate, verified)?;

        // 1. Everything of the block goes into one batch.
        let mut batch = Batch::with_room(ROOM * (1 + block.writes.len() + block.txs.len()));
        let row = height.0.to_be_bytes();
        batch.put(Table::Blocks, &row, block.hash.0);
        put_body(&mut batch, &block);
        batch.put(Table::Certificates, &row, encode(&certificate)?);
        let outcomes = serde_json::to_vec(&block.outcomes).map_err(|e| LedgerError::Damaged(e.to_string()))?;
        batch.put(Table::Outcomes, &row, outcomes);
        self.put_transactions(&mut batch, &block, height)?;
        super::log::put_tiles(&mut batch, &block.tiles);
        self.put_state(&mut batch, &block, height)?;
        let forget_until = self.settings.keep_versions.and_then(|keep| height.0.checked_sub(keep)).map(Height);
        self.tree.put(&mut batch, height, &block.tree, &block.changes, forget_until)?;
        if let Some(old) = forget_until {
            self.forget_history(&mut batch, old)?;
        }
        self.forget_undecided(&mut batch, height, &block.hash)?;
        let stored = StoredHead {
            ledger: self.founding.id.0,
            height,
            hash: block.hash,
            time: block.header.time,
            previous_validators: head.validators.to_bytes(),
            validators: block.next_validators.to_bytes(),
            skips: block.skips.clone(),
            previous_skips: head.skips.clone(),
            log_size: block.log.size(),
            root_hash: block.tree.root.hash,
            root_version: block.tree.root.version,
        };
        batch.put(Table::Meta, b"head", encode(&stored)?);

        // 2. The batch is synced. A crash before this line repeats the commit, after it the block is final here.
        self.storage.write(batch)?;

        // 3. Memory follows the disk.
        self.tree.admit(height, &block.tree, &block.changes, forget_until);
        let next = Arc::new(Head {
            height,
            hash: block.hash,
            time: block.header.time,
            certificate: Some(certificate),
            previous_validators: head.validators.clone(),
            validators: block.next_validators.clone(),
            skips: block.skips.clone(),
            previous_skips: head.skips.clone(),
            log: block.log.clone(),
            root: block.tree.root,
            authority: Arc::new(Authority::new(StateView(self.storage.clone()), height.next())?),
        });
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        self.prepared().clear();
        Ok(Committed { block, head: next })
    }

    fn decided_block(
        &self,
        head: &Head,
        certificate: &Certificate,
        verified: &(dyn Fn(&Hash) -> Option<VerifiedTx> + Sync),
    ) -> Result<Arc<Prepared>, LedgerError> {
        let height = head.height.next();
        let invalid = |reason: String| LedgerError::DecidedInvalid { height, reason };
        if certificate.height != height {
            return Err(invalid(format!("certificate is for height {}", certificate.height)));
        }
        if let Some(known) = self.find_prepared(&certificate.block) {
            return Ok(known);
        }
        let bytes = self
            .undecided_bytes(height, &certificate.block)?
            .ok_or_else(|| invalid("its bytes are not here".into()))?;
        let proposal = Proposal { proposer: None, clock: Clock::Unchecked };
        let block = body::read(&bytes).ok_or_else(|| invalid("its bytes cannot be read".into()))?;
        let block = self.check(block, proposal, verified).map_err(|error| invalid(error.to_string()))?;
        if block.hash != certificate.block {
            return Err(invalid("its bytes have another hash".into()));
        }
        Ok(block)
    }

    fn put_transactions(&self, batch: &mut Batch, block: &Prepared, height: Height) -> Result<(), LedgerError> {
        for (position, tx) in block.txs.iter().enumerate() {
            let index = u32::try_from(position).unwrap_or(u32::MAX);
            let claims = tx.tx().claims();
            let status =
                serde_json::to_vec(&block.status(position)).map_err(|e| LedgerError::Damaged(e.to_string()))?;
            let row = [&index::place(height, index)[..], &status].concat();
            batch.put(Table::Txs, tx.tx().id().0.as_bytes(), row);
            batch.put(Table::Jtis, &jti_key(&claims.iss, &claims.jti), tx.tx().id().0.0);
            index::put(batch, height, index, tx.tx());
        }
        Ok(())
    }

    fn put_state(&self, batch: &mut Batch, block: &Prepared, height: Height) -> Result<(), LedgerError> {
        let mut replaced: Vec<Vec<u8>> = Vec::new();
        for (key, value) in &block.writes {
            if let Some(old) = block.replaced.get(key) {
                let written = old.first_chunk::<8>().map_or(Height::GENESIS, |h| Height(u64::from_be_bytes(*h)));
                let at = history_key(key, written);
                batch.put(Table::History, &at, old);
                replaced.push(at);
            }
            put_row(batch, key, height, value.as_deref());
        }
        if !replaced.is_empty() {
            batch.put(Table::Stale, &height.0.to_be_bytes(), encode(&replaced)?);
        }
        Ok(())
    }

    /// Forgets values that only heights before `old` need.
    fn forget_history(&self, batch: &mut Batch, old: Height) -> Result<(), LedgerError> {
        let row = old.0.to_be_bytes();
        let Some(bytes) = self.storage.get(Table::Stale, &row)? else { return Ok(()) };
        let replaced: Option<Vec<Vec<u8>>> = super::decode(&bytes);
        for key in replaced.ok_or_else(|| LedgerError::Damaged("unreadable list of old values".into()))? {
            batch.delete(Table::History, &key);
        }
        batch.delete(Table::Stale, &row);
        Ok(())
    }

    fn forget_undecided(&self, batch: &mut Batch, height: Height, decided: &Hash) -> Result<(), LedgerError> {
        for (key, _) in self.storage.scan(Table::Undecided, &height.0.to_be_bytes(), b"", Direction::Forward, 256)? {
            if let Some(rival) = key.last_chunk().map(|hash| Hash(*hash)).filter(|hash| hash != decided) {
                batch.delete(Table::Bodies, &body_key(height, &rival));
            }
            batch.delete(Table::Undecided, &key);
        }
        Ok(())
    }
}

/// Adds a block's bytes, unless they are stored already.
fn put_body(batch: &mut Batch, block: &Prepared) {
    if !block.stored.load(Ordering::Relaxed) {
        batch.put_shared(Table::Bodies, &body_key(block.header.height, &block.hash), block.bytes.clone());
    }
}

/// Storage key of a block's bytes: height and hash.
pub(crate) fn body_key(height: Height, hash: &Hash) -> Vec<u8> {
    [&height.0.to_be_bytes()[..], hash.as_bytes()].concat()
}

fn round_prefix(height: Height, round: u32) -> Vec<u8> {
    [&height.0.to_be_bytes()[..], &round.to_be_bytes()].concat()
}

fn round_key(height: Height, round: u32, hash: &Hash) -> Vec<u8> {
    [&round_prefix(height, round)[..], hash.as_bytes()].concat()
}
