//! The command line. Help texts stand in the language tables under `help.<command>…`; see [`crate::usage`].

use crate::commands;
use crate::lang::Lang;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// The `sealane` program.
#[derive(Debug, Parser)]
#[command(name = "sealane", version, disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    #[arg(long, global = true)]
    pub json: bool,
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    #[arg(long, global = true, value_name = "URL")]
    pub node: Option<String>,
    #[arg(long, global = true, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    #[arg(long, global = true, value_name = "ID")]
    pub member: Option<String>,
    #[arg(long, global = true, value_name = "NAME")]
    pub key: Option<String>,
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// What to do. One file of [`crate::commands`] each.
#[derive(Debug, Subcommand)]
pub enum Command {
    Node(commands::node::NodeArgs),
    #[command(subcommand)]
    Key(commands::key::KeyCommand),
    Submit(commands::submit::SubmitArgs),
    Get(commands::get::GetArgs),
    List(commands::list::ListArgs),
    #[command(subcommand)]
    Import(commands::import::ImportCommand),
    #[command(subcommand)]
    Receivable(commands::receivable::ReceivableCommand),
    Bundle(commands::bundle::BundleArgs),
    Verify(commands::verify::VerifyArgs),
    Export(commands::export::ExportArgs),
    Audit(commands::audit::AuditArgs),
    #[command(subcommand)]
    Timestamp(commands::timestamp::TimestampCommand),
    #[command(subcommand)]
    Witness(commands::witness::WitnessCommand),
    Status,
    Doctor,
}

#[cfg(test)]
mod tests;
