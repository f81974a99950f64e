//! The load: an open loop of transactions against four nodes, and what it costs.
//!
//! Open loop: transactions are sent when their time comes, whether or not earlier ones were answered, and their
//! latency counts from that time. A latency ends when the client has the final outcome.

mod pool;
mod raw;
mod usage;

use crate::network::{SetUpError, TestNetwork};
use crate::world::{Cast, MemberSigner};
use chain_core::keys::Signer as _;
use chain_core::record::RecordDraft;
use chain_core::tx::build::{Envelope, build};
use chain_core::types::{Jti, LedgerId, TimeMs};
use pool::Pool;
use raw::Raw;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// What is asked of the load.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Length of a step, seconds.
    pub seconds: u64,
    /// Records in a transaction.
    pub records_per_tx: usize,
    /// Transactions per second; none looks for the highest that is held.
    pub rate: Option<u64>,
    /// Seed of the synthetic organisations.
    pub seed: u64,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The network.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// A node did not start.
    #[error(transparent)]
    Launch(#[from] crate::launch::LaunchError),
    /// The raw rates could not be measured.
    #[error("the raw rates could not be measured: {0}")]
    Raw(String),
    /// A transaction could not be built.
    #[error("{0}")]
    Build(#[from] chain_core::tx::build::BuildError),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// One step at one rate.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Transactions per second asked for.
    pub offered_per_s: u64,
    /// Final outcomes per second, from the first send to the last outcome.
    pub tx_per_s: f64,
    /// Milliseconds from due to final.
    pub p50_ms: f64,
    /// Milliseconds.
    pub p99_ms: f64,
    /// Milliseconds.
    pub p999_ms: f64,
    /// Answers that were not "accepted".
    pub failed: u64,
    /// CPU of all nodes divided by nodes and transactions, microseconds.
    pub cpu_us_per_tx_per_node: f64,
    /// CPU of the load generator per transaction, microseconds.
    pub cpu_us_per_tx_client: f64,
}

/// The result: `--json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The highest rate held with p99 at most one second, or the rate asked for.
    pub tx_per_s: f64,
    /// The same in records.
    pub records_per_s: f64,
    /// Of that step.
    pub p50_ms: f64,
    /// Of that step.
    pub p99_ms: f64,
    /// Of that step.
    pub p999_ms: f64,
    /// Of that step.
    pub cpu_us_per_tx_per_node: f64,
    /// Of that step.
    pub cpu_us_per_tx_client: f64,
    /// cores / (validators × (t_verify + n × t_store + k × t_state)).
    pub limit_tx_per_s: f64,
    /// tx_per_s / limit_tx_per_s.
    pub share_of_limit: f64,
    /// One `verify_strict`, microseconds.
    pub t_verify_us: f64,
    /// One record and its index row in a synced batch, microseconds.
    pub t_store_us: f64,
    /// One key of the state tree, microseconds.
    pub t_state_us: f64,
    /// State keys per transaction.
    pub state_keys_per_tx: usize,
    /// Records per transaction.
    pub records_per_tx: usize,
    /// Resident memory of the largest node after that step, MiB.
    pub rss_mib: f64,
    /// Bytes on disk of one node after that step, per record.
    pub disk_bytes_per_record: f64,
    /// Cores of the machine.
    pub cores: usize,
    /// Every step.
    pub steps: Vec<Step>,
}

/// p99 of a step must stay below this.
const HELD_P99_MS: f64 = 1000.0;
/// Steps of a search, at most.
const MOST_STEPS: usize = 14;

/// A step, and what was measured beside it.
struct Measured {
    step: Step,
    raw: Raw,
    rss_mib: f64,
    disk_bytes_per_record: f64,
}

impl Measured {
    fn is_held(&self) -> bool {
        let step = &self.step;
        step.p99_ms <= HELD_P99_MS && step.failed == 0 && step.tx_per_s >= 0.9 * step.offered_per_s as f64
    }
}

/// Runs the load. Every step has four nodes of its own: the cost of a transaction grows with the state, so what an
/// earlier step wrote, or left in a queue, must not tell in a later one.
///
/// # Errors
/// See [`LoadError`].
pub async fn run(options: Options, folder: &Path, mut progress: impl FnMut(&str)) -> Result<Report, LoadError> {
    progress("every step has four nodes of its own, and the raw rates are measured before and after it: other guests of the machine change them");
    let mut steps: Vec<Step> = Vec::new();
    let mut held: Option<Measured> = None;
    let mut search = Search::from(if options.records_per_tx > 10 { 100 } else { 1000 });
    for number in 0..MOST_STEPS {
        let rate = options.rate.unwrap_or(search.rate);
        let one = measured(options, rate, &folder.join(format!("step-{number}"))).await?;
        progress(&line(&one.step));
        steps.push(one.step.clone());
        let good = one.is_held();
        if options.rate.is_some() || good && held.as_ref().is_none_or(|h| one.step.tx_per_s > h.step.tx_per_s) {
            held = Some(one);
        }
        if options.rate.is_some() || !search.goes_on(good) {
            break;
        }
    }
    let best = held.ok_or_else(|| LoadError::Other("not even the lowest rate was held".into()))?;
    let (step, raw) = (best.step, best.raw);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let per_tx = raw.verify_us + options.records_per_tx as f64 * (raw.store_us + raw.state_us);
    let limit = cores as f64 / (4.0 * per_tx * 1e-6);
    Ok(Report {
        tx_per_s: step.tx_per_s,
        records_per_s: step.tx_per_s * options.records_per_tx as f64,
        p50_ms: step.p50_ms,
        p99_ms: step.p99_ms,
        p999_ms: step.p999_ms,
        cpu_us_per_tx_per_node: step.cpu_us_per_tx_per_node,
        cpu_us_per_tx_client: step.cpu_us_per_tx_client,
        limit_tx_per_s: limit,
        share_of_limit: step.tx_per_s / limit,
        t_verify_us: raw.verify_us,
        t_store_us: raw.store_us,
        t_state_us: raw.state_us,
        state_keys_per_tx: options.records_per_tx,
        records_per_tx: options.records_per_tx,
        rss_mib: best.rss_mib,
        disk_bytes_per_record: best.disk_bytes_per_record,
        cores,
        steps,
    })
}

/// The search for the highest rate that is held: half as much again until one is not, then in between.
struct Search {
    rate: u64,
    low: u64,
    high: Option<u64>,
}

impl Search {
    fn from(rate: u64) -> Search {
        Search { rate, low: 0, high: None }
    }

    /// Takes in how the last step went. False when the answer is known to a twentieth.
    fn goes_on(&mut self, held: bool) -> bool {
        if held {
            self.low = self.rate;
        } else {
            self.high = Some(self.rate);
        }
        self.rate = match self.high {
            None => self.rate * 3 / 2,
            Some(high) => self.low + (high - self.low) / 2,
        };
        self.high.is_none_or(|high| high - self.low > (self.low / 20).max(5))
    }
}

/// A step on a network of its own, with the raw rates before and after it.
async fn measured(options: Options, rate: u64, folder: &Path) -> Result<Measured, LoadError> {
    let cast = Cast::new(options.seed).map_err(SetUpError::from)?;
    let now = TimeMs(crate::client::now_s() * 1000);
    let mut network = TestNetwork::prepare(&folder.join("net"), cast, 4, now)?;
    network.network.start().await?;
    let pool = Pool::new(network.network.nodes.iter().map(|n| n.ports.api).collect());
    let mut source = Source::new(&network, options);
    // A warm-up, not counted: connections, caches.
    step(&network, &pool, &mut source, 100, 2).await?;
    settle(&network).await;
    let measure = || raw::measure(&folder.join("raw")).map_err(LoadError::Raw);
    let before = measure()?;
    let step = step(&network, &pool, &mut source, rate, options.seconds).await?;
    settle(&network).await;
    let raw = before.mean(&measure()?);
    let written = (source.built * options.records_per_tx as u64).max(1);
    let rss_mib = usage::largest_rss_mib(&network);
    let disk_bytes_per_record = usage::disk_bytes(&network.network.nodes[0].folder) as f64 / written as f64;
    drop(source);
    network.network.stop();
    // The ledgers of a dozen steps would fill a small disk.
    let _ = std::fs::remove_dir_all(folder);
    Ok(Measured { step, raw, rss_mib, disk_bytes_per_record })
}

fn line(step: &Step) -> String {
    format!(
        "offered {}/s: {:.0} tx/s final, p50 {:.0} ms, p99 {:.0} ms, p99.9 {:.0} ms, {:.0} us CPU per tx and node, {} failed",
        step.offered_per_s, step.tx_per_s, step.p50_ms, step.p99_ms, step.p999_ms, step.cpu_us_per_tx_per_node, step.failed
    )
}

/// Waits until nothing waits in the pools.
async fn settle(network: &TestNetwork) {
    let client = reqwest::Client::new();
    for _ in 0..120 {
        let mut waiting = 0;
        for node in &network.network.nodes {
            if let Ok(answer) = client.get(format!("http://{}/readyz", node.ports.admin)).send().await {
                let body: serde_json::Value = answer.json().await.unwrap_or_default();
                waiting += body["waiting"].as_u64().unwrap_or(0);
            }
        }
        if waiting == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn step(
    network: &TestNetwork,
    pool: &Pool,
    source: &mut Source<'_>,
    rate: u64,
    seconds: u64,
) -> Result<Step, LoadError> {
    let txs = source.build((rate * seconds) as usize)?;
    let count = txs.len();
    let cpu_before = usage::nodes_cpu(network);
    let own_before = usage::own_cpu();
    let began = Instant::now();
    let gap = Duration::from_secs_f64(1.0 / rate as f64);
    let mut answers = Vec::with_capacity(count);
    for (index, tx) in txs.into_iter().enumerate() {
        let due = began + gap * u32::try_from(index).unwrap_or(u32::MAX);
        let ahead = due.saturating_duration_since(Instant::now());
        if ahead > Duration::from_millis(1) {
            tokio::time::sleep(ahead).await;
        }
        answers.push(pool.submit(index, tx, due));
    }
    let mut latencies = Vec::with_capacity(count);
    let mut failed = 0;
    for answer in answers {
        match answer.await {
            Ok(Some(latency)) => latencies.push(latency),
            _ => failed += 1,
        }
    }
    let took = began.elapsed().as_secs_f64();
    let cpu = usage::nodes_cpu(network) - cpu_before;
    let own = usage::own_cpu() - own_before;
    latencies.sort();
    let at = |share: f64| {
        let index = ((latencies.len() as f64 * share).ceil() as usize).clamp(1, latencies.len().max(1)) - 1;
        latencies.get(index).map_or(f64::INFINITY, |l| l.as_secs_f64() * 1e3)
    };
    Ok(Step {
        offered_per_s: rate,
        tx_per_s: latencies.len() as f64 / took,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        p999_ms: at(0.999),
        failed,
        cpu_us_per_tx_per_node: cpu.as_secs_f64() * 1e6 / 4.0 / count.max(1) as f64,
        cpu_us_per_tx_client: own.as_secs_f64() * 1e6 / count.max(1) as f64,
    })
}

/// Makes transactions of order records, as a platform sends them.
struct Source<'a> {
    members: Vec<&'a MemberSigner>,
    ledger: LedgerId,
    records: usize,
    random: StdRng,
    built: u64,
}

impl<'a> Source<'a> {
    fn new(network: &'a TestNetwork, options: Options) -> Source<'a> {
        let members = network.cast.enterprises.iter().chain(&network.cast.platforms).collect();
        Source {
            members,
            ledger: network.founding.id,
            records: options.records_per_tx,
            random: StdRng::seed_from_u64(options.seed ^ 0x10ad),
            built: 0,
        }
    }

    fn build(&mut self, count: usize) -> Result<Vec<Vec<u8>>, LoadError> {
        let now = crate::client::now_s();
        let mut out = Vec::with_capacity(count);
        for _ in 0..count {
            self.built += 1;
            let member = self.members[(self.built % self.members.len() as u64) as usize];
            let drafts: Vec<RecordDraft> = (0..self.records).map(|n| order(self.built, n)).collect();
            let envelope = Envelope {
                iss: member.id.clone(),
                aud: self.ledger,
                jti: Jti::parse(&format!("load-{}-{:016x}", self.built, self.random.r#gen::<u64>()))
                    .ok_or_else(|| LoadError::Other("jti".into()))?,
                iat: now,
                submit_by: now + 600,
            };
            debug_assert_eq!(member.record.public_key().kid().as_str().len(), 43);
            out.push(build(&envelope, &drafts, &[], &member.record, || self.random.r#gen())?.bytes);
        }
        Ok(out)
    }
}

/// One order: five clear fields and one sealed.
fn order(tx: u64, n: usize) -> RecordDraft {
    let number = format!("L{tx:010}-{n:03}");
    let clear = json!({
        "direction": "export", "message": "303", "guid": format!("00000000-0000-4000-8000-{tx:09}{n:03}"),
        "appType": "1", "appTime": "20261122010203", "appStatus": "2", "orderNo": number,
    });
    RecordDraft {
        kind: "trade.order/1".into(),
        objects: vec![format!("order:{number}")],
        at: "2026-11-22T01:02:03Z".into(),
        clear: clear.as_object().cloned().unwrap_or_default(),
        sealed: vec![("amounts".into(), json!({ "goodsValue": "120.50", "currency": "142" }))],
    }
}
