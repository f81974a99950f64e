//! Consensus: the only module that knows the engine (Malachite, a Tendermint BFT engine over libp2p).
//!
//! [`run`] starts the engine over an [`Application`], the ledger. The engine agrees on block hashes; blocks travel
//! beside its messages as signed streams; what validators sign is laid out in [`vote_bytes`].
//!
//! 1. A block is stored by the ledger before the engine may vote for it, and a height is served to others only
//!    after its commit has returned.
//! 2. After a failed commit nothing more is signed; the process must exit.
//! 3. An idle network makes no blocks. A height starts when there is work, when another validator is at it, or when
//!    a peer says that it is decided. A validator that restarts does start its height, which costs one block.
//! 4. Only listed peers, known by their network keys, are connected; the link is TCP with Noise.

mod codec;
mod context;
mod driver;
mod hold;
mod signing;
mod start;
mod stream;
mod types;
pub use chain_core::vote as vote_bytes;

#[cfg(test)]
mod tests;

pub use signing::{LocalSigner, SignError, VoteSigner};
pub use start::{ConsensusConfig, ConsensusHandle, Peer, StartError, StopReason, Timeouts, run};
pub use types::{
    Application, ApplicationError, BlockHash, Candidate, Certificate, Evidence, NextHeight, Origin, ProposedBlock,
    SignedBytes, Undecided, ValidatorKey, ValidatorSet, ValidatorSetError, Verdict, VoteKey,
};
