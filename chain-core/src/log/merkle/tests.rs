#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

type Store = BTreeMap<NodeId, Hash>;

fn hash(hex: &str) -> Hash {
    Hash::from_hex(hex).unwrap()
}

fn grow(leaves: &[Hash]) -> (Frontier, Store) {
    let (mut frontier, mut store) = (Frontier::new(), Store::new());
    for leaf in leaves {
        for (id, node) in frontier.push(*leaf) {
            assert_eq!(store.insert(id, node), None, "a node is created once");
        }
    }
    (frontier, store)
}

fn numbered_leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// The recursive definitions of RFC 6962 section 2.1, word for word.
mod oracle {
    use super::*;

    fn k(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub fn mth(d: &[Hash]) -> Hash {
        match d {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => node_hash(&mth(&d[..k(d.len())]), &mth(&d[k(d.len())..])),
        }
    }

    pub fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
        if d.len() == 1 {
            return vec![];
        }
        let k = k(d.len());
        let (mut below, sibling) =
            if m < k { (path(m, &d[..k]), mth(&d[k..])) } else { (path(m - k, &d[k..]), mth(&d[..k])) };
        below.push(sibling);
        below
    }

    pub fn subproof(m: usize, d: &[Hash], whole: bool) -> Vec<Hash> {
        if m == d.len() {
            return if whole { vec![] } else { vec![mth(d)] };
        }
        let k = k(d.len());
        let (mut below, sibling) = if m <= k {
            (subproof(m, &d[..k], whole), mth(&d[k..]))
        } else {
            (subproof(m - k, &d[k..], false), mth(&d[..k]))
        };
        below.push(sibling);
        below
    }
}

/// The test tree of the Certificate Transparency project.
fn ct_leaves() -> Vec<Hash> {
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        .map(|data| leaf_hash(&hex::decode(data).unwrap()))
        .to_vec()
}

const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn certificate_transparency_roots() {
    for (size, root) in CT_ROOTS.iter().enumerate() {
        let (frontier, store) = grow(&ct_leaves()[..size]);
        assert_eq!(frontier.root(), hash(root));
        assert_eq!(root_at(&store, size as u64).unwrap(), hash(root));
    }
}

#[test]
fn certificate_transparency_proofs() {
    const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    let (_, store) = grow(&ct_leaves());
    let inclusion: [(u64, u64, &[&str]); 5] = [
        (0, 1, &[]),
        (0, 8, &[A, B, C]),
        (5, 8, &[D, E, CT_ROOTS[4]]),
        (2, 3, &[CT_ROOTS[2]]),
        (1, 5, &[CT_ROOTS[1], B, D]),
    ];
    for (index, size, expected) in inclusion {
        let expected: Vec<Hash> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(inclusion_proof(&store, index, size).unwrap(), expected, "{index} in {size}");
        let root = hash(CT_ROOTS[size as usize]);
        verify_inclusion(&ct_leaves()[index as usize], index, size, &expected, &root).unwrap();
    }
    let consistency: [(u64, u64, &[&str]); 4] =
        [(1, 1, &[]), (1, 8, &[A, B, C]), (6, 8, &[F, E, CT_ROOTS[4]]), (2, 5, &[B, D])];
    for (old, new, expected) in consistency {
        let expected: Vec<Hash> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(consistency_proof(&store, old, new).unwrap(), expected, "{old} to {new}");
        let (old_root, new_root) = (hash(CT_ROOTS[old as usize]), hash(CT_ROOTS[new as usize]));
        verify_consistency(old, &old_root, new, &new_root, &expected).unwrap();
    }
}

#[test]
fn every_pair_of_sizes_up_to_thirty_three() {
    let leaves = numbered_leaves(33);
    let (_, store) = grow(&leaves);
    for new in 0..=33u64 {
        let d = &leaves[..new as usize];
        let new_root = oracle::mth(d);
        assert_eq!(root_at(&store, new).unwrap(), new_root);
        for index in 0..new {
            let proof = inclusion_proof(&store, index, new).unwrap();
            assert_eq!(proof, oracle::path(index as usize, d));
            for claimed in 0..new {
                let verdict = verify_inclusion(&leaves[index as usize], claimed, new, &proof, &new_root);
                assert_eq!(verdict.is_ok(), claimed == index, "leaf {index} of {new} claimed at {claimed}");
            }
        }
        for old in 1..=new {
            let proof = consistency_proof(&store, old, new).unwrap();
            assert_eq!(proof, oracle::subproof(old as usize, d, true));
            verify_consistency(old, &oracle::mth(&leaves[..old as usize]), new, &new_root, &proof).unwrap();
        }
    }
}

/// Every change of a proof by one hash: one altered, one dropped, one added at either end.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all: Vec<Vec<Hash>> = vec![];
    for place in 0..proof.len() {
        let mut altered = proof.to_vec();
        altered[place].0[place % 32] ^= 1;
        let mut dropped = proof.to_vec();
        dropped.remove(place);
        all.extend([altered, dropped]);
    }
    all.push([proof, &[Hash::ZERO]].concat());
    all.push([&[Hash::ZERO], proof].concat());
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn inclusion_matches_the_oracle(size in 1u64..=300, pick in any::<prop::sample::Index>()) {
        let leaves = numbered_leaves(size);
        let (frontier, store) = grow(&leaves);
        let index = pick.index(size as usize);
        let root = oracle::mth(&leaves);
        prop_assert_eq!(frontier.root(), root);
        let proof = inclusion_proof(&store, index as u64, size).unwrap();
        prop_assert_eq!(&proof, &oracle::path(index, &leaves));
        prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, size, &proof, &root), Ok(()));
        for bad in spoiled(&proof) {
            prop_assert!(verify_inclusion(&leaves[index], index as u64, size, &bad, &root).is_err());
        }
        let other = leaf_hash(b"not logged");
        let verdict = verify_inclusion(&other, index as u64, size, &proof, &root);
        prop_assert_eq!(verdict, Err(InclusionError::RootMismatch));
    }

    #[test]
    fn consistency_matches_the_oracle(new in 1u64..=300, pick in any::<prop::sample::Index>()) {
        let leaves = numbered_leaves(new);
        let (_, store) = grow(&leaves);
        let old = pick.index(new as usize) + 1;
        let (old_root, new_root) = (oracle::mth(&leaves[..old]), oracle::mth(&leaves));
        let proof = consistency_proof(&store, old as u64, new).unwrap();
        prop_assert_eq!(&proof, &oracle::subproof(old, &leaves, true));
        prop_assert_eq!(verify_consistency(old as u64, &old_root, new, &new_root, &proof), Ok(()));
        for bad in spoiled(&proof) {
            prop_assert!(verify_consistency(old as u64, &old_root, new, &new_root, &bad).is_err());
        }
        prop_assert!(verify_consistency(old as u64, &Hash::ZERO, new, &new_root, &proof).is_err());
        let verdict = verify_consistency(old as u64, &old_root, new, &Hash::ZERO, &proof);
        prop_assert_eq!(verdict, Err(ConsistencyError::NewRootMismatch));
    }

    #[test]
    fn a_rebuilt_frontier_grows_alike(size in 0u64..=300, more in 0u64..40) {
        let leaves = numbered_leaves(size + more);
        let (mut first, store) = grow(&leaves[..size as usize]);
        let mut rebuilt = Frontier::from_nodes(&store, size).unwrap();
        prop_assert_eq!(&rebuilt, &first);
        let stored = serde_json::to_string(&first).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Frontier>(&stored).unwrap(), &first);
        for leaf in &leaves[size as usize..] {
            prop_assert_eq!(first.push(*leaf), rebuilt.push(*leaf));
        }
        prop_assert_eq!(first.root(), oracle::mth(&leaves));
    }
}

#[test]
fn refusals_name_their_reason() {
    let leaves = numbered_leaves(7);
    let (frontier, store) = grow(&leaves);
    let root = frontier.root();
    let missing = |level, index| TreeError::MissingNode { id: NodeId { level, index } };
    assert_eq!(inclusion_proof(&store, 7, 7), Err(TreeError::IndexOutOfRange { index: 7, size: 7 }));
    assert_eq!(inclusion_proof(&store, 0, 8), Err(missing(2, 1)));
    assert_eq!(root_at(&store, 8), Err(missing(3, 0)));
    assert_eq!(root_at(&store, u64::MAX), Err(TreeError::SizeTooLarge { size: u64::MAX }));
    assert_eq!(consistency_proof(&store, 3, 2), Err(TreeError::SizesReversed { old: 3, new: 2 }));
    assert_eq!(consistency_proof(&store, 0, 7), Ok(vec![]));

    let proof = inclusion_proof(&store, 6, 7).unwrap();
    let verify = |index, size, proof: &[Hash]| verify_inclusion(&leaves[6], index, size, proof, &root);
    assert_eq!(verify(7, 7, &proof), Err(InclusionError::IndexOutOfRange { index: 7, size: 7 }));
    assert_eq!(verify(6, 7, &proof[..1]), Err(InclusionError::TooShort));
    assert_eq!(verify(6, 7, &[proof.as_slice(), &proof].concat()), Err(InclusionError::TooLong));
    assert_eq!(verify(2, 7, &leaves[..3]), Err(InclusionError::RootMismatch));

    let (old_root, proof) = (root_at(&store, 3).unwrap(), consistency_proof(&store, 3, 7).unwrap());
    let verify = |old, old_root: &Hash, new, proof: &[Hash]| verify_consistency(old, old_root, new, &root, proof);
    assert_eq!(verify(8, &root, 7, &[]), Err(ConsistencyError::SizesReversed { old: 8, new: 7 }));
    assert_eq!(verify(3, &old_root, 7, &[]), Err(ConsistencyError::TooShort));
    assert_eq!(verify(3, &old_root, 7, &proof[..2]), Err(ConsistencyError::TooShort));
    assert_eq!(verify(3, &old_root, 7, &[proof.as_slice(), &proof].concat()), Err(ConsistencyError::TooLong));
    assert_eq!(verify(3, &root, 7, &proof), Err(ConsistencyError::OldRootMismatch));
    assert_eq!(verify(0, &root, 7, &[]), Err(ConsistencyError::EmptyRoot));
    assert_eq!(verify(0, &root, 0, &[]), Err(ConsistencyError::EmptyRoot));
    assert_eq!(verify(0, &empty_root(), 7, &[root]), Err(ConsistencyError::TooLong));
    assert_eq!(verify(0, &empty_root(), 7, &[]), Ok(()));
    assert_eq!(verify(7, &old_root, 7, &[]), Err(ConsistencyError::NewRootMismatch));
    assert_eq!(verify(7, &root, 7, &[root]), Err(ConsistencyError::TooLong));

    let bad = r#"{"size":5,"peaks":[]}"#;
    assert!(serde_json::from_str::<Frontier>(bad).unwrap_err().to_string().starts_with("L105"));
}
