//! Serving HTTP with bounds: header time, body, connections. `axum::serve` has none of the first.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// A client must send its request's headers within this time, the first also after connecting.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at a time.
const CONNECTIONS: usize = 4096;

/// Why a listener did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}; is another program using the port?")]
pub struct ServeError {
    address: SocketAddr,
    error: std::io::Error,
}

/// A running listener.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a router.
///
/// # Errors
/// The address is taken or not this machine's.
pub async fn serve(address: SocketAddr, router: Router) -> Result<Server, ServeError> {
    let fail = |error| ServeError { address, error };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    Ok(Server { address, task: tokio::spawn(accept(listener, router)) })
}

async fn accept(listener: TcpListener, router: Router) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, or the client went away: neither ends the listener.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let inner = TowerToHyperService::new(router.clone());
        let (seen, first) = watch::channel(false);
        let service = hyper::service::service_fn(move |request| {
            seen.send_replace(true);
            hyper::service::Service::call(&inner, request)
        });
        tokio::spawn(async move {
            let mut builder = auto::Builder::new(TokioExecutor::new());
            builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(64 << 10);
            builder
                .http2()
                .timer(TokioTimer::new())
                .max_concurrent_streams(256)
                .keep_alive_interval(Duration::from_secs(20))
                .keep_alive_timeout(HEADER_TIMEOUT);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // hyper's header timer does not run until the protocol is known, and never for a silent HTTP/2 peer.
            tokio::select! {
                _ = connection => {}
                () = no_request(first) => {}
            }
            drop(permit);
        });
    }
}

/// Resolves when no request came within the header timeout.
async fn no_request(mut seen: watch::Receiver<bool>) {
    if tokio::time::timeout(HEADER_TIMEOUT, seen.wait_for(|seen| *seen)).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// Headers of every answer.
pub async fn common_headers(request: Request, next: Next) -> Response {
    // Where a chunked request ends is what two readers may see differently: nothing behind it is answered.
    let last = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if last {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}
