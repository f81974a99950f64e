//! Checkpoints, tiles, entry bundles and proofs against `signed_note` 0.2.0 and `tlog_tiles` 0.2.0, both ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chain_core::hash::Hash;
use chain_core::log::merkle::{
    consistency_proof, inclusion_proof, leaf_hash, root_at, verify_consistency, verify_inclusion,
};
use chain_core::log::note::VerifierKey;
use chain_core::log::tiles::{
    self, TileKind, TilePath, TileTree, all_tiles, encode_entry_bundle, encode_hash_tile, parse_entry_bundle,
    parse_hash_tile,
};
use chain_core::log::{Checkpoint, Frontier, NodeId, SignedCheckpoint};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tlog_tiles as theirs;
use tlog_tiles::HashReader as _;

const ORIGIN: &str = "sealane.example/interop";
/// Two full tiles of level 1 would be 65,536 leaves each: these sizes reach level 2 without them.
const SIZES: [u64; 12] = [1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 65_536, 66_000];

fn their(hash: Hash) -> theirs::Hash {
    theirs::Hash(hash.0)
}

fn all_theirs(hashes: &[Hash]) -> Vec<theirs::Hash> {
    hashes.iter().map(|hash| their(*hash)).collect()
}

fn all_ours(hashes: &[theirs::Hash]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash(hash.0)).collect()
}

fn entry(place: u64) -> Vec<u8> {
    format!("entry {place}").into_bytes()
}

fn nodes(size: u64) -> BTreeMap<NodeId, Hash> {
    let mut frontier = Frontier::new();
    (0..size).flat_map(|place| frontier.push(leaf_hash(&entry(place)))).collect()
}

/// Our tiles, by the names that a client of tlog-tiles asks for.
struct Served {
    files: BTreeMap<String, Vec<u8>>,
}

impl Served {
    fn of(nodes: &BTreeMap<NodeId, Hash>, size: u64) -> Served {
        let hashes = all_tiles(size).filter_map(|tile| match tile.kind() {
            TileKind::Hashes(level) => {
                Some((tile.to_string(), encode_hash_tile(nodes, level, tile.index(), tile.width()).unwrap()))
            }
            _ => None,
        });
        Served { files: hashes.collect() }
    }

    fn folder(folder: &Path, size: u64) -> Served {
        let read = |tile: TilePath| (tile.to_string(), std::fs::read(folder.join(tile.to_string())).unwrap());
        Served { files: all_tiles(size).map(read).collect() }
    }
}

impl theirs::TileReader for Served {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[theirs::Tile]) -> Result<Vec<Vec<u8>>, theirs::Error> {
        // The specification fixes the height at 8 and leaves it out of the path.
        let name = |tile: &theirs::Tile| tile.path().replacen("tile/8/", "tile/", 1);
        tiles.iter().map(|tile| self.files.get(&name(tile)).cloned().ok_or(theirs::Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[theirs::Tile], _: &[Vec<u8>]) {}
}

/// What a client with their code checks of a log that we serve: tiles under the root, each entry at its place, and
/// that earlier trees lie in it.
fn read_with_their_code(served: &Served, size: u64, root: Hash, leaves: &dyn Fn(u64) -> Vec<u8>) {
    let reader = theirs::TileHashReader::new(size, their(root), served);
    assert_eq!(theirs::tree_hash(size, &reader).unwrap(), their(root));
    let places: Vec<u64> = [0, 1, 2, 254, 255, 256, 300, size / 2, size - 1].into_iter().filter(|p| *p < size).collect();
    for place in places {
        let proof = theirs::prove_record(size, place, &reader).unwrap();
        let hash = theirs::record_hash(&leaves(place));
        theirs::check_record(&proof, size, their(root), place, hash).unwrap();
        let stored = reader.read_hashes(&[theirs::stored_hash_index(0, place)]).unwrap();
        assert_eq!(stored, [hash]);
    }
    for old in SIZES.into_iter().filter(|old| *old <= size) {
        let before = theirs::tree_hash(old, &reader).unwrap();
        let proof = theirs::prove_tree(size, old, &reader).unwrap();
        theirs::check_tree(&proof, size, their(root), old, before).unwrap();
    }
}

#[test]
fn they_read_our_tiles() {
    let nodes = nodes(66_000);
    for size in SIZES {
        let root = root_at(&nodes, size).unwrap();
        read_with_their_code(&Served::of(&nodes, size), size, root, &entry);
        let mut wrong = Served::of(&nodes, size);
        wrong.files.values_mut().next().unwrap()[0] ^= 1;
        let reader = theirs::TileHashReader::new(size, their(root), &wrong);
        // Their reader does not hold every tile against its parent; the proofs that it makes of a wrong one fail.
        let place = u64::min(1, size - 1);
        let proof = theirs::prove_record(size, place, &reader);
        let hash = theirs::record_hash(&entry(place));
        let taken = proof.and_then(|proof| theirs::check_record(&proof, size, their(root), place, hash));
        assert!(taken.is_err() || theirs::tree_hash(size, &reader).is_err(), "a changed tile of {size} is noticed");
    }
}

#[test]
fn they_take_our_proofs() {
    let nodes = nodes(600);
    for size in 1..=600u64 {
        let root = root_at(&nodes, size).unwrap();
        for place in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|p| *p < size) {
            let proof = all_theirs(&inclusion_proof(&nodes, place, size).unwrap());
            let hash = their(leaf_hash(&entry(place)));
            theirs::check_record(&proof, size, their(root), place, hash).unwrap();
            assert!(theirs::check_record(&proof, size, their(root), place, theirs::Hash([1; 32])).is_err());
        }
        for old in [1, 2, size / 3, size / 2, size].into_iter().filter(|old| (1..=size).contains(old)) {
            let proof = all_theirs(&consistency_proof(&nodes, old, size).unwrap());
            let before = their(root_at(&nodes, old).unwrap());
            theirs::check_tree(&proof, size, their(root), old, before).unwrap();
        }
    }
}

/// A log kept by their code: hashes in the order in which it stores them.
#[derive(Default)]
struct TheirLog {
    stored: Vec<theirs::Hash>,
    size: u64,
}

impl theirs::HashReader for TheirLog {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<theirs::Hash>, theirs::Error> {
        let at = |index: &u64| self.stored.get(*index as usize).copied().ok_or(theirs::Error::IndexesNotInTree);
        indexes.iter().map(at).collect()
    }
}

impl TheirLog {
    fn of(size: u64) -> TheirLog {
        let mut log = TheirLog::default();
        for place in 0..size {
            let new = theirs::stored_hashes(place, &entry(place), &log).unwrap();
            log.stored.extend(new);
            log.size += 1;
        }
        log
    }
}

#[test]
fn we_read_their_tiles_and_take_their_proofs() {
    let log = TheirLog::of(66_000);
    for size in SIZES {
        let root = Hash(theirs::tree_hash(size, &log).unwrap().0);
        let mut tree = TileTree::default();
        for tile in all_tiles(size) {
            let TileKind::Hashes(level) = tile.kind() else { continue };
            let their_tile = theirs::Tile::new(8, level, tile.index(), tile.width().into(), false);
            assert_eq!(their_tile.path().replacen("tile/8/", "tile/", 1), tile.to_string());
            let bytes = their_tile.read_data(&log).unwrap();
            tree.insert(level, tile.index(), parse_hash_tile(&bytes, tile.width()).unwrap());
        }
        assert_eq!(root_at(&tree, size), Ok(root));
        for place in [0, size / 2, size - 1] {
            let proof = all_ours(&theirs::prove_record(size, place, &log).unwrap());
            verify_inclusion(&leaf_hash(&entry(place)), place, size, &proof, &root).unwrap();
            assert!(verify_inclusion(&leaf_hash(b"another"), place, size, &proof, &root).is_err());
            assert_eq!(tree.leaf(place), Some(leaf_hash(&entry(place))));
        }
        for old in SIZES.into_iter().filter(|old| *old <= size) {
            let before = Hash(theirs::tree_hash(old, &log).unwrap().0);
            let proof = all_ours(&theirs::prove_tree(size, old, &log).unwrap());
            verify_consistency(old, &before, size, &root, &proof).unwrap();
        }
    }
}

#[test]
fn they_read_our_paths_and_entry_bundles() {
    for (index, width) in [(0, 256), (0, 1), (999, 17), (1_234_067, 256), (1_000_000_007, 3)] {
        let ours = TilePath::new(TileKind::Hashes(3), index, width).unwrap();
        let path = ours.to_string().replacen("tile/", "tile/8/", 1);
        assert_eq!(theirs::Tile::from_path(&path).unwrap().path(), path);
    }
    // Their crate has no bundles: the specification's own words, two bytes of length and the entry, hashed by them.
    let bundle = encode_entry_bundle(&(0..256).map(entry).collect::<Vec<_>>()).unwrap();
    let (mut rest, mut hashes) = (bundle.as_slice(), Vec::new());
    while let [high, low, after @ ..] = rest {
        let (entry, after) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        hashes.push(theirs::record_hash(entry));
        rest = after;
    }
    assert_eq!(all_ours(&hashes), (0..256).map(|place| leaf_hash(&entry(place))).collect::<Vec<_>>());
    let tile: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    assert_eq!(theirs::Tile::subtree_hash(&tile).0, root_at(&nodes(256), 256).unwrap().0);
}

#[test]
fn they_verify_our_checkpoints() {
    let (log, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let root = root_at(&nodes(7), 7).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 7, root, vec![]).unwrap();
    let cosigned = chain_core::log::cosignature::cosign(&checkpoint, "witness.example/w", &other, 1_790_000_000).unwrap();
    let lines = vec![checkpoint.sign_as_log(&log).unwrap(), cosigned];
    let signed = SignedCheckpoint::new(checkpoint, lines).unwrap().encode();

    let note = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
    let ours = VerifierKey::for_notes(ORIGIN, &log.verifying_key()).unwrap().encode();
    assert_eq!(ours, signed_note::new_ed25519_verifier_key(ORIGIN, &log.verifying_key()));
    let known = |key: &str| signed_note::VerifierList::new(vec![Box::new(signed_note::StandardVerifier::new(key).unwrap())]);
    let (verified, unknown) = note.verify(&known(&ours)).unwrap();
    assert_eq!((verified.len(), unknown.len()), (1, 1), "the log's line is verified, the cosigner's of another type");
    let stranger = signed_note::new_ed25519_verifier_key(ORIGIN, &other.verifying_key());
    assert!(note.verify(&known(&stranger)).is_err());
    assert_eq!(note.to_bytes(), signed.as_bytes());

    let read = theirs::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((read.origin(), read.size(), read.hash().0), (ORIGIN, 7, root.0));
    assert_eq!(read.to_bytes(), note.text());
}

#[test]
fn we_verify_their_checkpoints() {
    let log = TheirLog::of(300);
    let (secret, public) = signed_note::generate_key(&mut rand::rngs::OsRng, ORIGIN);
    let root = theirs::tree_hash(300, &log).unwrap();
    let text = theirs::Checkpoint::new(ORIGIN, 300, root, "").unwrap().to_bytes();
    let mut note = signed_note::Note::new(&text, &[]).unwrap();
    note.add_sigs(&[&signed_note::StandardSigner::new(&secret).unwrap()]).unwrap();
    let signed = SignedCheckpoint::parse(&note.to_bytes()).unwrap();
    let key = VerifierKey::parse(&public).unwrap();
    signed.verify_log_signature(&key).unwrap();
    let stated = signed.checkpoint();
    assert_eq!((stated.origin(), stated.size(), stated.root().0), (ORIGIN, 300, root.0));
    let (_, stranger) = signed_note::generate_key(&mut rand::rngs::OsRng, ORIGIN);
    assert!(signed.verify_log_signature(&VerifierKey::parse(&stranger).unwrap()).is_err());
    let mut changed = note.to_bytes();
    changed[ORIGIN.len() + 1] ^= 1;
    assert!(SignedCheckpoint::parse(&changed).is_ok_and(|c| c.verify_log_signature(&key).is_err()));
}

/// A whole ledger as a node exported it, where `SEALANE_EXPORT` names the folder.
#[test]
fn they_read_an_exported_ledger() {
    let Some(folder) = std::env::var_os("SEALANE_EXPORT").map(PathBuf::from) else {
        println!("skipped: SEALANE_EXPORT names no folder of `sealane export --proofs`");
        return;
    };
    let note = signed_note::Note::from_bytes(&std::fs::read(folder.join("checkpoint")).unwrap()).unwrap();
    let stated = theirs::Checkpoint::from_bytes(note.text()).unwrap();
    let served = Served::folder(&folder, stated.size());
    let leaf = |place: u64| {
        let index = place / u64::from(tiles::FULL_WIDTH);
        let tile = TilePath::in_log(TileKind::Entries, index, stated.size()).unwrap();
        let entries = parse_entry_bundle(&served.files[&tile.to_string()], tile.width()).unwrap();
        entries[(place % u64::from(tiles::FULL_WIDTH)) as usize].to_vec()
    };
    read_with_their_code(&served, stated.size(), Hash(stated.hash().0), &leaf);
    println!("read {} leaves of {} with tlog_tiles and signed_note", stated.size(), stated.origin());
}
