//! A node's configuration: one TOML file in its folder.

use chain_core::log::VerifierKey;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `node.toml`. Paths are relative to the folder of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The member that runs the node.
    pub member: String,
    /// The genesis file.
    pub genesis: PathBuf,
    /// Folder of the database, the engine's log and the presented disclosures.
    pub data: PathBuf,
    /// The file with the node's keys, readable by the node's user only.
    pub keys: PathBuf,
    /// Where clients connect.
    pub api: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` answer: not for the public.
    pub admin: SocketAddr,
    /// Where consensus listens.
    pub consensus: SocketAddr,
    /// Where the data plane listens.
    pub data_plane: SocketAddr,
    /// The other nodes.
    #[serde(default)]
    pub peers: Vec<PeerConfig>,
    /// The outside witnesses of the genesis, and where each is asked.
    #[serde(default)]
    pub witnesses: Vec<WitnessConfig>,
    /// State proofs are served for this many heights; left out, all are kept.
    #[serde(default)]
    pub keep_versions: Option<u64>,
    /// Logs as JSON lines instead of text.
    #[serde(default)]
    pub log_json: bool,
}

/// Another node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerConfig {
    /// The member that runs it.
    pub member: String,
    /// Its network key, base64url.
    pub key: String,
    /// Where its consensus listens.
    pub consensus: SocketAddr,
    /// Where its data plane listens.
    pub data_plane: SocketAddr,
}

/// A witness from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its verifier key, as the genesis names it.
    pub key: VerifierKey,
    /// Its submission prefix: `<url>/add-checkpoint` takes checkpoints.
    pub url: String,
}

/// The node's keys: seeds in base64url. All different.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeKeys {
    /// Network identity.
    pub peer: String,
    /// Votes and proposals.
    pub vote: String,
    /// Checkpoints as the log.
    pub log: String,
    /// Checkpoints as a cosigner.
    pub cosigner: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {error}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Io { path: path.to_owned(), error })
}

impl NodeConfig {
    /// Reads a file and makes its paths absolute to its folder.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load(path: &Path) -> Result<NodeConfig, ConfigError> {
        let text = read(path)?;
        let mut config: NodeConfig =
            toml::from_str(&text).map_err(|e| ConfigError::Form { path: path.to_owned(), error: e.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for place in [&mut config.genesis, &mut config.data, &mut config.keys] {
            *place = folder.join(&*place);
        }
        Ok(config)
    }

    /// Reads the node's keys.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn load_keys(&self) -> Result<NodeKeys, ConfigError> {
        let text = read(&self.keys)?;
        toml::from_str(&text).map_err(|e| ConfigError::Form { path: self.keys.clone(), error: e.to_string() })
    }
}

/// A seed of 32 bytes in base64url.
pub fn seed(text: &str) -> Option<[u8; 32]> {
    chain_core::keys::unb64(text)?.try_into().ok()
}
