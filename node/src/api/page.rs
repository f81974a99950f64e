//! The verifier page, for whoever wants one from this node. Better is one that was obtained elsewhere.

use crate::console;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The page that checks receipts, state proofs and evidence bundles in a browser, without any request.
#[utoipa::path(get, path = "/verify.html", tag = "log",
    responses((status = 200, description = "one HTML file, to be kept and opened from disk", content_type = "text/html")))]
pub async fn verify() -> Response {
    // `frame-ancestors` counts only in a header.
    let policy = format!("{}; frame-ancestors 'none'", console::policy());
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "public, max-age=3600".to_owned()),
        (header::ETAG, format!("\"{}\"", console::page_hash())),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, console::page()).into_response()
}
