//! RocksDB: the only file that knows it.
//!
//! Three settings matter for truth (each was measured to lose data without): synced writes, because the
//! default loses everything acknowledged at a power cut; `TolerateCorruptedTailRecords`, because the default
//! silently drops what follows a flipped bit in the write-ahead log; paranoid checks.

use super::{Batch, Direction, Rows, Storage, StorageError, Table, after_prefix, full_key};
use rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, DBRecoveryMode, Env, IteratorMode, Options, ReadOptions, WriteBatch,
    WriteOptions,
};
use std::path::Path;

/// Values from this length on lie in blob files.
const BLOB_BYTES: u64 = 4096;

/// What RocksDB adds to a row of a batch, at most: a tag and two lengths.
const ROW_BYTES: usize = 12;

/// Tables in a RocksDB folder.
pub struct RocksStorage {
    db: DB,
}

impl From<rocksdb::Error> for StorageError {
    fn from(error: rocksdb::Error) -> StorageError {
        StorageError(error.to_string())
    }
}

impl RocksStorage {
    /// Opens or creates the folder.
    ///
    /// # Errors
    /// It is damaged, or another process has it open. A damaged folder is wiped by the operator and fetched
    /// again from the other nodes.
    pub fn open(path: &Path) -> Result<RocksStorage, StorageError> {
        RocksStorage::open_as(path, false)
    }

    /// As [`RocksStorage::open`], for a node that forgets old versions of the state: the gaps that these leave in blob
    /// files are filled. Where nothing is forgotten, that would copy the oldest quarter of all blocks again and again.
    ///
    /// # Errors
    /// As [`RocksStorage::open`].
    pub fn open_forgetting(path: &Path) -> Result<RocksStorage, StorageError> {
        RocksStorage::open_as(path, true)
    }

    fn open_as(path: &Path, forgets: bool) -> Result<RocksStorage, StorageError> {
        let mut table = BlockBasedOptions::default();
        table.set_block_cache(&Cache::new_lru_cache(24 << 20));
        table.set_bloom_filter(10.0, false);
        table.set_format_version(5);
        let mut options = Options::default();
        options.create_if_missing(true);
        options.set_block_based_table_factory(&table);
        // Files of the upper levels are soon rewritten: compressed is what stays.
        let (passing, lasting) = (DBCompressionType::None, DBCompressionType::Lz4);
        options.set_compression_per_level(&[passing, passing, lasting, lasting, lasting, lasting, lasting]);
        options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        options.set_paranoid_checks(true);
        options.set_write_buffer_size(64 << 20);
        options.set_max_write_buffer_number(3);
        options.set_level_zero_file_num_compaction_trigger(6);
        // One thread writes: the ledger's.
        options.set_allow_concurrent_memtable_write(false);
        // A flush that is synced bit by bit does not hold up the commits beside it.
        options.set_bytes_per_sync(1 << 20);
        // Most questions are for a key that is not there: a jti, an object not seen before.
        options.set_memtable_prefix_bloom_ratio(0.05);
        options.set_memtable_whole_key_filtering(true);
        options.set_max_background_jobs(2);
        options.set_max_open_files(512);
        options.set_keep_log_file_num(2);
        options.set_max_total_wal_size(256 << 20);
        // Blocks and pages are large and never change: kept out of the sorted files, they are not rewritten by
        // compaction. Transactions are packed already, and hashes do not get smaller.
        options.set_enable_blob_files(true);
        options.set_min_blob_size(BLOB_BYTES);
        options.set_blob_compression_type(DBCompressionType::None);
        options.set_enable_blob_gc(forgets);
        // Compaction can wait, commits cannot.
        let mut env = Env::new()?;
        env.lower_thread_pool_cpu_priority();
        options.set_env(&env);
        Ok(RocksStorage { db: DB::open(&options, path)? })
    }
}

impl Storage for RocksStorage {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.db.get(full_key(table, key))?)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        start: &[u8],
        direction: Direction,
        limit: usize,
    ) -> Result<Rows, StorageError> {
        let prefix = full_key(table, prefix);
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(prefix.clone());
        if let Some(end) = after_prefix(&prefix) {
            options.set_iterate_upper_bound(end);
        }
        let start = (!start.is_empty()).then(|| full_key(table, start));
        let mode = match (&start, direction) {
            (Some(start), Direction::Forward) => IteratorMode::From(start, rocksdb::Direction::Forward),
            (Some(start), Direction::Backward) => IteratorMode::From(start, rocksdb::Direction::Reverse),
            (None, Direction::Forward) => IteratorMode::Start,
            (None, Direction::Backward) => IteratorMode::End,
        };
        self.db
            .iterator_opt(mode, options)
            .take(limit)
            .map(|row| row.map(|(key, value)| (key[1..].to_vec(), value.into_vec())).map_err(StorageError::from))
            .collect()
    }

    fn write(&self, batch: Batch) -> Result<(), StorageError> {
        let mut writes = WriteBatch::with_capacity_bytes(batch.bytes() + ROW_BYTES * (batch.len() + 1));
        for (key, value) in batch.changes() {
            match value {
                Some(value) => writes.put(key, value),
                None => writes.delete(key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        Ok(self.db.write_opt(writes, &options)?)
    }

    fn disk_bytes(&self) -> u64 {
        let live = self.db.property_int_value("rocksdb.total-sst-files-size").ok().flatten().unwrap_or(0);
        live + self.db.property_int_value("rocksdb.cur-size-all-mem-tables").ok().flatten().unwrap_or(0)
    }
}
