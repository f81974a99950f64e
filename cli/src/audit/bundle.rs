//! Entries with what they commit to, read from bundles and held against the tree.

use super::{Divergence, What};
use chain_core::block::{BlockPayload, Leaf};
use chain_core::hash::Hash;
use chain_core::log::merkle::leaf_hash;
use chain_core::log::tiles::{FULL_WIDTH, TileTree, parse_entry_bundle, parse_payload_bundle};

/// A leaf at its place in the log, with what it commits to.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place.
    pub place: u64,
    /// The leaf.
    pub leaf: Leaf,
    /// What it commits to.
    pub payload: Payload,
}

/// What a leaf commits to.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A transaction as sent.
    Transaction(Vec<u8>),
    /// What the header of its block has besides the leaf.
    Block(BlockPayload),
}

/// Reads the entries of the level-0 tile `index`, of which `tree` has `width`.
///
/// # Errors
/// The first that is not what the tree and its own leaf say.
pub fn read(
    tree: &TileTree,
    index: u64,
    width: u16,
    entries: &[u8],
    payloads: &[u8],
) -> Result<Vec<Entry>, Divergence> {
    let first = index.saturating_mul(FULL_WIDTH.into());
    let form = |why: &dyn std::fmt::Display| Divergence::new(What::Form, "-", why).at(None, first);
    let entries = parse_entry_bundle(entries, width).map_err(|e| form(&e))?;
    let payloads = parse_payload_bundle(payloads, width).map_err(|e| form(&e))?;
    let mut found = Vec::with_capacity(width.into());
    for ((place, entry), payload) in (first..).zip(entries).zip(payloads) {
        let (expected, hash) = (tree.leaf(place), leaf_hash(entry));
        if expected != Some(hash) {
            let expected = expected.map_or_else(|| "-".to_owned(), |hash| hash.to_hex());
            return Err(Divergence::new(What::Entry, expected, hash).at(None, place));
        }
        let leaf = Leaf::from_bytes(entry)
            .ok_or_else(|| Divergence::new(What::Leaf, "-", hex::encode(entry)).at(None, place))?;
        let payload = bind(&leaf, payload).map_err(|divergence| divergence.at(Some(height(&leaf)), place))?;
        found.push(Entry { place, leaf, payload });
    }
    Ok(found)
}

/// The height that a leaf names.
pub fn height(leaf: &Leaf) -> u64 {
    match leaf {
        Leaf::Tx { height, .. } | Leaf::Block { height, .. } => height.0,
    }
}

fn bind(leaf: &Leaf, payload: &[u8]) -> Result<Payload, Divergence> {
    match leaf {
        Leaf::Tx { jwt, .. } => {
            let hash = Hash::of(payload.split(|byte| *byte == b'~').next().unwrap_or_default());
            if hash != *jwt {
                return Err(Divergence::new(What::Payload, jwt, hash));
            }
            Ok(Payload::Transaction(payload.to_vec()))
        }
        Leaf::Block { .. } => BlockPayload::from_bytes(payload)
            .map(Payload::Block)
            .ok_or_else(|| Divergence::new(What::Block, "-", hex::encode(payload))),
    }
}
