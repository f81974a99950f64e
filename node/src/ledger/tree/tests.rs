#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::storage::MemoryStorage;

/// A tree beside the plain map it must agree with.
struct Chain {
    storage: Arc<MemoryStorage>,
    tree: StateTree,
    root: Root,
    height: Height,
    /// The state after every height.
    states: Vec<Changes>,
    keep: Option<u64>,
    snapshot_after: usize,
}

fn key(n: u64) -> Hash {
    Hash::of(&n.to_be_bytes())
}

/// The root of a state, computed at once.
fn root_of(state: &Changes) -> Hash {
    let nothing = Pages { storage: &MemoryStorage::default(), snapshots: &[] };
    tree::update(&nothing, &Root::EMPTY, 1, state).unwrap().root.hash
}

impl Chain {
    fn new(keep: Option<u64>, snapshot_after: usize) -> Chain {
        let storage: Arc<MemoryStorage> = Arc::default();
        let state: Changes = (0..300).map(|n| (key(n), Some(key(n)))).collect();
        let nothing = Pages { storage: &*storage, snapshots: &[] };
        let update = tree::update(&nothing, &Root::EMPTY, 0, &state).unwrap();
        let mut batch = Batch::default();
        StateTree::begin(&mut batch, &update).unwrap();
        storage.write(batch).unwrap();
        let (tree, root) =
            StateTree::open(storage.clone(), Height::GENESIS, &update.root.hash, snapshot_after).unwrap();
        Chain { storage, tree, root, height: Height::GENESIS, states: vec![state], keep, snapshot_after }
    }

    fn commit(&mut self, changes: Changes) {
        let height = self.height.next();
        let update = tree::update(&self.tree.reader(), &self.root, height.0, &changes).unwrap();
        let forget_until = self.keep.and_then(|keep| height.0.checked_sub(keep)).map(Height);
        let mut batch = Batch::default();
        self.tree.put(&mut batch, height, &update, &changes, forget_until).unwrap();
        self.storage.write(batch).unwrap();
        self.tree.admit(height, &update, &changes, forget_until);
        let mut state = self.states.last().unwrap().clone();
        state.extend(changes);
        state.retain(|_, value| value.is_some());
        self.states.push(state);
        (self.height, self.root) = (height, update.root);
    }

    /// A few new keys, a few changed ones, one deleted.
    fn commit_some(&mut self, count: u64) {
        for _ in 0..count {
            let n = self.height.0;
            let fresh = (0..7).map(|i| (key(1_000_000 + 10 * n + i), Some(key(n))));
            let changed = (0..5).map(|i| (key((n * 17 + i * 31) % 300), Some(key(n + i))));
            self.commit(fresh.chain(changed).chain([(key(n % 250), None)]).collect());
        }
    }

    fn reopen(&mut self) {
        let hash = self.root.hash;
        let opened = StateTree::open(self.storage.clone(), self.height, &hash, self.snapshot_after).unwrap();
        (self.tree, self.root) = opened;
    }

    /// Every height from `first` on proves what it held; every one before is refused.
    fn assert_proves_from(&self, first: u64) {
        for (height, state) in self.states.iter().enumerate() {
            let at = Height(height as u64);
            if at.0 < first {
                assert!(matches!(self.tree.prove(at, &key(1)), Err(PastError::Forgotten)), "height {at}");
                continue;
            }
            let root = root_of(state);
            for n in [0, 17, 40, 299, 1_000_000, 1_000_203, 5_000_000] {
                let proof = self.tree.prove(at, &key(n)).unwrap_or_else(|e| panic!("height {at}: {e}"));
                let value = state.get(&key(n)).copied().flatten();
                assert_eq!(proof.verify(&root, &key(n), value.as_ref()), Ok(()), "height {at}, key {n}");
            }
        }
    }
}

#[test]
fn every_height_is_proved_through_snapshots_and_starts() {
    for snapshot_after in [40, 150, 100_000] {
        let mut chain = Chain::new(None, snapshot_after);
        chain.commit_some(70);
        chain.assert_proves_from(0);
        let finished = chain.tree.reader().live.snapshots.len();
        assert_eq!(finished > 2, snapshot_after < 100_000, "{finished} snapshots");
        chain.reopen();
        chain.assert_proves_from(0);
        chain.commit_some(25);
        chain.reopen();
        chain.reopen();
        chain.commit_some(25);
        chain.assert_proves_from(0);
    }
}

#[test]
fn a_start_in_the_middle_of_a_snapshot_loses_nothing() {
    // Seldom enough that some snapshots are finished, and so often that none is.
    for (every, finished) in [(21, true), (1, false)] {
        for keep in [None, Some(3)] {
            let mut chain = Chain::new(keep, 40);
            while chain.height.0 < 90 {
                chain.commit_some(every);
                chain.reopen();
            }
            assert_eq!(chain.tree.reader().live.snapshots.len() > 1, finished);
            chain.commit_some(1);
            chain.assert_proves_from(keep.map_or(0, |keep| chain.height.0 - keep));
        }
    }
}

#[test]
fn what_is_kept_is_proved_and_what_is_forgotten_is_refused() {
    for keep in [1, 5, 30] {
        let mut chain = Chain::new(Some(keep), 60);
        chain.commit_some(120);
        chain.assert_proves_from(chain.height.0 - keep);
        chain.reopen();
        chain.commit_some(1);
        chain.assert_proves_from(chain.height.0 - keep);
        chain.commit_some(60);
        chain.assert_proves_from(chain.height.0 - keep);
        // No change is left but those since the snapshot that the oldest kept height rests on, or rested on a moment ago.
        let changes = chain.storage.scan(Table::Changes, b"", b"", Direction::Forward, 1).unwrap();
        let forgotten = chain.tree.reader().live.forgotten;
        assert_eq!(height_of(&changes[0].0).unwrap(), forgotten.next());
        assert!(chain.height.0 - forgotten.0 < keep + 40, "forgotten until {forgotten} at {}", chain.height);
    }
}

#[test]
fn forgotten_pages_leave_the_store() {
    let pages = |chain: &Chain| {
        let rows = chain.storage.scan(Table::Sheets, b"", b"", Direction::Forward, 100_000).unwrap();
        rows.iter().map(|(_, row)| row.len()).sum::<usize>()
    };
    let (mut all, mut some) = (Chain::new(None, 60), Chain::new(Some(1), 60));
    all.commit_some(200);
    some.commit_some(200);
    assert!(pages(&some) * 2 < pages(&all), "{} and {} bytes", pages(&some), pages(&all));
}

#[test]
fn changes_that_undo_each_other_are_no_trouble() {
    let mut chain = Chain::new(None, 1000);
    let one = |value: Hash| Changes::from([(key(3), Some(value))]);
    chain.commit(one(key(77)));
    chain.commit(one(key(3)));
    chain.commit(Changes::new());
    chain.reopen();
    chain.assert_proves_from(0);
    chain.commit_some(3);
    chain.assert_proves_from(0);
}

#[test]
fn writes_of_what_is_there_already_are_no_trouble() {
    let mut chain = Chain::new(None, 1000);
    let same = Changes::from([(key(3), Some(key(3))), (key(9_999_999), None)]);
    chain.commit(same.clone());
    chain.reopen();
    chain.assert_proves_from(0);
    chain.commit_some(2);
    chain.commit(same);
    chain.reopen();
    chain.assert_proves_from(0);
}

#[test]
fn recent_heights_are_proved_from_memory() {
    let mut chain = Chain::new(None, 60);
    chain.commit_some(100);
    let live = &chain.tree.reader().live;
    assert!(live.holds(Height::GENESIS));
    assert!(chain.tree.past.lock().unwrap().is_none());
}

#[test]
fn a_store_that_contradicts_itself_does_not_open() {
    let mut chain = Chain::new(None, 1000);
    chain.commit_some(10);
    let open =
        |hash: &Hash| StateTree::open(chain.storage.clone(), chain.height, hash, 1000).err().map(|e| e.to_string());
    assert_eq!(open(&chain.root.hash), None);
    assert!(open(&Hash::ZERO).unwrap().contains("do not lead to its root"));
    let mut batch = Batch::default();
    batch.delete(Table::Changes, &5u64.to_be_bytes());
    chain.storage.write(batch).unwrap();
    assert!(open(&chain.root.hash).unwrap().contains("do not lead to its root"));
    let mut batch = Batch::default();
    batch.put(Table::Changes, &5u64.to_be_bytes(), b"short");
    chain.storage.write(batch).unwrap();
    assert!(open(&chain.root.hash).unwrap().contains("unreadable changes"));
    let mut batch = Batch::default();
    batch.delete(Table::Snapshots, &0u64.to_be_bytes());
    chain.storage.write(batch).unwrap();
    assert!(open(&chain.root.hash).unwrap().contains("no snapshot"));
}
