//! The raw rates of this machine, measured in the same run: what one core does at best.

use chain_core::hash::Hash;
use chain_core::keys::{MemorySigner, Purpose, Signer as _};
use chain_core::tree::{self, PageCache, PageId, PageReader};
use node::storage::{Batch, RocksStorage, Storage as _, Table};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::time::Instant;

/// Microseconds.
pub struct Raw {
    /// One `verify_strict` of 700 bytes.
    pub verify_us: f64,
    /// One record of 300 bytes and an index row, in synced batches of 1,000.
    pub store_us: f64,
    /// One key of the state tree at 100,000 keys, in batches of 1,000, in memory.
    pub state_us: f64,
}

impl Raw {
    /// Of two measurements.
    pub fn mean(&self, other: &Raw) -> Raw {
        let mean = |a: f64, b: f64| (a + b) / 2.0;
        Raw {
            verify_us: mean(self.verify_us, other.verify_us),
            store_us: mean(self.store_us, other.store_us),
            state_us: mean(self.state_us, other.state_us),
        }
    }
}

/// Measures, with a store in a folder of its own, which is gone afterwards.
pub fn measure(folder: &Path) -> Result<Raw, String> {
    let raw = Raw { verify_us: verify()?, store_us: store(folder)?, state_us: state()? };
    std::fs::remove_dir_all(folder).map_err(|e| e.to_string())?;
    Ok(raw)
}

fn per_item(began: Instant, items: u32) -> f64 {
    began.elapsed().as_secs_f64() * 1e6 / f64::from(items)
}

fn verify() -> Result<f64, String> {
    let signer = MemorySigner::from_seed(&[7; 32]);
    let messages: Vec<Vec<u8>> = (0..64u8).map(|n| vec![n; 700]).collect();
    let signed: Result<Vec<[u8; 64]>, String> = messages.iter().map(|m| signer.sign(Purpose::Transaction(m))).collect();
    let (signed, key) = (signed?, signer.public_key());
    let began = Instant::now();
    let mut good = 0;
    for _ in 0..50 {
        good += messages.iter().zip(&signed).filter(|(m, s)| key.verify(m, s)).count();
    }
    if good != 3200 {
        return Err("a signature did not verify".into());
    }
    Ok(per_item(began, 3200))
}

fn store(folder: &Path) -> Result<f64, String> {
    let storage = RocksStorage::open(folder).map_err(|e| e.to_string())?;
    let began = Instant::now();
    for batch_no in 0..40u32 {
        let mut batch = Batch::default();
        for n in 0..1000u32 {
            let key = (batch_no * 1000 + n).to_be_bytes();
            batch.put(Table::Blocks, &key, vec![0x5a; 300]);
            batch.put(Table::Txs, Hash::of(&key).as_bytes(), key);
        }
        storage.write(batch).map_err(|e| e.to_string())?;
    }
    Ok(per_item(began, 40_000))
}

struct Memory(BTreeMap<PageId, tree::Page>);

impl PageReader for Memory {
    type Error = Infallible;
    fn page(&self, id: &PageId) -> Result<Option<tree::Page>, Infallible> {
        Ok(self.0.get(id).cloned())
    }
}

fn state() -> Result<f64, String> {
    let (mut store, cache) = (Memory(BTreeMap::new()), PageCache::new(64 * 1024));
    let (mut root, mut timed) = (tree::Root::EMPTY, 0.0);
    for version in 1..=120u64 {
        let changes: BTreeMap<Hash, Option<Hash>> = (0..1000u64)
            .map(|n| {
                let hash = Hash::of(&(version * 1000 + n).to_be_bytes());
                (hash, Some(hash))
            })
            .collect();
        let began = Instant::now();
        let update = tree::update(&cache.over(&store), &root, version, &changes).map_err(|e| e.to_string())?;
        if version > 100 {
            timed += began.elapsed().as_secs_f64();
        }
        cache.admit(&update.new_pages);
        root = update.root;
        store.0.extend(update.new_pages);
    }
    Ok(timed * 1e6 / 20_000.0)
}
