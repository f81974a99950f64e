//! The ledger's transparency log: one append-only RFC 6962 Merkle tree and the C2SP files that speak about it.
//!
//! | module | what it holds | rule |
//! |---|---|---|
//! | [`merkle`] | tree, compact frontier, inclusion and consistency proofs | RFC 6962 section 2.1, RFC 9162 section 2.1 |
//! | [`note`] | text with signature lines, verifier keys | c2sp.org/signed-note |
//! | [`checkpoint`] | the signed statement "the log has this size and this root" | c2sp.org/tlog-checkpoint |
//! | [`cosignature`] | a witness's timestamped signature on a checkpoint | c2sp.org/tlog-cosignature, Ed25519 form |
//! | [`policy`] | which logs and how many witnesses a verifier trusts | c2sp.org/tlog-policy |
//! | [`proof`] | the receipt: entry index, inclusion proof, checkpoint | c2sp.org/tlog-proof |
//! | [`tiles`] | the tree and its entries cut into cacheable files | c2sp.org/tlog-tiles |
//! | [`witness`] | how a log asks a witness, and how a witness judges | c2sp.org/tlog-witness |
//!
//! An entry becomes a receipt in four steps: its [`merkle::leaf_hash`] is pushed on a [`merkle::Frontier`]; a
//! [`checkpoint::Checkpoint`] of the new size and root is signed by log keys and cosigned by witnesses;
//! [`merkle::inclusion_proof`] ties the entry to that root; [`proof::TlogProof`] puts the three in one text file, which
//! anybody verifies offline with a [`policy::Policy`]. `tests/golden.txt` beside this file shows every step in full.
//!
//! Every reader is strict: inputs are bounded, nothing may trail, and numbers, hexadecimal and base64 have one spelling
//! each, so that parsing a note, a checkpoint or a proof and encoding it again gives the same bytes. Nothing here reads
//! a clock: times are Unix seconds given by the caller. Messages begin with a stable code: `L1xx` tree, `L2xx` note and
//! keys, `L3xx` checkpoint, `L4xx` cosignature, `L5xx` proof file, `L6xx` policy, `L7xx` tiles, `L8xx` witness.

pub mod checkpoint;
pub mod cosignature;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod proof;
pub(crate) mod text;
pub mod tiles;
pub mod witness;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use merkle::{Frontier, NodeId, NodeReader};
pub use note::{KeyId, KeyType, SignatureLine, SignedNote, VerifierKey};
pub use policy::{Evaluation, Policy, PolicyBuilder};
pub use proof::TlogProof;
