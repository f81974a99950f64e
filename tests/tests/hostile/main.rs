//! Bad input against a running network of four processes: what is refused leaves no trace, nobody falls over, and
//! honest members are served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../attack/mod.rs"]
mod attack;
mod envelope;
mod forge;
mod mutants;
mod records;
mod rules;
mod smuggling;
mod sockets;

use attack::deal::strike;
use attack::{Desk, Net, Reply, Standing, now};
use chain_core::types::RecordId;
use contracts::finance::calls::Capacity;
use contracts::registry::calls::ObjectType;
use forge::Forge;
use futures::StreamExt as _;
use rules::Stage;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use testnet::world::drafts::{object_draft, reserve_draft};
use testnet::world::receivable::{PledgeTerms, pledge_draft};

const MUTANTS: usize = 10_000;
const SIGNED_MUTANTS: usize = 2_000;
const REPLAYS: usize = 2_000;
/// Requests at a time.
const CONNECTIONS: usize = 24;

/// A crafted transaction and the codes, any of which its refusal must have.
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    pub codes: &'static str,
}

impl Case {
    pub fn new(name: impl Into<String>, bytes: Vec<u8>, codes: &'static str) -> Case {
        Case { name: name.into(), bytes, codes }
    }

    /// What is wrong with an answer, if anything.
    fn fault(&self, reply: &Reply) -> Option<String> {
        let code = reply.code();
        let expected: &[u16] = match code.as_str() {
            "TX-1120" => &[409],
            "TX-1001" | "API-0413" => &[413],
            "TX-1021" | "TX-1101" | "TX-1103" | "TX-1104" | "TX-1105" | "TX-1106" | "TX-1107" => &[403],
            form if form.starts_with("TX-10") => &[400],
            _ => &[409],
        };
        let problem = reply.header("content-type") == "application/problem+json";
        let named = self.codes.split('|').any(|allowed| allowed == code);
        let good = problem && named && expected.contains(&reply.status);
        let text: String = reply.text.chars().take(300).collect();
        (!good).then(|| format!("{}: expected {}, got {} {text}", self.name, self.codes, reply.status))
    }
}

/// Sends everything to the nodes in turn, many at a time; answers in no order.
async fn send_all(net: &Net, all: Vec<Vec<u8>>, wait: u64) -> Vec<(usize, Reply)> {
    let sends = all
        .into_iter()
        .enumerate()
        .map(|(index, bytes)| async move { (index, net.submit(index % 4, &bytes, wait).await) });
    futures::stream::iter(sends).buffer_unordered(CONNECTIONS).collect().await
}

async fn run(net: &Net, what: &str, cases: Vec<Case>, wait: u64) {
    let began = Instant::now();
    let answers = send_all(net, cases.iter().map(|case| case.bytes.clone()).collect(), wait).await;
    let faults: Vec<String> = answers.iter().filter_map(|(index, reply)| cases[*index].fault(reply)).collect();
    let codes: BTreeSet<String> = answers.iter().map(|(_, reply)| reply.code()).collect();
    println!("{what}: {} cases, {} codes, {:.1} s", cases.len(), codes.len(), began.elapsed().as_secs_f64());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// What stands on the ledger before anything bad is sent.
async fn set_the_stage(net: &Net, desk: &mut Desk) -> Stage {
    let cast = net.cast();
    let deal = strike(net, desk, 0, true, |_| {}).await;
    let own = strike(net, desk, 2, false, |trade| {
        let claim = trade.claim.as_mut().unwrap();
        (claim.confirmer, claim.capacity) = (trade.seller.clone(), Capacity::Debtor);
    })
    .await;
    let mut reservations = Vec::new();
    for minor in [1000, 500] {
        let built = desk.one(&cast.bank_a, reserve_draft(deal.receivable, minor, 7 * 24 * 3600, now()).unwrap());
        net.accept(0, "reservation", &built).await;
        reservations.push(RecordId { tx: built.id, index: 0 });
    }
    let terms = PledgeTerms { encumbrance: reservations[1], minor: 500, ..records::terms(&deal) };
    let built = desk.one(&cast.bank_a, pledge_draft(&cast.bank_a, &net.ledger(), &terms, now()).unwrap());
    net.accept(1, "pledge", &built).await;
    let pledge = RecordId { tx: built.id, index: 0 };
    let code = "parcel:of-enterprise-1".to_owned();
    let object = object_draft(&code, ObjectType::Parcel, None, now()).unwrap();
    net.accept(2, "object", &desk.one(&cast.enterprises[0], object)).await;
    Stage { deal, reservation: reservations[0], pledge, own, code }
}

/// Ten thousand mutants and a thousand crafted transactions are refused by their numbers, change no state on any
/// node, cause no failure inside, and leave the network working.
#[tokio::test(flavor = "multi_thread")]
async fn bad_transactions_change_nothing() {
    let mut net = Net::start(41).await;
    let mut desk = net.desk("good");
    let stage = set_the_stage(&net, &mut desk).await;
    let before = net.settled().await;
    let memory = net.memory();

    mutants_are_refused(&net, &mut desk).await;
    assert_eq!(net.settled().await, before, "mutants moved the ledger");

    let mut forge = Forge::new(net.ledger(), net.cast().seed, "forged");
    let samples = records::samples(&net, &mut desk, &stage.deal);
    let mut cases = Vec::new();
    envelope::headers(&net, &mut forge, &mut cases);
    envelope::signatures(&net, &mut forge, &mut cases);
    envelope::claims(&net, &mut forge, &mut cases);
    envelope::disclosures(&net, &mut forge, &mut cases);
    envelope::framing(&net, &mut forge, &mut cases);
    records::kinds(&net, &mut forge, &samples, &mut cases);
    records::numbers(&mut forge, &samples, &mut cases);
    records::letters(&mut forge, &samples, &mut cases);
    records::keys(&mut forge, &samples, &mut cases);
    run(&net, "crafted, refused at the door", cases, 0).await;
    assert_eq!(net.settled().await, before, "refused transactions moved the ledger");

    let mut cases = Vec::new();
    rules::steps(&net, &mut desk, &stage, &mut cases);
    rules::same_number(&mut forge, &samples, &mut cases);
    run(&net, "crafted, refused by the contracts", cases, 60).await;
    let after = net.settled().await;
    assert_eq!(after.state_root, before.state_root, "refused outcomes changed the state");
    assert!(after.height > before.height, "refused outcomes are final");

    replays_have_one_effect(&net, &mut desk, &mut forge).await;
    signed_mutants_break_nothing(&net, &mut desk).await;
    for node in 0..4 {
        let built = desk.order(&net.cast().platforms[node % 2]);
        net.accept(node, "a good one afterwards", &built).await;
    }
    let blocks = net.same_blocks().await;
    assert!(net.all_run(), "a node ended");
    assert_eq!(net.faults(), Vec::<String>::new());
    let grown: Vec<String> = net
        .memory()
        .iter()
        .zip(&memory)
        .map(|((rss, peak), (first, _))| format!("{} -> {} (peak {})", first >> 10, rss >> 10, peak >> 10))
        .collect();
    println!("{blocks} blocks equal on 4 of 4 nodes; resident MiB per node: {}", grown.join(", "));
}

async fn mutants_are_refused(net: &Net, desk: &mut Desk) {
    let bases = mutants::bases(net, desk);
    let all = mutants::mutants(&bases, 1, MUTANTS);
    let began = Instant::now();
    let answers = send_all(net, all.clone(), 0).await;
    let seconds = began.elapsed().as_secs_f64();
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for (index, reply) in &answers {
        let refused = matches!(reply.status, 400 | 403 | 413) && reply.code().starts_with("TX-1");
        assert!(
            refused,
            "mutant {index}: {} {}\n{:?}",
            reply.status,
            reply.text,
            String::from_utf8_lossy(&all[*index])
        );
        *codes.entry(reply.code()).or_default() += 1;
    }
    println!(
        "{} mutants of {} good transactions: {} refused, 5xx 0, {seconds:.1} s; {codes:?}",
        all.len(),
        bases.len(),
        answers.len()
    );
}

/// The same bytes, the same content under another signature, and other content under the same number.
async fn replays_have_one_effect(net: &Net, desk: &mut Desk, forge: &mut Forge) {
    let member = &net.cast().enterprises[0];
    let first = desk.order(member);
    let fresh = send_all(net, vec![first.bytes.clone(); 64], 60).await;
    let place = |reply: &Reply| (reply.json()["height"].clone(), reply.json()["index"].clone());
    let places: BTreeSet<String> =
        fresh.iter().map(|(_, reply)| format!("{} {:?}", reply.status, place(reply))).collect();
    assert_eq!(places.len(), 1, "64 at once: {places:?}");
    assert_eq!(fresh[0].1.status, 200);
    let before: Standing = net.settled().await;
    let again = send_all(net, vec![first.bytes.clone(); REPLAYS], 0).await;
    for (_, reply) in &again {
        assert_eq!((reply.status, place(reply)), (200, place(&fresh[0].1)), "{}", reply.text);
    }
    let text = String::from_utf8(first.bytes.clone()).unwrap();
    // The id does not depend on the signature: what is final stays what it is, whoever asks and however it is signed.
    let (input, rest) = text.split_once('~').and_then(|(jwt, rest)| Some((jwt.rsplit_once('.')?.0, rest))).unwrap();
    let signature = text[input.len() + 1..].split('~').next().and_then(chain_core::keys::unb64).unwrap();
    for forged in [envelope::plus_order(&signature.try_into().unwrap()), [0; 64]] {
        let again = format!("{input}.{}~{rest}", chain_core::keys::b64(&forged));
        let reply = net.submit(1, again.as_bytes(), 0).await;
        let good = reply.status == 403 || (reply.status, place(&reply)) == (200, place(&fresh[0].1));
        assert!(good, "{}", reply.text);
    }
    let mut cases = Vec::new();
    let claims = chain_core::keys::unb64(text.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    rules::other_content(net, forge, claims["jti"].as_str().unwrap(), &mut cases);
    run(net, "other content under a used jti", cases, 0).await;
    assert_eq!(net.settled().await, before, "replays moved the ledger");
    println!("64 at once: one place; {REPLAYS} replays: applied twice 0");
}

/// Changed records signed by their members try the contracts: no failure inside, the same outcome everywhere.
async fn signed_mutants_break_nothing(net: &Net, desk: &mut Desk) {
    let bases = mutants::bases(net, desk);
    let all = mutants::signed_mutants(net, &bases, 2, SIGNED_MUTANTS);
    let began = Instant::now();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for (index, reply) in send_all(net, all, 60).await {
        let good = matches!(reply.status, 200 | 400 | 403 | 409) && reply.code() != "TX-1900";
        assert!(good, "signed mutant {index}: {} {}", reply.status, reply.text);
        *statuses.entry(reply.status).or_default() += 1;
    }
    println!("{SIGNED_MUTANTS} signed mutants: {statuses:?}, {:.1} s", began.elapsed().as_secs_f64());
}
