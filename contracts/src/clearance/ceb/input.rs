//! From bytes to an XML tree, within limits.

use roxmltree::{Document, ParsingOptions};

use super::{CebError, MAX_BYTES, MAX_DEPTH, MAX_NODES, refused};

/// The document as text without byte order mark, checked for size and encoding.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, CebError> {
    if bytes.len() > MAX_BYTES {
        return Err(refused("CEB-001", 1, format!("The document has {} bytes; at most {MAX_BYTES} are read. Split it.", bytes.len())));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let not_utf8 = "The document is not UTF-8; save it as UTF-8 and declare no other encoding.";
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or(&[]);
        refused("CEB-002", line_number(before), not_utf8.into())
    })?;
    if let Some((declaration, _)) = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        match declared_encoding(declaration) {
            None => return Err(refused("CEB-003", 1, "The XML declaration is wrong; write <?xml version=\"1.0\" encoding=\"UTF-8\"?>.".into())),
            Some(encoding) if !encoding.eq_ignore_ascii_case("utf-8") => return Err(refused("CEB-002", 1, not_utf8.into())),
            Some(_) => {}
        }
    }
    Ok(text)
}

/// Encoding named by an XML declaration, UTF-8 when none is; `None` when its form is wrong.
fn declared_encoding(declaration: &str) -> Option<&str> {
    let mut rest = declaration;
    let mut encoding = "UTF-8";
    let mut last = 0;
    while !rest.trim_start().is_empty() {
        let (name, after) = rest.strip_prefix(|c: char| c.is_ascii_whitespace())?.trim_start().split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = after.get(1..)?.split_once(quote)?;
        let place = match name.trim_end() {
            "version" if value.strip_prefix("1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())) => 1,
            "encoding" => 2,
            "standalone" if matches!(value, "yes" | "no") => 3,
            _ => return None,
        };
        if place <= last || (last == 0 && place != 1) {
            return None;
        }
        if place == 2 {
            encoding = value;
        }
        last = place;
        rest = after;
    }
    (last > 0).then_some(encoding)
}

fn line_number(before: &[u8]) -> u32 {
    u32::try_from(before.iter().filter(|b| **b == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// Parses the text. Depth is limited before parsing, because the parser recurses.
pub(super) fn parse(text: &str) -> Result<Document<'_>, CebError> {
    check_depth(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|e| not_xml(&e))
}

/// Counts open elements in one pass. Exact up to the first place that is not well-formed, where
/// the parser stops anyway.
fn check_depth(text: &str) -> Result<(), CebError> {
    let mut rest = text;
    let mut depth = 0u16;
    while let Some((_, markup)) = rest.split_once('<') {
        let skip = |until: &str| markup.split_once(until).map_or("", |(_, after)| after);
        rest = if markup.starts_with("!--") {
            // After the opening, so that `<!-->` is not taken for a whole comment.
            markup.get(3..).and_then(|inside| inside.split_once("-->")).map_or("", |(_, after)| after)
        } else if markup.starts_with("![CDATA[") {
            skip("]]>")
        } else if markup.starts_with('?') {
            skip("?>")
        } else if markup.starts_with('!') {
            let line = line_number(text.as_bytes().get(..text.len() - markup.len()).unwrap_or(&[]));
            return Err(refused("CEB-004", line, "The document declares a DTD; remove it.".into()));
        } else if markup.starts_with('/') {
            depth = depth.saturating_sub(1);
            markup
        } else {
            let (tag, after) = start_tag(markup);
            if !tag.ends_with('/') {
                depth += 1;
            }
            if depth > MAX_DEPTH {
                let line = line_number(text.as_bytes().get(..text.len() - markup.len()).unwrap_or(&[]));
                return Err(refused("CEB-006", line, format!("Elements are nested more than {MAX_DEPTH} deep.")));
            }
            after
        };
    }
    Ok(())
}

/// Splits at the `>` that ends a start tag; a `>` within quotes does not.
fn start_tag(markup: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, byte) in markup.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (markup.get(..at).unwrap_or(""), markup.get(at + 1..).unwrap_or("")),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    (markup, "")
}

fn not_xml(error: &roxmltree::Error) -> CebError {
    let line = error.pos().row;
    match error {
        roxmltree::Error::DtdDetected => refused("CEB-004", line, "The document declares a DTD; remove it.".into()),
        roxmltree::Error::NodesLimitReached => refused("CEB-001", line, format!("The document has more than {MAX_NODES} XML nodes. Split it.")),
        roxmltree::Error::UnknownEntityReference(..) => {
            refused("CEB-005", line, "The document uses an entity that XML does not predefine; write the character itself.".into())
        }
        // The parser's own text may quote the document, so only the place is passed on.
        _ => refused("CEB-003", line, format!("The document is not well-formed XML (column {}); correct it there.", error.pos().col)),
    }
}
