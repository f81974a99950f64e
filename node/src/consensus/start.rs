//! Configures and starts the engine, and the handle by which the node watches and stops it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libp2p::identity::{Keypair, PublicKey, ed25519};
use malachite::app::config::{
    ConsensusConfig as EngineConsensusConfig, NodeConfig, PubSubProtocol, ValuePayload, ValueSyncConfig,
};
use malachite::app::engine::consensus::{ConsensusRef, Msg};
use malachite::app::net::Multiaddr;
use malachite::app::types::core::LinearTimeouts;
use malachite::{
    ConsensusContext, EngineHandle, NetworkContext, NetworkIdentity, NetworkRequest, RequestContext, SyncContext,
    WalContext, start_engine,
};
use tokio::sync::{mpsc, watch};
use tracing::{error, info};

use super::codec::{MAX_PART_MESSAGE, MAX_RESPONSE, WireCodec};
use super::context::{Address, Ctx};
use super::driver::{self, Shared};
use super::hold::Activity;
use super::signing::{EngineSigner, EngineVerifier, VoteSigner};
use super::types::{Application, NextHeight};

/// Largest `max_block_bytes`: one block must fit into an answer of value sync.
const MAX_BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// How long the engine's actors get to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Another node of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it listens for consensus.
    pub address: SocketAddr,
    /// Its Ed25519 network public key.
    pub network_key: [u8; 32],
}

/// How long a round waits. Every further round of a height adds `delta` to each, up to a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the proposed block, until nil is prevoted. What a dead proposer costs.
    pub propose: Duration,
    /// For more prevotes, after two thirds have prevoted without agreeing.
    pub prevote: Duration,
    /// For more precommits, after two thirds have precommitted without deciding.
    pub precommit: Duration,
    /// Added per round.
    pub delta: Duration,
}

impl Default for Timeouts {
    /// 500 ms, 250 ms, 250 ms and 250 ms more per round: for round trips of up to about 200 ms.
    fn default() -> Self {
        Self {
            propose: Duration::from_millis(500),
            prevote: Duration::from_millis(250),
            precommit: Duration::from_millis(250),
            delta: Duration::from_millis(250),
        }
    }
}

/// What consensus needs to know.
#[derive(Clone)]
pub struct ConsensusConfig {
    /// The node's name in logs and metrics.
    pub name: String,
    /// Where to listen; the address that peers have for this node.
    pub listen: SocketAddr,
    /// All nodes to be connected with. Others are refused.
    pub peers: Vec<Peer>,
    /// Ed25519 seed of this node's network key, not a vote key.
    pub network_seed: [u8; 32],
    /// The vote key of a validator, or of a node that may become one. `None` follows without voting.
    pub signer: Option<Arc<dyn VoteSigner>>,
    /// Folder for the engine's write-ahead log. Losing it may make a validator contradict itself.
    pub data_dir: PathBuf,
    /// The ledger's id, part of every signed message.
    pub ledger_id: [u8; 32],
    /// Round timeouts.
    pub timeouts: Timeouts,
    /// Longest block to accept, in bytes, at most 8 MiB.
    pub max_block_bytes: usize,
    /// Make a block after this much idle time; `None` makes none.
    pub heartbeat: Option<Duration>,
    /// How often to tell peers the own height, by which a node that fell behind notices.
    pub status_interval: Duration,
}

/// Why consensus did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `max_block_bytes` is 0 or above 8 MiB.
    #[error("max_block_bytes is {0}: set it between 1 and 8388608")]
    MaxBlockBytes(usize),
    /// A network key is no Ed25519 key.
    #[error("the network key of the peer at {0} is not an Ed25519 public key: correct the list of peers")]
    PeerKey(SocketAddr),
    /// The network seed cannot be used.
    #[error("the network seed cannot be used: generate a new one")]
    NetworkSeed,
    /// The engine refused, for instance because its log or its port cannot be opened.
    #[error("the consensus engine did not start: {0}")]
    Engine(String),
}

/// Why consensus ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// [`ConsensusHandle::shutdown`] was called.
    Shutdown,
    /// The ledger could not commit a decided block. The process must exit; after a restart the commit is tried again.
    CommitFailed {
        /// The height.
        height: u64,
        /// Why.
        reason: String,
    },
    /// The engine's log failed, so that it does not know what it has signed. The process must stay up, not ready,
    /// until an operator has looked: an automatic restart could sign a contradiction.
    SafetyFailure,
    /// The engine ended by itself. The process must exit; a restart is safe.
    EngineFailed,
}

/// A running engine. Dropping the handle does not stop it.
pub struct ConsensusHandle {
    next: watch::Receiver<NextHeight>,
    stopped: watch::Receiver<Option<StopReason>>,
    shutdown: mpsc::Sender<()>,
    peers: mpsc::Sender<NetworkRequest>,
    #[cfg(test)]
    pub(super) node: malachite::app::engine::node::NodeRef,
}

impl ConsensusHandle {
    /// The last committed height; 0 before the first block.
    pub fn height(&self) -> u64 {
        self.next.borrow().height.saturating_sub(1)
    }

    /// Whether the engine has stopped for good to avoid signing a contradiction. The node is then not ready.
    pub fn safety_failure(&self) -> bool {
        *self.stopped.borrow() == Some(StopReason::SafetyFailure)
    }

    /// Wait until consensus ends, and why.
    pub async fn stopped(&self) -> StopReason {
        let mut stopped = self.stopped.clone();
        let reason = stopped.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or(StopReason::EngineFailed)
    }

    /// Stop the engine and wait until its port and log are free and it no longer uses the ledger.
    /// What it has signed is on disk.
    pub async fn shutdown(&self) -> StopReason {
        // An error means that it has stopped already.
        let _ = self.shutdown.send(()).await;
        self.stopped().await
    }

    /// Connect with one more peer, known already or not.
    ///
    /// # Errors
    /// [`StartError::PeerKey`], or [`StartError::Engine`] if the engine has stopped.
    pub async fn add_peer(&self, peer: Peer) -> Result<(), StartError> {
        let request = NetworkRequest::add_persistent_peer(&self.peers, multiaddr(&peer)?);
        request.await.map(|_| ()).map_err(|error| StartError::Engine(error.to_string()))
    }

    /// Disconnect from a peer and refuse it from now on.
    ///
    /// # Errors
    /// As [`Self::add_peer`].
    pub async fn remove_peer(&self, peer: Peer) -> Result<(), StartError> {
        let request = NetworkRequest::remove_persistent_peer(&self.peers, multiaddr(&peer)?);
        request.await.map(|_| ()).map_err(|error| StartError::Engine(error.to_string()))
    }

    /// The metrics of all engines in this process, in the Prometheus text format.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        malachite::app::metrics::export(&mut text);
        text
    }
}

/// Start the engine at the height that the ledger names.
///
/// # Errors
/// [`StartError`] says what to correct.
pub async fn run(config: ConsensusConfig, app: Arc<dyn Application>) -> Result<ConsensusHandle, StartError> {
    let engine_config = EngineConfig::new(&config)?;
    let keypair = Keypair::ed25519_from_bytes(config.network_seed).map_err(|_| StartError::NetworkSeed)?;
    let address = config.signer.as_ref().map(|signer| Address(signer.vote_key()));
    let identity = NetworkIdentity::new(config.name.clone(), keypair, address.map(|address| address.to_string()));
    let activity = Arc::new(Activity::new());
    let codec = WireCodec { activity: Arc::clone(&activity) };
    let ledger_id = config.ledger_id;
    let verifier = Box::new(EngineVerifier { ledger_id });
    let consensus = match (&config.signer, address) {
        (Some(signer), Some(address)) => {
            let signer = Arc::clone(signer);
            ConsensusContext::new_validator(address, verifier, Box::new(EngineSigner { ledger_id, signer }))
        }
        // No validator has this address: it is not a usable key.
        _ => ConsensusContext::new_full_node(Address([0; 32]), verifier),
    };
    let log = config.data_dir.join("consensus.wal");
    let next = watch::Sender::new(app.start().await);
    let (channels, engine) = start_engine(
        Ctx,
        engine_config,
        WalContext::new(log.clone(), codec.clone()),
        NetworkContext::new(identity, codec.clone()),
        consensus,
        SyncContext::new(codec),
        RequestContext::new(16),
    )
    .await
    .map_err(|error| StartError::Engine(error.to_string()))?;

    let events = channels.events.subscribe();
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64);
    let shared = Arc::new(Shared {
        app,
        ledger_id,
        signer: config.signer,
        network: channels.network,
        consensus: consensus_actor(&engine)?,
        next,
        activity,
        timeouts: linear(config.timeouts),
        heartbeat: config.heartbeat,
        streams: AtomicU64::new(started),
        started: AtomicU64::new(0),
        commit_failed: watch::Sender::new(None),
        stopping: watch::Sender::new(false),
        tasks: Mutex::default(),
    });
    let (shutdown, asked) = mpsc::channel(1);
    let stopped = watch::Sender::new(None);
    let handle = ConsensusHandle {
        next: shared.next.subscribe(),
        stopped: stopped.subscribe(),
        shutdown,
        peers: channels.net_requests,
        #[cfg(test)]
        node: engine.actor.clone(),
    };
    let running = driver::run(Arc::clone(&shared), channels.consensus, events, config.max_block_bytes);
    tokio::spawn(supervise(shared, engine, running, log, asked, stopped));
    Ok(handle)
}

/// Run until something ends it, stop the engine, and say why.
async fn supervise(
    shared: Arc<Shared>,
    engine: EngineHandle,
    running: impl Future<Output = ()> + Send + 'static,
    log: PathBuf,
    mut asked: mpsc::Receiver<()>,
    stopped: watch::Sender<Option<StopReason>>,
) {
    let mut running = tokio::spawn(running);
    let asked = tokio::select! {
        Some(()) = asked.recv() => true,
        _ = &mut running => false,
    };
    let EngineHandle { actor, handle } = engine;
    let failed = shared.commit_failed.borrow().clone();
    let reason = match failed {
        _ if asked => StopReason::Shutdown,
        Some((height, reason)) => StopReason::CommitFailed { height, reason },
        // The engine's supervisor ends with its actors, unless it hangs on purpose.
        None if tokio::time::timeout(STOP_TIMEOUT, actor.wait(None)).await.is_err() => StopReason::SafetyFailure,
        None => StopReason::EngineFailed,
    };
    if reason == StopReason::SafetyFailure {
        error!("the engine's log has failed: nothing more is signed, an operator must look before a restart");
    } else {
        // The actors first, in order that the network closes its port; their supervisor ends with them.
        actor.get_cell().stop_children_and_wait(None, Some(STOP_TIMEOUT)).await;
        actor.stop(None);
        let ended = async {
            // An error means that the supervisor has ended, too.
            let _ = handle.await;
            unlocked(&log).await;
        };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            error!("the engine did not stop in time");
        }
    }
    running.abort();
    shared.finish().await;
    drop(shared);
    info!(?reason, "consensus has stopped");
    stopped.send_replace(Some(reason));
}

/// Wait until the engine's log thread, which nothing joins, has let go of the log.
async fn unlocked(log: &Path) {
    while std::fs::File::open(log).is_ok_and(|file| file.try_lock().is_err()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The engine's consensus actor. Its public channels cannot hand it a block that was checked in the background;
/// it is found by the type of its messages among the supervisor's children.
fn consensus_actor(engine: &EngineHandle) -> Result<ConsensusRef<Ctx>, StartError> {
    let mut children = engine.actor.get_cell().get_children().into_iter();
    let found = children.find(|child| child.is_message_type_of::<Msg<Ctx>>() == Some(true));
    found.map(ConsensusRef::from).ok_or_else(|| StartError::Engine("no consensus actor".to_owned()))
}

fn linear(timeouts: Timeouts) -> LinearTimeouts {
    LinearTimeouts {
        propose: timeouts.propose,
        propose_delta: timeouts.delta,
        prevote: timeouts.prevote,
        prevote_delta: timeouts.delta,
        precommit: timeouts.precommit,
        precommit_delta: timeouts.delta,
        rebroadcast: timeouts.propose + timeouts.prevote + timeouts.precommit,
        max_timeout: Duration::from_secs(60),
    }
}

/// Addresses are never names: the engine's resolver has open advisories, and a name could be repointed.
fn socket(address: SocketAddr) -> String {
    let family = if address.is_ipv4() { "ip4" } else { "ip6" };
    format!("/{family}/{}/tcp/{}", address.ip(), address.port())
}

fn multiaddr(peer: &Peer) -> Result<Multiaddr, StartError> {
    let key = ed25519::PublicKey::try_from_bytes(&peer.network_key).map_err(|_| StartError::PeerKey(peer.address))?;
    let id = PublicKey::from(key).to_peer_id();
    format!("{}/p2p/{id}", socket(peer.address)).parse().map_err(|_| StartError::PeerKey(peer.address))
}

struct EngineConfig {
    name: String,
    consensus: EngineConsensusConfig,
    value_sync: ValueSyncConfig,
}

impl EngineConfig {
    fn new(config: &ConsensusConfig) -> Result<Self, StartError> {
        if !(1..=MAX_BLOCK_BYTES).contains(&config.max_block_bytes) {
            return Err(StartError::MaxBlockBytes(config.max_block_bytes));
        }
        // Blocks are checked by us only in this mode.
        let mut consensus =
            EngineConsensusConfig { value_payload: ValuePayload::ProposalAndParts, ..Default::default() };
        // A queue holds votes and proposals, not blocks: 4 heights of 256 messages of at most 64 KiB.
        consensus.queue_capacity = 4;
        consensus.queue_per_height_capacity = 256;
        let p2p = &mut consensus.p2p;
        let listen = socket(config.listen);
        p2p.listen_addr = listen.parse().map_err(|_| StartError::Engine(format!("cannot listen on {listen}")))?;
        p2p.persistent_peers = config.peers.iter().map(multiaddr).collect::<Result<_, _>>()?;
        p2p.persistent_peers_only = true;
        p2p.protocol = PubSubProtocol::Broadcast;
        p2p.pubsub_max_size.0 = MAX_PART_MESSAGE as u64;
        p2p.rpc_max_size.0 = MAX_RESPONSE as u64;
        // Peers are known by key, and may share one address.
        p2p.discovery.enabled = false;
        p2p.discovery.max_connections_per_ip = 1024;
        p2p.discovery.ip_throttle_duration = Duration::ZERO;
        // Nodes of another ledger speak another protocol.
        let ledger: String = config.ledger_id.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        p2p.protocol_names.consensus = format!("/sealane/{ledger}/consensus/1");
        p2p.protocol_names.sync = format!("/sealane/{ledger}/sync/1");
        p2p.protocol_names.validator_proof = format!("/sealane/{ledger}/proof/1");

        let mut value_sync = ValueSyncConfig {
            status_update_interval: config.status_interval,
            request_timeout: Duration::from_secs(5),
            batch_size: 10,
            ..Default::default()
        };
        value_sync.max_response_size.0 = MAX_RESPONSE as u64 - 64 * 1024;
        value_sync.max_request_size.0 = 64 * 1024;
        Ok(Self { name: config.name.clone(), consensus, value_sync })
    }
}

impl NodeConfig for EngineConfig {
    fn moniker(&self) -> &str {
        &self.name
    }

    fn consensus(&self) -> &EngineConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut EngineConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.value_sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.value_sync
    }
}
