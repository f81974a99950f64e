#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::fixtures::{Ledger, certificate, note, public, set_of};

fn header() -> Header {
    Header {
        version: PROTOCOL_VERSION,
        ledger: LedgerId(Hash([1; 32])),
        height: Height(2),
        time: TimeMs(3),
        proposer: public(0x11),
        previous: Hash([4; 32]),
        previous_certificate: Hash([5; 32]),
        transactions: Hash([6; 32]),
        log_size: 7,
        log_root: Hash([8; 32]),
        state_root: Hash([9; 32]),
        validators: Hash([10; 32]),
        next_validators: Hash([11; 32]),
    }
}

#[test]
fn a_header_has_332_bytes_that_each_count() {
    let golden = header();
    assert_eq!(golden.to_bytes().len(), 332);
    assert_eq!(golden.to_bytes().len(), HEADER_BYTES);
    assert_eq!(golden.hash().to_hex(), "6ca56365ff096b9efaaf9fc74d502d6f22e4440c6c145892d7d892e42fbac27f");
    let changes: [fn(&mut Header); 13] = [
        |h| h.version ^= 1,
        |h| h.ledger.0.0[31] ^= 1,
        |h| h.height.0 ^= 1,
        |h| h.time.0 ^= 1,
        |h| h.proposer = public(0x12),
        |h| h.previous.0[0] ^= 1,
        |h| h.previous_certificate.0[0] ^= 1,
        |h| h.transactions.0[0] ^= 1,
        |h| h.log_size ^= 1,
        |h| h.log_root.0[0] ^= 1,
        |h| h.state_root.0[0] ^= 1,
        |h| h.validators.0[0] ^= 1,
        |h| h.next_validators.0[0] ^= 1,
    ];
    let mut seen = std::collections::BTreeSet::from([golden.hash()]);
    for change in changes {
        let mut other = golden.clone();
        change(&mut other);
        assert!(seen.insert(other.hash()), "{other:?}");
    }
}

#[test]
fn which_transactions_and_their_order_are_hashed() {
    let hash = |parts: &[&[u8]]| transactions_hash(parts.iter().map(|part| Hash::of(part)));
    assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    assert_ne!(hash(&[b"abc"]), hash(&[b"abc", b""]));
    assert_ne!(hash(&[b"a", b"b"]), hash(&[b"b", b"a"]));
    assert_eq!(hash(&[]), Hash::of(b""));
    assert_eq!(hash(&[b"ab"]), Hash::of(Hash::of(b"ab").as_bytes()));
}

#[test]
fn leaves_have_one_spelling() {
    let mut ledger = Ledger::new();
    let built = note(ledger.id(), "1", "a");
    ledger.commit(&[&built], None);
    assert_eq!(ledger.leaves.iter().map(|leaf| leaf.to_bytes().len()).collect::<Vec<_>>(), [83, 146]);
    for leaf in &ledger.leaves {
        let bytes = leaf.to_bytes();
        assert_eq!(Leaf::from_bytes(&bytes).as_ref(), Some(leaf));
        assert!((0..bytes.len()).all(|end| Leaf::from_bytes(&bytes[..end]).is_none()), "cut");
        assert!(Leaf::from_bytes(&[&bytes[..], &[0]].concat()).is_none(), "longer");
        for (place, value) in [(0, 0), (0, 2), (1, 0), (1, 3)] {
            let mut other = bytes.clone();
            other[place] = value;
            assert!(Leaf::from_bytes(&other).is_none(), "byte {place} is {value}");
        }
    }
}

#[test]
fn a_quorum_of_precommits_is_finality() {
    let (ledger, set, block) = (LedgerId(Hash([1; 32])), set_of(&[1, 2, 3, 4]), Hash([2; 32]));
    for voters in [&[1, 2, 3][..], &[2, 3, 4], &[1, 2, 3, 4]] {
        assert_eq!(certificate(&ledger, 5, 0, block, voters).verify(&ledger, &set), Ok(()));
    }
    let good = certificate(&ledger, 5, 0, block, &[1, 2, 3]);
    let refused: [(&str, Certificate, CertificateError); 10] = [
        ("two of four", certificate(&ledger, 5, 0, block, &[1, 2]), CertificateError::NoQuorum { have: 2, need: 3 }),
        ("nobody", certificate(&ledger, 5, 0, block, &[]), CertificateError::NoQuorum { have: 0, need: 3 }),
        ("one twice", certificate(&ledger, 5, 0, block, &[1, 2, 2]), CertificateError::Order),
        ("a stranger", certificate(&ledger, 5, 0, block, &[1, 2, 3, 5]), CertificateError::Stranger),
        ("another order", with(&good, |c| c.signatures.reverse()), CertificateError::Order),
        ("another round", with(&good, |c| c.round = 1), CertificateError::Signature),
        ("another height", with(&good, |c| c.height = Height(6)), CertificateError::Signature),
        ("another block", with(&good, |c| c.block.0[0] ^= 1), CertificateError::Signature),
        ("another's signature", with(&good, |c| c.signatures[0].1 = c.signatures[1].1), CertificateError::Signature),
        (
            "one bad of four",
            with(&certificate(&ledger, 5, 0, block, &[1, 2, 3, 4]), |c| c.signatures[3].1.0[63] ^= 1),
            CertificateError::Signature,
        ),
    ];
    for (what, bad, want) in refused {
        assert_eq!(bad.verify(&ledger, &set), Err(want), "{what}");
    }
    assert_eq!(good.verify(&LedgerId(Hash([9; 32])), &set), Err(CertificateError::Signature), "another ledger");
    assert_eq!(good.verify(&ledger, &set_of(&[1, 2, 4, 5])), Err(CertificateError::Stranger), "another set");
}

fn with(good: &Certificate, change: impl Fn(&mut Certificate)) -> Certificate {
    let mut other = good.clone();
    change(&mut other);
    other
}

#[test]
fn certificates_hash_and_travel_whole() {
    let good = certificate(&LedgerId(Hash([1; 32])), 5, 0, Hash([2; 32]), &[1, 2, 3]);
    let json = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<Certificate>(&json).unwrap(), good);
    for other in [with(&good, |c| c.round = 1), with(&good, |c| c.signatures[0].1.0[0] ^= 1)] {
        assert_ne!(other.hash(), good.hash());
    }
}

#[test]
fn blocks_chain() {
    let mut ledger = Ledger::new();
    for jti in ["1", "2", "3"] {
        let built = note(ledger.id(), jti, "a");
        ledger.commit(&[&built], None);
    }
    let (headers, set) = (&ledger.headers, set_of(&[1, 2, 3, 4]));
    assert_eq!((headers[0].previous, headers[0].previous_certificate), (ledger.id().0, Hash::ZERO));
    for (before, after) in headers.iter().zip(&headers[1..]) {
        assert_eq!(after.previous, before.hash());
        assert_eq!(after.validators, before.next_validators);
    }
    for (header, certificate) in headers.iter().zip(&ledger.certificates) {
        assert_eq!(certificate.block, header.hash());
        assert_eq!(certificate.verify(&ledger.id(), &set), Ok(()));
    }
}
