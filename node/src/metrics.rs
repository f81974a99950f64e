//! Figures for operators, in the Prometheus text format.

use crate::ledger::Committed;
use chain_core::types::Height;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The figures of a node.
pub struct Metrics {
    registry: Mutex<Registry>,
    height: Gauge,
    blocks: Counter,
    accepted: Counter,
    refused: Counter,
    records: Counter,
    commit_seconds: Histogram,
    submissions: Counter,
    submissions_refused: Counter,
    misbehaviour: Counter,
    mempool_txs: Gauge,
    mempool_bytes: Gauge,
    peers: Gauge,
    checkpoint_size: Gauge,
    last_commit: Mutex<Instant>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("sealane");
        let gauge = |registry: &mut Registry, name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let counter = |registry: &mut Registry, name: &str, help: &str| {
            let counter: Counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let commit_seconds = Histogram::new(exponential_buckets(0.0005, 2.0, 14));
        registry.register("commit_seconds", "Time to commit a block", commit_seconds.clone());
        Metrics {
            height: gauge(&mut registry, "height", "Height of the newest block"),
            blocks: counter(&mut registry, "blocks", "Blocks committed by this process"),
            accepted: counter(&mut registry, "transactions_accepted", "Transactions that took effect"),
            refused: counter(&mut registry, "transactions_refused", "Transactions refused by a contract"),
            records: counter(&mut registry, "records", "Records committed"),
            submissions: counter(&mut registry, "submissions", "Submissions received"),
            submissions_refused: counter(&mut registry, "submissions_refused", "Submissions not admitted"),
            misbehaviour: counter(&mut registry, "misbehaviour", "Contradictory messages of validators seen"),
            mempool_txs: gauge(&mut registry, "mempool_transactions", "Transactions waiting for a block"),
            mempool_bytes: gauge(&mut registry, "mempool_bytes", "Their bytes"),
            peers: gauge(&mut registry, "data_plane_peers", "Nodes connected on the data plane"),
            checkpoint_size: gauge(&mut registry, "checkpoint_size", "Leaves covered by the newest checkpoint"),
            commit_seconds,
            registry: Mutex::new(registry),
            last_commit: Mutex::new(Instant::now()),
        }
    }
}

impl Metrics {
    /// Of a node that starts with its ledger at this height.
    pub fn starting_at(height: Height) -> Metrics {
        let metrics = Metrics::default();
        metrics.reached(height);
        metrics
    }

    fn reached(&self, height: Height) {
        self.height.set(i64::try_from(height.0).unwrap_or(i64::MAX));
    }

    /// A block was committed in this time.
    pub fn committed(&self, committed: &Committed, took: Duration) {
        self.reached(committed.head.height);
        self.blocks.inc();
        for (tx, outcome) in committed.block.txs.iter().zip(&committed.block.outcomes) {
            if outcome.accepted() {
                self.accepted.inc();
            } else {
                self.refused.inc();
            }
            self.records.inc_by(tx.tx().records().len() as u64);
        }
        self.commit_seconds.observe(took.as_secs_f64());
        *self.last_commit.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// A submission arrived; `admitted` tells whether it was taken.
    pub fn submitted(&self, admitted: bool) {
        self.submissions.inc();
        if !admitted {
            self.submissions_refused.inc();
        }
    }

    /// A validator contradicted itself.
    pub fn misbehaviour(&self) {
        self.misbehaviour.inc();
    }

    /// Time since the last commit of this process.
    pub fn since_commit(&self) -> Duration {
        self.last_commit.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// All figures as text; the present sizes are given by the caller.
    pub fn text(&self, mempool: (usize, usize), peers: usize, checkpoint_size: u64) -> String {
        let clamp = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.mempool_txs.set(clamp(mempool.0 as u64));
        self.mempool_bytes.set(clamp(mempool.1 as u64));
        self.peers.set(clamp(peers as u64));
        self.checkpoint_size.set(clamp(checkpoint_size));
        let mut out = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if encode(&mut out, &registry).is_err() {
            return String::new();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_says_from_its_start_where_it_stands() {
        assert!(Metrics::starting_at(Height(198)).text((0, 0), 0, 0).contains("sealane_height 198\n"));
    }
}
