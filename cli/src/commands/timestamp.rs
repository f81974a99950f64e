//! `timestamp`: asks a time-stamping authority about a bundle, and puts its token into the bundle.

use crate::failure::Failure;
use crate::files;
use crate::report::Report;
use crate::timestamp::{Anchor, TokenError, Tokens, request, token_of};
use base64::{Engine as _, engine::general_purpose::STANDARD};
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
    let with_time = with_token(&file, &bundle, &token);
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

/// The file with the token in it: bare JSON, or the page with other content between its markers.
fn with_token(file: &[u8], bundle: &Bundle, token: &[u8]) -> Vec<u8> {
    let old = STANDARD.encode(bundle.to_bytes());
    let new = Bundle { time: Some(STANDARD.encode(token)), ..bundle.clone() }.to_bytes();
    if file.starts_with(b"{") {
        return new;
    }
    // The page was read: its first marker is followed by exactly this text.
    let place = file.windows(page::OPEN.len()).position(|window| window == page::OPEN.as_bytes()).unwrap_or(0);
    let start = place + page::OPEN.len();
    let (before, rest) = file.split_at(start);
    let after = rest.get(old.len()..).unwrap_or_default();
    [before, STANDARD.encode(new).as_bytes(), after].concat()
}

#[cfg(test)]
mod tests;
