//! The authenticated state tree: one hash that commits to every key and value
//! of the state, with proofs that a key has a value or has none.
//!
//! # Definition
//!
//! The tree maps *key hashes* to *value hashes*. The key hash is SHA-256 of
//! the key's bytes, the value hash SHA-256 of the value's bytes. Both are 32
//! bytes. The bits of a key hash are numbered from 0, the most significant bit
//! of its first byte, to 255, the least significant bit of its last.
//!
//! A set of entries (key hash, value hash), no key hash twice, that all agree
//! in their first `d` bits has a *node hash at depth `d`*:
//!
//! 1. no entry: the placeholder, the 32 ASCII bytes
//!    `SPARSE_MERKLE_PLACEHOLDER_HASH__`;
//! 2. exactly one entry: SHA-256 of the 13 ASCII bytes `JMT::LeafNode`, the key
//!    hash, the value hash (77 bytes), at whatever depth;
//! 3. two entries or more: SHA-256 of the 16 ASCII bytes `JMT::IntrnalNode` (so
//!    spelt), the node hash at depth `d + 1` of the entries whose bit `d` is 0,
//!    the node hash at depth `d + 1` of those whose bit `d` is 1 (80 bytes).
//!
//! The *root* is the node hash at depth 0 of all entries. It depends on the
//! entries alone, never on the order in which they came. A consequence of rule
//! 3: where two or more entries all fall to one side, the other side counts as
//! a placeholder and the path goes on.
//!
//! A *proof* for a key hash follows its bits down from depth 0 until it meets
//! a node with one entry or none. It holds that entry, if any, and the node
//! hashes of the siblings met on the way. Its rules are those of [`Proof`].
//!
//! Roots and proofs are those of the Rust crate `jmt` 0.12 with SHA-256, which
//! the tests use as the oracle.
//!
//! # Storage
//!
//! Four binary levels make a [`Page`], addressed by the bits above it (a
//! [`NibblePath`]) and the version that wrote it (a [`PageId`]). A page never
//! changes. [`update`] reads pages, and returns new pages and the ids of those
//! that the new version no longer uses; it writes nothing. So several updates
//! may be tried on one base, and a chain of uncommitted ones through an
//! [`Overlay`]. To commit an update, write its `new_pages` and remember its
//! `root` and its `stale` list; pages stale since version `v` may be deleted
//! once no version before `v` has to be read. Every page that is read is
//! checked against the hash its parent gives, so a wrong page is an error and
//! never a wrong root.

mod cache;
mod page;
mod proof;
mod reader;
mod update;

#[cfg(test)]
mod tests;

pub use cache::{CachedReader, PageCache};
pub use page::{NibblePath, Page, PageError, PageId};
pub use proof::{Proof, ProofError, prove};
pub use reader::{Overlay, PageReader, TreeError};
pub use update::{TreeUpdate, update};

use crate::hash::Hash;
use serde::{Deserialize, Serialize};

/// The node hash of a subtree without entries, and the root of the empty tree.
pub const PLACEHOLDER: Hash = Hash(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

/// One entry of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// SHA-256 of the key's bytes.
    pub key_hash: Hash,
    /// SHA-256 of the value's bytes.
    pub value_hash: Hash,
}

impl Leaf {
    /// The node hash of a subtree that holds this entry alone (rule 2).
    pub fn node_hash(&self) -> Hash {
        let mut bytes = [0; 13 + 64];
        bytes[..13].copy_from_slice(b"JMT::LeafNode");
        bytes[13..45].copy_from_slice(&self.key_hash.0);
        bytes[45..].copy_from_slice(&self.value_hash.0);
        Hash::of(&bytes)
    }
}

/// The node hash of two entries or more (rule 3) from those of its halves.
pub fn inner_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [0; 16 + 64];
    bytes[..16].copy_from_slice(b"JMT::IntrnalNode");
    bytes[16..48].copy_from_slice(&left.0);
    bytes[48..].copy_from_slice(&right.0);
    Hash::of(&bytes)
}

/// Names one state of the tree: its root and the version that wrote the page
/// at the root. An update that changes nothing leaves both as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The root hash.
    pub hash: Hash,
    /// The version of the root page. The empty tree has no page; there it is
    /// the version that emptied it, 0 if it was never anything else.
    pub version: u64,
}

impl Root {
    /// The tree before its first update.
    pub const EMPTY: Root = Root { hash: PLACEHOLDER, version: 0 };
}

/// Bit `index` (0..=255) of a key hash, from the most significant.
fn bit(key_hash: &Hash, index: usize) -> bool {
    key_hash.0[index / 8] & (0x80 >> (index % 8)) != 0
}
