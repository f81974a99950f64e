//! Every route for every caller.

use super::attack::deal::{Deal, strike};
use super::attack::{Desk, Net, Reply, bearer, now};
use super::callers::{Token, bad_tokens};
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::member::KeyUse;
use chain_core::tx::build::Built;
use chain_core::types::RecordId;
use futures::StreamExt as _;
use serde_json::json;
use testnet::world::MemberSigner;
use testnet::world::drafts::{key_rotation_drafts, reserve_draft};

/// The node that is asked: that of the first bank.
const NODE: usize = 2;

/// One request.
struct Call {
    method: reqwest::Method,
    path: String,
    body: Option<Vec<u8>>,
}

fn get(path: impl Into<String>) -> Call {
    Call { method: reqwest::Method::GET, path: path.into(), body: None }
}

async fn ask(net: &Net, call: &Call, token: Option<&str>) -> Reply {
    let request = net.http.request(call.method.clone(), format!("{}{}", net.url(NODE), call.path));
    let request = bearer(request, token);
    let request = match &call.body {
        Some(body) => request.body(body.clone()),
        None => request,
    };
    if call.path != "/v1/events" {
        return net.send(request).await;
    }
    // A stream has no end: its headers are the answer.
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = if status == 200 { String::new() } else { answer.text().await.unwrap() };
    Reply { status, headers, text }
}

struct World {
    net: Net,
    deal: Deal,
    /// An order of the deal's seller, with a sealed field.
    order: Built,
    reservation: RecordId,
}

async fn world(seed: u64) -> (World, Desk) {
    let net = Net::start(seed).await;
    let mut desk = net.desk("access");
    let deal = strike(&net, &mut desk, 0, true, |_| {}).await;
    let order = desk.order(&deal.seller);
    net.accept(0, "order", &order).await;
    let bank = net.cast().bank_a.clone();
    let built = desk.one(&bank, reserve_draft(deal.receivable, 100, 3600, now()).unwrap());
    net.accept(0, "reservation", &built).await;
    let reservation = RecordId { tx: built.id, index: 0 };
    net.settled().await;
    // Until a checkpoint covers all of it, receipts and state proofs answer 202.
    net.client(NODE, &bank).receipt(&reservation).await.unwrap();
    (World { net, deal, order, reservation }, desk)
}

/// Whom the table asks for: nobody, the record's enterprise, another one, another bank, customs, the node's operator.
fn callers(world: &World) -> [(&'static str, Option<MemberSigner>); 6] {
    let cast = world.net.cast();
    let foreign = cast.enterprises.iter().find(|e| !names(world, e)).unwrap();
    [
        ("stranger", None),
        ("own enterprise", Some(world.deal.seller.clone())),
        ("foreign enterprise", Some(foreign.clone())),
        ("another bank", Some(cast.bank_b.clone())),
        ("customs", Some(cast.customs.clone())),
        ("operator", Some(cast.bank_a.clone())),
    ]
}

fn names(world: &World, enterprise: &MemberSigner) -> bool {
    enterprise.id == world.deal.seller.id || enterprise.id == world.deal.trade.claim().unwrap().confirmer
}

/// Route by caller: the expected status in the order of [`callers`].
fn table(world: &World) -> Vec<(Call, [u16; 6])> {
    let tx = world.order.id;
    let record = RecordId { tx, index: 0 };
    let (rcv, reservation) = (world.deal.receivable, world.reservation);
    let sealed: Vec<&str> = world.order.sealed[0].1.iter().map(|s| s.disclosure.as_str()).collect();
    let post = |path: &str, body: Vec<u8>| Call { method: reqwest::Method::POST, path: path.into(), body: Some(body) };
    let present = |record: &RecordId, what: &[&str]| {
        post("/v1/disclosures", json!({ "record": record.to_string(), "disclosures": what }).to_string().into_bytes())
    };
    let members = [401, 200, 200, 200, 200, 200];
    let own_or_reader = [401, 200, 404, 200, 200, 200];
    let readers = [401, 404, 404, 200, 200, 200];
    let dealing = [401, 404, 404, 404, 200, 200];
    let operator = [401, 403, 403, 403, 403, 200];
    let mirrors = [401, 404, 404, 200, 200, 200];
    let member = &world.deal.seller.id;
    let nothing = RecordId { tx, index: 9 };
    vec![
        (get("/v1/status"), [200; 6]),
        (get("/openapi.json"), [200; 6]),
        (get("/docs/index.html"), [200; 6]),
        (get("/docs"), [200; 6]),
        (get("/verify.html"), [200; 6]),
        (get("/tlog/checkpoint"), [200; 6]),
        (get("/tlog/handovers.json"), [200; 6]),
        (get("/tlog/tile/0/000.p/1"), [200; 6]),
        // Agencies, and those whose nodes hold the log anyway: the other bank follows, the operator validates.
        (get("/tlog/tile/entries/000.p/1"), mirrors),
        (get("/tlog/tile/payloads/000.p/1"), mirrors),
        (post("/v1/transactions", world.order.bytes.clone()), [200; 6]),
        (get(format!("/v1/transactions/{tx}")), own_or_reader),
        (get(format!("/v1/transactions/{tx}/receipt")), own_or_reader),
        (get(format!("/v1/transactions/{tx}/receipt?record=0")), own_or_reader),
        (get(format!("/v1/transactions/{tx}/raw")), own_or_reader),
        (get("/v1/records"), members),
        (get(format!("/v1/records?member={member}")), members),
        (get(format!("/v1/records/{record}")), own_or_reader),
        (get(format!("/v1/records/{rcv}")), own_or_reader),
        // How a bank deals with a receivable is for that bank and the agencies: not for another bank.
        (get(format!("/v1/records/{reservation}")), dealing),
        (get(format!("/v1/transactions/{}", reservation.tx)), dealing),
        (get(format!("/v1/transactions/{}/receipt", reservation.tx)), dealing),
        (get(format!("/v1/transactions/{}/raw", reservation.tx)), dealing),
        (get(format!("/v1/records/{nothing}")), [401, 404, 404, 404, 404, 404]),
        // Who holds a disclosure may show it: knowing the salt is the right to.
        (present(&record, &sealed), members),
        (present(&record, &["W10"]), [401, 422, 422, 422, 422, 422]),
        (present(&nothing, &sealed), [401, 404, 404, 404, 404, 404]),
        (get(format!("/v1/receivables/{rcv}")), members),
        (get(format!("/v1/receivables/{rcv}/check")), operator),
        (get(format!("/v1/state?key=rcv/{rcv}")), members),
        (get(format!("/v1/state?key=member/{member}")), members),
        (get("/v1/state?key=gov/grants"), members),
        // Who holds an encumbrance is said to the holder alone, also to no authority and no other bank.
        (get(format!("/v1/state?key=holder/{reservation}")), [401, 404, 404, 404, 404, 200]),
        (get(format!("/v1/state?key=creditor/{rcv}")), [401, 200, 404, 404, 404, 404]),
        (get(format!("/v1/state?key=holder/{nothing}")), [401, 404, 404, 404, 404, 404]),
        (get("/v1/state?key=exact/00"), readers),
        (get("/v1/state?key=anything"), readers),
        (get("/v1/blocks"), members),
        (get("/v1/blocks/1"), members),
        (get("/v1/members"), members),
        (get(format!("/v1/members/{member}")), members),
        (get("/v1/validators"), members),
        (get("/v1/events"), members),
        (
            Call { method: reqwest::Method::DELETE, path: format!("/v1/disclosures/{record}"), body: None },
            [401, 403, 403, 403, 403, 204],
        ),
    ]
}

/// Each route answers each of six callers and 28 broken tokens as the table says; a revoked key opens nothing from
/// then on, even with a token that was good a moment before.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_for_every_caller() {
    let (world, mut desk) = world(51).await;
    let net = &world.net;
    let (mut cells, mut faults) = (0, Vec::new());
    let table = table(&world);
    let mut tokens = Vec::new();
    for (name, member) in callers(&world) {
        tokens.push((name, member.map(|m| net.client(NODE, &m).token().unwrap())));
    }
    for (call, expected) in &table {
        for ((name, token), expected) in tokens.iter().zip(expected) {
            let reply = ask(net, call, token.as_deref()).await;
            let what = format!("{} {} as {name}", call.method, call.path);
            if reply.status != *expected {
                faults.push(format!("{what}: {} instead of {expected}: {:.200}", reply.status, reply.text));
            }
            reply.check_problem(&what);
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
            cells += 1;
        }
        if expected[0] == 401 {
            for (name, token, codes) in bad_tokens(net, NODE) {
                let reply = ask(net, call, Some(&token)).await;
                let what = format!("{} {} with a token {name}", call.method, call.path);
                reply.check_problem(&what);
                let good = reply.status == 401 && codes.split('|').any(|code| code == reply.code());
                if !good || reply.header("www-authenticate") != "Bearer" {
                    faults.push(format!("{what}: {} {} instead of 401 {codes}", reply.status, reply.code()));
                }
                cells += 1;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {cells}:\n{}", faults.len(), faults.join("\n"));
    println!("{} routes, {cells} cells, leaks 0", table.len());
    revoked_key_opens_nothing(net, &mut desk, &table).await;
    assert_eq!(net.faults(), Vec::<String>::new());
}

async fn revoked_key_opens_nothing(net: &Net, desk: &mut Desk, table: &[(Call, [u16; 6])]) {
    let member = net.cast().enterprises[3].clone();
    let host = net.net.network.nodes[NODE].member.clone();
    let old = Token::new(&member, &member.api, &net.ledger(), &host).signed(&member.api);
    assert_eq!(ask(net, &get("/v1/members"), Some(&old)).await.status, 200);
    // A stream that is open already must not outlive the key.
    let url = format!("{}/v1/events", net.url(NODE));
    let open = bearer(net.http.get(url), Some(&old)).send().await.unwrap();
    let new = MemorySigner::from_seed(&[33; 32]);
    let drafts = key_rotation_drafts(&new.public_key(), &[KeyUse::Api], &member.api.public_key().kid(), now()).unwrap();
    let early = Token::new(&member, &new, &net.ledger(), &host).signed(&new);
    assert_eq!(ask(net, &get("/v1/members"), Some(&early)).await.code(), "AUTH-0406", "before it is registered");
    net.accept(NODE, "rotation", &desk.sign(&member, &drafts.map(Into::into))).await;
    net.settled().await;
    let fresh = Token::new(&member, &member.api, &net.ledger(), &host).signed(&member.api);
    for token in [&old, &fresh] {
        for (call, _) in table.iter().filter(|(_, expected)| expected[0] == 401) {
            let reply = ask(net, call, Some(token)).await;
            assert_eq!((reply.status, reply.code().as_str()), (401, "AUTH-0403"), "{}", call.path);
        }
    }
    assert_eq!(ask(net, &get("/v1/members"), Some(&early)).await.status, 200);
    net.accept(NODE, "an order", &desk.order(&net.cast().enterprises[0])).await;
    let height = net.settled().await.height;
    let mut seen = String::new();
    let mut bytes = open.bytes_stream();
    let patience = std::time::Duration::from_secs(20);
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout(patience, bytes.next()).await {
        seen.push_str(&String::from_utf8_lossy(&chunk));
        assert!(!seen.contains(&format!("id: {height}-")), "the stream outlived its key: {seen}");
    }
    println!("a revoked key: 0 of {} routes open, also with a token that was good before", table.len());
}

/// A foreign enterprise finds nothing of another's by any list, filter, parameter or stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_enterprise_sees_nothing() {
    let (world, mut desk) = world(52).await;
    let net = &world.net;
    let foreign = callers(&world)[2].1.clone().unwrap();
    let token = net.client(NODE, &foreign).token().unwrap();
    let secrets = [
        world.deal.seller.id.to_string(),
        world.order.id.to_string(),
        world.deal.receivable.tx.to_string(),
        world.reservation.tx.to_string(),
    ];
    let record = net
        .get(
            NODE,
            &format!("/v1/records/{}:0", world.order.id),
            Some(&net.client(NODE, &world.deal.seller).token().unwrap()),
        )
        .await;
    let object = record.json()["objects"][0].as_str().unwrap().to_owned();
    let seller = &world.deal.seller.id;
    let mut asked = 0;
    for path in [
        "/v1/records".to_owned(),
        "/v1/records?perPage=500".into(),
        format!("/v1/records?member={seller}"),
        format!("/v1/records?object={object}"),
        format!("/v1/records?object=rcv:{}", world.deal.receivable),
        "/v1/records?kind=trade.order/1".into(),
        "/v1/records?kind=finance.receivable/1".into(),
        "/v1/records?kind=finance.reserve/1".into(),
        "/v1/records?from=0&to=99999999999999".into(),
    ] {
        let reply = net.get(NODE, &path, Some(&token)).await;
        assert_eq!(reply.status, 200, "{path} {}", reply.text);
        let items = reply.json()["items"].as_array().unwrap().clone();
        assert!(items.iter().all(|item| item["issuer"] == foreign.id.as_str()), "{path}: {}", reply.text);
        for secret in &secrets {
            assert!(!reply.text.contains(secret), "{path} tells {secret}: {}", reply.text);
        }
        asked += 1;
    }
    // The open state of the receivable names nobody.
    let state = net.get(NODE, &format!("/v1/receivables/{}", world.deal.receivable), Some(&token)).await;
    assert_eq!(state.status, 200);
    for member in net.cast().members() {
        assert!(!state.text.contains(member.id.as_str()), "the state names {}: {}", member.nick, state.text);
    }
    // What was shown to the node is asked for in vain: nothing gives disclosures back.
    let shown: Vec<&str> = world.order.sealed[0].1.iter().map(|s| s.disclosure.as_str()).collect();
    net.client(NODE, &world.deal.seller)
        .present(
            &RecordId { tx: world.order.id, index: 0 },
            &world.order.sealed[0].1.iter().map(|s| s.disclosure.clone()).collect::<Vec<_>>(),
        )
        .await
        .unwrap();
    for (call, _) in table(&world).iter().filter(|(call, _)| call.method == reqwest::Method::GET) {
        let reply = ask(net, call, Some(&token)).await;
        assert!(shown.iter().all(|text| !reply.text.contains(text)) && !reply.text.contains("120.50"), "{}", call.path);
        asked += 1;
    }
    // Events: blocks, and transactions of its own only.
    let own = desk.order(&foreign);
    net.accept(NODE, "own order", &own).await;
    let request =
        bearer(net.http.get(format!("{}/v1/events", net.url(NODE))), Some(&token)).header("last-event-id", "0-0");
    let mut bytes = request.send().await.unwrap().bytes_stream();
    let (mut seen, last) = (String::new(), format!("id: {}-", net.settled().await.height));
    while !seen.contains(&last) || !seen.ends_with("\n\n") {
        let chunk = tokio::time::timeout(std::time::Duration::from_secs(30), bytes.next()).await.unwrap();
        seen.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
    }
    assert_eq!(seen.matches("event: transaction").count(), 1, "{seen}");
    assert!(seen.contains(&own.id.to_string()) && secrets.iter().all(|secret| !seen.contains(secret)));
    println!("{asked} questions and the stream: of another enterprise 0");
}
