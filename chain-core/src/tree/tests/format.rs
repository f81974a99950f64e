//! Golden vectors, computed apart from this program: they must never change.

use super::*;

fn key(first: u8) -> Hash {
    let mut key = [0; 32];
    key[0] = first;
    Hash(key)
}

/// The keys 00.., 08.., 0c.. and f0.., each with 32 times its first byte as the
/// value hash. The first three go on in the child page of nibble 0.
fn small_tree() -> TreeUpdate {
    let changes = [0x00, 0x08, 0x0c, 0xf0].map(|first| (key(first), Some(Hash([first; 32]))));
    update(&Store::default(), &Root::EMPTY, 5, &BTreeMap::from(changes)).unwrap()
}

#[test]
fn roots() {
    let root = |pairs: &[(&str, &str)]| {
        let hashed = |(key, value): &(&str, &str)| {
            (Hash::of(key.as_bytes()), Some(Hash::of(value.as_bytes())))
        };
        let changes = pairs.iter().map(hashed).collect();
        update(&Store::default(), &Root::EMPTY, 1, &changes).unwrap().root.hash.to_hex()
    };
    assert_eq!(root(&[]), hex::encode("SPARSE_MERKLE_PLACEHOLDER_HASH__"));
    assert_eq!(
        root(&[("a", "1")]),
        "7d9d282a9389c7d2ad4b73b5e924aca19080fd5f8a1c93347f7b824138d00c59"
    );
    assert_eq!(
        root(&[("a", "1"), ("b", "2")]),
        "cfda064e450224370363aac566ebc150269da82d095ddb4f79a0d03170da30c5"
    );
    assert_eq!(
        small_tree().root.hash.to_hex(),
        "c4c5bb737a0c375b5485dbc900d77db26db63c74a467371815e6cc4c73035d76"
    );
}

#[test]
fn pages() {
    let entry = |first: u8| hex::encode(key(first).0) + &hex::encode([first; 32]);
    let child_hash = "69125bec0f2b17c414c052379405b198402e67a07655e55e2f04206df45f9060";
    // The entry f0 at position 3; the child page at position 16, of version 5.
    let top = format!("01 00000008 0001 {} 0000000000000005 {child_hash}", entry(0xf0));
    // The entries at positions 2, 6 and 7.
    let below = format!("01 000000c4 0000 {} {} {}", entry(0x00), entry(0x08), entry(0x0c));
    let golden = [("000000000000000500", top), ("00000000000000050100", below)];

    let pages = small_tree().new_pages;
    assert_eq!(pages.len(), 2);
    for ((id, page), (golden_id, golden_page)) in pages.iter().zip(&golden) {
        assert_eq!(hex::encode(id.to_bytes()), *golden_id);
        assert_eq!(hex::encode(page.encode()), golden_page.replace(' ', ""));
        assert_eq!(Page::decode(&page.encode()).as_ref(), Ok(page));
    }
    assert_eq!(pages[1].1.hash().to_hex(), child_hash);
}

#[test]
fn page_ids() {
    let path = [0xa, 0xb, 0xc].into_iter().fold(NibblePath::ROOT, |path, n| path.child(n).unwrap());
    let id = PageId { version: 0x0102, path };
    assert_eq!(hex::encode(id.to_bytes()), "000000000000010203abc0");
    assert_eq!(format!("{id:?}"), "/abc of version 258");
    assert_eq!(PageId::from_bytes(&id.to_bytes()), Some(id));

    let longest = (0..63).fold(NibblePath::ROOT, |path, n| path.child(n % 16).unwrap());
    assert_eq!(longest.child(0), None);
    let id = PageId { version: u64::MAX, path: longest };
    assert_eq!(id.to_bytes().len(), 41);
    assert_eq!(PageId::from_bytes(&id.to_bytes()), Some(id));

    for refused in [
        "",
        "0000000000000001",
        "000000000000000103abc1",
        "000000000000000103ab",
        "000000000000000103abc000",
        "000000000000000140",
    ] {
        assert_eq!(PageId::from_bytes(&hex::decode(refused).unwrap()), None, "{refused}");
    }
    let too_long = [vec![0; 8], vec![64], vec![0; 32]].concat();
    assert_eq!(PageId::from_bytes(&too_long), None);
}

#[test]
fn bytes_that_are_no_page() {
    let entry = "00".repeat(64);
    let child = "00".repeat(40);
    let decode = |text: String| Page::decode(&hex::decode(text.replace(' ', "")).unwrap());
    assert_eq!(decode(String::new()), Err(PageError::Length { expected: 7, found: 0 }));
    assert_eq!(decode(format!("02 00000002 0000 {entry}")), Err(PageError::Format(2)));
    assert!(decode(format!("01 00000002 0000 {entry}")).is_ok());
    let long = format!("01 00000002 0000 {entry} 00");
    assert_eq!(decode(long), Err(PageError::Length { expected: 71, found: 72 }));
    for shape in [
        "01 00000000 0000".to_string(),              // nothing
        format!("01 00000001 0000 {entry}"),         // an entry at position 0
        format!("01 00000006 0000 {entry} {entry}"), // an entry above another
        format!("01 00000004 0000 {entry}"),         // alone, but not on top
        format!("01 00010000 0001 {entry} {child}"), // two things in one place
        format!("01 00000002 0001 {entry} {child}"), // an entry above a child page
    ] {
        assert_eq!(decode(shape.clone()), Err(PageError::Shape), "{shape}");
    }
    assert!(decode(format!("01 00000000 0001 {child}")).is_ok());
}

proptest::proptest! {
    /// No bytes make decoding fail otherwise, and a page has one encoding only.
    #[test]
    fn decoding_is_strict(
        leaves in 0u32..256,
        children in 0u16..16,
        body in proptest::collection::vec(0u8..2, 0..330),
    ) {
        let mut bytes = vec![1];
        bytes.extend(leaves.to_be_bytes());
        bytes.extend(children.to_be_bytes());
        bytes.extend(&body);
        let exact = leaves.count_ones() as usize * 64 + children.count_ones() as usize * 40;
        for len in [bytes.len(), 7 + exact] {
            bytes.resize(len, 0);
            if let Ok(page) = Page::decode(&bytes) {
                proptest::prop_assert_eq!(page.encode(), bytes.clone());
            }
        }
    }
}
