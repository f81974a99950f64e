//! Requests whose end two readers could see at different places (RFC 9112, section 11.2), as raw bytes.

use super::attack::Net;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HIDDEN: &str = "GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends bytes and reads until the node closes. Gives the status of every answer, none when it never closes.
async fn exchange(address: SocketAddr, bytes: Vec<u8>) -> (Option<Vec<u16>>, Duration) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(&bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    let deadline = began + Duration::from_secs(90);
    while Instant::now() < deadline {
        match tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => {
                let text = String::from_utf8_lossy(&answer).into_owned();
                let answers =
                    text.match_indices("HTTP/1.").filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok());
                return (Some(answers.collect()), began.elapsed());
            }
            Ok(Ok(count)) => answer.extend_from_slice(&buffer[..count]),
            Err(_) => {}
        }
    }
    (None, began.elapsed())
}

/// A POST with these headers and this body.
fn post(headers: &str, body: &str) -> String {
    format!("POST /v1/transactions HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}")
}

fn cases() -> Vec<(String, String)> {
    let chunked = format!("0\r\n\r\n{HIDDEN}");
    let mut out = Vec::new();
    // Both lengths: whichever the node believes, there is one answer, or none and the end.
    for (cl, te) in [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 500", "Transfer-Encoding: chunked"),
        ("Content-Length: 0", "Transfer-Encoding: chunked"),
        ("content-length: 5", "TRANSFER-ENCODING: CHUNKED"),
    ] {
        out.push((format!("{cl}, {te}"), post(&format!("{cl}\r\n{te}\r\n"), &chunked)));
    }
    for te in [
        "Transfer-Encoding: identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chunked\x0b",
        "Transfer-Encoding:\r\n chunked",
        "X: y\r\n\tTransfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "Transfer-Encoding\x00: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer_Encoding: chunked\r\nContent-Length: 500",
        "Transfer-Encoding: ",
    ] {
        out.push((te.to_owned(), post(&format!("{te}\r\n"), &chunked)));
        let name = format!("{te}, Content-Length: {}", chunked.len());
        out.push((name, post(&format!("{te}\r\nContent-Length: {}\r\n", chunked.len()), &chunked)));
    }
    for cl in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 99999999999999999999999",
        "Content-Length:",
        "Content-Length: five",
        "Content-Length\t: 5",
        "Content-Length: \u{ff15}",
    ] {
        out.push((cl.to_owned(), post(&format!("{cl}\r\n"), &format!("aaaaa{HIDDEN}"))));
    }
    for chunk in [
        "g\r\n",
        "-1\r\n",
        "+5\r\naaaaa\r\n",
        "0x5\r\naaaaa\r\n",
        "ffffffffffffffff\r\naaaaa\r\n",
        "10000000000000000\r\naaaaa\r\n",
        "5 5\r\naaaaa\r\n",
        "\r\n5\r\naaaaa\r\n",
        "5\naaaaa\n0\n\n",
        "5\r\naaaaaXX0\r\n\r\n",
        "5\r\naaaaab\r\n",
        ";a=b\r\n",
    ] {
        let body = format!("{chunk}0\r\n\r\n{HIDDEN}");
        out.push((format!("chunk {chunk:?}"), post("Transfer-Encoding: chunked\r\n", &body)));
    }
    let long = format!("5;{}\r\naaaaa\r\n{chunked}", "x".repeat(100_000));
    out.push(("long chunk extension".into(), post("Transfer-Encoding: chunked\r\n", &long)));
    for line in [
        "GET  /v1/status HTTP/1.1",
        "GET /v1/status  HTTP/1.1",
        "GET /v1/status HTTP/1.2",
        "GET /v1/status HTTP/0.9",
        "GET /v1/status",
        "GET /v1/status HTTP/1.1 HTTP/1.1",
        "GET\t/v1/status\tHTTP/1.1",
        "G\x00T /v1/status HTTP/1.1",
        "GET /v1/\x00 HTTP/1.1",
        "GET http://other/v1/status HTTP/1.1",
        "GET //v1/status HTTP/1.1",
        "GET /v1/../v1/status HTTP/1.1",
        "GET /docs/../../../../etc/passwd HTTP/1.1",
        "GET /tlog/tile/0/../../../etc/passwd HTTP/1.1",
        "\r\n\r\n\r\nGET /v1/status HTTP/1.1",
        "CONNECT x:80 HTTP/1.1",
        "PRI * HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
    ] {
        out.push((format!("line {line:?}"), format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n")));
    }
    let header = "h".repeat(100_000);
    out.push(("a header of 100 kB".into(), format!("GET /v1/status HTTP/1.1\r\nHost: x\r\nX: {header}\r\n\r\n")));
    let many = (0..5000).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    out.push(("5000 headers".into(), format!("GET /v1/status HTTP/1.1\r\nHost: x\r\n{many}\r\n")));
    out.push((
        "TE in HTTP/1.0".into(),
        format!("POST /v1/transactions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
    ));
    out.push((
        "GET with a body".into(),
        format!("GET /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len()),
    ));
    out.push(("upgrade to h2c".into(), "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n".into()));
    out
}

/// Ambiguous requests get one answer or none, never one for what they hide, never a 5xx, never a hang; two honest
/// requests on one connection get two.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_smuggled() {
    let mut net = Net::start(43).await;
    let address = |node: usize, net: &Net| net.net.network.nodes[node].ports.api;
    let honest =
        "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (two, _) = exchange(address(0, &net), honest.into()).await;
    assert_eq!(two, Some(vec![200, 404]), "the control has two answers");
    let cases = cases();
    let tasks: Vec<_> = cases
        .into_iter()
        .enumerate()
        .map(|(n, (name, text))| (name, tokio::spawn(exchange(address(n % 4, &net), text.into_bytes()))))
        .collect();
    let (count, mut faults, mut slowest, mut refused) = (tasks.len(), Vec::new(), Duration::ZERO, 0);
    for (name, task) in tasks {
        let (answers, took) = task.await.unwrap();
        slowest = slowest.max(took);
        match answers {
            None => faults.push(format!("{name:?}: hangs")),
            Some(answers) if answers.len() > 1 || answers.iter().any(|status| *status >= 500) => {
                faults.push(format!("{name:?}: {answers:?}"));
            }
            Some(answers) => refused += usize::from(answers.first() != Some(&200)),
        }
    }
    println!(
        "{count} raw requests: {refused} refused, {} faults, the slowest connection closed after {slowest:?}",
        faults.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let mut desk = net.desk("after");
    net.accept(0, "an order afterwards", &desk.order(&net.cast().enterprises[0])).await;
    assert!(net.all_run() && net.faults().is_empty(), "{:?}", net.faults());
}
