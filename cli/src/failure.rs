//! How a command fails: a stable code, one sentence in the user's language, an exit code.

use crate::lang::Lang;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// A failure that a person reads.
///
/// Codes of the client are `CLI-<exit code><three digits>` and are never renumbered; `error.<code>` in the
/// language tables says what is wrong and what to do. Codes of a node are passed on as they are.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// Found by the client itself.
    #[error("{code} {args:?}")]
    Own {
        /// `CLI-1103` and the like.
        code: &'static str,
        /// What the sentence names.
        args: Vec<(&'static str, String)>,
    },
    /// Said by a node.
    #[error("{} {}", .0.code, .0.sentence())]
    Node(Box<Problem>),
}

/// An answer `application/problem+json` (RFC 9457) of a node.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Problem {
    /// HTTP status.
    #[serde(default)]
    pub status: u16,
    /// Stable code, such as `TX-1006`.
    #[serde(default)]
    pub code: String,
    /// What kind of problem.
    #[serde(default)]
    pub title: String,
    /// What is wrong here and what to do.
    #[serde(default)]
    pub detail: String,
    /// The places concerned.
    #[serde(default)]
    pub errors: Vec<Place>,
    /// Everything else the node says, such as `transaction`, `record` and `info`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One place that a node complains about.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Place {
    /// JSON pointer (RFC 6901).
    #[serde(default)]
    pub pointer: String,
    /// What is wrong there.
    #[serde(default)]
    pub detail: String,
}

impl Problem {
    /// The sentence for a person.
    pub fn sentence(&self) -> &str {
        if self.detail.is_empty() { &self.title } else { &self.detail }
    }

    /// The transaction that the node names: `"transaction"` is its id, or an object with `id`.
    pub fn transaction(&self) -> Option<&str> {
        let named = self.rest.get("transaction")?;
        named.as_str().or_else(|| named.get("id")?.as_str())
    }
}

impl Failure {
    /// A failure of the client; see the language tables for its sentence and what that names.
    pub fn new(code: &'static str) -> Failure {
        Failure::Own { code, args: Vec::new() }
    }

    /// Names something in the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Display) -> Failure {
        if let Failure::Own { args, .. } = &mut self {
            args.push((name, value.to_string()));
        }
        self
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Failure::Own { code, .. } => code,
            Failure::Node(problem) if problem.code.is_empty() => "CLI-1203",
            Failure::Node(problem) => &problem.code,
        }
    }

    /// The process's exit code: 1 failed or refused, 2 usage, 3 verification failed.
    pub fn exit(&self) -> u8 {
        match self {
            Failure::Own { code, .. } if code.starts_with("CLI-2") => 2,
            Failure::Own { code, .. } if code.starts_with("CLI-3") => 3,
            _ => 1,
        }
    }

    /// The sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            Failure::Own { code, args } => {
                let args: Vec<(&str, &dyn Display)> = args.iter().map(|(n, v)| (*n, v as &dyn Display)).collect();
                lang.say(&format!("error.{code}"), &args)
            }
            Failure::Node(problem) if problem.sentence().is_empty() => {
                lang.say("error.CLI-1203", &[("status", &problem.status)])
            }
            Failure::Node(problem) => {
                let mut out = problem.sentence().to_owned();
                for place in &problem.errors {
                    out.push_str(&format!("\n  {}: {}", place.pointer, place.detail));
                }
                out
            }
        }
    }

    /// `{"code","message"}`, and for a node's answer whatever else it said.
    pub fn json(&self, lang: Lang) -> Value {
        let mut out = json!({ "code": self.code(), "message": self.sentence(lang) });
        if let Failure::Node(problem) = self {
            out["status"] = problem.status.into();
            if !problem.errors.is_empty() {
                out["message"] = problem.sentence().into();
                out["errors"] =
                    problem.errors.iter().map(|p| json!({ "pointer": p.pointer, "detail": p.detail })).collect();
            }
            for (name, value) in problem.rest.iter().filter(|(name, _)| !matches!(name.as_str(), "type" | "instance")) {
                out[name] = value.clone();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
