//! A steady load of order records that outlives its nodes: whoever gets no final answer sends the same bytes to
//! another node, as a member's program does.

use chain_core::keys::b64;
use chain_core::record::RecordDraft;
use chain_core::types::{Jti, LedgerId, TimeMs};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testnet::client::{Client, now_s};
use testnet::network::TestNetwork;
use testnet::world::{MemberSigner, Salts, sign};
use tokio::task::{JoinHandle, JoinSet};

/// Seconds that a node may take before the same bytes go to another.
const WAIT_S: u64 = 30;
/// How long a transaction may take with all its repetitions.
const PATIENCE: Duration = Duration::from_secs(180);

/// A final answer that a node gave.
pub struct Acknowledged {
    /// Transaction id.
    pub id: String,
    /// Height of its block.
    pub height: u64,
    /// Place in the block.
    pub index: u64,
    /// When it was to be sent.
    pub due: Instant,
    /// When the answer was there.
    pub done: Instant,
}

/// A load that runs until [`Load::finish`].
pub struct Load {
    shared: Arc<Shared>,
    pump: JoinHandle<()>,
}

struct Shared {
    clients: Vec<Client>,
    up: Vec<AtomicBool>,
    stop: AtomicBool,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Load {
    /// Starts `rate` transactions per second, in turns through the nodes that are up.
    pub fn start(network: &TestNetwork, rate: u32, seed: u64) -> Load {
        let nodes = network.network.nodes.len();
        let shared = Arc::new(Shared {
            clients: (0..nodes).map(|node| network.client(node, &network.cast.customs)).collect(),
            up: (0..nodes).map(|_| AtomicBool::new(true)).collect(),
            stop: AtomicBool::new(false),
            acknowledged: Mutex::default(),
        });
        let orders = Orders {
            members: network.cast.enterprises.iter().chain(&network.cast.platforms).cloned().collect(),
            ledger: network.founding.id,
            salts: Salts::new(seed, "load"),
            random: StdRng::seed_from_u64(seed ^ now_s()),
        };
        Load { pump: tokio::spawn(pump(shared.clone(), orders, rate)), shared }
    }

    /// Says whether new transactions go to a node.
    pub fn use_node(&self, node: usize, up: bool) {
        self.shared.up[node].store(up, SeqCst);
    }

    /// How many were acknowledged so far.
    pub fn count(&self) -> usize {
        self.shared.acknowledged.lock().unwrap().len()
    }

    /// Stops, waits until every transaction has its final answer, and gives the answers in the order they came.
    pub async fn finish(self) -> Vec<Acknowledged> {
        self.shared.stop.store(true, SeqCst);
        self.pump.await.expect("every order is accepted in the end");
        std::mem::take(&mut *self.shared.acknowledged.lock().unwrap())
    }
}

/// Sends each transaction when its time comes, whether or not earlier ones were answered.
async fn pump(shared: Arc<Shared>, mut orders: Orders, rate: u32) {
    let began = Instant::now();
    let mut running = JoinSet::new();
    for turn in 0.. {
        let due = began + Duration::from_secs(1) * turn / rate;
        tokio::time::sleep_until(due.into()).await;
        if shared.stop.load(SeqCst) {
            break;
        }
        let (id, bytes) = orders.next(turn);
        running.spawn(shared.clone().deliver(turn as usize, id, bytes, due));
    }
    running.join_all().await;
}

impl Shared {
    async fn deliver(self: Arc<Self>, turn: usize, id: String, bytes: Vec<u8>, due: Instant) {
        for attempt in turn.. {
            let node = self.node_up(attempt);
            match self.clients[node].submit(&bytes, WAIT_S).await {
                Ok(answer) if answer.status == StatusCode::OK => {
                    let body = answer.json();
                    assert_eq!(body["id"], id.as_str());
                    let (height, index) = (body["height"].as_u64().unwrap(), body["index"].as_u64().unwrap());
                    let done = Instant::now();
                    self.acknowledged.lock().unwrap().push(Acknowledged { id, height, index, due, done });
                    return;
                }
                Ok(answer) => {
                    let refused = answer.status.is_client_error() && answer.status != StatusCode::TOO_MANY_REQUESTS;
                    assert!(!refused, "node {node} refused an order: {} {}", answer.status, answer.text);
                }
                // The node went away: what became of the transaction, another one tells.
                Err(_) => {}
            }
            assert!(due.elapsed() < PATIENCE, "transaction {id} has no final answer after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn node_up(&self, attempt: usize) -> usize {
        let count = self.up.len();
        let mut turns = (0..count).map(|step| (attempt + step) % count);
        turns.find(|node| self.up[*node].load(SeqCst)).expect("at most one node is down")
    }
}

/// Signs orders, by the enterprises and platforms in turn.
struct Orders {
    members: Vec<MemberSigner>,
    ledger: LedgerId,
    salts: Salts,
    random: StdRng,
}

impl Orders {
    /// Id and bytes of the next transaction: one order with five clear fields and one sealed.
    fn next(&mut self, turn: u32) -> (String, Vec<u8>) {
        let member = &self.members[turn as usize % self.members.len()];
        let unique = b64(&self.random.r#gen::<[u8; 12]>());
        let number = format!("F{turn:010}");
        let clear = json!({
            "direction": "export", "message": "303", "guid": format!("00000000-0000-4000-8000-{turn:012}"),
            "appType": "1", "appTime": "20261122010203", "appStatus": "2", "orderNo": number,
        });
        let order = RecordDraft {
            kind: "trade.order/1".into(),
            objects: vec![format!("order:{number}")],
            at: "2026-11-22T01:02:03Z".into(),
            clear: clear.as_object().cloned().unwrap(),
            sealed: vec![("amounts".into(), json!({ "goodsValue": "120.50", "currency": "142" }))],
        };
        let jti = Jti::parse(&format!("fault-{turn}-{unique}")).expect("a jti");
        let now = TimeMs(now_s() * 1000);
        let built = sign(member, &[order.into()], &jti, now, &self.ledger, &mut self.salts).expect("an order");
        (built.id.to_string(), built.bytes)
    }
}
