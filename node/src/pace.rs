//! When the next block may begin: a block costs every node some milliseconds whatever is in it, so a busy ledger makes
//! fewer and larger ones. Only a full block does not wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The next block begins at least this long after the last, unless another node is at it already.
const SHORTEST: Duration = Duration::from_millis(80);
/// The same when blocks are much work.
const LONGEST: Duration = Duration::from_millis(110);
/// In between, the ledger's own work on blocks takes one part in so many of the time.
const WORK_PART: u32 = 4;

/// The work on the block that is being decided, and the pause that follows from that on the block before.
#[derive(Default)]
pub struct Pace {
    work_us: AtomicU64,
    pause_us: AtomicU64,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn pause_after(work: Duration) -> Duration {
    work.saturating_mul(WORK_PART).clamp(SHORTEST, LONGEST)
}

impl Pace {
    /// Counts work that has just ended.
    pub fn worked(&self, began: Instant) {
        self.work_us.fetch_add(micros(began.elapsed()), Ordering::Relaxed);
    }

    /// The block is decided.
    pub fn decided(&self) {
        let work = Duration::from_micros(self.work_us.swap(0, Ordering::Relaxed));
        self.pause_us.store(micros(pause_after(work)), Ordering::Relaxed);
    }

    /// The time that must lie between the last block and the next.
    pub fn pause(&self) -> Duration {
        Duration::from_micros(self.pause_us.load(Ordering::Relaxed)).max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fourth_of_the_time_is_work_within_bounds() {
        for (work, pause) in [(0, 80), (20, 80), (21, 84), (27, 108), (30, 110), (5_000, 110)] {
            assert_eq!(pause_after(Duration::from_millis(work)), Duration::from_millis(pause), "{work} ms of work");
        }
        let pace = Pace::default();
        assert_eq!(pace.pause(), SHORTEST);
        pace.work_us.store(30_000, Ordering::Relaxed);
        pace.decided();
        assert_eq!(pace.pause(), Duration::from_millis(110));
        pace.decided();
        assert_eq!(pace.pause(), SHORTEST, "work counts for one block");
    }
}
