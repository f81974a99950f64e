//! Health and figures, on a listener of their own.

use super::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The process runs.
pub async fn livez() -> &'static str {
    "ok\n"
}

/// Whether this node can do its work: consensus runs and remembers what it signed, and the node is not behind.
pub async fn readyz(state: State) -> Response {
    let node = &state.0;
    let height = node.blocks.ledger.head().height.0;
    let consensus = node.consensus.get();
    let safe = consensus.is_some_and(|c| !c.safety_failure());
    let next = consensus.map_or(0, |c| c.height());
    let caught_up = next <= height + 2;
    let connected = node.plane.connected();
    let waiting = node.blocks.mempool.size().0;
    // Work that nobody takes up for this long means that there is no quorum, or that this node is cut off.
    let stuck = waiting > 0 && node.blocks.metrics.since_commit().as_secs() >= 15;
    let ready = safe && caught_up && !stuck;
    let body = axum::Json(json!({
        "ready": ready, "height": height, "consensusHeight": next, "engineSafe": safe, "caughtUp": caught_up,
        "stuck": stuck, "peers": connected, "waiting": waiting,
    }));
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, body).into_response()
}

/// Prometheus text.
pub async fn metrics(state: State) -> String {
    let node = &state.0;
    let mut text = node.blocks.metrics.text(
        node.blocks.mempool.size(),
        node.plane.connected(),
        node.blocks.checkpoints.newest_size(),
    );
    if let Some(consensus) = node.consensus.get() {
        // Both registries end with "# EOF"; only the last may.
        text.truncate(text.trim_end().trim_end_matches("# EOF").len());
        text.push_str(&consensus.metrics());
    }
    text
}
