//! What is changed. Some changes leave a file true and are not made:
//!
//! - a bare bundle's `page`, another `subject` that the state proves, another key that the same proof shows absent;
//! - fewer records, opened fields, entries, or state keys that nothing rests on: what is not shown is not missed;
//! - a withheld entry given its own JWT: it is withheld no longer;
//! - another order of opened fields, or of the signature lines of a checkpoint;
//! - a state proof under another genesis with the same origin and validators: it names no ledger.

use super::json::{Span, spans};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chain_core::hash::Hash;
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Files = BTreeMap<String, Vec<u8>>;

/// What is put in a place.
#[derive(Clone, Debug)]
enum Content {
    Text(String),
    Of(String, usize, usize),
}

/// A file and what is changed in it.
pub struct Mutation {
    pub base: String,
    pub trust: &'static str,
    /// Place, bytes deleted there, what comes instead; of the unchanged file, ascending.
    splices: Vec<(usize, usize, Content)>,
}

impl Mutation {
    /// The changed file.
    pub fn apply(&self, files: &Files) -> Vec<u8> {
        let base = &files[&self.base];
        let (mut out, mut at) = (Vec::with_capacity(base.len() + 64), 0);
        for (place, deleted, content) in &self.splices {
            out.extend_from_slice(&base[at..*place]);
            match content {
                Content::Text(text) => out.extend_from_slice(text.as_bytes()),
                Content::Of(file, from, length) => out.extend_from_slice(&files[file][*from..from + length]),
            }
            at = place + deleted;
        }
        out.extend_from_slice(&base[at..]);
        out
    }

    /// As a line for other verifiers.
    pub fn line(&self, code: u16) -> String {
        let splice = |(at, deleted, content): &(usize, usize, Content)| match content {
            Content::Text(text) => json!([at, deleted, text]),
            Content::Of(file, from, length) => json!([at, deleted, [file, from, length]]),
        };
        let splices: Vec<Value> = self.splices.iter().map(splice).collect();
        let mut line = json!({ "base": self.base, "splice": splices, "code": code });
        if self.trust != "genesis.json" {
            line["trust"] = self.trust.into();
        }
        line.to_string()
    }
}

/// A base file with the places of its parts.
struct Base {
    name: String,
    spans: Vec<Span>,
    /// Byte ranges in which a change may leave the file true.
    free: Vec<(usize, usize)>,
}

/// Makes mutations, the same ones for the same seed and files.
pub struct Changer<'a> {
    files: &'a Files,
    bases: Vec<Base>,
    seed: u64,
}

/// Values that may be exchanged for one of the same name from another file or place.
const EXCHANGED: [&str; 18] = [
    "leaf",
    "path",
    "jwt",
    "checkpoint",
    "policy",
    "genesis",
    "handovers",
    "block",
    "proof",
    "value",
    "disclosure",
    "index",
    "object",
    "siblings",
    "key_hash",
    "value_hash",
    "validators",
    "cosigner",
];
/// Lists of which an item may be left out, doubled or moved.
const LISTS: [&str; 6] = ["path", "siblings", "handovers", "validators", "listings", "listings.records"];
/// Lists whose items may be doubled or moved, but not left out.
const FULL_LISTS: [&str; 3] = ["state", "entries", "entries.records"];

impl<'a> Changer<'a> {
    pub fn new(files: &'a Files, seed: u64) -> Changer<'a> {
        let bases = files.iter().map(|(name, file)| Base::of(name, file)).collect();
        Changer { files, bases, seed }
    }

    /// SplitMix64: small, and the same for ever.
    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.draw() % bound as u64) as usize
    }

    /// The next mutation: never a file as it was.
    pub fn change(&mut self) -> Mutation {
        loop {
            let base = self.below(self.bases.len());
            let kind = self.below(100);
            let Some(splices) = self.splices(base, kind) else { continue };
            let name = self.bases[base].name.clone();
            let other = splices.is_empty();
            let mut mutation = Mutation { base: name, trust: "genesis.json", splices };
            if other {
                mutation.trust = "genesis-other.json";
                return mutation;
            }
            let made_anew = kind < 60 && !self.bases[base].spans.is_empty();
            if made_anew && !self.redigest(&mut mutation) {
                continue;
            }
            if mutation.apply(self.files) != self.files[&mutation.base] {
                return mutation;
            }
        }
    }

    fn splices(&mut self, base: usize, kind: usize) -> Option<Vec<(usize, usize, Content)>> {
        match kind {
            0..=59 if self.bases[base].spans.is_empty() => self.lines(base),
            0..=19 => self.exchange(base),
            20..=39 => self.rearrange(base),
            40..=59 => self.letter(base),
            60..=79 => Some(vec![self.flip(base)]),
            80..=86 => {
                let length = self.files[&self.bases[base].name].len();
                let at = self.below(length);
                Some(vec![(at, length - at, Content::Text(String::new()))])
            }
            87..=97 => self.bytes(base),
            // State proofs name no ledger.
            _ => (!self.bases[base].name.starts_with("state")).then(Vec::new),
        }
    }

    /// A bit of a byte; the file stays text, so that it can be written as JSON.
    fn flip(&mut self, base: usize) -> (usize, usize, Content) {
        loop {
            let file = &self.files[&self.bases[base].name];
            let at = self.draw() as usize % file.len();
            let bit = self.draw() % 7;
            let byte = self.files[&self.bases[base].name][at];
            let changed = byte ^ (1 << bit);
            if byte.is_ascii() {
                return (at, 1, Content::Text(char::from(changed).to_string()));
            }
        }
    }

    /// A letter or digit of a value: what a digest made anew does not hide.
    fn letter(&mut self, base: usize) -> Option<Vec<(usize, usize, Content)>> {
        const LETTERS: &[u8] = b"0123456789abcdefABCDEF-_Zz";
        let letter = char::from(LETTERS[self.below(LETTERS.len())]);
        let at = self.below(self.files[&self.bases[base].name].len() - 80);
        let here = &self.bases[base];
        let byte = self.files[&here.name][at];
        let free = here.free.iter().any(|(start, end)| (*start..*end).contains(&at));
        (byte.is_ascii_alphanumeric() && !free).then(|| vec![(at, 1, Content::Text(letter.to_string()))])
    }

    /// A value for one of the same name elsewhere.
    fn exchange(&mut self, base: usize) -> Option<Vec<(usize, usize, Content)>> {
        let pick = self.draw() as usize;
        let here = &self.bases[base];
        let name = |span: &Span| span.path.rsplit('.').next().unwrap().to_owned();
        let file = &self.files[&here.name];
        let withheld = |s: &Span| name(s) == "jwt" && &file[s.start..s.end] == b"null";
        let known: Vec<&Span> =
            here.spans.iter().filter(|s| EXCHANGED.contains(&name(s).as_str()) && !withheld(s)).collect();
        let span = (*known.get(pick % known.len().max(1))?).clone();
        let wanted = (name(&span), span.list.is_some());
        let from = self.below(self.bases.len());
        let there = &self.bases[from];
        let fits = |s: &&Span| (name(s), s.list.is_some()) == wanted;
        let others: Vec<&Span> = there.spans.iter().filter(fits).collect();
        let other = others.get(pick / 7 % others.len().max(1))?;
        let content = Content::Of(there.name.clone(), other.start, other.end - other.start);
        Some(vec![(span.start, span.end - span.start, content)])
    }

    /// An item of a list left out, doubled, or exchanged with another of its list.
    fn rearrange(&mut self, base: usize) -> Option<Vec<(usize, usize, Content)>> {
        let (pick, second, what) = (self.draw() as usize, self.draw() as usize, self.below(3));
        let here = &self.bases[base];
        let tail = |path: &str, known: &str| path == known || path.ends_with(&format!(".{known}"));
        let lists: &[&str] = if what == 0 { &LISTS } else { &[LISTS.as_slice(), &FULL_LISTS].concat() };
        let file = &self.files[&here.name];
        // Members that sign and chains that are listed must be proved.
        let needed = |s: &Span| {
            let text = &file[s.start..s.end];
            s.path == "state"
                && [r#"{"key":"member/"#, r#"{"key":"obj/"#].iter().any(|head| text.starts_with(head.as_bytes()))
                && !text.windows(12).any(|window| window == br#""value":null"#)
        };
        let fits = |s: &&Span| s.list.is_some() && (needed(s) || lists.iter().any(|known| tail(&s.path, known)));
        let items: Vec<&Span> = here.spans.iter().filter(fits).collect();
        let span = items.get(pick % items.len().max(1))?;
        let own = |s: &Span| Content::Of(here.name.clone(), s.start, s.end - s.start);
        match what {
            0 => {
                // With the comma before it, or else the one behind.
                let (start, end) = match (file[span.start - 1], file[span.end]) {
                    (b',', _) => (span.start - 1, span.end),
                    (_, b',') => (span.start, span.end + 1),
                    _ => (span.start, span.end),
                };
                Some(vec![(start, end - start, Content::Text(String::new()))])
            }
            1 => Some(vec![(span.end, 0, Content::Text(",".into())), (span.end, 0, own(span))]),
            _ => {
                let others: Vec<&Span> =
                    items.iter().copied().filter(|s| s.list == span.list && s.start != span.start).collect();
                let other = others.get(second % others.len().max(1))?;
                let (first, last) = if span.start < other.start { (span, other) } else { (other, span) };
                Some(vec![
                    (first.start, first.end - first.start, own(last)),
                    (last.start, last.end - last.start, own(first)),
                ])
            }
        }
    }

    /// Lines of a receipt, or letters within its extra data.
    fn lines(&mut self, base: usize) -> Option<Vec<(usize, usize, Content)>> {
        let name = self.bases[base].name.clone();
        let from = self.below(self.bases.len());
        let (pick, second, what) = (self.draw() as usize, self.draw() as usize, self.below(5));
        let text = std::str::from_utf8(&self.files[&name]).unwrap();
        let mut lines: Vec<(usize, &str)> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            lines.push((at, line));
            at += line.len();
        }
        let (start, line) = *lines.get(pick % lines.len())?;
        match what {
            0 => Some(vec![(start, line.len(), Content::Text(String::new()))]),
            1 => Some(vec![(start, 0, Content::Of(name, start, line.len()))]),
            2 => {
                let (other, moved) = *lines.get(second % lines.len())?;
                let signatures = line.starts_with('—') && moved.starts_with('—');
                (start < other && !signatures).then(|| {
                    vec![
                        (start, line.len(), Content::Of(name.clone(), other, moved.len())),
                        (other, moved.len(), Content::Of(name, start, line.len())),
                    ]
                })
            }
            3 => {
                // Another receipt's line in the place of this one.
                let there = &self.bases[from].name;
                let other = std::str::from_utf8(&self.files[there]).unwrap();
                let found = other.split_inclusive('\n').nth(pick % lines.len())?;
                let receipt = there.starts_with("receipt") && !found.starts_with("extra");
                let place = other.find(found)?;
                receipt.then(|| vec![(start, line.len(), Content::Of(there.clone(), place, found.len()))])
            }
            _ => {
                let (start, line) = *lines.iter().find(|(_, line)| line.starts_with("extra "))?;
                let encoded = line["extra ".len()..].trim_end();
                let mut json = STANDARD.decode(encoded).ok()?;
                let place = second % json.len();
                json[place] =
                    if json[place].is_ascii_digit() { b'0' + (pick % 10) as u8 } else { b'a' + (pick % 26) as u8 };
                let changed = STANDARD.encode(&json);
                Some(vec![differing(start + "extra ".len(), encoded, &changed)])
            }
        }
    }

    /// A stretch of bytes from anywhere, put anywhere.
    fn bytes(&mut self, base: usize) -> Option<Vec<(usize, usize, Content)>> {
        let name = self.bases[base].name.clone();
        let from = self.below(self.bases.len());
        let there = self.bases[from].name.clone();
        let (here, other) = (&self.files[&name], &self.files[&there]);
        let (a, b, c, d) = (self.draw(), self.draw(), self.draw(), self.draw());
        let at = a as usize % here.len();
        let deleted = (b as usize % 64).min(here.len() - at);
        let start = c as usize % other.len();
        let length = (d as usize % 64).min(other.len() - start);
        Some(vec![(at, deleted, Content::Of(there, start, length))])
    }

    /// Adds the digest of the changed file; false where the change reaches it.
    fn redigest(&self, mutation: &mut Mutation) -> bool {
        const FIELD: &str = ",\"digest\":\"";
        let length = self.files[&mutation.base].len();
        let digest = length - 66;
        if mutation.splices.iter().any(|(at, deleted, _)| at + deleted > digest - FIELD.len()) {
            return false;
        }
        let changed = mutation.apply(self.files);
        let body = [&changed[..changed.len() - 66 - FIELD.len()], b"}"].concat();
        mutation.splices.push((digest, 64, Content::Text(Hash::of(&body).to_string())));
        true
    }
}

/// The middle in which two texts differ, as a splice.
fn differing(start: usize, before: &str, after: &str) -> (usize, usize, Content) {
    let same =
        |a: &mut dyn Iterator<Item = u8>, b: &mut dyn Iterator<Item = u8>| a.zip(b).take_while(|(a, b)| a == b).count();
    let head = same(&mut before.bytes(), &mut after.bytes());
    let tail = same(&mut before[head..].bytes().rev(), &mut after[head..].bytes().rev());
    let (old, new) = (&before[head..before.len() - tail], &after[head..after.len() - tail]);
    (start + head, old.len(), Content::Text(new.to_owned()))
}

impl Base {
    fn of(name: &str, file: &[u8]) -> Base {
        let spans = if name.ends_with(".json") { spans(file) } else { Vec::new() };
        let text = |span: &Span| &file[span.start..span.end];
        let mut free = Vec::new();
        for (place, span) in spans.iter().enumerate() {
            // A key stands before its value.
            let absent = span.path.ends_with("key") && spans.get(place + 1).is_some_and(|next| text(next) == b"null");
            if span.path == "page" || absent {
                free.push((span.start, span.end));
            }
        }
        Base { name: name.to_owned(), spans, free }
    }
}
