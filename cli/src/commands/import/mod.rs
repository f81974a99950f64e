//! `import`: documents in the formats of customs and GS1 become records.

mod readers;

use crate::commands::get::segment;
use crate::deliver::{Delivered, JTI_TAKEN, Plan, Repeat, Sender};
use crate::failure::{Failure, Problem};
use crate::files;
use crate::outbox::Status;
use crate::report::Report;
use crate::session::Session;
use chain_core::hash::Hash;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::MemberId;
use readers::{Finding, Format, Parsed};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Records per transaction.
const MOST_RECORDS: usize = 100;
/// Bytes per transaction, as [`size`] reckons them.
const MOST_BYTES: usize = 200 * 1024;
/// A node's code for a record that the member's roles may not write.
const NOT_YOUR_ROLE: &str = "TX-1105";
/// How long a transaction's outcome is waited for, seconds.
const WAIT: u64 = 60;

#[derive(Debug, clap::Subcommand)]
pub enum ImportCommand {
    Ceb(ImportArgs),
    Epcis(ImportArgs),
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub sealed_to: Vec<String>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq)]
struct Fate {
    path: PathBuf,
    imported: usize,
    already: usize,
    refused: usize,
    warnings: Vec<Finding>,
    errors: Vec<Finding>,
}

/// Imports files and folders; exit code 1 when any file was refused, while the others are imported.
pub async fn run(session: &Session, command: ImportCommand) -> Result<Report, Failure> {
    let (format, args) = match command {
        ImportCommand::Ceb(args) => (Format::Ceb, args),
        ImportCommand::Epcis(args) => (Format::Epcis, args),
    };
    let paths = expand(&args.files, format)?;
    let sealed_to = args
        .sealed_to
        .iter()
        .map(|id| MemberId::parse(id).ok_or_else(|| Failure::new("CLI-2005").with("what", "member").with("value", id)))
        .collect::<Result<Vec<_>, _>>()?;
    let sender = Sender::new(session, KeyUse::Record, None)?;
    let bar = session.screen.progress(paths.len() as u64, "import.progress");
    let mut fates = Vec::with_capacity(paths.len());
    for path in paths {
        let fate = import(session, &sender, &path, format, &sealed_to).await?;
        bar.suspend(|| announce(session, &fate));
        fates.push(fate);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(summary(session, &fates))
}

/// Files as given, and those of folders, in order of their names.
fn expand(given: &[PathBuf], format: Format) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in given {
        if path.is_dir() {
            let before = found.len();
            descend(path, format, &mut found)?;
            found[before..].sort();
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        return Err(Failure::new("CLI-1403").with("extension", format.extensions().join(", ")));
    }
    Ok(found)
}

fn descend(folder: &Path, format: Format, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |why: std::io::Error| Failure::new("CLI-1001").with("path", folder.display()).with("why", why);
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
        let fits = path
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| format.extensions().iter().any(|known| e.eq_ignore_ascii_case(known)));
        // Links are not followed: they could lead back here.
        if kind.is_dir() {
            descend(&path, format, found)?;
        } else if kind.is_file() && fits {
            found.push(path);
        }
    }
    Ok(())
}

async fn import(
    session: &Session,
    sender: &Sender,
    path: &Path,
    format: Format,
    sealed_to: &[MemberId],
) -> Result<Fate, Failure> {
    let mut fate =
        Fate { path: path.to_owned(), imported: 0, already: 0, refused: 0, warnings: Vec::new(), errors: Vec::new() };
    let bytes = match files::read(path) {
        Ok(bytes) => bytes,
        Err(failure) => {
            fate.errors.push(Finding::of(&failure, session.screen.lang));
            return Ok(fate);
        }
    };
    let Parsed { drafts, warnings } = match readers::read(format, &bytes) {
        Ok(parsed) => parsed,
        Err(errors) => {
            fate.errors = errors;
            return Ok(fate);
        }
    };
    fate.warnings = warnings;
    let chunks = match chunks(drafts) {
        Ok(chunks) => chunks,
        Err(failure) => {
            fate.errors.push(Finding::of(&failure, session.screen.lang));
            return Ok(fate);
        }
    };
    for (number, drafts) in chunks.into_iter().enumerate() {
        let count = drafts.len();
        let plan = Plan::new(drafts, sealed_to.to_vec(), "imp", Repeat::Never).under(Some(jti(&bytes, number)));
        match sender.deliver(&plan, WAIT).await {
            Ok(delivered) => fate.count(session, &delivered),
            Err(Failure::Node(problem)) if problem.code == JTI_TAKEN => earlier(session, &mut fate, count, &problem).await,
            // What concerns this document alone stops this document alone.
            Err(Failure::Node(problem)) if matches!(problem.status, 400 | 413 | 422) || problem.code == NOT_YOUR_ROLE => {
                fate.refused += count;
                fate.errors.push(Finding::of(&Failure::Node(problem), session.screen.lang));
                break;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(fate)
}

/// The same file is the same transactions for ever: importing it again changes nothing.
fn jti(bytes: &[u8], chunk: usize) -> String {
    format!("imp-{}-{chunk}", &Hash::of(bytes).to_hex()[..40])
}

/// The outbox was lost and the records were signed afresh: the node names what it has from before.
async fn earlier(session: &Session, fate: &mut Fate, count: usize, problem: &Problem) {
    let first = problem.transaction().unwrap_or_default();
    // Whoever may not ask (no API key here) learns only that it was sent before.
    let known = match session.client().await {
        Ok(client) => client.get(&format!("/v1/transactions/{}", segment(first)), &[]).await.unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let text = |name: &str| known.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if text("status") == "refused" {
        fate.refused += count;
        fate.errors.push(Finding { code: text("code"), place: first.to_owned(), message: text("message") });
    } else {
        fate.already += count;
    }
}

impl Fate {
    fn failed(&self) -> bool {
        !self.errors.is_empty()
    }

    fn count(&mut self, session: &Session, delivered: &Delivered) {
        let text = |name: &str| delivered.outcome.rest.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match delivered.outcome.status {
            Status::Accepted if delivered.before => self.already += delivered.records,
            Status::Accepted => self.imported += delivered.records,
            Status::Refused => {
                self.refused += delivered.records;
                let place = match delivered.outcome.rest.get("record").and_then(Value::as_u64) {
                    Some(record) => format!("{}:{record}", delivered.outcome.id),
                    None => delivered.outcome.id.to_string(),
                };
                self.errors.push(Finding { code: text("code"), place, message: text("message") });
            }
            Status::Pending => {
                let failure = Failure::new("CLI-1205").with("id", delivered.outcome.id);
                self.errors.push(Finding::of(&failure, session.screen.lang));
            }
        }
    }
}

/// What a record adds to a transaction, in bytes: its disclosure in base64 and its digest in the claims.
fn size(draft: &RecordDraft) -> usize {
    let objects: usize = draft.objects.iter().map(|code| code.len() + 3).sum();
    let clear = Value::Object(draft.clear.clone()).to_string().len();
    let json = draft.kind.len() + draft.at.len() + objects + clear + draft.sealed.len() * 46 + 100;
    json.div_ceil(3) * 4 + 80
}

/// Groups records in their order: as many as fit one transaction, the same for the same document always.
fn chunks(drafts: Vec<RecordDraft>) -> Result<Vec<Vec<RecordDraft>>, Failure> {
    let mut all: Vec<Vec<RecordDraft>> = Vec::new();
    let mut room = 0;
    for (index, draft) in drafts.into_iter().enumerate() {
        let bytes = size(&draft);
        if bytes > MOST_BYTES {
            return Err(Failure::new("CLI-1402").with("index", index).with("bytes", bytes).with("most", MOST_BYTES));
        }
        match all.last_mut() {
            Some(chunk) if chunk.len() < MOST_RECORDS && bytes <= room => {
                chunk.push(draft);
                room -= bytes;
            }
            _ => {
                all.push(vec![draft]);
                room = MOST_BYTES - bytes;
            }
        }
    }
    Ok(all)
}

fn announce(session: &Session, fate: &Fate) {
    let path = fate.path.display();
    let line = |key: &str, finding: &Finding| {
        let args: [(&str, &dyn std::fmt::Display); 4] =
            [("path", &path), ("code", &finding.code), ("place", &finding.place), ("message", &finding.message)];
        session.screen.remark(&session.screen.say(key, &args));
    };
    fate.errors.iter().for_each(|finding| line("import.error", finding));
    fate.warnings.iter().for_each(|finding| line("import.warning", finding));
}

fn summary(session: &Session, fates: &[Fate]) -> Report {
    let sum = |count: fn(&Fate) -> usize| fates.iter().map(count).sum::<usize>();
    let (imported, already, refused) = (sum(|f| f.imported), sum(|f| f.already), sum(|f| f.refused));
    let failed = fates.iter().filter(|fate| fate.failed()).count();
    let args: [(&str, &dyn std::fmt::Display); 5] = [
        ("files", &fates.len()),
        ("imported", &imported),
        ("already", &already),
        ("refused", &refused),
        ("failed", &failed),
    ];
    let text = session.screen.say("import.summary", &args);
    let files: Vec<Value> = fates
        .iter()
        .map(|f| {
            json!({ "file": f.path, "imported": f.imported, "already": f.already, "refused": f.refused,
                "errors": f.errors, "warnings": f.warnings })
        })
        .collect();
    let json = json!({ "files": files, "imported": imported, "already": already, "refused": refused, "filesRefused": failed });
    Report { json, text, exit: u8::from(failed > 0) }
}

#[cfg(test)]
mod tests;
