//! `get`: one thing by its id.

use crate::client::{Answer, Client};
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use serde_json::{Value, json};
use std::path::PathBuf;
use tokio::time::{Duration, Instant, sleep};

/// A receipt waits for a checkpoint at most this long: validators sign one every 60 s when idle.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(90);

#[derive(Debug, clap::Args)]
pub struct GetArgs {
    #[arg(value_name = "WHAT")]
    pub what: What,
    #[arg(value_name = "ID", required_if_eq_any = [("what", "tx"), ("what", "record"), ("what", "receipt"), ("what", "state"), ("what", "block"), ("what", "member")])]
    pub id: Option<String>,
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[arg(long, value_name = "N", default_value = "0")]
    pub record: u16,
    #[arg(long, value_name = "HEIGHT")]
    pub height: Option<u64>,
    #[arg(long)]
    pub raw: bool,
}

/// What can be had by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    Tx,
    Record,
    Receipt,
    State,
    Block,
    Member,
    Checkpoint,
}

/// A path segment with everything but unreserved characters escaped (RFC 3986, section 2.3), and `:`.
pub fn segment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Fetches it, and shows it or writes it to `-o FILE`.
pub async fn run(session: &Session, args: GetArgs) -> Result<Report, Failure> {
    let (value, text) = fetch(session, &args).await?;
    let text = match text {
        Some(text) => text,
        None => format!("{}\n", serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string())),
    };
    let Some(path) = &args.output else { return Ok(Report::done(value, text)) };
    files::export(path, text.as_bytes())?;
    let written = session.screen.say("get.written", &[("path", &path.display())]);
    Ok(Report::done(json!({ "file": path, "bytes": text.len() }), written))
}

async fn fetch(session: &Session, args: &GetArgs) -> Result<(Value, Option<String>), Failure> {
    let wrap = |name: &str, text: String| (json!({ name: text }), Some(text));
    if args.what == What::Checkpoint {
        return Ok(wrap("checkpoint", session.public_client()?.checkpoint().await?));
    }
    let id = segment(args.id.as_deref().unwrap_or_default());
    let client = session.client().await?;
    let path = match args.what {
        What::Tx if args.raw => return Ok(wrap("raw", until_ready(&client, &format!("/v1/transactions/{id}/raw"), &[]).await?)),
        What::Tx => format!("/v1/transactions/{id}"),
        What::Receipt => {
            let (tx, record) = match id.split_once(':') {
                Some((tx, record)) => (tx.to_owned(), record.to_owned()),
                None => (id, args.record.to_string()),
            };
            let path = format!("/v1/transactions/{tx}/receipt");
            return Ok(wrap("receipt", until_ready(&client, &path, &[("record", record)]).await?));
        }
        What::State => {
            let mut query = vec![("key", args.id.clone().unwrap_or_default())];
            query.extend(args.height.map(|height| ("height", height.to_string())));
            return Ok((client.get("/v1/state", &query).await?, None));
        }
        What::Record => format!("/v1/records/{id}"),
        What::Block => format!("/v1/blocks/{id}"),
        What::Member | What::Checkpoint => format!("/v1/members/{id}"),
    };
    Ok((client.get(&path, &[]).await?, None))
}

/// Asks until a checkpoint covers what is asked.
pub async fn until_ready(client: &Client, path: &str, query: &[(&str, String)]) -> Result<String, Failure> {
    let deadline = Instant::now() + CHECKPOINT_WAIT;
    loop {
        match client.get_text(path, query).await? {
            Answer::Ready(text) => return Ok(text),
            Answer::Later(pause) if Instant::now() + pause < deadline => sleep(pause).await,
            Answer::Later(_) => return Err(Failure::new("CLI-1204")),
        }
    }
}

#[cfg(test)]
mod tests;
