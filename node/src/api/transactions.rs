//! Submitting transactions and asking what became of them.

use super::auth::Caller;
use super::extract::{Body, Path, Query};
use super::problem::Problem;
use super::{Node, State};
use crate::admission::{self, AdmitError, Admitted};
use crate::clock;
use crate::query::{self, TxStatus};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chain_core::authority::AuthorityError;
use chain_core::execute::Outcome;
use chain_core::hash::Hash;
use chain_core::types::TxId;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest wait that `Prefer: wait` may ask, seconds.
const MAX_WAIT_S: u64 = 60;

pub(super) fn parse_id(text: &str) -> Result<TxId, Problem> {
    Hash::from_hex(text).map(TxId).ok_or_else(|| Problem::parameter("id", "a transaction id is 64 hexadecimal digits"))
}

/// The prefix of a contract's refusal codes as the API shows them.
fn refusal_code(code: u16) -> String {
    let family = match code / 1000 {
        2 => "MEM",
        3 => "REG",
        4 => "CLR",
        5 => "TRC",
        6 => "FIN",
        7 => "INS",
        _ => "TX",
    };
    format!("{family}-{code}")
}

pub(super) fn status_json(status: &TxStatus) -> Value {
    let mut body = json!({
        "id": status.id.to_string(),
        "status": if status.outcome.accepted() { "accepted" } else { "refused" },
        "height": status.height.0,
        "index": status.index,
        "time": status.time.0,
        "issuer": status.issuer.as_str(),
        "kinds": status.kinds,
    });
    if let Outcome::Refused { record, code, message, detail } = &status.outcome {
        body["code"] = refusal_code(*code).into();
        body["record"] = (*record).into();
        body["message"] = message.as_str().into();
        if let Some(detail) = detail {
            body["info"] = detail.clone();
        }
    }
    body
}

fn answer(status: &TxStatus) -> Response {
    match &status.outcome {
        Outcome::Accepted => (StatusCode::OK, axum::Json(status_json(status))).into_response(),
        Outcome::Refused { record, code, message, detail } => {
            let problem = Problem::new(StatusCode::CONFLICT, refusal_code(*code), message.clone())
                .with("transaction", status_json(status))
                .with("record", *record);
            match detail {
                Some(detail) => problem.with("info", detail.clone()),
                None => problem,
            }
            .into_response()
        }
    }
}

fn pending(id: &TxId) -> Response {
    let body = axum::Json(json!({ "id": id.to_string(), "status": "pending" }));
    (StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/transactions/{id}"))], body).into_response()
}

/// `Prefer: wait=5` (RFC 7240).
fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let prefer = headers.get("prefer")?.to_str().ok()?;
    let seconds = prefer.split(',').find_map(|part| part.trim().strip_prefix("wait="))?;
    Some(Duration::from_secs(seconds.parse::<u64>().ok()?.min(MAX_WAIT_S)))
}

/// Submit a transaction.
#[utoipa::path(post, path = "/v1/transactions", tag = "transactions", request_body(content = String, content_type = "application/sd-jwt"),
    params(("Prefer" = Option<String>, Header, description = "wait=N: wait up to N seconds (at most 60) for the outcome")),
    responses((status = 200, description = "accepted, final"), (status = 202, description = "waits for a block"),
        (status = 400, description = "bad form"), (status = 403, description = "signature or authority"),
        (status = 409, description = "refused, final, with the reason; or the jti was used before"),
        (status = 429, description = "the member's share is used up")))]
pub async fn submit(state: State, headers: HeaderMap, Body(bytes): Body) -> Result<Response, Problem> {
    let node = state.0;
    let wait = wait_of(&headers);
    let admitted = admit(&node, &bytes);
    node.blocks.metrics.submitted(admitted.is_ok());
    let id = match admitted? {
        Admitted::Done(status) => return Ok(answer(&status)),
        Admitted::Pending(id) => id,
        Admitted::New(tx) => {
            node.plane.share_transaction(&tx);
            tx.id()
        }
    };
    let Some(wait) = wait else { return Ok(pending(&id)) };
    let outcome = node.blocks.answers.wait_for(id);
    // It may have been committed before we began to wait.
    if let Some(status) = query::transaction(&node.blocks.ledger, &id)? {
        return Ok(answer(&status));
    }
    match tokio::time::timeout(wait, outcome).await {
        Ok(Ok(status)) => Ok(answer(&status)),
        // Dropped from the pool: what the ledger says now is the answer.
        Ok(Err(_)) => match query::transaction(&node.blocks.ledger, &id)? {
            Some(status) => Ok(answer(&status)),
            None if let Some(first) = admission::rival(&node.blocks.ledger, &bytes)? => {
                Err(AdmitError::JtiUsed(first).into())
            }
            None => Err(Problem::new(StatusCode::CONFLICT, "TX-1106", "submit_by passed, or its key was revoked, before a block took it; sign it again with a new jti")),
        },
        Err(_) => Ok(pending(&id)),
    }
}

fn admit(node: &Node, bytes: &[u8]) -> Result<Admitted, AdmitError> {
    if bytes.len() > chain_core::tx::MAX_BYTES {
        let error = chain_core::tx::TxError::TooLarge(bytes.len());
        return Err(AdmitError::Refused(AuthorityError::from(error)));
    }
    admission::submit(&node.blocks.ledger, &node.blocks.mempool, bytes, clock::now())
}

fn visible(node: &Arc<Node>, caller: &Caller, id: &TxId) -> Result<Option<TxStatus>, Problem> {
    Ok(query::transaction(&node.blocks.ledger, id)?.filter(|status| caller.sees_transaction(&status.issuer, &status.kinds)))
}

/// What became of a transaction.
#[utoipa::path(get, path = "/v1/transactions/{id}", tag = "transactions", params(("id" = String, Path)),
    responses((status = 200, description = "pending, accepted or refused"), (status = 404, description = "unknown")))]
pub async fn outcome(state: State, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    if let Some(status) = visible(&state.0, &caller, &id)? {
        return Ok(axum::Json(status_json(&status)).into_response());
    }
    if state.0.blocks.mempool.contains(&id) {
        return Ok(axum::Json(json!({ "id": id.to_string(), "status": "pending" })).into_response());
    }
    Err(Problem::not_found("the transaction"))
}

/// Parameters of a receipt.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptQuery {
    record: Option<u16>,
}

/// The receipt of a transaction, showing one record.
#[utoipa::path(get, path = "/v1/transactions/{id}/receipt", tag = "transactions",
    params(("id" = String, Path), ("record" = Option<u16>, Query, description = "position of the record to show; 0 when left out")),
    responses((status = 200, description = "a C2SP tlog-proof file", content_type = "text/plain"),
        (status = 202, description = "no checkpoint covers it yet"), (status = 404, description = "unknown")))]
pub async fn receipt(
    state: State,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<ReceiptQuery>,
) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    let record = query.record.unwrap_or(0);
    let ledger = state.0.blocks.ledger.clone();
    let found = query::record(&ledger, &chain_core::types::RecordId { tx: id, index: record })?;
    if !found.is_some_and(|record| caller.sees(&record)) {
        return Err(Problem::not_found("the record"));
    }
    let text = tokio::task::spawn_blocking(move || query::receipt(&ledger, &id, &[record]))
        .await
        .map_err(|e| Problem::internal(&e))??;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// A transaction as it was sent.
#[utoipa::path(get, path = "/v1/transactions/{id}/raw", tag = "transactions", params(("id" = String, Path)),
    responses((status = 200, description = "the SD-JWT", content_type = "application/sd-jwt"), (status = 404, description = "unknown")))]
pub async fn raw(state: State, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_id(&id)?;
    visible(&state.0, &caller, &id)?.ok_or_else(|| Problem::not_found("the transaction"))?;
    let bytes = query::raw_transaction(&state.0.blocks.ledger, &id)?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("the transaction"))?;
    Ok(([(header::CONTENT_TYPE, "application/sd-jwt")], bytes).into_response())
}
