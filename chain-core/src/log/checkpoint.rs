//! Checkpoints (c2sp.org/tlog-checkpoint): a log's statement of its size and root, as the text of a signed note.
//!
//! ```text
//! example.com/behind-the-sofa                       origin: the log's name
//! 20852163                                          number of leaves, decimal
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=      root hash, base64
//!
//! — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! ```
//!
//! Further non-empty lines of text ("extensions") are allowed and covered by the signatures, but mean nothing here. A
//! log signs with a key of type 0x01 that bears the origin as its name; a consortium's validators each have such a key,
//! told apart by key ID. Witnesses add lines of their own ([`super::cosignature`]).

use super::merkle::{MAX_TREE_SIZE, empty_root};
use super::note::{KeyError, NoteError, SignatureError, SignatureLine, SignedNote, VerifierKey};
use super::text::{base64_hash, base64_text, decimal};
use crate::hash::Hash;
use ed25519_dalek::SigningKey;

/// The longest origin or extension line, in bytes.
pub const MAX_LINE_BYTES: usize = 255;
/// The most extension lines.
pub const MAX_EXTENSIONS: usize = 16;

/// Why a checkpoint was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not at least three lines, each ended by a newline.
    #[error("L301 the checkpoint is not origin, size and root on a line each; get it again in full")]
    Layout,
    /// Empty, longer than 255 bytes, or with a control character.
    #[error("L302 the checkpoint's origin line is empty or malformed; get the checkpoint again")]
    Origin,
    /// Not a canonical decimal up to 2^63 - 1.
    #[error("L303 the checkpoint's tree size is not a plain decimal below 2^63; get the checkpoint again")]
    Size,
    /// Not the base64 of 32 bytes.
    #[error("L304 the checkpoint's root is not the base64 of 32 bytes; get the checkpoint again")]
    Root,
    /// Size zero with a root other than SHA-256 of nothing.
    #[error("L305 the checkpoint of an empty log has another root than SHA-256 of nothing; do not rely on this log")]
    EmptyRoot,
    /// More than 16 extension lines, or one that is empty, too long or has a control character.
    #[error("L306 a checkpoint extension line is empty, too long or one too many; get the checkpoint again")]
    Extension,
    /// The signed note around it is malformed.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// What a log states: "my first `size` entries have this root".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint from its parts; `size` counts leaves.
    ///
    /// # Errors
    /// Any [`CheckpointError`] but `Layout` and `Note`.
    pub fn new(origin: &str, size: u64, root: Hash, extensions: Vec<String>) -> Result<Checkpoint, CheckpointError> {
        let fits = |line: &str| !line.is_empty() && line.len() <= MAX_LINE_BYTES && !line.bytes().any(|b| b < 0x20);
        if !fits(origin) {
            return Err(CheckpointError::Origin);
        }
        if size > MAX_TREE_SIZE {
            return Err(CheckpointError::Size);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        if extensions.len() > MAX_EXTENSIONS || !extensions.iter().all(|line| fits(line)) {
            return Err(CheckpointError::Extension);
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions })
    }

    /// Reads a checkpoint's text, final newline included.
    ///
    /// # Errors
    /// Any [`CheckpointError`] but `Note`.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Layout)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Layout);
        };
        let size = decimal(size).ok_or(CheckpointError::Size)?;
        let root = base64_hash(root).ok_or(CheckpointError::Root)?;
        // One line beyond the bound is enough for the refusal.
        let extensions = lines.take(MAX_EXTENSIONS + 1).map(str::to_owned).collect();
        Checkpoint::new(origin, size, root, extensions)
    }

    /// The text that is signed, final newline included.
    pub fn encode(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, base64_text(self.root.as_bytes()));
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over those leaves.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Opaque further lines.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs as the log: type 0x01, the origin as key name. The caller must never sign two checkpoints of which the
    /// later does not contain the earlier.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the origin has a space or plus sign; [`KeyError::PublicKey`] for an unsound key.
    pub fn sign_as_log(&self, key: &SigningKey) -> Result<SignatureLine, KeyError> {
        SignatureLine::sign_note(&self.origin, key, &self.encode())
    }
}

/// A checkpoint with signature lines: well-formed, the signatures not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: SignedNote,
}

impl SignedCheckpoint {
    /// Puts signature lines under a checkpoint, in the order given.
    ///
    /// # Errors
    /// [`NoteError::SignatureCount`], [`NoteError::TooLong`].
    pub fn new(checkpoint: Checkpoint, signatures: Vec<SignatureLine>) -> Result<SignedCheckpoint, NoteError> {
        let note = SignedNote::new(checkpoint.encode(), signatures)?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Reads a whole signed checkpoint.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn parse(bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointError> {
        let note = SignedNote::parse(bytes)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// The file's bytes; [`SignedCheckpoint::parse`] gives the same checkpoint back.
    pub fn encode(&self) -> String {
        self.note.encode()
    }

    /// The same checkpoint with `line` added, in the place of an earlier line by the same key if there is one.
    ///
    /// # Errors
    /// [`NoteError::SignatureCount`], [`NoteError::TooLong`].
    pub fn with_signature(&self, line: SignatureLine) -> Result<SignedCheckpoint, NoteError> {
        let mut lines = self.signatures().to_vec();
        let same_key = |old: &&mut SignatureLine| old.name() == line.name() && old.key_id() == line.key_id();
        match lines.iter_mut().find(same_key) {
            Some(old) => *old = line,
            None => lines.push(line),
        }
        SignedCheckpoint::new(self.checkpoint.clone(), lines)
    }

    /// What is stated. To be ignored until signatures are verified.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The text that log signatures cover.
    pub fn text(&self) -> &str {
        self.note.text()
    }

    /// The signature lines in order.
    pub fn signatures(&self) -> &[SignatureLine] {
        self.note.signatures()
    }

    /// Checks that the log key `log` (type 0x01, named like the origin) signed this checkpoint. Every line that claims
    /// to be by the key must verify.
    ///
    /// # Errors
    /// [`SignatureError::OtherKey`] if no line is by `log` or `log` is another origin's key; else the bad line's error.
    pub fn verify_log_signature(&self, log: &VerifierKey) -> Result<(), SignatureError> {
        if log.name() != self.checkpoint.origin {
            return Err(SignatureError::OtherKey);
        }
        let mut found = false;
        for line in self.signatures().iter().filter(|line| log.made(line)) {
            log.verify_note(self.text(), line)?;
            found = true;
        }
        if found { Ok(()) } else { Err(SignatureError::OtherKey) }
    }
}

#[cfg(test)]
mod tests;
