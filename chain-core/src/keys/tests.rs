#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! RFC 8032 vectors, and everything that only a careless verifier accepts.

use proptest::prelude::*;
use super::*;

fn bytes<const N: usize>(hex_digits: &str) -> [u8; N] {
    hex::decode(hex_digits).unwrap().try_into().unwrap()
}

/// RFC 8032, section 7.1: seed, public key, message, signature.
const RFC_8032: [(&str, &str, &str, &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
];

/// The canonical encodings of the eight points of small order.
const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
];

/// Other encodings of such points: y of the prime or more, or a sign of x where x is 0.
const NON_CANONICAL: [&str; 6] = [
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn rfc_8032_vectors_hold_and_no_bit_of_them_may_change() {
    for (seed, public, message, signature) in RFC_8032 {
        let signer = MemorySigner::from_seed(&bytes(seed));
        let (message, signature) = (hex::decode(message).unwrap(), bytes::<64>(signature));
        assert_eq!(signer.public_key().as_bytes(), &bytes(public));
        assert_eq!(signer.sign(Purpose::Transaction(&message)).unwrap(), signature);
        assert!(signer.public_key().verify(&message, &signature));
        for place in 0..512 {
            let mut changed = signature;
            changed[place / 8] ^= 1 << (place % 8);
            assert!(!signer.public_key().verify(&message, &changed), "bit {place}");
        }
        assert!(!signer.public_key().verify(&[message.as_slice(), b"x"].concat(), &signature));
    }
}

#[test]
fn the_thumbprint_is_that_of_rfc_8037() {
    // Appendix A.3.
    let key = PublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    assert_eq!(key.kid().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn points_of_small_order_are_no_keys() {
    for point in SMALL_ORDER {
        assert_eq!(PublicKey::from_bytes(bytes(point)), Err(KeyError::Weak), "{point}");
    }
    for point in NON_CANONICAL {
        assert!(PublicKey::from_bytes(bytes(point)).is_err(), "{point}");
    }
}

/// R is the neutral element and S = k·a: it fulfils the equation of RFC 8032, and a verifier that is not strict
/// takes it.
#[test]
fn a_signature_whose_r_is_of_small_order_is_refused() {
    use ed25519_dalek::Verifier as _;
    let signature = bytes::<64>(
        "010000000000000000000000000000000000000000000000000000000000000055d4e524de9cc9468fd6f00194289c9e33256f53d84e70f19a990d41828cc709",
    );
    let public = bytes::<32>(RFC_8032[0].1);
    let lenient = VerifyingKey::from_bytes(&public).unwrap();
    assert!(lenient.verify(b"x", &ed25519_dalek::Signature::from_bytes(&signature)).is_ok());
    assert!(!PublicKey::from_bytes(public).unwrap().verify(b"x", &signature));
}

/// S + L verifies wherever S is not tested to be below the group order L (RFC 8032, section 5.1.7).
#[test]
fn a_malleated_signature_is_refused() {
    let order = bytes::<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (_, public, message, signature) in RFC_8032 {
        let (message, mut signature) = (hex::decode(message).unwrap(), bytes::<64>(signature));
        let mut carry = 0;
        for (digit, add) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*digit) + u16::from(add) + carry;
            (*digit, carry) = (sum as u8, sum >> 8);
        }
        assert_eq!(carry, 0);
        assert!(!PublicKey::from_bytes(bytes(public)).unwrap().verify(&message, &signature));
    }
}

proptest! {
    /// The vectorised library against the plain one: every node must take the same texts.
    #[test]
    fn two_libraries_agree_on_base64url(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "[A-Za-z0-9_+/=. -]{0,90}",
        at in any::<proptest::sample::Index>(),
        by in any::<char>(),
    ) {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let good = b64(&bytes);
        prop_assert_eq!(&good, &URL_SAFE_NO_PAD.encode(&bytes));
        let mut onto = String::from("x");
        super::b64_onto(&bytes, &mut onto);
        prop_assert_eq!(&onto[1..], &good);
        let mut changed: Vec<char> = good.chars().collect();
        if !changed.is_empty() {
            let at = at.index(changed.len());
            changed[at] = by;
        }
        let cut: String = changed.iter().skip(1).collect();
        for text in [good, changed.into_iter().collect(), cut, text] {
            let plain = URL_SAFE_NO_PAD.decode(&text).ok();
            prop_assert_eq!(&unb64(&text), &plain, "{:?}", &text);
            let mut onto = vec![7];
            let appended = super::unb64_onto(&text, &mut onto).map(|()| onto[1..].to_vec());
            prop_assert_eq!(&appended, &plain, "{:?}", &text);
            prop_assert_eq!(super::is_b64(&text), plain.is_some_and(|bytes| bytes.len() == 32), "{:?}", &text);
        }
    }

    /// The last characters of every length: bits that stand for nothing must be zero.
    #[test]
    fn two_libraries_agree_on_ends(text in "[A-Za-z0-9_-]{40,47}") {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let plain = URL_SAFE_NO_PAD.decode(&text).ok();
        prop_assert_eq!(&unb64(&text), &plain);
        prop_assert_eq!(super::is_b64(&text), plain.is_some_and(|bytes| bytes.len() == 32));
    }
}

#[test]
fn base64url_has_one_spelling() {
    assert_eq!(unb64("AQ"), Some(vec![1]));
    for text in ["AQ==", "AR", "A", "A+", "A/", "A Q", "AQ\n"] {
        assert_eq!(unb64(text), None, "{text:?}");
    }
}

#[test]
fn what_is_no_key_is_said() {
    assert_eq!(PublicKey::parse("AQ"), Err(KeyError::Encoding));
    // y = 2 is not on the curve.
    assert_eq!(PublicKey::from_bytes(bytes(&format!("02{}", "00".repeat(31)))), Err(KeyError::NotAPoint));
}
