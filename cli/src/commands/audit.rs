//! `audit`: mirrors a ledger into a folder, checks all of it, and executes it again.

use crate::audit::{Advance, Auditor, Covered, Divergence, Mirror, Stop, What};
use crate::clock;
use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use chain_core::block::Certificate;
use chain_core::genesis::Founding;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// A node is asked for a newer checkpoint this often.
const PAUSE: Duration = Duration::from_secs(2);
/// A node whose checkpoint is smaller than the one kept may catch up this many times.
const PATIENCE: u32 = 10;

#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[arg(long)]
    pub once: bool,
    #[arg(long, conflicts_with = "once")]
    pub offline: bool,
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub max_age: u64,
}

/// Audits; exit code 3 and the first difference where the ledger is not what it says.
pub async fn run(session: &Session, args: AuditArgs) -> Result<Report, Failure> {
    match audit(session, &args).await {
        Ok(report) => Ok(report),
        Err(Stop::Diverged(divergence)) => Ok(divergence.report(session.screen)),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}

async fn audit(session: &Session, args: &AuditArgs) -> Result<Report, Stop> {
    let path = session.genesis_path()?;
    let genesis = files::read(&path)?;
    let founding = Founding::read(&genesis)
        .map_err(|why| Failure::new("CLI-1007").with("path", path.display()).with("why", why))?;
    let folder = args.dir.clone().unwrap_or_else(|| session.home.audit(&founding.id));
    let mirror = match args.offline {
        true => Mirror::offline(&folder),
        false => Mirror::of_node(&folder, session.client().await?),
    };
    let mut auditor = Auditor::new(mirror, genesis, founding, session.screen)?;
    let resumed = auditor.resume().await?;
    if args.offline {
        if !resumed {
            let missing = Failure::new("CLI-1207").with("path", folder.display()).with("file", "checkpoint");
            return Err(missing.into());
        }
        check_extras(&auditor)?;
        return Ok(show(session, &auditor));
    }
    if args.once {
        catch_up(&mut auditor, args.max_age).await?;
        return Ok(show(session, &auditor));
    }
    tokio::select! {
        stop = follow(session, &mut auditor, args.max_age) => Err(stop),
        _ = tokio::signal::ctrl_c() => Ok(Report::done(json!({ "stopped": true }), String::new())),
    }
}

/// Goes on to the node's newest checkpoint, which must be no older than what is kept and than `max_age` seconds.
async fn catch_up(auditor: &mut Auditor, max_age: u64) -> Result<(), Stop> {
    let mut behind = None;
    for _ in 0..PATIENCE {
        match auditor.advance().await? {
            Advance::Covered => return fresh(auditor, max_age),
            Advance::Behind(size) => behind = Some(size),
            Advance::Nothing => {}
        }
        tokio::time::sleep(PAUSE / 2).await;
    }
    match (auditor.covered(), behind) {
        (Some(covered), Some(size)) => Err(Divergence::new(What::Stale, covered.size, size).into()),
        _ => Err(Failure::new("CLI-1204").into()),
    }
}

fn fresh(auditor: &Auditor, max_age: u64) -> Result<(), Stop> {
    let Some(covered) = auditor.covered() else { return Ok(()) };
    let oldest = clock::seconds().saturating_sub(max_age);
    if covered.cosigned_at < oldest {
        let time = |seconds: u64| clock::of_millis(seconds.saturating_mul(1000));
        return Err(Divergence::new(What::Stale, time(oldest), time(covered.cosigned_at)).into());
    }
    Ok(())
}

/// Follows until something is wrong. A node that does not answer is asked again.
async fn follow(session: &Session, auditor: &mut Auditor, max_age: u64) -> Stop {
    let mut shown = None;
    loop {
        match catch_up(auditor, max_age).await {
            Ok(()) => {
                let size = auditor.covered().map(|covered| covered.size);
                if size != shown {
                    session.screen.done(&show(session, auditor));
                    shown = size;
                }
            }
            Err(Stop::Failed(failure)) if matches!(failure.code(), "CLI-1201" | "CLI-1204") => {
                session.screen.remark(&failure.sentence(session.screen.lang));
            }
            Err(stop) => return stop,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What an export holds besides a mirror: the state key by key, and the last certificate.
fn check_extras(auditor: &Auditor) -> Result<(), Stop> {
    let replay = auditor.replay();
    if let Some(text) = auditor.mirror().kept("state.jsonl")? {
        let mut lines = text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n');
        for (key, value) in replay.state() {
            let expected = serde_json::to_vec(&(key, String::from_utf8_lossy(value))).unwrap_or_default();
            let found = lines.next().unwrap_or_default();
            if expected != found {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return Err(Divergence::new(What::State, text(&expected), text(found)).into());
            }
        }
        if let Some(more) = lines.next() {
            return Err(Divergence::new(What::State, "-", String::from_utf8_lossy(more)).into());
        }
    }
    if let Some(json) = auditor.mirror().kept("certificate.json")? {
        let of_last = |certificate: &Certificate| {
            certificate.height == replay.height()
                && certificate.block == replay.hash()
                && certificate.verify(&replay.founding().id, replay.last_validators()).is_ok()
        };
        let certificate: Option<Certificate> = serde_json::from_slice(&json).ok();
        if !certificate.as_ref().is_some_and(of_last) {
            let found = certificate.map_or(chain_core::hash::Hash::ZERO, |certificate| certificate.block);
            let mut divergence = Divergence::new(What::Block, replay.hash(), found);
            divergence.height = Some(replay.height().0);
            return Err(divergence.into());
        }
    }
    Ok(())
}

fn show(session: &Session, auditor: &Auditor) -> Report {
    let Some(Covered { size, root, height, tally, cosigned, cosigned_at }) = auditor.covered() else {
        return Report::done(json!({ "audited": false }), String::new());
    };
    let replay = auditor.replay();
    let json = json!({
        "audited": true, "ledger": replay.founding().id, "height": height, "hash": replay.hash(), "logSize": size,
        "logRoot": root, "accepted": tally.accepted, "refused": tally.refused, "keys": replay.state().len(),
        "cosigned": cosigned, "cosignedAt": cosigned_at, "folder": auditor.mirror().folder(),
    });
    let folder = auditor.mirror().folder().display();
    let text = session.screen.say(
        "audit.done",
        &[
            ("height", &height),
            ("size", &size),
            ("accepted", &tally.accepted),
            ("refused", &tally.refused),
            ("cosigned", &cosigned),
            ("time", &clock::of_millis(cosigned_at.saturating_mul(1000))),
            ("folder", &folder),
        ],
    );
    Report::done(json, text)
}
