//! Our rules against GS1's own JSON Schema: the same verdict on every sample and on documents
//! mutated from them.

use super::super::{EpcisError, read};
use super::{OPENEPCIS, SAMPLES, files, journey, sample_journey};
use jsonschema::{Draft, Retrieve, Uri, Validator};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Answers GS1's addresses from the saved files.
struct Saved;

impl Retrieve for Saved {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let file = uri.as_str().trim_start_matches("https://gs1.github.io/EPCIS/JSON-Schema/");
        let text = std::fs::read_to_string(Path::new(SAMPLES).join("gs1-epcis/JSON-Schema").join(file))?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// GS1's schema as ordinary validators of draft 7 take it, and with its formats asserted.
struct Gs1 {
    plain: Validator,
    with_formats: Validator,
}

fn gs1() -> Option<Gs1> {
    let path = Path::new(SAMPLES).join("gs1-epcis/JSON-Schema/EPCIS-JSON-Schema-root.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: gs1-epcis is not beside this checkout");
        return None;
    };
    let schema = serde_json::from_str(&text).unwrap();
    let build = |formats: bool| {
        let options = jsonschema::options().with_draft(Draft::Draft7).with_retriever(Saved);
        // Said in so many words: left unsaid, this validator asserts the formats of draft 7.
        options.should_validate_formats(formats).build(&schema).unwrap()
    };
    Some(Gs1 { plain: build(false), with_formats: build(true) })
}

/// The faults by which we refuse more than the schema: an event's time that cannot be read or told
/// in UTC. No sample or mutation reaches [`super::limits`].
fn beyond_the_schema(error: &EpcisError) -> bool {
    matches!(error.problem.code(), "EPCIS-14" | "EPCIS-23") && error.pointer.ends_with("/eventTime")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Warned,
    Refused,
    Excused,
}

/// We accept what the schema accepts and warn of what it would refuse by its formats; every
/// fault and oddity has its place in the document.
fn assert_agreement(gs1: &Gs1, document: &Value, source: &str) -> Verdict {
    let theirs = gs1.plain.is_valid(document);
    let formats = gs1.with_formats.is_valid(document);
    let exists = |pointer: &str| assert!(document.pointer(pointer).is_some(), "{source}: {pointer}\n{document}");
    match read(document.to_string().as_bytes()) {
        Ok(ours) => {
            assert!(theirs, "{source}: only we accept\n{document}");
            let by_format = |code: &str| matches!(code, "EPCIS-W11" | "EPCIS-W12" | "EPCIS-W13");
            let warned = ours.warnings.iter().any(|w| by_format(w.anomaly.code()));
            assert_eq!(warned, !formats, "{source}: {:?}\n{document}", ours.warnings);
            ours.warnings.iter().for_each(|w| exists(&w.pointer));
            let kept = |o: &String| (1..=128).contains(&o.len()) && o.bytes().all(|b| b.is_ascii_graphic());
            assert!(ours.events.iter().flat_map(|e| &e.objects).all(kept), "{source}: codes\n{document}");
            if warned { Verdict::Warned } else { Verdict::Accepted }
        }
        Err(errors) => {
            errors.iter().for_each(|e| exists(&e.pointer));
            if !theirs {
                return Verdict::Refused;
            }
            assert!(errors.iter().all(beyond_the_schema), "{source}: only we refuse: {errors:?}\n{document}");
            let unreadable = errors.iter().any(|e| e.problem.code() == "EPCIS-14");
            assert!(!(unreadable && formats), "{source}: this is a time\n{document}");
            Verdict::Excused
        }
    }
}

/// SplitMix64, so that every run makes the same mutations.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(super) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

const NAMES: [&str; 34] = [
    "colour",
    "ex:colour",
    "my_ext:colour",
    "http://a/b",
    "",
    "type",
    "id",
    "ilmd",
    "epcList",
    "quantityList",
    "readPoint",
    "action",
    "parentID",
    "childEPCs",
    "sensorElementList",
    "persistentDisposition",
    "transformationID",
    "bizTransactionList",
    "@context",
    "errorDeclaration",
    "eventID",
    "certificationInfo",
    "recordTime",
    "sender",
    "epcisHeader",
    "vocabularyList",
    "inputEPCList",
    "outputQuantityList",
    "childQuantityList",
    "uom",
    "value",
    "time",
    "set",
    "subscriptionID",
];
const TEXTS: [&str; 48] = [
    "",
    "x",
    "urn:x",
    "a:b",
    "1a:b",
    "a_b:c",
    "http://",
    "http://[::1]/",
    "http://[::1",
    "http://[v1.x]/",
    "http://[v.x]/",
    "http://a:8x/",
    "http://a@b@c/",
    "http://a b/",
    "http://a/%zz",
    "http://a/%20",
    "urn:a#b#c",
    "urn:a?b?c",
    "http://ä/",
    "shipping",
    "in_transit",
    "po",
    "location",
    "Temperature",
    "x,y",
    "OBSERVE",
    "ADD",
    "DELETE",
    "add",
    "urn:epcglobal:cbv:bizstep:shipping",
    "https://ns.gs1.org/cbv/x",
    "https://ref.gs1.org/cbv/BizStep-x",
    "https://gs1.org/voc/Temperature",
    "http://www.gs1.org/voc/",
    "did_not_occur",
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
    "ex:OwnEvent",
    "EPCISDocument",
    "EPCISQueryDocument",
    "2020-02-30T00:00:00Z",
    "2020-02-29T23:59:60Z",
    "2020-01-01t00:00:00.5z",
    "+14:00",
    "KGM",
];

fn nodes<'v>(value: &'v mut Value, want: usize, count: &mut usize) -> Option<&'v mut Value> {
    if *count == want {
        return Some(value);
    }
    *count += 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nodes(item, want, count)),
        Value::Object(members) => members.values_mut().find_map(|member| nodes(member, want, count)),
        _ => None,
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

fn any_value(dice: &mut Dice, donor: &Value) -> Value {
    match dice.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(7),
        3 => json!(-1.5),
        4 => json!({}),
        5 => json!([]),
        6 => json!(["urn:x:1", "urn:x:1"]),
        7 => json!([{"a": 1}, {"a": 1.0}]),
        8 | 9 => json!(dice.pick(&TEXTS)),
        _ => {
            let (mut donor, want) = (donor.clone(), dice.below(size(donor)));
            nodes(&mut donor, want, &mut 0).cloned().unwrap_or_default()
        }
    }
}

fn mutate(dice: &mut Dice, document: &mut Value, donor: &Value) {
    let want = dice.below(size(document));
    let Some(node) = nodes(document, want, &mut 0) else {
        return;
    };
    let choice = dice.below(6);
    match node {
        Value::Object(members) if choice > 0 => {
            let key = members.keys().nth(dice.below(members.len().max(1))).cloned().unwrap_or_default();
            match choice {
                1 | 2 => {
                    members.remove(&key);
                }
                3 => {
                    if let Some(value) = members.remove(&key) {
                        members.insert((*dice.pick(&NAMES)).to_owned(), value);
                    }
                }
                _ => {
                    members.insert((*dice.pick(&NAMES)).to_owned(), any_value(dice, donor));
                }
            }
        }
        Value::Array(items) if choice > 0 => match choice {
            1 => items.clear(),
            2 => drop(items.pop()),
            3 => items.extend(items.first().cloned()),
            _ => items.push(any_value(dice, donor)),
        },
        Value::String(text) if choice > 1 => {
            let at = dice.below(text.chars().count() + 1);
            let mut chars: Vec<char> = text.chars().collect();
            if choice == 2 && at < chars.len() {
                chars.remove(at);
            } else {
                chars.insert(
                    at,
                    *dice.pick(&[':', '/', '#', '[', ']', '@', '%', ' ', '_', '0', '9', 'Z', '-', '+', '.', 'é']),
                );
            }
            *text = chars.into_iter().collect();
        }
        other => *other = any_value(dice, donor),
    }
}

/// Every sample with its name and its very text.
fn samples() -> Vec<(String, String)> {
    let folders =
        ["gs1-epcis/JSON", "gs1-epcis/JSON-simple-context", "gs1-epcis/JSON-Schema/test", OPENEPCIS, "event-hash"];
    let paths = folders.iter().flat_map(|folder| files(folder));
    let mut found: Vec<_> =
        paths.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect();
    found.push(("journey".into(), journey(&sample_journey()).unwrap()));
    found
}

#[test]
fn every_sample_is_imported_or_refused_as_gs1_says() {
    let Some(gs1) = gs1() else { return };
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for (name, text) in samples() {
        let theirs = gs1.plain.is_valid(&serde_json::from_str(&text).unwrap());
        let ours = read(text.as_bytes());
        assert_eq!(ours.is_ok(), theirs, "{name}: {:?}", ours.err());
        if let Err(errors) = &ours {
            println!("refused: {name}: {}", errors[0]);
        }
        let folder = name.rsplit_once('/').map_or(name.as_str(), |(folder, _)| folder);
        let folder = folder.rsplit("samples/").next().unwrap_or_default().to_owned();
        counts.entry(folder).or_default()[usize::from(theirs)] += 1;
    }
    for (folder, [refused, imported]) in counts {
        println!("{folder}: {imported} imported, {refused} refused");
    }
}

#[test]
fn the_verdict_is_that_of_gs1() {
    let Some(gs1) = gs1() else { return };
    let documents: Vec<(String, Value)> =
        samples().into_iter().map(|(name, text)| (name, serde_json::from_str(&text).unwrap())).collect();
    let verdicts: Vec<Verdict> =
        documents.iter().map(|(name, document)| assert_agreement(&gs1, document, name)).collect();
    assert_eq!(verdicts.last(), Some(&Verdict::Accepted), "the written journey is valid");

    let rounds = std::env::var("EPCIS_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let (mut dice, mut counts) = (Dice(2026), [0; 4]);
    for round in 0..rounds {
        let (name, source) = dice.pick(&documents);
        let donor = &dice.pick(&documents).1;
        let mut document = source.clone();
        for _ in 0..=dice.below(3) {
            mutate(&mut dice, &mut document, donor);
        }
        let verdict = assert_agreement(&gs1, &document, &format!("{name}, mutation {round}"));
        counts[verdict as usize] += 1;
    }
    let [accepted, warned, refused, excused] = counts;
    println!("{rounds} mutations: {accepted} accepted, {warned} warned of by format, {refused} refused,");
    println!("{excused} refused by us alone, for an event's time");
    assert!(counts[..3].iter().all(|count| *count > rounds / 40) && excused < rounds / 20);
}
