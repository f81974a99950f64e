//! Random damage: no panic, and no second content under a signed id.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Damage {
    Replace(usize, u8),
    Insert(usize, u8),
    Remove(usize),
    Swap(usize, usize),
    Repeat(usize, usize),
}

impl Damage {
    fn to(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize| at % bytes.len().max(1);
        match *self {
            _ if bytes.is_empty() => {}
            Damage::Replace(at, value) => {
                let at = place(at);
                bytes[at] = value;
            }
            Damage::Insert(at, value) => {
                let at = place(at);
                bytes.insert(at, value);
            }
            Damage::Remove(at) => {
                let at = place(at);
                bytes.remove(at);
            }
            Damage::Swap(a, b) => {
                let (a, b) = (place(a), place(b));
                bytes.swap(a, b);
            }
            Damage::Repeat(at, length) => {
                let at = place(at);
                let end = (at + length % 64).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    // Half of the bytes are such as occur in the format, so that some damage gets past the first test.
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(b"~.AQab09_-{}[]\",:+=/".to_vec())];
    let one = prop_oneof![
        (any::<usize>(), byte.clone()).prop_map(|(at, value)| Damage::Replace(at, value)),
        (any::<usize>(), byte).prop_map(|(at, value)| Damage::Insert(at, value)),
        any::<usize>().prop_map(Damage::Remove),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ];
    proptest::collection::vec(one, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// What verifies after damage on the way is what was signed, byte for byte.
    #[test]
    fn damaged_bytes_never_verify_to_other_content(damage in damage()) {
        let good = Parts::good().bytes();
        let mut bytes = good.clone();
        damage.iter().for_each(|one| one.to(&mut bytes));
        if let Ok(parsed) = ParsedTx::parse(&bytes, &LEDGER)
            && let Ok(tx) = parsed.verify(&public(1))
        {
            prop_assert_eq!(&tx.bytes()[..], &good[..]);
        }
    }

    /// The quick reading takes exactly what the strict one takes, and to the same claims.
    #[test]
    fn claims_are_read_alike_both_ways(damage in damage(), large in any::<u64>()) {
        let mut bytes = Parts::good().claims.replace(&START.to_string(), &large.to_string()).into_bytes();
        if large % 4 != 0 {
            bytes = Parts::good().claims.into_bytes();
        }
        damage.iter().for_each(|one| one.to(&mut bytes));
        let strict = json::parse(&bytes).and_then(|value| json::shape(value, "")).ok().map(|json::Object(claims)| claims);
        prop_assert_eq!(read_json(&bytes, "claims", Claims::in_range).ok(), strict);
    }

    /// A member that signs nonsense with its own key gets a refusal or a transaction, never a panic.
    #[test]
    fn damaged_json_never_panics(damage in damage(), part in 0..4) {
        let mut parts = Parts::good();
        let mut bytes = match part {
            0 => parts.header.clone().into_bytes(),
            1 => parts.claims.clone().into_bytes(),
            n => unb64(&parts.disclosures[n as usize - 2]).unwrap(),
        };
        damage.iter().for_each(|one| one.to(&mut bytes));
        match part {
            0 => parts.header = String::from_utf8_lossy(&bytes).into_owned(),
            1 => parts.claims = String::from_utf8_lossy(&bytes).into_owned(),
            n => {
                let (index, text) = (n as usize - 2, b64(&bytes));
                let old = disclosure::digest(&parts.disclosures[index]);
                parts.claims = parts.claims.replace(&old, &disclosure::digest(&text));
                parts.disclosures[index] = text;
            }
        }
        if let Ok(tx) = ParsedTx::parse(&parts.bytes(), &LEDGER) {
            prop_assert_eq!(tx.records().len(), 2);
            prop_assert_eq!(tx.bytes(), &parts.bytes()[..]);
        }
    }
}
