#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod format;
mod oracle;
mod proofs;
mod storage;

use super::*;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;

type Changes = BTreeMap<Hash, Option<Hash>>;

/// A store of encoded pages under encoded ids, as a database would hold them.
#[derive(Default, Clone)]
struct Store {
    pages: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl PageReader for Store {
    type Error = PageError;

    fn page(&self, id: &PageId) -> Result<Option<Page>, PageError> {
        self.pages.get(&id.to_bytes()).map(|bytes| Page::decode(bytes)).transpose()
    }
}

impl Store {
    fn write(&mut self, update: &TreeUpdate) {
        for (id, page) in &update.new_pages {
            let before = self.pages.insert(id.to_bytes(), page.encode());
            assert_eq!(before, None, "a page never changes");
        }
    }

    fn prune(&mut self, update: &TreeUpdate) {
        for id in &update.stale {
            assert!(self.pages.remove(&id.to_bytes()).is_some(), "{id:?} went stale twice");
        }
    }
}

/// The definition of the module docs, word for word, as slow as it is plain.
fn root_by_definition(entries: &[Leaf], depth: usize) -> Hash {
    match entries {
        [] => PLACEHOLDER,
        [alone] => alone.node_hash(),
        _ => {
            let (right, left): (Vec<Leaf>, Vec<Leaf>) =
                entries.iter().partition(|leaf| bit(&leaf.key_hash, depth));
            let left = root_by_definition(&left, depth + 1);
            inner_hash(&left, &root_by_definition(&right, depth + 1))
        }
    }
}

fn entries(state: &BTreeMap<Hash, Hash>) -> Vec<Leaf> {
    state.iter().map(|(k, v)| Leaf { key_hash: *k, value_hash: *v }).collect()
}

fn apply(state: &mut BTreeMap<Hash, Hash>, changes: &Changes) {
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(*key, *value),
            None => state.remove(key),
        };
    }
}

fn random_hash(rng: &mut StdRng) -> Hash {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Hash(bytes)
}

/// `count` changes: new keys, and overwrites and deletions of keys of `state`.
fn random_changes(rng: &mut StdRng, state: &BTreeMap<Hash, Hash>, count: usize) -> Changes {
    let known: Vec<Hash> = state.keys().copied().collect();
    let pick = |rng: &mut StdRng| match known.len() {
        0 => random_hash(rng),
        n => known[rng.gen_range(0..n)],
    };
    (0..count)
        .map(|_| match rng.gen_range(0..10) {
            0..5 => (random_hash(rng), Some(random_hash(rng))),
            5..8 => (pick(rng), Some(random_hash(rng))),
            8 => (pick(rng), None),
            _ => (random_hash(rng), None),
        })
        .collect()
}

fn insertions(rng: &mut StdRng, count: usize) -> Changes {
    (0..count).map(|_| (random_hash(rng), Some(random_hash(rng)))).collect()
}
