#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::testing::some_record;
use crate::usage::{Stop, argument_key, command, parse};
use std::ffi::OsString;

fn words(line: &str) -> Vec<OsString> {
    line.replace("RCV", &some_record()).split_whitespace().map(OsString::from).collect()
}

#[test]
fn the_fixed_names_are_read() {
    for line in [
        "sealane node --config node.toml",
        "sealane key new main --use record,api,maker,checker,attest",
        "sealane key list",
        "sealane key show main",
        "sealane key rotate main next",
        "sealane key import main seed.hex",
        "sealane key register main",
        "sealane key revoke main",
        "sealane submit - --wait",
        "sealane submit records.json --wait 10 --jti mine",
        "sealane get tx aa -o tx.json",
        "sealane get receipt RCV",
        "sealane get state rcv/1 --height 7",
        "sealane get checkpoint",
        "sealane list records --object order:1 --member ACME --kind trade.order/1 --from 2026-11-22T00:00:00Z --all",
        "sealane list members --json",
        "sealane import ceb a.xml folder",
        "sealane import epcis a.json --sealed-to ACME,BANK",
        "sealane receivable register r.json --request q.json",
        "sealane receivable attest q.json --fingerprint-key k -o a.json",
        "sealane receivable present RCV --fields parties,invoice --also RCV RCV",
        "sealane receivable confirm RCV --salt AAAA --as agent --reject",
        "sealane receivable check RCV --lang zh-CN",
        "sealane receivable reserve RCV --minor 5",
        "sealane receivable pledge RCV --reservation RCV --minor 5 --until 2027-01-31 --register-no 1 --maker a --checker b",
        "sealane receivable pledge RCV --reservation RCV --minor 5 --until 2027-01-31 --register-no 1 --maker-signature m.json",
        "sealane receivable repay RCV --pledge RCV --minor 5 --source debtor",
        "sealane receivable release RCV --encumbrance RCV -o m.json",
        "sealane --home h --node http://n --genesis g --member M --key k --passphrase-file p status",
        "sealane verify receipt --genesis g.json",
        "sealane verify bundle.html --ledger aa",
        "sealane bundle receivable RCV -o b.html --open parties,invoice --state rcv/1 --state rcv/2",
        "sealane bundle object order:1 --depth 3 --json-only",
        "sealane bundle member ACME --open all",
        "sealane export --data data -o ledger.sealane --genesis g.json",
        "sealane timestamp request b.html -o q.tsq",
        "sealane timestamp attach b.html --response r.tsr --tsa ca.pem --tsa tsa.pem -o stamped.html",
        "sealane witness key w.example/1 -o w.toml",
        "sealane witness run --listen 127.0.0.1:9 --key-file w.toml --log genesis.json --log policy.txt --state w.json",
        "sealane export --proofs --data data -o folder --genesis g.json",
        "sealane verify receipt --offline",
        "sealane audit --once --dir d --max-age 60",
        "sealane audit --offline --dir d",
        "sealane doctor",
    ] {
        assert!(parse(&words(line), Lang::English).is_ok(), "{line}: {:?}", parse(&words(line), Lang::English).err());
    }
}

#[test]
fn options_of_every_command_may_follow_it() {
    let cli = parse(&words("sealane list records --member ACME --json --key k"), Lang::English).unwrap();
    assert_eq!((cli.global.member.as_deref(), cli.global.json, cli.global.key.as_deref()), (Some("ACME"), true, Some("k")));
    let Command::List(list) = cli.command else { panic!("list") };
    assert_eq!(list.object, None);
}

#[test]
fn wait_has_three_forms() {
    for (line, seconds) in [("sealane submit f", 0), ("sealane submit f --wait", 60), ("sealane submit f --wait 5", 5)] {
        let Command::Submit(submit) = parse(&words(line), Lang::English).unwrap().command else { panic!("submit") };
        assert_eq!(submit.wait, seconds, "{line}");
    }
}

#[test]
fn usage_errors_are_said_in_both_languages() {
    for (line, english, chinese) in [
        ("sealane frob", "frob is not a command", "没有命令 frob"),
        ("sealane status --frob", "--frob is not an option", "没有选项 --frob"),
        ("sealane submit", "Missing: <FILE>", "缺少：<FILE>"),
        ("sealane get tx", "Missing: <ID>", "缺少：<ID>"),
        ("sealane key", "A command is missing", "缺少命令"),
        ("sealane get frob x", "frob is no good value", "frob 不可用"),
        ("sealane receivable check xyz", "xyz is no good value", "xyz 不可用"),
        ("sealane receivable release RCV --encumbrance RCV --maker a --maker-signature f", "cannot go together", "不能同时使用"),
        ("sealane --lang fr status", "fr is no good value", "fr 不可用"),
    ] {
        for (lang, expected) in [(Lang::English, english), (Lang::Chinese, chinese)] {
            match parse(&words(line), lang) {
                Err(Stop::Usage(said)) => assert!(said.contains(expected), "{line}: {said}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}

#[test]
fn help_is_in_the_users_language() {
    for line in ["sealane --help", "sealane receivable pledge --help", "sealane key new -h"] {
        let Err(Stop::Help(english)) = parse(&words(line), Lang::English) else { panic!("{line}") };
        let Err(Stop::Help(chinese)) = parse(&words(line), Lang::Chinese) else { panic!("{line}") };
        assert!(english.is_ascii() && english.contains("Usage:"), "{english}");
        for word in ["Usage", "Options", "Commands", "Arguments", "help."] {
            assert!(!chinese.contains(word), "{word} in {chinese}");
        }
    }
    assert!(matches!(parse(&words("sealane --version"), Lang::English), Err(Stop::Help(_))));
}

fn every_argument(command: &clap::Command, key: &str, check: &dyn Fn(&str)) {
    check(&format!("{key}.about"));
    command.get_arguments().for_each(|arg| check(&argument_key(key, arg)));
    for sub in command.get_subcommands() {
        every_argument(sub, &format!("{key}.{}", sub.get_name()), check);
    }
}

#[test]
fn every_command_and_argument_is_explained_and_nothing_else() {
    let explained = std::cell::RefCell::new(std::collections::BTreeSet::new());
    for lang in [Lang::English, Lang::Chinese] {
        let mut command = command(lang);
        command.build();
        every_argument(&command, "help", &|key| {
            assert!(lang.find(key).is_some(), "{key} has no sentence");
            explained.borrow_mut().insert(key.to_owned());
        });
    }
    let table: toml::Table = include_str!("../lang/en.toml").parse().unwrap();
    let mut keys = Vec::new();
    collect("help", &table["help"], &mut keys);
    for key in keys {
        assert!(explained.borrow().contains(&key), "{key} explains nothing");
    }
}

fn collect(prefix: &str, value: &toml::Value, into: &mut Vec<String>) {
    match value {
        toml::Value::Table(fields) => fields.iter().for_each(|(name, inner)| collect(&format!("{prefix}.{name}"), inner, into)),
        _ => into.push(prefix.to_owned()),
    }
}
