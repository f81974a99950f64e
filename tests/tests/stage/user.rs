//! A member at the command line, with the program as its users have it.

use super::Stage;
use chain_core::keys::b64;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use testnet::launch::sealane_binary;
use testnet::world::MemberSigner;

const PASSPHRASE: &str = "correct horse battery staple";

/// A member at the command line.
#[derive(Clone)]
pub struct User {
    /// Its home folder.
    pub home: PathBuf,
    /// The program.
    pub sealane: PathBuf,
}

impl User {
    /// A home folder with the member's two keys, imported from files, and a configuration.
    pub fn new(stage: &Stage, node: usize, member: &MemberSigner) -> User {
        let home = stage.folder.path().join(format!("home-{}", member.nick));
        let user = User { home, sealane: sealane_binary().unwrap() };
        for (name, key) in [("record", &member.record), ("api", &member.api)] {
            let seed = stage.folder.path().join(format!("{}-{name}.seed", member.nick));
            std::fs::write(&seed, b64(&key.key().to_bytes())).unwrap();
            user.done(&["key", "import", name, seed.to_str().unwrap(), "--use", name]);
            std::fs::remove_file(&seed).unwrap();
        }
        let config = format!(
            "node = \"{}\"\nmember = \"{}\"\ngenesis = {:?}\n\n[keys]\nrecord = \"record\"\napi = \"api\"\n",
            stage.net.network.nodes[node].url(),
            member.id,
            stage.net.network.genesis
        );
        std::fs::write(user.home.join("config.toml"), config).unwrap();
        user
    }

    /// Exit code and JSON of a command.
    pub fn run(&self, words: &[&str]) -> (Option<i32>, Value) {
        let Output { status, stdout, stderr } = Command::new(&self.sealane)
            .args(["--json", "--lang", "en", "--home"])
            .arg(&self.home)
            .args(words)
            .env("SEALANE_PASSPHRASE", PASSPHRASE)
            .output()
            .unwrap();
        let json = serde_json::from_slice(&stdout).unwrap_or_else(|error| {
            panic!(
                "sealane {words:?}: {error}: {}{}",
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr)
            )
        });
        (status.code(), json)
    }

    /// A command that must succeed.
    pub fn done(&self, words: &[&str]) -> Value {
        let (code, json) = self.run(words);
        assert_eq!(code, Some(0), "sealane {words:?}: {json}");
        json
    }
}
