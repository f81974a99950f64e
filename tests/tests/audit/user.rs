//! A member at the command line.
use crate::stage::Stage;
use chain_core::keys::b64;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use testnet::launch::sealane_binary;
use testnet::world::MemberSigner;

const PASSPHRASE: &str = "correct horse battery staple";
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A home folder with a member's API key.
pub struct User {
    /// The folder.
    pub home: PathBuf,
}

impl User {
    /// A new home, for a node.
    pub fn new(stage: &Stage, member: &MemberSigner, node: &str) -> User {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let user = User { home: stage.folder.path().join(format!("home-{number}")) };
        let seed = stage.folder.path().join(format!("{number}.seed"));
        std::fs::write(&seed, b64(&member.api.key().to_bytes())).unwrap();
        user.done(&["key", "import", "api", seed.to_str().unwrap(), "--use", "api"]);
        std::fs::remove_file(&seed).unwrap();
        user.ask(stage, member, node);
        user
    }

    /// From now on asks another node.
    pub fn ask(&self, stage: &Stage, member: &MemberSigner, node: &str) {
        let config = format!(
            "node = \"{node}\"\nmember = \"{}\"\ngenesis = {:?}\n\n[keys]\nrecord = \"api\"\napi = \"api\"\n",
            member.id, stage.net.network.genesis
        );
        std::fs::write(self.home.join("config.toml"), config).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(sealane_binary().unwrap());
        command.args(["--json", "--lang", "en", "--home"]).arg(&self.home).args(words);
        command.env("SEALANE_PASSPHRASE", PASSPHRASE);
        command
    }

    /// Exit code and what was said.
    pub fn run(&self, words: &[&str]) -> (Option<i32>, Value) {
        let output = self.command(words).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("sealane {words:?}: {e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), json)
    }

    /// What was said by a command that must succeed.
    pub fn done(&self, words: &[&str]) -> Value {
        let (code, json) = self.run(words);
        assert_eq!(code, Some(0), "sealane {words:?}: {json}");
        json
    }

    /// A command that goes on.
    pub fn spawn(&self, words: &[&str]) -> Child {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}
