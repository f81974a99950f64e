//! A mark outside the database: the height that this node committed last.
//!
//! A database that was put back to an older copy opens without complaint. A validator with such a database
//! could sign twice at a height. So the mark stands in a file of its own, signed with the node's network key, which
//! stays when the vote key is replaced, and such a node follows without its vote key until it has caught up from
//! the others.

use chain_core::types::Height;
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const DOMAIN: &[u8] = b"sealane/high-water/1\n";
/// Bytes of a slot: domain, ledger id, height, signature.
const SLOT: usize = DOMAIN.len() + 32 + 8 + 64;

/// Why the mark cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HighWaterError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// Not signed by this node.
    #[error("{0} is not signed by this node's network key; somebody changed it: look before you delete it")]
    Signature(PathBuf),
}

/// The mark.
pub struct HighWater {
    path: PathBuf,
    key: SigningKey,
    ledger: [u8; 32],
    height: AtomicU64,
    /// The mark as it was at the start: what an older database has to catch up to.
    floor: Height,
}

impl HighWater {
    /// Reads the mark, 0 where there is none yet.
    ///
    /// # Errors
    /// The file is unreadable or not this node's.
    pub fn open(path: &Path, key: SigningKey, ledger: [u8; 32]) -> Result<HighWater, HighWaterError> {
        let io = |error| HighWaterError::Io { path: path.to_owned(), error };
        let height = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(io(error)),
            Ok(bytes) => read(&bytes, &key, &ledger).ok_or_else(|| HighWaterError::Signature(path.to_owned()))?,
        };
        Ok(HighWater { path: path.to_owned(), key, ledger, height: AtomicU64::new(height), floor: Height(height) })
    }

    /// The height that an older database has to pass before this node votes.
    pub fn floor(&self) -> Height {
        self.floor
    }

    /// Raises the mark. Two slots are written in turn, in place and without a sync of their own: a power cut may
    /// spoil one slot or take the newest heights, which the engine's own log covers.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn raise(&self, height: Height) -> Result<(), HighWaterError> {
        if self.height.fetch_max(height.0, Ordering::AcqRel) >= height.0 {
            return Ok(());
        }
        let io = |error| HighWaterError::Io { path: self.path.clone(), error };
        let mut slot = message(&self.ledger, height.0);
        slot.extend_from_slice(&self.key.sign(&slot).to_bytes());
        let place = (height.0 % 2) * SLOT as u64;
        let file = std::fs::File::options().create(true).write(true).truncate(false).open(&self.path).map_err(io)?;
        std::os::unix::fs::FileExt::write_all_at(&file, &slot, place).map_err(io)
    }
}

fn message(ledger: &[u8; 32], height: u64) -> Vec<u8> {
    [DOMAIN, ledger, &height.to_be_bytes()].concat()
}

/// The highest mark of the file's slots that this node signed; none when there is no such slot.
fn read(bytes: &[u8], key: &SigningKey, ledger: &[u8; 32]) -> Option<u64> {
    bytes.chunks(SLOT).filter_map(|slot| read_slot(slot, key, ledger)).max()
}

fn read_slot(bytes: &[u8], key: &SigningKey, ledger: &[u8; 32]) -> Option<u64> {
    let (said, signature) = bytes.split_last_chunk::<64>()?;
    let height = u64::from_be_bytes(*said.last_chunk::<8>()?);
    let good = said == message(ledger, height)
        && key.verifying_key().verify_strict(said, &Signature::from_bytes(signature)).is_ok();
    good.then_some(height)
}
