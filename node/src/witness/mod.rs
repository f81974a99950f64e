//! Witnesses from outside (c2sp.org/tlog-witness): asking them for cosignatures, and being one.
//!
//! Each witness has a task of its own, so that a slow or dead one holds up nobody: the node asks, waits at most
//! [`TIMEOUT`], and asks less often the longer it fails. Blocks never wait for witnesses; receipts do.

mod serve;

pub use serve::{Serving, WitnessError, WitnessSettings, serve, watched};

use crate::checkpoint::{Asked, Checkpoints};
use crate::ledger::LedgerError;
use chain_core::log::SignatureLine;
use chain_core::log::cosignature::verify_cosignature;
use chain_core::log::note::VerifierKey;
use chain_core::log::witness::{AddCheckpoint, SIZE_CONTENT_TYPE, parse_size};
use reqwest::{Response, StatusCode, header, redirect::Policy};
use std::sync::Arc;
use std::time::Duration;

/// The longest that one request may take.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// How often a task looks for work.
const LOOK: Duration = Duration::from_millis(50);
/// The pause after a failure: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest answer read.
const MAX_ANSWER: usize = 64 << 10;

/// Why a witness gave no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Not reached, or not in time.
    #[error("it was not reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// 409: it signed another size last.
    #[error("it signed size {0} last")]
    Conflict(u64),
    /// It refused.
    #[error("it refused with status {status}: {text}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said, shortened.
        text: String,
    },
    /// No line of its key that verifies.
    #[error("its answer holds no valid cosignature by its key")]
    Answer,
    /// This node's store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Asks one witness.
pub struct Client {
    key: VerifierKey,
    url: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of the witness with this key, at this submission prefix.
    ///
    /// # Errors
    /// The address is none, or no client can be made.
    pub fn new(key: VerifierKey, url: &str) -> Result<Client, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(TIMEOUT / 2)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .build()?;
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        http.post(&url).build()?;
        Ok(Client { key, url, http })
    }

    /// The witness's key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Asks for a cosignature; it is verified.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<SignatureLine, AskError> {
        let answer = self.http.post(&self.url).body(request.encode()).send().await?;
        let (status, sized) = (answer.status(), is_size(&answer));
        let text = read(answer).await?;
        match status {
            StatusCode::OK => text
                .lines()
                .filter_map(|line| SignatureLine::parse(line).ok())
                .find(|line| verify_cosignature(&self.key, request.checkpoint.checkpoint(), line).is_ok())
                .ok_or(AskError::Answer),
            StatusCode::CONFLICT if sized => Err(parse_size(&text).map_or(AskError::Answer, AskError::Conflict)),
            _ => Err(AskError::Refused { status: status.as_u16(), text: text.chars().take(200).collect() }),
        }
    }
}

fn is_size(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == SIZE_CONTENT_TYPE.as_bytes())
}

async fn read(mut answer: Response) -> Result<String, AskError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(AskError::Answer);
        }
    }
    String::from_utf8(bytes).map_err(|_| AskError::Answer)
}

/// Asks one witness for cosignatures as long as the node runs.
pub async fn attend(checkpoints: Arc<Checkpoints>, client: Client) {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(asked) = checkpoints.asked_of(&client.key) else { continue };
        match ask(&checkpoints, &client, asked).await {
            Ok(()) => pause = FIRST_PAUSE,
            Err(error) => {
                tracing::warn!(witness = client.key.name(), %error, again_in = ?pause, "no cosignature");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// One checkpoint: asked from the size that is believed, and again from the size that the witness says.
async fn ask(checkpoints: &Arc<Checkpoints>, client: &Client, asked: Asked) -> Result<(), AskError> {
    let asked = Arc::new(asked);
    let size = asked.checkpoint.checkpoint().size();
    let mut old = asked.old.min(size);
    loop {
        let (held, of) = (checkpoints.clone(), asked.clone());
        let request = blocking(move || held.request(&of, old)).await?;
        match client.add_checkpoint(&request).await {
            Ok(line) => {
                let (held, of) = (checkpoints.clone(), asked.clone());
                return Ok(blocking(move || held.witnessed(&of, line)).await?);
            }
            Err(AskError::Conflict(last)) if last > size => {
                checkpoints.witness_is_ahead(&client.key, last);
                return Ok(());
            }
            // Another node was quicker: once more from there. A witness that goes back is asked in the next turn.
            Err(AskError::Conflict(last)) if last > old || (last < old && asked.old == old) => old = last,
            Err(error) => return Err(error),
        }
    }
}

/// Runs what reads or writes the store.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| LedgerError::Damaged(e.to_string()))?
}

#[cfg(test)]
mod tests;
