//! A member's program, as the demo, the load and the tests play it.

use chain_core::genesis::Founding;
use chain_core::keys::{MemorySigner, Purpose, Signer as _, b64};
use chain_core::receipt::Trust;
use chain_core::types::{LedgerId, MemberId, RecordId};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// An answer of the API.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON, null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The stable code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Why a call had no answer, or not the expected one.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The node did not answer.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// Another status than expected.
    #[error("{what}: {status} {text}")]
    Unexpected {
        /// What was asked.
        what: String,
        /// Status.
        status: StatusCode,
        /// Body.
        text: String,
    },
    /// It did not become so in time.
    #[error("{0} did not happen in time")]
    TooLate(String),
    /// A key did not sign.
    #[error("{0}")]
    Sign(String),
}

/// Unix seconds.
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A connection of one member to one node.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    node: String,
    ledger: LedgerId,
    member: MemberId,
    api_key: MemorySigner,
}

impl Client {
    /// `node` is the id of the member that runs the node at `url`.
    pub fn new(url: &str, node: &str, ledger: LedgerId, member: &MemberId, api_key: &MemorySigner) -> Client {
        Client {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            node: node.to_owned(),
            ledger,
            member: member.clone(),
            api_key: api_key.clone(),
        }
    }

    /// A token for the next five minutes.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn token(&self) -> Result<String, ClientError> {
        let head = json!({ "typ": "sealane-auth+jwt", "alg": "Ed25519", "kid": self.api_key.public_key().kid().as_str() });
        let now = now_s();
        let claims = json!({
            "iss": self.member.as_str(), "aud": [self.ledger.to_string(), self.node],
            "iat": now, "exp": now + 300, "jti": format!("{now}"),
        });
        let input = format!("{}.{}", b64(head.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
        let signature = self.api_key.sign(Purpose::ApiToken(input.as_bytes())).map_err(ClientError::Sign)?;
        Ok(format!("{input}.{}", b64(&signature)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, ClientError> {
        let answer = request.timeout(Duration::from_secs(70)).send().await?;
        let status = answer.status();
        Ok(Answer { status, text: answer.text().await? })
    }

    /// GET with a token.
    ///
    /// # Errors
    /// No answer.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        let request = self.http.get(format!("{}{path}", self.url));
        self.send(request.header(AUTHORIZATION, format!("Bearer {}", self.token()?))).await
    }

    /// GET without one.
    ///
    /// # Errors
    /// No answer.
    pub async fn get_public(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(self.http.get(format!("{}{path}", self.url))).await
    }

    /// POST JSON with a token.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, ClientError> {
        let request = self.http.post(format!("{}{path}", self.url)).body(body.to_string());
        let request = request.header(CONTENT_TYPE, "application/json");
        self.send(request.header(AUTHORIZATION, format!("Bearer {}", self.token()?))).await
    }

    /// Submits a transaction and waits up to `wait` seconds for its outcome.
    ///
    /// # Errors
    /// No answer.
    pub async fn submit(&self, bytes: &[u8], wait: u64) -> Result<Answer, ClientError> {
        let request = self.http.post(format!("{}/v1/transactions", self.url)).body(bytes.to_vec());
        let request = request.header(CONTENT_TYPE, "application/sd-jwt");
        self.send(if wait > 0 { request.header("prefer", format!("wait={wait}")) } else { request }).await
    }

    /// Submits and expects to be accepted.
    ///
    /// # Errors
    /// No answer, or another outcome.
    pub async fn submit_accepted(&self, what: &str, bytes: &[u8]) -> Result<Value, ClientError> {
        let answer = self.submit(bytes, 30).await?;
        if answer.status == StatusCode::OK {
            return Ok(answer.json());
        }
        Err(ClientError::Unexpected { what: what.to_owned(), status: answer.status, text: answer.text })
    }

    /// Presents disclosures of a record to the node.
    ///
    /// # Errors
    /// No answer, or refused.
    pub async fn present(&self, record: &RecordId, disclosures: &[String]) -> Result<(), ClientError> {
        let body = json!({ "record": record.to_string(), "disclosures": disclosures });
        let answer = self.post("/v1/disclosures", &body).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(ClientError::Unexpected { what: "present".into(), status: answer.status, text: answer.text })
    }

    /// The receipt of a record, once a checkpoint covers it.
    ///
    /// # Errors
    /// No answer, an unexpected one, or no checkpoint in time.
    pub async fn receipt(&self, record: &RecordId) -> Result<String, ClientError> {
        let path = format!("/v1/transactions/{}/receipt?record={}", record.tx, record.index);
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let answer = self.get(&path).await?;
            match answer.status {
                StatusCode::OK => return Ok(answer.text),
                StatusCode::ACCEPTED if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                StatusCode::ACCEPTED => return Err(ClientError::TooLate("a checkpoint".into())),
                status => {
                    return Err(ClientError::Unexpected { what: "receipt".into(), status, text: answer.text });
                }
            }
        }
    }

    /// Height of the node.
    ///
    /// # Errors
    /// No answer.
    pub async fn height(&self) -> Result<u64, ClientError> {
        Ok(self.get_public("/v1/status").await?.json()["height"].as_u64().unwrap_or(0))
    }

    /// Waits until the node has reached a height.
    ///
    /// # Errors
    /// It does not in time.
    pub async fn wait_height(&self, height: u64, within: Duration) -> Result<(), ClientError> {
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            if self.height().await.is_ok_and(|h| h >= height) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Err(ClientError::TooLate(format!("height {height}")))
    }
}

/// What an offline verifier of this ledger trusts.
pub fn trust(founding: &Founding) -> Trust {
    Trust::in_genesis(founding)
}
