//! Signed notes (c2sp.org/signed-note): a text, a blank line, and one or more signature lines.
//!
//! ```text
//! This is an example message.
//!
//! — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
//! ```
//!
//! A signature line is an em dash, a space, the key's name, a space, and the base64 of a four-byte key ID followed by
//! the signature. The key ID is `SHA-256(name || 0x0A || type || public key)[..4]`, so one key used for two purposes
//! has two IDs. A verifier key is written `name+hex(key ID)+base64(type || public key)`; the note above verifies with
//!
//! ```text
//! example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
//! ```
//!
//! Two signature types are supported: `0x01`, plain Ed25519 over the text, which logs use, and `0x04`, timestamped
//! checkpoint cosignatures ([`super::cosignature`]). All signatures are checked with `verify_strict`, and weak or
//! non-canonically encoded public keys are refused when read.

mod key;

pub use key::{KeyError, KeyId, KeyType, SignatureError, VerifierKey};

use super::text::{base64_bytes, base64_text};
use ed25519_dalek::{Signer, SigningKey};
use key::check_key_name;

/// The longest note read, in bytes.
pub const MAX_NOTE_BYTES: usize = 1 << 20;
/// The most signature lines in a note. The specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 512;
/// The longest key name, in bytes.
pub const MAX_KEY_NAME_BYTES: usize = 255;
/// The longest signature read, in bytes without key ID; room for post-quantum signatures of unknown keys.
const MAX_SIGNATURE_BYTES: usize = 8192;
const LINE_START: &str = "— ";

/// One line under a note: who signed, and the signature (not yet verified).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureLine {
    name: String,
    key_id: KeyId,
    signature: Vec<u8>,
}

impl SignatureLine {
    /// A line from its parts.
    ///
    /// # Errors
    /// [`NoteError::SignatureLine`] if the name is not a key name or the signature is empty or longer than 8192 bytes.
    pub fn new(name: &str, key_id: KeyId, signature: Vec<u8>) -> Result<SignatureLine, NoteError> {
        if check_key_name(name).is_err() || signature.is_empty() || signature.len() > MAX_SIGNATURE_BYTES {
            return Err(NoteError::SignatureLine);
        }
        Ok(SignatureLine { name: name.to_owned(), key_id, signature })
    }

    /// Signs a note's text with a key of type 0x01 named `name`.
    ///
    /// # Errors
    /// [`KeyError::Name`]; [`KeyError::PublicKey`] for an unsound key.
    pub fn sign_note(name: &str, key: &SigningKey, text: &str) -> Result<SignatureLine, KeyError> {
        let verifier = VerifierKey::for_notes(name, &key.verifying_key())?;
        let signature = key.sign(text.as_bytes()).to_vec();
        Ok(SignatureLine { name: name.to_owned(), key_id: verifier.id(), signature })
    }

    /// Reads one line without its newline.
    ///
    /// # Errors
    /// [`NoteError::SignatureLine`].
    pub fn parse(line: &str) -> Result<SignatureLine, NoteError> {
        let (name, encoded) =
            line.strip_prefix(LINE_START).and_then(|rest| rest.split_once(' ')).ok_or(NoteError::SignatureLine)?;
        let bytes = base64_bytes(encoded).ok_or(NoteError::SignatureLine)?;
        let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::SignatureLine)?;
        SignatureLine::new(name, KeyId(*id), signature.to_vec())
    }

    /// The line without its newline.
    pub fn encode(&self) -> String {
        let bytes = [self.key_id.0.as_slice(), &self.signature].concat();
        format!("{LINE_START}{} {}", self.name, base64_text(&bytes))
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the key that is said to have signed.
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The signature's bytes without the key ID; for a cosignature they begin with the timestamp.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Why a note was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_BYTES`].
    #[error("L221 the note is longer than 1 MiB; get a note with fewer signatures")]
    TooLong,
    /// Not UTF-8, or with a control character other than newline.
    #[error("L222 the note is not plain UTF-8 text; get the file again")]
    NotText,
    /// Text not ended by a newline, no blank line before the signatures, or no final newline.
    #[error("L223 the note is not a text, a blank line and signature lines; get the file again in full")]
    Layout,
    /// More than [`MAX_SIGNATURES`] lines, or none.
    #[error("L224 the note has no signature line or more than 512; get the file again")]
    SignatureCount,
    /// A line is not em dash, space, key name, space, canonical base64 of more than four bytes.
    #[error("L225 a signature line is malformed; get the file again")]
    SignatureLine,
}

/// A note as read: well-formed, its signatures not yet verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedNote {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl SignedNote {
    /// A note from its text, which ends in a newline, and its signature lines in order.
    ///
    /// # Errors
    /// Any [`NoteError`] but `SignatureLine`.
    pub fn new(text: String, signatures: Vec<SignatureLine>) -> Result<SignedNote, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Layout);
        }
        if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::NotText);
        }
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::SignatureCount);
        }
        let note = SignedNote { text, signatures };
        if note.encode().len() > MAX_NOTE_BYTES { Err(NoteError::TooLong) } else { Ok(note) }
    }

    /// Reads a whole note.
    ///
    /// # Errors
    /// Any [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<SignedNote, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        let blank = whole.rfind("\n\n").ok_or(NoteError::Layout)?;
        let (text, lines) = (&whole[..=blank], &whole[blank + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Layout)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::SignatureCount);
        }
        let signatures = lines.split('\n').map(SignatureLine::parse).collect::<Result<_, _>>()?;
        SignedNote::new(text.to_owned(), signatures)
    }

    /// The note's bytes; [`SignedNote::parse`] gives the same note back.
    pub fn encode(&self) -> String {
        let mut out = format!("{}\n", self.text);
        for line in &self.signatures {
            out.push_str(&line.encode());
            out.push('\n');
        }
        out
    }

    /// The text, with its final newline. To be ignored until a trusted key's signature is verified.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in order.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// The keys among `trusted` (of type 0x01) that signed. Lines by other keys are ignored, as the specification
    /// demands; a line by a trusted key must verify.
    ///
    /// # Errors
    /// [`NoteVerifyError::Signature`] for a trusted key's bad line, [`NoteVerifyError::NoTrustedSignature`].
    pub fn verify<'a>(&self, trusted: &'a [VerifierKey]) -> Result<Vec<&'a VerifierKey>, NoteVerifyError> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            for key in trusted.iter().filter(|key| key.made(line)) {
                key.verify_note(&self.text, line).map_err(NoteVerifyError::Signature)?;
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() { Err(NoteVerifyError::NoTrustedSignature) } else { Ok(signers) }
    }
}

/// Why a well-formed note is not to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteVerifyError {
    /// A line by a trusted key does not verify.
    #[error(transparent)]
    Signature(SignatureError),
    /// No line is by a trusted key.
    #[error("L231 no trusted key signed this note; check that the right keys are configured")]
    NoTrustedSignature,
}

#[cfg(test)]
mod tests;
