//! Blocks: header, certificate, and the log leaves that they append. `FORMAT.md`, sections 3 to 5.

mod payload;
mod wire;

pub use payload::BlockPayload;
pub use wire::{WireBlock, byte_strings};

use crate::execute::Outcome;
use crate::hash::Hash;
use crate::keys::PublicKey;
use crate::tx::VerifiedTx;
use crate::types::{Height, LedgerId, TimeMs};
use crate::validators::ValidatorSet;
use crate::vote::precommit_bytes;
use serde::{Deserialize, Serialize};

/// The protocol version. Version 1 had another hash of the transactions in the header.
pub const PROTOCOL_VERSION: u16 = 2;
/// Bytes of an encoded header.
pub const HEADER_BYTES: usize = 332;

/// A block's header. Its 332 bytes are hashed as written down in `FORMAT.md`, section 3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Protocol version.
    pub version: u16,
    /// The ledger.
    pub ledger: LedgerId,
    /// Height.
    pub height: Height,
    /// Proposer's time.
    pub time: TimeMs,
    /// Vote key of the proposer who built it.
    pub proposer: PublicKey,
    /// Hash of the block before; the ledger id at height 1.
    pub previous: Hash,
    /// SHA-256 of the certificate of the block before; zero at height 1.
    pub previous_certificate: Hash,
    /// SHA-256 over the transactions' bytes: each as 4 bytes of length, big-endian, then the bytes.
    pub transactions: Hash,
    /// Leaves in the log after this block.
    pub log_size: u64,
    /// Log root after this block.
    pub log_root: Hash,
    /// State root after this block.
    pub state_root: Hash,
    /// Hash of the validators that decide this block.
    pub validators: Hash,
    /// Hash of the validators that decide the next.
    pub next_validators: Hash,
}

impl Header {
    /// The hashed bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.extend_from_slice(b"sealane/block/1\n\0\0");
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(self.ledger.0.as_bytes());
        out.extend_from_slice(&self.height.0.to_be_bytes());
        out.extend_from_slice(&self.time.0.to_be_bytes());
        out.extend_from_slice(self.proposer.as_bytes());
        out.extend_from_slice(self.previous.as_bytes());
        out.extend_from_slice(self.previous_certificate.as_bytes());
        out.extend_from_slice(self.transactions.as_bytes());
        out.extend_from_slice(&self.log_size.to_be_bytes());
        out.extend_from_slice(self.log_root.as_bytes());
        out.extend_from_slice(self.state_root.as_bytes());
        out.extend_from_slice(self.validators.as_bytes());
        out.extend_from_slice(self.next_validators.as_bytes());
        out
    }

    /// The block hash: SHA-256 of [`Header::to_bytes`], the value that validators vote for.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.to_bytes())
    }

    /// The leaf that ends the block in the log.
    pub fn leaf(&self) -> Leaf {
        Leaf::Block {
            height: self.height,
            time: self.time,
            previous: self.previous,
            state_root: self.state_root,
            validators: self.validators,
            next_validators: self.next_validators,
        }
    }
}

/// SHA-256 over the [`VerifiedTx::jwt_hash`](crate::tx::VerifiedTx::jwt_hash) of transactions in order. A JWT names the
/// disclosures that follow it, so this binds every byte as sent without hashing them all again.
pub fn transactions_hash(jwts: impl Iterator<Item = Hash>) -> Hash {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    jwts.for_each(|jwt| hasher.update(jwt.as_bytes()));
    Hash(hasher.finalize().into())
}

/// Precommits of a quorum for one block: finality, checkable with plain Ed25519.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Height of the block.
    pub height: Height,
    /// Round in which it was decided.
    pub round: u32,
    /// The block.
    pub block: Hash,
    /// Vote key and signature, in strictly ascending order of key.
    pub signatures: Vec<(PublicKey, SignatureBytes)>,
}

/// 64 bytes of Ed25519 signature; base64url in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignatureBytes(pub [u8; 64]);

impl Serialize for SignatureBytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&crate::keys::b64(&self.0))
    }
}

impl<'de> Deserialize<'de> for SignatureBytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<SignatureBytes, D::Error> {
        let text = String::deserialize(d)?;
        crate::keys::unb64(&text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(SignatureBytes)
            .ok_or_else(|| serde::de::Error::custom("expected 64 bytes in base64url"))
    }
}

/// Why a certificate does not hold. One bad signature spoils the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not in ascending order, or a signer twice.
    #[error("signers are not in strictly ascending order")]
    Order,
    /// Somebody who is not a validator.
    #[error("a signer is not a validator of this height")]
    Stranger,
    /// A signature that does not verify.
    #[error("a signature does not verify")]
    Signature,
    /// Too few.
    #[error("{have} signatures, {need} needed")]
    NoQuorum {
        /// Valid signatures.
        have: usize,
        /// The quorum.
        need: usize,
    },
}

impl Certificate {
    /// Checks every signature against the validators of its height.
    ///
    /// # Errors
    /// The first fault.
    pub fn verify(&self, ledger: &LedgerId, set: &ValidatorSet) -> Result<(), CertificateError> {
        if self.signatures.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(CertificateError::Order);
        }
        for (key, signature) in &self.signatures {
            set.by_vote_key(key).ok_or(CertificateError::Stranger)?;
            let message =
                precommit_bytes(&ledger.0.0, self.height.0, self.round, self.block.as_bytes(), key.as_bytes());
            if !key.verify(&message, &signature.0) {
                return Err(CertificateError::Signature);
            }
        }
        if self.signatures.len() < set.quorum() {
            return Err(CertificateError::NoQuorum { have: self.signatures.len(), need: set.quorum() });
        }
        Ok(())
    }

    /// SHA-256 of [`Certificate::to_bytes`].
    pub fn hash(&self) -> Hash {
        Hash::of(&self.to_bytes())
    }

    /// Height, round, block and signatures as `FORMAT.md`, section 4, lays them out.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(66 + self.signatures.len() * 96);
        out.extend_from_slice(b"sealane/certificate/1\n");
        out.extend_from_slice(&self.height.0.to_be_bytes());
        out.extend_from_slice(&self.round.to_be_bytes());
        out.extend_from_slice(self.block.as_bytes());
        for (key, signature) in &self.signatures {
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(&signature.0);
        }
        out
    }

    /// Reads [`Certificate::to_bytes`]; none for anything else. Nothing is verified.
    pub fn from_bytes(bytes: &[u8]) -> Option<Certificate> {
        let mut reader = Reader(bytes.strip_prefix(b"sealane/certificate/1\n")?);
        let height = Height(u64::from_be_bytes(reader.take()?));
        let round = u32::from_be_bytes(reader.take()?);
        let block = Hash(reader.take()?);
        let mut signatures = Vec::new();
        while !reader.0.is_empty() {
            signatures.push((PublicKey::from_bytes(reader.take()?).ok()?, SignatureBytes(reader.take()?)));
        }
        Some(Certificate { height, round, block, signatures })
    }
}

/// A leaf of the log. `FORMAT.md`, section 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A transaction and what became of it: 83 bytes.
    Tx {
        /// Height of its block.
        height: Height,
        /// Position in the block.
        index: u32,
        /// The transaction.
        id: Hash,
        /// SHA-256 of the JWT.
        jwt: Hash,
        /// [`Outcome::leaf_bytes`].
        outcome: [u8; 5],
    },
    /// The end of a block: 146 bytes. Ties state and validators to the log.
    Block {
        /// Height of the block.
        height: Height,
        /// Its time.
        time: TimeMs,
        /// Hash of the block before.
        previous: Hash,
        /// State root after the block.
        state_root: Hash,
        /// Hash of the validators that decided it.
        validators: Hash,
        /// Hash of the validators that decide the next.
        next_validators: Hash,
    },
}

const LEAF_VERSION: u8 = 1;
const LEAF_TX: u8 = 1;
const LEAF_BLOCK: u8 = 2;

impl Leaf {
    /// The leaf of a transaction.
    pub fn tx(height: Height, index: u32, tx: &VerifiedTx, outcome: &Outcome) -> Leaf {
        Leaf::Tx { height, index, id: tx.id().0, jwt: tx.jwt_hash(), outcome: outcome.leaf_bytes() }
    }

    /// The bytes that the log hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![LEAF_VERSION];
        match self {
            Leaf::Tx { height, index, id, jwt, outcome } => {
                out.push(LEAF_TX);
                out.extend_from_slice(&height.0.to_be_bytes());
                out.extend_from_slice(&index.to_be_bytes());
                out.extend_from_slice(id.as_bytes());
                out.extend_from_slice(jwt.as_bytes());
                out.extend_from_slice(outcome);
            }
            Leaf::Block { height, time, previous, state_root, validators, next_validators } => {
                out.push(LEAF_BLOCK);
                out.extend_from_slice(&height.0.to_be_bytes());
                out.extend_from_slice(&time.0.to_be_bytes());
                for hash in [previous, state_root, validators, next_validators] {
                    out.extend_from_slice(hash.as_bytes());
                }
            }
        }
        out
    }

    /// Reads a leaf; none when it is not exactly one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Leaf> {
        let mut reader = Reader(bytes);
        if reader.take::<1>()? != [LEAF_VERSION] {
            return None;
        }
        let leaf = match reader.take::<1>()?[0] {
            LEAF_TX => Leaf::Tx {
                height: Height(u64::from_be_bytes(reader.take()?)),
                index: u32::from_be_bytes(reader.take()?),
                id: Hash(reader.take()?),
                jwt: Hash(reader.take()?),
                outcome: reader.take()?,
            },
            LEAF_BLOCK => Leaf::Block {
                height: Height(u64::from_be_bytes(reader.take()?)),
                time: TimeMs(u64::from_be_bytes(reader.take()?)),
                previous: Hash(reader.take()?),
                state_root: Hash(reader.take()?),
                validators: Hash(reader.take()?),
                next_validators: Hash(reader.take()?),
            },
            _ => return None,
        };
        reader.0.is_empty().then_some(leaf)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }
}

#[cfg(test)]
mod tests;
