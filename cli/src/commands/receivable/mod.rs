//! `receivable`: the life of a receivable, from its registration to its release.
//!
//! [`register`] is for the creditor and its registrar, [`steps`] for the debtor and the bank; to present
//! sealed fields and to check stand here.

mod approval;
mod register;
mod steps;

use crate::deliver::{Delivered, Plan, Sender};
use crate::failure::Failure;
use crate::report::{Colour, Report, table};
use crate::session::Session;
use crate::{clock, commands::get::segment};
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::RecordId;
use contracts::finance::form::object_code;
use serde::Serialize;
use serde_json::{Value, json};

/// How long a step's outcome is waited for, seconds.
const WAIT: u64 = 60;

#[derive(Debug, clap::Subcommand)]
pub enum ReceivableCommand {
    Register(register::RegisterArgs),
    Attest(register::AttestArgs),
    Present(PresentArgs),
    Confirm(steps::ConfirmArgs),
    Check(CheckArgs),
    Reserve(steps::ReserveArgs),
    Pledge(steps::PledgeArgs),
    Repay(steps::RepayArgs),
    Release(steps::ReleaseArgs),
}

#[derive(Debug, clap::Args)]
pub struct PresentArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub fields: Vec<String>,
    #[arg(long, value_name = "RECORD", num_args = 1..)]
    pub also: Vec<Id>,
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
}

/// A record id on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub RecordId);

impl std::str::FromStr for Id {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Id, &'static str> {
        RecordId::parse(text).map(Id).ok_or("<64 hex>:<index>")
    }
}

/// Runs a receivable command.
pub async fn run(session: &Session, command: ReceivableCommand) -> Result<Report, Failure> {
    match command {
        ReceivableCommand::Register(args) => register::register(session, args).await,
        ReceivableCommand::Attest(args) => register::attest(session, args).await,
        ReceivableCommand::Present(args) => present(session, args).await,
        ReceivableCommand::Confirm(args) => steps::confirm(session, args).await,
        ReceivableCommand::Check(args) => check(session, args).await,
        ReceivableCommand::Reserve(args) => steps::reserve(session, args).await,
        ReceivableCommand::Pledge(args) => steps::pledge(session, args).await,
        ReceivableCommand::Repay(args) => steps::repay(session, args).await,
        ReceivableCommand::Release(args) => steps::release(session, args).await,
    }
}

/// A finance record about a receivable, of now. It names no object but the receivable.
fn draft(kind: &str, about: Option<&RecordId>, body: &impl Serialize) -> Result<RecordDraft, Failure> {
    let body = serde_json::to_value(body).map_err(|why| Failure::new("CLI-1304").with("why", why))?;
    Ok(RecordDraft {
        kind: kind.to_owned(),
        objects: about.map(object_code).into_iter().collect(),
        at: clock::rfc3339(),
        clear: body.as_object().cloned().unwrap_or_default(),
        sealed: Vec::new(),
    })
}

/// Sends one finance record, signed for a purpose with the session's key or the one named.
async fn step(session: &Session, draft: RecordDraft, purpose: KeyUse, key: Option<&str>) -> Result<Delivered, Failure> {
    let sender = Sender::new(session, purpose, key)?;
    sender.deliver(&Plan::now(vec![draft], "rcv"), WAIT).await
}

/// Hands sealed fields from the wallet to the node given, for its operator's checks.
async fn present(session: &Session, args: PresentArgs) -> Result<Report, Failure> {
    let wallet = session.wallet();
    // All are looked up before any is handed out.
    let mut parts = vec![(args.receivable.0, wallet.disclosures(&args.receivable.0, &args.fields)?)];
    for Id(record) in args.also {
        parts.push((record, wallet.disclosures(&record, &[])?));
    }
    let client = session.client().await?;
    let mut shown = Vec::new();
    let mut text = String::new();
    for (record, disclosures) in parts {
        let (names, disclosures): (Vec<String>, Vec<String>) = disclosures.into_iter().unzip();
        let body = json!({ "record": record, "disclosures": disclosures });
        let answer = client.post("/v1/disclosures", &body).await?;
        let args: [(&str, &dyn std::fmt::Display); 3] =
            [("record", &record), ("fields", &names.join(", ")), ("url", &client.url())];
        text.push_str(&session.screen.say("receivable.presented", &args));
        text.push('\n');
        shown.push(answer);
    }
    Ok(Report::done(json!({ "presented": shown }), text))
}

/// The node's verdict on a receivable with a reason per check; exit code 1 when it failed.
async fn check(session: &Session, args: CheckArgs) -> Result<Report, Failure> {
    let client = session.client().await?;
    let path = format!("/v1/receivables/{}/check", segment(&args.receivable.0.to_string()));
    let verdict = client.get(&path, &[]).await?;
    verdict_report(session, verdict).ok_or_else(|| Failure::new("CLI-1202").with("url", client.url()).with("why", "verdict"))
}

fn verdict_report(session: &Session, value: Value) -> Option<Report> {
    let screen = session.screen;
    let mark = |verdict: &str| {
        let (colour, key) = match verdict {
            "pass" => (Colour::Green, "verdict.pass"),
            "warn" => (Colour::Yellow, "verdict.warn"),
            "fail" => (Colour::Red, "verdict.fail"),
            _ => return None,
        };
        Some(screen.paint(colour, &screen.say(key, &[])))
    };
    let overall = value.get("verdict")?.as_str()?.to_owned();
    let mut rows = Vec::new();
    for check in value.get("checks")?.as_array()? {
        let reason = check.get("reason")?;
        let sentence = reason.get(screen.lang.tag()).or_else(|| reason.get("en")).and_then(Value::as_str).unwrap_or_default();
        let code = reason.get("code").map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned));
        rows.push(vec![
            mark(check.get("verdict")?.as_str()?)?,
            check.get("name")?.as_str()?.to_owned(),
            code.unwrap_or_default(),
            sentence.to_owned(),
        ]);
    }
    let height = value.get("height").map(Value::to_string).unwrap_or_default();
    let args: [(&str, &dyn std::fmt::Display); 3] = [
        ("receivable", &value.get("receivable").and_then(Value::as_str).unwrap_or_default()),
        ("height", &height),
        ("verdict", &mark(&overall)?),
    ];
    let text = format!("{}{}", table(&rows), screen.say("receivable.verdict", &args));
    Some(Report { json: value, text, exit: u8::from(overall == "fail") })
}

#[cfg(test)]
mod tests;
