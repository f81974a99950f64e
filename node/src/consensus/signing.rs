//! Signing and verifying votes and proposals. One rule: strict Ed25519 over [`super::vote_bytes`].

use std::sync::Arc;

use async_trait::async_trait;
use ed25519_dalek::{Signature as DalekSignature, Signer as _, SigningKey, VerifyingKey};
use malachite::app::types::core::{SignedMessage, SigningScheme, ValidatorProof, VoteExtensionScope};
use malachite::{Signer, Verifier};
use malachite_signing::{Error, VerificationResult};

use super::context::{Ctx, Proposal, Vote};
use super::types::VoteKey;

/// The vote key's owner did not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vote key did not sign: {0}")]
pub struct SignError(pub String);

/// Holds the vote key: in memory, or in a hardware or remote signer. It is asked to sign only layouts of
/// [`super::vote_bytes`], and may refuse to contradict itself.
#[async_trait]
pub trait VoteSigner: Send + Sync + 'static {
    /// The Ed25519 public key of the signatures.
    fn vote_key(&self) -> VoteKey;

    /// Sign `message` with plain Ed25519.
    ///
    /// # Errors
    /// The engine then stops, since a validator that cannot sign must not go on.
    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

/// A vote key in this process's memory.
pub struct LocalSigner(SigningKey);

impl LocalSigner {
    /// The signer of a 32-byte Ed25519 seed.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
}

#[async_trait]
impl VoteSigner for LocalSigner {
    fn vote_key(&self) -> VoteKey {
        self.0.verifying_key().to_bytes()
    }

    async fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(self.0.sign(message).to_bytes())
    }
}

/// Strict verification: what it accepts, every Ed25519 library accepts.
pub(super) fn verify(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    key.verify_strict(message, &DalekSignature::from_bytes(signature)).is_ok()
}

/// Signature bytes, ordered as the engine wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signature(pub(super) [u8; 64]);

/// The engine's name for the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ed25519;

impl SigningScheme for Ed25519 {
    type DecodingError = &'static str;
    type Signature = Signature;
    type PublicKey = VerifyingKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, &'static str> {
        bytes.try_into().map(Signature).map_err(|_| "an Ed25519 signature has 64 bytes")
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<VerifyingKey, &'static str> {
        VerifyingKey::try_from(bytes).map_err(|_| "not an Ed25519 public key")
    }

    fn encode_public_key(key: &VerifyingKey) -> Vec<u8> {
        key.to_bytes().to_vec()
    }
}

/// Signs for the engine.
pub(super) struct EngineSigner {
    pub(super) ledger_id: [u8; 32],
    pub(super) signer: Arc<dyn VoteSigner>,
}

impl EngineSigner {
    async fn sign<M>(&self, message: M, bytes: Vec<u8>) -> Result<SignedMessage<Ctx, M>, Error> {
        let signature = self.signer.sign(&bytes).await.map_err(Error::from_source)?;
        Ok(SignedMessage::new(message, Signature(signature)))
    }
}

#[async_trait]
impl Signer<Ctx> for EngineSigner {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Ctx, Vote>, Error> {
        let bytes = vote.signed_bytes(&self.ledger_id);
        self.sign(vote, bytes).await
    }

    async fn sign_proposal(&self, proposal: Proposal) -> Result<SignedMessage<Ctx, Proposal>, Error> {
        let bytes = proposal.signed_bytes(&self.ledger_id);
        self.sign(proposal, bytes).await
    }

    // Vote extensions and validator proofs are not used; the vote key signs nothing that we have not laid out.
    async fn sign_vote_extension(&self, _: VoteExtensionScope<Ctx>, _: ()) -> Result<SignedMessage<Ctx, ()>, Error> {
        Err(Error::new())
    }

    async fn sign_validator_proof(&self, _: Vec<u8>, _: Vec<u8>) -> Result<ValidatorProof<Ctx>, Error> {
        Err(Error::new())
    }
}

/// Verifies for the engine.
pub(super) struct EngineVerifier {
    pub(super) ledger_id: [u8; 32],
}

#[async_trait]
impl Verifier<Ctx> for EngineVerifier {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &VerifyingKey,
    ) -> Result<VerificationResult, Error> {
        let valid = verify(key, &vote.signed_bytes(&self.ledger_id), &signature.0);
        Ok(VerificationResult::from_bool(valid))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &VerifyingKey,
    ) -> Result<VerificationResult, Error> {
        let valid = verify(key, &proposal.signed_bytes(&self.ledger_id), &signature.0);
        Ok(VerificationResult::from_bool(valid))
    }

    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<Ctx>,
        _: &(),
        _: &Signature,
        _: &VerifyingKey,
    ) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }

    async fn verify_validator_proof(&self, _: &ValidatorProof<Ctx>) -> Result<VerificationResult, Error> {
        Ok(VerificationResult::Invalid)
    }
}
