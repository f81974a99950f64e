//! OpenAPI 3.1, and pages to browse it with no request to anybody else.

use super::extract::Path;
use super::problem::Problem;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::{Arc, LazyLock};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Sealane", description = "A permissioned ledger for cross-border trade. Every error is application/problem+json with a stable `code`. Callers show `Authorization: Bearer <JWT>` of typ sealane-auth+jwt, at most 300 s, aud [ledger id, node member id], signed by a registered API key."),
    paths(
        super::chain::status, super::transactions::submit, super::transactions::outcome, super::transactions::receipt,
        super::transactions::raw, super::records::list, super::records::one, super::records::present,
        super::records::erase, super::receivables::one, super::receivables::check, super::bundles::receivable,
        super::bundles::object, super::bundles::member, super::chain::state,
        super::chain::blocks, super::chain::block, super::chain::members, super::chain::member,
        super::chain::validators, super::events::stream, super::tlog::checkpoint, super::tlog::handovers,
        super::tlog::tile, super::page::verify
    )
)]
struct Api;

/// The OpenAPI document.
pub fn document() -> String {
    Api::openapi().to_pretty_json().unwrap_or_default()
}

/// The OpenAPI document.
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// `/docs` is a folder.
pub async fn redirect() -> Redirect {
    Redirect::permanent("/docs/index.html")
}

static PAGES: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> =
    LazyLock::new(|| Arc::new(utoipa_swagger_ui::Config::from("/openapi.json").validator_url("none")));

/// A file of the browsable documentation, from this binary.
pub async fn file(Path(path): Path<String>) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(&path, PAGES.clone()) {
        Ok(Some(file)) => Ok(([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response()),
        Ok(None) => Err(Problem::not_found("the page")),
        Err(error) => Err(Problem::internal(&error)),
    }
}
