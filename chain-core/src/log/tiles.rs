//! Tiled logs (c2sp.org/tlog-tiles): the tree and its entries cut into files that never change and can be cached.
//!
//! A tile of level `L` is 256 consecutive nodes of height `8 * L`, 32 bytes each; 256 tiles of one level make one tile
//! of the next. An entry bundle holds the 256 entries under a level-0 tile, each after its length as two bytes,
//! big-endian. On the right edge both exist in partial form, with 1 to 255 items. Paths cut the index in groups of
//! three digits, all but the last marked with `x`:
//!
//! ```text
//! tile/0/x001/x234/067          level 0, index 1234067, full
//! tile/1/000.p/17               level 1, index 0, the first 17 nodes
//! tile/entries/273.p/112        the last 112 entries of a log of 70,000
//! tile/payloads/273.p/112       what these entries commit to: ours, not of the specification
//! ```

mod tree;

pub use tree::{TileTree, root_tiles};

use super::merkle::{NodeId, NodeReader, TreeError};
use super::text::decimal;
use crate::hash::Hash;
use std::fmt;

/// Items in a full tile or entry bundle.
pub const FULL_WIDTH: u16 = 256;
/// The highest tile level that a path can name.
pub const MAX_LEVEL: u8 = 63;

/// Why a tile path, tile or entry bundle was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TileError {
    /// Not a tile path in its only spelling.
    #[error("L701 this is not a tile path; write it as tile/0/x001/234 or tile/entries/000.p/17")]
    Path,
    /// A width that is not 1 to 256.
    #[error("L702 a tile has 1 to 256 items; ask for such a width")]
    Width,
    /// A level above 63, or nodes that no tree of 64-bit size has.
    #[error("L703 no tree has this tile; ask for a smaller level or index")]
    Beyond,
    /// The tree does not (yet) hold the nodes.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The bytes are not as many as the width demands, or an entry runs past the end.
    #[error("L704 the tile or entry bundle is cut off or too long; get it again")]
    Length,
    /// An entry is longer than 65,535 bytes.
    #[error("L705 an entry is longer than 65,535 bytes; log a hash of it instead")]
    EntryTooLong,
}

/// What a tile file holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TileKind {
    /// Node hashes of a tile level from 0 to 63.
    Hashes(u8),
    /// Log entries.
    Entries,
    /// What the entries commit to, each after its length as four bytes (`FORMAT.md`, section 12).
    Payloads,
}

/// The name of a tile file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// A path from its parts: `index` within the level, `width` from 1 to 256 items.
    ///
    /// # Errors
    /// [`TileError::Width`]; [`TileError::Beyond`] for a level above 63.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<TilePath, TileError> {
        if !(1..=FULL_WIDTH).contains(&width) {
            return Err(TileError::Width);
        }
        if matches!(kind, TileKind::Hashes(level) if level > MAX_LEVEL) {
            return Err(TileError::Beyond);
        }
        Ok(TilePath { kind, index, width })
    }

    /// The widest tile `index` of this kind in a log of `size` entries, or `None` if it would be empty.
    pub fn in_log(kind: TileKind, index: u64, size: u64) -> Option<TilePath> {
        let nodes = match kind {
            TileKind::Hashes(level @ 0..8) => size >> (8 * level),
            TileKind::Hashes(_) => 0,
            TileKind::Entries | TileKind::Payloads => size,
        };
        let begin = index.checked_mul(FULL_WIDTH.into())?;
        let width = nodes.checked_sub(begin)?.min(FULL_WIDTH.into());
        TilePath::new(kind, index, width as u16).ok()
    }

    /// Reads a path such as `tile/0/x001/234.p/17`, in its only spelling.
    ///
    /// # Errors
    /// [`TileError::Path`].
    pub fn parse(path: &str) -> Result<TilePath, TileError> {
        let (kind, rest) = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(TileError::Path)?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            "payloads" => TileKind::Payloads,
            level => TileKind::Hashes(decimal(level).and_then(|n| n.try_into().ok()).ok_or(TileError::Path)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => {
                let width = decimal(width).and_then(|n| n.try_into().ok()).filter(|width| *width < FULL_WIDTH);
                (index, width.ok_or(TileError::Path)?)
            }
            None => (rest, FULL_WIDTH),
        };
        // Digits alone are read here; that grouping and padding are right is seen by writing the path again.
        let digits: String = index.chars().filter(char::is_ascii_digit).collect();
        let index = digits.parse().map_err(|_| TileError::Path)?;
        let parsed = TilePath::new(kind, index, width).map_err(|_| TileError::Path)?;
        if parsed.to_string() == path { Ok(parsed) } else { Err(TileError::Path) }
    }

    /// Hashes or entries.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Position within the level, from zero.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Number of items, 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
            TileKind::Payloads => f.write_str("tile/payloads/")?,
        }
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        if self.width < FULL_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// The bytes of a hash tile: `width` nodes of height `8 * level` from node `index * 256` on.
///
/// # Errors
/// [`TileError::Width`], [`TileError::Beyond`], [`TileError::Tree`] if a node is not stored.
pub fn encode_hash_tile(
    reader: &(impl NodeReader + ?Sized),
    level: u8,
    index: u64,
    width: u16,
) -> Result<Vec<u8>, TileError> {
    TilePath::new(TileKind::Hashes(level), index, width)?;
    // A node of height 64 or more would cover more leaves than a tree can have.
    let level = Some(level).filter(|level| *level < 8).ok_or(TileError::Beyond)? * 8;
    let begin = index.checked_mul(FULL_WIDTH.into()).ok_or(TileError::Beyond)?;
    let mut bytes = Vec::with_capacity(usize::from(width) * 32);
    for offset in 0..u64::from(width) {
        let id = NodeId { level, index: begin + offset };
        let hash = reader.node(id).ok_or(TreeError::MissingNode { id })?;
        bytes.extend_from_slice(hash.as_bytes());
    }
    Ok(bytes)
}

/// Reads the `width` hashes of a tile.
///
/// # Errors
/// [`TileError::Width`], [`TileError::Length`].
pub fn parse_hash_tile(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    TilePath::new(TileKind::Hashes(0), 0, width)?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        return Err(TileError::Length);
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The bytes of an entry bundle: each entry after its length as two bytes, big-endian.
///
/// # Errors
/// [`TileError::Width`] for no or more than 256 entries, [`TileError::EntryTooLong`].
pub fn encode_entry_bundle(entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, TileError> {
    if !(1..=usize::from(FULL_WIDTH)).contains(&entries.len()) {
        return Err(TileError::Width);
    }
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads the `width` entries of a bundle, which must be all of it.
///
/// # Errors
/// [`TileError::Width`], [`TileError::Length`].
pub fn parse_entry_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    TilePath::new(TileKind::Entries, 0, width)?;
    let (mut entries, mut rest) = (Vec::with_capacity(width.into()), bytes);
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(TileError::Length)?;
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(TileError::Length)?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(TileError::Length) }
}

/// The bytes of a payload bundle: each payload after its length as four bytes, big-endian.
///
/// # Errors
/// [`TileError::Width`] for no or more than 256 payloads, [`TileError::Length`] for one of 4 GiB or more.
pub fn encode_payload_bundle(payloads: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, TileError> {
    if !(1..=usize::from(FULL_WIDTH)).contains(&payloads.len()) {
        return Err(TileError::Width);
    }
    let mut bytes = Vec::new();
    for payload in payloads {
        let payload = payload.as_ref();
        let length = u32::try_from(payload.len()).map_err(|_| TileError::Length)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload);
    }
    Ok(bytes)
}

/// Reads the `width` payloads of a bundle, which must be all of it.
///
/// # Errors
/// [`TileError::Width`], [`TileError::Length`].
pub fn parse_payload_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    TilePath::new(TileKind::Payloads, 0, width)?;
    let (mut payloads, mut rest) = (Vec::with_capacity(width.into()), bytes);
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(TileError::Length)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| TileError::Length)?;
        let (payload, after) = after.split_at_checked(length).ok_or(TileError::Length)?;
        payloads.push(payload);
        rest = after;
    }
    if rest.is_empty() { Ok(payloads) } else { Err(TileError::Length) }
}

/// Every tile that a log of `size` entries has: hash tiles from level 0 up, then entries and payloads, each kind from
/// the left. The last of each is in its widest form.
pub fn all_tiles(size: u64) -> impl Iterator<Item = TilePath> {
    let kinds = (0..8).map(TileKind::Hashes).chain([TileKind::Entries, TileKind::Payloads]);
    kinds.flat_map(move |kind| (0..).map_while(move |index| TilePath::in_log(kind, index, size)))
}

#[cfg(test)]
mod tests;
