//! The node's API over HTTP.

use crate::clock;
use crate::failure::{Failure, Problem};
use crate::keyring::random;
use crate::lang::Lang;
use crate::outbox::Outcome;
use chain_core::keys::{Purpose, Signer, b64};
use chain_core::types::{LedgerId, MemberId};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A token lives this long, seconds: the most a node takes.
const TOKEN_LIFETIME: u64 = 300;
/// It is used no longer than this, so that it does not expire on the way.
const TOKEN_USED: u64 = 240;
/// The longest wait that a node accepts in one request, seconds.
const LONGEST_WAIT: u64 = 60;
/// A busy node (429, 503) is asked again this many times.
const TRIES: u32 = 6;

/// `GET /v1/status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// The ledger's id.
    pub ledger: LedgerId,
    /// The ledger's name.
    pub origin: String,
    /// Member that runs the node.
    pub node: MemberId,
    /// `validator` or `follower`.
    pub role: String,
    /// Newest block.
    pub height: u64,
    /// Its time: milliseconds since the Unix epoch, or RFC 3339.
    pub time: Value,
    /// Leaves of the log.
    pub log_size: u64,
    /// Leaves that the newest checkpoint covers.
    pub checkpoint_size: u64,
    /// Number of validators.
    pub validators: u64,
    /// Version of the node's software.
    pub version: String,
}

/// Who asks: mints API tokens.
pub struct Identity {
    /// The member.
    pub member: MemberId,
    /// A registered key of use `api`.
    pub signer: Arc<dyn Signer>,
}

struct Token {
    text: String,
    until: u64,
}

/// One node.
pub struct Client {
    http: reqwest::Client,
    base: String,
    lang: Lang,
    session: Option<(Identity, LedgerId, MemberId)>,
    token: Mutex<Option<Token>>,
}

/// Answer to a question that the node may not be able to answer yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The text.
    Ready(String),
    /// Ask again after so long.
    Later(Duration),
}

impl Client {
    /// For what needs no token: transactions and public reads.
    pub fn public(url: &str, lang: Lang) -> Result<Client, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("sealane/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(LONGEST_WAIT + 30))
            // A redirect could carry a token to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|why| Failure::new("CLI-1006").with("why", why))?;
        let base = url.trim_end_matches('/').to_owned();
        reqwest::Url::parse(&base).map_err(|why| Failure::new("CLI-2004").with("url", url).with("why", why))?;
        Ok(Client { http, base, lang, session: None, token: Mutex::new(None) })
    }

    /// From now on with tokens of `identity`. Refuses a node of another ledger than the genesis names.
    pub async fn identified(mut self, identity: Identity, ledger: LedgerId) -> Result<Client, Failure> {
        let status = self.status().await?;
        if status.ledger != ledger {
            return Err(Failure::new("CLI-3001").with("ours", ledger).with("theirs", status.ledger));
        }
        self.session = Some((identity, ledger, status.node));
        Ok(self)
    }

    /// The node's URL.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The node's state.
    pub async fn status(&self) -> Result<NodeStatus, Failure> {
        self.read(self.send(self.request(Method::GET, "/v1/status")).await?).await
    }

    /// The node's clock, Unix seconds, from the `Date` of an answer; none where it sends none.
    pub async fn clock(&self) -> Result<Option<u64>, Failure> {
        let answer = self.send(self.request(Method::GET, "/v1/status")).await?;
        let date = answer.headers().get(header::DATE).and_then(|value| value.to_str().ok());
        Ok(date.and_then(clock::of_http_date))
    }

    /// The newest checkpoint, a signed note.
    pub async fn checkpoint(&self) -> Result<String, Failure> {
        self.text(self.send(self.request(Method::GET, "/tlog/checkpoint")).await?).await
    }

    /// Reads a JSON resource.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let answer = self.send(self.authorized(self.request(Method::GET, path).query(query))?).await?;
        self.read(answer).await
    }

    /// Reads a text that may not be ready.
    pub async fn get_text(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        let answer = self.send(self.authorized(self.request(Method::GET, path).query(query))?).await?;
        if answer.status() == StatusCode::ACCEPTED {
            return Ok(Answer::Later(retry_after(&answer)));
        }
        self.text(answer).await.map(Answer::Ready)
    }

    /// Reads a file as it is; none where the node has none.
    pub async fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.send(self.authorized(self.request(Method::GET, path))?).await {
            Ok(answer) => {
                let bytes = answer.bytes().await.map_err(|why| self.unreachable(&sources(&why)))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(Failure::Node(problem)) if problem.status == 404 => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let answer = self.send(self.authorized(self.request(Method::POST, path).json(body))?).await?;
        self.read(answer).await
    }

    /// Sends a transaction and waits for its outcome up to so many seconds.
    ///
    /// The same bytes are sent again until the node knows the outcome: a node gives the same bytes their
    /// first outcome, so asking is sending. A refusal is an outcome, not a failure.
    pub async fn submit(&self, text: &str, wait: u64) -> Result<Outcome, Failure> {
        let deadline = Instant::now() + Duration::from_secs(wait);
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).as_secs();
            let mut request = self
                .request(Method::POST, "/v1/transactions")
                .header(header::CONTENT_TYPE, "application/sd-jwt")
                .body(text.to_owned());
            if left > 0 {
                request = request.header("Prefer", format!("wait={}", left.min(LONGEST_WAIT)));
            }
            let answer = self.send(request).await;
            match outcome(answer, self).await? {
                outcome if outcome.status == crate::outbox::Status::Pending && Instant::now() < deadline => {
                    sleep(Duration::from_millis(250)).await;
                }
                outcome => return Ok(outcome),
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header(header::ACCEPT_LANGUAGE, self.lang.tag())
    }

    fn authorized(&self, request: RequestBuilder) -> Result<RequestBuilder, Failure> {
        Ok(match self.token()? {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    fn token(&self) -> Result<Option<String>, Failure> {
        let Some((identity, ledger, node)) = &self.session else { return Ok(None) };
        let mut cached = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::seconds();
        if let Some(token) = cached.as_ref().filter(|token| now < token.until) {
            return Ok(Some(token.text.clone()));
        }
        let text = mint(identity, ledger, node, now)?;
        *cached = Some(Token { text: text.clone(), until: now + TOKEN_USED });
        Ok(Some(text))
    }

    /// Sends a request; asks a busy node again. An answer that is a problem becomes a failure.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Some(copy) = request.try_clone() else { return Err(self.unreachable("request")) };
            let answer = copy.send().await.map_err(|why| self.unreachable(&sources(&why)))?;
            let busy = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            if busy && tries < TRIES {
                sleep(retry_after(&answer)).await;
            } else if answer.status().is_success() {
                return Ok(answer);
            } else {
                return Err(problem(answer).await);
            }
        }
    }

    async fn read<T: DeserializeOwned>(&self, answer: Response) -> Result<T, Failure> {
        let bytes = answer.bytes().await.map_err(|why| self.unreachable(&sources(&why)))?;
        serde_json::from_slice(&bytes)
            .map_err(|why| Failure::new("CLI-1202").with("url", &self.base).with("why", why))
    }

    async fn text(&self, answer: Response) -> Result<String, Failure> {
        answer.text().await.map_err(|why| self.unreachable(&sources(&why)))
    }

    fn unreachable(&self, why: &str) -> Failure {
        Failure::new("CLI-1201").with("url", &self.base).with("why", why)
    }
}

/// reqwest's own sentence hides the cause; the innermost one is what helps ("connection refused").
fn sources(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn retry_after(answer: &Response) -> Duration {
    let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(1);
    Duration::from_secs(u64::min(seconds, 30))
}

async fn problem(answer: Response) -> Failure {
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap_or_default();
    let mut problem: Problem = serde_json::from_slice(&bytes).unwrap_or_default();
    problem.status = status;
    Failure::Node(Box::new(problem))
}

/// A transaction's outcome, from an answer or from the problem that a refusal is.
async fn outcome(answer: Result<Response, Failure>, client: &Client) -> Result<Outcome, Failure> {
    match answer {
        Ok(answer) => client.read(answer).await,
        Err(Failure::Node(problem)) => match refused(&problem) {
            Some(outcome) => Ok(outcome),
            None => Err(Failure::Node(problem)),
        },
        Err(failure) => Err(failure),
    }
}

fn refused(problem: &Problem) -> Option<Outcome> {
    let transaction = problem.rest.get("transaction")?;
    let decided = problem.status == 409 && transaction.get("status")?.as_str()? == "refused" && problem.code != "TX-1120";
    let mut outcome: Outcome = serde_json::from_value(transaction.clone()).ok().filter(|_| decided)?;
    outcome.rest.insert("code".into(), problem.code.as_str().into());
    outcome.rest.insert("message".into(), problem.sentence().into());
    for name in ["record", "info"] {
        if let Some(value) = problem.rest.get(name) {
            outcome.rest.insert(name.into(), value.clone());
        }
    }
    Some(outcome)
}

/// An API token: `typ` sealane-auth+jwt, audience the ledger and the node's member.
fn mint(identity: &Identity, ledger: &LedgerId, node: &MemberId, now: u64) -> Result<String, Failure> {
    let header = json!({ "alg": "Ed25519", "kid": identity.signer.public_key().kid(), "typ": "sealane-auth+jwt" });
    let claims = json!({
        "iss": identity.member,
        "aud": [ledger.to_string(), node.as_str()],
        "iat": now,
        "exp": now + TOKEN_LIFETIME,
        "jti": b64(&random::<16>()),
    });
    let input = format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
    let signature = identity
        .signer
        .sign(Purpose::ApiToken(input.as_bytes()))
        .map_err(|why| Failure::new("CLI-1111").with("why", why))?;
    Ok(format!("{input}.{}", b64(&signature)))
}

#[cfg(test)]
mod tests;
