//! Microseconds per key of this tree and of `jmt`, both in memory. Run with
//! `cargo test --release microseconds_per_key -- --ignored --nocapture`.

use super::oracle::Jmt;
use super::*;
use std::time::{Duration, Instant};

/// Pages under their ids as encoded bytes, without the cost of a database.
#[derive(Default)]
struct Memory {
    pages: BTreeMap<PageId, Vec<u8>>,
}

impl PageReader for Memory {
    type Error = PageError;

    fn page(&self, id: &PageId) -> Result<Option<Page>, PageError> {
        self.pages.get(id).map(|bytes| Page::decode(bytes)).transpose()
    }
}

struct Ours {
    store: Memory,
    cache: PageCache,
    root: Root,
    version: u64,
}

impl Ours {
    /// The times of the update and of writing it: encoding, store, cache, pruning.
    fn run(&mut self, changes: &Changes) -> (Duration, Duration) {
        let start = Instant::now();
        self.version += 1;
        let reader = self.cache.over(&self.store);
        let update = update(&reader, &self.root, self.version, changes).unwrap();
        let updated = start.elapsed();
        self.cache.admit(&update.new_pages);
        for (id, page) in &update.new_pages {
            self.store.pages.insert(*id, page.encode());
        }
        for id in &update.stale {
            self.store.pages.remove(id);
        }
        self.root = update.root;
        (updated, start.elapsed() - updated)
    }
}

fn run_jmt(jmt: &mut Jmt, changes: &Changes) -> (Duration, Duration, Hash) {
    let values = changes.iter().map(|(k, v)| (*k, v.map(|v| v.0.to_vec()))).collect();
    let start = Instant::now();
    let (root, batch) = jmt.put(&values);
    let updated = start.elapsed();
    jmt.write(batch);
    (updated, start.elapsed() - updated, root)
}

fn hashed(changes: &Changes) -> Changes {
    changes.iter().map(|(k, v)| (*k, v.map(|v| Hash::of(&v.0)))).collect()
}

/// `count` changes, half of them overwrites.
fn mixed(rng: &mut StdRng, keys: &[Hash], count: usize) -> Changes {
    (0..count)
        .map(|i| {
            let known = keys[rng.gen_range(0..keys.len())];
            (if i % 2 == 0 { known } else { random_hash(rng) }, Some(random_hash(rng)))
        })
        .collect()
}

/// Other processes disturb the mean more than the median.
fn per_key(mut times: Vec<Duration>, count: usize) -> String {
    times.sort();
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    match times.get(times.len() / 2) {
        Some(median) => {
            let mean = times.iter().sum::<Duration>() / times.len() as u32;
            format!("{:5.2} ({:5.2})", micros(*median), micros(mean))
        }
        None => "not run".to_string(),
    }
}

fn measure(size: usize, cached_pages: usize, with_jmt: bool) {
    let mut rng = StdRng::seed_from_u64(11);
    let cache = PageCache::new(cached_pages);
    let mut ours = Ours { store: Memory::default(), cache, root: Root::EMPTY, version: 0 };
    let mut jmt = Jmt::default();
    let mut keys = Vec::new();
    while keys.len() < size {
        let changes = insertions(&mut rng, 20_000);
        keys.extend(changes.keys().copied());
        ours.run(&hashed(&changes));
        if with_jmt {
            run_jmt(&mut jmt, &changes);
        }
    }
    println!("{size} keys, cache of {cached_pages} pages: us per key, median batch (mean)");
    for count in [10, 100, 1000, 20_000] {
        let mut times: [Vec<Duration>; 4] = Default::default();
        for _ in 0..(40_000 / count).clamp(8, 400) {
            let changes = mixed(&mut rng, &keys, count);
            // jmt hashes the values itself; so shall we, within the time.
            let start = Instant::now();
            let hashed = hashed(&changes);
            let hashing = start.elapsed();
            let (update, write) = ours.run(&hashed);
            times[0].push(hashing + update);
            times[1].push(write);
            if with_jmt {
                let (update, write, root) = run_jmt(&mut jmt, &changes);
                assert_eq!(root, ours.root.hash);
                times[2].push(update);
                times[3].push(write);
            }
        }
        let [a, b, c, d] = times.map(|times| per_key(times, count));
        println!("  batches of {count:>6}: update {a} write {b}   jmt: update {c} write {d}");
    }
    let start = Instant::now();
    let reader = ours.cache.over(&ours.store);
    for key in keys.iter().step_by(size / 10_000) {
        let proof = prove(&reader, &ours.root, key).unwrap();
        assert!(proof.leaf.is_some_and(|leaf| leaf.key_hash == *key));
    }
    println!("  a proof: {:.2} us", start.elapsed().as_secs_f64() * 1e6 / 10_000.0);
    let bytes: usize = ours.store.pages.values().map(Vec::len).sum();
    println!("  {} pages, {} bytes per key", ours.store.pages.len(), bytes / size);
}

#[test]
#[ignore = "a measurement, of minutes"]
fn microseconds_per_key() {
    measure(100_000, 1 << 17, true);
    measure(1_000_000, 1 << 20, false);
    measure(1_000_000, 1 << 20, true);
    measure(1_000_000, 1 << 14, false);
    measure(1_000_000, 0, false);
}
