//! `status`: where the node stands, compared with what this client has seen of the ledger before.

use crate::client::NodeStatus;
use crate::clock;
use crate::failure::Failure;
use crate::files;
use crate::report::{Report, table};
use crate::session::Session;
use serde_json::{Value, json};

/// The first three lines of a checkpoint (C2SP tlog-checkpoint): origin, size, root.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    origin: String,
    size: u64,
    root: String,
}

impl Seen {
    fn read(text: &str) -> Option<Seen> {
        let mut lines = text.lines();
        let origin = lines.next()?.to_owned();
        let size = lines.next()?.parse().ok()?;
        Some(Seen { origin, size, root: lines.next()?.to_owned() })
    }
}

/// How a checkpoint relates to the last one seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    First,
    Same,
    Grown,
    /// The node is behind what was seen: it catches up, or somebody shows an old copy.
    Behind,
}

/// Compares; a log that changed at the same size, or another log, is a failed verification.
fn compare(before: Option<&Seen>, now: &Seen) -> Result<Relation, Failure> {
    let Some(before) = before else { return Ok(Relation::First) };
    let conflict = Failure::new("CLI-3002")
        .with("before", format!("{} {} {}", before.origin, before.size, before.root))
        .with("now", format!("{} {} {}", now.origin, now.size, now.root));
    match now.size.cmp(&before.size) {
        _ if now.origin != before.origin => Err(conflict),
        std::cmp::Ordering::Equal if now.root != before.root => Err(conflict),
        std::cmp::Ordering::Equal => Ok(Relation::Same),
        std::cmp::Ordering::Greater => Ok(Relation::Grown),
        std::cmp::Ordering::Less => Ok(Relation::Behind),
    }
}

/// Asks the node and remembers its checkpoint.
pub async fn run(session: &Session) -> Result<Report, Failure> {
    let client = session.public_client()?;
    let status = client.status().await?;
    // Without a genesis any ledger may be looked at; with one only that ledger.
    if session.genesis_path().is_ok() {
        let ours = session.founding()?.id;
        if ours != status.ledger {
            return Err(Failure::new("CLI-3001").with("ours", ours).with("theirs", status.ledger));
        }
    }
    let (relation, checkpoint) = match client.checkpoint().await {
        Ok(text) => {
            let now = Seen::read(&text)
                .filter(|seen| seen.origin == status.origin)
                .ok_or_else(|| Failure::new("CLI-1202").with("url", client.url()).with("why", "checkpoint"))?;
            let path = session.home.last_checkpoint();
            let before = files::read_if_present(&path)?.and_then(|b| Seen::read(&String::from_utf8_lossy(&b)));
            let relation = compare(before.as_ref(), &now)?;
            if matches!(relation, Relation::First | Relation::Grown) {
                files::make_folder(session.home.path())?;
                files::replace(&path, text.as_bytes())?;
            }
            (Some(relation), Some(now))
        }
        // No checkpoint has been signed yet.
        Err(Failure::Node(problem)) if problem.status == 404 => (None, None),
        Err(failure) => return Err(failure),
    };
    Ok(show(session, client.url(), &status, relation, checkpoint.as_ref()))
}

fn show(session: &Session, url: &str, status: &NodeStatus, relation: Option<Relation>, seen: Option<&Seen>) -> Report {
    let say = |key: &str| session.screen.say(key, &[]);
    let key = match relation {
        None => "status.none",
        Some(Relation::First) => "status.first",
        Some(Relation::Same) => "status.same",
        Some(Relation::Grown) => "status.grown",
        Some(Relation::Behind) => "status.behind",
    };
    let time = match &status.time {
        Value::Number(millis) => millis.as_u64().map_or_else(|| millis.to_string(), clock::of_millis),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows = [
        ("status.node", format!("{url} {} {}", status.node, status.role)),
        ("status.ledger", format!("{} {}", status.origin, status.ledger)),
        ("status.height", status.height.to_string()),
        ("status.time", time),
        ("status.log", format!("{} / {}", status.checkpoint_size, status.log_size)),
        ("status.validators", status.validators.to_string()),
        ("status.version", status.version.clone()),
        ("status.checkpoint", say(key)),
    ]
    .map(|(name, value)| vec![say(name), value]);
    let mut json = serde_json::to_value(status).unwrap_or_default();
    json["checkpoint"] = match seen {
        Some(seen) => json!({ "size": seen.size, "root": seen.root, "comparison": key.trim_start_matches("status.") }),
        None => Value::Null,
    };
    Report::done(json, table(&rows))
}

#[cfg(test)]
mod tests;
