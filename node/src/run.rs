//! Putting a node together and keeping it running.

use crate::answers::Answers;
use crate::api::{self, Node, ServeError};
use crate::blocks::{Blocks, Decider};
use crate::checkpoint::{CheckpointKeys, Checkpoints};
use crate::compact::Wanted;
use crate::config::{ConfigError, NodeConfig, NodeKeys, seed};
use crate::consensus::{self, ConsensusConfig, LocalSigner, StopReason, Timeouts, VoteSigner};
use crate::dataplane::{self, Heard, Message};
use crate::disclosures::{Disclosures, KeepError};
use crate::high_water::{HighWater, HighWaterError};
use crate::ledger::{Ledger, LedgerError, Settings};
use crate::mempool::{Limits, Mempool};
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::storage::{RocksStorage, StorageError};
use crate::witness::{self, Client};
use crate::{admission, clock};
use chain_core::genesis::{Founding, GenesisError};
use chain_core::keys::{MemorySigner, PublicKey, Signer as _};
use chain_core::types::Height;
use ed25519_dalek::SigningKey;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;

/// Why a node did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The genesis cannot be read.
    #[error("{path}: {error}")]
    GenesisFile {
        /// The file.
        path: String,
        /// What happened.
        error: std::io::Error,
    },
    /// The genesis is unusable.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// A key in the key file is not 32 bytes of base64url.
    #[error("the key file's {0} key is not 32 bytes in base64url")]
    Key(&'static str),
    /// A key of a peer.
    #[error("the key of peer {0} is not 32 bytes in base64url")]
    PeerKey(String),
    /// A witness that the genesis does not name, or an address that is none.
    #[error("witness {0}: {1}")]
    Witness(String, &'static str),
    /// The database did not open.
    #[error("the database did not open ({0}); if it is damaged, move its folder `ledger` away and nothing else: the node fetches the ledger again")]
    Storage(#[from] StorageError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The mark outside the database.
    #[error(transparent)]
    HighWater(#[from] HighWaterError),
    /// The store of disclosures.
    #[error(transparent)]
    Disclosures(#[from] KeepError),
    /// A folder.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The data plane.
    #[error(transparent)]
    DataPlane(#[from] dataplane::StartError),
    /// Consensus.
    #[error(transparent)]
    Consensus(#[from] consensus::StartError),
    /// A listener.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A decided block could not be committed.
    #[error("block {height} could not be committed: {reason}; start the node again")]
    CommitFailed {
        /// Its height.
        height: u64,
        /// Why.
        reason: String,
    },
    /// A node whose database was put back has caught up.
    #[error("the node has caught up with what it had committed before; start it again and it votes")]
    CaughtUp,
    /// The engine ended.
    #[error("the consensus engine ended; start the node again")]
    EngineFailed,
}

struct Keys {
    peer: [u8; 32],
    vote: [u8; 32],
    checkpoints: CheckpointKeys,
}

fn read_keys(keys: &NodeKeys) -> Result<Keys, RunError> {
    let read = |text: &str, name| seed(text).ok_or(RunError::Key(name));
    Ok(Keys {
        peer: read(&keys.peer, "peer")?,
        vote: read(&keys.vote, "vote")?,
        checkpoints: CheckpointKeys {
            log: MemorySigner::from_seed(&read(&keys.log, "log")?),
            cosigner: MemorySigner::from_seed(&read(&keys.cosigner, "cosigner")?),
        },
    })
}

/// Reads a genesis file.
///
/// # Errors
/// Unreadable or unusable.
pub fn read_genesis(path: &Path) -> Result<Founding, RunError> {
    let bytes = std::fs::read(path)
        .map_err(|error| RunError::GenesisFile { path: path.display().to_string(), error })?;
    Ok(Founding::read(&bytes)?)
}

/// Runs a node until `stop` resolves or it must end.
///
/// # Errors
/// See [`RunError`].
pub async fn run(config: NodeConfig, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    tokio::pin!(stop);
    let founding = read_genesis(&config.genesis)?;
    let keys = read_keys(&config.load_keys()?)?;
    std::fs::create_dir_all(&config.data)?;
    let settings = Settings { keep_versions: config.keep_versions };
    let folder = config.data.join("ledger");
    let storage = Arc::new(match settings.keep_versions {
        None => RocksStorage::open(&folder)?,
        Some(_) => RocksStorage::open_forgetting(&folder)?,
    });
    let ledger = Arc::new(Ledger::open(founding, contracts::all(), storage, settings)?);
    let ledger_id = ledger.founding().id.0.0;
    let high_water = Arc::new(HighWater::open(
        &config.data.join("high-water"),
        SigningKey::from_bytes(&keys.peer),
        ledger_id,
    )?);

    let mut plane_peers = Vec::new();
    let mut consensus_peers = Vec::new();
    for peer in &config.peers {
        let key = seed(&peer.key).ok_or_else(|| RunError::PeerKey(peer.member.clone()))?;
        plane_peers.push(dataplane::Peer { address: peer.data_plane, key });
        consensus_peers.push(consensus::Peer { address: peer.consensus, network_key: key });
    }
    let (plane, inbox) = dataplane::start(keys.peer, config.data_plane, &plane_peers)?;
    let checkpoints =
        Arc::new(Checkpoints::new(ledger.clone(), Some(keys.checkpoints.clone()), plane.clone())?);
    let mut witnesses = Vec::new();
    for listed in &config.witnesses {
        let fail = |why| RunError::Witness(listed.key.name().to_owned(), why);
        if !checkpoints.witness_keys().any(|key| *key == listed.key) {
            return Err(fail("the genesis names no such key; its line would be refused in every receipt"));
        }
        witnesses.push(Client::new(listed.key.clone(), &listed.url).map_err(|_| fail("its url cannot be used"))?);
    }
    let vote_key: PublicKey = MemorySigner::from_seed(&keys.vote).public_key();
    let blocks = Arc::new(Blocks {
        ledger: ledger.clone(),
        mempool: Arc::new(Mempool::new(Limits::default())),
        answers: Arc::new(Answers::default()),
        checkpoints: checkpoints.clone(),
        high_water: high_water.clone(),
        metrics: Arc::new(Metrics::starting_at(ledger.head().height)),
        vote_key: Some(vote_key),
        plane: plane.clone(),
        wanted: Wanted::default(),
        pace: Pace::default(),
    });
    let node = Arc::new(Node {
        member: config.member.clone(),
        blocks: blocks.clone(),
        plane: plane.clone(),
        disclosures: Disclosures::open(&config.data.join("disclosures"))?,
        consensus: OnceLock::new(),
        tokens: Default::default(),
    });

    // A database older than the mark was put back: without its vote key the node cannot contradict itself.
    let behind = ledger.head().height < high_water.floor();
    if behind {
        tracing::error!(
            head = %ledger.head().height, mark = %high_water.floor(),
            "the database is older than what this node has committed; it follows without voting until it has caught up"
        );
        // It may have voted one height further: that one too must be decided before it votes again.
        high_water.raise(high_water.floor().next())?;
    }
    let signer = (!behind).then(|| Arc::new(LocalSigner::new(&keys.vote)) as Arc<dyn VoteSigner>);
    let engine_data = config.data.join("engine");
    std::fs::create_dir_all(&engine_data)?;
    let engine = consensus::run(
        ConsensusConfig {
            name: config.member.clone(),
            listen: config.consensus,
            peers: consensus_peers,
            network_seed: keys.peer,
            signer,
            data_dir: engine_data,
            ledger_id,
            timeouts: Timeouts::default(),
            max_block_bytes: 8 << 20,
            heartbeat: None,
            status_interval: Duration::from_secs(2),
        },
        Arc::new(Decider(blocks.clone())),
    )
    .await?;
    let engine = Arc::new(engine);
    let _ = node.consensus.set(engine.clone());

    for client in witnesses {
        tokio::spawn(witness::attend(checkpoints.clone(), client));
    }
    tokio::spawn(listen_to_peers(blocks.clone(), inbox));
    tokio::spawn(tend(blocks.clone(), plane));
    let api = api::serve(config.api, api::router(node.clone())).await?;
    let _admin = api::serve(config.admin, api::admin_router(node)).await?;
    tracing::info!(member = config.member, api = %api.address, height = %ledger.head().height, "the node runs");

    tokio::select! {
        () = &mut stop => {
            engine.shutdown().await;
            Ok(())
        }
        () = caught_up(&blocks, high_water.floor()), if behind => {
            engine.shutdown().await;
            Err(RunError::CaughtUp)
        }
        reason = engine.stopped() => match reason {
            StopReason::Shutdown => Ok(()),
            StopReason::CommitFailed { height, reason } => Err(RunError::CommitFailed { height, reason }),
            StopReason::EngineFailed => Err(RunError::EngineFailed),
            StopReason::SafetyFailure => {
                tracing::error!("the engine's log failed: this node may not know what it has signed; it stays up, not ready, until an operator has looked");
                stop.await;
                Ok(())
            }
        },
    }
}

/// Resolves when the ledger has passed every height that this node may have voted at.
async fn caught_up(blocks: &Blocks, floor: Height) {
    while blocks.ledger.head().height <= floor {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Takes what peers say.
async fn listen_to_peers(blocks: Arc<Blocks>, mut inbox: mpsc::Receiver<Heard>) {
    while let Some(heard) = inbox.recv().await {
        let blocks = blocks.clone();
        // Verification takes its time: the receiver must not wait for it, but neither run ahead without end.
        let done = tokio::task::spawn_blocking(move || match heard.read() {
            None => {}
            Some(Message::Transactions(list)) => {
                for packed in list {
                    let _ = admission::submit_packed(&blocks.ledger, &blocks.mempool, packed, clock::now());
                }
            }
            Some(Message::Checkpoint { size, root, lines }) => {
                if let Err(error) = blocks.checkpoints.heard(size, root, lines) {
                    tracing::error!(%error, "a checkpoint signature could not be taken");
                }
            }
            Some(Message::WantTransactions(jwts)) => blocks.give_transactions(&jwts),
            Some(Message::GivenTransactions(list)) => blocks.wanted.take(&blocks.ledger, &list),
            Some(Message::WantHandover(height)) => blocks.checkpoints.give_handover(height),
            Some(Message::Handover { height, json }) => {
                if let Err(error) = blocks.checkpoints.take_handover(height, &json) {
                    tracing::error!(%error, "a handover could not be taken");
                }
            }
        });
        let _ = done.await;
    }
}

/// What is done every now and then.
async fn tend(blocks: Arc<Blocks>, plane: dataplane::DataPlane) {
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count = 0u64;
    loop {
        tick.tick().await;
        count += 1;
        if let Err(error) = blocks.checkpoints.tick() {
            tracing::error!(%error, "a checkpoint could not be signed");
        }
        if count % 20 == 0
            && let Err(error) = blocks.checkpoints.ask_for_missing()
        {
            tracing::error!(%error, "missing handovers could not be looked up");
        }
        // What still waits after seconds may never have reached the others.
        if count % 8 == 0 && blocks.metrics.since_commit() > Duration::from_secs(2) {
            for tx in blocks.mempool.candidates(1 << 20, 256) {
                plane.share_transaction(&tx);
            }
        }
    }
}

/// Sends logs to standard error, as text or as JSON lines. `SEALANE_LOG` chooses what (default `info`).
pub fn log_to_stderr(json: bool) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("SEALANE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,arc_malachitebft=warn,informalsystems=warn,libp2p=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second call in one process changes nothing.
    let _ = if json { logs.json().try_init() } else { logs.try_init() };
}
