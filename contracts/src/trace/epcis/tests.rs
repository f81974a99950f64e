#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod oracle;
mod reader;

use super::write::{Journey, WriteError, journey};
use super::*;
use crate::ids::gs1::{Gln, Gtin, Sscc};
use std::path::{Path, PathBuf};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples");

/// Files below `folder` with one of the endings; empty, with a message, when it is absent.
pub(super) fn files(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "json" || e == "jsonld") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(SAMPLES).join(folder), &mut found);
    if found.is_empty() {
        println!("skipped: {folder} is not beside this checkout");
    }
    found
}

const OPENEPCIS: &str = "openepcis-tests/core/src/main/resources/2.0/EPCIS/JSON";

fn accept(path: &Path) -> EpcisDocument {
    match read(&std::fs::read(path).unwrap()) {
        Ok(document) => document,
        Err(errors) => panic!("{}: {errors:#?}", path.display()),
    }
}

pub(super) fn sample_journey() -> Journey {
    Journey {
        gtin: Gtin::parse("9506000134352").unwrap(),
        serials: vec!["A1".into(), "A/2".into(), "A3".into()],
        lot: "L-7".into(),
        sscc: Sscc::parse("123456789012345675").unwrap(),
        maker: Gln::parse("4012345000054").unwrap(),
        port: Gln::parse("4000001000005").unwrap(),
        consignee: Gln::parse("9521141111116").unwrap(),
        order: "PO 17/2026".into(),
        declaration: "530420260530012345".into(),
        made: 1_795_392_000,
        offset: 480,
    }
}

fn event_with(extra: &str) -> String {
    format!(
        r#"{{"@context":"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld","type":"ObjectEvent",
        "action":"OBSERVE","eventTime":"2026-11-22T08:30:00.120+08:00","eventTimeZoneOffset":"+08:00"{extra}}}"#
    )
}

fn codes(result: Result<EpcisDocument, Vec<EpcisError>>) -> Vec<(&'static str, String)> {
    result.unwrap_err().into_iter().map(|e| (e.problem.code(), e.pointer)).collect()
}

fn warned(document: &EpcisDocument) -> Vec<(&'static str, &str)> {
    document.warnings.iter().map(|w| (w.anomaly.code(), w.pointer.as_str())).collect()
}

/// The one official example that names a member twice (its first event, `eventID`).
const REPEATS_A_MEMBER: &str = "AssociationEvent-h.jsonld";
/// The one official example that GS1's schema refuses, in the folder JSON-simple-context: it lacks
/// its version and date.
const LACKS_ITS_FRAME: &str = "WithSensorData/SensorDataExample12.jsonld";
/// The one OpenEPCIS document, not marked as invalid, that GS1's schema refuses: a report of it
/// names no measure.
const NAMES_NO_MEASURE: &str = "Query/SensorData_with_combined_events.json";

#[test]
fn every_official_example_is_read() {
    let mut events = 0;
    for folder in ["gs1-epcis/JSON", "gs1-epcis/JSON-simple-context", "gs1-epcis/JSON-Schema/test"] {
        for path in files(folder).iter().filter(|path| !path.ends_with("sch1.json") && !path.ends_with("sch2.json")) {
            if folder.ends_with("simple-context") && path.ends_with(LACKS_ITS_FRAME) {
                let missing = ("EPCIS-12", String::new());
                assert_eq!(codes(read(&std::fs::read(path).unwrap())), [missing.clone(), missing]);
                continue;
            }
            let document = accept(path);
            let repeated: Vec<_> = warned(&document).into_iter().filter(|(code, _)| *code == "EPCIS-W14").collect();
            if path.ends_with(REPEATS_A_MEMBER) {
                assert_eq!(repeated, [("EPCIS-W14", "/epcisBody/eventList/0/eventID")]);
                let event = &document.events[0];
                let last = event.clear.event_id.as_deref().unwrap();
                assert!(last.starts_with("urn:uuid:") && event.text.contains("\"ni:///sha-256;"));
            } else {
                assert_eq!(repeated, []);
            }
            let drafts = document.drafts();
            assert!(!drafts.is_empty(), "{}", path.display());
            assert_eq!(drafts, accept(path).drafts(), "the same bytes give the same drafts");
            let text = std::fs::read_to_string(path).unwrap();
            for (event, draft) in document.events.iter().zip(&drafts) {
                assert!(text.contains(&event.text));
                let clear: TraceEventClear = serde_json::from_value(Json::Object(draft.clear.clone())).unwrap();
                assert_eq!(clear, event.clear);
                assert!(draft.objects.is_sorted() && draft.objects.iter().all(|o| o.is_ascii() && o.len() <= 128));
            }
            events += drafts.len();
        }
    }
    println!("{events} events of GS1 read");
}

#[test]
fn openepcis_documents_are_read_or_refused() {
    let (mut read_in, mut refused, mut passed) = (0, 0, Vec::new());
    for path in files(OPENEPCIS).iter().filter(|path| !path.to_string_lossy().contains("/Queries/")) {
        if !path.to_string_lossy().contains("/Invalid/") {
            if path.ends_with(NAMES_NO_MEASURE) {
                let errors = codes(read(&std::fs::read(path).unwrap()));
                assert!(
                    errors.iter().all(|(code, at)| *code == "EPCIS-12" && at.contains("/sensorReport/")),
                    "{errors:?}"
                );
            } else {
                accept(path);
                read_in += 1;
            }
            continue;
        }
        match read(&std::fs::read(path).unwrap()) {
            Ok(document) => passed.push((path.file_name().unwrap().to_owned(), document.warnings)),
            Err(errors) => {
                assert!(errors.iter().all(|e| e.pointer.starts_with("/epcisBody/")), "{errors:?}");
                refused += 1;
            }
        }
    }
    println!("OpenEPCIS: {read_in} read, {refused} of the invalid refused, let pass: {passed:?}");
}

#[test]
fn a_record_shows_codes_and_seals_the_text() {
    let text = event_with(
        r#","epcList":["urn:epc:id:sgtin:4012345.011111.9876","https://shop.example/01/04012345111118/10/L/21/9876"],
        "quantityList":[{"epcClass":"urn:epc:class:lgtin:4012345.012345.998877","quantity":2.50}],
        "bizStep":"https://ref.gs1.org/cbv/BizStep-shipping","disposition":"cbv:Disp-in_transit",
        "readPoint":{"id":"urn:epc:id:sgln:4012345.00005.0"},"bizLocation":{"id":"http://例.example/"},
        "eventID":"urn:uuid:1""#,
    );
    let document = read(text.as_bytes()).unwrap();
    assert_eq!(warned(&document), [("EPCIS-W11", "/bizLocation/id")]);
    assert_eq!(document.events[0].clear.biz_location.as_deref(), Some("http://%E4%BE%8B.example/"));
    let text = text.replace('例', "x");
    let draft = read(text.as_bytes()).unwrap().drafts().remove(0);
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&text));
    let item = "01/04012345111118/21/9876";
    let lot = "01/04012345123456/10/998877";
    assert_eq!(
        Json::Object(draft.clear),
        serde_json::json!({
            "eventType": "ObjectEvent", "eventTime": "2026-11-22T00:30:00.12Z", "action": "OBSERVE",
            "bizStep": "shipping", "disposition": "in_transit", "readPoint": "414/4012345000054",
            "bizLocation": "http://x.example/", "eventID": "urn:uuid:1", "digest": digest,
            "epcs": [item], "classes": [lot],
        })
    );
    assert_eq!(draft.objects, [item, lot]);
    assert_eq!((draft.kind.as_str(), draft.at.as_str()), ("trace.event/1", "2026-11-22T00:30:00.12Z"));
    assert_eq!(draft.sealed, [("event".to_owned(), Json::String(text))]);
}

#[test]
fn strict_json_comes_first() {
    let table: [(&[u8], &str, &str); 12] = [
        (b"", "EPCIS-03", ""),
        (b"\xef\xbb\xbf{}", "EPCIS-03", ""),
        (b"{\"a\":\"\xff\"}", "EPCIS-02", ""),
        (b"{\"a\":[1,]}", "EPCIS-03", "/a/1"),
        (b"{\"a\":01}", "EPCIS-03", ""),
        (b"{\"a\":1.}", "EPCIS-03", "/a"),
        (b"{\"a\":\"\\ud800\"}", "EPCIS-03", "/a"),
        (b"{\"a\":\"\t\"}", "EPCIS-03", "/a"),
        (b"{} {}", "EPCIS-03", ""),
        (b"{\"a\":NaN}", "EPCIS-03", "/a"),
        (b"[]", "EPCIS-11", ""),
        (b"nul", "EPCIS-03", ""),
    ];
    for (bytes, code, pointer) in table {
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(codes(read(bytes)), [(code, pointer.to_owned())], "{shown}");
    }
    let nested =
        |depth: usize| event_with(&format!(r#","epcList":[],"ex:a":{}1{}"#, "[".repeat(depth), "]".repeat(depth)));
    assert!(read(nested(31).as_bytes()).is_ok());
    assert_eq!(codes(read(nested(32).as_bytes()))[0].0, "EPCIS-05");
    assert_eq!(codes(read(&vec![b' '; limits::BYTES + 1]))[0].0, "EPCIS-01");
    let many = event_with(&format!(r#","epcList":[],"ex:a":[0{}]"#, ",0".repeat(limits::VALUES)));
    assert_eq!(codes(read(many.as_bytes()))[0].0, "EPCIS-06");
}

#[test]
fn faults_carry_code_place_and_sentence() {
    let table = [
        (r#","epcList":[],"ilmd":{"ex:a":1}"#, "EPCIS-22", ""),
        (r#","epcList":["a:b","a:b"]"#, "EPCIS-17", "/epcList/1"),
        (r#","epcList":"a:b""#, "EPCIS-11", "/epcList"),
        (r#","epcList":[],"eventTimeZoneOffset":"+15:00""#, "EPCIS-14", "/eventTimeZoneOffset"),
        (r#","epcList":[],"eventTime":"2026-11-22 08:30""#, "EPCIS-14", "/eventTime"),
        (r#","epcList":[],"action":"add""#, "EPCIS-15", "/action"),
        (r#","epcList":[],"bizStep":"urn:epcglobal:cbv:bizstep:shipping""#, "EPCIS-15", "/bizStep"),
        (r#","epcList":[],"persistentDisposition":{}"#, "EPCIS-21", ""),
        (r#","epcList":[],"persistentDisposition":{"set":[]}"#, "EPCIS-16", "/persistentDisposition/set"),
        (r#","quantityList":[{"epcClass":"a:b","weight":5}]"#, "EPCIS-13", "/quantityList/0/weight"),
        ("", "EPCIS-21", ""),
        (r#","epcList":[],"readPoint":{}"#, "EPCIS-12", "/readPoint"),
    ];
    for (extra, code, pointer) in table {
        assert_eq!(codes(read(event_with(extra).as_bytes())), [(code, pointer.to_owned())], "{extra}");
    }
    let error = read(event_with(r#","epcList":[],"action":"add""#).as_bytes()).unwrap_err().remove(0);
    assert_eq!(
        error.to_string(),
        r#"EPCIS-15 at "/action": "add" is not in the vocabulary; use one of its words, perhaps "ADD""#
    );
    let early = event_with(r#","epcList":[]"#).replace("2026-11-22T", "0000-01-01T");
    assert_eq!(codes(read(early.replace("08:30", "00:30").as_bytes()))[0].0, "EPCIS-23");
    let bad = format!(r#","epcList":[{}]"#, vec![r#""x""#; 300].join(","));
    assert_eq!(read(event_with(&bad).as_bytes()).unwrap_err().len(), limits::ERRORS);
}

#[test]
fn oddities_warn_and_stop_nothing() {
    let table = [
        (r#","epcList":["https://id.gs1.org/01/09521141012346/21/7"]"#, "EPCIS-W01", "/epcList/0"),
        (
            r#","quantityList":[{"epcClass":"https://id.gs1.org/01/09521141012346"}]"#,
            "EPCIS-W01",
            "/quantityList/0/epcClass",
        ),
        (r#","epcList":[],"readPoint":{"id":"urn:epc:id:sgln:40123.1.0"}"#, "EPCIS-W01", "/readPoint/id"),
        (
            r#","epcList":[],"errorDeclaration":{"declarationTime":"2027-01-01T00:00:00Z"}"#,
            "EPCIS-W03",
            "/errorDeclaration",
        ),
        (
            r#","epcList":[],"eventID":"urn:x:1","errorDeclaration":{"declarationTime":"2027-01-01T00:00:00Z","correctiveEventIDs":["urn:x:2"]}"#,
            "EPCIS-W04",
            "/errorDeclaration/correctiveEventIDs/0",
        ),
        (
            r#","epcList":[],"eventID":"urn:x:1","errorDeclaration":{"declarationTime":"2025-01-01T00:00:00Z"}"#,
            "EPCIS-W05",
            "/errorDeclaration/declarationTime",
        ),
        (r#","epcList":[],"ex:colour":"red""#, "EPCIS-W08", "/ex:colour"),
        (r#","epcList":["a b"]"#, "EPCIS-W11", "/epcList/0"),
        (r#","epcList":[],"recordTime":"today""#, "EPCIS-W11", "/recordTime"),
        (r#","epcList":[],"type":"Own""#, "EPCIS-W11", "/type"),
        (r#","epcList":[],"bizStep":"shiping""#, "EPCIS-W12", "/bizStep"),
        (r#","epcList":[],"colour":"red""#, "EPCIS-W13", "/colour"),
        (r#","epcList":[],"ilmd":{"a/b":1},"action":"ADD""#, "EPCIS-W13", "/ilmd/a~1b"),
        (r#","epcList":[],"readPoint":{"id":"a:b","b":1,"\u0062":1,"b":2}"#, "EPCIS-W14", "/readPoint/b"),
        (r#","quantityList":[{"epcClass":"a:b","quantity":-1}]"#, "EPCIS-W09", "/quantityList/0/quantity"),
    ];
    for (extra, code, pointer) in table {
        let document = read(event_with(extra).as_bytes()).unwrap();
        // What this table says of `type` and `action` repeats the members of the frame.
        let frame = |w: &(&str, &str)| w.0 == "EPCIS-W14" && matches!(w.1, "/type" | "/action");
        let warnings: Vec<_> = warned(&document).into_iter().filter(|w| !frame(w)).collect();
        assert_eq!(warnings, [(code, pointer)], "{extra}");
    }
    let other = event_with(r#","epcList":[]"#).replace(r#"Offset":"+08:00""#, r#"Offset":"+09:00""#);
    assert_eq!(warned(&read(other.as_bytes()).unwrap()), [("EPCIS-W02", "/eventTime")]);
    let packing = event_with(r#","parentID":"a:b","childEPCs":["a:b"]"#).replace("ObjectEvent", "AggregationEvent");
    assert_eq!(warned(&read(packing.as_bytes()).unwrap()), [("EPCIS-W07", "/parentID")]);
    let text = journey(&sample_journey()).unwrap();
    let ids: Vec<String> = read(text.as_bytes()).unwrap().events.into_iter().filter_map(|e| e.clear.event_id).collect();
    let twice = text.replace(&ids[1], &ids[0]);
    assert_eq!(warned(&read(twice.as_bytes()).unwrap()), [("EPCIS-W06", "/epcisBody/eventList/1/eventID")]);
}

#[test]
fn of_a_repeated_member_the_last_counts() {
    let text = event_with(r#","epcList":["urn:x:1"],"epcList":["urn:x:2"],"action":"ADD","epcList":["urn:x:3"]"#);
    let document = read(text.as_bytes()).unwrap();
    assert_eq!(warned(&document), [("EPCIS-W14", "/action"), ("EPCIS-W14", "/epcList")]);
    let event = &document.events[0];
    assert_eq!((event.clear.action.as_deref(), &event.objects[..]), (Some("ADD"), &["urn:x:3".to_owned()][..]));
    assert_eq!(event.text, text, "all are sealed");
    // What does not count is not judged, unless it is no JSON.
    assert!(read(event_with(r#","epcList":5,"epcList":[]"#).as_bytes()).is_ok());
    assert_eq!(codes(read(event_with(r#","epcList":[],"epcList":5"#).as_bytes())), [("EPCIS-11", "/epcList".into())]);
    let sentence = document.warnings[0].to_string();
    assert!(sentence.ends_with("the last of them counts; keep one"), "{sentence}");
}

#[test]
fn what_only_warns_names_no_other_object() {
    let list = r#","epcList":["","01/04012345111118/21/9876","urn:epc:id:sgtin:4012345.011111.9876"]"#;
    let document = read(event_with(list).as_bytes()).unwrap();
    assert_eq!(warned(&document), [("EPCIS-W11", "/epcList/0"), ("EPCIS-W11", "/epcList/1")]);
    let objects = &document.events[0].objects;
    assert_eq!((objects.len(), objects[0].as_str()), (3, "01/04012345111118/21/9876"));
    assert!(objects[1..].iter().all(|code| code.starts_with("uri:sha256:")));
    // Nor do members that this type of event does not have: one of them holds even too many parents.
    let parents = (0..2000).map(|n| format!("\"urn:x:{n}\"")).collect::<Vec<_>>().join(",");
    let list = format!(r#","epcList":["urn:x:3"],"parentID":[{parents}],"childEPCs":["urn:x:2"],"inputEPCList":7"#);
    let document = read(event_with(&list).as_bytes()).unwrap();
    let stray = [("EPCIS-W13", "/parentID"), ("EPCIS-W13", "/childEPCs"), ("EPCIS-W13", "/inputEPCList")];
    assert_eq!(warned(&document), stray);
    assert_eq!(document.events[0].objects, ["urn:x:3"]);
    let made = event_with(r#","inputEPCList":["urn:x:1"],"outputEPCList":["urn:x:2"]"#);
    let document = read(made.replace("ObjectEvent", "TransformationEvent").as_bytes()).unwrap();
    assert_eq!((warned(&document), document.events[0].clear.action.as_deref()), (vec![("EPCIS-W13", "/action")], None));

    let many: Vec<String> = (0..300).map(|n| format!("\"x{n}\"")).collect();
    let document = read(event_with(&format!(r#","epcList":[{}]"#, many.join(","))).as_bytes()).unwrap();
    assert_eq!((document.warnings.len(), document.events[0].objects.len()), (limits::ERRORS, 300));
}

#[test]
fn an_event_of_many_objects_keeps_its_parent() {
    let children: Vec<String> = (0..1500).map(|n| format!("\"urn:epc:id:sgtin:4012345.011111.{n}\"")).collect();
    let list = format!(r#","parentID":"urn:epc:id:sscc:4012345.3111111111","childEPCs":[{}]"#, children.join(","));
    let text = event_with(&list).replace("ObjectEvent", "AggregationEvent");
    let document = read(text.as_bytes()).unwrap();
    let event = &document.events[0];
    assert_eq!(event.clear.objects_total, Some(1501));
    assert_eq!(event.objects.len(), limits::OBJECTS);
    assert_eq!(event.clear.parents, ["00/340123451111111111"]);
    assert!(event.objects.contains(&event.clear.parents[0]));
    assert_eq!(event.clear.children.len(), limits::OBJECTS - 1);
    assert_eq!(warned(&document), [("EPCIS-W10", "")]);
}

#[test]
fn times_are_told_in_utc() {
    let table = [
        ("2026-11-22T08:30:00+08:00", Some("2026-11-22T00:30:00Z")),
        ("2024-02-29T23:59:60Z", Some("2024-03-01T00:00:00Z")),
        ("2024-03-01T07:59:60+08:00", Some("2024-03-01T00:00:00Z")),
        ("2024-03-01T07:58:60+08:00", None),
        ("2023-02-29T00:00:00Z", None),
        ("1900-02-29T00:00:00Z", None),
        ("2000-02-29t00:00:00.1234567891234z", Some("2000-02-29T00:00:00.123456789Z")),
        ("1969-12-31T19:00:00.500-05:00", Some("1970-01-01T00:00:00.5Z")),
        ("0000-12-31T23:59:59Z", Some("0000-12-31T23:59:59Z")),
        ("2026-11-22T08:30:00", None),
        ("2026-11-22T08:30:00.Z", None),
        ("2026-11-22 08:30:00Z", None),
        ("2026-11-22T24:00:00Z", None),
        ("2026-11-22T08:30:00+8:00", None),
    ];
    for (text, utc) in table {
        assert_eq!(format::Time::parse(text).and_then(|t| t.utc()).as_deref(), utc, "{text}");
    }
}

#[test]
fn a_written_journey_reads_back() {
    let plan = sample_journey();
    let text = journey(&plan).unwrap();
    assert_eq!(text, journey(&plan).unwrap());
    let document = read(text.as_bytes()).unwrap();
    assert_eq!(document.warnings, []);
    let steps: Vec<_> = document.events.iter().filter_map(|e| e.clear.biz_step.as_deref()).collect();
    assert_eq!(steps, ["commissioning", "packing", "shipping", "arriving", "inspecting", "other", "receiving"]);
    assert_eq!(document.events[1].objects.len(), 4);
    assert!(document.events[2..].iter().all(|e| e.objects == [plan.sscc.code()]));
    assert!(document.events.is_sorted_by_key(|e| &e.clear.event_time));
    assert!(document.events[0].clear.epcs.contains(&"01/09506000134352/21/A%2F2".to_owned()));
    assert_eq!(document.drafts()[0].sealed[1].0, "context");

    assert_eq!(journey(&Journey { serials: vec![], ..plan.clone() }), Err(WriteError::NoItems));
    let serials = vec!["ä".to_owned()];
    assert_eq!(journey(&Journey { serials, ..plan.clone() }), Err(WriteError::Serial("ä".into())));
    let serials = vec!["1".to_owned(), "1".to_owned()];
    assert_eq!(journey(&Journey { serials, ..plan.clone() }), Err(WriteError::Serial("1".into())));
    assert_eq!(journey(&Journey { offset: 900, ..plan.clone() }), Err(WriteError::Time));
    assert_eq!(journey(&Journey { made: i64::MAX, ..plan }), Err(WriteError::Time));
}
