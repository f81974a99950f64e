//! The log as C2SP tlog-tiles: checkpoint, handovers and hash tiles for everybody; entries and what they commit to for
//! those who may have the whole log.

use super::auth::Caller;
use super::extract::Path;
use super::problem::Problem;
use super::{Node, State};
use crate::checkpoint::newest_checkpoint;
use crate::ledger::log::read_tile;
use crate::query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chain_core::log::tiles::{self, TileKind, TilePath};

/// The newest checkpoint with a quorum of cosignatures.
#[utoipa::path(get, path = "/tlog/checkpoint", tag = "log",
    responses((status = 200, description = "a C2SP signed checkpoint", content_type = "text/plain"), (status = 404, description = "none yet")))]
pub async fn checkpoint(state: State) -> Result<Response, Problem> {
    let found = newest_checkpoint(&state.0.blocks.ledger)?.ok_or_else(|| Problem::not_found("a checkpoint"))?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, found.encode()).into_response())
}

/// The handovers that lead from the validators of the genesis to those of the newest checkpoint.
#[utoipa::path(get, path = "/tlog/handovers.json", tag = "log",
    responses((status = 200, description = "an array, oldest first"), (status = 202, description = "one of them is not complete yet")))]
pub async fn handovers(state: State) -> Result<Response, Problem> {
    let (_, handovers) = query::covered(&state.0.blocks.ledger)?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], axum::Json(handovers)).into_response())
}

/// A tile of hashes, or a bundle of entries or of payloads.
#[utoipa::path(get, path = "/tlog/tile/{path}", tag = "log", params(("path" = String, Path, description = "such as 0/000, 0/000.p/17, entries/000 or payloads/000")),
    responses((status = 200, description = "32 bytes per hash; each entry after 2, each payload after 4 bytes of length", content_type = "application/octet-stream"),
        (status = 401, description = "entries and payloads want a token"), (status = 404, description = "not full yet, or not yours to have")))]
pub async fn tile(state: State, caller: Result<Caller, Problem>, Path(path): Path<String>) -> Result<Response, Problem> {
    let tile = TilePath::parse(&format!("tile/{path}")).map_err(|e| Problem::parameter("path", &e.to_string()))?;
    let node = state.0;
    let public = matches!(tile.kind(), TileKind::Hashes(_));
    if !public && !caller?.mirrors(&node)? {
        return Err(Problem::not_found("the tile"));
    }
    // Only what a checkpoint covers is served, so that a mirror never holds what nobody signed.
    let covered = node.blocks.checkpoints.newest_size();
    if TilePath::in_log(tile.kind(), tile.index(), covered).is_none_or(|widest| widest.width() < tile.width()) {
        return Err(Problem::not_found("the tile"));
    }
    let bytes = tokio::task::spawn_blocking(move || read(&node, &tile)).await.map_err(|e| Problem::internal(&e))??;
    let cache = if public { "public, max-age=31536000, immutable" } else { "private, max-age=31536000, immutable" };
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, cache)];
    Ok((headers, bytes).into_response())
}

fn read(node: &Node, tile: &TilePath) -> Result<Vec<u8>, Problem> {
    let ledger = &node.blocks.ledger;
    let width = usize::from(tile.width());
    let entries = || {
        let found = query::entries(ledger, tile.index() * u64::from(tiles::FULL_WIDTH), width)?;
        if found.len() == width { Ok(found) } else { Err(Problem::not_found("the tile")) }
    };
    let bytes = match tile.kind() {
        TileKind::Hashes(level) => {
            let hashes = read_tile(&**ledger.storage(), level, tile.index()).unwrap_or_default();
            let hashes = hashes.get(..width).ok_or_else(|| Problem::not_found("the tile"))?;
            Ok(hashes.iter().flat_map(|hash| hash.0).collect())
        }
        TileKind::Entries => {
            let leaves: Vec<Vec<u8>> = entries()?.into_iter().map(|entry| entry.leaf).collect();
            tiles::encode_entry_bundle(&leaves)
        }
        TileKind::Payloads => {
            let payloads: Vec<Vec<u8>> = entries()?.into_iter().map(|entry| entry.payload).collect();
            tiles::encode_payload_bundle(&payloads)
        }
    };
    bytes.map_err(|e| Problem::internal(&e))
}
