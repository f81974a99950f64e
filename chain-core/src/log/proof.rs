//! Proof files (c2sp.org/tlog-proof): an entry's place in the log and a signed checkpoint, in one text that verifies
//! offline. A ledger receipt is such a file.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra aGVsbG8=                                     optional: opaque bytes, not authenticated by the format
//! index 1                                            the entry's place, from zero
//! lqLSJPKFxnu+k8MPijCRV/Dao13FuH5BC3hjCgnPx8c=       inclusion proof from the leaf up, one hash per line, may be none
//!
//! trade.example/ledger                               the signed checkpoint, verbatim
//! 2
//! …
//! ```
//!
//! To verify: hash the entry, check the checkpoint's signatures by a policy, and check that the inclusion proof leads
//! from the hash to the checkpoint's root. Two rules are offered. [`TlogProof::verify`] is the specification's: lines
//! by unknown keys and the `extra` line are ignored. [`TlogProof::verify_strict`] is for our own receipts: it refuses
//! every line it cannot check, and the caller states which `extra` it expects, so that changing any one byte of the
//! file is refused. (Of two equal entries in one log each can stand at the other's place; the ledger's entries carry
//! their place and so are never equal.)

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::merkle::{InclusionError, leaf_hash, verify_inclusion};
use super::note::MAX_NOTE_BYTES;
use super::policy::{Evaluation, Policy, TrustError};
use super::text::{base64_bytes, base64_hash, base64_text, decimal};
use crate::hash::Hash;

/// The first line of every proof file.
pub const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The most extra data, in bytes before base64.
pub const MAX_EXTRA_BYTES: usize = 256 * 1024;
/// The most hashes in an inclusion proof: the height of a tree of 2^63 - 1 leaves.
pub const MAX_PATH_HASHES: usize = 63;
/// The longest proof file read, in bytes: a full note and full extra data.
pub const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + MAX_EXTRA_BYTES / 3 * 4 + 4096;

/// Why a proof file is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofFormatError {
    /// Longer than [`MAX_PROOF_BYTES`].
    #[error("L501 the proof file is too long; get the proof again")]
    TooLong,
    /// The first line is another, or no empty line precedes the checkpoint.
    #[error("L502 the file is not a tlog-proof of version 1; get the proof again in full")]
    Layout,
    /// The extra line is not canonical base64 of 1 to [`MAX_EXTRA_BYTES`] bytes.
    #[error("L503 the extra line is empty, too long or not base64; get the proof again")]
    Extra,
    /// There is no index line with a canonical decimal.
    #[error("L504 the index line is missing or not a plain decimal; get the proof again")]
    Index,
    /// A line of the inclusion proof is not the base64 of 32 bytes, or there are more than 63.
    #[error("L505 the inclusion proof is malformed or has more than 63 hashes; get the proof again")]
    Path,
    /// The checkpoint is malformed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Why a well-formed proof does not prove.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// The entry is not at this index under the checkpoint's root.
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
    /// The checkpoint is not to be trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Strict rule only: the extra data is other than the caller expects.
    #[error("L511 the proof's extra data is not the expected one; get the proof again")]
    Extra,
}

/// A proof file as read: well-formed, nothing verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlogProof {
    extra: Option<Vec<u8>>,
    index: u64,
    path: Vec<Hash>,
    checkpoint: SignedCheckpoint,
}

impl TlogProof {
    /// A proof from its parts; `path` runs from the leaf's sibling up.
    ///
    /// # Errors
    /// [`ProofFormatError::Extra`] for empty or too much extra data, [`ProofFormatError::Path`] for more than 63 hashes.
    pub fn new(
        extra: Option<Vec<u8>>,
        index: u64,
        path: Vec<Hash>,
        checkpoint: SignedCheckpoint,
    ) -> Result<TlogProof, ProofFormatError> {
        if extra.as_ref().is_some_and(|bytes| bytes.is_empty() || bytes.len() > MAX_EXTRA_BYTES) {
            return Err(ProofFormatError::Extra);
        }
        if path.len() > MAX_PATH_HASHES {
            return Err(ProofFormatError::Path);
        }
        Ok(TlogProof { extra, index, path, checkpoint })
    }

    /// Reads a whole proof file.
    ///
    /// # Errors
    /// Any [`ProofFormatError`].
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, ProofFormatError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(ProofFormatError::TooLong);
        }
        let blank = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or(ProofFormatError::Layout)?;
        let head = std::str::from_utf8(&bytes[..blank]).map_err(|_| ProofFormatError::Layout)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(PROOF_HEADER) {
            return Err(ProofFormatError::Layout);
        }
        let extra = lines.peek().and_then(|line| line.strip_prefix("extra "));
        let extra = extra.map(|text| base64_bytes(text).ok_or(ProofFormatError::Extra)).transpose()?;
        if extra.is_some() {
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(ProofFormatError::Index)?;
        // One hash beyond the bound is enough for the refusal.
        let path = lines.take(MAX_PATH_HASHES + 1).map(|line| base64_hash(line).ok_or(ProofFormatError::Path));
        let path = path.collect::<Result<_, _>>()?;
        let checkpoint = SignedCheckpoint::parse(&bytes[blank + 2..])?;
        TlogProof::new(extra, index, path, checkpoint)
    }

    /// The file's bytes; [`TlogProof::parse`] gives the same proof back.
    pub fn encode(&self) -> String {
        let mut out = format!("{PROOF_HEADER}\n");
        if let Some(extra) = &self.extra {
            out.push_str(&format!("extra {}\n", base64_text(extra)));
        }
        out.push_str(&format!("index {}\n", self.index));
        for hash in &self.path {
            out.push_str(&base64_text(hash.as_bytes()));
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&self.checkpoint.encode());
        out
    }

    /// Opaque data beside the proof. Nothing in the proof vouches for it.
    pub fn extra(&self) -> Option<&[u8]> {
        self.extra.as_deref()
    }

    /// The entry's place in the log, from zero.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The inclusion proof, from the leaf's sibling up.
    pub fn path(&self) -> &[Hash] {
        &self.path
    }

    /// The checkpoint and its signatures.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Checks by the specification's rule that `entry` is in a log that `policy` trusts. The extra data and signature
    /// lines by unknown keys are ignored.
    ///
    /// # Errors
    /// [`ProofError::Inclusion`], [`ProofError::Trust`].
    pub fn verify(&self, entry: &[u8], policy: &Policy) -> Result<Evaluation, ProofError> {
        self.verify_inclusion(entry)?;
        Ok(policy.verify(&self.checkpoint)?)
    }

    /// As [`TlogProof::verify`], and every signature line is by a key of the policy, one line per key, and the extra
    /// data is exactly `extra`. A caller that reads the entry out of the extra data passes it here as well.
    ///
    /// # Errors
    /// Any [`ProofError`].
    pub fn verify_strict(&self, entry: &[u8], extra: Option<&[u8]>, policy: &Policy) -> Result<Evaluation, ProofError> {
        if self.extra() != extra {
            return Err(ProofError::Extra);
        }
        self.verify_inclusion(entry)?;
        Ok(policy.verify_strict(&self.checkpoint)?)
    }

    fn verify_inclusion(&self, entry: &[u8]) -> Result<(), InclusionError> {
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(&leaf_hash(entry), self.index, checkpoint.size(), &self.path, &checkpoint.root())
    }
}

#[cfg(test)]
mod tests;
