//! Cosignatures (c2sp.org/tlog-cosignature, Ed25519 form, signature type 0x04): a witness's timestamped statement that
//! a checkpoint is the largest consistent tree head it has seen of the log.
//!
//! The signature covers two header lines followed by the checkpoint's text:
//!
//! ```text
//! cosignature/v1
//! time 1679315147
//! example.com/behind-the-sofa
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! ```
//!
//! In the signature line, the key ID is followed by eight bytes of time (Unix seconds, big-endian) and 64 bytes of
//! Ed25519 signature: `00000000 641850cb` is the time above. The time is the caller's; it never exceeds 2^63 - 1. The
//! message does not name the cosigner, so a key must serve one cosigner only.

use super::checkpoint::Checkpoint;
use super::note::{KeyError, KeyType, SignatureError, SignatureLine, VerifierKey};
use ed25519_dalek::{Signer, SigningKey};

/// The largest time a cosignature may bear, in Unix seconds.
pub const MAX_TIME: u64 = (1 << 63) - 1;

/// Why a cosignature could not be made or was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CosignatureError {
    /// The cosigner's name or key is unfit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signature is by another key, for another purpose, or does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The time exceeds [`MAX_TIME`].
    #[error("L401 the cosignature's time is beyond 2^63 - 1; give Unix seconds")]
    Time,
    /// Not eight bytes of time and 64 bytes of signature.
    #[error("L402 the cosignature is not 72 bytes; get the witness's line again")]
    Length,
}

/// The message that a cosignature at `time` (Unix seconds) covers.
pub fn cosigned_message(checkpoint: &Checkpoint, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{}", checkpoint.encode())
}

/// Cosigns a checkpoint as the witness `name` at `time` (Unix seconds). The caller has checked that the checkpoint is
/// consistent with every one it cosigned before.
///
/// # Errors
/// [`CosignatureError::Time`], [`CosignatureError::Key`].
pub fn cosign(
    checkpoint: &Checkpoint,
    name: &str,
    key: &SigningKey,
    time: u64,
) -> Result<SignatureLine, CosignatureError> {
    if time > MAX_TIME {
        return Err(CosignatureError::Time);
    }
    let verifier = VerifierKey::for_cosignatures(name, &key.verifying_key())?;
    let signature = key.sign(cosigned_message(checkpoint, time).as_bytes());
    let bytes = [time.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    SignatureLine::new(name, verifier.id(), bytes).map_err(|_| CosignatureError::Length)
}

/// Checks that the witness `key` (type 0x04) cosigned `checkpoint`, and returns the time it stated in Unix seconds.
///
/// # Errors
/// Any [`CosignatureError`].
pub fn verify_cosignature(
    key: &VerifierKey,
    checkpoint: &Checkpoint,
    line: &SignatureLine,
) -> Result<u64, CosignatureError> {
    let bytes = key.signature_for(KeyType::CosignatureV1, line)?;
    let (time, signature) = bytes.split_first_chunk::<8>().ok_or(CosignatureError::Length)?;
    if signature.len() != ed25519_dalek::SIGNATURE_LENGTH {
        return Err(CosignatureError::Length);
    }
    let time = u64::from_be_bytes(*time);
    if time > MAX_TIME {
        return Err(CosignatureError::Time);
    }
    key.verify_message(cosigned_message(checkpoint, time).as_bytes(), signature)?;
    Ok(time)
}

#[cfg(test)]
mod tests;
