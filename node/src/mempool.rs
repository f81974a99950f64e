//! Transactions that wait for a block: bounded, first in first out per member, fair between members.

use chain_core::hash::Hash;
use chain_core::tx::VerifiedTx;
use chain_core::types::{MemberId, TimeMs, TxId};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Bounds of the pool.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all waiting transactions.
    pub bytes: usize,
    /// Bytes of one member's waiting transactions.
    pub member_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 256 << 20, member_bytes: 64 << 20 }
    }
}

/// What became of a transaction offered to the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It waits now.
    Added,
    /// It waited already.
    Known,
    /// Another transaction of the member waits under the same jti.
    JtiTaken(TxId),
    /// The member, or the pool, has no room: try again in a while.
    Full,
}

#[derive(Default)]
struct Inner {
    waiting: HashMap<TxId, VerifiedTx>,
    by_jwt: HashMap<Hash, TxId>,
    by_jti: HashMap<(MemberId, String), TxId>,
    queues: BTreeMap<MemberId, Queue>,
    bytes: usize,
    turn: usize,
    /// Somebody waits until so many bytes are here.
    awaited: Option<usize>,
}

#[derive(Default)]
struct Queue {
    ids: VecDeque<TxId>,
    bytes: usize,
}

/// The pool.
#[derive(Default)]
pub struct Mempool {
    limits: Limits,
    inner: Mutex<Inner>,
    arrived: Notify,
}

impl Mempool {
    /// An empty pool.
    pub fn new(limits: Limits) -> Mempool {
        Mempool { limits, ..Mempool::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Offers a verified transaction.
    pub fn offer(&self, tx: &VerifiedTx) -> Offered {
        let (id, size) = (tx.id(), tx.bytes().len());
        let claims = tx.claims();
        let jti = (claims.iss.clone(), claims.jti.to_string());
        let mut inner = self.inner();
        if inner.waiting.contains_key(&id) {
            return Offered::Known;
        }
        if let Some(other) = inner.by_jti.get(&jti) {
            return Offered::JtiTaken(*other);
        }
        let of_member = inner.queues.get(&claims.iss).map_or(0, |q| q.bytes);
        if inner.bytes + size > self.limits.bytes || of_member + size > self.limits.member_bytes {
            return Offered::Full;
        }
        inner.bytes += size;
        let queue = inner.queues.entry(claims.iss.clone()).or_default();
        queue.ids.push_back(id);
        queue.bytes += size;
        inner.by_jti.insert(jti, id);
        inner.by_jwt.insert(tx.jwt_hash(), id);
        inner.waiting.insert(id, tx.clone());
        if inner.awaited.is_some_and(|bytes| inner.bytes >= bytes) {
            inner.awaited = None;
            self.arrived.notify_waiters();
        }
        Offered::Added
    }

    /// Whether it waits.
    pub fn contains(&self, id: &TxId) -> bool {
        self.inner().waiting.contains_key(id)
    }

    /// A waiting transaction by the SHA-256 of its JWT: it need not be verified again.
    pub fn verified(&self, jwt: &Hash) -> Option<VerifiedTx> {
        let inner = self.inner();
        inner.by_jwt.get(jwt).and_then(|id| inner.waiting.get(id)).cloned()
    }

    /// Transactions for a block: members take turns, each in its own order.
    pub fn candidates(&self, max_bytes: usize, max_count: usize) -> Vec<VerifiedTx> {
        let mut inner = self.inner();
        inner.turn = inner.turn.wrapping_add(1);
        let members = inner.queues.len().max(1);
        let start = inner.turn % members;
        let mut lines: Vec<_> = inner.queues.values().map(|q| q.ids.iter()).collect();
        if start < lines.len() {
            lines.rotate_left(start);
        }
        let (mut chosen, mut bytes) = (Vec::new(), 0);
        while !lines.is_empty() && chosen.len() < max_count {
            lines.retain_mut(|line| {
                let Some(tx) = line.next().and_then(|id| inner.waiting.get(id)) else { return false };
                if chosen.len() >= max_count || bytes + tx.bytes().len() > max_bytes {
                    return false;
                }
                bytes += tx.bytes().len();
                chosen.push(tx.clone());
                true
            });
        }
        chosen
    }

    /// Forgets transactions that a block contains. Gives those that no block can contain any more: rivals of these
    /// under the same jti, and what is too late for the next.
    pub fn settle<'a>(&self, included: impl Iterator<Item = &'a VerifiedTx>, time: TimeMs) -> Vec<TxId> {
        let mut inner = self.inner();
        let mut dropped = Vec::new();
        for tx in included {
            inner.remove(&tx.id());
            // Another transaction under the same jti can never be included now.
            let rival = inner.by_jti.get(&(tx.claims().iss.clone(), tx.claims().jti.to_string())).copied();
            if let Some(rival) = rival {
                inner.remove(&rival);
                dropped.push(rival);
            }
        }
        let late = |tx: &&VerifiedTx| tx.claims().submit_by < time.seconds();
        let late: Vec<TxId> = inner.waiting.values().filter(late).map(VerifiedTx::id).collect();
        for id in &late {
            inner.remove(id);
        }
        dropped.extend(late);
        dropped
    }

    /// Drops what no block of the next height may contain.
    pub fn retain(&self, mut keep: impl FnMut(&VerifiedTx) -> bool) -> Vec<TxId> {
        let mut inner = self.inner();
        let gone: Vec<TxId> = inner.waiting.values().filter(|tx| !keep(tx)).map(VerifiedTx::id).collect();
        for id in &gone {
            inner.remove(id);
        }
        gone
    }

    /// How many wait, and their bytes.
    pub fn size(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.waiting.len(), inner.bytes)
    }

    /// Returns when something waits, at once if it does.
    pub async fn work(&self) {
        self.holds(1).await;
    }

    /// Returns when so many bytes wait, at once if they do.
    pub async fn holds(&self, bytes: usize) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            {
                let mut inner = self.inner();
                if inner.bytes >= bytes {
                    return;
                }
                inner.awaited = Some(inner.awaited.map_or(bytes, |other| other.min(bytes)));
            }
            arrived.await;
        }
    }
}

impl Inner {
    fn remove(&mut self, id: &TxId) {
        let Some(tx) = self.waiting.remove(id) else { return };
        let claims = tx.claims();
        self.bytes -= tx.bytes().len();
        self.by_jwt.remove(&tx.jwt_hash());
        self.by_jti.remove(&(claims.iss.clone(), claims.jti.to_string()));
        if let Some(queue) = self.queues.get_mut(&claims.iss) {
            queue.bytes -= tx.bytes().len();
            match queue.ids.front() {
                Some(front) if front == id => {
                    queue.ids.pop_front();
                }
                _ => queue.ids.retain(|other| other != id),
            }
            if queue.ids.is_empty() {
                self.queues.remove(&claims.iss);
            }
        }
    }
}

#[cfg(test)]
mod tests;
