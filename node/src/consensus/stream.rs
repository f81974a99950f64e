//! A block travels as a stream: one signed statement of what follows, then parts of 128 KiB. Every part comes
//! straight from the node that publishes the stream, in any order. What is kept for each peer is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

use super::context::Part;
use super::vote_bytes::StreamStatement;

/// Length of every part but the last, in bytes.
pub(super) const PART_BYTES: usize = 128 * 1024;
/// Length of a stream id: height, round and a number that its publisher does not use twice.
pub(super) const STREAM_ID_BYTES: usize = 20;
/// Streams kept for one peer; an honest one has one, or two at the turn of a height.
const MAX_STREAMS: usize = 6;
/// Streams for heights further ahead are left to value sync.
const MAX_AHEAD: u64 = 2;
/// A stream without a statement, or one refused, is forgotten after this time.
const MAX_AGE: Duration = Duration::from_secs(30);

/// The id of a stream.
pub(super) fn stream_id(height: u64, round: u32, number: u64) -> Bytes {
    let mut id = Vec::with_capacity(STREAM_ID_BYTES);
    id.extend(height.to_be_bytes());
    id.extend(round.to_be_bytes());
    id.extend(number.to_be_bytes());
    id.into()
}

/// The hash of a stream's bytes.
pub(super) fn payload_hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The data parts of a block, in order.
pub(super) fn split(bytes: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    (0..bytes.len()).step_by(PART_BYTES).map(|at| bytes.slice(at..bytes.len().min(at + PART_BYTES)))
}

/// All parts of a stream whose statement is authentic.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) statement: StreamStatement,
    parts: Vec<Bytes>,
}

impl Complete {
    /// The bytes, if they are the ones that the proposer stated.
    pub(super) fn into_bytes(self) -> Option<Bytes> {
        let mut bytes = BytesMut::with_capacity(self.parts.iter().map(Bytes::len).sum());
        self.parts.iter().for_each(|part| bytes.extend_from_slice(part));
        let bytes = bytes.freeze();
        let matches =
            bytes.len() as u64 == self.statement.length && payload_hash(&bytes) == self.statement.payload_hash;
        matches.then_some(bytes)
    }
}

enum State {
    /// No statement yet.
    Open,
    /// A statement, not yet of the height at work, or authentic.
    Stated(StreamStatement, [u8; 64]),
    /// Refused: whatever else comes is dropped.
    Refused,
}

struct Stream {
    id: Bytes,
    state: State,
    parts: BTreeMap<u64, Bytes>,
    bytes: usize,
    since: Instant,
}

impl Stream {
    fn refuse(&mut self) {
        self.state = State::Refused;
        self.parts.clear();
        self.bytes = 0;
    }

    fn take_complete(&mut self, height: u64) -> Option<Complete> {
        match self.state {
            State::Stated(statement, _) if statement.height == height => {
                let count = statement.length.div_ceil(PART_BYTES as u64);
                let whole = self.parts.len() as u64 == count
                    && self.parts.last_key_value().is_some_and(|(sequence, _)| *sequence == count);
                whole.then(|| {
                    let parts = std::mem::take(&mut self.parts).into_values().collect();
                    self.refuse();
                    Complete { statement, parts }
                })
            }
            _ => None,
        }
    }
}

/// Whether a statement was signed by the proposer of its height and round.
pub(super) type Authentic<'a> = &'a dyn Fn(&StreamStatement, &[u8; 64]) -> bool;

/// Puts streams together. `P` identifies a peer.
pub(super) struct Assembler<P> {
    max_block_bytes: usize,
    peers: BTreeMap<P, VecDeque<Stream>>,
}

impl<P: Ord + Copy> Assembler<P> {
    pub(super) fn new(max_block_bytes: usize) -> Self {
        Self { max_block_bytes, peers: BTreeMap::new() }
    }

    /// Take in one part; `height` is the height at work, the only one for which `authentic` can tell.
    /// Returns the stream if this part completes one of that height.
    pub(super) fn insert(
        &mut self,
        peer: P,
        id: &Bytes,
        sequence: u64,
        part: Part,
        height: u64,
        authentic: Authentic<'_>,
    ) -> Option<Complete> {
        let max_parts = self.max_block_bytes.div_ceil(PART_BYTES) as u64;
        let max_bytes = 2 * self.max_block_bytes + PART_BYTES;
        let streams = self.peers.entry(peer).or_default();
        let index = match streams.iter().position(|stream| stream.id == *id) {
            Some(index) => index,
            None => {
                if streams.len() == MAX_STREAMS {
                    streams.pop_front();
                }
                let since = Instant::now();
                streams.push_back(Stream {
                    id: id.clone(),
                    state: State::Open,
                    parts: BTreeMap::new(),
                    bytes: 0,
                    since,
                });
                streams.len() - 1
            }
        };
        let stream = streams.get_mut(index)?;
        match (&stream.state, sequence, part) {
            (State::Refused, ..) => return None,
            (State::Open, 0, Part::Init(statement, signature)) => {
                let length = 1..=self.max_block_bytes as u64;
                let in_reach = (height..=height.saturating_add(MAX_AHEAD)).contains(&statement.height);
                let honest = statement.height != height || authentic(&statement, &signature);
                if in_reach && length.contains(&statement.length) && honest {
                    stream.state = State::Stated(statement, signature);
                } else {
                    stream.refuse();
                }
            }
            (_, sequence, Part::Data(bytes))
                if (1..=max_parts).contains(&sequence) && (1..=PART_BYTES).contains(&bytes.len()) =>
            {
                if let std::collections::btree_map::Entry::Vacant(entry) = stream.parts.entry(sequence) {
                    stream.bytes += bytes.len();
                    entry.insert(bytes);
                }
            }
            _ => stream.refuse(),
        }
        let complete = stream.take_complete(height);
        while streams.len() > 1 && streams.iter().map(|stream| stream.bytes).sum::<usize>() > max_bytes {
            streams.pop_front();
        }
        complete
    }

    /// The height at work is now `height`: forget what is behind, and return what was complete and waiting for it.
    pub(super) fn advance(&mut self, height: u64, authentic: Authentic<'_>) -> Vec<Complete> {
        let mut complete = Vec::new();
        for streams in self.peers.values_mut() {
            for stream in streams.iter_mut() {
                match stream.state {
                    State::Stated(statement, signature) if statement.height == height => {
                        if authentic(&statement, &signature) {
                            complete.extend(stream.take_complete(height));
                        } else {
                            stream.refuse();
                        }
                    }
                    _ => {}
                }
            }
            streams.retain(|stream| match stream.state {
                State::Stated(statement, _) => statement.height >= height,
                State::Open | State::Refused => stream.since.elapsed() < MAX_AGE,
            });
        }
        self.peers.retain(|_, streams| !streams.is_empty());
        complete
    }

    /// Bytes kept, of all peers.
    #[cfg(test)]
    pub(super) fn buffered(&self) -> usize {
        self.peers.values().flatten().map(|stream| stream.bytes).sum()
    }
}
