//! GS1 Digital Link URIs (URI Syntax 1.2, uncompressed) as object codes.

use super::{Gs1Error, compose, decode, key_name};

/// Primary keys and, in their prescribed order, the alternatives of qualifiers (URI Syntax 4.4).
const KEYS: &[(&str, &[&[&str]])] = &[
    ("00", &[]),
    ("01", &[&["22", "10", "21"], &["235"]]),
    ("253", &[]),
    ("255", &[]),
    ("401", &[]),
    ("402", &[]),
    ("414", &[&["254"], &["7040"]]),
    ("417", &[&["7040"]]),
    ("8003", &[]),
    ("8004", &[&["7040"]]),
    ("8006", &[&["22", "10", "21"]]),
    ("8010", &[&["8011"]]),
    ("8013", &[]),
    ("8017", &[&["8019"]]),
    ("8018", &[&["8019"]]),
];

/// Short names that older Digital Links carry instead of numbers (URI Syntax 1.1).
const NAMES: &[(&str, &str)] = &[
    ("sscc", "00"),
    ("gtin", "01"),
    ("gdti", "253"),
    ("gcn", "255"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("gln", "414"),
    ("party", "417"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("itip", "8006"),
    ("cpid", "8010"),
    ("gmn", "8013"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("cpv", "22"),
    ("lot", "10"),
    ("ser", "21"),
    ("glnx", "254"),
    ("cpsn", "8011"),
    ("srin", "8019"),
];

fn ai(segment: &str) -> &str {
    NAMES.iter().find(|(name, _)| *name == segment).map_or(segment, |(_, ai)| ai)
}

/// The object code of a Digital Link; `None` when the path of `uri` names no primary key.
/// Query and fragment say nothing about which object it is and are left aside.
pub(super) fn read(uri: &str) -> Option<Result<String, Gs1Error>> {
    let (scheme, rest) = uri.split_once("://")?;
    if !matches!(scheme, "http" | "https" | "HTTP" | "HTTPS") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (domain, path) = rest.split_once('/')?;
    let host = |b: u8| b.is_ascii_alphanumeric() || b"-._~:[]@".contains(&b);
    if domain.is_empty() || !domain.bytes().all(host) {
        return None;
    }
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    // The key and its qualifiers are the last pairs of the path; before them may stand a stem.
    let mut start = segments.len();
    while start >= 2 {
        start -= 2;
        let key = ai(segments[start]);
        if let Some((key, alternatives)) = KEYS.iter().find(|(k, _)| *k == key) {
            return Some(build(key, alternatives, &segments[start + 1..], path));
        }
    }
    None
}

fn build(key: &str, alternatives: &[&[&str]], rest: &[&str], path: &str) -> Result<String, Gs1Error> {
    let broken = Gs1Error::Structure(key_name(key));
    let texts: Vec<String> = rest.iter().map(|s| decode(s).ok_or(broken)).collect::<Result<_, _>>()?;
    let (value, pairs) = texts.split_first().ok_or(broken)?;
    let qualifiers: Vec<(&str, &str)> = pairs.chunks_exact(2).map(|p| (ai(&p[0]), p[1].as_str())).collect();
    let in_order = |order: &&[&str]| {
        let mut order = order.iter();
        qualifiers.iter().all(|(q, _)| order.any(|allowed| allowed == q))
    };
    if path.ends_with('/') || !(qualifiers.is_empty() || alternatives.iter().any(in_order)) {
        return Err(broken);
    }
    compose(key, value, &qualifiers)
}
