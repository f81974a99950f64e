//! Judging a signed checkpoint by a policy.

use super::super::checkpoint::SignedCheckpoint;
use super::super::cosignature::{CosignatureError, verify_cosignature};
use super::super::note::{KeyId, SignatureError, SignatureLine};
use super::{Group, Member, Policy, Threshold, Token};

/// Why a checkpoint is not to be trusted under a policy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TrustError {
    /// The policy lists no log with the checkpoint's origin.
    #[error("L631 the policy lists no log named {origin}; use the policy of the ledger that issued the checkpoint")]
    UnknownOrigin {
        /// The checkpoint's origin line.
        origin: String,
    },
    /// No listed log of that origin signed.
    #[error("L632 no log key of the policy signed the checkpoint; use the policy of the checkpoint's height")]
    NoLogSignature,
    /// A listed log's signature does not verify.
    #[error("L633 the signature of log key {key} is refused: {reason}")]
    LogSignature {
        /// The log's key ID.
        key: KeyId,
        /// What is wrong with it.
        reason: SignatureError,
    },
    /// A listed witness's cosignature does not verify.
    #[error("L634 the cosignature of witness {witness} is refused: {reason}")]
    Cosignature {
        /// The witness's name in the policy.
        witness: Token,
        /// What is wrong with it.
        reason: CosignatureError,
    },
    /// Too few witnesses cosigned.
    #[error("L635 {cosigned} of {listed} witnesses cosigned, which is no quorum; wait for more cosignatures")]
    QuorumNotMet {
        /// Witnesses of the policy that cosigned.
        cosigned: usize,
        /// Witnesses that the policy lists.
        listed: usize,
    },
    /// Strict rule only: a line is by a key that the policy does not list for this origin.
    #[error("L636 a signature line is by {name} ({key}), which the policy does not list; remove the line")]
    UnknownSigner {
        /// The key name on the line.
        name: String,
        /// The key ID on the line.
        key: KeyId,
    },
    /// Strict rule only: two lines are by one key.
    #[error("L637 two signature lines are by {name} ({key}); keep one")]
    RepeatedSigner {
        /// The key name on the lines.
        name: String,
        /// The key ID on the lines.
        key: KeyId,
    },
}

/// A witness that cosigned, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosigned {
    /// The witness's name in the policy.
    pub name: Token,
    /// The time it stated, in Unix seconds; the latest if it cosigned more than once.
    pub time: u64,
}

/// What the verified signatures of a checkpoint amount to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// The log keys of the checkpoint's origin that signed, in the policy's order; at least one.
    pub logs: Vec<KeyId>,
    /// The witnesses that cosigned, in the policy's order.
    pub witnesses: Vec<Cosigned>,
    /// Whether those witnesses are a quorum.
    pub quorum_met: bool,
}

impl Policy {
    /// Verifies every signature line by a key of the policy and says which witnesses cosigned and whether they are a
    /// quorum. Lines by other keys are ignored.
    ///
    /// # Errors
    /// [`TrustError::UnknownOrigin`], [`TrustError::NoLogSignature`], [`TrustError::LogSignature`],
    /// [`TrustError::Cosignature`].
    pub fn evaluate(&self, signed: &SignedCheckpoint) -> Result<Evaluation, TrustError> {
        let origin = self.check_origin(signed)?;
        let mut log_signed = vec![false; self.logs.len()];
        let mut cosigned_at: Vec<Option<u64>> = vec![None; self.witnesses.len()];
        for line in signed.signatures() {
            match self.signer(origin, line) {
                Some(Signer::Log(place)) => {
                    let key = &self.logs[place].key;
                    key.verify_note(signed.text(), line)
                        .map_err(|reason| TrustError::LogSignature { key: key.id(), reason })?;
                    log_signed[place] = true;
                }
                Some(Signer::Witness(place)) => {
                    let witness = &self.witnesses[place];
                    let time = verify_cosignature(&witness.key, signed.checkpoint(), line)
                        .map_err(|reason| TrustError::Cosignature { witness: witness.name.clone(), reason })?;
                    cosigned_at[place] = cosigned_at[place].max(Some(time));
                }
                None => {}
            }
        }
        let logs: Vec<KeyId> =
            self.logs.iter().zip(log_signed).filter(|(_, signed)| *signed).map(|(log, _)| log.key.id()).collect();
        if logs.is_empty() {
            return Err(TrustError::NoLogSignature);
        }
        let quorum_met = self.is_quorum(&cosigned_at);
        let witnesses = self.witnesses.iter().zip(cosigned_at);
        let witnesses =
            witnesses.filter_map(|(w, time)| Some(Cosigned { name: w.name.clone(), time: time? })).collect();
        Ok(Evaluation { logs, witnesses, quorum_met })
    }

    /// The specification's rule: a listed log signed, every line by a listed key verifies, the quorum cosigned.
    ///
    /// # Errors
    /// As [`Policy::evaluate`], and [`TrustError::QuorumNotMet`].
    pub fn verify(&self, signed: &SignedCheckpoint) -> Result<Evaluation, TrustError> {
        let evaluation = self.evaluate(signed)?;
        if !evaluation.quorum_met {
            let cosigned = evaluation.witnesses.len();
            return Err(TrustError::QuorumNotMet { cosigned, listed: self.witnesses.len() });
        }
        Ok(evaluation)
    }

    /// The rule for our own receipts: as [`Policy::verify`], and every line is by a key that the policy lists for this
    /// origin, one line per key. No byte of such a checkpoint can change without a refusal.
    ///
    /// # Errors
    /// As [`Policy::verify`], and [`TrustError::UnknownSigner`], [`TrustError::RepeatedSigner`].
    pub fn verify_strict(&self, signed: &SignedCheckpoint) -> Result<Evaluation, TrustError> {
        let origin = self.check_origin(signed)?;
        let mut seen = Vec::new();
        for line in signed.signatures() {
            let (name, key) = (line.name().to_owned(), line.key_id());
            match self.signer(origin, line) {
                None => return Err(TrustError::UnknownSigner { name, key }),
                Some(signer) if seen.contains(&signer) => return Err(TrustError::RepeatedSigner { name, key }),
                Some(signer) => seen.push(signer),
            }
        }
        self.verify(signed)
    }

    /// The checkpoint's origin, if a listed log bears that name.
    fn check_origin<'a>(&self, signed: &'a SignedCheckpoint) -> Result<&'a str, TrustError> {
        let origin = signed.checkpoint().origin();
        if self.logs.iter().any(|log| log.key.name() == origin) {
            return Ok(origin);
        }
        Err(TrustError::UnknownOrigin { origin: origin.to_owned() })
    }

    /// Whose key a line claims to be by. A log's key speaks for its own origin only.
    fn signer(&self, origin: &str, line: &SignatureLine) -> Option<Signer> {
        let log = self.logs.iter().position(|log| log.key.made(line) && log.key.name() == origin);
        let witness = || self.witnesses.iter().position(|witness| witness.key.made(line));
        log.map(Signer::Log).or_else(|| witness().map(Signer::Witness))
    }

    fn is_quorum(&self, cosigned_at: &[Option<u64>]) -> bool {
        // Members come before their groups, so one pass settles every group.
        let mut group_met: Vec<bool> = Vec::with_capacity(self.groups.len());
        let met = |member: &Member, group_met: &[bool]| match *member {
            Member::Witness(place) => cosigned_at[place].is_some(),
            Member::Group(place) => group_met[place],
        };
        for Group { threshold, members, .. } in &self.groups {
            let needed = match threshold {
                Threshold::All => members.len(),
                Threshold::Any => 1,
                Threshold::AtLeast(k) => *k,
            };
            group_met.push(members.iter().filter(|member| met(member, &group_met)).count() >= needed);
        }
        self.quorum.is_none_or(|member| met(&member, &group_met))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signer {
    Log(usize),
    Witness(usize),
}
