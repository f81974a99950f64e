//! Batched update: one walk over the part of the tree that a batch touches.

use super::page::{Draft, Node};
use super::reader::load;
use super::{Leaf, NibblePath, PLACEHOLDER, Page, PageId, PageReader, Root, TreeError, bit};
use crate::hash::Hash;
use std::collections::BTreeMap;

/// What an update comes to. Nothing of it is written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeUpdate {
    /// The version of all new pages.
    pub version: u64,
    /// The new state. Equal to the base where nothing changed.
    pub root: Root,
    /// The pages to write, sorted by id.
    pub new_pages: Vec<(PageId, Page)>,
    /// The pages of the base that the new state does not use.
    pub stale: Vec<PageId>,
}

impl TreeUpdate {
    /// The new page of this id.
    pub fn page(&self, id: &PageId) -> Option<&Page> {
        let index = self.new_pages.binary_search_by_key(id, |(id, _)| *id).ok()?;
        self.new_pages.get(index).map(|(_, page)| page)
    }
}

/// A key hash and its new value hash, `None` to delete it.
type Change = (Hash, Option<Hash>);

/// Applies `changes` (key hash to value hash, `None` to delete) to the state
/// `base` and returns the state that results, under a `version` greater than
/// that of the base. Deleting an absent key and writing a value that is already
/// there are allowed and change nothing. Works the same on an uncommitted base
/// through an [`Overlay`](super::Overlay).
///
/// # Errors
/// [`TreeError::Version`] where the version is not greater, save for
/// [`Root::EMPTY`], which any version may follow; the other [`TreeError`]s
/// where the reader fails or the store is damaged.
pub fn update<R: PageReader>(
    reader: &R,
    base: &Root,
    version: u64,
    changes: &BTreeMap<Hash, Option<Hash>>,
) -> Result<TreeUpdate, TreeError<R::Error>> {
    if version <= base.version && *base != Root::EMPTY {
        return Err(TreeError::Version { version, base: base.version });
    }
    let changes: Vec<Change> = changes.iter().map(|(key, value)| (*key, *value)).collect();
    let mut run = Run { reader, version, new_pages: Vec::new(), stale: Vec::new() };

    let old = PageId { version: base.version, path: NibblePath::ROOT };
    let mut draft = Draft::default();
    if base.is_empty() {
        run.grow(&mut draft, 1, &old.path, &changes, None)?;
    } else {
        draft = Draft::of(&load(reader, old, &base.hash)?);
        run.branch(&mut draft, 1, &old.path, &changes)?;
    }

    let hash = draft.nodes[1].hash();
    let mut root = *base;
    if hash != base.hash {
        root = Root { hash, version };
        if !base.is_empty() {
            run.stale.push(old);
        }
        if hash != PLACEHOLDER {
            run.emit(old.path, &draft);
        }
    }
    run.new_pages.sort_unstable_by_key(|(id, _)| *id);
    Ok(TreeUpdate { version, root, new_pages: run.new_pages, stale: run.stale })
}

struct Run<'a, R> {
    reader: &'a R,
    version: u64,
    new_pages: Vec<(PageId, Page)>,
    stale: Vec<PageId>,
}

impl<R: PageReader> Run<'_, R> {
    /// Applies `changes`, which all lead to `position` of the page at `path`.
    fn branch(
        &mut self,
        draft: &mut Draft,
        position: usize,
        path: &NibblePath,
        changes: &[Change],
    ) -> Result<(), TreeError<R::Error>> {
        if changes.is_empty() {
            return Ok(());
        }
        match draft.nodes[position] {
            Node::Empty => self.grow(draft, position, path, changes, None),
            Node::Leaf(leaf) => {
                let overwritten = changes.binary_search_by_key(&leaf.key_hash, |c| c.0).is_ok();
                let kept = (!overwritten).then_some(leaf);
                self.grow(draft, position, path, changes, kept)
            }
            Node::Inner { .. } => {
                let (left, right) = split(changes, path, position);
                self.branch(draft, 2 * position, path, left)?;
                self.branch(draft, 2 * position + 1, path, right)?;
                draft.join(position);
                Ok(())
            }
            Node::Child { hash, version } => {
                let path = path.child(position - 16).ok_or(TreeError::TooDeep)?;
                let id = PageId { version, path };
                draft.nodes[position] = self.branch_page(id, &hash, changes)?;
                Ok(())
            }
        }
    }

    /// Applies `changes` to the child page `id`. Apart from [`Run::branch`], so
    /// that a draft is on the stack once for each page and not for each level.
    #[inline(never)]
    fn branch_page(
        &mut self,
        id: PageId,
        hash: &Hash,
        changes: &[Change],
    ) -> Result<Node, TreeError<R::Error>> {
        let mut draft = Draft::of(&load(self.reader, id, hash)?);
        self.branch(&mut draft, 1, &id.path, changes)?;
        // Equal hashes are equal contents: then no page below was renewed either.
        if draft.nodes[1].hash() == *hash {
            return Ok(Node::Child { hash: *hash, version: id.version });
        }
        self.stale.push(id);
        Ok(self.close(id.path, &draft))
    }

    /// Builds the subtree at `position`, so far empty, of `changes` and of a
    /// `leaf` that was there and that no change is about.
    fn grow(
        &mut self,
        draft: &mut Draft,
        position: usize,
        path: &NibblePath,
        changes: &[Change],
        leaf: Option<Leaf>,
    ) -> Result<(), TreeError<R::Error>> {
        draft.nodes[position] = match (changes, leaf) {
            ([], None) => Node::Empty,
            ([], Some(leaf)) => Node::Leaf(leaf),
            ([(key_hash, value)], None) => value.map_or(Node::Empty, |value_hash| {
                Node::Leaf(Leaf { key_hash: *key_hash, value_hash })
            }),
            _ if position >= 16 => {
                let path = path.child(position - 16).ok_or(TreeError::TooDeep)?;
                self.grow_page(path, changes, leaf)?
            }
            _ => {
                let (left, right) = split(changes, path, position);
                let is_right = |leaf: &Leaf| bit(&leaf.key_hash, depth(path, position));
                let (leaf_left, leaf_right) =
                    (leaf.filter(|l| !is_right(l)), leaf.filter(is_right));
                self.grow(draft, 2 * position, path, left, leaf_left)?;
                self.grow(draft, 2 * position + 1, path, right, leaf_right)?;
                draft.join(position);
                return Ok(());
            }
        };
        Ok(())
    }

    /// Builds a child page. Apart from [`Run::grow`] for the stack's sake.
    #[inline(never)]
    fn grow_page(
        &mut self,
        path: NibblePath,
        changes: &[Change],
        leaf: Option<Leaf>,
    ) -> Result<Node, TreeError<R::Error>> {
        let mut draft = Draft::default();
        self.grow(&mut draft, 1, &path, changes, leaf)?;
        Ok(self.close(path, &draft))
    }

    /// Ends a child page: what its parent holds in its place.
    fn close(&mut self, path: NibblePath, draft: &Draft) -> Node {
        match draft.nodes[1] {
            Node::Inner { hash } => {
                self.emit(path, draft);
                Node::Child { hash, version: self.version }
            }
            alone => alone,
        }
    }

    fn emit(&mut self, path: NibblePath, draft: &Draft) {
        let id = PageId { version: self.version, path };
        self.new_pages.push((id, draft.finish()));
    }
}

/// The depth in the tree of `position` of the page at `path`.
fn depth(path: &NibblePath, position: usize) -> usize {
    4 * path.len() + position.ilog2() as usize
}

/// The changes that lead to the left and to the right of a node.
fn split<'c>(
    changes: &'c [Change],
    path: &NibblePath,
    position: usize,
) -> (&'c [Change], &'c [Change]) {
    let depth = depth(path, position);
    changes.split_at(changes.partition_point(|(key_hash, _)| !bit(key_hash, depth)))
}
