//! A network with nothing to do does nothing, and its proofs stay fresh.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stage;

use chain_core::log::SignedCheckpoint;
use chain_core::receipt::StateProof;
use stage::{Stage, cpu, rss_mib};
use std::time::{Duration, Instant};
use testnet::client::now_s;
use testnet::world::drafts::object_draft;

/// Unix seconds of a checkpoint's oldest cosignature. Of each signature line the first four bytes name the key; a
/// cosignature is then eight bytes of time and 64 of signature.
fn oldest_cosignature(checkpoint: &str) -> (u64, usize) {
    let signed = SignedCheckpoint::parse(checkpoint.as_bytes()).unwrap();
    let times: Vec<u64> = signed
        .signatures()
        .iter()
        .filter_map(|line| line.signature().first_chunk::<8>().filter(|_| line.signature().len() == 72))
        .map(|time| u64::from_be_bytes(*time))
        .collect();
    (*times.iter().min().unwrap(), times.len())
}

/// For 66 seconds without transactions, five nodes make no block and take next to no CPU; the proof that a key is
/// absent still verifies offline at every node, and the signatures under it are never older than about a minute.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_network_rests_and_stays_provable() {
    let mut stage = Stage::start(0x1D1E, 5).await;
    let cast = stage.net.cast.clone();
    let draft = object_draft("test:one", contracts::registry::calls::ObjectType::Parcel, None, stage::now()).unwrap();
    let one = stage.put(0, &cast.enterprises[0], draft).await;
    for node in 0..5 {
        stage.receipt(node, &one).await;
    }
    let height = stage.assert_equal().await;
    let unknown = chain_core::types::RecordId { tx: one.tx, index: 9 };
    let path = format!("/v1/state?key={}", contracts::finance::state::receivable_key(&unknown));

    let pids: Vec<u32> = stage.net.network.nodes.iter().map(|node| node.pid().unwrap()).collect();
    let (began, before): (Instant, Vec<Duration>) = (Instant::now(), pids.iter().map(|pid| cpu(*pid)).collect());
    tokio::time::sleep(Duration::from_secs(30)).await;
    let seconds = began.elapsed().as_secs_f64();
    for ((pid, before), node) in pids.iter().zip(before).zip(&stage.net.network.nodes) {
        let share = (cpu(*pid) - before).as_secs_f64() / seconds * 100.0;
        println!("idle node {}: {share:.2} % of a core, {:.1} MiB resident", node.member, rss_mib(*pid));
        assert!(share < 3.0, "node {} takes {share:.2} % of a core while idle", node.member);
    }
    tokio::time::sleep(Duration::from_secs(66).saturating_sub(began.elapsed())).await;

    for node in 0..5 {
        let client = stage.net.client(node, &cast.customs);
        assert_eq!(client.height().await.unwrap(), height, "node {node} made a block of nothing");
        let answer = client.get(&path).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        let proved = StateProof::verify(answer.text.as_bytes(), &stage.trust()).unwrap();
        assert_eq!((proved.value, proved.height.0), (None, height));
        let (oldest, cosigned) = oldest_cosignature(answer.json()["checkpoint"].as_str().unwrap());
        let age = now_s().saturating_sub(oldest);
        println!(
            "absence proved by node {node}: {} bytes, {cosigned} cosignatures, the oldest {age} s old",
            answer.text.len()
        );
        assert!(age <= 70, "node {node}: a cosignature is {age} s old");
    }
}
