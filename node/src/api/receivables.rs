//! Receivables: their state, and the check that a bank runs before it lends.

use super::auth::Caller;
use super::extract::{Path, Query};
use super::problem::Problem;
use super::records::parse_record_id;
use super::State;
use crate::query::{self, Question};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chain_core::state::load;
use contracts::finance::reasons::Reason;
use serde::Deserialize;
use serde_json::{Value, json};

/// The state of a receivable: amounts, dates, encumbrances by opaque id.
#[utoipa::path(get, path = "/v1/receivables/{id}", tag = "receivables", params(("id" = String, Path)),
    responses((status = 200, description = "the state value"), (status = 404, description = "unknown")))]
pub async fn one(state: State, _: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_record_id(&id)?;
    let value: Option<Value> = load(&state.0.blocks.ledger.state(), &format!("rcv/{id}"))?;
    Ok(axum::Json(value.ok_or_else(|| Problem::not_found("the receivable"))?).into_response())
}

/// What to check it for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckQuery {
    asked: Option<u64>,
    reservation: Option<String>,
}

/// The check of a receivable, with the disclosures presented to this node: for the member that runs it.
#[utoipa::path(get, path = "/v1/receivables/{id}/check", tag = "receivables",
    params(("id" = String, Path), ("asked" = Option<u64>, Query, description = "amount to lend on, minor units"),
        ("reservation" = Option<String>, Query, description = "a reservation of one's own, which counts as free")),
    responses((status = 200, description = "a verdict with a reason and evidence per check"), (status = 403, description = "only the member that runs the node"),
        (status = 404, description = "unknown")))]
pub async fn check(
    state: State,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<CheckQuery>,
) -> Result<Response, Problem> {
    let id = parse_record_id(&id)?;
    let node = state.0;
    if !caller.runs(&node) {
        let detail = "the check shows what was disclosed to this node; ask your own node";
        return Err(Problem::new(StatusCode::FORBIDDEN, "AUTH-0408", detail));
    }
    let own_reservation = asked.reservation.as_deref().map(parse_record_id).transpose()?;
    let question = Question { asked: asked.asked, own_reservation };
    let report = tokio::task::spawn_blocking(move || {
        let covered = node.blocks.checkpoints.newest_size();
        query::assess(&node.blocks.ledger, &node.disclosures, &id, question, covered)
    })
    .await
    .map_err(|e| Problem::internal(&e))??;
    let report = report.ok_or_else(|| Problem::not_found("the receivable"))?;
    let sentence = |code: u16| Reason::ALL.iter().find(|reason| reason.code() == code);
    let checks: Vec<Value> = report
        .checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "verdict": check.verdict,
                "reason": {
                    "code": check.reason.code,
                    "id": check.reason.id,
                    "zh-CN": sentence(check.reason.code).map(|r| r.zh_cn()),
                    "en": sentence(check.reason.code).map(|r| r.en()),
                },
                "records": check.records,
            })
        })
        .collect();
    Ok(axum::Json(json!({
        "receivable": report.receivable,
        "rules": report.rules,
        "height": report.height.0,
        "time": report.time.0,
        "verdict": report.overall,
        "checks": checks,
    }))
    .into_response())
}
