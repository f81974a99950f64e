//! Help and usage errors in the user's language: clap's own texts are English only.

use crate::args::Cli;
use crate::lang::Lang;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// Why no command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help or version was asked for.
    Help(String),
    /// The command line is not accepted.
    Usage(String),
}

/// Reads the command line.
pub fn parse(words: &[OsString], lang: Lang) -> Result<Cli, Stop> {
    let mut command = command(lang);
    command.try_get_matches_from_mut(words).and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Help(error.render().to_string()),
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Stop::Usage(format!("{}\n\n{}", lang.say("usage.subcommand", &[]), error.render()))
            }
            kind => Stop::Usage(sentence(&error, kind, lang)),
        }
    })
}

/// The command line with all texts of one language.
pub fn command(lang: Lang) -> Command {
    translate(Cli::command(), "help", lang)
}

fn translate(command: Command, key: &str, lang: Lang) -> Command {
    let about = lang.say(&format!("{key}.about"), &[]);
    let template = format!(
        "{{about}}\n\n{} {{usage}}\n\n{{all-args}}{{after-help}}",
        lang.say("usage.heading", &[])
    );
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command
        .about(about)
        .help_template(template)
        .subcommand_help_heading(lang.find("usage.commands").unwrap_or_default())
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).global(false));
    if command.get_version().is_some() {
        command = command
            .disable_version_flag(true)
            .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version));
    }
    command = command.mut_args(|arg| {
        let heading = match () {
            _ if arg.is_global_set() => "usage.common",
            _ if arg.is_positional() => "usage.arguments",
            _ => "usage.options",
        };
        let help = lang.say(&argument_key(key, &arg), &[]);
        let arg = arg.help(help).help_heading(lang.find(heading).unwrap_or_default());
        // Possible values and defaults are part of the sentences: clap would list them in English.
        match arg.get_action().takes_values() {
            true => arg.hide_possible_values(true).hide_default_value(true),
            false => arg,
        }
    });
    for name in names {
        let inner = format!("{key}.{name}");
        command = command.mut_subcommand(name, |sub| translate(sub, &inner, lang));
    }
    command
}

/// Under which key an argument's help stands: options of every command are explained once.
pub fn argument_key(command: &str, arg: &Arg) -> String {
    let name = arg.get_id().as_str();
    if arg.is_global_set() || matches!(name, "help" | "version") {
        format!("help.option.{name}")
    } else {
        format!("{command}.{name}")
    }
}

fn sentence(error: &clap::Error, kind: ErrorKind, lang: Lang) -> String {
    let context = |wanted| match error.get(wanted) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let key = match kind {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "usage.value",
        ErrorKind::UnknownArgument => "usage.unknown",
        ErrorKind::InvalidSubcommand => "usage.command",
        ErrorKind::MissingRequiredArgument => "usage.missing",
        ErrorKind::MissingSubcommand => "usage.subcommand",
        ErrorKind::ArgumentConflict => "usage.conflict",
        _ => "usage.other",
    };
    let argument = context(ContextKind::InvalidArg);
    let mut out = lang.say(
        key,
        &[
            ("argument", &argument),
            ("value", &context(ContextKind::InvalidValue)),
            ("command", &context(ContextKind::InvalidSubcommand)),
            ("other", &context(ContextKind::PriorArg)),
        ],
    );
    let valid = [ContextKind::ValidValue, ContextKind::ValidSubcommand].map(context).concat();
    if !valid.is_empty() {
        out.push_str(&lang.say("usage.possible", &[("values", &valid)]));
    }
    let suggested =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue].map(context).concat();
    if !suggested.is_empty() {
        out.push_str(&lang.say("usage.suggested", &[("suggested", &suggested)]));
    }
    out.push_str(&lang.say("usage.more", &[]));
    out
}
