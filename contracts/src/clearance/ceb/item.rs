//! Business items: the repeated first child of a message, as head fields and goods lines.

use roxmltree::Node;

use super::table::{Block, Content, Part, Table};
use super::validate::text_of;
use super::{CebDocument, Direction, Edition, Lines, simple};

/// One goods line (or list line) of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CebLine {
    /// Line in the document, from 1.
    pub line: u32,
    /// Fields in document order, empty ones left out, white space around values removed.
    pub fields: Vec<(String, String)>,
}

/// One business item: an order, payment, waybill, list, reply or other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CebItem {
    /// Element name, such as `Order`.
    pub name: String,
    /// Line in the document, from 1.
    pub line: u32,
    /// Fields of the head (or of the item itself when it has no head), as in [`CebLine::fields`].
    pub head: Vec<(String, String)>,
    /// The lines below the head.
    pub lines: Vec<CebLine>,
    /// The element as it stands in the document; only for messages without a kind of their own.
    pub xml: Option<String>,
}

impl CebItem {
    /// A head field that is present and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

impl CebLine {
    /// A field that is present and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Takes the items out of a document that the table accepts.
pub(super) fn extract(
    root: Node<'_, '_>,
    table: &Table,
    text: &str,
    lines: &Lines,
    (message, direction, edition): (String, Direction, Edition),
) -> CebDocument {
    let typed = super::drafts::typed_kind(&message).is_some();
    let item_part = table.block(root.tag_name().name()).and_then(|block| block.parts.first());
    let mut document = CebDocument {
        message,
        direction,
        edition,
        guid: root.attribute("guid").unwrap_or("").trim().to_owned(),
        signed: false,
        transfer: Vec::new(),
        items: Vec::new(),
        warnings: Vec::new(),
    };
    for child in root.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "BaseTransfer" => document.transfer = part_fields(child, table, Content::Block("BaseTransfer")),
            "Signature" => document.signed = carries_signature(child),
            name => {
                if let Some(part) = item_part.filter(|part| part.name == name) {
                    let mut item = read_item(child, part, table, lines);
                    item.xml = if typed { None } else { text.get(child.range()).map(str::to_owned) };
                    document.items.push(item);
                }
            }
        }
    }
    document
}

/// An empty signature value is the shape of a signature without one.
fn carries_signature(signature: Node<'_, '_>) -> bool {
    let value = signature.children().find(|c| c.is_element() && c.tag_name().name() == "SignatureValue");
    value.is_some_and(|v| !text_of(v).trim().is_empty())
}

fn read_item(node: Node<'_, '_>, part: &Part, table: &Table, lines: &Lines) -> CebItem {
    let mut item = CebItem {
        name: part.name.to_owned(),
        line: lines.at(node),
        head: part_fields(node, table, part.content),
        lines: Vec::new(),
        xml: None,
    };
    let Some(block) = block_of(table, part.content) else { return item };
    for child in node.children().filter(Node::is_element) {
        let Some(inner) = block.parts.iter().find(|p| p.name == child.tag_name().name()) else { continue };
        if block_of(table, inner.content).is_none() {
            continue;
        }
        let fields = part_fields(child, table, inner.content);
        if inner.name.contains("List") {
            item.lines.push(CebLine { line: lines.at(child), fields });
        } else {
            item.head.extend(fields);
        }
    }
    item
}

fn block_of(table: &Table, content: Content) -> Option<&Block> {
    match content {
        Content::Block(name) => table.block(name),
        _ => None,
    }
}

/// The leaves directly inside an element, with fixed and default values filled in.
fn part_fields(node: Node<'_, '_>, table: &Table, content: Content) -> Vec<(String, String)> {
    let Some(block) = block_of(table, content) else { return Vec::new() };
    let mut fields = Vec::new();
    for child in node.children().filter(Node::is_element) {
        let part = block.parts.iter().find(|p| p.name == child.tag_name().name());
        if let Some(Part { name, content: Content::Simple(leaf), .. }) = part {
            let text = text_of(child);
            let value = simple::effective(leaf, &text).trim();
            if !value.is_empty() {
                fields.push(((*name).to_owned(), value.to_owned()));
            }
        }
    }
    fields
}
