//! Keys and validators are changed while the network works: nothing stalls, nothing proved before is lost, and what
//! was revoked is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use chain_core::keys::{MemorySigner, PublicKey, Signer as _, b64};
use chain_core::member::KeyUse;
use chain_core::receipt;
use chain_core::validators::Validator;
use contracts::registry::calls::ObjectType;
use node::config::NodeKeys as KeyFile;
use stage::finance::reserved;
use stage::{Load, PATIENCE, Stage, handovers, kid, new_key, now};
use std::time::{Duration, Instant};
use testnet::client::Client;
use testnet::world::drafts::{key_rotation_drafts, object_draft, set_validators};
use testnet::world::receivable::pledge_draft;
use testnet::world::{MemberSigner, NodeKeys};

const CUSTOMS: usize = 0;
const TAX: usize = 1;
const BANK_A: usize = 2;
const INSURER: usize = 3;
const BANK_B: usize = 4;

/// Adds a key and revokes another in one transaction that `signer` signs. Returns its height.
async fn rotate(
    stage: &mut Stage,
    member: &MemberSigner,
    old: &MemorySigner,
    new: &MemorySigner,
    purpose: KeyUse,
    signer: &MemorySigner,
) -> u64 {
    let drafts = key_rotation_drafts(&new.public_key(), &[purpose], &kid(old), now()).unwrap();
    let built = stage.sign_with(member, &drafts, signer);
    let done = stage.net.client(TAX, member).submit_accepted("rotation", &built.bytes).await.unwrap();
    done["height"].as_u64().unwrap()
}

fn parcel(number: &str) -> chain_core::record::RecordDraft {
    object_draft(&format!("test:{number}"), ObjectType::Parcel, None, now()).unwrap()
}

/// Every node refuses a transaction that this key signs, as of a key that is no longer valid.
async fn assert_revoked(stage: &mut Stage, member: &MemberSigner, key: &MemorySigner, since: u64) {
    for node in 0..stage.net.network.nodes.len() {
        let client = stage.net.client(node, member);
        client.wait_height(since, PATIENCE).await.unwrap();
        let built = stage.sign_with(member, &[parcel(&format!("revoked-{}-{node}", member.nick))], key);
        let answer = client.submit(&built.bytes, 5).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "TX-1104"), "{}", answer.text);
    }
}

/// A member replaces its record key, its API key, and a bank its maker's and checker's keys, while others write: each
/// old key is refused from the next height on, each new one works, and receipts signed with old keys still verify.
#[tokio::test(flavor = "multi_thread")]
async fn members_replace_their_keys() {
    let mut stage = Stage::start(0xC4A1, 5).await;
    let cast = stage.net.cast.clone();
    let load = Load::begin(&stage, &cast.enterprises[1], &[CUSTOMS, TAX]);
    // Not the seller of the trade below: its documents are signed with its first key.
    let (old, mut firm) = (cast.enterprises[3].clone(), cast.enterprises[3].clone());
    let before = stage.put(CUSTOMS, &firm, parcel("before-rotation")).await;
    let (receipt_before, _) = stage.receipt(CUSTOMS, &before).await;

    // The record key. The API key is then replaced with the new record key.
    firm.record = new_key();
    let at = rotate(&mut stage, &old, &old.record, &firm.record, KeyUse::Record, &old.record).await;
    assert_revoked(&mut stage, &firm, &old.record, at).await;
    let after = stage.put(INSURER, &firm, parcel("after-rotation")).await;
    firm.api = new_key();
    let at_api = rotate(&mut stage, &firm, &old.api, &firm.api, KeyUse::Api, &firm.record).await;
    for node in 0..5 {
        let client = stage.net.client(node, &firm);
        client.wait_height(at_api, PATIENCE).await.unwrap();
        assert_eq!(client.get("/v1/members").await.unwrap().status, 200);
        let refused = stage.net.client(node, &old).get("/v1/members").await.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "AUTH-0403"), "{}", refused.text);
    }

    // A bank's two people. Both old keys were good until now: the reservation stands, the pledge waits.
    let (old_bank, mut bank) = (cast.bank_a.clone(), cast.bank_a.clone());
    let terms = reserved(&mut stage, TAX, &bank).await.terms;
    (bank.maker, bank.checker) = (Some(new_key()), Some(new_key()));
    let [old_maker, old_checker] = [&old_bank.maker, &old_bank.checker].map(|key| key.clone().unwrap());
    // A stolen record key names neither.
    let theft = key_rotation_drafts(&new_key().public_key(), &[KeyUse::Checker], &kid(&old_checker), now()).unwrap();
    let stolen = stage.sign_with(&bank, &theft, &bank.record);
    let answer = stage.net.client(TAX, &bank).submit(&stolen.bytes, 5).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "MEM-2008"), "{}", answer.text);
    let [maker, checker] = [&bank.maker, &bank.checker].map(|key| key.clone().unwrap());
    rotate(&mut stage, &bank, &old_maker, &maker, KeyUse::Maker, &old_checker).await;
    let at_bank = rotate(&mut stage, &bank, &old_checker, &checker, KeyUse::Checker, &old_checker).await;
    assert_revoked(&mut stage, &bank, &old_checker, at_bank).await;
    let ledger = stage.net.founding.id;
    let approved_by_old = pledge_draft(&old_bank, &ledger, &terms, now()).unwrap();
    let built = stage.sign(&bank, &[approved_by_old.clone().into()]);
    let refused = stage.net.client(BANK_A, &bank).submit(&built.bytes, 30).await.unwrap();
    assert_eq!(refused.status, 409, "an approval of the old maker: {}", refused.text);
    println!("an approval by the old maker's key: {} {}", refused.code(), refused.json()["detail"]);
    let built = stage.sign_with(&bank, &[pledge_draft(&bank, &ledger, &terms, now()).unwrap()], &old_checker);
    let refused = stage.net.client(BANK_A, &bank).submit(&built.bytes, 5).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "TX-1104"), "{}", refused.text);
    let pledge = stage.put(BANK_A, &bank, pledge_draft(&bank, &ledger, &terms, now()).unwrap()).await;

    let seen = load.end().await;
    println!(
        "member keys: record key revoked at height {at}, API key at {at_api}, bank's at {at_bank}; {} transactions beside it, slowest {} ms, longest gap between blocks {} ms, heights {} to {}",
        seen.accepted.len(),
        seen.slowest.as_millis(),
        seen.longest_gap.as_millis(),
        seen.heights.0,
        seen.heights.1
    );
    stage.assert_equal().await;
    receipt::verify(receipt_before.as_bytes(), &stage.trust()).unwrap();
    for id in [before, after, pledge] {
        stage.receipt(BANK_B, &id).await;
    }
}

async fn status(stage: &Stage, node: usize) -> serde_json::Value {
    stage.net.client(node, &stage.net.cast.customs).get_public("/v1/status").await.unwrap().json()
}

/// Waits until a validator with this vote key has built a block from `from` on. The load makes blocks meanwhile.
async fn proposes(client: &Client, key: PublicKey, from: u64) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    let mut height = from;
    while Instant::now() < deadline {
        let block = client.get(&format!("/v1/blocks/{height}")).await.unwrap();
        if block.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        } else if block.json()["proposer"] == key.to_string() {
            return height;
        } else {
            height += 1;
        }
    }
    panic!("the validator builds no block from {from} to {height}");
}

fn validators(stage: &Stage, nodes: &[&NodeKeys]) -> Vec<Validator> {
    let mut set: Vec<Validator> = nodes.iter().map(|keys| keys.validator()).collect();
    set.sort_by(|a, b| a.member.cmp(&b.member));
    assert!(set.len() == stage.net.founding.validators.len());
    set
}

/// The vote keys in the certificates of these heights.
async fn signers(client: &Client, heights: std::ops::RangeInclusive<u64>) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    for height in heights {
        let block = client.get(&format!("/v1/blocks/{height}")).await.unwrap().json();
        for entry in block["certificate"]["signatures"].as_array().unwrap() {
            found.push((height, entry[0].as_str().unwrap().to_owned()));
        }
    }
    found
}

/// By vote, the second bank's node takes the insurer's place, and then the tax office's validator gets new vote, log
/// and cosigner keys: blocks go on, the leaving node follows, old keys sign nothing more, and receipts from before and
/// after verify from the genesis file alone, at every node, one that was down during the change included.
#[tokio::test(flavor = "multi_thread")]
async fn validators_are_replaced_and_get_new_keys() {
    let mut stage = Stage::start(0xC4A2, 5).await;
    let cast = stage.net.cast.clone();
    let load = Load::begin(&stage, &cast.enterprises[1], &[CUSTOMS, BANK_A]);
    let before = stage.put(CUSTOMS, &cast.enterprises[0], parcel("before-change")).await;
    let (receipt_before, _) = stage.receipt(CUSTOMS, &before).await;
    assert_eq!(handovers(&receipt_before), 0);

    // 1. Another node votes.
    let [customs, tax, bank_a, insurer, bank_b] = [0, 1, 2, 3, 4].map(|n| cast.nodes[n].clone());
    let set = validators(&stage, &[&customs, &tax, &bank_a, &bank_b]);
    let replaced = stage.decide(set_validators(set)).await;
    let client = stage.net.client(CUSTOMS, &cast.customs);
    let built = proposes(&client, bank_b.validator().vote, replaced).await;
    for (node, role) in [(CUSTOMS, "validator"), (BANK_B, "validator"), (INSURER, "follower")] {
        stage.net.client(node, &cast.customs).wait_height(replaced, PATIENCE).await.unwrap();
        assert_eq!(status(&stage, node).await["role"], role, "node {node}");
    }
    let between = stage.put(INSURER, &cast.enterprises[0], parcel("between-changes")).await;
    for node in 0..5 {
        let (text, _) = stage.receipt(node, &between).await;
        assert_eq!(handovers(&text), 1, "node {node}");
    }

    // 2. New keys for the tax office's validator: decided, then put in place with a restart. The node that follows now
    // is down meanwhile, so that it misses the signatures of the change.
    stage.net.network.nodes[INSURER].kill();
    let mut renewed = tax.clone();
    (renewed.vote, renewed.log, renewed.cosigner) = (rand::random(), rand::random(), rand::random());
    let set = validators(&stage, &[&customs, &renewed, &bank_a, &bank_b]);
    let rotated = stage.decide(set_validators(set)).await;
    let node = &mut stage.net.network.nodes[TAX];
    node.signal("TERM");
    let began = Instant::now();
    while node.is_running() && began.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.kill();
    let keys = KeyFile {
        peer: b64(&renewed.peer),
        vote: b64(&renewed.vote),
        log: b64(&renewed.log),
        cosigner: b64(&renewed.cosigner),
    };
    std::fs::write(node.folder.join("keys.toml"), toml::to_string(&keys).unwrap()).unwrap();
    node.start().unwrap();
    if let Err(error) = node.wait_ready(PATIENCE).await {
        panic!("{error}\n{}", std::fs::read_to_string(node.log()).unwrap_or_default());
    }
    let away = began.elapsed();
    let built_anew = proposes(&client, renewed.validator().vote, rotated).await;
    assert_eq!(status(&stage, TAX).await["role"], "validator");
    let after = stage.put(TAX, &cast.enterprises[0], parcel("after-changes")).await;
    client.wait_height(rotated + 25, PATIENCE).await.unwrap();
    stage.net.network.nodes[INSURER].start().unwrap();
    stage.net.network.nodes[INSURER].wait_ready(PATIENCE).await.unwrap();

    let seen = load.end().await;
    println!(
        "validators: replaced from height {replaced} (new one built {built}), keys replaced from {rotated} (new key built {built_anew}, node away {} ms); {} transactions beside it, none failed, slowest {} ms, longest gap between blocks {} ms, heights {} to {}",
        away.as_millis(),
        seen.accepted.len(),
        seen.slowest.as_millis(),
        seen.longest_gap.as_millis(),
        seen.heights.0,
        seen.heights.1
    );
    let height = stage.assert_equal().await;

    // What left signs nothing more, and what came signs.
    let found = signers(&client, replaced..=height).await;
    let signed = |key: PublicKey, from: u64| found.iter().filter(|(h, k)| *h >= from && *k == key.to_string()).count();
    assert_eq!(signed(insurer.validator().vote, replaced), 0);
    assert_eq!(signed(tax.validator().vote, rotated), 0);
    assert!(signed(bank_b.validator().vote, replaced) > 0 && signed(renewed.validator().vote, rotated) > 0);

    // The receipt from before as it was, and every node's receipt of old, middle and new, from the genesis alone.
    receipt::verify(receipt_before.as_bytes(), &stage.trust()).unwrap();
    for node in 0..5 {
        let mut sizes: Vec<usize> = Vec::new();
        // The newest first: its checkpoint is one of the validators after both changes, and serves the others too.
        for id in [after, between, before] {
            let (text, _) = stage.receipt(node, &id).await;
            assert_eq!(handovers(&text), 2, "node {node}");
            sizes.push(text.len());
        }
        if node == 0 {
            println!("receipts through two handovers: {sizes:?} bytes; without: {} bytes", receipt_before.len());
        }
    }
}
