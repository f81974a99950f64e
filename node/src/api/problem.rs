//! Errors as RFC 9457 problem details.

use crate::admission::AdmitError;
use crate::ledger::LedgerError;
use crate::query::ProofError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chain_core::authority::AuthorityError;
use chain_core::tx::TxError;
use serde_json::{Map, Value, json};

/// A problem: status, stable code, one sentence that says what to do.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    more: Map<String, Value>,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem without extras.
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem { status, code: code.into(), detail: detail.into(), more: Map::new(), retry_after_s: None }
    }

    /// With another member.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// With the place in the request that is at fault.
    pub fn at(self, pointer: &str) -> Problem {
        let errors = json!([{ "pointer": pointer, "detail": self.detail }]);
        self.with("errors", errors)
    }

    /// To be tried again after some seconds.
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after_s = Some(seconds);
        self
    }

    /// 404.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "API-0404", format!("{what} is not on this ledger, or not yours to see"))
    }

    /// 400 for a parameter.
    pub fn parameter(name: &str, detail: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "API-0400", format!("{name}: {detail}")).with("parameter", name)
    }

    /// 500: the node failed.
    pub fn internal(error: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%error, "a request failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "API-0500", "the node failed; its operator finds why in the log")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = Map::new();
        body.insert("type".into(), "about:blank".into());
        body.insert("title".into(), self.status.canonical_reason().unwrap_or("Error").into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.into());
        body.insert("code".into(), self.code.into());
        body.extend(self.more);
        let mut response = (self.status, Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Problem {
        Problem::internal(&error)
    }
}

impl From<chain_core::state::StateFault> for Problem {
    fn from(error: chain_core::state::StateFault) -> Problem {
        Problem::internal(&error)
    }
}

impl From<crate::storage::StorageError> for Problem {
    fn from(error: crate::storage::StorageError) -> Problem {
        Problem::internal(&error)
    }
}

impl From<TxError> for Problem {
    fn from(error: TxError) -> Problem {
        let status = match &error {
            TxError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            TxError::Signature | TxError::WrongKey => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        let problem = Problem::new(status, format!("TX-{}", error.code()), error.to_string());
        match error.pointer() {
            Some(pointer) => problem.at(&pointer),
            None => problem,
        }
    }
}

impl From<AuthorityError> for Problem {
    fn from(error: AuthorityError) -> Problem {
        match error {
            AuthorityError::Form(error) => error.into(),
            AuthorityError::Fault(fault) => fault.into(),
            other => Problem::new(StatusCode::FORBIDDEN, format!("TX-{}", other.code()), other.to_string()),
        }
    }
}

impl From<AdmitError> for Problem {
    fn from(error: AdmitError) -> Problem {
        match error {
            AdmitError::Refused(error) => error.into(),
            AdmitError::Ledger(error) => error.into(),
            AdmitError::JtiUsed(first) => Problem::new(StatusCode::CONFLICT, "TX-1120", error.to_string())
                .with("transaction", json!({ "id": first.to_string() })),
            AdmitError::Full => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "TX-1121", error.to_string()).retry_after(1)
            }
        }
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Problem {
        match error {
            ProofError::NotFound => Problem::not_found("this"),
            ProofError::NotYet => {
                Problem::new(StatusCode::ACCEPTED, "API-0202", error.to_string()).retry_after(1)
            }
            ProofError::TooLarge(_) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "API-0422", error.to_string())
            }
            ProofError::Pruned => Problem::new(StatusCode::GONE, "API-0410", error.to_string()),
            ProofError::Ledger(error) => error.into(),
        }
    }
}

/// 404 for a path that is no route.
pub async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "API-0404", "there is no such path; see /docs")
}

/// 405.
pub async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "API-0405", "this path does not take that method; see /docs")
}
