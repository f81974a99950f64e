//! Proofs that a key has a value in a state, or has none.

use super::page::Node;
use super::reader::load;
use super::{Leaf, NibblePath, PLACEHOLDER, PageId, PageReader, Root, TreeError, bit, inner_hash};
use crate::hash::Hash;
use serde::{Deserialize, Serialize};

/// A proof about one key hash under one root.
///
/// The path of a key hash is followed from the root until a node with one entry
/// or none. The proof holds that entry and the siblings of the nodes followed.
/// With `n` siblings, the last node is at depth `n`, and it stands for
/// - a **present** key, where the entry has the key hash in question;
/// - an **absent** key, where there is no entry, or where the entry has another
///   key hash with the same first `n` bits.
///
/// From the last node's hash (that of the entry, or the placeholder) the root
/// is computed upward: at the sibling of index `i` the node hash becomes
/// [`inner_hash`]`(sibling, node)` where bit `n - 1 - i` of the key hash is 1,
/// and `inner_hash(node, sibling)` where it is 0.
///
/// # JSON
///
/// ```json
/// {"leaf": {"key_hash": "<64 hex>", "value_hash": "<64 hex>"},
///  "siblings": ["<64 hex>", "<64 hex>"]}
/// ```
///
/// Both fields are required, `leaf` may be `null`, others are refused. The
/// siblings run from the leaf upward: the first is the deepest, the last is a
/// half of the root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The entry at the end of the path, `None` where the place is empty.
    #[serde(deserialize_with = "Option::deserialize")]
    pub leaf: Option<Leaf>,
    /// The siblings' node hashes from the leaf upward, placeholders included;
    /// at most 256.
    pub siblings: Vec<Hash>,
}

/// Why a proof does not show what it was asked to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// More siblings than a key hash has bits.
    #[error("the proof has {0} siblings; no path has more than 256")]
    TooManySiblings(usize),
    /// Asked for presence; the proof ends at an empty place.
    #[error("the proof shows that the key is absent; it was to show a value")]
    NotPresent,
    /// Asked for presence; the proof ends at the entry of another key.
    #[error("the proof ends at the entry of another key, {0}; it was to show a value")]
    OtherKey(Hash),
    /// Asked for presence; the proof is about another value of this key.
    #[error("the proof is about another value of the key, with hash {0}")]
    OtherValue(Hash),
    /// Asked for absence; the proof ends at an entry of this very key.
    #[error("the proof shows that the key has a value; it was to show that it has none")]
    NotAbsent,
    /// Asked for absence; the key's path does not lead to the proof's entry.
    #[error("the proof's entry is not on the path of the key: {shared} bits agree, {needed} must")]
    OffPath {
        /// The leading bits that the key hash and the entry's share.
        shared: usize,
        /// The depth of the entry, the number of siblings.
        needed: usize,
    },
    /// The siblings lead to another root.
    #[error("the proof leads to the root {0}, not to the one expected")]
    OtherRoot(Hash),
}

impl Proof {
    /// Checks that under `root` the key has the value of hash `value_hash`, or
    /// where it is `None`, that the key is absent.
    ///
    /// # Errors
    /// The first [`ProofError`] that applies, in the order of its variants.
    pub fn verify(
        &self,
        root: &Hash,
        key_hash: &Hash,
        value_hash: Option<&Hash>,
    ) -> Result<(), ProofError> {
        let depth = self.siblings.len();
        if depth > 256 {
            return Err(ProofError::TooManySiblings(depth));
        }
        match (value_hash, &self.leaf) {
            (Some(_), None) => return Err(ProofError::NotPresent),
            (Some(_), Some(leaf)) if leaf.key_hash != *key_hash => {
                return Err(ProofError::OtherKey(leaf.key_hash));
            }
            (Some(value_hash), Some(leaf)) if leaf.value_hash != *value_hash => {
                return Err(ProofError::OtherValue(leaf.value_hash));
            }
            (None, Some(leaf)) if leaf.key_hash == *key_hash => {
                return Err(ProofError::NotAbsent);
            }
            (None, Some(leaf)) => {
                let shared = shared_bits(key_hash, &leaf.key_hash);
                if shared < depth {
                    return Err(ProofError::OffPath { shared, needed: depth });
                }
            }
            (Some(_), Some(_)) | (None, None) => {}
        }

        let mut hash = self.leaf.as_ref().map_or(PLACEHOLDER, Leaf::node_hash);
        for (index, sibling) in (0..depth).rev().zip(&self.siblings) {
            hash = if bit(key_hash, index) {
                inner_hash(sibling, &hash)
            } else {
                inner_hash(&hash, sibling)
            };
        }
        if hash == *root { Ok(()) } else { Err(ProofError::OtherRoot(hash)) }
    }
}

/// The number of leading bits in which two hashes agree.
fn shared_bits(a: &Hash, b: &Hash) -> usize {
    (0..256).take_while(|index| bit(a, *index) == bit(b, *index)).count()
}

/// The proof for `key_hash` in the state `root`: of presence where the proof's
/// leaf has this key hash, else of absence.
///
/// # Errors
/// [`TreeError`] where the reader fails, the store is damaged, or the state was
/// pruned.
pub fn prove<R: PageReader>(
    reader: &R,
    root: &Root,
    key_hash: &Hash,
) -> Result<Proof, TreeError<R::Error>> {
    let mut siblings = Vec::new();
    let mut leaf = None;
    if !root.is_empty() {
        let mut id = PageId { version: root.version, path: NibblePath::ROOT };
        let mut page = load(reader, id, &root.hash)?;
        let mut position = 1;
        loop {
            match page.node(position) {
                Node::Empty => break,
                Node::Leaf(found) => {
                    leaf = Some(found);
                    break;
                }
                Node::Inner { .. } => {
                    position = 2 * position + usize::from(bit(key_hash, siblings.len()));
                    siblings.push(page.node(position ^ 1).hash());
                }
                Node::Child { hash, version } => {
                    let path = id.path.child(position - 16).ok_or(TreeError::TooDeep)?;
                    id = PageId { version, path };
                    page = load(reader, id, &hash)?;
                    position = 1;
                }
            }
        }
    }
    siblings.reverse();
    Ok(Proof { leaf, siblings })
}
