//! A tree as far as hash tiles show it.

use super::{FULL_WIDTH, TileKind, TilePath};
use crate::hash::Hash;
use crate::log::merkle::{NodeId, NodeReader, node_hash};
use std::collections::BTreeMap;

/// Hash tiles by level and index. What they say is to be believed only under a root that they give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileTree(BTreeMap<(u8, u64), Vec<Hash>>);

impl TileTree {
    /// Puts a tile in, in the place of one with fewer hashes.
    pub fn insert(&mut self, level: u8, index: u64, hashes: Vec<Hash>) {
        self.0.insert((level, index), hashes);
    }

    /// The hashes of a tile, as many as there are.
    pub fn tile(&self, level: u8, index: u64) -> Option<&[Hash]> {
        self.0.get(&(level, index)).map(Vec::as_slice)
    }

    /// The hash of a leaf.
    pub fn leaf(&self, place: u64) -> Option<Hash> {
        self.node(NodeId { level: 0, index: place })
    }
}

impl NodeReader for TileTree {
    fn node(&self, id: NodeId) -> Option<Hash> {
        let (level, index, from, span) = place(id)?;
        let mut row = self.tile(level, index)?.get(from..from + span)?.to_vec();
        while row.len() > 1 {
            row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        row.pop()
    }
}

/// The tile of a node: its level and index, and where in it the hashes under the node begin and how many they are.
fn place(id: NodeId) -> Option<(u8, u64, usize, usize)> {
    let span = 1u64 << (id.level % 8);
    let first = id.index.checked_mul(span)?;
    let width = u64::from(FULL_WIDTH);
    Some((id.level / 8, first / width, usize::try_from(first % width).ok()?, usize::try_from(span).ok()?))
}

/// The hash tiles that give the root of the first `size` leaves of a log of `log` leaves, in their widest form there.
/// None where `size` is beyond the log.
pub fn root_tiles(size: u64, log: u64) -> Option<Vec<TilePath>> {
    if size > log {
        return None;
    }
    let mut tiles = Vec::new();
    let mut covered = 0;
    for bit in (0..63u8).rev().filter(|bit| size >> bit & 1 == 1) {
        let (level, index, ..) = place(NodeId { level: bit, index: covered >> bit })?;
        covered += 1 << bit;
        let tile = TilePath::in_log(TileKind::Hashes(level), index, log)?;
        if !tiles.contains(&tile) {
            tiles.push(tile);
        }
    }
    Some(tiles)
}
