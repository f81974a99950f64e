//! What processes use, from `/proc`.

use crate::network::TestNetwork;
use std::path::Path;
use std::time::Duration;

/// Kernel ticks per second: 100 on every Linux that matters.
const TICKS_PER_S: u64 = 100;

fn cpu_of(pid: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Fields after the command's closing parenthesis; utime and stime are the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_S)
}

/// CPU of all nodes so far.
pub fn nodes_cpu(network: &TestNetwork) -> Duration {
    network.network.nodes.iter().filter_map(|node| node.pid()).map(|pid| cpu_of(&pid.to_string())).sum()
}

/// CPU of this process so far.
pub fn own_cpu() -> Duration {
    cpu_of("self")
}

/// Resident memory of the largest node, MiB.
pub fn largest_rss_mib(network: &TestNetwork) -> f64 {
    let rss = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    network.network.nodes.iter().filter_map(|node| node.pid()).map(rss).fold(0.0, f64::max)
}

/// Bytes of all files below a folder.
pub fn disk_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => disk_bytes(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
