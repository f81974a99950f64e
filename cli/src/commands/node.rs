//! `node`: runs a node of the ledger until it is told to stop.

use crate::failure::Failure;
use crate::report::Report;
use crate::session::Session;
use ::node::config::NodeConfig;
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub struct NodeArgs {
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs a node.
pub async fn run(_session: &Session, args: NodeArgs) -> Result<Report, Failure> {
    run_node(&args.config).await
}

/// Runs the node that the configuration file describes, until SIGINT or SIGTERM.
async fn run_node(file: &Path) -> Result<Report, Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure::new("CLI-1901").with("reason", error.to_string());
    let config = NodeConfig::load(file).map_err(|e| fail(&e))?;
    ::node::log_to_stderr(config.log_json);
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| fail(&e))?;
    let stop = async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    let member = config.member.clone();
    ::node::run(config, stop).await.map_err(|e| fail(&e))?;
    Ok(Report::done(json!({ "node": member, "stopped": true }), String::new()))
}
