//! Customs cross-border e-commerce messages (CEB, 海关跨境统一版): read, check, turn into records.
//!
//! [`read`] refuses every document the official schemas refuse (edition 2018-113, then 2022-05)
//! and says where and why. What the schemas accept but business rules doubt is a warning.
//! [`CebDocument::drafts`] gives one record per order, payment, waybill, list or reply.
//!
//! | Refusal | Meaning | Refusal | Meaning |
//! |---|---|---|---|
//! | 000 | built-in table damaged | 021, 022 | attribute missing, not allowed |
//! | 001 | too large | 023, 024 | text or element where none may stand |
//! | 002 | not UTF-8 | 030, 031, 032 | length wrong, too short, too long |
//! | 003 | not well-formed XML | 033, 036 | not a decimal, not a whole number |
//! | 004, 005 | DTD, unknown entity | 034, 035 | too many digits, too many places |
//! | 006 | nested too deep | 037 | not the fixed value |
//! | 010, 015 | unknown message, wrong namespace | 038, 039 | not base64, not an XML name |
//! | 011, 012 | element missing, not allowed | 013, 014 | element out of order, too often |
//!
//! | Warning | Meaning | Warning | Meaning |
//! |---|---|---|---|
//! | W01 | line total is not price × qty | W10 | field the trade mode requires |
//! | W02 | paid amount does not add up | W11 | declared list without signature |
//! | W03 | goods value is not the sum of lines | W12 | import parcel count is not 1 |
//! | W04 | over the single import limit | W13 | form of the list number |
//! | W05, W06 | repeated guid, repeated document | W14 | line numbers do not count up |
//! | W07 | enterprise code, check digits | W15 | net weight above gross weight |
//! | W08 | unreadable time or day | W16 | form of the commodity code |
//! | W09 | code outside its list | W17, W18 | mixed currencies, form of the guid |

pub mod dec5;
pub mod write;

mod checks;
mod drafts;
mod fields;
mod input;
mod item;
mod simple;
mod table;
mod time;
mod validate;

use roxmltree::Node;
use serde::{Deserialize, Serialize};

pub use drafts::object_code;
pub use item::{CebItem, CebLine};

/// Largest document read, in bytes (16 MiB).
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most XML nodes (elements, texts, comments) in a document.
pub const MAX_NODES: u32 = 1_000_000;
/// Deepest nesting of elements.
pub const MAX_DEPTH: u16 = 64;

/// Edition of the message specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edition {
    /// Customs notice 2018 no. 113.
    #[serde(rename = "2018-113")]
    E2018,
    /// Revision of May 2022.
    #[serde(rename = "2022-05")]
    E2022,
}

/// Side of the border a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Goods enter the country.
    Import,
    /// Goods leave the country.
    Export,
}

impl Direction {
    /// `import` or `export`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::Import => "import",
            Direction::Export => "export",
        }
    }
}

/// One reason why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code} line {line} {path}: {message}")]
pub struct CebError {
    /// Stable code: 00x document, 01x elements, 02x attributes and text, 03x values.
    pub code: &'static str,
    /// Line in the document, from 1.
    pub line: u32,
    /// Element path such as `/CEB311Message/Order[1]/OrderHead/orderNo`.
    pub path: String,
    /// One sentence; never repeats a value of the document.
    pub message: String,
}

/// Something a business rule doubts in a document that the schema accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code} line {line} {path}: {message}")]
pub struct CebWarning {
    /// Stable code, `CEB-W01` and on.
    pub code: &'static str,
    /// Line of the item or line it concerns, from 1.
    pub line: u32,
    /// Path such as `/CEB311Message/Order[1]/acturalPaid`.
    pub path: String,
    /// One sentence; never repeats a value that could identify a person.
    pub message: String,
}

/// A document the schema accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CebDocument {
    /// Message number, such as `311`.
    pub message: String,
    /// Import or export; follows from the message number.
    pub direction: Direction,
    /// First edition, oldest first, whose schema accepts the document.
    pub edition: Edition,
    /// The message's own guid.
    pub guid: String,
    /// Whether a signature element is present. It is not verified here.
    pub signed: bool,
    /// Fields of BaseTransfer (who handed the message over), in document order.
    pub transfer: Vec<(String, String)>,
    /// The business items, in document order.
    pub items: Vec<CebItem>,
    /// Business doubts; they do not stop the document.
    pub warnings: Vec<CebWarning>,
}

/// Reads one CEB message.
///
/// The document must be UTF-8 (a byte order mark is allowed), without DTD, at most [`MAX_BYTES`],
/// [`MAX_NODES`] and [`MAX_DEPTH`]. Nothing of a refused document is returned.
///
/// # Errors
/// Every finding of the edition that comes closest, at most 100.
pub fn read(bytes: &[u8]) -> Result<CebDocument, Vec<CebError>> {
    let text = input::decode(bytes).map_err(|e| vec![e])?;
    let xml = input::parse(text).map_err(|e| vec![e])?;
    let lines = Lines::of(text);
    let root = xml.root_element();
    let (message, direction) = root_kind(root, &lines).map_err(|e| vec![e])?;
    let tables = table::TABLES.as_ref().map_err(|damage| vec![refused("CEB-000", 1, format!("The built-in {damage}; report this."))])?;

    let mut closest: Option<Vec<CebError>> = None;
    for edition in [Edition::E2018, Edition::E2022] {
        let table = tables.of(direction, edition);
        if table.block(root.tag_name().name()).is_none() {
            continue;
        }
        let errors = validate::validate(root, table, tables, &lines);
        if errors.is_empty() {
            let mut document = item::extract(root, table, text, &lines, (message, direction, edition));
            document.warnings = checks::warnings(&document);
            return Ok(document);
        }
        if closest.as_ref().is_none_or(|known| errors.len() < known.len()) {
            closest = Some(errors);
        }
    }
    Err(closest.unwrap_or_default())
}

fn refused(code: &'static str, line: u32, message: String) -> CebError {
    CebError { code, line, path: "/".into(), message }
}

fn root_kind(root: Node<'_, '_>, lines: &Lines) -> Result<(String, Direction), CebError> {
    let name = root.tag_name().name();
    let number = name.strip_prefix("CEB").and_then(|rest| rest.strip_suffix("Message")).unwrap_or("");
    let direction = match number {
        "311" | "312" | "411" | "412" | "511" | "512" | "513" | "514" | "621" | "622" | "623" | "624" | "625" | "626" | "711" | "712"
        | "816" | "818" | "900" => Direction::Import,
        "303" | "304" | "403" | "404" | "505" | "506" | "507" | "508" | "509" | "510" | "603" | "604" | "605" | "606" | "607" | "608"
        | "701" | "702" | "792" | "213" | "214" | "215" | "216" => Direction::Export,
        _ => return Err(refused("CEB-010", lines.at(root), format!("{} is not a CEB message; the root must be such as CEB311Message.", shown(name)))),
    };
    if root.tag_name().namespace() != Some(table::CEB_NS) {
        let says = format!("{name} is not in the namespace {}; declare it.", table::CEB_NS);
        return Err(refused("CEB-015", lines.at(root), says));
    }
    Ok((number.to_owned(), direction))
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Finds the line of a node without scanning the document again.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Lines(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect())
    }

    fn at(&self, node: Node<'_, '_>) -> u32 {
        let before = self.0.partition_point(|newline| *newline < node.range().start);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
