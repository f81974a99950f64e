#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::collections::BTreeSet;
use std::path::Path;

fn tables() -> [Table; 2] {
    [read(include_str!("zh-CN.toml")).unwrap(), read(include_str!("en.toml")).unwrap()]
}

fn placeholders(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_say_the_same_things() {
    let [chinese, english] = tables();
    assert!(english.len() > 200, "the table is read");
    assert_eq!(chinese.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
    for (key, sentence) in &english {
        // JSON in a sentence looks like a placeholder; it is the same in both.
        assert_eq!(placeholders(sentence), placeholders(&chinese[key]), "{key}");
        assert!(!sentence.trim().is_empty() && !chinese[key].trim().is_empty(), "{key}");
    }
}

#[test]
fn chinese_is_chinese() {
    let [chinese, _] = tables();
    for (key, sentence) in &chinese {
        // Nothing but names and figures.
        let bare = matches!(key.as_str(), "doctor.home.good" | "import.error" | "help.list.what");
        assert!(bare || sentence.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{key}: {sentence}");
    }
}

fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_key_in_the_source_has_a_sentence_and_every_sentence_a_use() {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let quoted: BTreeSet<&str> = source.split('"').collect();
    let [_, english] = tables();
    let sections: BTreeSet<&str> = english.keys().filter_map(|key| key.split('.').next()).collect();
    for word in &quoted {
        let key = if word.starts_with("CLI-") && word.len() == 8 { format!("error.{word}") } else { (*word).to_owned() };
        let looks_like_a_key = key.split_once('.').is_some_and(|(section, rest)| {
            sections.contains(section) && section != "help" && !rest.is_empty() && rest != "json" && rest != "rs"
        });
        // Kinds, settings and file names share the form.
        let other = key.contains('/') || key.contains(' ') || key.contains('{') || key.starts_with("key.json") || key == "error.CLI-2000";
        if looks_like_a_key && !other {
            assert!(english.contains_key(&key), "{key} has no sentence");
        }
    }
    for key in english.keys().filter(|key| !key.starts_with("help.")) {
        let name = key.strip_prefix("error.").unwrap_or(key);
        assert!(quoted.contains(name), "{key} is not used");
    }
}

#[test]
fn placeholders_are_filled_once() {
    let said = Lang::English.say("get.written", &[("path", &"{path}")]);
    assert_eq!(said, "Written to {path}");
    assert_eq!(Lang::English.say("no.such.key", &[]), "no.such.key");
}

#[test]
fn the_language_is_chosen_by_flag_then_environment() {
    let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    let env = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
    let none = |_: &str| None;
    for (line, expected) in [
        ("sealane --lang zh-CN status", Lang::Chinese),
        ("sealane status --lang=zh-CN", Lang::Chinese),
        ("sealane --lang en status", Lang::English),
        ("sealane status", Lang::English),
    ] {
        assert_eq!(Lang::choose(&words(line), none), expected, "{line}");
    }
    assert_eq!(Lang::choose(&words("sealane status"), env), Lang::Chinese);
    assert_eq!(Lang::choose(&words("sealane --lang en status"), env), Lang::English);
}
