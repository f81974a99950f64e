//! The log on disk: RFC 6962 nodes in tiles of 256, the same tiles that `tlog-tiles` serves.

use crate::storage::{Batch, Storage, Table};
use chain_core::hash::Hash;
use chain_core::log::merkle::{Frontier, NodeId, NodeReader, node_hash};
use std::collections::BTreeMap;

const TILE_WIDTH: u64 = 256;

/// Storage key of a tile: its level, then its index, big-endian.
pub fn tile_key(level: u8, index: u64) -> [u8; 9] {
    let mut key = [0; 9];
    key[0] = level;
    key[1..].copy_from_slice(&index.to_be_bytes());
    key
}

/// The right edge of the log: its frontier and the tiles that are not full yet. Cheap to clone.
#[derive(Clone, Default)]
pub struct LogEdge {
    frontier: Frontier,
    open: BTreeMap<u8, Vec<Hash>>,
}

/// Tiles that an append changed, by level and index.
pub type ChangedTiles = BTreeMap<(u8, u64), Vec<Hash>>;

impl LogEdge {
    /// Reads the edge of a log of `size` leaves.
    ///
    /// None when a tile is missing or short: the store is damaged.
    pub fn load(storage: &dyn Storage, size: u64) -> Option<LogEdge> {
        let frontier = Frontier::from_nodes(&TileReader(storage), size).ok()?;
        let mut open = BTreeMap::new();
        let mut count = size;
        for level in 0.. {
            let width = count % TILE_WIDTH;
            if width > 0 {
                let tile = read_tile(storage, level, count / TILE_WIDTH)?;
                open.insert(level, tile.get(..usize::try_from(width).ok()?)?.to_vec());
            }
            count /= TILE_WIDTH;
            if count == 0 {
                break;
            }
        }
        Some(LogEdge { frontier, open })
    }

    /// Appends a leaf hash and notes the tiles that change.
    pub fn push(&mut self, leaf: Hash, changed: &mut ChangedTiles) {
        for (id, hash) in self.frontier.push(leaf) {
            if id.level % 8 != 0 {
                continue;
            }
            let level = id.level / 8;
            let tile = self.open.entry(level).or_default();
            tile.push(hash);
            changed.insert((level, id.index / TILE_WIDTH), tile.clone());
            if tile.len() as u64 == TILE_WIDTH {
                tile.clear();
            }
        }
    }

    /// Leaves in the log.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }
}

/// Adds changed tiles to a batch.
pub fn put_tiles(batch: &mut Batch, changed: &ChangedTiles) {
    for ((level, index), hashes) in changed {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        batch.put(Table::Tiles, &tile_key(*level, *index), bytes);
    }
}

/// The hashes of a tile, as many as there are.
pub fn read_tile(storage: &dyn Storage, level: u8, index: u64) -> Option<Vec<Hash>> {
    let bytes = storage.get(Table::Tiles, &tile_key(level, index)).ok()??;
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.iter().map(|h| Hash(*h)).collect())
}

/// Complete subtrees, computed from tiles.
pub struct TileReader<'a>(pub &'a dyn Storage);

impl NodeReader for TileReader<'_> {
    fn node(&self, id: NodeId) -> Option<Hash> {
        let span = 1u64 << (id.level % 8);
        let first = id.index.checked_mul(span)?;
        let tile = read_tile(self.0, id.level / 8, first / TILE_WIDTH)?;
        let from = usize::try_from(first % TILE_WIDTH).ok()?;
        let mut row = tile.get(from..from + usize::try_from(span).ok()?)?.to_vec();
        while row.len() > 1 {
            row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        row.pop()
    }
}
