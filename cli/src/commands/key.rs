//! `key`: keys of this member, at rest in the home folder and registered on the ledger.

use crate::clock;
use crate::deliver::{Plan, Sender};
use crate::failure::Failure;
use crate::files;
use crate::keyring::{Kdf, KeyFile, Seed, random};
use crate::outbox::Status;
use crate::report::{Report, table};
use crate::session::{Session, use_name};
use chain_core::keys::unb64;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::Kid;
use contracts::membership::calls::KeyCall;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The kind with which a member adds and revokes its own keys.
const KIND: &str = "member.key/1";

#[derive(Debug, clap::Subcommand)]
pub enum KeyCommand {
    New(NewArgs),
    List,
    Show(NameArgs),
    Import(ImportArgs),
    Register(RegisterArgs),
    Revoke(RevokeArgs),
    Rotate(RotateArgs),
}

#[derive(Debug, clap::Args)]
pub struct NewArgs {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(long = "use", value_name = "USES", value_delimiter = ',', default_value = "record,api")]
    pub uses: Vec<Use>,
}

#[derive(Debug, clap::Args)]
pub struct NameArgs {
    #[arg(value_name = "NAME")]
    pub name: String,
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long = "use", value_name = "USES", value_delimiter = ',', default_value = "record,api")]
    pub uses: Vec<Use>,
}

#[derive(Debug, clap::Args)]
pub struct RegisterArgs {
    #[arg(value_name = "NAME")]
    pub name: String,
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub wait: u64,
}

#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    #[arg(value_name = "NAME_OR_KID")]
    pub name: String,
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub wait: u64,
}

#[derive(Debug, clap::Args)]
pub struct RotateArgs {
    #[arg(value_name = "OLD")]
    pub old: String,
    #[arg(value_name = "NEW")]
    pub new: String,
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub wait: u64,
}

/// [`KeyUse`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Use {
    Record,
    Api,
    Maker,
    Checker,
    Attest,
}

impl From<Use> for KeyUse {
    fn from(given: Use) -> KeyUse {
        match given {
            Use::Record => KeyUse::Record,
            Use::Api => KeyUse::Api,
            Use::Maker => KeyUse::Maker,
            Use::Checker => KeyUse::Checker,
            Use::Attest => KeyUse::Attest,
        }
    }
}

/// Runs a key command.
pub async fn run(session: &Session, command: KeyCommand) -> Result<Report, Failure> {
    match command {
        KeyCommand::New(args) => {
            let seed = Zeroizing::new(random::<32>());
            let file = add(session, &args.name, args.uses.into_iter().map(KeyUse::from).collect(), &seed)?;
            Ok(made(session, &file))
        }
        KeyCommand::Import(args) => {
            let seed = read_seed(&args.file)?;
            let file = add(session, &args.name, args.uses.into_iter().map(KeyUse::from).collect(), &seed)?;
            Ok(made(session, &file))
        }
        KeyCommand::List => list(session),
        KeyCommand::Show(args) => {
            let file = session.keyring().read(&args.name)?;
            let value = public(&file);
            Ok(Report::document(value))
        }
        KeyCommand::Register(args) => {
            let file = session.keyring().read(&args.name)?;
            submit(session, vec![added(&file)?], signing(session, &file.uses), args.wait).await
        }
        KeyCommand::Revoke(args) => submit(session, vec![revoked(session, &args.name)?], KeyUse::Record, args.wait).await,
        KeyCommand::Rotate(args) => rotate(session, args).await,
    }
}

/// The public part, in the form in which a genesis or a proposal names a key.
fn public(file: &KeyFile) -> Value {
    json!({ "name": file.name, "kid": file.kid, "x": file.x, "uses": file.uses, "created": file.created })
}

fn add(session: &Session, name: &str, uses: BTreeSet<KeyUse>, seed: &Seed) -> Result<KeyFile, Failure> {
    let keyring = session.keyring();
    // Before the passphrase is asked for: a taken name is found out first.
    if keyring.path(name)?.exists() {
        return Err(Failure::new("CLI-1102").with("name", name));
    }
    let passphrase = session.passphrases.of_new_key(name)?;
    let file = KeyFile::seal(name, uses, seed, &passphrase, Kdf::recommended())?;
    keyring.add(&file)?;
    Ok(file)
}

fn made(session: &Session, file: &KeyFile) -> Report {
    let uses: Vec<&str> = file.uses.iter().map(|u| use_name(*u)).collect();
    let args: [(&str, &dyn std::fmt::Display); 4] =
        [("name", &file.name), ("kid", &file.kid), ("x", &file.x), ("uses", &uses.join(","))];
    Report::done(public(file), session.screen.say("key.made", &args))
}

fn list(session: &Session) -> Result<Report, Failure> {
    let keyring = session.keyring();
    let files = keyring.names()?.iter().map(|name| keyring.read(name)).collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() {
        return Ok(Report::done(json!([]), session.screen.say("key.none", &[])));
    }
    let rows: Vec<Vec<String>> = files
        .iter()
        .map(|file| {
            let uses: Vec<&str> = file.uses.iter().map(|u| use_name(*u)).collect();
            vec![file.name.clone(), uses.join(","), file.kid.to_string(), file.created.clone()]
        })
        .collect();
    Ok(Report::done(files.iter().map(public).collect(), table(&rows)))
}

/// Reads a seed: 32 raw bytes, 64 hexadecimal digits, base64url, or the `d` of a JWK (RFC 8037).
fn read_seed(path: &std::path::Path) -> Result<Seed, Failure> {
    let bytes = Zeroizing::new(files::read(path)?);
    if let Ok(raw) = <[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(Zeroizing::new(raw));
    }
    let wrong = || Failure::new("CLI-1110").with("path", path.display());
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?.trim();
    let jwk: Option<Value> = serde_json::from_str(text).ok();
    let text = match jwk.as_ref().and_then(Value::as_object) {
        Some(jwk) if jwk.get("crv").and_then(Value::as_str) == Some("Ed25519") => {
            jwk.get("d").and_then(Value::as_str).ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
        None => text,
    };
    let seed = hex::decode(text).ok().or_else(|| unb64(text)).map(Zeroizing::new).ok_or_else(wrong)?;
    Ok(Zeroizing::new(seed.as_slice().try_into().map_err(|_| wrong())?))
}

fn draft(call: &KeyCall) -> Result<RecordDraft, Failure> {
    let body = serde_json::to_value(call).map_err(|why| Failure::new("CLI-1304").with("why", why))?;
    let clear = body.as_object().cloned().unwrap_or_default();
    Ok(RecordDraft { kind: KIND.into(), objects: Vec::new(), at: clock::rfc3339(), clear, sealed: Vec::new() })
}

fn added(file: &KeyFile) -> Result<RecordDraft, Failure> {
    draft(&KeyCall::Add { x: file.x, uses: file.uses.clone() })
}

/// By name where the keyring has the key, else by its id: a lost key can be revoked too.
fn revoked(session: &Session, name: &str) -> Result<RecordDraft, Failure> {
    let kid = match session.keyring().read(name) {
        Ok(file) => file.kid,
        Err(failure) => Kid::parse(name).filter(|kid| kid.as_str().len() == 43).ok_or(failure)?,
    };
    draft(&KeyCall::Revoke { kid })
}

/// Who signs for a key: once a member has a checker, only the checker adds another key that moves money.
fn signing(session: &Session, uses: &BTreeSet<KeyUse>) -> KeyUse {
    if uses.iter().any(|one| one.moves_money()) && session.config.keys.checker.is_some() { KeyUse::Checker } else { KeyUse::Record }
}

async fn submit(session: &Session, drafts: Vec<RecordDraft>, signer: KeyUse, wait: u64) -> Result<Report, Failure> {
    let sender = Sender::new(session, signer, None)?;
    Ok(sender.deliver(&Plan::now(drafts, "key"), wait).await?.report(session))
}

/// Adds a new key and revokes the old one in one transaction, signed with the old record or checker's key; once it is
/// accepted the new name takes the old one's places in `config.toml`.
async fn rotate(session: &Session, args: RotateArgs) -> Result<Report, Failure> {
    let keyring = session.keyring();
    let old = keyring.read(&args.old)?;
    // After a failure the new key is there already: the same rotation goes on.
    let new = match keyring.path(&args.new)?.exists() {
        true => keyring.read(&args.new)?,
        false => add(session, &args.new, old.uses.clone(), &Zeroizing::new(random::<32>()))?,
    };
    let drafts = vec![added(&new)?, draft(&KeyCall::Revoke { kid: old.kid.clone() })?];
    let sender = Sender::new(session, signing(session, &new.uses), None)?;
    let delivered = sender.deliver(&Plan::now(drafts, "key"), args.wait).await?;
    let mut report = delivered.report(session);
    if delivered.outcome.status == Status::Accepted {
        let mut config = session.config.clone();
        if config.keys.rename(&args.old, &args.new) {
            session.home.save_config(&config)?;
        }
        let said = session.screen.say("key.rotated", &[("old", &args.old), ("new", &args.new)]);
        report.text.push_str(&format!("\n{said}"));
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
