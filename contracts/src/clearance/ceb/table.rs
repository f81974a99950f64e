//! The schema tables: which elements, in which order, how often and with which content.
//!
//! The tables are text files beside this module; their notation is explained at their top.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Direction, Edition};

/// Namespace of all CEB business messages.
pub(super) const CEB_NS: &str = "http://www.chinaport.gov.cn/ceb";
/// Namespace of XML signatures.
pub(super) const DSIG_NS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Content of a leaf element or attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Text, lengths in characters.
    Text { min: usize, max: Option<usize>, collapse: bool },
    /// Decimal number.
    Decimal { digits: usize, places: usize },
    /// 32-bit integer.
    Int { digits: Option<usize> },
    /// Whole number of any size.
    Integer,
    /// Base64.
    Base64,
    /// XML name without colon.
    Name,
}

/// A simple type with the value it is fixed to or takes when empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Simple {
    pub(super) base: Base,
    pub(super) fixed: Option<&'static str>,
    pub(super) default: Option<&'static str>,
}

/// What an element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Simple(Simple),
    Block(&'static str),
    /// At most one element of any kind.
    Any,
    /// Not looked at.
    Opaque,
    /// An XML signature.
    Signature,
}

/// One child of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) content: Content,
}

/// One attribute of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) simple: Simple,
}

/// An element type.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) mixed: bool,
    /// `Some(n)`: children in any order, at least `n`; `None`: children in the order given.
    pub(super) choice: Option<u32>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) parts: Vec<Part>,
}

/// All blocks of one namespace.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) namespace: &'static str,
    blocks: BTreeMap<&'static str, Block>,
}

impl Table {
    /// The block of that name.
    pub(super) fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.get(name)
    }

    /// Root element names, such as `CEB311Message`.
    #[cfg(test)]
    pub(super) fn roots(&self) -> impl Iterator<Item = &'static str> {
        self.blocks.keys().copied().filter(|name| name.starts_with("CEB"))
    }
}

/// The five tables.
pub(super) struct Tables {
    import_2018: Table,
    export_2018: Table,
    import_2022: Table,
    export_2022: Table,
    pub(super) signature: Table,
}

impl Tables {
    /// The table of a direction in an edition.
    pub(super) fn of(&self, direction: Direction, edition: Edition) -> &Table {
        match (direction, edition) {
            (Direction::Import, Edition::E2018) => &self.import_2018,
            (Direction::Export, Edition::E2018) => &self.export_2018,
            (Direction::Import, Edition::E2022) => &self.import_2022,
            (Direction::Export, Edition::E2022) => &self.export_2022,
        }
    }
}

/// The tables, read once; the error names the line that cannot be read.
pub(super) static TABLES: LazyLock<Result<Tables, String>> = LazyLock::new(load);

fn load() -> Result<Tables, String> {
    let none = BTreeMap::new();
    let import_2018 = table(CEB_NS, include_str!("schema/import-2018-113.txt"), &none)?;
    let export_2018 = table(CEB_NS, include_str!("schema/export-2018-113.txt"), &none)?;
    Ok(Tables {
        import_2022: table(CEB_NS, include_str!("schema/import-2022-05.txt"), &import_2018.blocks)?,
        export_2022: table(CEB_NS, include_str!("schema/export-2022-05.txt"), &export_2018.blocks)?,
        signature: table(DSIG_NS, include_str!("schema/signature.txt"), &none)?,
        import_2018,
        export_2018,
    })
}

/// Reads a table; blocks it does not name are those of `base`.
fn table(namespace: &'static str, text: &'static str, base: &BTreeMap<&'static str, Block>) -> Result<Table, String> {
    let mut blocks: BTreeMap<&'static str, Block> = BTreeMap::new();
    let mut current = "";
    for (number, line) in text.lines().enumerate() {
        let bad = || format!("schema table, line {}: {line}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(child) = line.strip_prefix("  ") {
            let block = blocks.get_mut(current).ok_or_else(bad)?;
            read_child(child, block).ok_or_else(bad)?;
        } else {
            let mut words = line.split_whitespace();
            current = words.next().ok_or_else(bad)?;
            let mut block = Block::default();
            for word in words {
                match word {
                    "mixed" => block.mixed = true,
                    "choice" => block.choice = Some(0),
                    "choice+" => block.choice = Some(1),
                    _ => return Err(bad()),
                }
            }
            if blocks.insert(current, block).is_some() {
                return Err(bad());
            }
        }
    }
    for (name, block) in base {
        blocks.entry(name).or_insert_with(|| block.clone());
    }
    let missing = blocks.values().flat_map(|b| &b.parts).find_map(|p| match p.content {
        Content::Block(name) if !blocks.contains_key(name) => Some(name),
        _ => None,
    });
    match missing {
        Some(name) => Err(format!("schema table: block {name} is missing")),
        None => Ok(Table { namespace, blocks }),
    }
}

fn read_child(line: &'static str, block: &mut Block) -> Option<()> {
    let (name, content) = line.split_once(' ')?;
    if let Some(name) = name.strip_prefix('@') {
        let (name, required) = name.strip_suffix('?').map_or((name, true), |n| (n, false));
        let Content::Simple(simple) = read_content(content)? else { return None };
        block.attributes.push(Attribute { name, required, simple });
        return Some(());
    }
    let (name, min, max) = if let Some(name) = name.strip_suffix('?') {
        (name, 0, 1)
    } else if let Some((name, range)) = name.strip_suffix('}').and_then(|n| n.split_once('{')) {
        let (min, max) = range.split_once(',')?;
        (name, min.parse().ok()?, if max.is_empty() { u32::MAX } else { max.parse().ok()? })
    } else {
        (name, 1, 1)
    };
    if block.parts.iter().any(|part| part.name == name) {
        return None;
    }
    block.parts.push(Part { name, min, max, content: read_content(content)? });
    Some(())
}

fn read_content(text: &'static str) -> Option<Content> {
    if let Some(name) = text.strip_prefix(':') {
        return Some(Content::Block(name));
    }
    match text {
        "any" => return Some(Content::Any),
        "opaque" => return Some(Content::Opaque),
        "signature" => return Some(Content::Signature),
        _ => {}
    }
    let (mut fixed, mut default) = (None, None);
    let mut words = text.split(' ');
    let base = read_base(words.next()?)?;
    for word in words {
        if let Some(value) = word.strip_prefix('=') {
            fixed = Some(value);
        } else {
            default = Some(word.strip_prefix('~')?);
        }
    }
    Some(Content::Simple(Simple { base, fixed, default }))
}

fn read_base(word: &'static str) -> Option<Base> {
    let fixed_word = match word {
        "b64" => Some(Base::Base64),
        "id" => Some(Base::Name),
        "text" => Some(Base::Text { min: 0, max: None, collapse: false }),
        "integer" => Some(Base::Integer),
        "int" => Some(Base::Int { digits: None }),
        _ => None,
    };
    if fixed_word.is_some() {
        return fixed_word;
    }
    if let Some(digits) = word.strip_prefix("int") {
        return Some(Base::Int { digits: Some(digits.parse().ok()?) });
    }
    if let Some(numbers) = word.strip_prefix('n') {
        let (digits, places) = numbers.split_once('.')?;
        return Some(Base::Decimal { digits: digits.parse().ok()?, places: places.parse().ok()? });
    }
    let collapse = word.starts_with('w');
    let range = word.strip_prefix(['c', 'w'])?;
    let (min, max) = match range.split_once("..") {
        None => {
            let exact = range.parse().ok()?;
            (exact, Some(exact))
        }
        Some((min, max)) => (
            if min.is_empty() { 0 } else { min.parse().ok()? },
            if max.is_empty() { None } else { Some(max.parse().ok()?) },
        ),
    };
    Some(Base::Text { min, max, collapse })
}
