//! Our JSON reader against `serde_json`: the same texts are JSON, with the same strings in them.

use super::super::{json, node};
use super::oracle::Dice;
use serde_json::Value;

#[test]
fn the_reader_takes_the_json_that_serde_json_takes() {
    let mut dice = Dice(7);
    let seeds: [&str; 6] = [
        r#"{"a":1,"b":["x"],"a":{"c":"y","\u0063":"z","d":0},"d":"w"}"#,
        r#"{"a":[1,-0.5e+3,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{"c":{}}}"#,
        r#"[[],{},"",0,1e5,[{"k":"v\/\\\""}]]"#,
        "  \"\\u0041\" ",
        "-12.5E-7",
        r#"{"é":"日本","x":[0.1,20]}"#,
    ];
    let (mut good, rounds) = (0, 30_000);
    for _ in 0..rounds {
        let mut bytes = dice.pick(&seeds).as_bytes().to_vec();
        for _ in 0..dice.below(3) {
            let at = dice.below(bytes.len());
            match dice.below(3) {
                0 => bytes[at] = *dice.pick(b"{}[]\",:\\u0159eE+-. \ttfn/\x01\xc3\xff"),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *dice.pick(b"{}[]\",:\\u0159eE+-. \ttfn/")),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let theirs = serde_json::from_slice::<Value>(&bytes);
        let ours = json::parse(&bytes);
        // A float's range is no matter of syntax.
        let excused = theirs.as_ref().is_err_and(|e| e.to_string().contains("out of range"));
        let shown = String::from_utf8_lossy(&bytes);
        assert!(excused || theirs.is_ok() == ours.is_ok(), "{shown}: {theirs:?} {:?}", ours.err());
        if let (Ok(theirs), Ok((ours, _))) = (theirs, ours) {
            assert_eq!(strings(&theirs), texts(&ours), "{shown}");
            good += 1;
        }
    }
    println!("{good} of {rounds} texts are JSON to both");
}

fn strings(value: &Value) -> Vec<String> {
    let mut found: Vec<String> = match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(members) => members.iter().flat_map(|(k, v)| [vec![k.clone()], strings(v)].concat()).collect(),
        _ => vec![],
    };
    found.sort();
    found
}

fn texts(node: &node::Node<'_>) -> Vec<String> {
    let own = node.as_string().map(str::to_owned);
    let members = node.members().iter().flat_map(|(k, v)| [vec![k.clone()], texts(v)].concat());
    let mut found: Vec<String> = own.into_iter().chain(node.items().iter().flat_map(texts)).chain(members).collect();
    found.sort();
    found
}
