//! `witness`: watches logs and cosigns what only ever grows (c2sp.org/tlog-witness).

use crate::failure::Failure;
use crate::files;
use crate::keyring::random;
use crate::report::{Report, Screen};
use ::node::witness::{WitnessSettings, serve, watched};
use chain_core::keys::{b64, unb64};
use chain_core::log::{Policy, VerifierKey};
use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum WitnessCommand {
    /// Make a witness's key.
    Key(KeyArgs),
    /// Be a witness until told to stop.
    Run(RunArgs),
}

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    #[arg(long, value_name = "FILE", required = true)]
    pub log: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
}

/// The file of a witness's key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    /// The key's name.
    name: String,
    /// The seed, base64url.
    seed: String,
}

fn fail(reason: impl std::fmt::Display) -> Failure {
    Failure::new("CLI-1922").with("reason", reason)
}

/// Makes a key, or runs a witness.
pub async fn run(command: WitnessCommand, screen: Screen) -> Result<Report, Failure> {
    match command {
        WitnessCommand::Key(args) => make_key(&args),
        WitnessCommand::Run(args) => be_witness(&args, screen).await,
    }
}

fn make_key(args: &KeyArgs) -> Result<Report, Failure> {
    let seed: [u8; 32] = random();
    let key = verifier(&args.name, &SigningKey::from_bytes(&seed))?;
    let text = toml::to_string(&KeyFile { name: args.name.clone(), seed: b64(&seed) }).map_err(fail)?;
    if !files::create(&args.output, text.as_bytes())? {
        return Err(fail(format!("{} is there already, and a key is not replaced", args.output.display())));
    }
    Ok(Report::done(json!({ "key": key.encode(), "output": args.output }), key.encode()))
}

fn verifier(name: &str, key: &SigningKey) -> Result<VerifierKey, Failure> {
    VerifierKey::for_cosignatures(name, &key.verifying_key()).map_err(fail)
}

fn read_key(path: &Path) -> Result<(String, SigningKey), Failure> {
    let bytes = files::read(path)?;
    let file: KeyFile =
        std::str::from_utf8(&bytes).map_err(fail).and_then(|text| toml::from_str(text).map_err(fail))?;
    let seed: Option<[u8; 32]> = unb64(&file.seed).and_then(|bytes| bytes.try_into().ok());
    let seed = seed.ok_or_else(|| fail(format!("{}: the seed is not 32 bytes in base64url", path.display())))?;
    Ok((file.name, SigningKey::from_bytes(&seed)))
}

/// A verifier key itself, or a file: see [`watched`].
fn read_log(log: &str) -> Result<Policy, Failure> {
    let text = match VerifierKey::parse(log) {
        Ok(_) => log.as_bytes().to_vec(),
        Err(_) => files::read(Path::new(log))?,
    };
    watched(&text).map_err(|why| fail(format!("{log}: {why}")))
}

async fn be_witness(args: &RunArgs, screen: Screen) -> Result<Report, Failure> {
    ::node::log_to_stderr(false);
    let (name, key) = read_key(&args.key_file)?;
    let logs = args.log.iter().map(|log| read_log(log)).collect::<Result<Vec<_>, _>>()?;
    let settings = WitnessSettings { listen: args.listen, name, key, logs, state: args.state.clone() };
    let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
    let serving = serve(settings).await.map_err(fail)?;
    screen.remark(&format!("{}  http://{}", serving.key.encode(), serving.address));
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(Report::done(json!({ "witness": serving.key.encode(), "stopped": true }), String::new()))
}
