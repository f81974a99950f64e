//! From one checkpoint to the next.

use super::bundle::{self, Entry};
use super::compare::{Ledger, Tally};
use super::mirror::{Head, Mirror};
use super::{Divergence, Stop, What};
use crate::failure::Failure;
use crate::report::Screen;
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::log::merkle::{NodeId, NodeReader, leaf_hash, node_hash, root_at};
use chain_core::log::tiles::{
    FULL_WIDTH, TileKind, TilePath, TileTree, all_tiles, parse_entry_bundle, parse_hash_tile,
};
use chain_core::receipt::Trust;
use chain_core::replay::Replay;
use std::collections::BTreeMap;

/// Follows one ledger into one folder.
pub struct Auditor {
    mirror: Mirror,
    trust: Trust,
    genesis: Vec<u8>,
    ledger: Ledger,
    head: Option<Head>,
    screen: Screen,
}

/// What an audit has come to.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Leaves under the last checkpoint.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Height of its last block.
    pub height: u64,
    /// Executed transactions.
    pub tally: Tally,
    /// Validators that cosigned it.
    pub cosigned: usize,
    /// Unix seconds at which a quorum had.
    pub cosigned_at: u64,
}

/// What a node's newest checkpoint brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// It is covered now.
    Covered,
    /// It is smaller than what is covered, though of the same log: so many leaves.
    Behind(u64),
    /// The node has none yet.
    Nothing,
}

/// Whether tiles give a root, and every full tile the hash that stands for it one level above.
fn check(tree: &TileTree, size: u64, root: Hash) -> Result<(), Divergence> {
    let differs = |expected: Hash, found: Option<Hash>| {
        Divergence::new(What::Tiles, expected, found.map_or_else(|| "-".to_owned(), |hash| hash.to_hex()))
    };
    let found = root_at(tree, size).ok();
    if found != Some(root) {
        return Err(differs(root, found));
    }
    for tile in all_tiles(size) {
        let TileKind::Hashes(level @ 1..) = tile.kind() else { continue };
        let first = tile.index() * u64::from(FULL_WIDTH);
        for (index, hash) in (first..).zip(tree.tile(level, tile.index()).unwrap_or_default()) {
            let half = |index| tree.node(NodeId { level: 8 * level - 1, index });
            let made = half(2 * index).zip(half(2 * index + 1)).map(|(left, right)| node_hash(&left, &right));
            if made != Some(*hash) {
                return Err(differs(*hash, made));
            }
        }
    }
    Ok(())
}

impl Auditor {
    /// Begins with the genesis. A folder of another ledger is refused.
    pub fn new(mirror: Mirror, genesis: Vec<u8>, founding: Founding, screen: Screen) -> Result<Auditor, Failure> {
        if let Some(kept) = mirror.kept("genesis.json")?
            && kept != genesis
        {
            return Err(Failure::new("CLI-1209").with("path", mirror.folder().display()));
        }
        let trust = Trust::in_genesis(&founding);
        let more = contracts::genesis_state(&founding.genesis);
        let replay = Replay::begin(founding, contracts::all(), more)
            .map_err(|error| Failure::new("CLI-1208").with("reason", error))?;
        Ok(Auditor { mirror, trust, genesis, ledger: Ledger::begin(replay), head: None, screen })
    }

    /// The folder.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// What was executed.
    pub fn replay(&self) -> &Replay {
        &self.ledger.replay
    }

    /// What was covered so far; none before the first checkpoint.
    pub fn covered(&self) -> Option<Covered> {
        let head = self.head.as_ref()?;
        let stated = head.vouched.checkpoint.checkpoint();
        Some(Covered {
            size: stated.size(),
            root: stated.root(),
            height: self.replay().height().0,
            tally: self.ledger.tally,
            cosigned: head.vouched.cosigned,
            cosigned_at: head.vouched.cosigned_at,
        })
    }

    /// Executes what the folder holds, up to its checkpoint. False where it has none.
    pub async fn resume(&mut self) -> Result<bool, Stop> {
        let Some(head) = self.mirror.head(&self.trust)? else { return Ok(false) };
        self.cover(head?).await?;
        Ok(true)
    }

    /// Goes on to the node's newest checkpoint.
    pub async fn advance(&mut self) -> Result<Advance, Stop> {
        let Some(head) = self.mirror.newest(&self.trust).await? else { return Ok(Advance::Nothing) };
        let head = head?;
        let own = self.replay().log().size();
        if head.size() > own || own == 0 {
            self.cover(head).await?;
            return Ok(Advance::Covered);
        }
        // Smaller or equal: it has to be the root that the log kept had at that size.
        let tree = self.kept_tree(own)?;
        let stated = head.vouched.checkpoint.checkpoint();
        let expected = root_at(&tree, stated.size()).map_err(|e| Divergence::new(What::Tiles, "-", e))?;
        if expected != stated.root() {
            let divergence = Divergence::new(What::Log, expected, stated.root());
            return Err(self.contradiction(divergence, &head)?.into());
        }
        if head.size() < own {
            return Ok(Advance::Behind(head.size()));
        }
        self.mirror.settle(&head, &self.genesis, own)?;
        self.head = Some(head);
        Ok(Advance::Covered)
    }

    /// Checks everything up to a checkpoint that is not smaller than what is covered, and keeps it.
    async fn cover(&mut self, head: Head) -> Result<(), Stop> {
        let (size, from) = (head.size(), self.replay().log().size());
        let root = head.vouched.checkpoint.checkpoint().root();
        let tree = self.tree(&head, from).await?;
        let bar = self.screen.progress(size - from, "audit.progress");
        let width = u64::from(FULL_WIDTH);
        for index in from / width..size.div_ceil(width) {
            for entry in self.entries(&tree, index, size).await? {
                if entry.place >= from {
                    self.ledger.take(entry)?;
                    bar.inc(1);
                }
            }
        }
        bar.finish_and_clear();
        if self.ledger.is_within_a_block() {
            return Err(Divergence::new(What::Leaf, "-", "-").at(None, size.saturating_sub(1)).into());
        }
        let made = self.replay().log();
        if (made.size(), made.root()) != (size, root) {
            return Err(Divergence::new(What::Tiles, root, made.root()).into());
        }
        if self.mirror.is_online() {
            self.mirror.settle(&head, &self.genesis, from)?;
        }
        self.head = Some(head);
        Ok(())
    }

    /// The tree that a checkpoint states, from the folder and the node. Holds the log that is covered already.
    async fn tree(&self, head: &Head, from: u64) -> Result<TileTree, Stop> {
        let root = head.vouched.checkpoint.checkpoint().root();
        let mut tree = self.hashes(head.size(), true).await?;
        let mut fits = check(&tree.0, head.size(), root);
        if fits.is_err() && self.mirror.is_online() {
            // What is kept may be the log of another checkpoint, or damaged.
            tree = self.hashes(head.size(), false).await?;
            fits = check(&tree.0, head.size(), root);
        }
        fits?;
        let (tree, new) = tree;
        if root_at(&tree, from) != Ok(self.replay().log().root()) {
            let divergence = self.first_difference(&tree, from)?;
            return Err(self.contradiction(divergence, head)?.into());
        }
        for (name, bytes) in new {
            self.mirror.keep(&name, &bytes)?;
        }
        Ok(tree)
    }

    /// All hash tiles of a size, and those of them that the node gave.
    async fn hashes(&self, size: u64, use_kept: bool) -> Result<(TileTree, BTreeMap<String, Vec<u8>>), Stop> {
        let (mut tree, mut new) = (TileTree::default(), BTreeMap::new());
        for tile in all_tiles(size) {
            let TileKind::Hashes(level) = tile.kind() else { continue };
            let name = tile.to_string();
            let kept = if use_kept { self.mirror.kept(&name)? } else { None };
            let bytes = match kept {
                Some(bytes) => bytes,
                None => {
                    let bytes = self.mirror.demanded(&name).await?;
                    new.insert(name, bytes.clone());
                    bytes
                }
            };
            let hashes = parse_hash_tile(&bytes, tile.width()).map_err(|e| Divergence::new(What::Form, "-", e))?;
            tree.insert(level, tile.index(), hashes);
        }
        Ok((tree, new))
    }

    fn kept_tree(&self, size: u64) -> Result<TileTree, Stop> {
        let mut tree = TileTree::default();
        for tile in all_tiles(size) {
            let TileKind::Hashes(level) = tile.kind() else { continue };
            let bytes = self.mirror.kept(&tile.to_string())?.unwrap_or_default();
            let hashes = parse_hash_tile(&bytes, tile.width()).map_err(|e| Divergence::new(What::Form, "-", e))?;
            tree.insert(level, tile.index(), hashes);
        }
        Ok(tree)
    }

    /// The entries of a tile, from the folder or else from the node, held against the tree.
    async fn entries(&self, tree: &TileTree, index: u64, size: u64) -> Result<Vec<Entry>, Stop> {
        let tile = |kind| TilePath::in_log(kind, index, size);
        let (Some(entries), Some(payloads)) = (tile(TileKind::Entries), tile(TileKind::Payloads)) else {
            return Ok(Vec::new());
        };
        let width = entries.width();
        let names = [entries.to_string(), payloads.to_string()];
        if let (Some(entries), Some(payloads)) = (self.mirror.kept(&names[0])?, self.mirror.kept(&names[1])?) {
            match bundle::read(tree, index, width, &entries, &payloads) {
                Ok(found) => return Ok(found),
                Err(divergence) if !self.mirror.is_online() => return Err(divergence.into()),
                // Left behind by an audit that ended there: the node says it again.
                Err(_) => {}
            }
        }
        let (entries, payloads) = (self.mirror.demanded(&names[0]).await?, self.mirror.demanded(&names[1]).await?);
        let found = bundle::read(tree, index, width, &entries, &payloads)?;
        self.mirror.keep(&names[0], &entries)?;
        self.mirror.keep(&names[1], &payloads)?;
        Ok(found)
    }

    /// Where the log that is kept and another one part.
    fn first_difference(&self, tree: &TileTree, from: u64) -> Result<Divergence, Stop> {
        let bundles = all_tiles(from).filter(|tile| tile.kind() == TileKind::Entries);
        for tile in bundles {
            let bytes = self.mirror.kept(&tile.to_string())?.unwrap_or_default();
            let entries = parse_entry_bundle(&bytes, tile.width()).unwrap_or_default();
            for (place, entry) in (tile.index() * u64::from(FULL_WIDTH)..).zip(entries) {
                let (ours, theirs) = (leaf_hash(entry), tree.leaf(place));
                if theirs != Some(ours) {
                    let height = chain_core::block::Leaf::from_bytes(entry).map(|leaf| bundle::height(&leaf));
                    let theirs = theirs.map_or_else(|| "-".to_owned(), |hash| hash.to_hex());
                    return Ok(Divergence::new(What::Log, ours, theirs).at(height, place));
                }
            }
        }
        let theirs = root_at(tree, from).map_or_else(|error| error.to_string(), |root| root.to_hex());
        Ok(Divergence::new(What::Log, self.replay().log().root(), theirs))
    }

    /// Keeps both checkpoints.
    fn contradiction(&self, divergence: Divergence, head: &Head) -> Result<Divergence, Failure> {
        let Some(before) = &self.head else { return Ok(divergence) };
        let evidence = self.mirror.evidence([&before.vouched.checkpoint, &head.vouched.checkpoint])?;
        Ok(Divergence { evidence, ..divergence })
    }
}
