//! Extractors whose refusals are problem details.

use super::problem::Problem;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A client must send its request's body within this time.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A parameter of the path, parsed by its type.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|p| Path(p.0)).map_err(|e| Problem::parameter("path", &e.body_text()))
    }
}

/// The query string; unknown parameters are refused by the type.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|q| Query(q.0)).map_err(|e| Problem::parameter("query", &e.body_text()))
    }
}

/// A body of strict JSON.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Body::from_request(request, state).await?;
        let value = chain_core::json::parse(&body.0).and_then(|v| chain_core::json::shape(v, ""));
        value.map(Json).map_err(|e| {
            Problem::new(StatusCode::BAD_REQUEST, "API-0400", e.message.clone()).at(&e.pointer)
        })
    }
}

/// A body as bytes.
pub struct Body(pub bytes::Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = tokio::time::timeout(BODY_TIMEOUT, bytes::Bytes::from_request(request, state)).await;
        let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "API-0408", "the body did not arrive within 30 seconds");
        body.map_err(late)?.map(Body).map_err(|e| {
            let code = if e.status() == StatusCode::PAYLOAD_TOO_LARGE { "API-0413" } else { "API-0400" };
            Problem::new(e.status(), code, e.body_text())
        })
    }
}
