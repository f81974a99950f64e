//! Pages: four binary levels of the tree in one stored value.
//!
//! The positions in a page are numbered like a heap: 1 is its top, the children
//! of `p` are `2p` and `2p + 1`, and 16..=31 is the bottom row. An entry that is
//! alone in its subtree sits at the highest position it is alone at. A subtree
//! of two entries or more that reaches the bottom row goes on in a page of its
//! own, its *child page*, whose path is longer by the nibble `position - 16`.

use super::{Leaf, PLACEHOLDER, inner_hash};
use crate::hash::Hash;
use std::fmt;
use std::sync::Arc;

const FORMAT: u8 = 1;
const HEADER_LEN: usize = 1 + 4 + 2;
const HASH_LEN: usize = 32;
const VERSION_LEN: usize = 8;
const LEAF_LEN: usize = 2 * HASH_LEN;
const CHILD_LEN: usize = VERSION_LEN + HASH_LEN;
// A tree of 16 entries has 15 inner nodes.
const MAX_BODY_LEN: usize = 16 * LEAF_LEN + 15 * HASH_LEN;

/// The bits of a key hash that lead to a page: 0 to 63 nibbles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NibblePath {
    len: u8,
    packed: [u8; 32],
}

impl NibblePath {
    /// The path of the page at the root.
    pub const ROOT: NibblePath = NibblePath { len: 0, packed: [0; 32] };

    /// The number of nibbles, at most 63.
    pub fn len(&self) -> usize {
        self.len.into()
    }

    /// Whether this is the path of the page at the root.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The nibbles, two to a byte, the first in the high half; a last byte
    /// half used has zeros in its low half.
    pub fn packed(&self) -> &[u8] {
        &self.packed[..self.len().div_ceil(2)]
    }

    /// This path and one more nibble (0..=15), or `None` where 63 are reached.
    pub(super) fn child(&self, nibble: usize) -> Option<NibblePath> {
        let (mut child, at) = (*self, self.len());
        if at >= 63 {
            return None;
        }
        child.packed[at / 2] |= if at % 2 == 0 { (nibble << 4) as u8 } else { nibble as u8 };
        child.len += 1;
        Some(child)
    }
}

impl std::hash::Hash for NibblePath {
    /// The first sixteen nibbles tell the paths of a tree of hashes apart.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.packed;
        state.write_u64(u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ u64::from(self.len));
    }
}

impl fmt::Debug for NibblePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.packed)[..self.len()])
    }
}

/// The address of a page. Within one chain of committed updates an id names
/// one page only; two rival updates of one version may give it to two pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageId {
    /// The version that wrote the page.
    pub version: u64,
    /// Where the page is in the tree.
    pub path: NibblePath,
}

impl PageId {
    /// The id as a key for a store, 9 to 41 bytes: the version (8 bytes, big
    /// endian), the number of nibbles (1 byte), [`NibblePath::packed`]. Keys of
    /// newer versions are greater, so that a log-structured store appends.
    pub fn to_bytes(&self) -> Vec<u8> {
        let packed = self.path.packed();
        let mut bytes = Vec::with_capacity(9 + packed.len());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.push(self.path.len);
        bytes.extend_from_slice(packed);
        bytes
    }

    /// Reads exactly what [`PageId::to_bytes`] writes; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<PageId> {
        let (version, rest) = bytes.split_first_chunk::<8>()?;
        let (&len, nibbles) = rest.split_first()?;
        if len > 63 || nibbles.len() != usize::from(len).div_ceil(2) {
            return None;
        }
        if len % 2 == 1 && nibbles.last()? & 0x0f != 0 {
            return None;
        }
        let mut packed = [0; 32];
        packed[..nibbles.len()].copy_from_slice(nibbles);
        Some(PageId { version: u64::from_be_bytes(*version), path: NibblePath { len, packed } })
    }
}

impl fmt::Debug for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{:?} of version {}", self.path, self.version)
    }
}

/// Bytes that are no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The first byte names no format this program reads.
    #[error("a state tree page has format {0}, this program reads format 1")]
    Format(u8),
    /// There are fewer or more bytes than the header announces.
    #[error("a state tree page has {found} bytes where {expected} belong")]
    Length {
        /// The length the header announces, or that of the header itself.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// The positions are not those of a tree: none at all, an entry above
    /// another, or an entry lower than the place where it is alone.
    #[error("a state tree page has an impossible shape")]
    Shape,
}

/// What sits at a position of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Empty,
    Leaf(Leaf),
    Inner { hash: Hash },
    Child { hash: Hash, version: u64 },
}

impl Node {
    pub(super) fn hash(&self) -> Hash {
        match self {
            Node::Empty => PLACEHOLDER,
            Node::Leaf(leaf) => leaf.node_hash(),
            Node::Inner { hash } | Node::Child { hash, .. } => *hash,
        }
    }
}

/// A page, immutable and cheap to clone. In memory it also has the node hashes
/// that are not stored.
///
/// # Byte format
///
/// | bytes | content |
/// |---|---|
/// | 1 | format, `01` |
/// | 4 | big endian; bit `p` is set where position `p` holds an entry |
/// | 2 | big endian; bit `i` is set where position `16 + i` leads to a child page |
/// | 64 each | the entries by position: key hash, value hash |
/// | 40 each | the child pages by position: version (8 bytes, big endian), node hash |
///
/// Every other node hash follows from these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    // Bit p tells of position p.
    leaves: u32,
    children: u32,
    inner: u32,
    // In one block, since blocks are what a large cache is slow at: the entries and the child
    // pages as they are stored, then the hashes of the inner nodes by position.
    body: Arc<[u8]>,
}

/// The number of bits set in `set` below bit `position`.
fn rank(set: u32, position: usize) -> usize {
    (set & ((1 << position) - 1)).count_ones() as usize
}

fn count(set: u32) -> usize {
    set.count_ones() as usize
}

/// The positions whose bit is set, in rising order.
fn positions(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = (set != 0).then_some(set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(position)
    })
}

/// The `N` bytes at `at`.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

impl Page {
    /// The node hash of the page's top; at the root page, the root hash.
    pub fn hash(&self) -> Hash {
        self.node(1).hash()
    }

    pub(super) fn node(&self, position: usize) -> Node {
        let bit = 1u32 << position;
        let hash = |at| Hash(array(&self.body, at));
        if self.inner & bit != 0 {
            let at = self.stored_len() + rank(self.inner, position) * HASH_LEN;
            Node::Inner { hash: hash(at) }
        } else if self.leaves & bit != 0 {
            let at = rank(self.leaves, position) * LEAF_LEN;
            Node::Leaf(Leaf { key_hash: hash(at), value_hash: hash(at + HASH_LEN) })
        } else if self.children & bit != 0 {
            let at = count(self.leaves) * LEAF_LEN + rank(self.children, position) * CHILD_LEN;
            let version = u64::from_be_bytes(array(&self.body, at));
            Node::Child { version, hash: hash(at + VERSION_LEN) }
        } else {
            Node::Empty
        }
    }

    /// The length of the part of the body that is stored.
    fn stored_len(&self) -> usize {
        count(self.leaves) * LEAF_LEN + count(self.children) * CHILD_LEN
    }

    /// The page's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        self.encode_to(&mut bytes);
        bytes
    }

    /// How many bytes [`Page::encode`] gives, at most 1,031.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + self.stored_len()
    }

    /// Appends the page's bytes.
    pub fn encode_to(&self, bytes: &mut Vec<u8>) {
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.leaves.to_be_bytes());
        bytes.extend_from_slice(&((self.children >> 16) as u16).to_be_bytes());
        bytes.extend_from_slice(&self.body[..self.stored_len()]);
    }

    /// Reads a page and computes its hashes.
    ///
    /// # Errors
    /// [`PageError`] for any bytes that [`Page::encode`] cannot have written.
    pub fn decode(bytes: &[u8]) -> Result<Page, PageError> {
        let short = PageError::Length { expected: HEADER_LEN, found: bytes.len() };
        let (&[format, a, b, c, d, e, f], body) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(short)?;
        if format != FORMAT {
            return Err(PageError::Format(format));
        }
        let stored = Page {
            leaves: u32::from_be_bytes([a, b, c, d]),
            children: u32::from(u16::from_be_bytes([e, f])) << 16,
            inner: 0,
            body: body.into(),
        };
        if body.len() != stored.stored_len() {
            let expected = HEADER_LEN + stored.stored_len();
            return Err(PageError::Length { expected, found: bytes.len() });
        }
        let (leaves, children) = (stored.leaves, stored.children);
        if leaves & 1 != 0 || leaves & children != 0 || leaves | children == 0 {
            return Err(PageError::Shape);
        }
        let mut draft = Draft::of(&stored);
        for position in (1..16).rev() {
            let pair = (&draft.nodes[2 * position], &draft.nodes[2 * position + 1]);
            match (&draft.nodes[position], pair) {
                (_, (Node::Empty, Node::Empty)) => {}
                (Node::Leaf(_), _) | (_, (Node::Leaf(_), Node::Empty) | (Node::Empty, Node::Leaf(_))) => {
                    return Err(PageError::Shape);
                }
                _ => draft.join(position),
            }
        }
        Ok(draft.finish())
    }
}

/// A page in the making: its nodes by position.
pub(super) struct Draft {
    pub(super) nodes: [Node; 32],
}

impl Default for Draft {
    fn default() -> Self {
        Draft { nodes: [Node::Empty; 32] }
    }
}

impl Draft {
    pub(super) fn of(page: &Page) -> Draft {
        let mut draft = Draft::default();
        for position in positions(page.leaves | page.children | page.inner) {
            draft.nodes[position] = page.node(position);
        }
        draft
    }

    /// Makes the node at `position` (1..=15) out of its two children: an entry
    /// that is now alone moves up.
    pub(super) fn join(&mut self, position: usize) {
        let (left, right) = (2 * position, 2 * position + 1);
        self.nodes[position] = match (self.nodes[left], self.nodes[right]) {
            (Node::Empty, Node::Empty) => Node::Empty,
            (leaf @ Node::Leaf(_), Node::Empty) | (Node::Empty, leaf @ Node::Leaf(_)) => {
                self.nodes[left] = Node::Empty;
                self.nodes[right] = Node::Empty;
                leaf
            }
            (l, r) => Node::Inner { hash: inner_hash(&l.hash(), &r.hash()) },
        };
    }

    pub(super) fn finish(&self) -> Page {
        let (mut leaves, mut children, mut inner) = (0u32, 0u32, 0u32);
        for (position, node) in self.nodes.iter().enumerate() {
            match node {
                Node::Empty => {}
                Node::Leaf(_) => leaves |= 1 << position,
                Node::Inner { .. } => inner |= 1 << position,
                Node::Child { .. } => children |= 1 << position,
            }
        }
        let mut body = [0; MAX_BODY_LEN];
        let mut len = 0;
        let mut put = |bytes: &[u8]| {
            body[len..len + bytes.len()].copy_from_slice(bytes);
            len += bytes.len();
        };
        for position in positions(leaves).chain(positions(children)).chain(positions(inner)) {
            match &self.nodes[position] {
                Node::Empty => {}
                Node::Leaf(leaf) => {
                    put(&leaf.key_hash.0);
                    put(&leaf.value_hash.0);
                }
                Node::Child { hash, version } => {
                    put(&version.to_be_bytes());
                    put(&hash.0);
                }
                Node::Inner { hash } => put(&hash.0),
            }
        }
        Page { leaves, children, inner, body: body[..len].into() }
    }
}
