//! What these tests share: four real nodes, transactions of their members, raw requests, what a node stands at.
#![allow(dead_code)]

pub mod deal;

use chain_core::record::RecordDraft;
use chain_core::tx::build::Built;
use chain_core::types::{Jti, LedgerId, TimeMs};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testnet::client::{Client, now_s};
use testnet::network::TestNetwork;
use testnet::world::{Cast, MemberSigner, SaltedDraft, Salts, sign};

/// Four validators as processes; dropping it kills them.
pub struct Net {
    pub net: TestNetwork,
    pub http: reqwest::Client,
    _folder: TempDir,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub height: u64,
    pub hash: String,
    pub state_root: String,
}

/// An answer with its headers.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// An error must be a problem document with a stable code of its status.
    pub fn check_problem(&self, what: &str) {
        assert!(self.status < 500, "{what}: {} {}", self.status, self.text);
        if self.status < 400 {
            return;
        }
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{what}: {}", self.text);
        assert_eq!(body["status"], self.status, "{what}: {}", self.text);
        assert!(body["code"].as_str().is_some_and(|code| code.contains('-')), "{what}: {}", self.text);
        assert!(body["title"].is_string() && body["detail"].is_string(), "{what}: {}", self.text);
    }
}

pub fn now() -> TimeMs {
    TimeMs(now_s() * 1000)
}

impl Net {
    /// Starts the network of a seed.
    pub async fn start(seed: u64) -> Net {
        let folder = tempfile::tempdir().unwrap();
        let cast = Cast::new(seed).unwrap();
        let mut net = TestNetwork::prepare(folder.path(), cast, 4, now()).unwrap();
        net.network.start().await.unwrap();
        Net { net, http: reqwest::Client::new(), _folder: folder }
    }

    pub fn cast(&self) -> &Cast {
        &self.net.cast
    }

    pub fn ledger(&self) -> LedgerId {
        self.net.founding.id
    }

    pub fn url(&self, node: usize) -> String {
        self.net.network.nodes[node].url()
    }

    pub fn client(&self, node: usize, member: &MemberSigner) -> Client {
        self.net.client(node, member)
    }

    /// A desk that signs this network's transactions; `domain` keeps salts and numbers apart.
    pub fn desk(&self, domain: &str) -> Desk {
        let salts = Salts::new(self.cast().seed, domain);
        Desk { ledger: self.ledger(), salts, domain: domain.to_owned(), count: 0 }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let answer = request.timeout(Duration::from_secs(90)).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Reply { status, headers, text: String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned() }
    }

    /// GET at a node, with a token or without.
    pub async fn get(&self, node: usize, path: &str, token: Option<&str>) -> Reply {
        let request = self.http.get(format!("{}{path}", self.url(node)));
        self.send(bearer(request, token)).await
    }

    /// Submits bytes; `wait` in seconds.
    pub async fn submit(&self, node: usize, bytes: &[u8], wait: u64) -> Reply {
        let request = self.http.post(format!("{}/v1/transactions", self.url(node))).body(bytes.to_vec());
        self.send(request.header("content-type", "application/sd-jwt").header("prefer", format!("wait={wait}"))).await
    }

    /// Submits what must be accepted, and says where it stands.
    pub async fn accept(&self, node: usize, what: &str, built: &Built) -> Value {
        let reply = self.submit(node, &built.bytes, 60).await;
        assert_eq!(reply.status, 200, "{what}: {}", reply.text);
        reply.json()
    }

    pub async fn standing(&self, node: usize) -> Standing {
        let status = self.get(node, "/v1/status", None).await.json();
        let text = |name: &str| status[name].as_str().unwrap().to_owned();
        Standing { height: status["height"].as_u64().unwrap(), hash: text("hash"), state_root: text("stateRoot") }
    }

    async fn waiting(&self, node: usize) -> u64 {
        let admin = self.net.network.nodes[node].ports.admin;
        let reply = self.send(self.http.get(format!("http://{admin}/readyz"))).await;
        reply.json()["waiting"].as_u64().unwrap()
    }

    /// Waits until nothing waits anywhere and every node stands at the same block, and gives it.
    pub async fn settled(&self) -> Standing {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut before = None;
        loop {
            let mut standings = Vec::new();
            let mut waiting = 0;
            for node in 0..4 {
                standings.push(self.standing(node).await);
                waiting += self.waiting(node).await;
            }
            let same = standings.windows(2).all(|pair| pair[0] == pair[1]);
            if same && waiting == 0 && before.as_ref() == Some(&standings) {
                return standings.swap_remove(0);
            }
            assert!(Instant::now() < deadline, "the nodes do not agree: {standings:?}, {waiting} waiting");
            before = Some(standings);
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }

    /// Every block of every node, compared by hash; gives the common height.
    pub async fn same_blocks(&self) -> u64 {
        let top = self.settled().await.height;
        let mut first: Vec<Value> = Vec::new();
        for node in 0..4 {
            let token = self.client(node, &self.cast().customs).token().unwrap();
            let mut hashes = Vec::new();
            let mut path = "/v1/blocks?perPage=500".to_owned();
            loop {
                let page = self.get(node, &path, Some(&token)).await.json();
                hashes.extend(page["items"].as_array().unwrap().iter().map(|b| json!([b["hash"], b["stateRoot"]])));
                let Some(next) = page["nextPageToken"].as_str() else { break };
                path = format!("/v1/blocks?perPage=500&nextPageToken={next}");
            }
            assert_eq!(hashes.len() as u64, top, "node {node}");
            if node == 0 {
                first = hashes;
            } else {
                assert_eq!(hashes, first, "node {node} has other blocks");
            }
        }
        top
    }

    /// Lines of the nodes' logs that tell of a panic or of a request that failed inside.
    pub fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for node in &self.net.network.nodes {
            let log = std::fs::read(node.log()).unwrap();
            let log = String::from_utf8_lossy(&log).into_owned();
            let bad = |line: &&str| line.contains("panicked") || line.contains("a request failed");
            found.extend(log.lines().filter(bad).map(|line| format!("{}: {line}", node.member)));
        }
        found
    }

    /// Resident memory per node, KiB: now, and the highest ever.
    pub fn memory(&self) -> Vec<(u64, u64)> {
        let read = |node: &testnet::launch::RunningNode| {
            let text = std::fs::read_to_string(format!("/proc/{}/status", node.pid().unwrap())).unwrap();
            let kib = |name: &str| {
                let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
                line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
            };
            (kib("VmRSS:"), kib("VmHWM:"))
        };
        self.net.network.nodes.iter().map(read).collect()
    }

    pub fn all_run(&mut self) -> bool {
        self.net.network.nodes.iter_mut().all(|node| node.is_running())
    }
}

pub fn bearer(request: reqwest::RequestBuilder, token: Option<&str>) -> reqwest::RequestBuilder {
    match token {
        Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    }
}

/// Signs transactions under numbers of its own.
pub struct Desk {
    pub ledger: LedgerId,
    pub salts: Salts,
    domain: String,
    count: u64,
}

impl Desk {
    pub fn jti(&mut self) -> Jti {
        self.count += 1;
        Jti::parse(&format!("{}-{}", self.domain, self.count)).unwrap()
    }

    pub fn sign(&mut self, member: &MemberSigner, drafts: &[SaltedDraft]) -> Built {
        let jti = self.jti();
        sign(member, drafts, &jti, now(), &self.ledger, &mut self.salts).unwrap()
    }

    pub fn one(&mut self, member: &MemberSigner, draft: impl Into<SaltedDraft>) -> Built {
        self.sign(member, &[draft.into()])
    }

    /// An order of its own number, by an enterprise or a platform.
    pub fn order(&mut self, member: &MemberSigner) -> Built {
        let draft = order(&format!("{}-{}", self.domain, self.count));
        self.one(member, draft)
    }
}

/// An order with one sealed field.
pub fn order(number: &str) -> RecordDraft {
    let clear = json!({
        "direction": "export", "message": "303", "guid": "00000000-0000-4000-8000-000000000000",
        "appType": "1", "appTime": "20261122010203", "appStatus": "2", "orderNo": number,
    });
    RecordDraft {
        kind: "trade.order/1".into(),
        objects: vec![format!("order:{number}")],
        at: "2026-11-22T01:02:03Z".into(),
        clear: clear.as_object().cloned().unwrap(),
        sealed: vec![("amounts".into(), json!({ "goodsValue": "120.50", "currency": "142" }))],
    }
}
