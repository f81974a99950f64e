//! What logs and witnesses say to each other (c2sp.org/tlog-witness): the body of `add-checkpoint`, and how a witness
//! judges it. Keeping what was last signed, and serving, is the caller's.
//!
//! ```text
//! old 20852014                                       the size that the witness signed last
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      consistency proof from there, 0 to 63 hashes
//!
//! example.com/behind-the-sofa                       the checkpoint
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! ```

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::merkle::{ConsistencyError, empty_root, verify_consistency};
use super::policy::{Policy, TrustError};
use super::text::{base64_hash, base64_text, decimal};
use crate::hash::Hash;

/// The longest request read, in bytes: a checkpoint with some hundred signatures.
pub const MAX_REQUEST_BYTES: usize = 128 << 10;
/// The most hashes in a proof.
pub const MAX_PROOF: usize = 63;
/// Content type of the answer that tells the size signed last (409).
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The body of `add-checkpoint`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpoint {
    /// The size that the sender believes the witness signed last; 0 for none.
    pub old: u64,
    /// Consistency proof from `old` to the checkpoint, at most [`MAX_PROOF`] hashes.
    pub proof: Vec<Hash>,
    /// The checkpoint, its signatures not yet verified.
    pub checkpoint: SignedCheckpoint,
}

/// What a witness signed last of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Leaves.
    pub size: u64,
    /// Root at that size.
    pub root: Hash,
}

impl Seen {
    /// Of a log never seen.
    pub fn nothing() -> Seen {
        Seen { size: 0, root: empty_root() }
    }
}

/// Why a witness does not cosign.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Not the lines of a request.
    #[error("L801 the request is not an old size, at most 63 hashes, an empty line and a checkpoint; correct it")]
    Request,
    /// The checkpoint is none.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The old size is beyond the checkpoint.
    #[error("L802 the old size {old} is beyond the checkpoint's {new}; send a checkpoint that has grown")]
    Reversed {
        /// Claimed.
        old: u64,
        /// Of the checkpoint.
        new: u64,
    },
    /// No log of that origin is watched.
    #[error("L803 this witness does not watch the log {0}; ask its operator")]
    UnknownLog(String),
    /// The log's own signatures are missing or bad.
    #[error(transparent)]
    Untrusted(TrustError),
    /// Another size was signed last.
    #[error("L804 this witness signed size {0} last; send a proof from there")]
    Conflict(u64),
    /// The checkpoint does not contain what was signed last.
    #[error("L805 the checkpoint does not continue what this witness signed last ({0}); keep both, they are evidence")]
    Inconsistent(#[from] ConsistencyError),
}

impl Refusal {
    /// The HTTP status that the specification prescribes.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Request | Refusal::Checkpoint(_) | Refusal::Reversed { .. } => 400,
            Refusal::Untrusted(_) => 403,
            Refusal::UnknownLog(_) => 404,
            Refusal::Conflict(_) => 409,
            Refusal::Inconsistent(_) => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request in its only spelling.
    ///
    /// # Errors
    /// [`Refusal::Request`], [`Refusal::Checkpoint`].
    pub fn parse(bytes: &[u8]) -> Result<AddCheckpoint, Refusal> {
        let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Request)?;
        let (lines, checkpoint) = text.split_once("\n\n").ok_or(Refusal::Request)?;
        let mut lines = lines.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal).ok_or(Refusal::Request)?;
        let proof: Vec<Hash> = lines.map(base64_hash).collect::<Option<_>>().ok_or(Refusal::Request)?;
        if bytes.len() > MAX_REQUEST_BYTES || proof.len() > MAX_PROOF {
            return Err(Refusal::Request);
        }
        Ok(AddCheckpoint { old, proof, checkpoint: SignedCheckpoint::parse(checkpoint.as_bytes())? })
    }

    /// The request's text.
    pub fn encode(&self) -> String {
        let mut out = format!("old {}\n", self.old);
        for hash in &self.proof {
            out.push_str(&base64_text(hash.as_bytes()));
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&self.checkpoint.encode());
        out
    }

    /// Whether the log is watched and the signatures that a policy asks for are there. Several policies of one origin
    /// stand for its validators over time: one that accepts is enough.
    ///
    /// # Errors
    /// [`Refusal::UnknownLog`], [`Refusal::Untrusted`].
    pub fn authentic(&self, policies: &[Policy]) -> Result<(), Refusal> {
        let origin = self.checkpoint.checkpoint().origin();
        let mut refusal = Refusal::UnknownLog(origin.to_owned());
        for policy in policies.iter().filter(|policy| policy.log_keys().any(|key| key.name() == origin)) {
            match policy.verify(&self.checkpoint) {
                Ok(_) => return Ok(()),
                Err(error) => refusal = Refusal::Untrusted(error),
            }
        }
        Err(refusal)
    }

    /// Whether the checkpoint continues what the witness signed last. The caller keeps the returned sizes and roots
    /// durably before it signs, and lets no other request in between.
    ///
    /// # Errors
    /// [`Refusal::Reversed`], [`Refusal::Conflict`], [`Refusal::Inconsistent`].
    pub fn continues(&self, seen: &Seen) -> Result<Seen, Refusal> {
        let new = self.checkpoint.checkpoint();
        if self.old > new.size() {
            return Err(Refusal::Reversed { old: self.old, new: new.size() });
        }
        if self.old != seen.size {
            return Err(Refusal::Conflict(seen.size));
        }
        verify_consistency(seen.size, &seen.root, new.size(), &new.root(), &self.proof)?;
        Ok(Seen { size: new.size(), root: new.root() })
    }
}

/// The text of the answer 409.
pub fn size_text(size: u64) -> String {
    format!("{size}\n")
}

/// Reads the text of the answer 409.
pub fn parse_size(text: &str) -> Option<u64> {
    decimal(text.strip_suffix('\n')?)
}

#[cfg(test)]
mod tests;
