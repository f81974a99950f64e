//! The document formats, in one shape: records, or the places that are wrong.

use crate::failure::Failure;
use crate::lang::Lang;
use chain_core::record::RecordDraft;
use contracts::clearance::ceb;
use contracts::trace::epcis;
use serde::Serialize;

/// A document format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CEB messages of cross-border e-commerce, XML.
    Ceb,
    /// EPCIS 2.0, JSON.
    Epcis,
}

impl Format {
    /// How names of such files end, for folders.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Ceb => &["xml"],
            Format::Epcis => &["json", "jsonld"],
        }
    }
}

/// An error or a warning about one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// Line and path, or JSON pointer.
    pub place: String,
    /// One sentence.
    pub message: String,
}

impl Finding {
    /// A failure as a finding about the whole document.
    pub fn of(failure: &Failure, lang: Lang) -> Finding {
        Finding { code: failure.code().to_owned(), place: "-".into(), message: failure.sentence(lang) }
    }
}

/// A document that was accepted as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// Its records in order.
    pub drafts: Vec<RecordDraft>,
    /// What is doubtful in it.
    pub warnings: Vec<Finding>,
}

/// Reads a whole document, or tells all that is wrong with it.
pub fn read(format: Format, bytes: &[u8]) -> Result<Parsed, Vec<Finding>> {
    match format {
        Format::Ceb => {
            let finding = |code: &str, line: u32, path: &str, message: &str| Finding {
                code: code.to_owned(),
                place: format!("{line} {path}"),
                message: message.to_owned(),
            };
            let document = ceb::read(bytes).map_err(|errors| {
                errors.iter().map(|e| finding(e.code, e.line, &e.path, &e.message)).collect::<Vec<_>>()
            })?;
            let warnings = document.warnings.iter().map(|w| finding(w.code, w.line, &w.path, &w.message)).collect();
            Ok(Parsed { drafts: document.drafts(), warnings })
        }
        Format::Epcis => {
            let finding = |code: &str, pointer: &str, message: String| Finding {
                code: code.to_owned(),
                place: pointer.to_owned(),
                message,
            };
            let document = epcis::read(bytes).map_err(|errors| {
                errors.iter().map(|e| finding(e.problem.code(), &e.pointer, e.problem.to_string())).collect::<Vec<_>>()
            })?;
            let warnings = document
                .warnings
                .iter()
                .map(|w| finding(w.anomaly.code(), &w.pointer, w.anomaly.to_string()))
                .collect();
            Ok(Parsed { drafts: document.drafts(), warnings })
        }
    }
}
