//! Records by object, member, kind or time, and the disclosures presented for them.

use super::auth::Caller;
use super::extract::{Json, Path, Query};
use super::problem::Problem;
use super::State;
use crate::query::{self, Filter, Token};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chain_core::keys::{b64, unb64};
use chain_core::types::{Height, RecordId, TimeMs};
use serde::Deserialize;
use serde_json::json;

/// Items on a page when nothing is asked.
pub(super) const PER_PAGE: usize = 50;
/// Items on a page at most.
pub(super) const PER_PAGE_MAX: usize = 500;

pub(super) fn parse_record_id(text: &str) -> Result<RecordId, Problem> {
    RecordId::parse(text)
        .ok_or_else(|| Problem::parameter("id", "a record id is <64 hexadecimal digits>:<position>"))
}

pub(super) fn page_size(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(PER_PAGE) {
        n if (1..=PER_PAGE_MAX).contains(&n) => Ok(n),
        _ => Err(Problem::parameter("perPage", "between 1 and 500")),
    }
}

/// `Link: <…>; rel="next"` (RFC 8288), with the token in the place of the old one.
pub(super) fn next_link(path: &str, parameters: &[(&str, Option<String>)], token: &str) -> Option<HeaderValue> {
    let mut out = String::new();
    for (name, value) in parameters {
        if let Some(value) = value {
            let escaped: String = value
                .bytes()
                .map(|b| if b.is_ascii_alphanumeric() || b"-._~:".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect();
            out.push_str(&format!("{name}={escaped}&"));
        }
    }
    HeaderValue::from_str(&format!("<{path}?{out}nextPageToken={token}>; rel=\"next\"")).ok()
}

fn encode_token(token: Token) -> String {
    let (height, tx, record) = token;
    b64(&[&height.0.to_be_bytes()[..], &tx.to_be_bytes(), &record.to_be_bytes()].concat())
}

fn decode_token(text: &str) -> Result<Token, Problem> {
    let bytes: Option<[u8; 14]> = unb64(text).and_then(|b| b.try_into().ok());
    let bytes = bytes.ok_or_else(|| Problem::parameter("nextPageToken", "take it from the page before"))?;
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = bytes;
    Ok((
        Height(u64::from_be_bytes([a, b, c, d, e, f, g, h])),
        u32::from_be_bytes([i, j, k, l]),
        u16::from_be_bytes([m, n]),
    ))
}

/// Parameters of a list of records.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ListQuery {
    object: Option<String>,
    member: Option<String>,
    kind: Option<String>,
    from: Option<u64>,
    to: Option<u64>,
    per_page: Option<usize>,
    next_page_token: Option<String>,
}

/// Records, oldest first.
#[utoipa::path(get, path = "/v1/records", tag = "records",
    params(("object" = Option<String>, Query), ("member" = Option<String>, Query), ("kind" = Option<String>, Query),
        ("from" = Option<u64>, Query, description = "block time not before, Unix milliseconds"),
        ("to" = Option<u64>, Query, description = "block time before, Unix milliseconds"),
        ("perPage" = Option<usize>, Query), ("nextPageToken" = Option<String>, Query)),
    responses((status = 200, description = "items and, where there is more, nextPageToken and a Link header")))]
pub async fn list(state: State, caller: Caller, Query(asked): Query<ListQuery>) -> Result<Response, Problem> {
    let per_page = page_size(asked.per_page)?;
    let after = asked.next_page_token.as_deref().map(decode_token).transpose()?;
    let parameters = [
        ("object", asked.object.clone()),
        ("member", asked.member.clone()),
        ("kind", asked.kind.clone()),
        ("from", asked.from.map(|n| n.to_string())),
        ("to", asked.to.map(|n| n.to_string())),
        ("perPage", asked.per_page.map(|n| n.to_string())),
    ];
    let filter = Filter {
        object: asked.object,
        member: asked.member,
        kind: asked.kind,
        from: asked.from.map(TimeMs),
        to: asked.to.map(TimeMs),
    };
    let ledger = state.0.blocks.ledger.clone();
    let page = tokio::task::spawn_blocking(move || {
        query::list_records(&ledger, &filter, after, per_page, |record| caller.sees(record))
    })
    .await
    .map_err(|e| Problem::internal(&e))??;
    let token = page.next.map(encode_token);
    let mut headers = HeaderMap::new();
    if let Some(link) = token.as_deref().and_then(|token| next_link("/v1/records", &parameters, token)) {
        headers.insert(header::LINK, link);
    }
    let mut body = json!({ "items": page.items });
    if let Some(token) = token {
        body["nextPageToken"] = token.into();
    }
    Ok((headers, axum::Json(body)).into_response())
}

/// A record.
#[utoipa::path(get, path = "/v1/records/{id}", tag = "records", params(("id" = String, Path, description = "<transaction>:<position>")),
    responses((status = 200, description = "clear fields and digests of the sealed ones"), (status = 404, description = "unknown")))]
pub async fn one(state: State, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = parse_record_id(&id)?;
    let record = query::record(&state.0.blocks.ledger, &id)?.filter(|record| caller.sees(record));
    let record = record.ok_or_else(|| Problem::not_found("the record"))?;
    Ok(axum::Json(record).into_response())
}

/// Disclosures shown to this node.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    record: String,
    disclosures: Vec<String>,
}

/// Present the sealed fields of a record to this node. They are checked against the ledger and kept in an
/// erasable store beside it, for the member that runs the node.
#[utoipa::path(post, path = "/v1/disclosures", tag = "disclosures", request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "names of the fields taken"), (status = 404, description = "unknown record"),
        (status = 422, description = "not a disclosure of the record")))]
pub async fn present(state: State, _: Caller, Json(presented): Json<Presented>) -> Result<Response, Problem> {
    let node = state.0;
    let id = parse_record_id(&presented.record)?;
    // Whoever holds a disclosure of the record may present it: knowing the salt is the right to show.
    let record = query::record(&node.blocks.ledger, &id)?.ok_or_else(|| Problem::not_found("the record"))?;
    let names = tokio::task::spawn_blocking(move || node.disclosures.keep(&record, &presented.disclosures))
        .await
        .map_err(|e| Problem::internal(&e))?
        .map_err(|error| match error {
            crate::disclosures::KeepError::NotOfRecord(index) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "DIS-0422", error.to_string())
                    .at(&format!("/disclosures/{index}"))
            }
            other => Problem::internal(&other),
        })?;
    Ok(axum::Json(json!({ "record": id.to_string(), "accepted": names })).into_response())
}

/// Erase what was presented for a record.
#[utoipa::path(delete, path = "/v1/disclosures/{record}", tag = "disclosures", params(("record" = String, Path)),
    responses((status = 204, description = "nothing of it is kept"), (status = 403, description = "only the member that runs the node")))]
pub async fn erase(state: State, caller: Caller, Path(record): Path<String>) -> Result<StatusCode, Problem> {
    let id = parse_record_id(&record)?;
    if !caller.runs(&state.0) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "AUTH-0407", "only the member that runs the node may erase"));
    }
    state.0.disclosures.erase(&id).map_err(|e| Problem::internal(&e))?;
    Ok(StatusCode::NO_CONTENT)
}
