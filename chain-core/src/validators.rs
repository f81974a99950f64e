//! Validator sets: who votes, with which keys, and whose turn it is to propose.

use crate::hash::Hash;
use crate::keys::PublicKey;
use crate::types::{Height, MemberId};
use serde::{Deserialize, Serialize};

/// A validator and its keys, all different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// The member that runs it.
    pub member: MemberId,
    /// Signs votes and proposals.
    pub vote: PublicKey,
    /// Signs checkpoints as the log (C2SP signature type 0x01).
    pub log: PublicKey,
    /// Cosigns checkpoints with a time (C2SP signature type 0x04).
    pub cosigner: PublicKey,
    /// Identity on the network.
    pub peer: PublicKey,
}

/// The validators of a height, in order of member id: state key `gov/validators`. Each has one vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValidatorSet(Vec<Validator>);

impl ValidatorSet {
    /// Orders validators by member id.
    ///
    /// None when the set is empty or over 100, a member has two validators, or a key stands twice; and when a member's
    /// id means something else in the policy of the checkpoints (`none`, `validators`, `witnesses`, `consortium`,
    /// `witness-<number>`): nobody could check them.
    pub fn new(mut validators: Vec<Validator>) -> Option<ValidatorSet> {
        validators.sort_by(|a, b| a.member.cmp(&b.member));
        let distinct_members = validators.windows(2).all(|pair| pair[0].member != pair[1].member);
        let mut keys: Vec<&PublicKey> =
            validators.iter().flat_map(|v| [&v.vote, &v.log, &v.cosigner, &v.peer]).collect();
        keys.sort();
        let distinct_keys = keys.windows(2).all(|pair| pair[0] != pair[1]);
        let nameable = validators.iter().all(|v| !has_other_meaning(v.member.as_str()));
        (!validators.is_empty() && validators.len() <= 100 && distinct_members && distinct_keys && nameable)
            .then_some(ValidatorSet(validators))
    }

    /// In order of member id.
    pub fn iter(&self) -> impl Iterator<Item = &Validator> {
        self.0.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true of a set that [`ValidatorSet::new`] made.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// More than two thirds: the signatures that make a certificate or a checkpoint hold.
    pub fn quorum(&self) -> usize {
        self.0.len() * 2 / 3 + 1
    }

    /// How many may fail: less than a third.
    pub fn tolerated(&self) -> usize {
        self.0.len().saturating_sub(1) / 3
    }

    /// The validator with this vote key.
    pub fn by_vote_key(&self, key: &PublicKey) -> Option<&Validator> {
        self.0.iter().find(|v| v.vote == *key)
    }

    /// The bytes as the state holds them: JSON in the order of the fields.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads and checks a set; see [`ValidatorSet::new`].
    pub fn from_bytes(bytes: &[u8]) -> Option<ValidatorSet> {
        let set: ValidatorSet = serde_json::from_slice(bytes).ok()?;
        let set = ValidatorSet::new(set.0)?;
        (set.to_bytes() == bytes).then_some(set)
    }

    /// SHA-256 of [`ValidatorSet::to_bytes`]: what headers and block leaves commit to.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.to_bytes())
    }
}

fn has_other_meaning(name: &str) -> bool {
    let numbered = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    matches!(name, "none" | "validators" | "witnesses" | "consortium") || name.strip_prefix("witness-").is_some_and(numbered)
}

/// Proposers to pass over, because a round of theirs failed: a pure function of committed blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skips(Vec<(PublicKey, Height)>);

impl Skips {
    /// Vote keys passed over at a height: at most as many as may fail, the latest failures first.
    pub fn at(&self, set: &ValidatorSet, height: Height) -> Vec<PublicKey> {
        let mut live: Vec<&(PublicKey, Height)> =
            self.0.iter().filter(|(key, until)| height < *until && set.by_vote_key(key).is_some()).collect();
        live.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        live.into_iter().take(set.tolerated()).map(|(key, _)| *key).collect()
    }

    /// After committing the block that carries the certificate of `height`, decided in `round`: the proposers of
    /// the rounds below it are skipped up to `height + 1 + span`. `turns` are the validators and the skips by
    /// which that height was decided.
    pub fn after(&self, turns: (&ValidatorSet, &Skips), height: Height, round: u32, span: u64) -> Skips {
        let (set, used) = turns;
        let skipped = used.at(set, height);
        let until = Height(height.0.saturating_add(1).saturating_add(span));
        let mut next: Vec<(PublicKey, Height)> =
            self.0.iter().filter(|(_, end)| height < *end).cloned().collect();
        for failed in 0..round.min(u32::try_from(set.len()).unwrap_or(u32::MAX)) {
            let Some(proposer) = proposer(set, &skipped, height, failed) else { continue };
            next.retain(|(key, _)| *key != proposer.vote);
            next.push((proposer.vote, until));
        }
        Skips(next)
    }
}

/// Whose turn it is: the validators that are not skipped take turns by height and round, in order of vote key.
pub fn proposer<'a>(set: &'a ValidatorSet, skipped: &[PublicKey], height: Height, round: u32) -> Option<&'a Validator> {
    let mut turns: Vec<&Validator> = set.iter().filter(|v| !skipped.contains(&v.vote)).collect();
    turns.sort_by_key(|v| v.vote);
    let count = u64::try_from(turns.len()).ok().filter(|n| *n > 0)?;
    let turn = height.0.wrapping_add(u64::from(round)) % count;
    turns.get(usize::try_from(turn).ok()?).copied()
}

#[cfg(test)]
mod tests;
