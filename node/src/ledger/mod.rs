//! The ledger: builds, checks, executes and commits blocks. Knows no network and no engine.
//!
//! [`Ledger::build`] and [`Ledger::check`] give a [`Prepared`] block and keep it by its hash;
//! [`Ledger::commit`] writes it in one synced batch. Nothing else writes the tables of the chain.

pub mod body;
mod commit;
pub mod log;
mod pages;
mod prepare;
pub mod tree;
pub mod view;

pub use commit::Committed;
pub(crate) use commit::body_key;
pub(crate) use prepare::jti_key;
pub use prepare::{BlockError, Clock, Proposal};

use crate::query::TxStatus;
use crate::storage::{Storage, StorageError, Table};
use bytes::Bytes;
use chain_core::authority::Authority;
use chain_core::block::{Certificate, Header};
use chain_core::contract::Contracts;
use chain_core::execute::Outcome;
use chain_core::genesis::{Founding, GenesisError};
use chain_core::hash::Hash;
use chain_core::state::{StateFault, StateRead, Writes, keys, load};
use chain_core::tree::{Root, TreeUpdate, update};
use chain_core::tx::AdmittedTx;
use chain_core::types::{Height, TimeMs};
use chain_core::validators::{Skips, ValidatorSet};
use log::{ChangedTiles, LogEdge};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tree::{Changes, StateTree};
use view::StateView;

/// A map that is asked a hundred times per transaction. Its seed is random.
type FastMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Prepared blocks kept in memory; others are executed again when they are decided.
const PREPARED_KEPT: usize = 4;
/// Keys of the state that change until a snapshot of its tree is written. A start of the node applies as many again,
/// in a second or two.
const SNAPSHOT_AFTER: usize = 256 * 1024;

/// Why the ledger could not be opened, or must stop.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A stored value is not what was written.
    #[error(transparent)]
    State(#[from] StateFault),
    /// The genesis file is unusable.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The folder holds another ledger.
    #[error("the data folder belongs to ledger {0}; use another folder")]
    OtherLedger(Hash),
    /// The store contradicts itself.
    #[error(
        "the store is damaged: {0}; move the folder `ledger` below the data folder away and nothing else: the node fetches the ledger again"
    )]
    Damaged(String),
    /// A decided block that this node judges invalid: it must not go on.
    #[error("decided block {height} is invalid here: {reason}")]
    DecidedInvalid {
        /// Its height.
        height: Height,
        /// Why.
        reason: String,
    },
}

/// The newest committed block and what the next one needs to know.
#[derive(Clone)]
pub struct Head {
    /// Height of the newest block; 0 before the first.
    pub height: Height,
    /// Its hash; the ledger id before the first.
    pub hash: Hash,
    /// Its time.
    pub time: TimeMs,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// Who decided it.
    pub previous_validators: ValidatorSet,
    /// Who decides the next.
    pub validators: ValidatorSet,
    /// Proposers to pass over next.
    pub skips: Skips,
    /// Proposers that were passed over when it was decided.
    pub previous_skips: Skips,
    /// The log after it.
    pub log: LogEdge,
    /// The state tree after it.
    pub root: Root,
    /// Members and bounds for the next block.
    pub authority: Arc<Authority<StateView>>,
}

/// What of a [`Head`] is written down.
#[derive(Serialize, Deserialize)]
struct StoredHead {
    ledger: Hash,
    height: Height,
    hash: Hash,
    time: TimeMs,
    previous_validators: Vec<u8>,
    validators: Vec<u8>,
    skips: Skips,
    previous_skips: Skips,
    log_size: u64,
    root_hash: Hash,
    root_version: u64,
}

/// A block that was executed and not yet committed.
pub struct Prepared {
    /// Its hash.
    pub hash: Hash,
    /// Its header.
    pub header: Header,
    /// Its bytes as nodes store them ([`body`]).
    pub bytes: Bytes,
    /// Certificate of the block before, as the block carries it.
    pub previous_certificate: Option<Certificate>,
    /// Its transactions.
    pub txs: Vec<AdmittedTx>,
    /// Their outcomes.
    pub outcomes: Vec<Outcome>,
    writes: Writes,
    /// The rows that the writes replace.
    replaced: BTreeMap<String, Vec<u8>>,
    /// Whether its bytes are on disk.
    stored: AtomicBool,
    /// What the writes change in the state tree.
    changes: Changes,
    tree: TreeUpdate,
    log: LogEdge,
    tiles: ChangedTiles,
    next_validators: ValidatorSet,
    skips: Skips,
}

impl Prepared {
    /// What became of a transaction of the block, by its position.
    pub fn status(&self, position: usize) -> TxStatus {
        let tx = self.txs[position].tx();
        TxStatus {
            id: tx.id(),
            height: self.header.height,
            index: u32::try_from(position).unwrap_or(u32::MAX),
            time: self.header.time,
            issuer: tx.claims().iss.clone(),
            outcome: self.outcomes[position].clone(),
            kinds: tx.records().iter().map(|record| record.kind.to_string()).collect(),
        }
    }

    /// Whether it changes a member, so that what waits must be judged again.
    pub fn changes_members(&self) -> bool {
        self.writes.range("member/".to_owned()..).next().is_some_and(|(key, _)| key.starts_with("member/"))
    }
}

/// Limits and settings of this node's ledger.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// State proofs are served for this many heights; none keeps every version, as a regulator does.
    pub keep_versions: Option<u64>,
}

/// One node's ledger.
pub struct Ledger {
    founding: Founding,
    contracts: Contracts,
    storage: Arc<dyn Storage>,
    settings: Settings,
    tree: StateTree,
    head: RwLock<Arc<Head>>,
    prepared: Mutex<Vec<Arc<Prepared>>>,
}

impl Ledger {
    /// Opens the ledger of a genesis in a store, or begins it there.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn open(
        founding: Founding,
        contracts: Contracts,
        storage: Arc<dyn Storage>,
        settings: Settings,
    ) -> Result<Ledger, LedgerError> {
        if storage.get(Table::Meta, b"head")?.is_none() {
            begin(&founding, &*storage)?;
        }
        let mut head = load_head(&founding, &storage)?;
        let (tree, root) = StateTree::open(storage.clone(), head.height, &head.root.hash, SNAPSHOT_AFTER)?;
        head.root = root;
        Ok(Ledger {
            founding,
            contracts,
            storage,
            settings,
            tree,
            head: RwLock::new(Arc::new(head)),
            prepared: Mutex::default(),
        })
    }

    /// The genesis.
    pub fn founding(&self) -> &Founding {
        &self.founding
    }

    /// The contracts.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The store.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// The newest committed block.
    pub fn head(&self) -> Arc<Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state tree.
    pub fn tree(&self) -> &StateTree {
        &self.tree
    }

    /// The newest committed state.
    pub fn state(&self) -> StateView {
        StateView(self.storage.clone())
    }

    fn prepared(&self) -> MutexGuard<'_, Vec<Arc<Prepared>>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block that was prepared on the present head, if it is still in memory.
    pub fn find_prepared(&self, hash: &Hash) -> Option<Arc<Prepared>> {
        self.prepared().iter().find(|p| p.hash == *hash).cloned()
    }

    fn keep_prepared(&self, prepared: Arc<Prepared>) {
        let mut kept = self.prepared();
        if kept.iter().any(|p| p.hash == prepared.hash) {
            return;
        }
        if kept.len() >= PREPARED_KEPT {
            kept.remove(0);
        }
        kept.push(prepared);
    }
}

/// Storage encoding of what only nodes read. At most 64 MiB, no trailing bytes.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StorageError> {
    bincode::serde::encode_to_vec(value, bincode::config::standard()).map_err(|e| StorageError(e.to_string()))
}

/// Reads what [`encode`] wrote; none for anything else.
pub fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let config = bincode::config::standard().with_limit::<{ 64 << 20 }>();
    let (value, read) = bincode::serde::decode_from_slice(bytes, config).ok()?;
    (read == bytes.len()).then_some(value)
}

/// Writes the state of the genesis.
fn begin(founding: &Founding, storage: &dyn Storage) -> Result<(), LedgerError> {
    let mut state = founding.state()?;
    state.extend(contracts::genesis_state(&founding.genesis));
    let changes: Changes = state.iter().map(|(key, value)| (Hash::of(key.as_bytes()), Some(Hash::of(value)))).collect();
    let nothing = pages::Pages { storage, snapshots: &[] };
    let update = update(&nothing, &Root::EMPTY, 0, &changes).map_err(|e| LedgerError::Damaged(e.to_string()))?;
    let mut batch = crate::storage::Batch::default();
    for (key, value) in &state {
        view::put_row(&mut batch, key, Height::GENESIS, Some(value));
    }
    StateTree::begin(&mut batch, &update)?;
    let set = founding.validators.to_bytes();
    let head = StoredHead {
        ledger: founding.id.0,
        height: Height::GENESIS,
        hash: founding.id.0,
        time: founding.genesis.time,
        previous_validators: set.clone(),
        validators: set,
        skips: Skips::default(),
        previous_skips: Skips::default(),
        log_size: 0,
        root_hash: update.root.hash,
        root_version: update.root.version,
    };
    batch.put(Table::Meta, b"head", encode(&head)?);
    Ok(storage.write(batch)?)
}

fn load_head(founding: &Founding, storage: &Arc<dyn Storage>) -> Result<Head, LedgerError> {
    let damaged = |what: &str| LedgerError::Damaged(what.to_owned());
    let bytes = storage.get(Table::Meta, b"head")?.ok_or_else(|| damaged("no head"))?;
    let stored: StoredHead = decode(&bytes).ok_or_else(|| damaged("unreadable head"))?;
    if stored.ledger != founding.id.0 {
        return Err(LedgerError::OtherLedger(stored.ledger));
    }
    let certificate = match storage.get(Table::Certificates, &stored.height.0.to_be_bytes())? {
        Some(bytes) => Some(decode(&bytes).ok_or_else(|| damaged("unreadable certificate"))?),
        None if stored.height == Height::GENESIS => None,
        None => return Err(damaged("no certificate for the head")),
    };
    let set = |bytes: &[u8]| ValidatorSet::from_bytes(bytes).ok_or_else(|| damaged("unreadable validator set"));
    Ok(Head {
        height: stored.height,
        hash: stored.hash,
        time: stored.time,
        certificate,
        previous_validators: set(&stored.previous_validators)?,
        validators: set(&stored.validators)?,
        skips: stored.skips,
        previous_skips: stored.previous_skips,
        log: LogEdge::load(&**storage, stored.log_size).ok_or_else(|| damaged("log tiles missing"))?,
        root: Root { hash: stored.root_hash, version: stored.root_version },
        authority: Arc::new(Authority::new(StateView(storage.clone()), stored.height.next())?),
    })
}

/// The validators that a state names.
///
/// # Errors
/// The store failed or the value is damaged.
fn validators_of(state: &dyn StateRead) -> Result<ValidatorSet, StateFault> {
    load::<ValidatorSet>(state, keys::VALIDATORS)?.ok_or_else(|| StateFault("no validators".into()))
}
