//! Salts, envelopes and signed transactions.

use super::codes::derive;
use super::{MemberSigner, WorldError};
use chain_core::keys::MemorySigner;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::tx::build::{Built, Envelope, build};
use chain_core::tx::disclosure::SALT_BYTES;
use chain_core::types::{Jti, LedgerId, TimeMs};
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use std::collections::VecDeque;

/// Seconds that a transaction of [`envelope`] may wait before it enters a block.
const PATIENCE_S: u64 = 3600;

/// A stream of salts. Seeded, so anybody can guess them: for test networks only.
#[derive(Clone, Debug)]
pub struct Salts(StdRng);

impl Salts {
    /// The stream of a seed and a domain; give each run, and each thread, a domain of its own, because equal
    /// salts over equal records are refused as repeated.
    pub fn new(seed: u64, domain: &str) -> Salts {
        Salts(StdRng::from_seed(derive(seed, &format!("salts/{domain}")).0))
    }

    /// The next salt.
    pub fn draw(&mut self) -> [u8; SALT_BYTES] {
        let mut salt = [0; SALT_BYTES];
        self.0.fill_bytes(&mut salt);
        salt
    }
}

/// A draft, and the salts of its sealed fields where somebody has signed their digests already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaltedDraft {
    /// The draft.
    pub draft: RecordDraft,
    /// One salt per sealed field in its order; none when they are still free.
    pub salts: Vec<[u8; SALT_BYTES]>,
}

impl From<RecordDraft> for SaltedDraft {
    fn from(draft: RecordDraft) -> SaltedDraft {
        SaltedDraft { draft, salts: Vec::new() }
    }
}

/// The salts of one transaction in the order in which [`build`] asks for them: draft by draft, first those of
/// its sealed fields, then the record's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaltTape(VecDeque<[u8; SALT_BYTES]>);

impl SaltTape {
    /// Lays fixed salts at their places and fresh ones everywhere else.
    ///
    /// # Errors
    /// [`WorldError::Salts`] when a draft fixes some of its salts only.
    pub fn of(drafts: &[SaltedDraft], fresh: &mut Salts) -> Result<SaltTape, WorldError> {
        let mut tape = VecDeque::new();
        for SaltedDraft { draft, salts } in drafts {
            let (sealed, given) = (draft.sealed.len(), salts.len());
            if given == 0 {
                tape.extend((0..sealed).map(|_| fresh.draw()));
            } else if given == sealed {
                tape.extend(salts);
            } else {
                return Err(WorldError::Salts { sealed, given });
            }
            tape.push_back(fresh.draw());
        }
        Ok(SaltTape(tape))
    }

    /// The next salt, none at the end.
    pub fn next_salt(&mut self) -> Option<[u8; SALT_BYTES]> {
        self.0.pop_front()
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }
}

/// The envelope of a member's transaction: signed now, and good for an hour.
pub fn envelope(member: &MemberSigner, ledger: &LedgerId, jti: &Jti, now: TimeMs) -> Envelope {
    let iat = now.seconds();
    Envelope { iss: member.id.clone(), aud: *ledger, jti: jti.clone(), iat, submit_by: iat.saturating_add(PATIENCE_S) }
}

/// Signs drafts into one transaction: with the checker's key when one of them carries a maker's signature,
/// else with the record key.
///
/// # Errors
/// [`WorldError::Salts`], [`WorldError::NoKey`] or [`WorldError::Build`].
pub fn sign(
    member: &MemberSigner,
    drafts: &[SaltedDraft],
    jti: &Jti,
    now: TimeMs,
    ledger: &LedgerId,
    salts: &mut Salts,
) -> Result<Built, WorldError> {
    let moves_money = drafts.iter().any(|salted| salted.draft.clear.contains_key("maker"));
    let signer: &MemorySigner = member.key(if moves_money { KeyUse::Checker } else { KeyUse::Record })?;
    let mut tape = SaltTape::of(drafts, salts)?;
    let records: Vec<RecordDraft> = drafts.iter().map(|salted| salted.draft.clone()).collect();
    // The tape has a salt for every call; a fresh one would do no harm but lose the fixed order.
    let built = build(&envelope(member, ledger, jti, now), &records, &[], signer, || {
        tape.next_salt().unwrap_or_else(|| salts.draw())
    })?;
    Ok(built)
}
