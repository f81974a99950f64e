//! `list`: many things, page by page.

use crate::failure::Failure;
use crate::report::{Report, table};
use crate::session::Session;
use serde_json::{Value, json};

/// Items per request.
const PAGE: usize = 100;

#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[arg(value_name = "WHAT")]
    pub what: What,
    #[arg(long, value_name = "CODE")]
    pub object: Option<String>,
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    #[arg(long)]
    pub all: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    Records,
    Members,
    Blocks,
    Validators,
}

impl What {
    fn path(self) -> &'static str {
        match self {
            What::Records => "/v1/records",
            What::Members => "/v1/members",
            What::Blocks => "/v1/blocks",
            What::Validators => "/v1/validators",
        }
    }

    /// Fields shown to a person.
    fn columns(self) -> &'static [&'static str] {
        match self {
            What::Records => &["id", "kind", "issuer", "at", "height"],
            What::Members => &["id", "names", "roles", "since"],
            What::Blocks => &["height", "time", "proposer", "txs", "hash"],
            What::Validators => &["member", "vote", "log"],
        }
    }
}

/// Lists one page, or all with `--all`. Here `--member` says whose records: who asks is the configured member.
pub async fn run(session: &Session, args: ListArgs) -> Result<Report, Failure> {
    let filters = [
        ("object", args.object.clone()),
        ("member", session.member_flag().map(str::to_owned)),
        ("kind", args.kind.clone()),
        ("from", args.from.clone()),
        ("to", args.to.clone()),
    ];
    let query: Vec<(&str, String)> = filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    if args.what != What::Records && !query.is_empty() {
        return Err(Failure::new("CLI-2006").with("what", args.what.path().trim_start_matches("/v1/")));
    }
    let client = session.client_as(session.own_member()?).await?;
    let bar = session.screen.progress(0, "list.progress");
    let mut items: Vec<Value> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut page = query.clone();
        page.push(("perPage", PAGE.to_string()));
        page.extend(next.take().map(|token| ("nextPageToken", token)));
        let answer = client.get(args.what.path(), &page).await?;
        next = answer.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
        items.extend(page_items(answer));
        bar.set_length(items.len() as u64);
        bar.set_position(items.len() as u64);
        if next.is_none() || !args.all {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(show(session, args.what, items, next.is_some()))
}

/// The items of an answer: `{"items":[…]}`, or an array.
fn page_items(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(items) => items,
        Value::Object(mut fields) => match fields.remove("items") {
            Some(Value::Array(items)) => items,
            _ => vec![Value::Object(fields)],
        },
        _ => Vec::new(),
    }
}

fn show(session: &Session, what: What, items: Vec<Value>, more: bool) -> Report {
    let columns: Vec<&str> =
        what.columns().iter().copied().filter(|name| items.iter().any(|item| item.get(name).is_some())).collect();
    let mut rows = vec![columns.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    for item in &items {
        rows.push(columns.iter().map(|name| cell(session, name, item.get(name))).collect());
    }
    let mut text = if items.is_empty() { session.screen.say("list.empty", &[]) } else { table(&rows) };
    if more {
        text.push_str(&session.screen.say("list.more", &[("count", &items.len())]));
    }
    Report::done(json!(items), text)
}

fn cell(session: &Session, name: &str, value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if name == "txs" => items.len().to_string(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| cell(session, "", Some(item))).collect::<Vec<_>>().join(",")
        }
        Some(Value::Object(names)) if name == "names" => {
            let tag = session.screen.lang.tag();
            cell(session, "", names.get(tag).or_else(|| names.values().next()))
        }
        Some(value) => value.to_string(),
        None => String::new(),
    }
}
