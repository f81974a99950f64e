//! A network for one test, somebody who submits on it, and a light load. Not every test uses all of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod finance;
pub mod user;

use chain_core::genesis::Founding;
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::receipt::{self, Trust, Verified};
use chain_core::record::RecordDraft;
use chain_core::tx::build::{Built, build};
use chain_core::types::{Height, Jti, RecordId, TimeMs};
use contracts::membership::calls::{Action, Vote};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use testnet::client::{Client, now_s};
use testnet::network::TestNetwork;
use testnet::world::drafts::{object_draft, proposal_draft, vote_draft};
use testnet::world::{Cast, MemberSigner, SaltedDraft, Salts, envelope, sign};
use tokio::task::JoinHandle;

/// How long anything may take on a machine that others use too.
pub const PATIENCE: Duration = Duration::from_secs(120);

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A number of a transaction that no other test run has.
pub fn jti(what: &str) -> Jti {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Jti::parse(&format!("{what}-{}-{number}", now_s())).unwrap()
}

/// The present.
pub fn now() -> TimeMs {
    TimeMs(now_s() * 1000)
}

/// A running network. The folder goes with it.
pub struct Stage {
    /// The network.
    pub net: TestNetwork,
    /// Salts of this run.
    pub salts: Salts,
    /// Where everything lies.
    pub folder: tempfile::TempDir,
}

impl Stage {
    /// Starts the first `nodes` of the cast's nodes.
    pub async fn start(seed: u64, nodes: usize) -> Stage {
        let mut stage = Stage::prepare(seed, nodes);
        stage.net.network.start().await.unwrap();
        stage
    }

    /// The same, without starting anything.
    pub fn prepare(seed: u64, nodes: usize) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let cast = Cast::new(seed).unwrap();
        let net = TestNetwork::prepare(&folder.path().join("net"), cast, nodes, now()).unwrap();
        Stage { net, salts: Salts::new(seed, "stage"), folder }
    }

    /// What a verifier trusts who has the genesis file and nothing else.
    pub fn trust(&self) -> Trust {
        Trust::in_genesis(&self.net.founding)
    }

    /// Signs records.
    pub fn sign(&mut self, member: &MemberSigner, drafts: &[SaltedDraft]) -> Built {
        sign(member, drafts, &jti(&member.nick), now(), &self.net.founding.id, &mut self.salts).unwrap()
    }

    /// Signs records with any key.
    pub fn sign_with(&mut self, member: &MemberSigner, drafts: &[RecordDraft], key: &MemorySigner) -> Built {
        let envelope = envelope(member, &self.net.founding.id, &jti(&member.nick), now());
        build(&envelope, drafts, &[], key, || self.salts.draw()).unwrap()
    }

    /// Submits a record at a node; it must be accepted.
    pub async fn put(&mut self, node: usize, member: &MemberSigner, draft: impl Into<SaltedDraft>) -> RecordId {
        let draft = draft.into();
        let what = format!("{} of {}", draft.draft.kind, member.nick);
        let built = self.sign(member, &[draft]);
        self.net.client(node, member).submit_accepted(&what, &built.bytes).await.unwrap();
        RecordId { tx: built.id, index: 0 }
    }

    /// Waits until every node is at the same height, and gives it: what is final at one is then there at all.
    pub async fn level(&self) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut heights = Vec::new();
            for node in 0..self.net.network.nodes.len() {
                heights.push(self.net.client(node, &self.net.cast.customs).height().await.unwrap());
            }
            if heights.windows(2).all(|pair| pair[0] == pair[1]) {
                return heights[0];
            }
            assert!(Instant::now() < deadline, "the nodes do not come to one height: {heights:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Every node reaches the height of the first, and all name the same block and state root there.
    pub async fn assert_equal(&self) -> u64 {
        let customs = &self.net.cast.customs;
        let height = self.net.client(0, customs).height().await.unwrap();
        let mut seen = Vec::new();
        for node in 0..self.net.network.nodes.len() {
            let client = self.net.client(node, customs);
            client.wait_height(height, PATIENCE).await.unwrap();
            let block = client.get(&format!("/v1/blocks/{height}")).await.unwrap().json();
            assert!(block["hash"].is_string(), "node {node} has no block {height}: {block}");
            seen.push((block["hash"].clone(), block["stateRoot"].clone(), block["logRoot"].clone()));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "nodes differ at {height}: {seen:?}");
        height
    }

    /// Proposes an action as customs, and has two others vote for it. Returns the height from which it is in force.
    pub async fn decide(&mut self, action: Action) -> u64 {
        let cast = self.net.cast.clone();
        let height = self.net.client(0, &cast.customs).height().await.unwrap();
        let draft = proposal_draft(action, Height(height + 10_000), now()).unwrap();
        let proposal = self.put(0, &cast.customs, draft).await;
        let mut at = 0;
        for voter in [&cast.tax, &cast.bank_a] {
            let built = self.sign(voter, &[vote_draft(proposal, Vote::Yes, now()).unwrap().into()]);
            let done = self.net.client(0, voter).submit_accepted("vote", &built.bytes).await.unwrap();
            at = done["height"].as_u64().unwrap();
        }
        at + 1
    }

    /// A receipt from a node, checked offline from the genesis on. Patient: the node may just have started.
    pub async fn receipt(&self, node: usize, id: &RecordId) -> (String, Verified) {
        let client = self.net.client(node, &self.net.cast.customs);
        let deadline = Instant::now() + PATIENCE;
        let text = loop {
            match client.receipt(id).await {
                Ok(text) => break text,
                Err(error) if Instant::now() > deadline => panic!("node {node} gives no receipt: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        };
        let verified = receipt::verify(text.as_bytes(), &self.trust());
        let verified = verified.unwrap_or_else(|error| panic!("receipt of node {node} from the genesis: {error}"));
        assert!(verified.accepted && verified.transaction == id.tx);
        (text, verified)
    }
}

/// How many handovers a receipt carries.
pub fn handovers(receipt: &str) -> usize {
    let proof = chain_core::log::TlogProof::parse(receipt.as_bytes()).unwrap();
    let extra: serde_json::Value = serde_json::from_slice(proof.extra().unwrap()).unwrap();
    extra["handovers"].as_array().map_or(0, Vec::len)
}

/// What a light load saw.
pub struct Seen {
    /// Accepted, with what they were sent as.
    pub accepted: Vec<RecordId>,
    /// Longest time from sending to the final outcome.
    pub slowest: Duration,
    /// Longest time without a new block while there was always something to do.
    pub longest_gap: Duration,
    /// First and last height seen.
    pub heights: (u64, u64),
}

/// A light load: about 20 transactions a second from one member, spread over some nodes. Every one must be accepted.
pub struct Load {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<(Vec<RecordId>, Duration)>,
    watcher: JoinHandle<(Duration, (u64, u64))>,
}

impl Load {
    /// Begins. `nodes` must stay up.
    pub fn begin(stage: &Stage, member: &MemberSigner, nodes: &[usize]) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<Client> = nodes.iter().map(|node| stage.net.client(*node, member)).collect();
        let watched = clients[0].clone();
        let sender = tokio::spawn(send(clients, member.clone(), stage.net.founding.clone(), stop.clone()));
        let watcher = tokio::spawn(watch(watched, stop.clone()));
        Load { stop, sender, watcher }
    }

    /// Ends, and waits for what is under way.
    pub async fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        let (accepted, slowest) = self.sender.await.unwrap();
        let (longest_gap, heights) = self.watcher.await.unwrap();
        Seen { accepted, slowest, longest_gap, heights }
    }
}

async fn send(
    clients: Vec<Client>,
    member: MemberSigner,
    founding: Founding,
    stop: Arc<AtomicBool>,
) -> (Vec<RecordId>, Duration) {
    let mut salts = Salts::new(now_s(), "load");
    let mut under_way = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let jti = jti("load");
        let draft = object_draft(&format!("test:{jti}"), contracts::registry::calls::ObjectType::Parcel, None, now());
        let built = sign(&member, &[draft.unwrap().into()], &jti, now(), &founding.id, &mut salts).unwrap();
        let client = clients[under_way.len() % clients.len()].clone();
        under_way.push(tokio::spawn(async move {
            let began = Instant::now();
            let answer = client.submit(&built.bytes, 60).await.unwrap();
            assert!(answer.status == 200, "the load was answered {} {}", answer.status, answer.text);
            (RecordId { tx: built.id, index: 0 }, began.elapsed())
        }));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (mut accepted, mut slowest) = (Vec::new(), Duration::ZERO);
    for one in under_way {
        let (id, took) = one.await.unwrap();
        accepted.push(id);
        slowest = slowest.max(took);
    }
    (accepted, slowest)
}

async fn watch(client: Client, stop: Arc<AtomicBool>) -> (Duration, (u64, u64)) {
    let first = client.height().await.unwrap();
    let (mut last, mut since, mut longest) = (first, Instant::now(), Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let height = client.height().await.unwrap();
        if height > last {
            longest = longest.max(since.elapsed());
            (last, since) = (height, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (longest.max(since.elapsed()), (first, last))
}

/// A fresh key.
pub fn new_key() -> MemorySigner {
    MemorySigner::from_seed(&rand::random())
}

/// Its id.
pub fn kid(key: &MemorySigner) -> chain_core::types::Kid {
    key.public_key().kid()
}

/// CPU time of a process so far.
pub fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // utime and stime: the 12th and 13th field after the command's closing parenthesis, 100 a second on Linux.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Resident memory of a process, MiB.
pub fn rss_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
