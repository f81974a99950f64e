//! The chain itself: status, blocks, members, validators, state with proof.

use super::auth::Caller;
use super::extract::{Path, Query};
use super::problem::Problem;
use super::records::{next_link, page_size};
use super::State;
use crate::query::{self, StoredBlock};
use crate::storage::{Direction, Table};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chain_core::hash::Hash;
use chain_core::keys::{PublicKey, b64, unb64};
use chain_core::member::Member;
use chain_core::state::{keys, load};
use chain_core::types::{Height, MemberId};
use serde::Deserialize;
use serde_json::{Value, json};

/// Where the node stands. Public: it lets a client find the ledger's id and the node's name.
#[utoipa::path(get, path = "/v1/status", tag = "chain", responses((status = 200, description = "height, sizes, version")))]
pub async fn status(state: State) -> Response {
    let node = &state.0;
    let head = node.blocks.ledger.head();
    let founding = node.blocks.ledger.founding();
    let votes = node.blocks.vote_key.is_some_and(|key| head.validators.by_vote_key(&key).is_some());
    axum::Json(json!({
        "ledger": founding.id.to_string(),
        "origin": founding.genesis.origin,
        "node": node.member,
        "role": if votes { "validator" } else { "follower" },
        "height": head.height.0,
        "hash": head.hash.to_hex(),
        "stateRoot": head.root.hash.to_hex(),
        "time": head.time.0,
        "logSize": head.log.size(),
        "checkpointSize": node.blocks.checkpoints.newest_size(),
        "validators": head.validators.len(),
        "version": env!("CARGO_PKG_VERSION"),
    }))
    .into_response()
}

/// Parameters of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PageQuery {
    per_page: Option<usize>,
    next_page_token: Option<String>,
}

fn block_json(block: &StoredBlock) -> Value {
    let header = &block.header;
    let id_of = |bytes: &Vec<u8>| {
        let jwt = bytes.split(|b| *b == b'~').next().unwrap_or_default();
        let signed = jwt.iter().rposition(|b| *b == b'.').map_or(jwt, |dot| &jwt[..dot]);
        Hash::of(signed).to_hex()
    };
    json!({
        "height": header.height.0,
        "hash": header.hash().to_hex(),
        "time": header.time.0,
        "proposer": header.proposer.to_string(),
        "transactions": block.txs.iter().map(id_of).collect::<Vec<_>>(),
        "header": b64(&header.to_bytes()),
        "previous": header.previous.to_hex(),
        "logSize": header.log_size,
        "logRoot": header.log_root.to_hex(),
        "stateRoot": header.state_root.to_hex(),
        "validators": header.validators.to_hex(),
        "nextValidators": header.next_validators.to_hex(),
    })
}

/// Blocks, newest first.
#[utoipa::path(get, path = "/v1/blocks", tag = "chain", params(("perPage" = Option<usize>, Query), ("nextPageToken" = Option<String>, Query)),
    responses((status = 200, description = "items and nextPageToken")))]
pub async fn blocks(state: State, _: Caller, Query(asked): Query<PageQuery>) -> Result<Response, Problem> {
    let per_page = page_size(asked.per_page)?;
    let before = match asked.next_page_token.as_deref() {
        None => None,
        Some(text) => {
            let bytes: Option<[u8; 8]> = unb64(text).and_then(|b| b.try_into().ok());
            let bytes = bytes.ok_or_else(|| Problem::parameter("nextPageToken", "take it from the page before"))?;
            Some(Height(u64::from_be_bytes(bytes)))
        }
    };
    let ledger = state.0.blocks.ledger.clone();
    let (found, next) = tokio::task::spawn_blocking(move || query::list_blocks(&ledger, before, per_page))
        .await
        .map_err(|e| Problem::internal(&e))??;
    let token = next.map(|height| b64(&height.0.to_be_bytes()));
    let mut headers = HeaderMap::new();
    let parameters = [("perPage", asked.per_page.map(|n| n.to_string()))];
    if let Some(link) = token.as_deref().and_then(|t| next_link("/v1/blocks", &parameters, t)) {
        headers.insert(header::LINK, link);
    }
    let mut body = json!({ "items": found.iter().map(block_json).collect::<Vec<_>>() });
    if let Some(token) = token {
        body["nextPageToken"] = token.into();
    }
    Ok((headers, axum::Json(body)).into_response())
}

/// A block with its certificate.
#[utoipa::path(get, path = "/v1/blocks/{height}", tag = "chain", params(("height" = u64, Path)),
    responses((status = 200, description = "header, transactions, certificate"), (status = 404, description = "no such height")))]
pub async fn block(state: State, _: Caller, Path(height): Path<u64>) -> Result<Response, Problem> {
    let ledger = &state.0.blocks.ledger;
    let found = query::block(ledger, Height(height))?.ok_or_else(|| Problem::not_found("the block"))?;
    let mut body = block_json(&found);
    if let Some(certificate) = query::certificate(ledger, Height(height))? {
        body["certificate"] = serde_json::to_value(certificate).map_err(|e| Problem::internal(&e))?;
    }
    Ok(axum::Json(body).into_response())
}

/// Members, by id.
#[utoipa::path(get, path = "/v1/members", tag = "chain", params(("perPage" = Option<usize>, Query), ("nextPageToken" = Option<String>, Query)),
    responses((status = 200, description = "items and nextPageToken")))]
pub async fn members(state: State, _: Caller, Query(asked): Query<PageQuery>) -> Result<Response, Problem> {
    let per_page = page_size(asked.per_page)?;
    let start = match &asked.next_page_token {
        None => Vec::new(),
        Some(id) => {
            let id = MemberId::parse(id).ok_or_else(|| Problem::parameter("nextPageToken", "take it from the page before"))?;
            [keys::member(&id).as_bytes(), &[0]].concat()
        }
    };
    let rows = state.0.blocks.ledger.storage().scan(Table::State, b"member/", &start, Direction::Forward, per_page + 1)?;
    let more = rows.len() > per_page;
    let mut items: Vec<Value> = Vec::new();
    let mut last = None;
    for (key, row) in rows.into_iter().take(per_page) {
        last = Some(String::from_utf8_lossy(key.strip_prefix(b"member/").unwrap_or_default()).into_owned());
        if let Some(value) = row.get(9..).filter(|v| !v.is_empty()) {
            items.push(serde_json::from_slice(value).map_err(|e| Problem::internal(&e))?);
        }
    }
    let mut body = json!({ "items": items });
    let mut headers = HeaderMap::new();
    if let Some(token) = last.filter(|_| more) {
        let parameters = [("perPage", asked.per_page.map(|n| n.to_string()))];
        if let Some(link) = next_link("/v1/members", &parameters, &token) {
            headers.insert(header::LINK, link);
        }
        body["nextPageToken"] = token.into();
    }
    Ok((headers, axum::Json(body)).into_response())
}

/// A member with its keys and their validity by height.
#[utoipa::path(get, path = "/v1/members/{id}", tag = "chain", params(("id" = String, Path)),
    responses((status = 200, description = "names, roles, keys"), (status = 404, description = "not a member")))]
pub async fn member(state: State, _: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = MemberId::parse(&id).ok_or_else(|| Problem::parameter("id", "not a member id"))?;
    let found: Option<Member> = load(&state.0.blocks.ledger.state(), &keys::member(&id))?;
    Ok(axum::Json(found.ok_or_else(|| Problem::not_found("the member"))?).into_response())
}

/// The validators of the next block, and the C2SP policy of their checkpoints.
#[utoipa::path(get, path = "/v1/validators", tag = "chain", responses((status = 200, description = "validators, quorum, policy")))]
pub async fn validators(state: State, _: Caller) -> Result<Response, Problem> {
    let head = state.0.blocks.ledger.head();
    let trust = chain_core::receipt::Trust::in_genesis(state.0.blocks.ledger.founding());
    let policy = trust.policy(&head.validators).map_err(|e| Problem::internal(&e))?;
    let skipped: Vec<PublicKey> = head.skips.at(&head.validators, head.height.next());
    Ok(axum::Json(json!({
        "height": head.height.next().0,
        "hash": head.validators.hash().to_hex(),
        "quorum": head.validators.quorum(),
        "validators": head.validators,
        "skippedProposers": skipped,
        "policy": String::from_utf8_lossy(&policy.encode()),
    }))
    .into_response())
}

/// Parameters of a state proof.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateQuery {
    key: String,
    height: Option<u64>,
}

/// The value of a state key after a block, or its absence, with the proof.
#[utoipa::path(get, path = "/v1/state", tag = "chain",
    params(("key" = String, Query), ("height" = Option<u64>, Query, description = "the newest that a checkpoint covers when left out")),
    responses((status = 200, description = "a state proof document"), (status = 202, description = "no checkpoint covers it yet"),
        (status = 410, description = "this node keeps no proofs for that height any more")))]
pub async fn state(state: State, caller: Caller, Query(asked): Query<StateQuery>) -> Result<Response, Problem> {
    let ledger = state.0.blocks.ledger.clone();
    let (key, height) = (asked.key.clone(), asked.height.map(Height));
    let proof = tokio::task::spawn_blocking(move || query::state_proof(&ledger, &key, height))
        .await
        .map_err(|e| Problem::internal(&e))??;
    if !caller.sees_state(&asked.key, proof.value.as_deref()) {
        return Err(Problem::not_found("the key"));
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], proof.to_bytes()).into_response())
}
