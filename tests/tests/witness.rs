//! A ledger that asks for two of three outside witnesses, all real processes: receipts wait for them and blocks do not;
//! a dead witness holds up nobody; a forked log gets no cosignature, even with every validator's signature on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use chain_core::hash::Hash;
use chain_core::log::cosignature::cosign;
use chain_core::log::witness::AddCheckpoint;
use chain_core::log::{Checkpoint, SignedCheckpoint, VerifierKey};
use chain_core::receipt::cosigner_name;
use chain_core::types::RecordId;
use contracts::registry::calls::ObjectType;
use ed25519_dalek::SigningKey;
use node::config::WitnessConfig;
use node::witness::{AskError, Client};
use stage::{Load, PATIENCE, Stage, handovers, now};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testnet::client::now_s;
use testnet::launch::{free_ports, sealane_binary};
use testnet::network::{ORIGIN, TestNetwork};
use testnet::world::drafts::{object_draft, set_validators};
use testnet::world::{Cast, NodeKeys, Salts};

/// A witness's process and files.
struct Witness {
    address: SocketAddr,
    config: WitnessConfig,
    folder: PathBuf,
    genesis: PathBuf,
    child: Option<Child>,
}

impl Witness {
    fn make(folder: &Path, n: usize, address: SocketAddr, genesis: PathBuf) -> Witness {
        let own = folder.join(format!("witness-{n}"));
        std::fs::create_dir_all(&own).unwrap();
        let out = Command::new(sealane_binary().unwrap())
            .args(["witness", "key", &format!("witness-{n}.example/w"), "--output"])
            .arg(own.join("key.toml"))
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let key = VerifierKey::parse(String::from_utf8(out.stdout).unwrap().trim()).unwrap();
        let config = WitnessConfig { key, url: format!("http://{address}") };
        Witness { address, config, folder: own, genesis, child: None }
    }

    fn start(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        let child = Command::new(sealane_binary().unwrap())
            .args(["witness", "run", "--listen", &self.address.to_string(), "--key-file"])
            .arg(self.folder.join("key.toml"))
            .arg("--log")
            .arg(&self.genesis)
            .arg("--state")
            .arg(self.folder.join("state.json"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Size and root that it cosigned last.
    async fn last(&self) -> (u64, Hash) {
        let url = format!("{}/{}/checkpoint", self.config.url, Hash::of(ORIGIN.as_bytes()).to_hex());
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let stated = SignedCheckpoint::parse(text.as_bytes()).unwrap().checkpoint().clone();
        (stated.size(), stated.root())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A checkpoint that all these validators sign, as none of them should.
fn by_all(nodes: &[NodeKeys], size: u64, root: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, size, root, vec![]).unwrap();
    let mut lines = vec![checkpoint.sign_as_log(&SigningKey::from_bytes(&nodes[0].log)).unwrap()];
    for node in nodes {
        let name = cosigner_name(ORIGIN, &node.member);
        lines.push(cosign(&checkpoint, &name, &SigningKey::from_bytes(&node.cosigner), now_s()).unwrap());
    }
    SignedCheckpoint::new(checkpoint, lines).unwrap()
}

async fn receipt_status(stage: &Stage, node: usize, id: &RecordId) -> u16 {
    let path = format!("/v1/transactions/{}/receipt?record={}", id.tx, id.index);
    stage.net.client(node, &stage.net.cast.customs).get(&path).await.unwrap().status.as_u16()
}

/// For so long the record's receipt is answered 202, by every node.
async fn assert_waits(stage: &Stage, id: &RecordId, long: Duration) {
    stage.level().await;
    let until = Instant::now() + long;
    while Instant::now() < until {
        for node in 0..4 {
            assert_eq!(receipt_status(stage, node, id).await, 202, "node {node}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn parcel(number: &str) -> chain_core::record::RecordDraft {
    object_draft(&format!("test:{number}"), ObjectType::Parcel, None, now()).unwrap()
}

/// A validator of these nodes' network with five nodes, of which four are validators, and three witnesses not started.
fn prepare(seed: u64) -> (Stage, Vec<Witness>) {
    let folder = tempfile::tempdir().unwrap();
    let cast = Cast::new(seed).unwrap();
    let genesis = folder.path().join("net/genesis.json");
    let ports = free_ports(3).unwrap();
    let make = |(n, address): (usize, &SocketAddr)| Witness::make(folder.path(), n + 1, *address, genesis.clone());
    let witnesses: Vec<Witness> = ports.iter().enumerate().map(make).collect();
    let configs: Vec<WitnessConfig> = witnesses.iter().map(|witness| witness.config.clone()).collect();
    let net = TestNetwork::prepare_watched(&folder.path().join("net"), cast, 5, now(), 2, &configs).unwrap();
    (Stage { net, salts: Salts::new(seed, "stage"), folder }, witnesses)
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_wait_for_witnesses_and_a_fork_gets_none() {
    let (mut stage, mut witnesses) = prepare(61);
    let cast = stage.net.cast.clone();
    let member = &cast.enterprises[0];
    stage.net.network.start().await.unwrap();

    // 1. No witness, then one of the two that are needed: records are final, receipts wait.
    let began = Instant::now();
    let first = stage.put(0, member, parcel("first")).await;
    let finality = began.elapsed();
    assert_waits(&stage, &first, Duration::from_secs(2)).await;
    witnesses[0].start();
    assert_waits(&stage, &first, Duration::from_secs(3)).await;

    // 2. The second comes; the third stays dead. Every node hands out receipts, whoever asked the witnesses.
    witnesses[1].start();
    let began = Instant::now();
    for node in 0..5 {
        let (_, verified) = stage.receipt(node, &first).await;
        assert_eq!((verified.cosigned >= 3, verified.witnessed), (true, 2), "node {node}");
    }
    println!(
        "final after {finality:?} without witnesses; receipts {:?} after the second witness started",
        began.elapsed()
    );
    let mut waits = Vec::new();
    for n in 0..10 {
        let id = stage.put(n % 4, member, parcel(&format!("next-{n}"))).await;
        let began = Instant::now();
        stage.receipt((n + 1) % 4, &id).await;
        waits.push(began.elapsed());
    }
    waits.sort();
    println!("receipts with two witnesses, one dead: median {:?}, slowest {:?}", waits[5], waits[9]);

    // 3. A second history, signed by every validator: of the same size, and grown.
    let (size, root) = witnesses[0].last().await;
    let client = Client::new(witnesses[0].config.key.clone(), &witnesses[0].config.url).unwrap();
    let fork = Hash::of(b"another history");
    for (what, old, offered, proof, want) in [
        ("another root of the same size", size, by_all(&cast.nodes[..4], size, fork), vec![], 422),
        ("another history, grown", size, by_all(&cast.nodes[..4], size + 5, fork), vec![fork], 422),
        ("as if it had seen nothing", 0, by_all(&cast.nodes[..4], size + 5, fork), vec![], 409),
        ("two validators of four", size, by_all(&cast.nodes[..2], size + 5, fork), vec![fork], 403),
    ] {
        let status = match client.add_checkpoint(&AddCheckpoint { old, proof, checkpoint: offered }).await {
            Ok(_) => 200,
            Err(AskError::Conflict(_)) => 409,
            Err(AskError::Refused { status, .. }) => status,
            Err(error) => panic!("{what}: {error}"),
        };
        assert_eq!(status, want, "{what}");
    }
    assert_eq!(witnesses[0].last().await, (size, root), "a refusal changes nothing");

    // 4. A witness dies and comes back: it knows what it signed. One alone is not enough meanwhile.
    let known = witnesses[1].last().await;
    witnesses[1].kill();
    let lonely = stage.put(1, member, parcel("lonely")).await;
    assert_waits(&stage, &lonely, Duration::from_secs(2)).await;
    witnesses[1].start();
    stage.receipt(2, &lonely).await;
    assert!(witnesses[1].last().await.0 > known.0);

    // 5. Under load, and over a change of validators, whose handover needs the witnesses too.
    let load = Load::begin(&stage, member, &[0, 1]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let set = [0, 1, 2, 4].map(|n| cast.nodes[n].validator()).to_vec();
    let changed = stage.decide(set_validators(set)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let seen = load.end().await;
    let last = *seen.accepted.last().unwrap();
    let began = Instant::now();
    for node in [0, 3, 4] {
        stage.net.client(node, &cast.customs).wait_height(changed + 1, PATIENCE).await.unwrap();
        let (text, verified) = stage.receipt(node, &last).await;
        assert_eq!((handovers(&text), verified.witnessed), (1, 2), "node {node}");
    }
    println!(
        "{} records beside a change of validators, slowest {:?}, longest gap {:?}; all receipts {:?} after the load",
        seen.accepted.len(),
        seen.slowest,
        seen.longest_gap,
        began.elapsed()
    );
    stage.assert_equal().await;
}

#[tokio::test]
async fn a_node_that_lists_a_stranger_as_witness_does_not_start() {
    let (mut stage, witnesses) = prepare(62);
    let node = &mut stage.net.network.nodes[0];
    let path = node.folder.join("node.toml");
    let stranger =
        VerifierKey::for_cosignatures("w.example/9", &SigningKey::from_bytes(&[9; 32]).verifying_key()).unwrap();
    let text =
        std::fs::read_to_string(&path).unwrap().replacen(&witnesses[0].config.key.encode(), &stranger.encode(), 1);
    std::fs::write(&path, text).unwrap();
    node.start().unwrap();
    assert!(node.wait_ready(Duration::from_secs(20)).await.is_err());
    let log = std::fs::read_to_string(node.log()).unwrap();
    assert!(log.contains("w.example/9"), "{log}");
}
