//! Server-sent events: what is resumed goes on where it was, with neither gap nor repetition.

use super::attack::{Net, bearer};
use futures::StreamExt as _;
use rand::{Rng as _, SeedableRng as _};
use std::time::Duration;
use testnet::world::MemberSigner;

/// Reads up to `count` events after an id; each as (id, event name). Then the connection is dropped, wherever it is.
async fn read(
    net: &Net,
    member: &MemberSigner,
    node: usize,
    after: Option<&str>,
    count: usize,
) -> Vec<(String, String)> {
    let token = net.client(node, member).token().unwrap();
    let request = bearer(net.http.get(format!("{}/v1/events", net.url(node))), Some(&token));
    let request = match after {
        Some(id) => request.header("last-event-id", id),
        None => request,
    };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut bytes = answer.bytes_stream();
    let (mut text, mut events) = (String::new(), Vec::new());
    while events.len() < count {
        let Ok(Some(chunk)) = tokio::time::timeout(Duration::from_secs(60), bytes.next()).await else { break };
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap()));
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(id), Some(kind)) = (field("id: "), field("event: ")) {
                events.push((id, kind));
            }
            text = rest.to_owned();
        }
    }
    events.truncate(count);
    events
}

/// A reader that is cut off after every few events, and goes on at another node, sees each event of the ledger once
/// and in order, while transactions are being sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_stream_has_no_gap_and_no_repetition() {
    let net = Net::start(54).await;
    let (mut desk, mut late) = (net.desk("events"), net.desk("late"));
    let customs = net.cast().customs.clone();
    for n in 0..10 {
        net.accept(n % 4, "order", &desk.order(&net.cast().enterprises[n % 4])).await;
    }
    let sending = async {
        for n in 0..40 {
            let batch = (0..n % 5).map(|_| late.order(&net.cast().platforms[n % 2])).collect::<Vec<_>>();
            futures::future::join_all(batch.iter().map(|built| net.accept(n % 4, "order", built))).await;
        }
    };
    let reading = async {
        let mut random = rand::rngs::StdRng::seed_from_u64(5);
        let (mut last, mut seen, mut cuts) = ("0-0".to_owned(), Vec::new(), 0);
        while seen.len() < 60 {
            let events = read(&net, &customs, cuts % 4, Some(&last), random.gen_range(1..5)).await;
            last = events.last().unwrap().0.clone();
            seen.extend(events);
            cuts += 1;
        }
        (seen, cuts)
    };
    let ((), (mut seen, cuts)) = tokio::join!(sending, reading);
    let top = net.settled().await.height;
    let token = net.client(0, &customs).token().unwrap();
    let mut expected = Vec::new();
    for height in 1..=top {
        let block = net.get(0, &format!("/v1/blocks/{height}"), Some(&token)).await.json();
        let count = block["transactions"].as_array().unwrap().len();
        expected.extend((0..count).map(|index| (format!("{height}-{index}"), "transaction".to_owned())));
        expected.push((format!("{height}-{count}"), "block".to_owned()));
    }
    let rest = expected.len() - seen.len();
    let last = seen.last().unwrap().0.clone();
    if rest > 0 {
        seen.extend(read(&net, &customs, 1, Some(&last), rest).await);
    }
    assert_eq!(seen, expected);
    // From every single event on, the rest follows.
    for (at, (id, _)) in expected.iter().enumerate().take(expected.len() - 1) {
        assert_eq!(
            read(&net, &customs, at % 4, Some(id), 3).await,
            expected[at + 1..(at + 4).min(expected.len())].to_vec()[..].iter().take(3).cloned().collect::<Vec<_>>(),
            "after {id}"
        );
        if at + 4 >= expected.len() {
            break;
        }
    }
    // Without an id: from now on, nothing of before.
    let (events, ()) = tokio::join!(read(&net, &customs, 2, None, 2), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        net.accept(2, "order", &desk.order(&net.cast().enterprises[0])).await;
    });
    assert_eq!(events, [(format!("{}-0", top + 1), "transaction".into()), (format!("{}-1", top + 1), "block".into())]);
    for wrong in ["x", "1", "1-", "-1", "1-x", "99999999999999999999999-0", "1-0-0", "\u{ff11}-0"] {
        let request = bearer(net.http.get(format!("{}/v1/events", net.url(0))), Some(&token));
        let reply = net.send(request.header("last-event-id", wrong.as_bytes())).await;
        reply.check_problem(wrong);
        assert_eq!(reply.status, 400, "Last-Event-ID {wrong:?}");
    }
    println!("{} events over {top} blocks, cut {cuts} times: gaps 0, repeated 0", expected.len());
}
