//! The data plane: a libp2p network beside consensus for transactions and checkpoint signatures.
//!
//! Every node keeps a connection to every other that its configuration lists. Messages are batches sent straight to
//! each peer; nothing is relayed. Peers are known by their network key; anybody else is cut off.

mod codec;

use bytes::Bytes;
use chain_core::tx::VerifiedTx;
use codec::{Ack, BatchCodec, PROTOCOL};
use futures::StreamExt as _;
use libp2p::request_response::{self, ProtocolSupport};
use libp2p::swarm::{NetworkBehaviour, SwarmEvent, dial_opts::DialOpts};
use libp2p::{Multiaddr, PeerId, Swarm, allow_block_list, identity, noise, tcp, yamux};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What nodes tell each other.
#[derive(Debug, Serialize, Deserialize)]
pub enum Message<'a> {
    /// Transactions that arrived at the sender, packed.
    #[serde(borrow)]
    Transactions(Vec<&'a serde_bytes::Bytes>),
    /// Signature lines for the checkpoint of a log size.
    Checkpoint {
        /// Leaves in the log.
        size: u64,
        /// Root at that size.
        root: chain_core::hash::Hash,
        /// Note signature lines as text.
        lines: Vec<String>,
    },
    /// The sender lacks these transactions of a proposed block, by the SHA-256 of their JWTs.
    WantTransactions(Vec<chain_core::hash::Hash>),
    /// Transactions for whoever lacks them, packed.
    GivenTransactions(#[serde(with = "chain_core::block::byte_strings")] Vec<Vec<u8>>),
    /// The sender lacks the handover of this height.
    WantHandover(u64),
    /// A handover, for whoever lacks it.
    Handover {
        /// Height of the block that hands over.
        height: u64,
        /// The handover as it is stored.
        json: Vec<u8>,
    },
}

/// What a peer said, not yet read.
pub struct Heard(Bytes);

impl Heard {
    /// Reads it where it is; none for what is no message.
    pub fn read(&self) -> Option<Message<'_>> {
        let config = bincode::config::standard().with_limit::<MAX_MESSAGE>();
        let (message, read) = bincode::serde::borrow_decode_from_slice(&self.0, config).ok()?;
        (read == self.0.len()).then_some(message)
    }
}

/// A node to keep a connection to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it listens for the data plane.
    pub address: SocketAddr,
    /// Its network key.
    pub key: [u8; 32],
}

/// Longest message, bytes.
pub const MAX_MESSAGE: usize = 8 << 20;
/// A batch is sent when it has this many bytes, or after the gathering time.
const BATCH_BYTES: usize = 512 << 10;
/// Batches are sent at least this long apart: each costs a stream to every peer. The first after a pause goes at once.
const GATHER: Duration = Duration::from_millis(25);
/// The same after a batch of [`MANY`] transactions: blocks are slow then too, and fewer streams cost less.
const GATHER_MANY: Duration = Duration::from_millis(80);
/// Transactions in a batch from which on a node is busy.
const MANY: usize = 8;
/// How often lost connections are dialled again.
const REDIAL: Duration = Duration::from_millis(500);

#[derive(NetworkBehaviour)]
struct Behaviour {
    allowed: allow_block_list::Behaviour<allow_block_list::AllowedPeers>,
    batches: request_response::Behaviour<BatchCodec>,
}

/// Why the data plane did not start.
#[derive(Debug, thiserror::Error)]
#[error("the data plane did not start: {0}")]
pub struct StartError(String);

/// The sending side.
#[derive(Clone)]
pub struct DataPlane {
    transactions: mpsc::Sender<Arc<[u8]>>,
    others: mpsc::Sender<Message<'static>>,
    connected: watch::Receiver<usize>,
}

impl DataPlane {
    /// Tells every peer about a transaction. When the queue is full it is not sent: the pool sends it again.
    pub fn share_transaction(&self, tx: &VerifiedTx) {
        let _ = self.transactions.try_send(tx.packed().clone());
    }

    /// Tells every peer something else.
    pub fn share(&self, message: Message<'static>) {
        let _ = self.others.try_send(message);
    }

    /// How many peers are connected.
    pub fn connected(&self) -> usize {
        *self.connected.borrow()
    }
}

fn peer_id(key: &[u8; 32]) -> Result<PeerId, StartError> {
    let key = identity::ed25519::PublicKey::try_from_bytes(key).map_err(|e| StartError(e.to_string()))?;
    Ok(identity::PublicKey::from(key).to_peer_id())
}

fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(libp2p::multiaddr::Protocol::Tcp(address.port()))
}

/// Starts the data plane. What peers say comes out of the receiver.
///
/// # Errors
/// The address cannot be used, or a key is none.
pub fn start(
    seed: [u8; 32],
    listen: SocketAddr,
    peers: &[Peer],
) -> Result<(DataPlane, mpsc::Receiver<Heard>), StartError> {
    let fail = |e: &dyn std::fmt::Display| StartError(e.to_string());
    let key = identity::Keypair::ed25519_from_bytes(seed).map_err(|e| fail(&e))?;
    let mut addresses = BTreeMap::new();
    for peer in peers {
        addresses.insert(peer_id(&peer.key)?, multiaddr(peer.address));
    }
    let mut swarm = libp2p::SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(|e| fail(&e))?
        .with_behaviour(|_| {
            let config = request_response::Config::default()
                .with_request_timeout(Duration::from_secs(10))
                .with_max_concurrent_streams(64);
            let mut allowed = allow_block_list::Behaviour::<allow_block_list::AllowedPeers>::default();
            for peer in addresses.keys() {
                allowed.allow_peer(*peer);
            }
            let batches = request_response::Behaviour::with_codec(
                BatchCodec,
                [(libp2p::StreamProtocol::new(PROTOCOL), ProtocolSupport::Full)],
                config,
            );
            Behaviour { allowed, batches }
        })
        .map_err(|e| fail(&e))?
        .with_swarm_config(|c| c.with_idle_connection_timeout(Duration::from_secs(3600)))
        .build();
    swarm.listen_on(multiaddr(listen)).map_err(|e| fail(&e))?;
    let (transactions, gathering) = mpsc::channel(65_536);
    let (others, other_messages) = mpsc::channel(1024);
    let (heard, inbox) = mpsc::channel(1024);
    let (count, connected) = watch::channel(0);
    tokio::spawn(run(swarm, addresses, gathering, other_messages, heard, count));
    Ok((DataPlane { transactions, others, connected }, inbox))
}

async fn run(
    mut swarm: Swarm<Behaviour>,
    addresses: BTreeMap<PeerId, Multiaddr>,
    mut transactions: mpsc::Receiver<Arc<[u8]>>,
    mut others: mpsc::Receiver<Message<'static>>,
    heard: mpsc::Sender<Heard>,
    count: watch::Sender<usize>,
) {
    let mut connected: BTreeSet<PeerId> = BTreeSet::new();
    let mut redial = tokio::time::interval(REDIAL);
    redial.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut batch: Vec<Arc<[u8]>> = Vec::new();
    let mut batch_bytes = 0;
    let mut next_send = tokio::time::Instant::now();
    let send_at = tokio::time::sleep(GATHER);
    tokio::pin!(send_at);
    loop {
        tokio::select! {
            event = swarm.select_next_some() => match event {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                    connected.insert(peer_id);
                    count.send_replace(connected.len());
                }
                SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                    connected.remove(&peer_id);
                    count.send_replace(connected.len());
                }
                SwarmEvent::Behaviour(BehaviourEvent::Batches(request_response::Event::Message {
                    message: request_response::Message::Request { request, channel, .. }, ..
                })) => {
                    let _ = swarm.behaviour_mut().batches.send_response(channel, Ack);
                    // A peer that talks faster than this node can listen loses messages, not the node.
                    let _ = heard.try_send(Heard(request));
                }
                _ => {}
            },
            _ = redial.tick() => {
                for (peer, address) in &addresses {
                    if !connected.contains(peer) {
                        let options = DialOpts::peer_id(*peer).addresses(vec![address.clone()]).build();
                        let _ = swarm.dial(options);
                    }
                }
            }
            Some(bytes) = transactions.recv() => {
                if batch.is_empty() {
                    send_at.as_mut().reset(next_send);
                }
                batch_bytes += bytes.len();
                batch.push(bytes);
                while batch_bytes < BATCH_BYTES && let Ok(more) = transactions.try_recv() {
                    batch_bytes += more.len();
                    batch.push(more);
                }
                if batch_bytes >= BATCH_BYTES {
                    (batch_bytes, next_send) = (0, after_batch(batch.len()));
                    send_batch(&mut swarm, &connected, &mut batch);
                }
            }
            () = &mut send_at, if !batch.is_empty() => {
                (batch_bytes, next_send) = (0, after_batch(batch.len()));
                send_batch(&mut swarm, &connected, &mut batch);
            }
            Some(message) = others.recv() => broadcast(&mut swarm, &connected, &message),
            else => return,
        }
    }
}

/// When the batch after one of so many transactions may be sent.
fn after_batch(transactions: usize) -> tokio::time::Instant {
    tokio::time::Instant::now() + if transactions < MANY { GATHER } else { GATHER_MANY }
}

fn send_batch(swarm: &mut Swarm<Behaviour>, connected: &BTreeSet<PeerId>, batch: &mut Vec<Arc<[u8]>>) {
    let transactions = batch.iter().map(|tx| serde_bytes::Bytes::new(tx)).collect();
    broadcast(swarm, connected, &Message::Transactions(transactions));
    batch.clear();
}

fn broadcast(swarm: &mut Swarm<Behaviour>, connected: &BTreeSet<PeerId>, message: &Message<'_>) {
    let Ok(bytes) = crate::ledger::encode(message) else { return };
    let bytes = Bytes::from(bytes);
    for peer in connected {
        swarm.behaviour_mut().batches.send_request(peer, bytes.clone());
    }
}
