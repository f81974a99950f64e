//! What `verify` remembers: the checkpoints that it has verified of each ledger. `PROOFS.md`, "Memory".
//!
//! A folder for each ledger holds one file for each checkpoint that is not yet known to lie under another. Of one size
//! there can be one root only; of several sizes each must contain those before. Hash tiles of a node show that, and
//! are believed where they give the root of the largest checkpoint. Then this one alone is kept.

use crate::client::Client;
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use chain_core::bundle::page;
use chain_core::genesis::Founding;
use chain_core::log::merkle::root_at;
use chain_core::log::tiles::{TileKind, TileTree, parse_hash_tile, root_tiles};
use chain_core::log::{Checkpoint, SignedCheckpoint, TlogProof};
use chain_core::receipt::{Handover, Trust, Vouched};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

/// A node is given this long to link checkpoints: the file has been verified without it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Checkpoints kept of a ledger while none is linked with another.
const KEPT: usize = 64;

/// Checkpoints by size.
type Known = BTreeMap<u64, SignedCheckpoint>;

/// How a verified checkpoint stands to those seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Relation {
    First,
    Same,
    Consistent,
    Unproven(&'static str),
}

/// The checkpoint of a verified file: a receipt, a state proof, a bundle, or the page that a bundle comes in.
fn checkpoint_of(file: &[u8]) -> Option<SignedCheckpoint> {
    let text = if page::looks_like_one(file) {
        page::read(file).ok()?.0.checkpoint
    } else if file.starts_with(b"{") {
        serde_json::from_slice::<Value>(file).ok()?.get("checkpoint")?.as_str()?.to_owned()
    } else {
        return TlogProof::parse(file).ok().map(|proof| proof.checkpoint().clone());
    };
    SignedCheckpoint::parse(text.as_bytes()).ok()
}

/// Holds the checkpoint of a file that was verified against those seen before, and adds to the report what came of it.
///
/// # Errors
/// `CLI-3005`, exit code 3: they contradict each other. Both are kept as evidence.
pub async fn remember(
    session: &Session,
    founding: &Founding,
    file: &[u8],
    offline: bool,
    mut report: Report,
) -> Result<Report, Failure> {
    let Some(checkpoint) = checkpoint_of(file) else { return Ok(report) };
    let memory = Memory { folder: session.home.seen(&founding.id), trust: Trust::in_genesis(founding) };
    let size = checkpoint.checkpoint().size();
    let known = memory.read()?;
    let largest = known.keys().next_back().copied();
    let client = match offline {
        true => None,
        false => session.public_client().ok(),
    };
    let relation = match memory.judge(known, checkpoint, client.as_ref()).await {
        // The file has been verified, whatever becomes of the memory.
        Err(failure) if failure.exit() != 3 => {
            let why = failure.sentence(session.screen.lang);
            report.text = format!("{}\n{}", report.text, session.screen.say("seen.unwritable", &[("why", &why)]));
            report.json["memory"] = json!({ "comparison": "unwritable", "size": size, "why": why });
            return Ok(report);
        }
        judged => judged?,
    };
    let url = client.as_ref().map_or("", Client::url);
    let screen = session.screen;
    let (key, sentence) = match relation {
        Relation::First => ("first", screen.say("seen.first", &[])),
        Relation::Same => ("same", screen.say("seen.same", &[])),
        Relation::Consistent => ("consistent", screen.say("seen.consistent", &[("url", &url)])),
        Relation::Unproven(why) => {
            let args: [(&str, &dyn std::fmt::Display); 2] =
                [("size", &largest.unwrap_or_default()), ("why", &screen.say(why, &[]))];
            ("unproven", screen.say("seen.unproven", &args))
        }
    };
    report.text = format!("{}\n{sentence}", report.text);
    let older = largest.filter(|largest| *largest > size);
    if let Some(largest) = older {
        report.text = format!("{}\n{}", report.text, screen.say("seen.older", &[("size", &largest)]));
    }
    report.json["memory"] = json!({ "comparison": key, "size": size, "seen": largest, "older": older.is_some() });
    if let Relation::Unproven(why) = relation {
        report.json["memory"]["why"] = why.trim_start_matches("seen.").into();
    }
    Ok(report)
}

/// The hashes that give the roots of some sizes, from a node with a log of `log` leaves.
async fn tiles(client: &Client, sizes: impl Iterator<Item = u64>, log: u64) -> Result<TileTree, Failure> {
    let mut tree = TileTree::default();
    for size in sizes {
        for tile in root_tiles(size, log).unwrap_or_default() {
            let TileKind::Hashes(level) = tile.kind() else { continue };
            if tree.tile(level, tile.index()).is_none() {
                let bytes = client.file(&format!("/tlog/{tile}")).await?.unwrap_or_default();
                // A tile that cannot be read is one that gives no root.
                tree.insert(level, tile.index(), parse_hash_tile(&bytes, tile.width()).unwrap_or_default());
            }
        }
    }
    Ok(tree)
}

struct Memory {
    folder: PathBuf,
    trust: Trust,
}

impl Memory {
    fn read(&self) -> Result<Known, Failure> {
        let mut known = Known::new();
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(known) };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            // What this program did not write whole is none of its memory.
            if let Ok(checkpoint) = SignedCheckpoint::parse(&files::read(&path)?) {
                known.insert(checkpoint.checkpoint().size(), checkpoint);
            }
        }
        Ok(known)
    }

    fn file(&self, checkpoint: &Checkpoint) -> PathBuf {
        self.folder.join(checkpoint.size().to_string())
    }

    async fn judge(
        &self,
        mut known: Known,
        new: SignedCheckpoint,
        client: Option<&Client>,
    ) -> Result<Relation, Failure> {
        let size = new.checkpoint().size();
        if let Some(old) = known.get(&size) {
            return match old.checkpoint().root() == new.checkpoint().root() {
                true if known.len() == 1 => Ok(Relation::Same),
                true => self.link(known, client).await,
                false => Err(self.contradiction(old, &new)?),
            };
        }
        let first = known.is_empty();
        known.insert(size, new.clone());
        self.write(&new)?;
        if first {
            return Ok(Relation::First);
        }
        while known.len() > KEPT {
            // The oldest hold most of the past, the newest is the one to compare with next.
            let Some(spare) = known.keys().rev().nth(1).copied() else { break };
            known.remove(&spare);
            files::remove(&self.folder.join(spare.to_string()))?;
        }
        self.link(known, client).await
    }

    /// Has a node show that all of them are of one log; then keeps the largest.
    async fn link(&self, mut known: Known, client: Option<&Client>) -> Result<Relation, Failure> {
        let Some(client) = client else { return Ok(Relation::Unproven("seen.offline")) };
        let Ok(Ok(newest)) = timeout(PATIENCE, self.newest(client)).await else {
            return Ok(Relation::Unproven("seen.unreachable"));
        };
        let size = newest.checkpoint().size();
        if let Some(same) = known.get(&size)
            && same.checkpoint().root() != newest.checkpoint().root()
        {
            return Err(self.contradiction(same, &newest)?);
        }
        known.entry(size).or_insert(newest);
        let Some((_, largest)) = known.last_key_value().filter(|(largest, _)| **largest == size) else {
            return Ok(Relation::Unproven("seen.behind"));
        };
        let Ok(Ok(tree)) = timeout(PATIENCE, tiles(client, known.keys().copied(), size)).await else {
            return Ok(Relation::Unproven("seen.unreachable"));
        };
        let root = |checkpoint: &SignedCheckpoint| root_at(&tree, checkpoint.checkpoint().size());
        if root(largest) != Ok(largest.checkpoint().root()) {
            return Ok(Relation::Unproven("seen.tiles"));
        }
        for checkpoint in known.values() {
            match root(checkpoint) {
                Ok(root) if root == checkpoint.checkpoint().root() => {}
                Ok(_) => return Err(self.contradiction(checkpoint, largest)?),
                Err(_) => return Ok(Relation::Unproven("seen.tiles")),
            }
        }
        self.write(largest)?;
        for size in known.keys().rev().skip(1) {
            files::remove(&self.folder.join(size.to_string()))?;
        }
        Ok(Relation::Consistent)
    }

    /// The node's newest checkpoint, where its validators vouch for it.
    async fn newest(&self, client: &Client) -> Result<SignedCheckpoint, Failure> {
        let unreadable = |why: String| Failure::new("CLI-1202").with("url", client.url()).with("why", why);
        let text = client.file("/tlog/checkpoint").await?.unwrap_or_default();
        let newest = SignedCheckpoint::parse(&text).map_err(|why| unreadable(why.to_string()))?;
        let json = client.file("/tlog/handovers.json").await?.unwrap_or_default();
        let mut handovers: Vec<Handover> = serde_json::from_slice(&json).map_err(|why| unreadable(why.to_string()))?;
        handovers.retain(|handover| handover.index.saturating_add(1) < newest.checkpoint().size());
        let vouched = Vouched::check(&self.trust, &handovers, newest).map_err(|why| unreadable(why.to_string()))?;
        Ok(vouched.checkpoint)
    }

    fn write(&self, checkpoint: &SignedCheckpoint) -> Result<(), Failure> {
        files::make_folder(&self.folder)?;
        files::replace(&self.file(checkpoint.checkpoint()), checkpoint.encode().as_bytes())
    }

    /// Keeps both under names that say which they are.
    fn contradiction(&self, one: &SignedCheckpoint, other: &SignedCheckpoint) -> Result<Failure, Failure> {
        let folder = self.folder.join("evidence");
        files::make_folder(&folder)?;
        let mut names = Vec::new();
        for checkpoint in [one, other] {
            let stated = checkpoint.checkpoint();
            let root = stated.root().to_hex();
            let path: PathBuf = folder.join(format!("{}-{}", stated.size(), root.get(..16).unwrap_or(&root)));
            files::replace(&path, checkpoint.encode().as_bytes())?;
            names.push(Path::display(&path).to_string());
        }
        Ok(Failure::new("CLI-3005").with("files", names.join(", ")))
    }
}

#[cfg(test)]
mod tests;
