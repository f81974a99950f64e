//! A ledger executed again gives the same blocks: in another process, another zone and language, another build.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use chain_core::archive::Archive;
use chain_core::types::Height;
use node::storage::MemoryStorage;
use stage::{Stage, now};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use testnet::launch::sealane_binary;
use testnet::world::drafts::{key_rotation_drafts, set_validators};
use testnet::world::{Authored, World};

/// Where the second process finds the file.
const FILE: &str = "SEALANE_TEST_EXPORT";

/// Height, block hash, state root and log root of every block, as lines.
fn replay(file: &[u8]) -> Result<Vec<String>, String> {
    let ledger = node::export::replay(file, Arc::new(MemoryStorage::default())).map_err(|e| e.to_string())?;
    let head = ledger.head().height.0;
    let line = |height| {
        let header = node::query::block(&ledger, Height(height)).unwrap().unwrap().header;
        format!("{height} {} {} {}", header.hash(), header.state_root, header.log_root)
    };
    Ok((1..=head).map(line).collect())
}

/// Not a test of its own: what `the_same_everywhere` runs in a second process.
#[test]
#[ignore = "run by the_same_everywhere in a process of its own"]
fn in_another_process() {
    let file = std::fs::read(std::env::var(FILE).unwrap()).unwrap();
    for line in replay(&file).unwrap() {
        println!("block {line}");
    }
}

/// Runs a program with a zone that is 45 minutes off and in Chinese, and returns what it printed.
fn run(program: &Path, arguments: &[&str], file: &Path) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .env(FILE, file)
        .env("TZ", "Asia/Kathmandu")
        .env("LANG", "zh_CN.UTF-8")
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The replay program of the pure crates, in a debug build: no optimisation, no database, no engine.
fn debug_program() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = root.join("target");
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["build", "--locked", "--offline", "-p", "contracts", "--bin", "sealane-replay", "--target-dir"])
        .arg(&target)
        .status()
        .unwrap();
    assert!(built.success(), "the debug build of sealane-replay");
    target.join("debug/sealane-replay")
}

/// Trades, a refusal, a key rotation and a change of validators; then every node's export is the same file, and
/// executing it again gives the block hashes, state roots and log roots that the network had: in this process, in
/// another one with TZ=Asia/Kathmandu and LANG=zh_CN.UTF-8, and in a debug build of the pure crates alone. A file with
/// one changed bit is refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_everywhere() {
    let mut stage = Stage::start(0x4E91, 5).await;
    let cast = stage.net.cast.clone();
    let world = World::generate(&cast, 11, 4, now()).unwrap();
    let records: Vec<&Authored> =
        world.enterprise_filings.iter().chain(world.trades.iter().flat_map(|t| t.records())).collect();
    let mut written = 0;
    for (index, record) in records.iter().enumerate() {
        let member = cast.by_id(&record.by).unwrap();
        let built = stage.sign(member, &[record.draft.clone().into()]);
        let answer = stage.net.client(index % 4, member).submit(&built.bytes, 60).await.unwrap();
        assert_eq!(answer.status, 200, "{} {}", record.draft.kind, answer.text);
        written += 1;
    }
    // The same parcel again is another transaction, which the registry refuses: it stands in a block too.
    let parcel = &world.trades[0].parcel;
    let member = cast.by_id(&parcel.by).unwrap();
    let built = stage.sign(member, &[parcel.draft.clone().into()]);
    let refused = stage.net.client(1, member).submit(&built.bytes, 60).await.unwrap();
    assert_eq!(refused.status, 409, "{}", refused.text);
    let (old, new) = (&cast.enterprises[1].record, stage::new_key());
    let drafts = key_rotation_drafts(
        &chain_core::keys::Signer::public_key(&new),
        &[chain_core::member::KeyUse::Record],
        &stage::kid(old),
        now(),
    );
    let built = stage.sign(&cast.enterprises[1], &drafts.unwrap().map(Into::into));
    stage.net.client(2, &cast.enterprises[1]).submit_accepted("rotation", &built.bytes).await.unwrap();
    let mut set: Vec<_> = [0, 1, 2, 4].map(|n| cast.nodes[n].validator()).into();
    set.sort_by(|a, b| a.member.cmp(&b.member));
    stage.decide(set_validators(set)).await;

    let height = stage.assert_equal().await;
    let client = stage.net.client(0, &cast.customs);
    let mut expected = Vec::new();
    for height in 1..=height {
        let block = client.get(&format!("/v1/blocks/{height}")).await.unwrap().json();
        let text = |name: &str| block[name].as_str().unwrap().to_owned();
        expected.push(format!("{height} {} {} {}", text("hash"), text("stateRoot"), text("logRoot")));
    }

    // Exports, through the program as its user would. While a node runs it has the database to itself.
    let sealane = sealane_binary().unwrap();
    let export = |stage: &Stage, node: usize, file: &Path| {
        let data = stage.net.network.nodes[node].folder.join("data");
        let output = Command::new(&sealane)
            .args(["--home", "/nonexistent", "--json", "--genesis"])
            .arg(&stage.net.network.genesis)
            .arg("export")
            .arg("--data")
            .arg(&data)
            .arg("-o")
            .arg(file)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let folder = stage.folder.path().to_owned();
    let early = export(&stage, 0, &folder.join("early"));
    assert!(!early.0 && early.1.contains("CLI-1902") && !folder.join("early").exists(), "{early:?}");
    stage.net.network.stop();
    let files: Vec<Vec<u8>> = (0..5)
        .map(|node| {
            let file = folder.join(format!("export-{node}"));
            let done = export(&stage, node, &file);
            assert!(done.0, "{}", done.1);
            std::fs::read(&file).unwrap()
        })
        .collect();
    assert!(files.windows(2).all(|pair| pair[0] == pair[1]), "the nodes export different files");
    let archive = Archive::read(&files[0]).unwrap();
    assert_eq!(archive.genesis, stage.net.genesis);
    assert_eq!(archive.blocks.len() as u64, height);

    assert_eq!(replay(&files[0]).unwrap(), expected);
    let file = folder.join("export-0");
    let own = std::env::current_exe().unwrap();
    let second = run(&own, &["in_another_process", "--exact", "--ignored", "--nocapture"], &file).unwrap();
    // The test harness prints its own words before the first line.
    let second: Vec<&str> = second.lines().filter_map(|line| line.split_once("block ").map(|(_, rest)| rest)).collect();
    assert_eq!(second, expected);
    let program = debug_program();
    let pure = run(&program, &[file.to_str().unwrap()], &file).unwrap();
    assert_eq!(pure.lines().collect::<Vec<_>>(), expected);

    // One changed bit anywhere in a block: neither of the two takes it.
    let mut spoilt = files[0].clone();
    let middle = archive.genesis.len() + (spoilt.len() - archive.genesis.len()) / 2;
    spoilt[middle] ^= 1;
    let spoilt_file = folder.join("spoilt");
    std::fs::write(&spoilt_file, &spoilt).unwrap();
    let refused = replay(&spoilt).unwrap_err();
    let pure_refused = run(&program, &[spoilt_file.to_str().unwrap()], &spoilt_file).unwrap_err();
    println!(
        "replay: {written} records and more in {height} blocks, {} KiB, last {}\n  one bit changed: {refused}\n  pure crates: {}",
        files[0].len() / 1024,
        expected.last().unwrap(),
        pure_refused.trim()
    );
}
