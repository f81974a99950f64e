#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::merkle::{Frontier, leaf_hash, root_at};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn grow(size: u64) -> (Frontier, BTreeMap<NodeId, Hash>) {
    let mut frontier = Frontier::new();
    let nodes = (0..size).flat_map(|n| frontier.push(leaf_hash(&n.to_be_bytes()))).collect();
    (frontier, nodes)
}

fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    hashes.iter().for_each(|hash| drop(frontier.push(*hash)));
    frontier.root()
}

#[test]
fn paths() {
    for (kind, index, width, path) in [
        (TileKind::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (TileKind::Hashes(1), 0, 17, "tile/1/000.p/17"),
        (TileKind::Hashes(63), 999, 255, "tile/63/999.p/255"),
        (TileKind::Hashes(0), 1000, 1, "tile/0/x001/000.p/1"),
        (TileKind::Entries, 273, 112, "tile/entries/273.p/112"),
        (TileKind::Entries, u64::MAX, 256, "tile/entries/x018/x446/x744/x073/x709/x551/615"),
    ] {
        let tile = TilePath::new(kind, index, width).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(TilePath::parse(path), Ok(tile));
        assert_eq!((tile.kind(), tile.index(), tile.width()), (kind, index, width));
    }
    for path in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/256/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/x/000",
        "tile/Entries/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/x01/002",
        "tile/0/X001/002",
        "tile/0/x001//002",
        "tile/0/1234",
        "tile/0/x1234/567",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/65793",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p/1/",
        "tile/0/000 ",
        "tile/0/٠٠٠",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/../000",
    ] {
        assert_eq!(TilePath::parse(path), Err(TileError::Path), "{path:?}");
    }
    assert_eq!(TilePath::new(TileKind::Entries, 0, 0), Err(TileError::Width));
    assert_eq!(TilePath::new(TileKind::Entries, 0, 257), Err(TileError::Width));
    assert_eq!(TilePath::new(TileKind::Hashes(64), 0, 1), Err(TileError::Beyond));
}

#[test]
fn the_specifications_tree_of_seventy_thousand() {
    let in_log = |kind, index| TilePath::in_log(kind, index, 70_000).map(|tile| tile.to_string());
    let shown = |path: &str| Some(path.to_owned());
    assert_eq!(in_log(TileKind::Hashes(0), 272), shown("tile/0/272"));
    assert_eq!(in_log(TileKind::Hashes(0), 273), shown("tile/0/273.p/112"));
    assert_eq!(in_log(TileKind::Hashes(0), 274), None);
    assert_eq!(in_log(TileKind::Hashes(1), 0), shown("tile/1/000"));
    assert_eq!(in_log(TileKind::Hashes(1), 1), shown("tile/1/001.p/17"));
    assert_eq!(in_log(TileKind::Hashes(2), 0), shown("tile/2/000.p/1"));
    assert_eq!(in_log(TileKind::Hashes(3), 0), None);
    assert_eq!(in_log(TileKind::Entries, 273), shown("tile/entries/273.p/112"));
    assert_eq!(in_log(TileKind::Hashes(63), 0), None);
    assert_eq!(in_log(TileKind::Entries, u64::MAX), None);
    assert_eq!(TilePath::in_log(TileKind::Hashes(1), 0, 256).unwrap().width(), 1);
    assert_eq!(TilePath::in_log(TileKind::Hashes(0), 0, 256).unwrap().width(), 256);
    assert_eq!(TilePath::in_log(TileKind::Hashes(0), 0, 0), None);
}

#[test]
fn tiles_of_a_tree() {
    let (frontier, nodes) = grow(70_000);
    let tile = |level, index, width| parse_hash_tile(&encode_hash_tile(&nodes, level, index, width)?, width);
    // Each node of a tile is the root of a full tile one level below.
    let upper = tile(1, 0, 256).unwrap();
    assert_eq!(root_of(&tile(0, 5, 256).unwrap()), upper[5]);
    assert_eq!(root_of(&upper), tile(2, 0, 1).unwrap()[0]);
    assert_eq!(tile(2, 0, 1).unwrap()[0], root_at(&nodes, 65_536).unwrap());
    // The right edge, level by level, is the whole tree.
    let edge = [tile(0, 273, 112).unwrap(), tile(1, 1, 17).unwrap(), tile(2, 0, 1).unwrap()];
    let low = root_of(&edge[0]);
    let middle = root_of(&edge[1]);
    let joined = super::super::merkle::node_hash(&edge[2][0], &super::super::merkle::node_hash(&middle, &low));
    assert_eq!(root_of(&tile(0, 273, 96).unwrap()), root_of(&edge[0][..96]));
    // 17 * 256 + 112 leaves split at 4096, so the sixteen first nodes stand alone.
    let last = super::super::merkle::node_hash(&edge[1][16], &low);
    let right = super::super::merkle::node_hash(&root_of(&edge[1][..16]), &last);
    assert_ne!(joined, frontier.root());
    assert_eq!(super::super::merkle::node_hash(&edge[2][0], &right), frontier.root());
    // What the tree does not hold.
    let missing = |level, index| TileError::Tree(TreeError::MissingNode { id: NodeId { level, index } });
    assert_eq!(tile(0, 273, 113), Err(missing(0, 70_000)));
    assert_eq!(tile(1, 1, 18), Err(missing(8, 273)));
    assert_eq!(tile(8, 0, 1), Err(TileError::Beyond));
    assert_eq!(tile(0, u64::MAX, 1), Err(TileError::Beyond));
    assert_eq!(tile(0, 0, 0), Err(TileError::Width));
    assert_eq!(parse_hash_tile(&[0; 64], 1), Err(TileError::Length));
    assert_eq!(parse_hash_tile(&[0; 65], 2), Err(TileError::Length));
    assert_eq!(parse_hash_tile(&[0; 63], 2), Err(TileError::Length));
}

#[test]
fn entry_bundles() {
    let bytes = encode_entry_bundle(&[b"ab".as_slice(), b"", b"c"]).unwrap();
    assert_eq!(bytes, b"\0\x02ab\0\0\0\x01c");
    assert_eq!(parse_entry_bundle(&bytes, 3).unwrap(), [b"ab".as_slice(), b"", b"c"]);
    for (width, error) in
        [(2, TileError::Length), (4, TileError::Length), (0, TileError::Width), (257, TileError::Width)]
    {
        assert_eq!(parse_entry_bundle(&bytes, width), Err(error));
    }
    assert_eq!(parse_entry_bundle(&bytes[..8], 3), Err(TileError::Length));
    assert_eq!(parse_entry_bundle(&bytes[..7], 3), Err(TileError::Length));
    assert_eq!(encode_entry_bundle(&[""; 0]), Err(TileError::Width));
    assert_eq!(encode_entry_bundle(&[""; 257]), Err(TileError::Width));
    let longest = vec![1; 65_535];
    assert_eq!(parse_entry_bundle(&encode_entry_bundle(&[&longest]).unwrap(), 1).unwrap(), [&longest]);
    assert_eq!(encode_entry_bundle(&[vec![1; 65_536]]), Err(TileError::EntryTooLong));
}

#[test]
fn payload_bundles() {
    let long = vec![7; 70_000];
    let payloads = [b"ab".as_slice(), b"", &long];
    let bytes = encode_payload_bundle(&payloads).unwrap();
    assert_eq!(bytes[..14], *b"\0\0\0\x02ab\0\0\0\0\0\x01\x11\x70");
    assert_eq!(parse_payload_bundle(&bytes, 3).unwrap(), payloads);
    for (width, error) in
        [(2, TileError::Length), (4, TileError::Length), (0, TileError::Width), (257, TileError::Width)]
    {
        assert_eq!(parse_payload_bundle(&bytes, width), Err(error));
    }
    assert_eq!(parse_payload_bundle(&bytes[..bytes.len() - 1], 3), Err(TileError::Length));
    assert_eq!(parse_payload_bundle(&bytes[..3], 1), Err(TileError::Length));
    assert_eq!(encode_payload_bundle(&[""; 0]), Err(TileError::Width));
    assert_eq!(encode_payload_bundle(&[""; 257]), Err(TileError::Width));
    assert_eq!(TilePath::parse("tile/payloads/273.p/112").unwrap().kind(), TileKind::Payloads);
}

#[test]
fn a_tree_read_from_tiles() {
    let (frontier, nodes) = grow(70_000);
    for size in [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_793, 69_999, 70_000] {
        let mut tree = TileTree::default();
        let needed = root_tiles(size, 70_000).unwrap();
        for tile in &needed {
            let TileKind::Hashes(level) = tile.kind() else { panic!("{tile}") };
            let bytes = encode_hash_tile(&nodes, level, tile.index(), tile.width()).unwrap();
            tree.insert(level, tile.index(), parse_hash_tile(&bytes, tile.width()).unwrap());
        }
        assert_eq!(root_at(&tree, size), root_at(&nodes, size), "{size}");
        assert!(needed.len() <= 3, "{size} needs {needed:?}");
    }
    assert_eq!(root_at(&nodes, 70_000), Ok(frontier.root()));
    assert_eq!(root_tiles(70_001, 70_000), None);
    assert_eq!(root_tiles(0, 70_000), Some(vec![]));
}

#[test]
fn every_tile_of_a_log() {
    let names = |size| all_tiles(size).map(|tile| tile.to_string()).collect::<Vec<_>>();
    assert_eq!(names(0), [""; 0]);
    assert_eq!(names(3), ["tile/0/000.p/3", "tile/entries/000.p/3", "tile/payloads/000.p/3"]);
    let of_257 = names(257);
    assert_eq!(of_257[..3], ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    assert_eq!(of_257.len(), 7);
    assert_eq!(all_tiles(70_000).count(), 274 + 2 + 1 + 274 + 274);
}

proptest! {
    #[test]
    fn paths_and_bundles_have_one_spelling(
        level in 0u8..=63,
        index: u64,
        width in 1u16..=256,
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20),
        noise in "tile/[0-9e]{1,2}/[x0-9/.p]{1,12}",
    ) {
        let tile = TilePath::new(TileKind::Hashes(level), index, width).unwrap();
        prop_assert_eq!(TilePath::parse(&tile.to_string()), Ok(tile));
        if let Ok(parsed) = TilePath::parse(&noise) {
            prop_assert_eq!(parsed.to_string(), noise);
        }
        let bytes = encode_entry_bundle(&entries).unwrap();
        prop_assert_eq!(parse_entry_bundle(&bytes, entries.len() as u16).unwrap(), entries);
    }
}
