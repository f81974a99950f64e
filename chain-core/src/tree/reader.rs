//! Where the tree gets its pages from.

use super::{Page, PageId, Root, TreeUpdate};
use crate::hash::Hash;

/// A source of pages, such as a database or an [`Overlay`] on one.
pub trait PageReader {
    /// Why a read failed.
    type Error;

    /// The page of this id, or `None` where there is none. A page is decoded
    /// with [`Page::decode`]; whether it is the right one the tree checks.
    ///
    /// # Errors
    /// Whatever keeps the source from answering, undecodable bytes included.
    fn page(&self, id: &PageId) -> Result<Option<Page>, Self::Error>;
}

impl<R: PageReader + ?Sized> PageReader for &R {
    type Error = R::Error;

    fn page(&self, id: &PageId) -> Result<Option<Page>, Self::Error> {
        (**self).page(id)
    }
}

/// Why the tree could not be updated or read. `E` is the reader's error.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// The reader failed.
    #[error("the state tree's store failed: {0}")]
    Read(E),
    /// A page that the state refers to is not in the store: the store is
    /// damaged, or the state was pruned.
    #[error("the state tree's store has no page {0:?}; the version may have been pruned")]
    Missing(PageId),
    /// The store answered with a page of another hash: the store is damaged,
    /// or the page belongs to a rival update.
    #[error("page {id:?} of the state tree has hash {found} where {expected} belongs")]
    WrongPage {
        /// The page asked for.
        id: PageId,
        /// The hash its parent, or the root, gives.
        expected: Hash,
        /// The hash of the page read.
        found: Hash,
    },
    /// An update must have a version greater than its base's.
    #[error("version {version} of the state tree cannot follow version {base}")]
    Version {
        /// The version asked for.
        version: u64,
        /// The version of the base's root page.
        base: u64,
    },
    /// The tree goes on below the last bit of a key: the store is damaged.
    #[error("the state tree is deeper than its keys; the store is damaged")]
    TooDeep,
}

/// Reads page `id` and checks it against the hash its parent gives.
pub(super) fn load<R: PageReader>(
    reader: &R,
    id: PageId,
    expected: &Hash,
) -> Result<Page, TreeError<R::Error>> {
    let page = reader.page(&id).map_err(TreeError::Read)?.ok_or(TreeError::Missing(id))?;
    if page.hash() != *expected {
        return Err(TreeError::WrongPage { id, expected: *expected, found: page.hash() });
    }
    Ok(page)
}

/// A chain of uncommitted updates on top of a reader, itself a reader.
///
/// The updates must follow one another: each one's base is the root of the one
/// before. Their order in the list does not matter.
pub struct Overlay<'a, R> {
    updates: Vec<&'a TreeUpdate>,
    base: R,
}

impl<'a, R: PageReader> Overlay<'a, R> {
    /// The pages of `updates` over those of `base`.
    pub fn new(base: R, updates: impl IntoIterator<Item = &'a TreeUpdate>) -> Self {
        Overlay { updates: updates.into_iter().collect(), base }
    }
}

impl<R: PageReader> PageReader for Overlay<'_, R> {
    type Error = R::Error;

    fn page(&self, id: &PageId) -> Result<Option<Page>, R::Error> {
        match self.updates.iter().find(|update| update.version == id.version) {
            Some(update) => Ok(update.page(id).cloned()),
            None => self.base.page(id),
        }
    }
}

impl Root {
    /// Whether this is a tree without entries.
    pub fn is_empty(&self) -> bool {
        self.hash == super::PLACEHOLDER
    }
}
