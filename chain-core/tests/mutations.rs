#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! 100,000 files that somebody changed: none is accepted, none makes a verifier panic or hang.
//!
//! The files of `tests/vectors` that hold are changed byte by byte and part by part; where a file carries a digest, it
//! is made anew for most changes of parts, so that the checks behind it are reached. A change that leaves a file true is
//! never made (see `mutations/changes.rs`). The first 5,000 stand in `tests/vectors/mutations/5000.jsonl` with their
//! verdicts, for verifiers in other languages: one line each,
//! `{"base":<file>,"splice":[[at,delete,"text"] or [at,delete,[<file>,from,length]],…],"code":n}`. Splices are of the
//! unchanged file, ascending; `trust` names another genesis file where it is not `genesis.json`.

#[path = "mutations/changes.rs"]
mod changes;
#[path = "mutations/json.rs"]
mod json;

use chain_core::bundle;
use chain_core::genesis::Founding;
use chain_core::hash::Hash;
use chain_core::receipt::{self, StateProof, Trust, VerifyError};
use changes::{Changer, Mutation};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// In a debug build, where a signature takes forty times as long.
const COUNT: usize = if cfg!(debug_assertions) { 5_000 } else { 100_000 };
const SUBSET: usize = 5_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

fn trust(name: &str) -> Trust {
    Trust::in_genesis(&Founding::read(&std::fs::read(folder().join(name)).unwrap()).unwrap())
}

/// 0, or the code of the check that refuses.
fn verdict(name: &str, file: &[u8], trust: &Trust) -> u16 {
    let code = |result: Result<(), VerifyError>| result.err().map_or(0, |error| error.code());
    match name.split_once('-').unwrap().0 {
        "bundle" => bundle::verify(file, &trust.ledger(), None).err().map_or(0, |fault| fault.code()),
        "receipt" => code(receipt::verify(file, trust).map(drop)),
        _ => code(StateProof::verify(file, trust).map(drop)),
    }
}

#[test]
fn no_changed_file_is_accepted() {
    let verdicts = std::fs::read(folder().join("verdicts.json")).unwrap();
    let verdicts: BTreeMap<String, u16> = serde_json::from_slice(&verdicts).unwrap();
    let good = verdicts.into_iter().filter(|(_, code)| *code == 0).map(|(name, _)| name);
    let files: BTreeMap<String, Vec<u8>> =
        good.map(|name| (name.clone(), std::fs::read(folder().join(&name)).unwrap())).collect();
    let trusts = ["genesis.json", "genesis-other.json"].map(|name| (name, trust(name)));
    // What the unchanged files take, so that "slow" means more work than theirs and not a busy machine.
    let mut slowest = Duration::ZERO;
    for (name, file) in &files {
        let start = Instant::now();
        assert_eq!(verdict(name, file, &trusts[0].1), 0, "{name}");
        slowest = slowest.max(start.elapsed());
    }
    let bound = slowest * 50 + Duration::from_millis(500);
    let mut changer = Changer::new(&files, 0x5EA1);
    let mut seen = BTreeSet::new();
    let (mut lines, mut codes) = (Vec::new(), BTreeMap::<u16, usize>::new());
    let (mut worst, began) = (Duration::ZERO, Instant::now());
    for number in 0..COUNT {
        // Each file once, however it comes about.
        let (mutation, file): (Mutation, Vec<u8>) = loop {
            let mutation = changer.change();
            let file = mutation.apply(&files);
            if seen.insert(Hash::of_parts(&[mutation.trust.as_bytes(), &file])) {
                break (mutation, file);
            }
        };
        let (_, trusted) = trusts.iter().find(|(name, _)| *name == mutation.trust).unwrap();
        let start = Instant::now();
        let judged = catch_unwind(AssertUnwindSafe(|| verdict(&mutation.base, &file, trusted)));
        let took = start.elapsed();
        let code = judged.unwrap_or_else(|_| panic!("{number} panics: {}", mutation.line(0)));
        assert_ne!(code, 0, "{number} is accepted: {}", mutation.line(0));
        assert!(took < bound, "{number} takes {took:?}: {}", mutation.line(code));
        worst = worst.max(took);
        *codes.entry(code).or_default() += 1;
        if number < SUBSET {
            lines.push(mutation.line(code));
        }
    }
    println!(
        "{COUNT} mutations of {} files in {:?}: 0 accepted, 0 panics, slowest {worst:?}",
        files.len(),
        began.elapsed()
    );
    println!("refused by code: {codes:?}");
    // Nobody reads time tokens here.
    let missed: Vec<u16> = (9001..=9015).filter(|code| !codes.contains_key(code)).collect();
    assert!(missed.is_empty() || COUNT == SUBSET, "not reached: {missed:?}");
    let path = folder().join("mutations/5000.jsonl");
    let text = lines.join("\n") + "\n";
    if std::env::var_os("SEALANE_WRITE_VECTORS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    println!("the first {SUBSET}: {} bytes", text.len());
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "run with SEALANE_WRITE_VECTORS=1 if that is meant"
    );
}
