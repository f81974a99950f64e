//! Slow sockets: who does not get on with a request loses the connection, and others are served meanwhile.

use super::attack::Net;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Sockets of each manner.
const EACH: usize = 50;
/// A socket that lives longer was not reaped. The node's bound for headers is 10 s and for a body 30 s.
const LIMIT: Duration = Duration::from_secs(90);

/// What is sent at once, and whether a byte follows every second.
const MANNERS: [(&str, &str, bool); 6] = [
    ("nothing at all", "", false),
    ("half an HTTP/2 preface", "PRI * HT", false),
    ("half a request line", "GET /v1/sta", false),
    ("a header byte a second", "GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: ", true),
    ("a body byte a second", "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", true),
    (
        "a chunk byte a second",
        "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
        true,
    ),
];

/// Opens a slow socket; gives the time until the node closed it.
async fn slow(address: SocketAddr, first: &str, drip: bool) -> Option<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    stream.write_all(first.as_bytes()).await.unwrap();
    let mut buffer = [0; 4096];
    while began.elapsed() < LIMIT {
        match tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return Some(began.elapsed()),
            Ok(Ok(_)) => {}
            // Writing to a closed socket fails at the second try at the latest.
            Err(_) if drip && stream.write_all(b"a").await.is_err() => return Some(began.elapsed()),
            Err(_) => {}
        }
    }
    None
}

/// Three hundred slow sockets at one node are closed within the node's bounds while honest requests and
/// transactions are answered.
#[tokio::test(flavor = "multi_thread")]
async fn slow_sockets_are_reaped() {
    let mut net = Net::start(42).await;
    let address = net.net.network.nodes[0].ports.api;
    let mut desk = net.desk("honest");
    let tasks: Vec<_> = MANNERS
        .iter()
        .flat_map(|manner| (0..EACH).map(move |_| manner))
        .map(|(name, first, drip)| (*name, tokio::spawn(slow(address, first, *drip))))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut latencies = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        assert_eq!(net.get(0, "/v1/status", None).await.status, 200);
        latencies.push(began.elapsed());
    }
    net.accept(0, "an order among slow sockets", &desk.order(&net.cast().enterprises[0])).await;
    latencies.sort();
    println!("honest requests among {} slow sockets: p50 {:?}, p99 {:?}", tasks.len(), latencies[50], latencies[98]);
    let mut times: Vec<(&str, Option<Duration>)> = Vec::new();
    for (name, task) in tasks {
        times.push((name, task.await.unwrap()));
    }
    for (name, ..) in MANNERS {
        let of: Vec<Option<Duration>> = times.iter().filter(|t| t.0 == name).map(|t| t.1).collect();
        let last = of.iter().flatten().max().copied().unwrap_or_default();
        println!("{name}: {} of {} reaped, the last after {last:?}", of.iter().flatten().count(), of.len());
    }
    let left: Vec<&str> = times.iter().filter(|t| t.1.is_none()).map(|t| t.0).collect();
    assert!(left.is_empty(), "{} sockets still held after {LIMIT:?}: {left:?}", left.len());
    assert!(net.all_run() && net.faults().is_empty(), "{:?}", net.faults());
}
