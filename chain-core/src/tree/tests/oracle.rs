//! Roots and proofs against `jmt`, and roots against the written definition.

use super::*;
use jmt::storage::{LeafNode, Node, NodeKey, TreeReader, TreeUpdateBatch};
use jmt::{JellyfishMerkleIterator, KeyHash, OwnedValue, RootHash, Sha256Jmt};
use proptest::prelude::*;

/// `jmt` on a store of its own. Its version 0 is the empty tree.
#[derive(Default)]
pub(super) struct Jmt {
    pub(super) version: u64,
    pub(super) nodes: BTreeMap<NodeKey, Node>,
    values: BTreeMap<KeyHash, Option<OwnedValue>>,
}

/// The error type of `jmt`'s traits, which it does not export.
pub(super) type JmtError = <<JellyfishMerkleIterator<Jmt> as Iterator>::Item as Fallible>::Error;
pub(super) trait Fallible {
    type Error;
}
impl<T, E> Fallible for Result<T, E> {
    type Error = E;
}

impl TreeReader for Jmt {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>, JmtError> {
        Ok(self.nodes.get(key).cloned())
    }

    fn get_value_option(&self, _: u64, key: KeyHash) -> Result<Option<OwnedValue>, JmtError> {
        Ok(self.values.get(&key).cloned().flatten())
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>, JmtError> {
        Ok(None)
    }
}

impl Jmt {
    /// Applies values (not their hashes) under the next version.
    pub(super) fn put(&self, changes: &BTreeMap<Hash, Option<Vec<u8>>>) -> (Hash, TreeUpdateBatch) {
        let changes = changes.iter().map(|(key, value)| (KeyHash(key.0), value.clone()));
        let (RootHash(root), batch) =
            Sha256Jmt::new(self).put_value_set(changes, self.version).unwrap();
        (Hash(root), batch)
    }

    pub(super) fn write(&mut self, batch: TreeUpdateBatch) {
        for (key, node) in batch.node_batch.nodes() {
            self.nodes.insert(key.clone(), node.clone());
        }
        for ((_, key), value) in batch.node_batch.values() {
            self.values.insert(*key, value.clone());
        }
        for stale in &batch.stale_node_index_batch {
            self.nodes.remove(&stale.node_key);
        }
        self.version += 1;
    }

    /// The proof for `key`, checked by `jmt` itself, in our terms.
    fn proof(&self, root: Hash, key: Hash) -> Proof {
        let tree = Sha256Jmt::new(self);
        let (value, proof) = tree.get_with_proof(KeyHash(key.0), self.version - 1).unwrap();
        proof.verify(RootHash(root.0), KeyHash(key.0), value).unwrap();
        let json = serde_json::to_value(&proof).unwrap();
        let hash = |json: &serde_json::Value| -> Hash {
            Hash(serde_json::from_value::<[u8; 32]>(json.clone()).unwrap())
        };
        let leaf = |json: &serde_json::Value| Leaf {
            key_hash: hash(&json["key_hash"]),
            value_hash: hash(&json["value_hash"]),
        };
        let sibling = |json: &serde_json::Value| match json {
            serde_json::Value::String(null) if null == "Null" => PLACEHOLDER,
            node if node["Leaf"].is_object() => leaf(&node["Leaf"]).node_hash(),
            node => {
                let halves = &node["Internal"];
                inner_hash(&hash(&halves["left_child"]), &hash(&halves["right_child"]))
            }
        };
        Proof {
            leaf: Some(&json["leaf"]).filter(|json| json.is_object()).map(leaf),
            siblings: json["siblings"].as_array().unwrap().iter().map(sibling).collect(),
        }
    }
}

/// Both trees, driven by the same values.
#[derive(Default)]
struct Pair {
    ours: Store,
    root: Option<Root>,
    jmt: Jmt,
    state: BTreeMap<Hash, Hash>,
}

impl Pair {
    fn root(&self) -> Root {
        self.root.unwrap_or(Root::EMPTY)
    }

    /// A change's second part names the value: its bytes are the value itself.
    fn apply(&mut self, changes: &Changes) {
        let values = changes.iter().map(|(k, v)| (*k, v.map(|v| v.0.to_vec()))).collect();
        let (jmt_root, batch) = self.jmt.put(&values);
        self.jmt.write(batch);

        let hashed = values.iter().map(|(k, v)| (*k, v.as_deref().map(Hash::of))).collect();
        let update = update(&self.ours, &self.root(), self.jmt.version, &hashed).unwrap();
        assert_eq!(update.root.hash, jmt_root);
        self.ours.write(&update);
        self.ours.prune(&update);
        self.root = Some(update.root);
        apply(&mut self.state, &hashed);
        assert_eq!(storage::reachable(&self.ours, &update.root), self.ours.pages.len());
    }

    fn compare_proof(&self, key: Hash) {
        let proof = prove(&self.ours, &self.root(), &key).unwrap();
        assert_eq!(proof, self.jmt.proof(self.root().hash, key));
        let value = self.state.get(&key);
        assert_eq!(proof.verify(&self.root().hash, &key, value), Ok(()));
    }
}

#[test]
fn random_batches_of_growing_size() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut pair = Pair::default();
    for count in [0, 1, 1, 2, 3, 5, 10, 30, 100, 300, 0, 1000, 3000] {
        let changes = random_changes(&mut rng, &pair.state, count);
        pair.apply(&changes);
        assert_eq!(pair.root().hash, root_by_definition(&entries(&pair.state), 0));
        for key in changes.keys().take(20).copied().chain([random_hash(&mut rng)]) {
            pair.compare_proof(key);
        }
    }
}

#[test]
fn down_to_the_empty_tree_and_up_again() {
    let mut rng = StdRng::seed_from_u64(2);
    let mut pair = Pair::default();
    pair.apply(&insertions(&mut rng, 200));
    while !pair.state.is_empty() {
        let count = pair.state.len().div_ceil(2);
        pair.apply(&pair.state.keys().take(count).map(|key| (*key, None)).collect());
        pair.compare_proof(random_hash(&mut rng));
    }
    assert_eq!(pair.root().hash, PLACEHOLDER);
    assert!(pair.ours.pages.is_empty());
    pair.apply(&insertions(&mut rng, 3));
}

/// Key hashes that share long prefixes, as no SHA-256 will yield in earnest:
/// four bits of freedom, spread from the first to the last bit.
fn crowded_key(bits: u8) -> Hash {
    let mut key = [0u8; 32];
    for (i, at) in [0, 6, 131, 255].into_iter().enumerate() {
        if bits & (1 << i) != 0 {
            key[at / 8] |= 0x80 >> (at % 8);
        }
    }
    Hash(key)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn crowded_keys(
        batches in prop::collection::vec(
            prop::collection::btree_map(0u8..16, prop::option::of(0u8..3), 0..8), 1..8)
    ) {
        let mut pair = Pair::default();
        for batch in batches {
            pair.apply(&batch.iter().map(|(k, v)| (crowded_key(*k), v.map(|v| Hash([v; 32])))).collect());
            prop_assert_eq!(pair.root().hash, root_by_definition(&entries(&pair.state), 0));
            for bits in 0..16 {
                pair.compare_proof(crowded_key(bits));
            }
        }
    }
}
