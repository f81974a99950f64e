//! Following a ledger with the program as its users have it: a real network, an audit that is broken off and goes on,
//! and servers that lie, each by what it lies about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod forged;
mod liar;
mod lies;
mod memory;
#[path = "../stage/mod.rs"]
mod stage;
mod user;

use forged::Log;
use liar::Liar;
use serde_json::Value;
use stage::{Load, PATIENCE, Stage};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use testnet::launch::sealane_binary;
use testnet::world::drafts::set_validators;
use user::User;

/// A ledger of some hundred leaves with a refusal and a change of validators, mirrored and checked.
pub struct Told {
    /// The network, running.
    pub stage: Stage,
    /// What an honest audit kept of it.
    pub mirror: PathBuf,
    /// What that audit said.
    pub audited: Value,
}

async fn tell(seed: u64) -> Told {
    let mut stage = Stage::start(seed, 5).await;
    let cast = stage.net.cast.clone();
    let load = Load::begin(&stage, &cast.enterprises[1], &[0, 1, 2, 3]);
    tokio::time::sleep(std::time::Duration::from_secs(12)).await;
    let written = load.end().await.accepted;
    let draft = testnet::world::drafts::object_draft(
        "test:twice",
        contracts::registry::calls::ObjectType::Parcel,
        None,
        stage::now(),
    )
    .unwrap();
    stage.put(0, &cast.enterprises[1], draft.clone()).await;
    let again = stage.sign(&cast.enterprises[1], &[draft.into()]);
    let refused = stage.net.client(1, &cast.enterprises[1]).submit(&again.bytes, 60).await.unwrap();
    assert_eq!(refused.status, 409, "{}", refused.text);
    let mut set: Vec<_> = [0, 1, 2, 4].map(|n| cast.nodes[n].validator()).into();
    set.sort_by(|a, b| a.member.cmp(&b.member));
    stage.decide(set_validators(set)).await;
    stage.put(0, &cast.customs, proposal(&stage).await).await;
    let last = stage.put(1, &cast.customs, proposal(&stage).await).await;
    stage.assert_equal().await;
    // A receipt is there when a checkpoint covers the record.
    stage.receipt(4, &last).await;

    let mirror = stage.folder.path().join("honest");
    let customs = User::new(&stage, &cast.customs, &stage.net.network.nodes[4].url());
    let began = Instant::now();
    let audited = customs.done(&["audit", "--once", "--dir", mirror.to_str().unwrap()]);
    println!("audit of {} leaves, {} transactions: {:?}", audited["logSize"], written.len(), began.elapsed());
    assert_eq!(audited["audited"], true);
    assert!(audited["accepted"].as_u64().unwrap() > written.len() as u64, "{audited}");
    assert_eq!(audited["refused"], 1, "{audited}");
    assert!(audited["logSize"].as_u64().unwrap() > 256, "more than one tile: {audited}");
    Told { stage, mirror, audited }
}

/// Something to be written after the change of validators.
async fn proposal(stage: &Stage) -> chain_core::record::RecordDraft {
    let height = stage.net.client(0, &stage.net.cast.customs).height().await.unwrap();
    let mut set = stage.net.cast.nodes[..4].iter().map(|node| node.validator()).collect::<Vec<_>>();
    set.sort_by(|a, b| a.member.cmp(&b.member));
    let action = set_validators(set);
    testnet::world::drafts::proposal_draft(action, chain_core::types::Height(height + 10_000), stage::now()).unwrap()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_audited_broken_off_and_audited_on() {
    let Told { mut stage, mirror, audited } = tell(0xA0D1).await;
    let cast = stage.net.cast.clone();
    let text = |path: &Path| path.to_str().unwrap().to_owned();

    // Offline the same folder says the same.
    let customs = User::new(&stage, &cast.customs, &stage.net.network.nodes[0].url());
    let offline = customs.done(&["audit", "--offline", "--dir", &text(&mirror)]);
    for name in ["hash", "logRoot", "logSize", "height", "accepted", "refused", "keys"] {
        assert_eq!(offline[name], audited[name], "{name}");
    }

    // Whose node validates or follows may mirror; a firm may not, and gets nothing that is not public.
    let bank = User::new(&stage, &cast.bank_b, &stage.net.network.nodes[1].url());
    let folder = stage.folder.path().join("bank");
    assert_eq!(bank.done(&["audit", "--once", "--dir", &text(&folder)])["audited"], true);
    let firm = User::new(&stage, &cast.enterprises[0], &stage.net.network.nodes[0].url());
    let folder = stage.folder.path().join("firm");
    let (code, refused) = firm.run(&["audit", "--once", "--dir", &text(&folder)]);
    assert_eq!((code, &refused["error"]["code"]), (Some(1), &"CLI-1206".into()), "{refused}");
    assert!(!folder.join("tile/entries").exists() && !folder.join("checkpoint").exists());
    let firms = stage.net.client(0, &cast.enterprises[0]);
    for path in ["/tlog/tile/entries/000", "/tlog/tile/payloads/000"] {
        assert_eq!(firms.get(path).await.unwrap().status, 404);
        assert_eq!(firms.get_public(path).await.unwrap().status, 401);
        let http = reqwest::Client::new();
        let customs = stage.net.client(0, &cast.customs);
        let request = http.get(format!("{}{path}", stage.net.network.nodes[0].url()));
        let answer = request.bearer_auth(customs.token().unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "private, max-age=31536000, immutable");
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(bytes, std::fs::read(mirror.join(path.trim_start_matches("/tlog/"))).unwrap());
        for wrong in ["entries/0", "entries/000.p/256", "payloads/000.p/0", "entries/x000/000", "data/000", "entries/000/"] {
            let status = customs.get(&format!("/tlog/tile/{wrong}")).await.unwrap().status;
            assert!(status == 400 || status == 404, "{wrong}: {status}");
        }
        let beyond = customs.get("/tlog/tile/entries/999").await.unwrap();
        assert_eq!(beyond.status, 404, "not covered by a checkpoint");
    }

    // Broken off while it downloads: the server falls silent after the first tile of payloads.
    let log = Log::read(&mirror);
    let liar = Liar::start(&stage, log.publish(&stage.net, log.size(), forged::present()));
    let auditor = User::new(&stage, &cast.customs, &liar.url);
    let folder = stage.folder.path().join("resumed");
    liar.silent_after("/tlog/tile/payloads/000");
    let (code, stopped) = auditor.run(&["audit", "--once", "--dir", &text(&folder)]);
    assert_eq!((code, &stopped["error"]["code"]), (Some(1), &"CLI-1201".into()), "{stopped}");
    assert!(folder.join("tile/payloads/000").exists() && !folder.join("checkpoint").exists());
    liar.speak();
    let resumed = auditor.done(&["audit", "--once", "--dir", &text(&folder)]);
    assert_eq!(resumed["hash"], audited["hash"]);
    assert_eq!(liar.asked("/tlog/tile/payloads/000"), 1, "what was kept is not fetched again");

    // Killed while it follows; the ledger goes on; the next one goes on from there.
    let folder = stage.folder.path().join("followed");
    let customs = User::new(&stage, &cast.customs, &stage.net.network.nodes[2].url());
    let mut follower = customs.spawn(&["audit", "--dir", &text(&folder)]);
    let deadline = Instant::now() + PATIENCE;
    while !folder.join("checkpoint").exists() {
        assert!(Instant::now() < deadline, "the follower keeps no checkpoint");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    follower.kill().unwrap();
    follower.wait().unwrap();
    let before = customs.done(&["audit", "--offline", "--dir", &text(&folder)]);
    let more = stage.put(1, &cast.customs, proposal(&stage).await).await;
    stage.receipt(2, &more).await;
    let after = customs.done(&["audit", "--once", "--dir", &text(&folder)]);
    assert!(after["logSize"].as_u64() > before["logSize"].as_u64());
    assert_eq!(after["accepted"].as_u64().unwrap(), before["accepted"].as_u64().unwrap() + 1);
    // No partial tile of an earlier size stays behind.
    let expected = chain_core::log::tiles::all_tiles(after["logSize"].as_u64().unwrap()).count();
    assert_eq!(files_below(&folder.join("tile")).len(), expected);

    exported(&mut stage, &audited);
}

/// The export of a node is such a folder too, with the state key by key; one changed byte of any file is noticed.
fn exported(stage: &mut Stage, audited: &Value) {
    stage.net.network.stop();
    let folder = stage.folder.path().join("export");
    let customs = User::new(stage, &stage.net.cast.customs.clone(), "http://127.0.0.1:9");
    let data = stage.net.network.nodes[4].folder.join("data");
    let words = ["export", "--proofs", "--data", data.to_str().unwrap(), "-o", folder.to_str().unwrap()];
    let written = customs.done(&words);
    assert!(written["logSize"].as_u64() >= audited["logSize"].as_u64(), "{written}");
    let (code, _) = customs.run(&words);
    assert_eq!(code, Some(1), "a folder that is there is not replaced");
    let offline = ["audit", "--offline", "--dir", folder.to_str().unwrap()];
    let good = customs.done(&offline);
    assert_eq!(good["keys"], written["keys"]);

    let replayed = Command::new(sealane_binary().unwrap().with_file_name("sealane-replay"))
        .arg(folder.join("ledger.archive"))
        .output()
        .unwrap();
    let last = String::from_utf8(replayed.stdout).unwrap().lines().last().unwrap().to_owned();
    assert!(last.contains(good["hash"].as_str().unwrap()), "{last}");

    for path in files_below(&folder).into_iter().filter(|path| !path.ends_with("ledger.archive")) {
        let bytes = std::fs::read(&path).unwrap();
        for place in [0, bytes.len() / 3, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let (code, json) = customs.run(&offline);
            // A genesis that is another is another ledger: that is said before anything is checked.
            let other = path.ends_with("genesis.json") && code == Some(1);
            assert!(other || code == Some(3), "{} at {place}: {json}", path.display());
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    customs.done(&offline);
    println!("export: {} leaves, {} keys, {} files", written["logSize"], written["keys"], files_below(&folder).len());
}
