//! An idle network makes no blocks: after each block the engine is held until there is a reason to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::types::Application;

/// Votes and blocks of a new height usually come before its status does; wait for them this long.
const STATUS_GRACE: Duration = Duration::from_secs(1);
/// A peer's status is a mere claim: unless value sync proves it, it ends a hold at most this often.
const STATUS_EVERY: Duration = Duration::from_secs(10);

/// What is known of the heights that other nodes are at.
pub(super) struct Activity {
    /// Highest height with an authentic vote, proposal or block stream.
    live: watch::Sender<u64>,
    /// Highest height that a peer says that it has committed.
    tip: watch::Sender<u64>,
    /// Highest height that value sync brought, with its certificate.
    synced: AtomicU64,
    /// When a status last ended a hold.
    last_status: Mutex<Option<Instant>>,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            live: watch::Sender::new(0),
            tip: watch::Sender::new(0),
            synced: AtomicU64::new(0),
            last_status: Mutex::new(None),
        }
    }

    /// An authentic message of this height was seen.
    pub(super) fn live(&self, height: u64) {
        raise(&self.live, height);
    }

    /// Whether an authentic message of this height or a later one was seen.
    pub(super) fn is_live(&self, height: u64) -> bool {
        *self.live.borrow() >= height
    }

    /// A peer says that it has committed this height.
    pub(super) fn peer_tip(&self, height: u64) {
        raise(&self.tip, height);
    }

    /// Value sync brought this height.
    pub(super) fn synced(&self, height: u64) {
        self.synced.fetch_max(height, Ordering::Relaxed);
    }

    async fn seen(&self, height: u64) {
        reached(&self.live, height).await;
    }

    async fn behind(&self, height: u64) {
        reached(&self.tip, height).await;
        if self.synced.load(Ordering::Relaxed).saturating_add(1) == height {
            return;
        }
        let mut last = self.last_status.lock().await;
        let earliest = Instant::now() + STATUS_GRACE;
        let at = last.map_or(earliest, |last| earliest.max(last + STATUS_EVERY));
        tokio::time::sleep_until(at).await;
        *last = Some(Instant::now());
        // The next hold takes a new claim.
        self.tip.send_replace(0);
    }
}

fn raise(highest: &watch::Sender<u64>, height: u64) {
    highest.send_if_modified(|known| {
        let higher = height > *known;
        *known = height.max(*known);
        higher
    });
}

async fn reached(highest: &watch::Sender<u64>, height: u64) {
    // The sender lives in `self`, so waiting cannot fail.
    let _ = highest.subscribe().wait_for(|known| *known >= height).await;
}

/// Return when `height` should start: there is work, or others are at it or past it, or the heartbeat is due.
pub(super) async fn until_needed(
    app: &Arc<dyn Application>,
    activity: &Activity,
    height: u64,
    heartbeat: Option<Duration>,
) -> &'static str {
    let heartbeat = async {
        match heartbeat {
            Some(interval) => tokio::time::sleep(interval).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = activity.seen(height) => "others are at it",
        () = app.work() => "there is work",
        () = activity.behind(height) => "others say that they have committed it",
        () = heartbeat => "heartbeat",
    }
}
