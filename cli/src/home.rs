//! The home folder: `config.toml`, `keys/`, `wallet/`, `outbox/`, `last-checkpoint`, `seen/`, `audit/`.

use crate::failure::Failure;
use crate::files;
use chain_core::types::LedgerId;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// `config.toml`. Every field may be absent, and a flag wins over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// URL of the node, such as `http://127.0.0.1:8080`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Id of the member whose keys these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The genesis file; a relative path begins at the home folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesis: Option<PathBuf>,
    /// Names of the keys used where none is given.
    #[serde(default)]
    pub keys: DefaultKeys,
}

/// Which key signs what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultKeys {
    /// Signs transactions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Signs API tokens; the record key where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    /// Gives the first signature of a step that moves money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// Signs the transaction of such a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checker: Option<String>,
}

impl DefaultKeys {
    /// Puts `new` wherever `old` was named; true when that changed anything.
    pub fn rename(&mut self, old: &str, new: &str) -> bool {
        let mut changed = false;
        for slot in [&mut self.record, &mut self.api, &mut self.maker, &mut self.checker] {
            if slot.as_deref() == Some(old) {
                *slot = Some(new.to_owned());
                changed = true;
            }
        }
        changed
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// `--home`, else `SEALANE_HOME`, else `~/.sealane`.
    pub fn find(given: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Home, Failure> {
        let set = |name| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        given
            .map(Path::to_path_buf)
            .or_else(|| set("SEALANE_HOME"))
            .or_else(|| set("HOME").map(|home| home.join(".sealane")))
            .map(Home)
            .ok_or_else(|| Failure::new("CLI-2002"))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `config.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Key files.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Sealed fields by transaction.
    pub fn wallet(&self) -> PathBuf {
        self.0.join("wallet")
    }

    /// Transactions as they were or will be sent.
    pub fn outbox(&self) -> PathBuf {
        self.0.join("outbox")
    }

    /// The newest checkpoint this client has seen.
    pub fn last_checkpoint(&self) -> PathBuf {
        self.0.join("last-checkpoint")
    }

    /// Checkpoints of a ledger that `verify` verified.
    pub fn seen(&self, ledger: &LedgerId) -> PathBuf {
        self.0.join("seen").join(ledger.to_string())
    }

    /// The mirror of a ledger that `audit` keeps where no folder is given.
    pub fn audit(&self, ledger: &LedgerId) -> PathBuf {
        self.0.join("audit").join(ledger.to_string())
    }

    /// Reads `config.toml`; all fields absent where there is none.
    pub fn config(&self) -> Result<Config, Failure> {
        let path = self.config_file();
        let Some(bytes) = files::read_if_present(&path)? else { return Ok(Config::default()) };
        let wrong = |why: String| Failure::new("CLI-1004").with("path", path.display()).with("why", why.trim());
        let text = String::from_utf8(bytes).map_err(|why| wrong(why.to_string()))?;
        toml::from_str(&text).map_err(|why| wrong(why.to_string()))
    }

    /// Writes `config.toml`.
    pub fn save_config(&self, config: &Config) -> Result<(), Failure> {
        files::make_folder(&self.0)?;
        let path = self.config_file();
        let text = toml::to_string(config)
            .map_err(|why| Failure::new("CLI-1004").with("path", path.display()).with("why", why))?;
        files::replace(&path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
