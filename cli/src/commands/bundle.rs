//! `bundle`: fetches the evidence of a receivable, object or member, checks it offline, and writes it to a file.

use super::get::{segment, until_ready};
use crate::evidence;
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use crate::timestamp::Tokens;
use crate::wallet::Wallet;
use chain_core::bundle::{Bundle, VerifiedBundle, page};
use chain_core::types::LedgerId;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct BundleArgs {
    #[arg(value_name = "WHAT")]
    pub what: What,
    #[arg(value_name = "ID")]
    pub id: String,
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "N")]
    pub depth: Option<u8>,
    #[arg(long, value_name = "KEY")]
    pub state: Vec<String>,
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub open: Vec<String>,
    #[arg(long)]
    pub json_only: bool,
}

/// What a bundle can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    Receivable,
    Object,
    Member,
}

/// Fetches, opens what was asked to be opened, verifies, and only then writes.
pub async fn run(session: &Session, args: BundleArgs) -> Result<Report, Failure> {
    let ledger = session.founding()?.id;
    let (name, folder) = match args.what {
        What::Receivable => ("receivable", "receivables"),
        What::Object => ("object", "objects"),
        What::Member => ("member", "members"),
    };
    let mut query: Vec<(&str, String)> = args.state.iter().map(|key| ("state", key.clone())).collect();
    query.extend(args.depth.map(|depth| ("depth", depth.to_string())));
    let path = format!("/v1/{folder}/{}/bundle", segment(&args.id));
    let fetched = until_ready(&session.client().await?, &path, &query).await?;
    let (file, good) = finish(session, fetched.as_bytes(), &ledger, &args)?;
    let output = args.output.clone().unwrap_or_else(|| {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
        let id: String = args.id.chars().map(safe).collect();
        PathBuf::from(format!("{name}-{id}.{}", if args.json_only { "json" } else { "html" }))
    });
    files::export(&output, &file)?;
    let written = session.screen.say("get.written", &[("path", &output.display())]);
    let json = json!({
        "file": output, "bytes": file.len(), "height": good.height, "entries": good.entries.len(),
        "withheld": good.entries.iter().filter(|entry| entry.signed.is_none()).count(),
    });
    Ok(Report::done(json, format!("{}{written}", evidence::text(&session.screen, &good))))
}

/// The file to write, and what it proves.
fn finish(
    session: &Session,
    fetched: &[u8],
    ledger: &LedgerId,
    args: &BundleArgs,
) -> Result<(Vec<u8>, VerifiedBundle), Failure> {
    // What came is checked first, so that nothing is opened to a file that does not hold.
    let mut good = evidence::verify(&session.screen, fetched, ledger, &Tokens::default())?;
    let refused = |why: &str| Failure::new("CLI-3003").with("check", 9001).with("reason", why);
    let (mut bundle, _) = page::read(fetched).map_err(|error| refused(&error.to_string()))?;
    open(&mut bundle, &good, &session.wallet(), &args.open)?;
    let file = if args.json_only {
        bundle.to_bytes()
    } else {
        page::replace(fetched, &bundle).ok_or_else(|| refused("no page"))?
    };
    if file != fetched {
        good = evidence::verify(&session.screen, &file, ledger, &Tokens::default())?;
    }
    Ok((file, good))
}

/// Opens the named sealed fields of the records that the wallet knows; `all` names every field.
fn open(bundle: &mut Bundle, good: &VerifiedBundle, wallet: &Wallet, fields: &[String]) -> Result<(), Failure> {
    if fields.is_empty() {
        return Ok(());
    }
    let all = fields.iter().any(|field| field == "all");
    let mut opened = BTreeSet::new();
    for (entry, verified) in bundle.entries.iter_mut().zip(&good.entries) {
        for record in &mut entry.records {
            let id = chain_core::types::RecordId { tx: verified.transaction, index: record.index };
            let held = match wallet.disclosures(&id, &[]) {
                Ok(held) => held,
                // Somebody else's record, or one without sealed fields.
                Err(failure) if failure.code() == "CLI-1305" => continue,
                Err(failure) => return Err(failure),
            };
            for (name, disclosure) in held {
                if all || fields.contains(&name) {
                    record.sealed.push(disclosure);
                    opened.insert(name);
                }
            }
        }
    }
    match fields.iter().find(|field| *field != "all" && !opened.contains(*field)) {
        Some(field) => Err(Failure::new("CLI-1306").with("record", "bundle").with("field", field)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
