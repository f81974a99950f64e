//! `export`: all blocks of a stopped node's ledger in one file; or all of it, with every proof, in a folder.

use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use ::node::export::{ExportError, Exported, export, export_folder, open_folder};
use chain_core::types::LedgerId;
use serde_json::json;
use std::fmt::Display;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    #[arg(short = 'o', long, value_name = "PATH")]
    pub output: PathBuf,
    #[arg(long)]
    pub proofs: bool,
}

/// Exports the ledger of the genesis (`--genesis`, else the configured one). A file that is there is not replaced.
pub fn run(session: &Session, args: &ExportArgs) -> Result<Report, Failure> {
    let genesis = files::read(&session.genesis_path()?)?;
    let fail = |error: ExportError| Failure::new("CLI-1902").with("reason", error);
    let ledger = open_folder(&args.data, &genesis).map_err(fail)?;
    if args.proofs {
        let done = export_folder(&ledger, &genesis, &args.output).map_err(fail)?;
        return Ok(show_folder(session, &args.output, &ledger.founding().id, &done));
    }
    let unwritable =
        |why: std::io::Error| Failure::new("CLI-1002").with("path", args.output.display()).with("why", why);
    let mut file = BufWriter::new(std::fs::File::create_new(&args.output).map_err(unwritable)?);
    let height = match export(&ledger, &genesis, &mut file) {
        Ok(height) => height,
        Err(error) => {
            give_up(&args.output);
            return Err(fail(error));
        }
    };
    file.get_ref().sync_all().map_err(unwritable)?;
    let head = ledger.head();
    let json = json!({
        "file": args.output, "ledger": ledger.founding().id, "height": height, "hash": head.hash,
        "stateRoot": head.root.hash, "logSize": head.log.size(), "logRoot": head.log.root(),
    });
    let path = args.output.display();
    let text =
        session.screen.say("export.written", &[("path", &path), ("height", &height), ("root", &head.log.root())]);
    Ok(Report::done(json, text))
}

fn show_folder(session: &Session, folder: &Path, ledger: &LedgerId, done: &Exported) -> Report {
    let json = json!({
        "folder": folder, "ledger": ledger, "height": done.height, "logSize": done.size, "keys": done.keys,
    });
    let path = folder.display();
    let said = [("path", &path as &dyn Display), ("height", &done.height), ("size", &done.size), ("keys", &done.keys)];
    Report::done(json, session.screen.say("export.folder", &said))
}

/// Half a file would be taken for a whole one.
fn give_up(path: &Path) {
    let _ = std::fs::remove_file(path);
}
