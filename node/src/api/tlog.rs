//! The public surface of the log: the newest checkpoint and hash tiles (C2SP tlog-tiles).

use super::extract::Path;
use super::problem::Problem;
use super::State;
use crate::checkpoint::newest_checkpoint;
use crate::ledger::log::read_tile;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chain_core::log::tiles::{TileKind, TilePath};

/// The newest checkpoint with a quorum of cosignatures.
#[utoipa::path(get, path = "/tlog/checkpoint", tag = "log",
    responses((status = 200, description = "a C2SP signed checkpoint", content_type = "text/plain"), (status = 404, description = "none yet")))]
pub async fn checkpoint(state: State) -> Result<Response, Problem> {
    let found = newest_checkpoint(&state.0.blocks.ledger)?.ok_or_else(|| Problem::not_found("a checkpoint"))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, found.encode()).into_response())
}

/// A tile of hashes.
#[utoipa::path(get, path = "/tlog/tile/{path}", tag = "log", params(("path" = String, Path, description = "such as 0/000 or 0/000.p/17")),
    responses((status = 200, description = "32 bytes per hash", content_type = "application/octet-stream"), (status = 404, description = "not full yet")))]
pub async fn tile(state: State, Path(path): Path<String>) -> Result<Response, Problem> {
    let tile = TilePath::parse(&format!("tile/{path}")).map_err(|e| Problem::parameter("path", &e.to_string()))?;
    let TileKind::Hashes(level) = tile.kind() else { return Err(Problem::not_found("the tile")) };
    let covered = state.0.blocks.checkpoints.newest_size();
    // Only what a checkpoint covers is served, so that a mirror never holds what nobody signed.
    let available = TilePath::in_log(tile.kind(), tile.index(), covered).map_or(0, |t| t.width());
    let hashes = read_tile(&**state.0.blocks.ledger.storage(), level, tile.index()).unwrap_or_default();
    let width = usize::from(tile.width());
    if tile.width() > available || hashes.len() < width {
        return Err(Problem::not_found("the tile"));
    }
    let bytes: Vec<u8> = hashes[..width].iter().flat_map(|h| h.0).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}
