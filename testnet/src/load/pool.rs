//! Connections of the load's clients: HTTP/1.1, kept open, one request at a time on each.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

type Connection = SendRequest<Full<Bytes>>;

/// Idle connections per node.
pub struct Pool {
    nodes: Vec<Arc<Node>>,
}

struct Node {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub fn new(addresses: Vec<SocketAddr>) -> Pool {
        let node = |address| Arc::new(Node { address, idle: Mutex::default() });
        Pool { nodes: addresses.into_iter().map(node).collect() }
    }

    /// Submits to the nodes in turn. Gives the time from `due` to the final outcome, or none when it was not accepted.
    pub fn submit(&self, turn: usize, tx: Vec<u8>, due: Instant) -> JoinHandle<Option<Duration>> {
        let node = self.nodes[turn % self.nodes.len()].clone();
        tokio::spawn(async move {
            let accepted = node.send(tx).await?;
            accepted.then(|| due.elapsed())
        })
    }
}

impl Node {
    async fn send(&self, tx: Vec<u8>) -> Option<bool> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut connection = match kept {
            Some(connection) if connection.is_ready() => connection,
            _ => self.connect().await?,
        };
        let request = Request::post("/v1/transactions")
            .header("host", "node")
            .header("content-type", "application/sd-jwt")
            .header("prefer", "wait=60")
            .body(Full::new(Bytes::from(tx)))
            .ok()?;
        let answer = connection.send_request(request).await.ok()?;
        let accepted = answer.status() == StatusCode::OK;
        answer.into_body().collect().await.ok()?;
        idle().push(connection);
        Some(accepted)
    }

    async fn connect(&self) -> Option<Connection> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        sender.ready().await.ok()?;
        Some(sender)
    }
}
