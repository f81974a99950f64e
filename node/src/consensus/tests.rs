#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::vote_bytes::{StreamStatement, precommit_bytes, stream_bytes};
use super::*;

const LEDGER: [u8; 32] = [7; 32];

fn key(index: u8) -> SigningKey {
    SigningKey::from_bytes(&[index + 1; 32])
}

fn vote_key(index: u8) -> VoteKey {
    key(index).verifying_key().to_bytes()
}

fn set(members: &[u8]) -> Arc<ValidatorSet> {
    let keys: Vec<_> = members.iter().map(|m| ValidatorKey { vote_key: vote_key(*m), power: 1 }).collect();
    Arc::new(ValidatorSet::new(&keys, &[]).unwrap())
}

/// What a toy node keeps on its "disk": it survives the engine.
#[derive(Default)]
struct Disk {
    undecided: BTreeMap<BlockHash, (u64, u32, Option<u32>, VoteKey, Bytes)>,
    built: BTreeMap<(u64, u32), BlockHash>,
    chain: Vec<(Certificate, Bytes)>,
    pool: Vec<Vec<u8>>,
    evidence: usize,
    fail_commits: bool,
}

/// A ledger whose block is: previous hash, height, then byte strings, each with a one-byte length.
/// Who votes at a height is a pure function of the height.
struct Toy {
    me: u8,
    disk: Mutex<Disk>,
    work: Notify,
    validators: fn(u64) -> Vec<u8>,
}

impl Toy {
    fn new(me: u8, validators: fn(u64) -> Vec<u8>) -> Arc<Self> {
        Arc::new(Self { me, disk: Mutex::default(), work: Notify::new(), validators })
    }

    fn next(&self, height: u64) -> NextHeight {
        NextHeight { height, validators: set(&(self.validators)(height)) }
    }

    fn submit(&self, item: &[u8]) {
        self.disk.lock().unwrap().pool.push(item.to_vec());
        self.work.notify_waiters();
    }

    fn height(&self) -> u64 {
        self.disk.lock().unwrap().chain.len() as u64
    }

    fn hashes(&self) -> Vec<BlockHash> {
        self.disk.lock().unwrap().chain.iter().map(|(certificate, _)| certificate.block_hash).collect()
    }
}

fn hash(bytes: &[u8]) -> BlockHash {
    Sha256::digest(bytes).into()
}

fn tip(disk: &Disk) -> BlockHash {
    disk.chain.last().map_or([0; 32], |(certificate, _)| certificate.block_hash)
}

fn items(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = bytes.get(40..)?;
    let mut items = Vec::new();
    while let Some((length, tail)) = rest.split_first() {
        let length = usize::from(*length);
        items.push(tail.get(..length)?.to_vec());
        rest = &tail[length..];
    }
    Some(items)
}

#[async_trait]
impl Application for Toy {
    async fn start(&self) -> NextHeight {
        self.next(self.height() + 1)
    }

    async fn build(&self, height: u64, round: u32, _: Duration) -> Result<ProposedBlock, ApplicationError> {
        let mut disk = self.disk.lock().unwrap();
        if let Some(hash) = disk.built.get(&(height, round)) {
            return Ok(ProposedBlock { hash: *hash, bytes: disk.undecided[hash].4.clone() });
        }
        let mut bytes = tip(&disk).to_vec();
        bytes.extend(height.to_be_bytes());
        for item in &disk.pool {
            bytes.push(item.len() as u8);
            bytes.extend(item);
        }
        let (hash, bytes) = (hash(&bytes), Bytes::from(bytes));
        disk.built.insert((height, round), hash);
        disk.undecided.insert(hash, (height, round, None, vote_key(self.me), bytes.clone()));
        Ok(ProposedBlock { hash, bytes })
    }

    async fn check(&self, c: Candidate) -> Verdict {
        let mut disk = self.disk.lock().unwrap();
        if items(&c.bytes).is_none() {
            return Verdict::Malformed("no list of items".into());
        }
        let hash = hash(&c.bytes);
        if c.bytes[..32] != tip(&disk) || c.bytes[32..40] != c.height.to_be_bytes() {
            return Verdict::Invalid { hash, reason: "not on the tip".into() };
        }
        disk.undecided.insert(hash, (c.height, c.round, c.valid_round, c.proposer, c.bytes));
        Verdict::Valid(hash)
    }

    async fn undecided(&self, height: u64, round: u32) -> Vec<Undecided> {
        let disk = self.disk.lock().unwrap();
        let of_round = disk.undecided.iter().filter(|(_, kept)| (kept.0, kept.1) == (height, round));
        of_round.map(|(hash, kept)| Undecided { hash: *hash, valid_round: kept.2, proposer: kept.3 }).collect()
    }

    async fn block_bytes(&self, hash: BlockHash) -> Option<Bytes> {
        self.disk.lock().unwrap().undecided.get(&hash).map(|kept| kept.4.clone())
    }

    async fn commit(&self, certificate: Certificate) -> Result<NextHeight, ApplicationError> {
        let mut disk = self.disk.lock().unwrap();
        if disk.fail_commits {
            return Err(ApplicationError("disk full".into()));
        }
        assert_eq!(certificate.height, disk.chain.len() as u64 + 1);
        let bytes = disk.undecided.get(&certificate.block_hash).ok_or(ApplicationError("no block".into()))?.4.clone();
        let done = items(&bytes).unwrap();
        disk.pool.retain(|item| !done.contains(item));
        let height = certificate.height;
        disk.chain.push((certificate, bytes));
        disk.undecided.retain(|_, kept| kept.0 > height);
        disk.built.clear();
        Ok(self.next(height + 1))
    }

    async fn decided(&self, height: u64) -> Option<(Certificate, Bytes)> {
        self.disk.lock().unwrap().chain.get(height.checked_sub(1)? as usize).cloned()
    }

    async fn earliest_height(&self) -> u64 {
        1
    }

    async fn work(&self) {
        loop {
            let more = self.work.notified();
            if !self.disk.lock().unwrap().pool.is_empty() {
                return;
            }
            more.await;
        }
    }

    fn evidence(&self, _: Evidence) {
        self.disk.lock().unwrap().evidence += 1;
    }
}

struct Net {
    addresses: Vec<SocketAddr>,
    dir: tempfile::TempDir,
    validators: fn(u64) -> Vec<u8>,
    toys: Vec<Arc<Toy>>,
    handles: Vec<Option<ConsensusHandle>>,
    feeding: usize,
}

impl Net {
    fn new(count: u8, validators: fn(u64) -> Vec<u8>) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into()))
            .with_test_writer()
            .try_init();
        let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let toys = (0..count).map(|index| Toy::new(index, validators)).collect();
        let dir = tempfile::tempdir().unwrap();
        Self { addresses, dir, validators, toys, handles: (0..count).map(|_| None).collect(), feeding: 0 }
    }

    fn peer(&self, index: u8) -> Peer {
        Peer {
            address: self.addresses[usize::from(index)],
            network_key: SigningKey::from_bytes(&[index + 101; 32]).verifying_key().to_bytes(),
        }
    }

    fn config(&self, index: u8, votes: bool) -> ConsensusConfig {
        let data_dir = self.dir.path().join(index.to_string());
        std::fs::create_dir_all(&data_dir).unwrap();
        let signer = || Arc::new(LocalSigner::new(key(index).as_bytes())) as Arc<dyn VoteSigner>;
        ConsensusConfig {
            name: format!("node{index}"),
            listen: self.addresses[usize::from(index)],
            peers: (0..self.addresses.len() as u8)
                .filter(|other| *other != index)
                .map(|other| self.peer(other))
                .collect(),
            network_seed: [index + 101; 32],
            signer: votes.then(signer),
            data_dir,
            ledger_id: LEDGER,
            timeouts: Timeouts::default(),
            max_block_bytes: 4 * 1024 * 1024,
            heartbeat: None,
            status_interval: Duration::from_secs(2),
        }
    }

    async fn start(&mut self, index: u8, votes: bool) {
        let app: Arc<Toy> = Arc::clone(&self.toys[usize::from(index)]);
        let handle = run(self.config(index, votes), app).await.unwrap();
        self.handles[usize::from(index)] = Some(handle);
    }

    async fn stop(&mut self, index: u8) {
        let handle = self.handles[usize::from(index)].take().unwrap();
        assert_eq!(handle.shutdown().await, StopReason::Shutdown);
        assert!(
            Arc::strong_count(&self.toys[usize::from(index)]) <= 1 + self.feeding,
            "the stopped engine still uses the ledger"
        );
    }

    /// Start nodes 0..count as validators and wait until all have the first block, which is empty.
    async fn up(count: u8, spare: u8, validators: fn(u64) -> Vec<u8>) -> Self {
        let mut net = Self::new(count + spare, validators);
        for index in 0..count {
            net.start(index, true).await;
        }
        net.reach(&(0..count).collect::<Vec<_>>(), 1, 30).await;
        net.settle().await;
        net
    }

    fn submit(&self, to: &[u8], item: &[u8]) {
        to.iter().for_each(|index| self.toys[usize::from(*index)].submit(item));
    }

    fn heights(&self) -> Vec<u64> {
        self.toys.iter().map(|toy| toy.height()).collect()
    }

    async fn reach(&self, nodes: &[u8], height: u64, seconds: u64) {
        let end = Instant::now() + Duration::from_secs(seconds);
        while nodes.iter().any(|index| self.toys[usize::from(*index)].height() < height) {
            assert!(Instant::now() < end, "nodes {nodes:?} not at {height}: {:?}", self.heights());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Wait until no more blocks come.
    async fn settle(&self) -> Vec<u64> {
        loop {
            let before = self.heights();
            tokio::time::sleep(Duration::from_millis(1500)).await;
            if self.heights() == before {
                return before;
            }
        }
    }

    fn assert_same_chain(&self, nodes: &[u8]) {
        let chains: Vec<_> = nodes.iter().map(|index| self.toys[usize::from(*index)].hashes()).collect();
        assert!(chains.windows(2).all(|pair| pair[0] == pair[1]), "chains differ: {:?}", self.heights());
    }
}

/// Keeps every node's pool filled, so that the network runs at full speed.
struct Feeders {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Feeders {
    fn start(net: &Net) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let feed = |toy: &Arc<Toy>| {
            let (toy, stop) = (Arc::clone(toy), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut n = 0u64;
                while !stop.load(Ordering::Relaxed) {
                    if toy.disk.lock().unwrap().pool.len() < 2 {
                        toy.submit(&n.to_be_bytes());
                        n += 1;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                toy.disk.lock().unwrap().pool.clear();
            })
        };
        let tasks = net.toys.iter().map(feed).collect();
        Self { stop, tasks }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

const ALL: [u8; 4] = [0, 1, 2, 3];

fn four(_: u64) -> Vec<u8> {
    ALL.to_vec()
}

/// CPU time of this process so far, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_heights_then_idle_then_a_follower_catches_up() {
    let mut net = Net::up(4, 1, four).await;
    let (base, begin) = (net.heights()[0], Instant::now());
    for n in 0..50u64 {
        net.submit(&ALL, &n.to_be_bytes());
        net.reach(&ALL, base + n + 1, 20).await;
    }
    let took = begin.elapsed();
    println!("one at a time: 50 heights in {took:?}, {:.1} heights/s", 50.0 / took.as_secs_f64());
    net.assert_same_chain(&ALL);

    let before = net.settle().await;
    let cpu = cpu_seconds();
    tokio::time::sleep(Duration::from_secs(10)).await;
    println!("idle: {:.2} % of a core per node", (cpu_seconds() - cpu) * 10.0 / 4.0);
    assert_eq!(net.heights(), before, "blocks without work");

    // A certificate proves its block to whoever has the set and plain Ed25519.
    let (certificate, bytes) = net.toys[0].decided(base + 7).await.unwrap();
    assert_eq!(certificate.block_hash, hash(&bytes));
    let valid = certificate.signatures.iter().filter(|(voter, signature)| {
        let message = precommit_bytes(&LEDGER, base + 7, certificate.round, &certificate.block_hash, voter);
        let voter = VerifyingKey::from_bytes(voter).unwrap();
        voter.verify_strict(&message, &Signature::from_bytes(signature)).is_ok()
    });
    let valid = valid.count();
    assert!(valid >= 3 && valid == certificate.signatures.len());
    let known = set(&ALL);
    assert!(certificate.signatures.iter().all(|(voter, _)| known.contains(voter)));

    let begin = Instant::now();
    net.start(4, false).await;
    net.reach(&[4], before[0], 30).await;
    println!("follower: {} heights by sync in {:?}", before[0], begin.elapsed());
    net.assert_same_chain(&[0, 4]);
    assert_eq!(net.settle().await[0], before[0], "a follower made the network work");
    net.submit(&ALL, b"live");
    net.reach(&[0, 1, 2, 3, 4], before[0] + 1, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_validator_comes_back_to_the_same_chain() {
    let mut net = Net::up(4, 0, four).await;
    net.stop(2).await;
    let others = [0, 1, 3];
    let (base, begin) = (net.settle().await[0], Instant::now());
    for n in 0..12u64 {
        net.submit(&others, &n.to_be_bytes());
        net.reach(&others, base + n + 1, 20).await;
    }
    println!("one of four down: 12 heights in {:?}", begin.elapsed());
    let idle = net.settle().await;
    // Back in an idle network, it must still learn what it missed.
    let begin = Instant::now();
    net.start(2, true).await;
    net.reach(&[2], idle[0], 15).await;
    println!("returned to an idle network: caught up in {:?}", begin.elapsed());
    let heights = net.settle().await;
    println!("heights before {idle:?}, after {heights:?}");
    assert!(heights.iter().all(|height| *height <= idle[0] + 1), "a restart makes at most one block: {heights:?}");
    net.submit(&ALL, b"all again");
    net.reach(&ALL, heights[0] + 1, 20).await;
    net.settle().await;
    net.assert_same_chain(&ALL);
    // All four down and up.
    for index in ALL {
        net.stop(index).await;
    }
    for index in ALL {
        net.start(index, true).await;
    }
    let heights = net.heights();
    net.submit(&ALL, b"after a full restart");
    net.reach(&ALL, heights[0] + 1, 20).await;
    net.settle().await;
    net.assert_same_chain(&ALL);
    assert!(net.toys.iter().all(|toy| toy.disk.lock().unwrap().evidence == 0), "somebody was seen to equivocate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_under_load_neither_fork_nor_equivocate() {
    let mut net = Net::up(4, 0, four).await;
    let feeders = Feeders::start(&net);
    net.feeding = 1;
    let base = net.heights()[0];
    for turn in 0..8u8 {
        tokio::time::sleep(Duration::from_millis(370 + 31 * u64::from(turn))).await;
        net.stop(turn % 4).await;
        net.start(turn % 4, true).await;
    }
    feeders.stop().await;
    net.settle().await;
    println!("8 restarts under load, {} heights", net.heights()[0] - base);
    net.assert_same_chain(&ALL);
    assert!(net.toys.iter().all(|toy| toy.disk.lock().unwrap().evidence == 0), "somebody was seen to equivocate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_cut_off_while_idle_notices_what_it_missed() {
    let net = Net::up(4, 0, four).await;
    let handle = |index: usize| net.handles[index].as_ref().unwrap();
    for other in 0..3usize {
        handle(other).remove_peer(net.peer(3)).await.unwrap();
        handle(3).remove_peer(net.peer(other as u8)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (others, base) = ([0, 1, 2], net.heights()[0]);
    for n in 0..20u64 {
        net.submit(&others, &n.to_be_bytes());
        net.reach(&others, base + n + 1, 20).await;
    }
    let idle = net.settle().await;
    assert_eq!(idle[3], base, "was not cut off");
    let begin = Instant::now();
    for other in 0..3usize {
        handle(other).add_peer(net.peer(3)).await.unwrap();
        handle(3).add_peer(net.peer(other as u8)).await.unwrap();
    }
    net.reach(&[3], idle[0], 30).await;
    println!("cut off while held: {} heights caught up in {:?}", idle[0] - base, begin.elapsed());
    let heights = net.settle().await;
    assert!(heights.iter().all(|height| *height <= idle[0] + 1), "{idle:?} {heights:?}");
    net.assert_same_chain(&ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_that_alone_knows_of_work_gets_it_into_a_block() {
    let net = Net::up(4, 0, four).await;
    // Nobody else has the item, so it is in a block only after node 1 has proposed.
    net.submit(&[1], b"mine alone");
    let end = Instant::now() + Duration::from_secs(20);
    while !net.toys[1].disk.lock().unwrap().pool.is_empty() {
        assert!(Instant::now() < end, "{:?}", net.heights());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    net.settle().await;
    net.assert_same_chain(&ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_set_shrinks_and_grows_under_load() {
    let net = Net::up(4, 0, |height| if (21..=40).contains(&height) { vec![0, 1, 2] } else { ALL.to_vec() }).await;
    for index in ALL {
        for n in 0..200u32 {
            net.submit(&[index], &n.to_be_bytes());
        }
    }
    for n in 0..60u64 {
        net.submit(&ALL, &n.to_be_bytes());
        net.reach(&ALL, n + 2, 20).await;
    }
    net.settle().await;
    net.assert_same_chain(&ALL);
    for (height, voters) in [(20, 4), (21, 3), (40, 3), (41, 4)] {
        let (certificate, _) = net.toys[0].decided(height).await.unwrap();
        let known = set(&(net.validators)(height));
        assert!(certificate.signatures.len() <= voters);
        assert!(certificate.signatures.iter().all(|(voter, _)| known.contains(voter)), "height {height}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_blocks_arrive_and_full_speed_is_measured() {
    let net = Net::up(4, 0, four).await;
    let base = net.heights()[0];
    let begin = Instant::now();
    // 9,000 items of 255 bytes: one block of more than two megabytes, 18 parts.
    for n in 0..9000u32 {
        let mut item = vec![0xAA; 255];
        item[..4].copy_from_slice(&n.to_be_bytes());
        for toy in &net.toys {
            toy.disk.lock().unwrap().pool.push(item.clone());
        }
    }
    net.toys.iter().for_each(|toy| toy.work.notify_waiters());
    net.reach(&ALL, base + 1, 30).await;
    println!("block of {} bytes in {:?}", net.toys[0].decided(base + 1).await.unwrap().1.len(), begin.elapsed());
    assert!(net.toys[0].decided(base + 1).await.unwrap().1.len() > 2_000_000);
    net.settle().await;
    let base = net.heights()[0];
    let feeders = Feeders::start(&net);
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("full speed: {:.1} heights/s, 4 nodes in one process", (net.heights()[0] - base) as f64 / 5.0);
    feeders.stop().await;
    net.settle().await;
    net.assert_same_chain(&ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_commit_and_a_failed_log_stop_the_engine() {
    let net = Net::up(4, 0, four).await;
    net.toys[3].disk.lock().unwrap().fail_commits = true;
    net.submit(&ALL, b"x");
    let handle = net.handles[3].as_ref().unwrap();
    let reason = tokio::time::timeout(Duration::from_secs(10), handle.stopped()).await.unwrap();
    assert!(matches!(reason, StopReason::CommitFailed { reason, .. } if reason == "disk full"));
    assert!(!handle.safety_failure());

    let handle = net.handles[0].as_ref().unwrap();
    let failure = malachite::app::engine::node::NodeMsg::SafetyFailure("log write failed".into());
    handle.node.cast(failure).unwrap();
    let reason = tokio::time::timeout(Duration::from_secs(20), handle.stopped()).await.unwrap();
    assert_eq!(reason, StopReason::SafetyFailure);
    assert!(handle.safety_failure());
    assert!(handle.metrics().contains("node_safety_failure"));
}

#[tokio::test]
async fn a_peers_claim_ends_a_hold_seldom_unless_sync_proves_it() {
    use super::hold::{Activity, until_needed};
    let (app, activity): (Arc<dyn Application>, _) = (Toy::new(0, four), Activity::new());
    let hold = |height| tokio::time::timeout(Duration::from_secs(3), until_needed(&app, &activity, height, None));
    activity.peer_tip(4);
    assert!(hold(5).await.is_err(), "nobody is ahead");
    activity.peer_tip(u64::MAX);
    assert_eq!(hold(5).await, Ok("others say that they have committed it"));
    activity.peer_tip(u64::MAX);
    assert!(hold(6).await.is_err(), "a second claim so soon");
    activity.synced(5);
    assert_eq!(hold(6).await, Ok("others say that they have committed it"));
    activity.live(7);
    assert_eq!(hold(7).await, Ok("others are at it"));
}

#[test]
fn proposers_take_turns_and_the_skipped_do_not() {
    let keys: Vec<_> = ALL.iter().map(|m| ValidatorKey { vote_key: vote_key(*m), power: 1 }).collect();
    let all = ValidatorSet::new(&keys, &[]).unwrap();
    let turns: std::collections::BTreeSet<_> = (0..4).map(|round| all.proposer(9, round)).collect();
    assert_eq!(turns.len(), 4);
    let without = ValidatorSet::new(&keys, &[vote_key(2), [9; 32]]).unwrap();
    assert!((0..100).all(|height| without.proposer(height, 0) != vote_key(2)));
    assert!(without.contains(&vote_key(2)));
    let everybody: Vec<_> = ALL.iter().map(|m| vote_key(*m)).collect();
    assert!(ValidatorSet::new(&keys, &everybody).is_ok());
    assert_eq!(all.proposer(u64::MAX, u32::MAX), all.proposer(u64::MAX % 4, u32::MAX % 4));
    assert_eq!(ValidatorSet::new(&[], &[]), Err(ValidatorSetError::Empty));
    assert_eq!(ValidatorSet::new(&[keys[0], keys[0]], &[]), Err(ValidatorSetError::Duplicate(1)));
    let weak = ValidatorKey { vote_key: [0; 32], power: 1 };
    assert_eq!(ValidatorSet::new(&[weak], &[]), Err(ValidatorSetError::Key(0)));
    let none = ValidatorKey { power: 0, ..keys[1] };
    assert_eq!(ValidatorSet::new(&[keys[0], none], &[]), Err(ValidatorSetError::Power(1)));
}

#[test]
fn vote_bytes_are_as_documented() {
    let bytes = precommit_bytes(&LEDGER, 258, 3, &[5; 32], &[6; 32]);
    let mut expected = b"sealane/vote/1\0".to_vec();
    expected.extend(LEDGER);
    expected.extend([2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 1]);
    expected.extend([5; 32]);
    expected.extend([6; 32]);
    assert_eq!(bytes, expected);
    assert_eq!(bytes.len(), 125);
}

mod streams {
    use super::super::context::Part;
    use super::super::stream::{Assembler, PART_BYTES, payload_hash, split, stream_id};
    use super::*;

    fn statement(height: u64, bytes: &[u8]) -> StreamStatement {
        StreamStatement {
            height,
            round: 0,
            valid_round: None,
            block_hash: [1; 32],
            payload_hash: payload_hash(bytes),
            length: bytes.len() as u64,
            proposer: [2; 32],
        }
    }

    fn parts(height: u64, bytes: &Bytes) -> Vec<(u64, Part)> {
        let init = Part::Init(statement(height, bytes), [0; 64]);
        (0..).zip(std::iter::once(init).chain(split(bytes).map(Part::Data))).collect()
    }

    fn feed(assembler: &mut Assembler<u8>, number: u64, parts: &[(u64, Part)], height: u64) -> Option<Bytes> {
        let id = stream_id(0, 0, number);
        let mut done = None;
        for (sequence, part) in parts {
            let complete = assembler.insert(1, &id, *sequence, part.clone(), height, &|_, _| true);
            done = done.or(complete.and_then(|complete| complete.into_bytes()));
        }
        done
    }

    #[test]
    fn any_order_gives_the_block_once() {
        let bytes = Bytes::from(vec![3; 3 * PART_BYTES + 5]);
        let mut forward = parts(7, &bytes);
        let mut assembler = Assembler::new(1 << 20);
        assert_eq!(feed(&mut assembler, 1, &forward, 7), Some(bytes.clone()));
        assert_eq!(feed(&mut assembler, 1, &forward, 7), None, "the same stream again");
        forward.reverse();
        assert_eq!(feed(&mut assembler, 2, &forward, 7), Some(bytes));
    }

    #[test]
    fn a_block_of_the_next_height_waits() {
        let bytes = Bytes::from_static(b"early");
        let mut assembler = Assembler::new(1 << 20);
        assert_eq!(feed(&mut assembler, 1, &parts(8, &bytes), 7), None);
        assert_eq!(feed(&mut assembler, 2, &parts(11, &bytes), 7), None);
        let waiting = assembler.advance(8, &|_, _| true);
        assert_eq!(waiting.into_iter().filter_map(|complete| complete.into_bytes()).collect::<Vec<_>>(), [bytes]);
        assert!(assembler.advance(11, &|_, _| true).is_empty(), "too far ahead to be kept");
    }

    #[test]
    fn what_is_forged_oversized_or_other_than_stated_is_dropped() {
        let bytes = Bytes::from(vec![3; PART_BYTES + 5]);
        let good = parts(7, &bytes);
        let mut assembler = Assembler::new(PART_BYTES);
        assert_eq!(feed(&mut assembler, 1, &good, 7), None, "longer than a block may be");
        let mut assembler = Assembler::new(1 << 20);
        let id = stream_id(0, 0, 2);
        for (sequence, part) in &good {
            assert!(assembler.insert(1, &id, *sequence, part.clone(), 7, &|_, _| false).is_none(), "forged");
        }
        let mut other = good.clone();
        other[2].1 = Part::Data(Bytes::from_static(b"fault"));
        assert_eq!(feed(&mut assembler, 3, &other, 7), None, "other bytes");
        let mut long = good.clone();
        long[2].1 = Part::Data(Bytes::from(vec![0; PART_BYTES + 1]));
        assert_eq!(feed(&mut assembler, 4, &long, 7), None, "a part too long");
        assert_eq!(feed(&mut assembler, 5, &good, 7), Some(bytes), "an honest stream of the same peer still passes");
    }

    #[test]
    fn a_peer_cannot_fill_the_memory() {
        let mut assembler = Assembler::new(4 * PART_BYTES);
        let block = Bytes::from(vec![1; PART_BYTES]);
        for number in 0..1000 {
            for sequence in 1..=4 {
                let part = Part::Data(block.clone());
                assert!(assembler.insert(1, &stream_id(0, 0, number), sequence, part, 7, &|_, _| true).is_none());
            }
            assert!(assembler.buffered() <= 9 * PART_BYTES);
        }
    }

    #[test]
    fn the_statement_is_bound_by_its_signature() {
        let base = statement(7, b"x");
        let changed = [
            StreamStatement { height: 8, ..base },
            StreamStatement { round: 1, ..base },
            StreamStatement { valid_round: Some(0), ..base },
            StreamStatement { block_hash: [9; 32], ..base },
            StreamStatement { payload_hash: [9; 32], ..base },
            StreamStatement { length: 2, ..base },
            StreamStatement { proposer: [9; 32], ..base },
        ];
        assert!(changed.iter().all(|other| stream_bytes(&LEDGER, other) != stream_bytes(&LEDGER, &base)));
        assert_ne!(stream_bytes(&[8; 32], &base), stream_bytes(&LEDGER, &base));
    }
}
