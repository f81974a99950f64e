//! What of customs messages identifies a person, and a search for it in everything that nodes keep.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use contracts::clearance::ceb;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Elements of the customs messages (notice 2018 no. 113) that identify a natural person. Written out here, not taken
/// from the code under test: a field that the code forgot to seal is found.
const ELEMENTS: [&str; 14] = [
    "buyerRegNo",
    "buyerName",
    "buyerTelephone",
    "buyerIdType",
    "buyerIdNumber",
    "consignee",
    "consigneeTelephone",
    "consigneeAddress",
    "consigneeDistrict",
    "payerIdType",
    "payerIdNumber",
    "payerName",
    "telephone",
    "ebcTelephone",
];
/// Shorter values, such as the kind of an identity document, stand for nobody.
const SHORTEST: usize = 4;

/// Values of personal elements of a message as it stands.
fn values_of(xml: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for element in ELEMENTS {
        for rest in xml.split(&format!("ceb:{element}>")).skip(1) {
            // Behind a closing tag comes no value.
            let value = rest.split('<').next().unwrap_or_default().trim();
            if value.len() >= SHORTEST && rest.contains(&format!("</ceb:{element}>")) {
                found.insert(value.to_owned());
            }
        }
    }
    found
}

/// Personal values to look for, and known public values that must be found.
#[derive(Default)]
pub struct Values {
    /// To be found nowhere.
    pub personal: BTreeSet<String>,
    /// Left out because the same text stands in a clear field too, where it is no person's.
    pub ambiguous: BTreeSet<String>,
    /// Order numbers: clear, so that the search is seen to find something.
    pub public: BTreeSet<String>,
    clear: String,
}

impl Values {
    /// Adds those of a message.
    pub fn add(&mut self, xml: &str) {
        let document = ceb::read(xml.as_bytes()).unwrap();
        self.personal.extend(values_of(xml));
        for draft in document.drafts() {
            let sealed = draft.sealed.iter().filter(|(name, _)| name == "personal");
            for value in sealed.flat_map(|(_, part)| part.as_object().unwrap().values()).filter_map(|v| v.as_str()) {
                if value.len() >= SHORTEST {
                    self.personal.insert(value.to_owned());
                }
            }
            self.public.extend(draft.clear.get("orderNo").and_then(|v| v.as_str()).map(str::to_owned));
            // What a reader of the ledger may see: clear fields, object codes, times.
            self.clear.push_str(&serde_json::to_string(&(draft.kind, draft.objects, draft.at, draft.clear)).unwrap());
        }
    }

    /// To be called after the last message.
    pub fn settle(&mut self) {
        let clear = std::mem::take(&mut self.clear);
        let (ambiguous, personal) = std::mem::take(&mut self.personal).into_iter().partition(|v| clear.contains(v));
        (self.ambiguous, self.personal) = (ambiguous, personal);
        self.public.retain(|number| number.len() >= 8);
    }
}

/// Byte strings to look for, each with the value it stands for.
pub struct Search {
    /// By their first four bytes.
    patterns: BTreeMap<[u8; 4], Vec<(Vec<u8>, String)>>,
    /// Which pairs of first bytes occur at all.
    begins: Vec<bool>,
}

impl Search {
    /// For text that is read in clear: the values as they are.
    pub fn in_text<'a>(values: impl IntoIterator<Item = &'a String>) -> Search {
        Search::of(values.into_iter().map(|value| (value.as_bytes().to_vec(), value.clone())).collect())
    }

    /// For files and rows of any kind: the value as it is, in base64 at each of the three alignments, and its SHA-256
    /// (a digest without a salt would tell the value to whoever guesses it), raw, in hexadecimal and in base64.
    /// Base64 text is long and random, so forms of fewer than eight ASCII characters would be found by chance; those
    /// values are looked for with [`Search::in_text`] only.
    pub fn in_bytes<'a>(values: impl IntoIterator<Item = &'a String>) -> Search {
        let mut patterns = Vec::new();
        for value in values {
            let bytes = value.as_bytes();
            let digest = Sha256::digest(bytes).to_vec();
            let mut forms = vec![bytes.to_vec(), hex::encode(&digest).into_bytes(), digest.clone()];
            for (alignment, form) in (0..3).flat_map(|n| [(n, bytes), (n, digest.as_slice())]) {
                let mut padded = vec![0; alignment];
                padded.extend_from_slice(form);
                for engine in [URL_SAFE_NO_PAD, STANDARD_NO_PAD] {
                    let text = engine.encode(&padded);
                    // Characters at both ends also depend on what stands beside the value.
                    let from = (alignment * 8).div_ceil(6);
                    let to = padded.len() * 8 / 6;
                    forms.push(text[from..to].as_bytes().to_vec());
                }
            }
            forms.retain(|form| form.len() >= 8 || (form.len() >= 6 && !form.is_ascii()));
            forms.sort();
            forms.dedup();
            patterns.extend(forms.into_iter().map(|form| (form, value.clone())));
        }
        Search::of(patterns)
    }

    fn of(list: Vec<(Vec<u8>, String)>) -> Search {
        let mut patterns: BTreeMap<[u8; 4], Vec<(Vec<u8>, String)>> = BTreeMap::new();
        let mut begins = vec![false; 1 << 16];
        for (form, value) in list {
            let head = *form.first_chunk::<4>().unwrap();
            begins[usize::from(u16::from_be_bytes([head[0], head[1]]))] = true;
            patterns.entry(head).or_default().push((form, value));
        }
        Search { patterns, begins }
    }

    /// How many forms are looked for.
    pub fn forms(&self) -> usize {
        self.patterns.values().map(Vec::len).sum()
    }

    /// Every value found, with how often.
    pub fn find(&self, bytes: &[u8]) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for at in 0..bytes.len().saturating_sub(3) {
            if !self.begins[usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))] {
                continue;
            }
            let head: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
            for (form, value) in self.patterns.get(&head).into_iter().flatten() {
                if bytes[at..].starts_with(form) {
                    *found.entry(value.clone()).or_insert(0) += 1;
                }
            }
        }
        found
    }
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The JSON texts in a transaction: header, claims and the records, decoded, digests left out.
pub fn texts(tx: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(tx).unwrap();
    let mut parts = text.split('~');
    let jwt = parts.next().unwrap().split('.').take(2);
    let decode =
        |part: &str| -> serde_json::Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    jwt.chain(parts.filter(|part| !part.is_empty())).map(|part| without_digests(decode(part)).to_string()).collect()
}

fn without_digests(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(name, _)| name != "_sd" && name != "...")
            .map(|(n, v)| (n, without_digests(v)))
            .collect(),
        // A disclosure of a record: salt and record.
        Value::Array(list) if list.len() == 2 && list[1].is_object() => without_digests(list[1].clone()),
        Value::Array(list) => list.into_iter().map(without_digests).collect(),
        other => other,
    }
}
