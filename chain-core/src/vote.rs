//! The bytes that validators sign. Pure: an offline verifier rebuilds them and checks plain Ed25519.
//!
//! Every layout is `tag | 0x00 | fields`; all fields have a fixed width and integers are big-endian, so no two
//! different statements share their bytes and no tag is a prefix of another.
//!
//! | Statement | Tag | Fields |
//! |---|---|---|
//! | vote | `sealane/vote/1` | ledger id 32, type 1 (1 prevote, 2 precommit), height 8, round 4, block hash (option), voter 32 |
//! | proposal | `sealane/proposal/1` | ledger id 32, height 8, round 4, valid round (option), block hash 32, proposer 32 |
//! | block stream | `sealane/stream/1` | ledger id 32, height 8, round 4, valid round (option), block hash 32, SHA-256 of the bytes 32, length 8, proposer 32 |
//!
//! An option is one byte, 0 or 1, then the value, which is all zeros where the byte is 0.
//! Voter and proposer are Ed25519 vote public keys.

/// The two kinds of votes of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteKind {
    /// First vote: this block is valid and came in time (or nil).
    Prevote,
    /// Second vote: more than two thirds have prevoted this block. More than two thirds of these decide.
    Precommit,
}

/// The bytes signed for a vote: 125 bytes, see the table above. `block_hash` `None` is a vote for nil.
pub fn vote_bytes(
    ledger_id: &[u8; 32],
    kind: VoteKind,
    height: u64,
    round: u32,
    block_hash: Option<&[u8; 32]>,
    voter: &[u8; 32],
) -> Vec<u8> {
    let mut out = tagged("sealane/vote/1", ledger_id);
    out.push(match kind {
        VoteKind::Prevote => 1,
        VoteKind::Precommit => 2,
    });
    out.extend(height.to_be_bytes());
    out.extend(round.to_be_bytes());
    option(&mut out, block_hash, &[0; 32]);
    out.extend(voter);
    out
}

/// The bytes signed by each entry of a commit certificate: a precommit for `block_hash`.
pub fn precommit_bytes(
    ledger_id: &[u8; 32],
    height: u64,
    round: u32,
    block_hash: &[u8; 32],
    voter: &[u8; 32],
) -> Vec<u8> {
    vote_bytes(ledger_id, VoteKind::Precommit, height, round, Some(block_hash), voter)
}

/// The bytes signed for a proposal. `valid_round` is the round below `round` in which the block already had
/// more than two thirds of the prevotes, if it is proposed again.
pub fn proposal_bytes(
    ledger_id: &[u8; 32],
    height: u64,
    round: u32,
    valid_round: Option<u32>,
    block_hash: &[u8; 32],
    proposer: &[u8; 32],
) -> Vec<u8> {
    let mut out = tagged("sealane/proposal/1", ledger_id);
    out.extend(height.to_be_bytes());
    out.extend(round.to_be_bytes());
    option(&mut out, valid_round.map(u32::to_be_bytes).as_ref(), &[0; 4]);
    out.extend(block_hash);
    out.extend(proposer);
    out
}

/// What the first part of a block stream states, and its proposer signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamStatement {
    /// Height of the block.
    pub height: u64,
    /// Round in which it is proposed.
    pub round: u32,
    /// As in [`proposal_bytes`].
    pub valid_round: Option<u32>,
    /// Hash of the block, as in the proposal and the votes.
    pub block_hash: [u8; 32],
    /// SHA-256 of the bytes that the other parts carry, in order.
    pub payload_hash: [u8; 32],
    /// Length of these bytes.
    pub length: u64,
    /// Vote key of the proposer of `round`.
    pub proposer: [u8; 32],
}

/// The bytes signed for a block stream.
pub fn stream_bytes(ledger_id: &[u8; 32], statement: &StreamStatement) -> Vec<u8> {
    let mut out = tagged("sealane/stream/1", ledger_id);
    out.extend(statement.height.to_be_bytes());
    out.extend(statement.round.to_be_bytes());
    option(&mut out, statement.valid_round.map(u32::to_be_bytes).as_ref(), &[0; 4]);
    out.extend(statement.block_hash);
    out.extend(statement.payload_hash);
    out.extend(statement.length.to_be_bytes());
    out.extend(statement.proposer);
    out
}

fn tagged(tag: &str, ledger_id: &[u8; 32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(192);
    out.extend(tag.as_bytes());
    out.push(0);
    out.extend(ledger_id);
    out
}

fn option<const N: usize>(out: &mut Vec<u8>, value: Option<&[u8; N]>, none: &[u8; N]) {
    out.push(u8::from(value.is_some()));
    out.extend(value.unwrap_or(none));
}
