//! What a block leaf lacks for the whole header: `FORMAT.md`, section 12.

use super::{Certificate, Header, Leaf, PROTOCOL_VERSION};
use crate::hash::Hash;
use crate::keys::PublicKey;
use crate::types::LedgerId;

/// The payload of a block leaf: who proposed the block, and what makes the block before it final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPayload {
    /// Vote key of the proposer.
    pub proposer: PublicKey,
    /// The certificate of the block before; none at height 1.
    pub certificate: Option<Certificate>,
}

impl BlockPayload {
    /// The proposer's 32 bytes, then [`Certificate::to_bytes`] or nothing.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.proposer.as_bytes().to_vec();
        out.extend(self.certificate.iter().flat_map(Certificate::to_bytes));
        out
    }

    /// Reads a payload; none for anything that is not exactly one.
    pub fn from_bytes(bytes: &[u8]) -> Option<BlockPayload> {
        let (proposer, rest) = bytes.split_first_chunk::<32>()?;
        let proposer = PublicKey::from_bytes(*proposer).ok()?;
        let certificate = if rest.is_empty() { None } else { Some(Certificate::from_bytes(rest)?) };
        Some(BlockPayload { proposer, certificate })
    }

    /// The header of the block whose leaf this payload belongs to; none for the leaf of a transaction.
    ///
    /// `transactions` is [`super::transactions_hash`] over the block's; `log_size` and `log_root` are of the log that
    /// ends with the leaf.
    pub fn header(
        &self,
        ledger: LedgerId,
        leaf: &Leaf,
        transactions: Hash,
        log_size: u64,
        log_root: Hash,
    ) -> Option<Header> {
        let Leaf::Block { height, time, previous, state_root, validators, next_validators } = *leaf else { return None };
        Some(Header {
            version: PROTOCOL_VERSION,
            ledger,
            height,
            time,
            proposer: self.proposer,
            previous,
            previous_certificate: self.certificate.as_ref().map_or(Hash::ZERO, Certificate::hash),
            transactions,
            log_size,
            log_root,
            state_root,
            validators,
            next_validators,
        })
    }
}
