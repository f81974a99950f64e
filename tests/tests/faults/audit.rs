//! What must hold when the faults are over, asked of every node that is up.

use super::load::Acknowledged;
use futures::StreamExt as _;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};
use testnet::client::Client;
use testnet::network::TestNetwork;

/// How long nodes may take to reach the same height after the last transaction.
const PATIENCE: Duration = Duration::from_secs(120);
/// Questions to a node at the same time.
const AT_ONCE: usize = 24;

/// Waits until the nodes stand at the same height, at least `least`.
pub async fn same_height(network: &TestNetwork, nodes: &[usize], least: u64) -> u64 {
    let clients: Vec<Client> = nodes.iter().map(|node| network.client(*node, &network.cast.customs)).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut heights = Vec::new();
        for client in &clients {
            heights.push(client.height().await.unwrap_or(0));
        }
        if heights[0] >= least && heights.iter().all(|height| *height == heights[0]) {
            return heights[0];
        }
        assert!(Instant::now() < deadline, "the nodes stay at different heights: {heights:?}, expected {least}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Checks that the nodes have the same blocks from the first to `height`: hash, state root and everything else.
pub async fn same_blocks(network: &TestNetwork, nodes: &[usize], height: u64) {
    let first = blocks(network, nodes[0]).await;
    let heights: Vec<u64> = first.iter().map(|block| block["height"].as_u64().unwrap()).collect();
    assert_eq!(heights, (1..=height).rev().collect::<Vec<_>>(), "every height once, newest first");
    for pair in first.windows(2) {
        assert_eq!(pair[0]["previous"], pair[1]["hash"], "each block names the one before");
    }
    for node in &nodes[1..] {
        let other = blocks(network, *node).await;
        for (one, two) in first.iter().zip(&other) {
            for part in ["height", "hash", "stateRoot", "logRoot"] {
                assert!(one[part].is_u64() || one[part].is_string(), "a block has a {part}");
                assert_eq!(one[part], two[part], "{part} at {} on node {node}", one["height"]);
            }
        }
        assert!(first == other, "node {node} has other blocks than node {}", nodes[0]);
    }
}

async fn blocks(network: &TestNetwork, node: usize) -> Vec<Value> {
    let client = network.client(node, &network.cast.customs);
    let (mut items, mut path) = (Vec::new(), "/v1/blocks?perPage=100".to_owned());
    loop {
        let answer = client.get(&path).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let mut page = answer.json();
        items.append(page["items"].as_array_mut().unwrap());
        match page["nextPageToken"].as_str() {
            Some(token) => path = format!("/v1/blocks?perPage=100&nextPageToken={token}"),
            None => return items,
        }
    }
}

/// Checks that every node has every acknowledged transaction accepted, at the place that was acknowledged.
pub async fn all_present(network: &TestNetwork, nodes: &[usize], acknowledged: &[Acknowledged]) {
    let cast = &network.cast;
    for node in nodes {
        // Several readers, because each may only ask so much in a second.
        let readers = [&cast.customs, &cast.tax, &cast.forex, &cast.bank_a, &cast.bank_b, &cast.insurer];
        let clients = readers.map(|member| network.client(*node, member));
        let questions = acknowledged.iter().enumerate().map(|(turn, one)| present(&clients, turn, *node, one));
        let found = futures::stream::iter(questions).buffer_unordered(AT_ONCE).count().await;
        assert_eq!(found, acknowledged.len());
    }
}

async fn present(clients: &[Client], turn: usize, node: usize, expected: &Acknowledged) {
    let path = format!("/v1/transactions/{}", expected.id);
    let answer = loop {
        let answer = clients[turn % clients.len()].get(&path).await.unwrap();
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    let body = answer.json();
    assert_eq!(answer.status, StatusCode::OK, "node {node} lost {}: {}", expected.id, answer.text);
    assert_eq!(body["status"], "accepted", "node {node}: {}", answer.text);
    assert_eq!(
        (body["height"].as_u64(), body["index"].as_u64()),
        (Some(expected.height), Some(expected.index)),
        "node {node} has {} elsewhere",
        expected.id
    );
}

/// Checks that no node's log tells of a panic.
pub fn no_panic(network: &TestNetwork) {
    for node in &network.network.nodes {
        let log = std::fs::read(node.log()).unwrap();
        let text = String::from_utf8_lossy(&log);
        assert!(!text.is_empty(), "{} has a log", node.member);
        let told = text.lines().find(|line| line.contains("panicked"));
        assert!(told.is_none(), "{}: {}", node.member, told.unwrap_or_default());
    }
}
