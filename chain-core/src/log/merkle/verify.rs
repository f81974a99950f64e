//! Verifying proofs, without a store (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use super::{empty_root, node_hash};
use crate::hash::Hash;

/// Why an inclusion proof was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InclusionError {
    /// The index is not below the size.
    #[error("L111 leaf {index} is not in a tree of {size} leaves; get a proof for a tree that holds the entry")]
    IndexOutOfRange {
        /// The leaf's index, from zero.
        index: u64,
        /// Number of leaves.
        size: u64,
    },
    /// Hashes are missing.
    #[error("L112 the inclusion proof is too short for this index and size; get the proof again")]
    TooShort,
    /// Hashes are left over.
    #[error("L113 the inclusion proof is too long for this index and size; get the proof again")]
    TooLong,
    /// The proof leads to another root.
    #[error("L114 the entry is not at this index under this root; do not rely on it")]
    RootMismatch,
}

/// Checks that `leaf_hash` is leaf `index` of the tree of `size` leaves with root `root` (RFC 9162 2.1.3.2).
///
/// # Errors
/// One variant of [`InclusionError`] per reason.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), InclusionError> {
    if index >= size {
        return Err(InclusionError::IndexOutOfRange { index, size });
    }
    // `place` is the node's index on the way up, `last` the index of the rightmost node of its level.
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf_hash);
    for sibling in proof {
        if last == 0 {
            return Err(InclusionError::TooLong);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            skip_levels_without_sibling(&mut place, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(InclusionError::RootMismatch),
        _ => Err(InclusionError::TooShort),
    }
}

/// Why a consistency proof was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConsistencyError {
    /// The earlier tree is larger than the later one.
    #[error("L121 tree size {old} is larger than {new}; swap the two trees")]
    SizesReversed {
        /// The earlier size, in leaves.
        old: u64,
        /// The later size, in leaves.
        new: u64,
    },
    /// A tree without leaves has a root other than SHA-256 of nothing.
    #[error("L122 an empty tree has another root than SHA-256 of nothing; do not rely on this log")]
    EmptyRoot,
    /// Hashes are missing.
    #[error("L123 the consistency proof is too short for these sizes; get the proof again")]
    TooShort,
    /// Hashes are left over.
    #[error("L124 the consistency proof is too long for these sizes; get the proof again")]
    TooLong,
    /// The proof does not lead to the earlier root.
    #[error("L125 the proof does not lead to the earlier root; keep both checkpoints as evidence")]
    OldRootMismatch,
    /// The proof does not lead to the later root.
    #[error("L126 the proof does not lead to the later root; keep both checkpoints as evidence")]
    NewRootMismatch,
}

/// Checks that the tree (`new`, `new_root`) begins with the tree (`old`, `old_root`) (RFC 9162 2.1.4.2). Sizes count
/// leaves. The proof must be empty when `old` is zero or the sizes are equal; equal sizes must have equal roots.
///
/// # Errors
/// One variant of [`ConsistencyError`] per reason.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ConsistencyError> {
    if old > new {
        return Err(ConsistencyError::SizesReversed { old, new });
    }
    if (old == 0 && *old_root != empty_root()) || (new == 0 && *new_root != empty_root()) {
        return Err(ConsistencyError::EmptyRoot);
    }
    if old == 0 || old == new {
        return match proof {
            [_, ..] => Err(ConsistencyError::TooLong),
            [] if old == new && old_root != new_root => Err(ConsistencyError::NewRootMismatch),
            [] => Ok(()),
        };
    }
    // A proof leaves out its first hash when that is the old root itself: a complete subtree.
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() { old_root } else { hashes.next().ok_or(ConsistencyError::TooShort)? };
    let (mut old_hash, mut new_hash) = (*first, *first);
    let shift = (old - 1).trailing_ones();
    let (mut place, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    for sibling in hashes {
        if last == 0 {
            return Err(ConsistencyError::TooLong);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_levels_without_sibling(&mut place, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ConsistencyError::TooShort);
    }
    if old_hash != *old_root {
        return Err(ConsistencyError::OldRootMismatch);
    }
    if new_hash != *new_root {
        return Err(ConsistencyError::NewRootMismatch);
    }
    Ok(())
}

/// On the ragged right edge a node is carried up unchanged until it is a right child.
fn skip_levels_without_sibling(place: &mut u64, last: &mut u64) {
    while *place & 1 == 0 && *place != 0 {
        *place >>= 1;
        *last >>= 1;
    }
}
