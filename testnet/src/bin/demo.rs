//! `testnet/demo`: the story, then a network to look around in until Ctrl-C.

use clap::Parser;
use std::process::ExitCode;
use testnet::story::{Story, Teller};

/// Four organisations run a BFT network on this machine, a second bank follows, and a receivable is lent on.
#[derive(Parser)]
struct Args {
    /// Stop at the end; exit 0 only if every step succeeded.
    #[arg(long)]
    headless: bool,
    /// One JSON object per step.
    #[arg(long)]
    json: bool,
    /// Seed of the synthetic organisations and documents.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let folder = match tempfile::Builder::new().prefix("sealane-demo-").tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut teller = Teller::new(args.json);
    let mut story = match Story::begin(folder.path(), args.seed) {
        Ok(story) => story,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let told = tokio::select! {
        told = story.tell(&mut teller) => told,
        _ = tokio::signal::ctrl_c() => {
            story.net.network.stop();
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = &told {
        eprintln!("the story ends here: {error}");
        for node in &story.net.network.nodes {
            eprintln!("log of {}: {}", node.member, node.log().display());
        }
    }
    if !args.headless {
        for line in story.look_around() {
            teller.say(&line);
        }
        let _ = tokio::signal::ctrl_c().await;
    } else if told.is_err() {
        // The logs are worth more than a tidy folder.
        story.net.network.stop();
        eprintln!("kept: {}", folder.keep().display());
        return ExitCode::FAILURE;
    }
    story.net.network.stop();
    if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
