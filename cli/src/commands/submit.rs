//! `submit FILE`: signs records into one transaction and sends it.

use crate::deliver::{Plan, Repeat, Sender};
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use chain_core::json;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::{Jti, MemberId};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct SubmitArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60", default_value = "0")]
    pub wait: u64,
    #[arg(long, value_name = "JTI")]
    pub jti: Option<String>,
}

/// The file: records in clear and sealed parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Request {
    records: Vec<Item>,
    #[serde(default)]
    sealed_to: Vec<MemberId>,
    #[serde(default)]
    jti: Option<Jti>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    kind: String,
    #[serde(default)]
    objects: Vec<String>,
    at: String,
    #[serde(default)]
    clear: Map<String, Value>,
    #[serde(default)]
    sealed: Map<String, Value>,
}

/// Reads a strict JSON file into a type; a fault is named with its place.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<T, Failure> {
    let bytes = files::read(path)?;
    json::parse(&bytes).and_then(|value| json::shape(value, "")).map_err(|why| {
        Failure::new("CLI-1003").with("path", path.display()).with("pointer", why.pointer).with("why", why.message)
    })
}

/// The same file submitted again is the same transaction, unless that was refused.
fn plan(request: Request, jti: Option<String>) -> Plan {
    let drafts = request
        .records
        .into_iter()
        .map(|item| RecordDraft {
            kind: item.kind,
            objects: item.objects,
            at: item.at,
            clear: item.clear,
            sealed: item.sealed.into_iter().collect(),
        })
        .collect();
    Plan::new(drafts, request.sealed_to, "sub", Repeat::AfterRefusal)
        .under(jti.or_else(|| request.jti.map(|jti| jti.to_string())))
}

/// Sends the file's records.
pub async fn run(session: &Session, args: SubmitArgs) -> Result<Report, Failure> {
    let plan = plan(read_json(&args.file)?, args.jti);
    let sender = Sender::new(session, KeyUse::Record, None)?;
    Ok(sender.deliver(&plan, args.wait).await?.report(session))
}
