//! The API that members' programs call. `API.md` describes it; `/docs` lets people browse it.
//!
//! Deny by default: every handler but the public ones takes a [`auth::Caller`], and what a caller may see is
//! decided in [`auth`] alone. Every error is `application/problem+json` with a stable code.

mod admin;
mod auth;
mod bundles;
mod chain;
mod docs;
mod events;
mod extract;
mod page;
mod problem;
mod receivables;
mod records;
mod server;
mod tlog;
mod transactions;

pub use problem::Problem;
pub use server::{ServeError, Server, serve};

use crate::blocks::Blocks;
use crate::consensus::ConsensusHandle;
use crate::dataplane::DataPlane;
use crate::disclosures::Disclosures;
use auth::Tokens;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::{Arc, OnceLock};

/// What handlers know.
pub struct Node {
    /// The member that runs this node.
    pub member: String,
    /// Ledger, pool, waiting clients, figures.
    pub blocks: Arc<Blocks>,
    /// The network for transactions.
    pub plane: DataPlane,
    /// Disclosures presented to this node.
    pub disclosures: Disclosures,
    /// Consensus, once it runs.
    pub consensus: OnceLock<Arc<ConsensusHandle>>,
    /// Tokens seen, and the limits of their members.
    pub tokens: Tokens,
}

/// What handlers hold.
pub type State = axum::extract::State<Arc<Node>>;

/// Longest body of a request: a transaction, or the disclosures of a record.
const BODY_LIMIT: usize = 1 << 20;

/// Every route.
pub fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/v1/status", get(chain::status))
        .route("/v1/transactions", post(transactions::submit))
        .route("/v1/transactions/{id}", get(transactions::outcome))
        .route("/v1/transactions/{id}/receipt", get(transactions::receipt))
        .route("/v1/transactions/{id}/raw", get(transactions::raw))
        .route("/v1/records", get(records::list))
        .route("/v1/records/{id}", get(records::one))
        .route("/v1/disclosures", post(records::present))
        .route("/v1/disclosures/{record}", axum::routing::delete(records::erase))
        .route("/v1/receivables/{id}", get(receivables::one))
        .route("/v1/receivables/{id}/check", get(receivables::check))
        .route("/v1/receivables/{id}/bundle", get(bundles::receivable))
        .route("/v1/objects/{code}/bundle", get(bundles::object))
        .route("/v1/members/{id}/bundle", get(bundles::member))
        .route("/v1/state", get(chain::state))
        .route("/v1/blocks", get(chain::blocks))
        .route("/v1/blocks/{height}", get(chain::block))
        .route("/v1/members", get(chain::members))
        .route("/v1/members/{id}", get(chain::member))
        .route("/v1/validators", get(chain::validators))
        .route("/v1/events", get(events::stream))
        .route("/tlog/checkpoint", get(tlog::checkpoint))
        .route("/tlog/handovers.json", get(tlog::handovers))
        .route("/tlog/tile/{*path}", get(tlog::tile))
        .route("/verify.html", get(page::verify))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::redirect))
        .route("/docs/{*path}", get(docs::file))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::from_fn(server::common_headers))
        .with_state(node)
}

/// The routes of the admin listener.
pub fn admin_router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/livez", get(admin::livez))
        .route("/readyz", get(admin::readyz))
        .route("/metrics", get(admin::metrics))
        .fallback(problem::no_such_route)
        .with_state(node)
}
