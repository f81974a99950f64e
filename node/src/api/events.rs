//! Committed blocks and transactions as server-sent events.

use super::auth::Caller;
use super::problem::Problem;
use super::State;
use super::transactions::status_json;
use crate::ledger::{Committed, LedgerError};
use crate::query::{self, StoredBlock, TxStatus};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use chain_core::block::Header;
use chain_core::types::Height;
use futures::Stream;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Where a reader is: the next event is the first after this height and number.
struct Cursor {
    node: Arc<super::Node>,
    caller: Caller,
    height: Height,
    number: u64,
    ready: VecDeque<Event>,
}

/// Events from now on, or from after `Last-Event-ID` (`<height>-<number>`): for each block its transactions, then the block.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(("Last-Event-ID" = Option<String>, Header, description = "the id of the last event received")),
    responses((status = 200, description = "events `transaction` and `block`", content_type = "text/event-stream")))]
pub async fn stream(
    state: State,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let last = headers.get("last-event-id").map(|v| v.to_str().unwrap_or_default());
    let (height, number) = match last {
        None => (state.0.blocks.ledger.head().height, u64::MAX),
        Some(text) => text
            .split_once('-')
            .and_then(|(h, n)| Some((Height(h.parse().ok()?), n.parse().ok()?)))
            .ok_or_else(|| Problem::parameter("Last-Event-ID", "expected <height>-<number>"))?,
    };
    let cursor = Cursor { node: state.0, caller, height, number, ready: VecDeque::new() };
    let commits = cursor.node.blocks.answers.subscribe();
    let events = futures::stream::unfold((cursor, commits), |(mut cursor, mut commits)| async move {
        loop {
            if let Some(event) = cursor.ready.pop_front() {
                return Some((Ok(event), (cursor, commits)));
            }
            // A stream must not outlive its key.
            match cursor.caller.renew(&cursor.node) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    tracing::error!(%error, "an event stream ends");
                    return None;
                }
            }
            match cursor.advance() {
                Ok(true) => {}
                Ok(false) => match commits.recv().await {
                    Ok(committed) => cursor.live(&committed),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                Err(error) => {
                    tracing::error!(%error, "an event stream ends");
                    return None;
                }
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Cursor {
    /// Prepares the events of the next block; false when there is none yet.
    fn advance(&mut self) -> Result<bool, LedgerError> {
        // The block of the last event may have more to tell.
        let finished = self.number == u64::MAX || self.height == Height::GENESIS;
        let height = if finished { self.height.next() } else { self.height };
        let Some(block) = query::block(&self.node.blocks.ledger, height)? else { return Ok(false) };
        let after = if finished { None } else { Some(self.number) };
        self.prepare(&block, after)?;
        (self.height, self.number) = (height, u64::MAX);
        Ok(true)
    }

    /// Takes a block that was just committed, if it is the next.
    fn live(&mut self, committed: &Committed) {
        let block = &committed.block;
        if self.number != u64::MAX || block.header.height != self.height.next() {
            return;
        }
        for position in 0..block.txs.len() {
            self.tell(&block.status(position));
        }
        self.tell_block(&block.header, block.txs.len());
        self.height = block.header.height;
    }

    fn prepare(&mut self, block: &StoredBlock, after: Option<u64>) -> Result<(), LedgerError> {
        for index in 0..u32::try_from(block.txs.len()).unwrap_or(u32::MAX) {
            if after.is_none_or(|n| u64::from(index) > n) {
                self.tell(&block.status(&self.node.blocks.ledger, index)?);
            }
        }
        if after.is_none_or(|n| block.txs.len() as u64 > n) {
            self.tell_block(&block.header, block.txs.len());
        }
        Ok(())
    }

    fn tell(&mut self, status: &TxStatus) {
        if self.caller.sees_transaction(&status.issuer, &status.kinds) {
            let id = format!("{}-{}", status.height, status.index);
            let event = Event::default().event("transaction").id(id).data(status_json(status).to_string());
            self.ready.push_back(event);
        }
    }

    fn tell_block(&mut self, header: &Header, transactions: usize) {
        let data = json!({
            "height": header.height.0, "hash": header.hash().to_hex(), "time": header.time.0, "transactions": transactions,
        });
        let id = format!("{}-{transactions}", header.height);
        self.ready.push_back(Event::default().event("block").id(id).data(data.to_string()));
    }
}
