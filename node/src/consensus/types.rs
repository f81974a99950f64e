//! What the rest of the node and consensus say to each other. Nothing here knows the engine.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use ed25519_dalek::VerifyingKey;

/// A SHA-256 block hash: the identity of a block in proposals, votes and certificates.
pub type BlockHash = [u8; 32];

/// An Ed25519 vote public key: the identity of a validator in consensus.
pub type VoteKey = [u8; 32];

/// One validator of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidatorKey {
    /// Ed25519 public key that signs votes and proposals.
    pub vote_key: VoteKey,
    /// Voting power, at least 1. Sealane gives every validator 1.
    pub power: u64,
}

/// Why a list of validators is not a validator set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidatorSetError {
    /// Nobody could vote.
    #[error("the validator set is empty")]
    Empty,
    /// A vote key is no Ed25519 point, or one of small order.
    #[error("validator {0} has an unusable vote key")]
    Key(usize),
    /// The same vote key twice.
    #[error("validator {0} is listed twice")]
    Duplicate(usize),
    /// A power of 0, or a sum beyond 64 bits.
    #[error("validator {0} has an unusable voting power")]
    Power(usize),
}

/// A validator as kept in a set, with its key decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validator {
    pub(super) address: super::context::Address,
    pub(super) public_key: VerifyingKey,
    pub(super) power: u64,
}

/// The validators of one height and the proposers to pass over. A pure function of committed blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet {
    validators: Vec<Validator>,
    proposers: Vec<usize>,
    total_power: u64,
}

impl ValidatorSet {
    /// A set of `validators`, kept in ascending order of vote key, of which the `skipped` propose nothing
    /// (keys that are in no set are ignored; if all were skipped, nobody is).
    ///
    /// # Errors
    /// [`ValidatorSetError`] names the first bad entry by its index in `validators`.
    pub fn new(validators: &[ValidatorKey], skipped: &[VoteKey]) -> Result<Self, ValidatorSetError> {
        let mut total_power = 0u64;
        let mut seen = BTreeSet::new();
        let mut sorted = Vec::with_capacity(validators.len());
        for (index, validator) in validators.iter().enumerate() {
            let public_key = VerifyingKey::from_bytes(&validator.vote_key)
                .ok()
                .filter(|key| !key.is_weak())
                .ok_or(ValidatorSetError::Key(index))?;
            if !seen.insert(validator.vote_key) {
                return Err(ValidatorSetError::Duplicate(index));
            }
            total_power = total_power
                .checked_add(validator.power)
                .filter(|_| validator.power > 0)
                .ok_or(ValidatorSetError::Power(index))?;
            let address = super::context::Address(validator.vote_key);
            sorted.push(Validator { address, public_key, power: validator.power });
        }
        if sorted.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        sorted.sort_by_key(|validator| validator.address);
        let eligible = |index: &usize| !skipped.contains(&sorted[*index].address.0);
        let mut proposers: Vec<usize> = (0..sorted.len()).filter(eligible).collect();
        if proposers.is_empty() {
            proposers = (0..sorted.len()).collect();
        }
        Ok(Self { validators: sorted, proposers, total_power })
    }

    /// The vote key of the proposer: round-robin by height plus round over the validators that are not skipped.
    pub fn proposer(&self, height: u64, round: u32) -> VoteKey {
        self.proposer_entry(height, round).address.0
    }

    /// Whether `vote_key` votes in this set.
    pub fn contains(&self, vote_key: &VoteKey) -> bool {
        self.get(vote_key).is_some()
    }

    /// The validators in order of vote key.
    pub fn iter(&self) -> impl Iterator<Item = ValidatorKey> + '_ {
        self.validators.iter().map(|v| ValidatorKey { vote_key: v.address.0, power: v.power })
    }

    /// The sum of all voting powers.
    pub fn total_power(&self) -> u64 {
        self.total_power
    }

    pub(super) fn proposer_entry(&self, height: u64, round: u32) -> &Validator {
        let count = self.proposers.len() as u128;
        let turn = (u128::from(height) + u128::from(round)) % count;
        &self.validators[self.proposers[turn as usize]]
    }

    pub(super) fn get(&self, vote_key: &VoteKey) -> Option<&Validator> {
        let index = self.validators.binary_search_by_key(vote_key, |v| v.address.0).ok()?;
        self.validators.get(index)
    }

    pub(super) fn entries(&self) -> &[Validator] {
        &self.validators
    }
}

/// Proof that a block is final: precommits of more than two thirds of the voting power of its height's set.
/// Nodes may hold different signatures for the same block: never hash a certificate into its own block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Height of the block.
    pub height: u64,
    /// Round in which it was decided.
    pub round: u32,
    /// The block decided.
    pub block_hash: BlockHash,
    /// Voter and its Ed25519 signature over [`super::vote_bytes::precommit_bytes`], ascending by voter.
    pub signatures: Vec<(VoteKey, [u8; 64])>,
}

/// The height to work on and who votes on it.
#[derive(Clone, Debug)]
pub struct NextHeight {
    /// One above the last committed height.
    pub height: u64,
    /// The validators of this height.
    pub validators: Arc<ValidatorSet>,
}

/// A block that this node proposes.
#[derive(Clone, Debug)]
pub struct ProposedBlock {
    /// Its hash.
    pub hash: BlockHash,
    /// The block as other nodes receive it, 1 to `max_block_bytes` bytes.
    pub bytes: Bytes,
}

/// How a block to be checked came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Proposed now: the rules that read the clock apply.
    Live,
    /// Long decided: its certificate has already been verified against the set of its height.
    Sync,
}

/// A block to be checked.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its height, always one above the last committed height.
    pub height: u64,
    /// The round in which it is proposed or, from sync, decided.
    pub round: u32,
    /// Set if the block was already proposed in an earlier round, perhaps by another validator than `proposer`.
    pub valid_round: Option<u32>,
    /// The proposer of `round`.
    pub proposer: VoteKey,
    /// The block.
    pub bytes: Bytes,
    /// Live or from sync.
    pub origin: Origin,
}

/// What the ledger says of a [`Candidate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Valid, executed and stored durably under this hash.
    Valid(BlockHash),
    /// A block of this hash, but one that breaks a rule.
    Invalid {
        /// Its hash.
        hash: BlockHash,
        /// Which rule.
        reason: String,
    },
    /// The bytes are no block at all.
    Malformed(String),
    /// Cannot be judged now for a reason that lies in this node.
    Unavailable(String),
}

/// A valid block kept since before a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Its hash.
    pub hash: BlockHash,
    /// As the candidate had it.
    pub valid_round: Option<u32>,
    /// As the candidate had it.
    pub proposer: VoteKey,
}

/// The ledger could not do what consensus needs. After a failed commit the process must exit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ApplicationError(pub String);

/// A message and its signature, as its sender signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBytes {
    /// A layout of [`super::vote_bytes`].
    pub message: Vec<u8>,
    /// Ed25519 signature over it.
    pub signature: [u8; 64],
}

/// Two contradictory messages signed by one validator: provable to anybody. Seen by this node, not agreed upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Height at which both were signed.
    pub height: u64,
    /// Who signed both.
    pub offender: VoteKey,
    /// One message.
    pub first: SignedBytes,
    /// The other.
    pub second: SignedBytes,
}

/// The ledger, as consensus sees it. Methods may be called while others still run.
#[async_trait]
pub trait Application: Send + Sync + 'static {
    /// The height to start at. Called once.
    async fn start(&self) -> NextHeight;

    /// Build a block on the last committed one, within `deadline`, and store it durably before returning it.
    /// Asked again for the same height and round, also after a restart, it must return the same block.
    ///
    /// # Errors
    /// Then nothing is proposed and the round passes to the next proposer.
    async fn build(&self, height: u64, round: u32, deadline: Duration) -> Result<ProposedBlock, ApplicationError>;

    /// Check and execute a block. If it is valid it must be stored durably, so that a power cut cannot take it,
    /// before this returns: the engine's log holds only its hash.
    async fn check(&self, candidate: Candidate) -> Verdict;

    /// The valid blocks stored by [`Self::build`] and [`Self::check`] for this height and round.
    async fn undecided(&self, height: u64, round: u32) -> Vec<Undecided>;

    /// The bytes of a stored undecided or decided block, to send them again.
    async fn block_bytes(&self, hash: BlockHash) -> Option<Bytes>;

    /// Commit the block of this certificate, durably, and say what comes next.
    ///
    /// # Errors
    /// The engine is stopped and the process must exit: see [`super::StopReason::CommitFailed`].
    async fn commit(&self, certificate: Certificate) -> Result<NextHeight, ApplicationError>;

    /// A committed block and its certificate, to serve others.
    async fn decided(&self, height: u64) -> Option<(Certificate, Bytes)>;

    /// The lowest height that [`Self::decided`] can still serve.
    async fn earliest_height(&self) -> u64;

    /// Return when there is something to put into a block, at once if there is already. Dropped when not needed.
    async fn work(&self);

    /// A validator has contradicted itself. Must not block.
    fn evidence(&self, evidence: Evidence);
}
