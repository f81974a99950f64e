#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

fn check_order(storage: &dyn Storage) {
    let mut batch = Batch::default();
    for key in [b"a1".as_slice(), b"a2", b"a\xff", b"b1"] {
        batch.put(Table::ByObject, key, key);
    }
    batch.put(Table::ByMember, b"a0", b"other table".as_slice());
    storage.write(batch).unwrap();
    let keys = |prefix: &[u8], start: &[u8], direction, limit| -> Vec<Vec<u8>> {
        storage.scan(Table::ByObject, prefix, start, direction, limit).unwrap().into_iter().map(|(k, _)| k).collect()
    };
    assert_eq!(keys(b"a", b"", Direction::Forward, 9), [b"a1".to_vec(), b"a2".to_vec(), b"a\xff".to_vec()]);
    assert_eq!(keys(b"a", b"", Direction::Backward, 2), [b"a\xff".to_vec(), b"a2".to_vec()]);
    assert_eq!(keys(b"a", b"a2", Direction::Forward, 1), [b"a2".to_vec()]);
    assert_eq!(keys(b"a", b"a2", Direction::Backward, 9), [b"a2".to_vec(), b"a1".to_vec()]);
    assert_eq!(keys(b"", b"", Direction::Backward, 9).len(), 4);
    let mut batch = Batch::default();
    batch.delete(Table::ByObject, b"a2");
    storage.write(batch).unwrap();
    assert_eq!(storage.get(Table::ByObject, b"a2").unwrap(), None);
    assert_eq!(storage.get(Table::ByObject, b"b1").unwrap(), Some(b"b1".to_vec()));
}

#[test]
fn both_stores_order_rows_alike() {
    check_order(&MemoryStorage::default());
    let folder = tempfile::tempdir().unwrap();
    check_order(&RocksStorage::open(folder.path()).unwrap());
}

#[test]
fn a_flipped_bit_in_the_write_ahead_log_is_refused_not_hidden() {
    let folder = tempfile::tempdir().unwrap();
    {
        let storage = RocksStorage::open(folder.path()).unwrap();
        for n in 0..200u32 {
            let mut batch = Batch::default();
            batch.put(Table::Meta, &n.to_be_bytes(), vec![7; 100]);
            storage.write(batch).unwrap();
        }
    }
    let log = std::fs::read_dir(folder.path())
        .unwrap()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .max_by_key(|path| std::fs::metadata(path).map(|m| m.len()).unwrap_or(0))
        .expect("a write-ahead log");
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    assert!(RocksStorage::open(folder.path()).is_err(), "a damaged log must not open short");
}

/// Every kind of change, in one batch and in both stores.
#[test]
fn a_batch_keeps_its_changes_apart() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Box<dyn Storage>; 2] =
        [Box::new(MemoryStorage::default()), Box::new(RocksStorage::open_forgetting(folder.path()).unwrap())];
    for store in &stores {
        let mut batch = Batch::with_room(8);
        batch.put(Table::Meta, b"old", b"1");
        store.write(batch).unwrap();
        let mut batch = Batch::default();
        assert!(batch.is_empty());
        batch.put(Table::Meta, b"", b"empty key");
        batch.put(Table::Meta, b"empty value", b"");
        batch.delete(Table::Meta, b"old");
        batch.put_shared(Table::Bodies, b"shared", Bytes::from_static(b"bytes"));
        batch.put_parts(Table::Meta, b"parts", &[b"a", b"", b"bc"]);
        batch.put(Table::Meta, b"parts again", b"d");
        assert_eq!((batch.len(), batch.bytes()), (6, 6 + 9 + 11 + 3 + 6 + 5 + 5 + 3 + 11 + 1));
        store.write(batch).unwrap();
        let value = |table, key: &[u8]| store.get(table, key).unwrap();
        assert_eq!(value(Table::Meta, b"").as_deref(), Some(&b"empty key"[..]));
        assert_eq!(value(Table::Meta, b"empty value").as_deref(), Some(&b""[..]));
        assert_eq!(value(Table::Meta, b"old"), None);
        assert_eq!(value(Table::Bodies, b"shared").as_deref(), Some(&b"bytes"[..]));
        assert_eq!(value(Table::Meta, b"parts").as_deref(), Some(&b"abc"[..]));
        assert_eq!(value(Table::Meta, b"parts again").as_deref(), Some(&b"d"[..]));
    }
}
