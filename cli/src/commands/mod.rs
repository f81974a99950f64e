//! The commands, one file each.

pub mod audit;
pub mod bundle;
pub mod doctor;
pub mod export;
pub mod get;
pub mod import;
pub mod key;
pub mod list;
pub mod node;
pub mod receivable;
pub mod status;
pub mod submit;
pub mod timestamp;
pub mod verify;
pub mod witness;

use crate::args::{Cli, Command};
use crate::failure::Failure;
use crate::report::{Report, Screen};
use crate::session::Session;

/// Runs a command.
pub async fn run(cli: Cli, screen: Screen) -> Result<Report, Failure> {
    let command = match cli.command {
        // Tells what is wrong with the home folder, and so must start without it.
        Command::Doctor => return doctor::run(cli.global, screen).await,
        // These need no home folder: whoever runs them may be no member.
        Command::Timestamp(command) => return timestamp::run(command),
        Command::Witness(command) => return witness::run(command, screen).await,
        command => command,
    };
    let session = Session::new(cli.global, screen)?;
    match command {
        Command::Node(args) => node::run(&session, args).await,
        Command::Key(command) => key::run(&session, command).await,
        Command::Submit(args) => submit::run(&session, args).await,
        Command::Get(args) => get::run(&session, args).await,
        Command::List(args) => list::run(&session, args).await,
        Command::Import(command) => import::run(&session, command).await,
        Command::Receivable(command) => receivable::run(&session, command).await,
        Command::Bundle(args) => bundle::run(&session, args).await,
        Command::Verify(args) => verify::run(&session, args).await,
        Command::Export(args) => export::run(&session, &args),
        Command::Audit(args) => audit::run(&session, args).await,
        Command::Status => status::run(&session).await,
        Command::Doctor => doctor::run(Default::default(), screen).await,
        Command::Timestamp(command) => timestamp::run(command),
        Command::Witness(command) => witness::run(command, screen).await,
    }
}
