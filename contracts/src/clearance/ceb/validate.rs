//! A document against the schema tables.

use roxmltree::Node;

use super::simple;
use super::table::{Block, Content, DSIG_NS, Part, Simple, Table, Tables};
use super::{CebError, Lines};

/// Findings reported for one document at most.
const MOST_ERRORS: usize = 100;
const XSI_NS: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Checks the root element and everything below it; empty when the schema accepts it.
pub(super) fn validate(root: Node<'_, '_>, table: &Table, tables: &Tables, lines: &Lines) -> Vec<CebError> {
    let mut walk = Walk { tables, lines, errors: Vec::new() };
    let name = root.tag_name().name();
    match table.block(name) {
        Some(block) => walk.block(root, block, table, &format!("/{name}")),
        None => walk.report("CEB-010", root, &format!("/{name}"), format!("{name} is not a message of this edition.")),
    }
    walk.errors
}

struct Walk<'t> {
    tables: &'t Tables,
    lines: &'t Lines,
    errors: Vec<CebError>,
}

// Recursion follows the tables, whose blocks nest at most six deep, never the document.
impl Walk<'_> {
    fn report(&mut self, code: &'static str, node: Node<'_, '_>, path: &str, message: String) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(CebError { code, line: self.lines.at(node), path: path.to_owned(), message });
        }
    }

    fn block(&mut self, node: Node<'_, '_>, block: &Block, table: &Table, path: &str) {
        self.attributes(node, block, path);
        if !block.mixed {
            self.no_text(node, path);
        }
        match block.choice {
            Some(least) => self.choice(node, block, least, table, path),
            None => self.sequence(node, block, table, path),
        }
    }

    fn attributes(&mut self, node: Node<'_, '_>, block: &Block, path: &str) {
        for attribute in node.attributes() {
            let name = attribute.name();
            if attribute.namespace() == Some(XSI_NS) && matches!(name, "schemaLocation" | "noNamespaceSchemaLocation") {
                continue;
            }
            let known = block.attributes.iter().find(|a| a.name == name && attribute.namespace().is_none());
            match known {
                None => self.report("CEB-022", node, &format!("{path}/@{name}"), format!("Attribute {name} is not allowed here; remove it.")),
                Some(known) => self.value(node, &known.simple, attribute.value(), &format!("{path}/@{name}"), name),
            }
        }
        for known in block.attributes.iter().filter(|a| a.required && node.attribute(a.name).is_none()) {
            let name = known.name;
            self.report("CEB-021", node, &format!("{path}/@{name}"), format!("Attribute {name} is missing; add it."));
        }
    }

    fn no_text(&mut self, node: Node<'_, '_>, path: &str) {
        let spaces = |text: &str| text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        if let Some(text) = node.children().find(|c| c.is_text() && !c.text().is_some_and(spaces)) {
            self.report("CEB-023", text, path, format!("{} holds text between its elements; remove it.", node.tag_name().name()));
        }
    }

    fn sequence(&mut self, node: Node<'_, '_>, block: &Block, table: &Table, path: &str) {
        let (mut at, mut count) = (0usize, 0u32);
        for child in node.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            let found = block.parts.iter().position(|part| fits(child, part, table));
            match found {
                Some(found) if found >= at => {
                    self.missing(node, block.parts.get(at..found).unwrap_or(&[]), count, path);
                    count = if found > at { 1 } else { count + 1 };
                    at = found;
                    if let Some(part) = block.parts.get(at) {
                        let child_path = if part.max > 1 { format!("{path}/{name}[{count}]") } else { format!("{path}/{name}") };
                        if count > part.max {
                            let most = part.max;
                            self.report("CEB-014", child, &child_path, format!("{name} stands here {count} times; at most {most} are allowed."));
                        }
                        self.content(child, part, table, &child_path);
                    }
                }
                Some(_) => self.report("CEB-013", child, &format!("{path}/{name}"), format!("{name} is out of order; put it in the place the schema gives.")),
                None => self.unexpected(child, block, path),
            }
        }
        self.missing(node, block.parts.get(at..).unwrap_or(&[]), count, path);
    }

    /// Reports the parts that should have stood; `count` belongs to the first of them.
    fn missing(&mut self, node: Node<'_, '_>, parts: &[Part], count: u32, path: &str) {
        for (index, part) in parts.iter().enumerate() {
            let seen = if index == 0 { count } else { 0 };
            if seen < part.min {
                self.report("CEB-011", node, &format!("{path}/{}", part.name), format!("{} is missing; add it.", part.name));
            }
        }
    }

    fn unexpected(&mut self, child: Node<'_, '_>, block: &Block, path: &str) {
        let name = child.tag_name().name();
        let wrong_namespace = block.parts.iter().any(|part| part.name == name);
        let (code, says) = if wrong_namespace {
            ("CEB-015", format!("{name} is in the wrong namespace; use the one of its parent."))
        } else {
            ("CEB-012", format!("{name} is not allowed here; remove it."))
        };
        self.report(code, child, &format!("{path}/{name}"), says);
    }

    fn choice(&mut self, node: Node<'_, '_>, block: &Block, least: u32, table: &Table, path: &str) {
        let mut count = 0u32;
        for child in node.children().filter(Node::is_element) {
            count += 1;
            let name = child.tag_name().name();
            let child_path = format!("{path}/{name}");
            match block.parts.iter().find(|part| fits(child, part, table)) {
                Some(part) => self.content(child, part, table, &child_path),
                None if child.tag_name().namespace().is_some_and(|ns| ns != table.namespace) => {}
                None => self.unexpected(child, block, path),
            }
        }
        if count < least {
            self.report("CEB-011", node, path, format!("{} is empty; add one of its elements.", node.tag_name().name()));
        }
    }

    fn content(&mut self, node: Node<'_, '_>, part: &Part, table: &Table, path: &str) {
        match part.content {
            Content::Simple(simple) => self.leaf(node, &simple, path),
            Content::Block(name) => {
                if let Some(block) = table.block(name) {
                    self.block(node, block, table, path);
                }
            }
            Content::Signature => {
                let signature = &self.tables.signature;
                if let Some(block) = signature.block("Signature") {
                    self.block(node, block, signature, path);
                }
            }
            Content::Any => {
                self.attributes(node, &Block::default(), path);
                self.no_text(node, path);
                if let Some(second) = node.children().filter(Node::is_element).nth(1) {
                    self.report("CEB-014", second, path, format!("{} holds more than one element; keep one.", part.name));
                }
            }
            Content::Opaque => {}
        }
    }

    fn leaf(&mut self, node: Node<'_, '_>, simple: &Simple, path: &str) {
        let name = node.tag_name().name();
        self.attributes(node, &Block::default(), path);
        if let Some(child) = node.children().find(Node::is_element) {
            self.report("CEB-024", child, path, format!("{name} holds an element; only text is allowed."));
            return;
        }
        self.value(node, simple, &text_of(node), path, name);
    }

    fn value(&mut self, node: Node<'_, '_>, simple: &Simple, value: &str, path: &str, name: &str) {
        if let Err(misfit) = simple::check(simple, value) {
            self.report(misfit.code, node, path, format!("{name} {}.", misfit.says));
        }
    }
}

fn fits(child: Node<'_, '_>, part: &Part, table: &Table) -> bool {
    let namespace = if part.content == Content::Signature { DSIG_NS } else { table.namespace };
    child.tag_name().name() == part.name && child.tag_name().namespace() == Some(namespace)
}

/// All text directly inside an element; comments may stand between.
pub(super) fn text_of(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|text| text.text()).collect()
}
