//! Versions, overlays, pruning, caching, damage.

use super::page::Node;
use super::*;

/// The number of pages that `root` refers to.
pub(super) fn reachable(store: &Store, root: &Root) -> usize {
    fn below(store: &Store, id: PageId) -> usize {
        let page = store.page(&id).unwrap().unwrap();
        let children = (16..32).map(|position| match page.node(position) {
            Node::Child { version, .. } => {
                below(store, PageId { version, path: id.path.child(position - 16).unwrap() })
            }
            _ => 0,
        });
        1 + children.sum::<usize>()
    }
    if root.is_empty() {
        return 0;
    }
    below(store, PageId { version: root.version, path: NibblePath::ROOT })
}

fn assert_holds(reader: &impl PageReader<Error = PageError>, root: &Root, state: &BTreeMap<Hash, Hash>) {
    for (key, value) in state {
        let proof = prove(reader, root, key).unwrap();
        assert_eq!(proof.verify(&root.hash, key, Some(value)), Ok(()));
    }
}

#[test]
fn an_update_that_changes_nothing_writes_nothing() {
    let mut rng = StdRng::seed_from_u64(3);
    let mut store = Store::default();
    let changes = insertions(&mut rng, 500);
    let first = update(&store, &Root::EMPTY, 1, &changes).unwrap();
    store.write(&first);

    let mut same = changes.clone();
    same.extend((0..500).map(|_| (random_hash(&mut rng), None)));
    for changes in [&Changes::new(), &same] {
        let second = update(&store, &first.root, 2, changes).unwrap();
        assert_eq!(second.root, first.root);
        assert!(second.new_pages.is_empty() && second.stale.is_empty());
    }
    let nothing = BTreeMap::from([(random_hash(&mut rng), None)]);
    assert_eq!(update(&store, &Root::EMPTY, 0, &nothing).unwrap().root, Root::EMPTY);
}

#[test]
fn versions_must_rise() {
    let mut rng = StdRng::seed_from_u64(4);
    let mut store = Store::default();
    let genesis = update(&store, &Root::EMPTY, 0, &insertions(&mut rng, 2)).unwrap();
    store.write(&genesis);
    assert_eq!(genesis.root.version, 0);
    for (base, version) in [(genesis.root, 0), (Root { version: 7, ..Root::EMPTY }, 6)] {
        let base_version = base.version;
        assert_eq!(
            update(&store, &base, version, &Changes::new()),
            Err(TreeError::Version { version, base: base_version })
        );
    }
}

#[test]
fn old_versions_stay_until_pruned_and_the_newest_survives_pruning() {
    let mut rng = StdRng::seed_from_u64(5);
    let (mut store, mut root, mut state) = (Store::default(), Root::EMPTY, BTreeMap::new());
    let mut history = Vec::new();
    for version in 1..=12 {
        let changes = random_changes(&mut rng, &state, 80);
        let update = update(&store, &root, version, &changes).unwrap();
        store.write(&update);
        root = update.root;
        apply(&mut state, &changes);
        history.push((update, state.clone()));
    }
    for (update, state) in &history {
        assert_holds(&store, &update.root, state);
    }
    // Forget version after version: what is left must still be whole.
    for gone in 1..history.len() {
        store.prune(&history[gone].0);
        for (update, state) in &history[gone..] {
            assert_holds(&store, &update.root, state);
        }
    }
    assert_eq!(reachable(&store, &root), store.pages.len());
    let oldest = history[0].0.root;
    let lost = PageId { version: oldest.version, path: NibblePath::ROOT };
    assert_eq!(prove(&store, &oldest, &Hash::ZERO), Err(TreeError::Missing(lost)));
}

#[test]
fn a_chain_of_uncommitted_updates_equals_committing_each() {
    let mut rng = StdRng::seed_from_u64(6);
    let mut store = Store::default();
    let base = update(&store, &Root::EMPTY, 1, &insertions(&mut rng, 300)).unwrap();
    store.write(&base);
    let mut state = BTreeMap::new();
    let mut batches = Vec::new();
    for _ in 0..3 {
        let changes = random_changes(&mut rng, &state, 150);
        apply(&mut state, &changes);
        batches.push(changes);
    }

    // Two rivals of version 2 on one base; the chain goes on from the first.
    let first = update(&store, &base.root, 2, &batches[0]).unwrap();
    let rival = update(&store, &base.root, 2, &batches[1]).unwrap();
    assert_ne!(first.root.hash, rival.root.hash);
    let second = update(&Overlay::new(&store, [&first]), &first.root, 3, &batches[1]).unwrap();
    let chain = Overlay::new(&store, [&first, &second]);
    let third = update(&chain, &second.root, 4, &batches[2]).unwrap();
    assert_holds(&Overlay::new(&store, [&first, &second, &third]), &third.root, &state);

    let mut root = base.root;
    for (uncommitted, (version, changes)) in [&first, &second, &third].into_iter().zip((2..).zip(&batches)) {
        let committed = update(&store, &root, version, changes).unwrap();
        assert_eq!(committed, *uncommitted);
        store.write(&committed);
        store.prune(&committed);
        root = committed.root;
    }
    assert_holds(&store, &root, &state);

    // Pages of a rival are never taken for those of the chain.
    let wrong = prove(&Overlay::new(&store, [&rival]), &first.root, &Hash::ZERO);
    assert!(matches!(wrong, Err(TreeError::WrongPage { .. })), "{wrong:?}");
}

#[test]
fn a_cache_of_any_size_changes_no_result() {
    for capacity in [0, 16, 100_000] {
        let mut rng = StdRng::seed_from_u64(7);
        let (mut store, mut root, mut state) = (Store::default(), Root::EMPTY, BTreeMap::new());
        let cache = PageCache::new(capacity);
        for version in 1..=10 {
            let changes = random_changes(&mut rng, &state, 300);
            let cached = update(&cache.over(&store), &root, version, &changes).unwrap();
            assert_eq!(cached, update(&store, &root, version, &changes).unwrap());
            let old = (root, state.clone());
            store.write(&cached);
            cache.admit(&cached.new_pages);
            root = cached.root;
            apply(&mut state, &changes);
            assert_holds(&cache.over(&store), &root, &state);
            assert_holds(&cache.over(&store), &old.0, &old.1);
        }
    }
}

#[test]
fn a_large_cache_spares_the_store() {
    let mut rng = StdRng::seed_from_u64(8);
    let cache = PageCache::new(10_000);
    let changes = insertions(&mut rng, 1000);
    let first = update(&Store::default(), &Root::EMPTY, 1, &changes).unwrap();
    cache.admit(&first.new_pages);
    // The store is empty: every page comes out of the cache.
    let empty = Store::default();
    for (key, value) in &changes {
        let proof = prove(&cache.over(&empty), &first.root, key).unwrap();
        assert_eq!(proof.verify(&first.root.hash, key, value.as_ref()), Ok(()));
    }
}

#[test]
fn damage_is_an_error() {
    let mut rng = StdRng::seed_from_u64(9);
    let mut store = Store::default();
    let changes = insertions(&mut rng, 400);
    let first = update(&store, &Root::EMPTY, 1, &changes).unwrap();
    store.write(&first);
    let overwrite: Changes = changes.keys().map(|key| (*key, Some(Hash::ZERO))).collect();

    for (id, page) in &first.new_pages {
        let key = id.to_bytes();
        let mut damaged = store.clone();
        damaged.pages.remove(&key);
        assert_eq!(update(&damaged, &first.root, 2, &overwrite), Err(TreeError::Missing(*id)));

        let mut bytes = page.encode();
        *bytes.last_mut().unwrap() ^= 1;
        damaged.pages.insert(key.clone(), bytes.clone());
        let wrong = update(&damaged, &first.root, 2, &overwrite);
        assert!(matches!(wrong, Err(TreeError::WrongPage { id: at, .. }) if at == *id));

        bytes.pop();
        damaged.pages.insert(key, bytes);
        let wrong = update(&damaged, &first.root, 2, &overwrite);
        assert!(matches!(wrong, Err(TreeError::Read(PageError::Length { .. }))));
    }
}
