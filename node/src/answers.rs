//! Clients that wait for the outcome of a transaction, and the stream of committed blocks.

use crate::ledger::Committed;
use crate::query::TxStatus;
use chain_core::types::TxId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, oneshot};

/// Blocks kept for a slow reader of the stream before it is told to look the rest up.
const STREAM_DEPTH: usize = 256;

/// Who waits for what.
pub struct Answers {
    waiting: Mutex<HashMap<TxId, Vec<oneshot::Sender<TxStatus>>>>,
    stream: broadcast::Sender<Arc<Committed>>,
}

impl Default for Answers {
    fn default() -> Answers {
        Answers { waiting: Mutex::default(), stream: broadcast::channel(STREAM_DEPTH).0 }
    }
}

impl Answers {
    /// Resolves when a block with the transaction is committed; fails when it can no longer enter one.
    pub fn wait_for(&self, id: TxId) -> oneshot::Receiver<TxStatus> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let list = waiting.entry(id).or_default();
        list.retain(|waiter| !waiter.is_closed());
        list.push(sender);
        receiver
    }

    /// Committed blocks from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.stream.subscribe()
    }

    /// Tells everybody about a committed block, and those whose transactions were dropped.
    pub fn announce(&self, committed: &Arc<Committed>, dropped: &[TxId]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, tx) in committed.block.txs.iter().enumerate() {
            for waiter in waiting.remove(&tx.tx().id()).unwrap_or_default() {
                let _ = waiter.send(committed.block.status(index));
            }
        }
        for id in dropped {
            waiting.remove(id);
        }
        if committed.head.height.0 % 64 == 0 {
            waiting.retain(|_, list| list.iter().any(|waiter| !waiter.is_closed()));
        }
        drop(waiting);
        let _ = self.stream.send(committed.clone());
    }
}
