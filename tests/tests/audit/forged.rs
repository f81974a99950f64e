//! A log taken from a mirror, changed, and published again: with signatures of validators who lie together.
use chain_core::block::Leaf;
use chain_core::hash::Hash;
use chain_core::log::cosignature::cosign;
use chain_core::log::merkle::{inclusion_proof, leaf_hash, root_at};
use chain_core::log::tiles::{
    TileKind, TilePath, all_tiles, encode_entry_bundle, encode_hash_tile, encode_payload_bundle, parse_entry_bundle,
    parse_payload_bundle,
};
use chain_core::log::{Checkpoint, Frontier, NodeId, SignedCheckpoint};
use chain_core::receipt::{Handover, cosigner_name};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::path::Path;
use testnet::client::now_s;
use testnet::network::TestNetwork;

/// Entries, payloads and handovers of a ledger.
#[derive(Clone)]
pub struct Log {
    /// Leaves.
    pub entries: Vec<Vec<u8>>,
    /// What they commit to.
    pub payloads: Vec<Vec<u8>>,
    /// As they were.
    pub handovers: Vec<Handover>,
}

/// Who signs: places of the cast's nodes, and the time that they state.
#[derive(Clone, Copy)]
pub struct Signers {
    /// Nodes.
    pub nodes: &'static [usize],
    /// Unix seconds.
    pub time: u64,
}

impl Log {
    /// Reads a mirror.
    pub fn read(mirror: &Path) -> Log {
        let text = std::fs::read(mirror.join("checkpoint")).unwrap();
        let size = SignedCheckpoint::parse(&text).unwrap().checkpoint().size();
        let (mut entries, mut payloads) = (Vec::new(), Vec::new());
        for tile in all_tiles(size) {
            let bytes = std::fs::read(mirror.join(tile.to_string())).unwrap();
            let owned = |parts: Vec<&[u8]>| parts.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
            match tile.kind() {
                TileKind::Entries => entries.extend(owned(parse_entry_bundle(&bytes, tile.width()).unwrap())),
                TileKind::Payloads => payloads.extend(owned(parse_payload_bundle(&bytes, tile.width()).unwrap())),
                TileKind::Hashes(_) => {}
            }
        }
        let handovers = serde_json::from_slice(&std::fs::read(mirror.join("handovers.json")).unwrap()).unwrap();
        Log { entries, payloads, handovers }
    }

    /// Leaves.
    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    /// A leaf.
    pub fn leaf(&self, place: usize) -> Leaf {
        Leaf::from_bytes(&self.entries[place]).unwrap()
    }

    /// The place of the last transaction leaf before `before` that `wanted` likes.
    pub fn find(&self, before: usize, wanted: impl Fn(&Leaf) -> bool) -> usize {
        (0..before).rev().find(|place| wanted(&self.leaf(*place))).unwrap()
    }

    /// Changes a leaf.
    #[must_use]
    pub fn with(mut self, place: usize, change: impl FnOnce(&mut Leaf)) -> Log {
        let mut leaf = self.leaf(place);
        change(&mut leaf);
        self.entries[place] = leaf.to_bytes();
        self
    }

    fn nodes(&self) -> BTreeMap<NodeId, Hash> {
        let mut frontier = Frontier::new();
        self.entries.iter().flat_map(|entry| frontier.push(leaf_hash(entry))).collect()
    }

    /// The inclusion proof of a leaf.
    pub fn path(&self, place: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(&self.nodes(), place, size).unwrap()
    }

    /// A checkpoint over the first `size` leaves.
    pub fn checkpoint(&self, net: &TestNetwork, size: u64, by: Signers) -> SignedCheckpoint {
        let origin = &net.founding.genesis.origin;
        let checkpoint = Checkpoint::new(origin, size, root_at(&self.nodes(), size).unwrap(), vec![]).unwrap();
        let key = SigningKey::from_bytes;
        let nodes: Vec<_> = by.nodes.iter().map(|node| &net.cast.nodes[*node]).collect();
        let mut lines = vec![checkpoint.sign_as_log(&key(&nodes[0].log)).unwrap()];
        for node in nodes {
            let name = cosigner_name(origin, &node.member);
            lines.push(cosign(&checkpoint, &name, &key(&node.cosigner), by.time).unwrap());
        }
        SignedCheckpoint::new(checkpoint, lines).unwrap()
    }

    /// The files that a node with this log serves.
    pub fn publish(&self, net: &TestNetwork, size: u64, by: Signers) -> BTreeMap<String, Vec<u8>> {
        let nodes = self.nodes();
        let mut files = BTreeMap::new();
        for tile in all_tiles(size) {
            let from = tile.index() as usize * 256;
            let to = from + usize::from(tile.width());
            let bytes = match tile.kind() {
                TileKind::Hashes(level) => encode_hash_tile(&nodes, level, tile.index(), tile.width()).unwrap(),
                TileKind::Entries => encode_entry_bundle(&self.entries[from..to]).unwrap(),
                TileKind::Payloads => encode_payload_bundle(&self.payloads[from..to]).unwrap(),
            };
            files.insert(format!("/tlog/{tile}"), bytes);
        }
        files.insert("/tlog/checkpoint".into(), self.checkpoint(net, size, by).encode().into_bytes());
        let handovers = serde_json::to_vec(&self.handovers).unwrap();
        files.insert("/tlog/handovers.json".into(), handovers);
        files
    }
}

/// The path of the bundle that holds a leaf.
pub fn bundle(kind: TileKind, place: usize, size: u64) -> String {
    format!("/tlog/{}", TilePath::in_log(kind, place as u64 / 256, size).unwrap())
}

/// A quorum of those who have the say now, one of whom came with the handover.
pub fn present() -> Signers {
    Signers { nodes: &[0, 1, 4], time: now_s() }
}

/// A quorum of those who had it before the handover, one of whom left with it.
pub fn past() -> Signers {
    Signers { nodes: &[0, 1, 3], time: now_s() }
}
