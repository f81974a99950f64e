//! The steps after registration: confirm, reserve, pledge, repay, release.

use super::approval::{Approval, Terms};
use super::{Id, draft, step};
use crate::client::Client;
use crate::commands::get::segment;
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use chain_core::member::KeyUse;
use chain_core::types::{Currency, RecordId};
use contracts::dates::Date;
use contracts::finance::calls::{
    Capacity, ConfirmClear, Decision, Maker, PledgeClear, ReleaseClear, RepayClear, ReserveClear, Source,
};
use contracts::finance::wire::Salt;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ConfirmArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "SALT")]
    pub salt: String,
    #[arg(long = "as", value_name = "CAPACITY", default_value = "debtor")]
    pub capacity: As,
    #[arg(long)]
    pub reject: bool,
}

#[derive(Debug, clap::Args)]
pub struct ReserveArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "N")]
    pub minor: u64,
    #[arg(long, value_name = "SECONDS", default_value = "86400")]
    pub seconds: u64,
}

#[derive(Debug, clap::Args)]
pub struct PledgeArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "RECORD")]
    pub reservation: Id,
    #[arg(long, value_name = "N")]
    pub minor: u64,
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Date::parse)]
    pub until: Date,
    #[arg(long, value_name = "NO")]
    pub register_no: String,
    #[command(flatten)]
    pub hands: Hands,
}

#[derive(Debug, clap::Args)]
pub struct RepayArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "RECORD")]
    pub pledge: Id,
    #[arg(long, value_name = "N")]
    pub minor: u64,
    #[arg(long, value_name = "WHO")]
    pub source: Payer,
}

#[derive(Debug, clap::Args)]
pub struct ReleaseArgs {
    #[arg(value_name = "RECEIVABLE")]
    pub receivable: Id,
    #[arg(long, value_name = "RECORD")]
    pub encumbrance: Id,
    #[command(flatten)]
    pub hands: Hands,
}

/// Who signs first and who second. With `-o FILE` only the maker signs, into the file.
#[derive(Debug, clap::Args)]
pub struct Hands {
    #[arg(long, value_name = "KEY", conflicts_with = "maker_signature")]
    pub maker: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub checker: Option<String>,
    #[arg(long, value_name = "FILE")]
    pub maker_signature: Option<PathBuf>,
    #[arg(short = 'o', long, value_name = "FILE", conflicts_with_all = ["checker", "maker_signature"])]
    pub output: Option<PathBuf>,
}

/// [`Capacity`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum As {
    Debtor,
    Agent,
}

impl From<As> for Capacity {
    fn from(given: As) -> Capacity {
        match given {
            As::Debtor => Capacity::Debtor,
            As::Agent => Capacity::Agent,
        }
    }
}

/// [`Source`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Payer {
    Debtor,
    Borrower,
}

/// What a step needs to know of a receivable's state.
#[derive(Debug, Deserialize)]
struct Standing {
    currency: Currency,
    #[serde(default)]
    pledges: Vec<Pledged>,
}

#[derive(Debug, Deserialize)]
struct Pledged {
    id: RecordId,
    outstanding: u64,
    until: Date,
    register_no: String,
}

async fn standing(client: &Client, receivable: &RecordId) -> Result<Standing, Failure> {
    let value = client.get(&format!("/v1/receivables/{}", segment(&receivable.to_string())), &[]).await?;
    serde_json::from_value(value).map_err(|why| Failure::new("CLI-1202").with("url", client.url()).with("why", why))
}

/// The debtor, or a confirming agent, confirms or rejects with the salt that the creditor gave it.
pub async fn confirm(session: &Session, args: ConfirmArgs) -> Result<Report, Failure> {
    let salt = Salt::parse(&args.salt).ok_or_else(|| Failure::new("CLI-2005").with("what", "--salt").with("value", &args.salt))?;
    let receivable = args.receivable.0;
    let decision = if args.reject { Decision::Reject } else { Decision::Confirm };
    let body = ConfirmClear { receivable, decision, capacity: args.capacity.into(), salt };
    let draft = draft("finance.confirm/1", Some(&receivable), &body)?;
    Ok(step(session, draft, KeyUse::Record, None).await?.report(session))
}

/// A bank reserves part of the amount. The reservation's id is the record's.
pub async fn reserve(session: &Session, args: ReserveArgs) -> Result<Report, Failure> {
    let receivable = args.receivable.0;
    let body = ReserveClear { receivable, minor: args.minor, seconds: args.seconds };
    let draft = draft("finance.reserve/1", Some(&receivable), &body)?;
    Ok(step(session, draft, KeyUse::Record, None).await?.report(session))
}

/// Turns a reservation into a pledge.
pub async fn pledge(session: &Session, args: PledgeArgs) -> Result<Report, Failure> {
    let receivable = args.receivable.0;
    let standing = standing(&session.client().await?, &receivable).await?;
    let terms = Terms {
        ledger: session.founding()?.id,
        member: session.member()?,
        kind: "finance.pledge/1".into(),
        receivable,
        encumbrance: args.reservation.0,
        minor: args.minor,
        currency: standing.currency,
        until: args.until,
        register_no: args.register_no.clone(),
    };
    let Some(maker) = first_hand(session, &args.hands, &terms)? else { return made(session, &args.hands) };
    let body = PledgeClear {
        receivable,
        reservation: args.reservation.0,
        minor: args.minor,
        until: args.until,
        register_no: args.register_no,
        maker,
    };
    let draft = draft("finance.pledge/1", Some(&receivable), &body)?;
    Ok(step(session, draft, KeyUse::Checker, args.hands.checker.as_deref()).await?.report(session))
}

/// Books a payment on a pledge.
pub async fn repay(session: &Session, args: RepayArgs) -> Result<Report, Failure> {
    let receivable = args.receivable.0;
    let source = match args.source {
        Payer::Debtor => Source::Debtor,
        Payer::Borrower => Source::Borrower,
    };
    let body = RepayClear { receivable, pledge: args.pledge.0, minor: args.minor, source };
    let draft = draft("finance.repay/1", Some(&receivable), &body)?;
    Ok(step(session, draft, KeyUse::Record, None).await?.report(session))
}

/// Gives up a reservation, or releases a pledge: only that takes two signatures.
pub async fn release(session: &Session, args: ReleaseArgs) -> Result<Report, Failure> {
    let (receivable, encumbrance) = (args.receivable.0, args.encumbrance.0);
    let standing = standing(&session.client().await?, &receivable).await?;
    let pledge = standing.pledges.into_iter().find(|pledge| pledge.id == encumbrance);
    let Some(pledge) = pledge else {
        let draft = draft("finance.release/1", Some(&receivable), &ReleaseClear { receivable, encumbrance, maker: None })?;
        return Ok(step(session, draft, KeyUse::Record, None).await?.report(session));
    };
    let terms = Terms {
        ledger: session.founding()?.id,
        member: session.member()?,
        kind: "finance.release/1".into(),
        receivable,
        encumbrance,
        minor: pledge.outstanding,
        currency: standing.currency,
        until: pledge.until,
        register_no: pledge.register_no,
    };
    let Some(maker) = first_hand(session, &args.hands, &terms)? else { return made(session, &args.hands) };
    let draft =
        draft("finance.release/1", Some(&receivable), &ReleaseClear { receivable, encumbrance, maker: Some(maker) })?;
    Ok(step(session, draft, KeyUse::Checker, args.hands.checker.as_deref()).await?.report(session))
}

/// The maker's signature: from a file, or made here; none when it was made for another machine.
fn first_hand(session: &Session, hands: &Hands, terms: &Terms) -> Result<Option<Maker>, Failure> {
    if let Some(path) = &hands.maker_signature {
        return Ok(Some(Approval::read(path, terms)?.maker()));
    }
    let approval = Approval::sign(session, terms.clone(), hands.maker.as_deref())?;
    let Some(path) = &hands.output else { return Ok(Some(approval.maker())) };
    let text = serde_json::to_string_pretty(&approval)
        .map_err(|why| Failure::new("CLI-1002").with("path", path.display()).with("why", why))?;
    files::export(path, format!("{text}\n").as_bytes())?;
    Ok(None)
}

fn made(session: &Session, hands: &Hands) -> Result<Report, Failure> {
    let path = hands.output.clone().unwrap_or_default();
    let said = session.screen.say("receivable.approved", &[("path", &path.display())]);
    Ok(Report::done(json!({ "file": path }), said))
}
