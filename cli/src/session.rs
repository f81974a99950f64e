//! Who asks, of which node, on which ledger: flags, then environment, then `config.toml`.

use crate::args::Global;
use crate::client::{Client, Identity};
use crate::failure::Failure;
use crate::files;
use crate::home::{Config, Home};
use crate::keyring::Keyring;
use crate::outbox::Outbox;
use crate::passphrase::Source;
use crate::report::Screen;
use crate::wallet::Wallet;
use chain_core::genesis::Founding;
use chain_core::keys::Signer;
use chain_core::member::KeyUse;
use chain_core::types::MemberId;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What every command works with.
pub struct Session {
    /// The home folder.
    pub home: Home,
    /// `config.toml` as it is.
    pub config: Config,
    /// Where output goes.
    pub screen: Screen,
    /// Where passphrases come from.
    pub passphrases: Source,
    given: Global,
    opened: Mutex<BTreeMap<String, Arc<dyn Signer>>>,
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Session {
    /// Reads the home folder's settings.
    pub fn new(given: Global, screen: Screen) -> Result<Session, Failure> {
        let home = Home::find(given.home.as_deref(), |name| std::env::var(name).ok())?;
        let config = home.config()?;
        let passphrases = Source { file: given.passphrase_file.clone(), lang: screen.lang };
        Ok(Session { home, config, screen, passphrases, given, opened: Mutex::default() })
    }

    fn missing(&self, setting: &'static str, flag: &'static str) -> Failure {
        Failure::new("CLI-2001")
            .with("setting", setting)
            .with("flag", flag)
            .with("path", self.home.config_file().display())
    }

    /// The node's URL.
    pub fn node_url(&self) -> Result<String, Failure> {
        let set = self.given.node.clone().or_else(|| env("SEALANE_NODE")).or_else(|| self.config.node.clone());
        set.ok_or_else(|| self.missing("node", "--node URL"))
    }

    /// The member on whose behalf the command acts.
    pub fn member(&self) -> Result<MemberId, Failure> {
        self.member_named(self.given.member.clone())
    }

    /// As [`Session::member`], where `--member` means something else (a filter of `list`).
    pub fn own_member(&self) -> Result<MemberId, Failure> {
        self.member_named(None)
    }

    fn member_named(&self, given: Option<String>) -> Result<MemberId, Failure> {
        let set = given.or_else(|| env("SEALANE_MEMBER")).or_else(|| self.config.member.clone());
        let id = set.ok_or_else(|| self.missing("member", "--member ID"))?;
        MemberId::parse(&id).ok_or_else(|| Failure::new("CLI-2005").with("what", "member").with("value", id))
    }

    /// `--member` as it was given.
    pub fn member_flag(&self) -> Option<&str> {
        self.given.member.as_deref()
    }

    /// Where the genesis file is.
    pub fn genesis_path(&self) -> Result<PathBuf, Failure> {
        let set = self.given.genesis.clone().or_else(|| env("SEALANE_GENESIS").map(PathBuf::from));
        set.or_else(|| self.config.genesis.as_ref().map(|path| self.home.path().join(path)))
            .ok_or_else(|| self.missing("genesis", "--genesis FILE"))
    }

    /// The genesis: which ledger.
    pub fn founding(&self) -> Result<Founding, Failure> {
        let path = self.genesis_path()?;
        let bytes = files::read(&path)?;
        Founding::read(&bytes).map_err(|why| Failure::new("CLI-1007").with("path", path.display()).with("why", why))
    }

    /// The keys.
    pub fn keyring(&self) -> Keyring {
        Keyring::new(self.home.keys())
    }

    /// The sealed fields.
    pub fn wallet(&self) -> Wallet {
        Wallet::new(self.home.wallet())
    }

    /// What was sent to this ledger.
    pub fn outbox(&self, founding: &Founding, member: &MemberId) -> Outbox {
        Outbox::new(&self.home.outbox(), &founding.id, member)
    }

    /// The name of the key for a use: `--key` for all but API tokens, else `config.toml`.
    pub fn key_name(&self, purpose: KeyUse) -> Result<String, Failure> {
        let keys = &self.config.keys;
        let record = || self.given.key.clone().or_else(|| keys.record.clone());
        let (name, setting) = match purpose {
            KeyUse::Record => (record(), "keys.record"),
            KeyUse::Api => (keys.api.clone().or_else(record), "keys.api"),
            KeyUse::Maker => (keys.maker.clone(), "keys.maker"),
            KeyUse::Checker => (self.given.key.clone().or_else(|| keys.checker.clone()), "keys.checker"),
            KeyUse::Attest => (self.given.key.clone(), "--key"),
        };
        name.ok_or_else(|| self.missing(setting, "--key NAME"))
    }

    /// Opens a key, once per run.
    pub fn signer(&self, name: &str, purpose: KeyUse) -> Result<Arc<dyn Signer>, Failure> {
        let file = self.keyring().read(name)?;
        if !file.uses.contains(&purpose) {
            return Err(Failure::new("CLI-1109").with("name", name).with("use", use_name(purpose)));
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signer) = opened.get(name) {
            return Ok(signer.clone());
        }
        let signer: Arc<dyn Signer> = Arc::new(file.open(&self.passphrases.of_key(name)?)?);
        opened.insert(name.to_owned(), signer.clone());
        Ok(signer)
    }

    /// The node, without tokens.
    pub fn public_client(&self) -> Result<Client, Failure> {
        Client::public(&self.node_url()?, self.screen.lang)
    }

    /// The node, with tokens of this member.
    pub async fn client(&self) -> Result<Client, Failure> {
        self.client_as(self.member()?).await
    }

    /// The node, with tokens of a member.
    pub async fn client_as(&self, member: MemberId) -> Result<Client, Failure> {
        let ledger = self.founding()?.id;
        let signer = self.signer(&self.key_name(KeyUse::Api)?, KeyUse::Api)?;
        self.public_client()?.identified(Identity { member, signer }, ledger).await
    }
}

/// A use as key files and `--use` write it.
pub fn use_name(purpose: KeyUse) -> &'static str {
    match purpose {
        KeyUse::Record => "record",
        KeyUse::Maker => "maker",
        KeyUse::Checker => "checker",
        KeyUse::Api => "api",
        KeyUse::Attest => "attest",
    }
}
