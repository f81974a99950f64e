//! What a command leaves on the screen: one JSON value, or text.

use crate::failure::Failure;
use crate::lang::Lang;
use crate::usage::Stop;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// How a command ended without a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For `--json`.
    pub json: Value,
    /// For a person.
    pub text: String,
    /// 0, or 1 when what was asked came out badly: a refused transaction, a failed check.
    pub exit: u8,
}

impl Report {
    /// Done.
    pub fn done(json: Value, text: impl Into<String>) -> Report {
        Report { json, text: text.into(), exit: 0 }
    }

    /// A JSON document that is shown as it is.
    pub fn document(value: Value) -> Report {
        let text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string());
        Report::done(value, text)
    }
}

/// Where output goes, and how.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// One JSON value on standard output, nothing else.
    pub json: bool,
    /// Language of sentences.
    pub lang: Lang,
    colour: bool,
}

/// A verdict's or state's colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// As it should be.
    Green,
    /// To be looked at.
    Yellow,
    /// Wrong.
    Red,
}

impl Screen {
    /// Colours are used on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub fn new(json: bool, lang: Lang) -> Screen {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Screen { json, lang, colour: !json && !unwanted && std::io::stdout().is_terminal() }
    }

    /// A sentence in the user's language.
    pub fn say(&self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        self.lang.say(key, args)
    }

    /// Text in a colour, where colours are used.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        let number = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
        };
        if self.colour { format!("\u{1b}[{number}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A remark on standard error, while the command goes on. Silent with `--json`.
    pub fn remark(&self, text: &str) {
        if !self.json {
            write_line(&mut std::io::stderr(), text);
        }
    }

    /// Progress of long work on standard error: only for a person at a terminal.
    pub fn progress(&self, length: u64, key: &str) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        }
        let bar = ProgressBar::new(length).with_message(self.say(key, &[]));
        // A template of constant text; were it wrong, the bar's own style would serve.
        match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// Prints the report.
    pub fn done(&self, report: &Report) -> ExitCode {
        let text = if self.json { report.json.to_string() } else { report.text.clone() };
        if !text.is_empty() {
            write_line(&mut std::io::stdout(), text.trim_end_matches('\n'));
        }
        ExitCode::from(report.exit)
    }

    /// Prints the failure: JSON on standard output, text on standard error.
    pub fn failed(&self, failure: &Failure) -> ExitCode {
        let sentence = failure.sentence(self.lang);
        self.complain(&failure.json(self.lang), failure.code(), &sentence);
        ExitCode::from(failure.exit())
    }

    /// Prints why the command line was not accepted, or the help that was asked for.
    pub fn stop(&self, stop: &Stop) -> ExitCode {
        match stop {
            Stop::Help(text) => {
                write_line(&mut std::io::stdout(), text.trim_end_matches('\n'));
                ExitCode::SUCCESS
            }
            Stop::Usage(text) => {
                self.complain(&json!({ "code": "CLI-2000", "message": text }), "CLI-2000", text);
                ExitCode::from(2)
            }
        }
    }

    fn complain(&self, value: &Value, code: &str, sentence: &str) {
        if self.json {
            write_line(&mut std::io::stdout(), &json!({ "error": value }).to_string());
        } else {
            let word = self.say("output.error", &[]);
            write_line(&mut std::io::stderr(), &format!("{} {code}: {sentence}", self.paint(Colour::Red, &word)));
        }
    }
}

/// A reader that went away (`| head`) is no reason to fail.
fn write_line(to: &mut dyn Write, text: &str) {
    let _ = writeln!(to, "{text}");
}

/// Lays rows out in columns two spaces apart. Chinese characters count as two columns.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..columns).map(|c| rows.iter().filter_map(|row| row.get(c)).map(|cell| width(cell)).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', wide.saturating_sub(width(cell)) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn width(text: &str) -> usize {
    let mut columns = 0;
    let mut escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => escape = true,
            'm' if escape => escape = false,
            _ if escape => {}
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' => columns += 2,
            _ => columns += 1,
        }
    }
    columns
}

#[cfg(test)]
mod tests;
