//! A witness that an organisation can run: it watches logs, and cosigns what continues what it cosigned before.
//!
//! What it cosigned last stands in one file, replaced as a whole and synced before it answers. Losing that file makes
//! it a witness that has seen nothing: it then needs a new key.

use crate::api::{ServeError, Server, serve as listen};
use crate::clock;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::log::cosignature::cosign;
use chain_core::log::note::VerifierKey;
use chain_core::log::policy::PolicyError;
use chain_core::log::witness::{AddCheckpoint, MAX_REQUEST_BYTES, Refusal, SIZE_CONTENT_TYPE, Seen, size_text};
use chain_core::log::{Policy, SignatureLine, SignedCheckpoint};
use chain_core::receipt::policy_of;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What a witness is made of.
pub struct WitnessSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its key's name, such as `witness.example/w`.
    pub name: String,
    /// Its key: used for nothing else.
    pub key: SigningKey,
    /// Who may speak for which log; see [`watched`].
    pub logs: Vec<Policy>,
    /// The file of what it cosigned last.
    pub state: PathBuf,
}

/// Why a witness cannot start or sign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The file of what was cosigned last is not one.
    #[error("{0} is not a witness's state; put the right file back, or start with a new key")]
    State(PathBuf),
    /// Another witness works with it.
    #[error("{0} is in use by another witness")]
    InUse(PathBuf),
    /// Its key or name is unfit.
    #[error("the witness's name or key is unfit: {0}")]
    Key(String),
    /// The listener.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Who may speak for a log: a genesis file (its validators' quorum), a C2SP policy, or one verifier key of a log.
///
/// Of a policy with a group `validators`, as a node gives it at `/v1/validators`, that group is the quorum: the
/// witness itself cannot be asked for beforehand.
///
/// # Errors
/// What is wrong with the text.
pub fn watched(text: &[u8]) -> Result<Policy, String> {
    if text.starts_with(b"{") {
        let founding = Founding::read(text).map_err(|e| e.to_string())?;
        return policy_of(&founding.genesis.origin, &founding.validators, None).map_err(|e| e.to_string());
    }
    let text = std::str::from_utf8(text).map_err(|e| e.to_string())?;
    if let Ok(key) = VerifierKey::parse(text.trim_end()) {
        return policy(&format!("log {}\nquorum none\n", key.encode()));
    }
    let ours = text.lines().any(|line| line.starts_with("group validators "));
    let lines = text.lines().map(|line| if ours && line.starts_with("quorum ") { "quorum validators" } else { line });
    policy(&lines.map(|line| format!("{line}\n")).collect::<String>())
}

fn policy(text: &str) -> Result<Policy, String> {
    Policy::parse(text.as_bytes()).map_err(|e: PolicyError| e.to_string())
}

/// The file: by origin, what was cosigned last.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    logs: BTreeMap<String, Last>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    size: u64,
    root: Hash,
    /// With the log's lines and the witness's own.
    checkpoint: String,
}

struct Witness {
    key: VerifierKey,
    signer: SigningKey,
    logs: Vec<Policy>,
    file: PathBuf,
    /// Locked from the check of the old size until the new one is on the disk.
    kept: Mutex<Kept>,
    /// Held as long as the witness runs.
    _lock: File,
}

/// A running witness.
pub struct Serving {
    /// Where it listens, and its verifier key.
    pub address: SocketAddr,
    /// Its verifier key, for genesis files and policies.
    pub key: VerifierKey,
    _server: Server,
}

/// Starts a witness.
///
/// # Errors
/// See [`WitnessError`].
pub async fn serve(settings: WitnessSettings) -> Result<Serving, WitnessError> {
    let key = VerifierKey::for_cosignatures(&settings.name, &settings.key.verifying_key())
        .map_err(|e| WitnessError::Key(e.to_string()))?;
    let witness = Witness {
        key: key.clone(),
        signer: settings.key,
        logs: settings.logs,
        _lock: lock(&settings.state)?,
        kept: Mutex::new(load(&settings.state)?),
        file: settings.state,
    };
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{origin}/checkpoint", get(newest))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Arc::new(witness));
    let server = listen(settings.listen, router).await?;
    Ok(Serving { address: server.address, key, _server: server })
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let done = tokio::task::spawn_blocking(move || witness.judge(&body, clock::now().seconds())).await;
    match done {
        Ok(Ok(line)) => format!("{}\n", line.encode()).into_response(),
        Ok(Err(Answer::Refused(Refusal::Conflict(size)))) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE_CONTENT_TYPE)], size_text(size)).into_response()
        }
        Ok(Err(Answer::Refused(refusal))) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{refusal}\n")).into_response()
        }
        Ok(Err(Answer::Failed(error))) => {
            tracing::error!(%error, "what was cosigned could not be kept, so nothing was cosigned");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The newest checkpoint cosigned of a log, by SHA-256 of its origin: for monitors.
async fn newest(State(witness): State<Arc<Witness>>, UrlPath(origin): UrlPath<String>) -> Response {
    let kept = witness.kept.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.logs.iter().find(|(name, _)| Hash::of(name.as_bytes()).to_hex() == origin) {
        Some((_, last)) => last.checkpoint.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

enum Answer {
    Refused(Refusal),
    Failed(WitnessError),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Answer {
        Answer::Refused(refusal)
    }
}

impl Witness {
    /// Judges a request at a time (Unix seconds), keeps what it leads to, and only then signs it.
    fn judge(&self, body: &[u8], time: u64) -> Result<SignatureLine, Answer> {
        let request = AddCheckpoint::parse(body)?;
        request.authentic(&self.logs)?;
        let checkpoint = request.checkpoint.checkpoint();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.logs.get(checkpoint.origin()).cloned();
        let seen = before.as_ref().map_or_else(Seen::nothing, |last| Seen { size: last.size, root: last.root });
        let next = request.continues(&seen).inspect_err(|refusal| {
            if matches!(refusal, Refusal::Inconsistent(_)) {
                tracing::error!(origin = checkpoint.origin(), size = seen.size, root = %seen.root, offered = %request.checkpoint.encode(), "the log contradicts itself");
            }
        })?;
        let failed = |e: String| Answer::Failed(WitnessError::Key(e));
        let line = cosign(checkpoint, self.key.name(), &self.signer, time).map_err(|e| failed(e.to_string()))?;
        let own = self.noted(&request.checkpoint, line.clone()).ok_or_else(|| failed("too many lines".into()))?;
        let last = Last { size: next.size, root: next.root, checkpoint: own };
        kept.logs.insert(checkpoint.origin().to_owned(), last);
        if let Err(error) = store(&self.file, &kept) {
            // Nothing was signed: what counts is still what stood there before.
            match before {
                Some(before) => kept.logs.insert(checkpoint.origin().to_owned(), before),
                None => kept.logs.remove(checkpoint.origin()),
            };
            return Err(Answer::Failed(error));
        }
        Ok(line)
    }

    /// The checkpoint with the log's lines that this witness knows, and its own.
    fn noted(&self, signed: &SignedCheckpoint, own: SignatureLine) -> Option<String> {
        let known = |line: &&SignatureLine| self.logs.iter().flat_map(Policy::log_keys).any(|key| key.made(line));
        let lines = signed.signatures().iter().filter(known).cloned().chain([own]).collect();
        Some(SignedCheckpoint::new(signed.checkpoint().clone(), lines).ok()?.encode())
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> WitnessError {
    let path = path.to_owned();
    move |error| WitnessError::Io { path, error }
}

/// Two processes with one file would each sign what the other has not seen.
fn lock(file: &Path) -> Result<File, WitnessError> {
    let path = beside(file, ".lock");
    let lock = File::create(&path).map_err(io(&path))?;
    lock.try_lock().map_err(|_| WitnessError::InUse(file.to_owned()))?;
    Ok(lock)
}

fn load(file: &Path) -> Result<Kept, WitnessError> {
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| WitnessError::State(file.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tracing::warn!(state = %file.display(), "no state yet: this witness has seen no log");
            Ok(Kept::default())
        }
        Err(error) => Err(io(file)(error)),
    }
}

/// Replaces the file as a whole: after a crash the old one or the new one is there.
fn store(file: &Path, kept: &Kept) -> Result<(), WitnessError> {
    let new = beside(file, ".new");
    let bytes = serde_json::to_vec(kept).map_err(|e| WitnessError::Key(e.to_string()))?;
    let mut out = File::create(&new).map_err(io(&new))?;
    out.write_all(&bytes).and_then(|()| out.sync_all()).map_err(io(&new))?;
    std::fs::rename(&new, file).map_err(io(file))?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

#[cfg(test)]
mod tests;
