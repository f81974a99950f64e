//! `export`: all blocks of a stopped node's ledger in one file.

use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::session::Session;
use ::node::export::{ExportError, export, open_folder};
use serde_json::json;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Exports the ledger of the genesis (`--genesis`, else the configured one). A file that is there is not replaced.
pub fn run(session: &Session, args: &ExportArgs) -> Result<Report, Failure> {
    let genesis = files::read(&session.genesis_path()?)?;
    let fail = |error: ExportError| Failure::new("CLI-1902").with("reason", error);
    let ledger = open_folder(&args.data, &genesis).map_err(fail)?;
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

/// Half a file would be taken for a whole one.
fn give_up(path: &Path) {
    let _ = std::fs::remove_file(path);
}
