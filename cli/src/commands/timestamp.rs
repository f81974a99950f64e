//! `timestamp`: asks a time-stamping authority about a bundle, and puts its token into the bundle.

use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::timestamp::{Anchor, TokenError, Tokens, request, token_of};
use chain_core::bundle::{Bundle, page};
use clap::Subcommand;
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to do with a bundle's time.
#[derive(Debug, Subcommand)]
pub enum TimestampCommand {
    /// Write a request for the authority.
    Request(RequestArgs),
    /// Put the authority's answer into the bundle.
    Attach(AttachArgs),
}

#[derive(Debug, clap::Args)]
pub struct RequestArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct AttachArgs {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub response: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub tsa: Vec<PathBuf>,
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Runs a command on a bundle.
pub fn run(command: TimestampCommand) -> Result<Report, Failure> {
    match command {
        TimestampCommand::Request(args) => ask(&args),
        TimestampCommand::Attach(args) => attach(&args),
    }
}

/// The anchors that a verifier names.
///
/// # Errors
/// A file that is no certificate.
pub fn anchors(files: &[PathBuf]) -> Result<Tokens, Failure> {
    let read = |path: &PathBuf| {
        let bytes = files::read(path)?;
        Anchor::read(&bytes).map_err(|why| Failure::new("CLI-1921").with("path", path.display()).with("why", why))
    };
    Ok(Tokens { anchors: files.iter().map(read).collect::<Result<_, _>>()? })
}

fn bundle_of(path: &Path) -> Result<(Bundle, Vec<u8>), Failure> {
    let file = files::read(path)?;
    let read = page::read(&file).map(|(bundle, _)| bundle);
    let bundle = read.map_err(|why| Failure::new("CLI-1921").with("path", path.display()).with("why", why))?;
    Ok((bundle, file))
}

fn ask(args: &RequestArgs) -> Result<Report, Failure> {
    let (bundle, _) = bundle_of(&args.file)?;
    let imprint = bundle.imprint();
    let refused = |why: TokenError| Failure::new("CLI-3021").with("reason", why);
    files::export(&args.output, &request(&imprint).map_err(refused)?)?;
    let json = json!({ "imprint": imprint.to_hex(), "request": args.output });
    Ok(Report::done(json, format!("SHA-256 {imprint}\n{}", args.output.display())))
}

fn attach(args: &AttachArgs) -> Result<Report, Failure> {
    let (bundle, file) = bundle_of(&args.file)?;
    let refused = |why: TokenError| Failure::new("CLI-3021").with("reason", why);
    let token = token_of(&files::read(&args.response)?).map_err(refused)?;
    let stamped = anchors(&args.tsa)?.verify(&token, &bundle.imprint()).map_err(refused)?;
    let no_page = || Failure::new("CLI-3003").with("check", 9001).with("reason", "no page");
    let with_time = page::replace(&file, &bundle.with_token(&token)).ok_or_else(no_page)?;
    let output = args.output.as_ref().unwrap_or(&args.file);
    match &args.output {
        Some(output) => files::export(output, &with_time)?,
        None => files::replace(&args.file, &with_time)?,
    }
    let json =
        json!({ "time": stamped.time, "authority": stamped.authority, "anchored": stamped.anchored, "output": output });
    let text = format!("{}  {}\n{}", crate::clock::of_millis(stamped.time * 1000), stamped.authority, output.display());
    Ok(Report::done(json, text))
}

#[cfg(test)]
mod tests;
