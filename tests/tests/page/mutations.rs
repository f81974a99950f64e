//! Changes of good files, from a seed: the same for whoever judges them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chain_core::hash::Hash;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};

/// Replaces `removed` bytes at `at`.
#[derive(Clone)]
pub struct Splice {
    at: usize,
    removed: usize,
    inserted: Vec<u8>,
}

/// Changes of one file, from its end to its start.
pub type Mutation = Vec<Splice>;

/// The file with the changes made.
pub fn apply(file: &[u8], mutation: &Mutation) -> Vec<u8> {
    let mut out = file.to_vec();
    for splice in mutation {
        out.splice(splice.at..splice.at + splice.removed, splice.inserted.iter().copied());
    }
    out
}

/// As the page's side of the test reads it.
pub fn told(mutation: &Mutation) -> Value {
    mutation.iter().map(|s| json!([s.at, s.removed, STANDARD.encode(&s.inserted)])).collect()
}

/// One change of some bytes: a bit, a byte, a piece cut, doubled or taken from elsewhere, a character for another.
fn change(bytes: &[u8], chance: &mut StdRng) -> Splice {
    let at = chance.gen_range(0..bytes.len());
    let most = (bytes.len() - at).min(80);
    let long = chance.gen_range(1..=most);
    let one = |byte: u8| Splice { at, removed: 1, inserted: vec![byte] };
    match chance.gen_range(0..6) {
        0 => one(bytes[at] ^ (1 << chance.gen_range(0..8))),
        1 => one(chance.r#gen()),
        2 => Splice { at, removed: long, inserted: Vec::new() },
        3 => Splice { at, removed: 0, inserted: bytes[at..at + long].to_vec() },
        4 => {
            let from = chance.gen_range(0..=bytes.len() - long);
            Splice { at, removed: long, inserted: bytes[from..from + long].to_vec() }
        }
        _ => one(*b"0123456789abcdefABCDEF-_\"{}[],:".choose(chance).unwrap_or(&b'0')),
    }
}

/// A change of a file. Half of those of bundles and state proofs have their digest made anew, and half of those of
/// receipts are of the JSON inside, so that not the form alone is tried.
pub fn mutation(file: &[u8], chance: &mut StdRng) -> Mutation {
    let shallow = chance.gen_bool(0.5);
    if shallow || file.first() == Some(&b'<') {
        return vec![change(file, chance)];
    }
    if file.starts_with(b"c2sp.org/") {
        let start = b"c2sp.org/tlog-proof@v1\nextra ".len();
        let length = file[start..].iter().position(|b| *b == b'\n').unwrap();
        let extra = STANDARD.decode(&file[start..start + length]).unwrap();
        let changed = apply(&extra, &vec![change(&extra, chance)]);
        return vec![Splice { at: start, removed: length, inserted: STANDARD.encode(changed).into_bytes() }];
    }
    let end = file.len() - br#","digest":""}"#.len() - 64;
    let within = change(&file[..end], chance);
    let mut body = apply(&file[..end], &vec![within.clone()]);
    body.push(b'}');
    let digest = Splice { at: file.len() - 66, removed: 64, inserted: Hash::of(&body).to_hex().into_bytes() };
    vec![digest, within]
}
