//! Evidence bundles: a page for people that any verifier reads too, or the bare JSON.

use super::State;
use super::auth::Caller;
use super::extract::{Path, Query};
use super::problem::Problem;
use crate::console;
use crate::query::{self, Ask, MAX_DEPTH, MAX_KEYS, RecordView, Sight};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chain_core::bundle::{Subject, page};
use chain_core::types::{Code, MemberId};

impl Sight for Caller {
    fn sees(&self, record: &RecordView) -> bool {
        Caller::sees(self, record)
    }
    fn sees_state(&self, key: &str, value: Option<&str>) -> bool {
        Caller::sees_state(self, key, value)
    }
}

/// Parameters: `state` may stand several times, so they are read one by one.
type Parameters = Vec<(String, String)>;

fn asked(subject: Subject, parameters: &Parameters) -> Result<Ask, Problem> {
    let mut ask = Ask { subject, depth: 0, state: Vec::new(), records: Vec::new(), page: Default::default() };
    for (name, value) in parameters {
        match name.as_str() {
            "state" if ask.state.len() < MAX_KEYS && (1..=256).contains(&value.len()) => ask.state.push(value.clone()),
            "state" => return Err(Problem::parameter("state", "at most 64 keys of 1 to 256 bytes")),
            "depth" if matches!(ask.subject, Subject::Object(_)) => {
                let depth = value.parse().ok().filter(|depth| *depth <= MAX_DEPTH);
                ask.depth = depth.ok_or_else(|| Problem::parameter("depth", "between 0 and 16"))?;
            }
            _ => return Err(Problem::parameter("query", &format!("unknown parameter {name}"))),
        }
    }
    Ok(ask)
}

async fn answer(state: State, caller: Caller, ask: Ask, headers: &HeaderMap, name: &str) -> Result<Response, Problem> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = accept.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
    let node = state.0;
    let bytes = tokio::task::spawn_blocking(move || {
        let page = page::hash(console::page().as_bytes()).ok_or_else(|| Problem::internal(&"the page has no markers"))?;
        let ask = match &ask.subject {
            // Only the member that runs the node may read what was presented to it.
            Subject::Receivable(id) if caller.runs(&node) => {
                let id = super::records::parse_record_id(id)?;
                let records = query::documents_named(&node.blocks.ledger, &node.disclosures, &id)?;
                Ask { page, records, ..ask }
            }
            _ => Ask { page, ..ask },
        };
        let bundle = query::bundle(&node.blocks.ledger, &ask, &caller)?;
        if bare {
            return Ok(bundle.to_bytes());
        }
        page::wrap(console::page(), &bundle).ok_or_else(|| Problem::internal(&"the page takes no bundle"))
    })
    .await
    .map_err(|e| Problem::internal(&e))??;
    let (kind, end) = if bare { ("application/json", "json") } else { ("text/html; charset=utf-8", "html") };
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect();
    let download = format!("attachment; filename=\"{safe}.{end}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, download),
        (header::VARY, "Accept".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// The receivable with everything done with it, its policy and the record that registered it. To the member that runs
/// the node also the documents that were presented to it.
#[utoipa::path(get, path = "/v1/receivables/{id}/bundle", tag = "bundles",
    params(("id" = String, Path), ("state" = Option<Vec<String>>, Query, description = "more state keys, present or absent; may be repeated")),
    responses((status = 200, description = "an evidence bundle: text/html, or application/json where Accept says so"),
        (status = 202, description = "no checkpoint covers it yet"), (status = 404, description = "unknown, or not yours to see"),
        (status = 422, description = "beyond the bounds of a bundle")))]
pub async fn receivable(
    state: State,
    caller: Caller,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = super::records::parse_record_id(&id)?;
    let ask = asked(Subject::Receivable(id.to_string()), &parameters)?;
    answer(state, caller, ask, &headers, &format!("receivable-{id}")).await
}

/// All records of an object, and by `depth` steps those of what it was made or packed from and into.
#[utoipa::path(get, path = "/v1/objects/{code}/bundle", tag = "bundles",
    params(("code" = String, Path, description = "escaped: a slash is %2F"), ("depth" = Option<u8>, Query, description = "0 to 16; 0 when left out"),
        ("state" = Option<Vec<String>>, Query, description = "more state keys, present or absent; may be repeated")),
    responses((status = 200, description = "an evidence bundle: text/html, or application/json where Accept says so"),
        (status = 202, description = "no checkpoint covers it yet"), (status = 422, description = "beyond the bounds of a bundle")))]
pub async fn object(
    state: State,
    caller: Caller,
    Path(code): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let code = Code::parse(&code).ok_or_else(|| Problem::parameter("code", "not an object code"))?;
    let ask = asked(Subject::Object(code.to_string()), &parameters)?;
    answer(state, caller, ask, &headers, &format!("object-{code}")).await
}

/// A member's record so far: membership, filings with their reviews, and all records that name it as an object.
#[utoipa::path(get, path = "/v1/members/{id}/bundle", tag = "bundles",
    params(("id" = String, Path), ("state" = Option<Vec<String>>, Query, description = "more state keys, present or absent; may be repeated")),
    responses((status = 200, description = "an evidence bundle: text/html, or application/json where Accept says so"),
        (status = 202, description = "no checkpoint covers it yet"), (status = 404, description = "not a member"),
        (status = 422, description = "beyond the bounds of a bundle")))]
pub async fn member(
    state: State,
    caller: Caller,
    Path(id): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = MemberId::parse(&id).ok_or_else(|| Problem::parameter("id", "not a member id"))?;
    let ask = asked(Subject::Member(id.to_string()), &parameters)?;
    answer(state, caller, ask, &headers, &format!("member-{id}")).await
}
