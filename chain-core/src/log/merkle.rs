//! The append-only Merkle tree of RFC 6962 section 2.1, with the verification rules of RFC 9162 section 2.1.
//!
//! A leaf is `SHA-256(0x00 || data)`, an inner node `SHA-256(0x01 || left || right)`, and a tree of `n` leaves splits at
//! the largest power of two below `n`. The prefixes keep a leaf from passing for a node. The empty tree's root is
//! SHA-256 of nothing.
//!
//! Three leaves `a`, `b`, `c` make
//!
//! ```text
//!        root = N(N(a,b), c)      level 1: N(a,b) is complete and stored for ever
//!        /            \           level 0: a, b, c are stored
//!     N(a,b)           c          root itself is not stored: the fourth leaf will change it
//!     /    \
//!    a      b                     inclusion proof of a: [b, c];  consistency proof 2 -> 3: [c]
//! ```
//!
//! A node `(level, index)` is the complete subtree over leaves `index * 2^level .. (index + 1) * 2^level`. Only complete
//! subtrees are ever stored; they never change. A [`Frontier`] holds the complete subtrees on the right edge (one per
//! one-bit of the size), which is all that appending needs.

mod verify;

pub use verify::{ConsistencyError, InclusionError, verify_consistency, verify_inclusion};

use crate::hash::Hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The largest tree this module reads from outside: 2^63 - 1 leaves. Inclusion proofs have at most 63 hashes.
pub const MAX_TREE_SIZE: u64 = (1 << 63) - 1;

/// The hash of a leaf with content `data` (RFC 6962 section 2.1).
pub fn leaf_hash(data: &[u8]) -> Hash {
    Hash::of_parts(&[&[0], data])
}

/// The hash of an inner node over its two children (RFC 6962 section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of the tree without leaves: SHA-256 of the empty string.
pub fn empty_root() -> Hash {
    Hash::of(b"")
}

/// The place of a complete subtree: it covers the leaves `index * 2^level .. (index + 1) * 2^level`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct NodeId {
    /// Height above the leaves; level 0 holds the leaf hashes.
    pub level: u8,
    /// Position within the level, from the left, from zero.
    pub index: u64,
}

/// A store of complete subtrees.
pub trait NodeReader {
    /// The hash of the complete subtree `id`, or `None` if the store does not hold it.
    fn node(&self, id: NodeId) -> Option<Hash>;
}

impl NodeReader for BTreeMap<NodeId, Hash> {
    fn node(&self, id: NodeId) -> Option<Hash> {
        self.get(&id).copied()
    }
}

/// Why a root or a proof could not be computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TreeError {
    /// The leaf asked for is not in the tree.
    #[error("L101 leaf {index} is not in a tree of {size} leaves; ask for a smaller index or a newer tree")]
    IndexOutOfRange {
        /// The leaf's index, from zero.
        index: u64,
        /// Number of leaves.
        size: u64,
    },
    /// A consistency proof runs from a smaller tree to a larger one.
    #[error("L102 tree size {old} is larger than {new}; swap the two sizes")]
    SizesReversed {
        /// The earlier size, in leaves.
        old: u64,
        /// The later size, in leaves.
        new: u64,
    },
    /// The size is beyond [`MAX_TREE_SIZE`].
    #[error("L103 tree size {size} is beyond 2^63 - 1; correct the size")]
    SizeTooLarge {
        /// Number of leaves.
        size: u64,
    },
    /// The store lacks a complete subtree of a tree of this size.
    #[error("L104 node {} of level {} is not stored; ask for an older tree or rebuild the node store", .id.index, .id.level)]
    MissingNode {
        /// The absent subtree.
        id: NodeId,
    },
    /// A stored frontier does not have one hash per one-bit of its size.
    #[error("L105 the frontier of {size} leaves has {peaks} hashes; rebuild it from the node store")]
    BadFrontier {
        /// Number of leaves.
        size: u64,
        /// Number of hashes found.
        peaks: usize,
    },
}

/// The right edge of a tree (a compact range from zero): enough to append and to know the root.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "FrontierParts", into = "FrontierParts")]
pub struct Frontier {
    size: u64,
    /// Complete subtrees from the left (largest) to the right: one per one-bit of `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Rebuilds the frontier of the first `size` leaves from stored nodes.
    ///
    /// # Errors
    /// [`TreeError::SizeTooLarge`], or [`TreeError::MissingNode`] if `reader` holds fewer leaves.
    pub fn from_nodes(reader: &(impl NodeReader + ?Sized), size: u64) -> Result<Frontier, TreeError> {
        check_size(size)?;
        let mut peaks = Vec::new();
        let mut covered = 0;
        for level in (0..63).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(stored(reader, NodeId { level, index: covered >> level })?);
            covered += 1 << level;
        }
        Ok(Frontier { size, peaks })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and returns the complete subtrees this creates, the leaf first, each once in the tree's life.
    pub fn push(&mut self, leaf_hash: Hash) -> Vec<(NodeId, Hash)> {
        let (mut id, mut hash) = (NodeId { level: 0, index: self.size }, leaf_hash);
        let mut created = vec![(id, hash)];
        // An odd index has its complete left sibling at the end of the frontier: join the two.
        while id.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node_hash(&left, &hash);
            id = NodeId { level: id.level + 1, index: id.index >> 1 };
            created.push((id, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
        created
    }

    /// The root of the tree (RFC 6962 `MTH`).
    pub fn root(&self) -> Hash {
        let right_to_left = self.peaks.iter().rev().copied();
        right_to_left.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// The stored form of a [`Frontier`], checked on the way in.
#[derive(Serialize, Deserialize)]
struct FrontierParts {
    size: u64,
    peaks: Vec<Hash>,
}

impl From<Frontier> for FrontierParts {
    fn from(frontier: Frontier) -> FrontierParts {
        FrontierParts { size: frontier.size, peaks: frontier.peaks }
    }
}

impl TryFrom<FrontierParts> for Frontier {
    type Error = TreeError;

    fn try_from(FrontierParts { size, peaks }: FrontierParts) -> Result<Frontier, TreeError> {
        check_size(size)?;
        if peaks.len() != size.count_ones() as usize {
            return Err(TreeError::BadFrontier { size, peaks: peaks.len() });
        }
        Ok(Frontier { size, peaks })
    }
}

/// The root of the first `size` leaves.
///
/// # Errors
/// [`TreeError::SizeTooLarge`], [`TreeError::MissingNode`].
pub fn root_at(reader: &(impl NodeReader + ?Sized), size: u64) -> Result<Hash, TreeError> {
    Ok(Frontier::from_nodes(reader, size)?.root())
}

/// The inclusion proof of leaf `index` in the tree of `size` leaves: sibling hashes from the leaf up (RFC 6962 2.1.1).
///
/// # Errors
/// [`TreeError::IndexOutOfRange`], [`TreeError::SizeTooLarge`], [`TreeError::MissingNode`].
pub fn inclusion_proof(reader: &(impl NodeReader + ?Sized), index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
    check_size(size)?;
    if index >= size {
        return Err(TreeError::IndexOutOfRange { index, size });
    }
    let mut proof = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            proof.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(reader, begin, middle)?);
            begin = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 6962 2.1.2).
/// It is empty when `old` is zero or equals `new`.
///
/// # Errors
/// [`TreeError::SizesReversed`], [`TreeError::SizeTooLarge`], [`TreeError::MissingNode`].
pub fn consistency_proof(reader: &(impl NodeReader + ?Sized), old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
    check_size(new)?;
    if old > new {
        return Err(TreeError::SizesReversed { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let (mut begin, mut end) = (0, new);
    while old != end {
        let middle = begin + split(end - begin);
        if old <= middle {
            proof.push(range_root(reader, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(reader, begin, middle)?);
            begin = middle;
        }
    }
    // The verifier knows the old root, so it is left out when it is itself a node of the new tree.
    if begin > 0 {
        proof.push(range_root(reader, begin, end)?);
    }
    proof.reverse();
    Ok(proof)
}

fn check_size(size: u64) -> Result<(), TreeError> {
    if size > MAX_TREE_SIZE { Err(TreeError::SizeTooLarge { size }) } else { Ok(()) }
}

/// The largest power of two below `count`, for `count` >= 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn stored(reader: &(impl NodeReader + ?Sized), id: NodeId) -> Result<Hash, TreeError> {
    reader.node(id).ok_or(TreeError::MissingNode { id })
}

/// The root over the leaves `begin..end`, a range that RFC 6962's splitting produces (so `begin` is aligned).
fn range_root(reader: &(impl NodeReader + ?Sized), begin: u64, end: u64) -> Result<Hash, TreeError> {
    let count = end - begin;
    if count.is_power_of_two() {
        let level = count.ilog2();
        return stored(reader, NodeId { level: level as u8, index: begin >> level });
    }
    let middle = begin + split(count);
    Ok(node_hash(&range_root(reader, begin, middle)?, &range_root(reader, middle, end)?))
}

#[cfg(test)]
mod tests;
