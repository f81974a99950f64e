//! The founders' side: the key index at height 0, and whether a genesis keeps the rules of this contract.

use super::action::{able_to_govern, votes_needed};
use super::calls::{MAX_FOLLOWERS, MAX_KEYS, check_params, check_uses};
use super::keyring::node_keys;
use super::rules::{MAX_VERSIONS, RuleVersions, rule_name_ok};
use super::state::{KeyOwner, Purpose, key_owner};
use chain_core::genesis::Genesis;
use chain_core::json::JsonError;
use chain_core::keys::PublicKey;
use chain_core::types::{Height, Kid, MemberId};
use std::collections::{BTreeMap, BTreeSet};

/// Why a genesis would break this contract's promises from the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisFault {
    /// A bound is out of its range, or a key has no use, or is both maker and checker.
    #[error(transparent)]
    Bounds(#[from] JsonError),
    /// More keys than a member may have.
    #[error("{0} has more than 64 keys")]
    TooManyKeys(MemberId),
    /// The same key for two owners or two purposes.
    #[error("key {0} stands for two members or two purposes; give each its own key")]
    KeyTwice(Kid),
    /// A follower is not a member, or there are too many.
    #[error("followers are members, at most 1000")]
    Followers,
    /// See [`RuleVersions`].
    #[error("rule set {name}: {message}")]
    Rules {
        /// Its name.
        name: String,
        /// What to correct.
        message: String,
    },
    /// Nobody could ever decide anything.
    #[error("only {able} founders could vote, and a decision needs {needed}: check roles, grants and record keys")]
    NotGovernable {
        /// Validators' members with a key, a role that may vote, and good standing.
        able: usize,
        /// Yes votes that a decision needs.
        needed: usize,
    },
}

fn owners(genesis: &Genesis) -> Vec<(Kid, KeyOwner)> {
    let members = genesis.members.iter().flat_map(|member| {
        let owner = KeyOwner { member: member.id.clone(), purpose: Purpose::Member };
        member.keys.iter().map(move |key| (key.kid.clone(), owner.clone()))
    });
    let nodes = node_keys(genesis.validators.iter(), &genesis.followers);
    let mut owners: Vec<_> = members.chain(nodes.into_iter().map(|(key, owner)| (key.kid(), owner))).collect();
    for (n, key) in (1..).zip(genesis.witnesses.iter().flat_map(|witnesses| &witnesses.keys)) {
        let named = MemberId::parse(&format!("witness-{n}"));
        if let (Some(member), Ok(key)) = (named, PublicKey::from_bytes(key.public().to_bytes())) {
            owners.push((key.kid(), KeyOwner { member, purpose: Purpose::Witness }));
        }
    }
    owners
}

/// State values of height 0 beyond those of `chain_core`: the index of all keys of the founders.
///
/// Pure. Of a key that stands twice the first owner is kept; [`check_genesis`] refuses such a file.
pub fn genesis_state(genesis: &Genesis) -> BTreeMap<String, Vec<u8>> {
    let mut state = BTreeMap::new();
    for (kid, owner) in owners(genesis) {
        if let Ok(bytes) = serde_json::to_vec(&owner) {
            state.entry(key_owner(&kid)).or_insert(bytes);
        }
    }
    state
}

/// Holds a genesis to the rules that later decisions are held to. Call it before starting a ledger.
///
/// # Errors
/// The first rule that it breaks.
pub fn check_genesis(genesis: &Genesis) -> Result<(), GenesisFault> {
    check_params(&genesis.params, "/params")?;
    for (index, member) in genesis.members.iter().enumerate() {
        if member.keys.len() > MAX_KEYS {
            return Err(GenesisFault::TooManyKeys(member.id.clone()));
        }
        for (k, key) in member.keys.iter().enumerate() {
            check_uses(&key.uses, &format!("/members/{index}/keys/{k}/uses"))?;
        }
    }
    let mut seen: BTreeMap<Kid, KeyOwner> = BTreeMap::new();
    for (kid, owner) in owners(genesis) {
        let shared_peer = owner.purpose == Purpose::Peer && seen.get(&kid) == Some(&owner);
        if !shared_peer && seen.insert(kid.clone(), owner).is_some() {
            return Err(GenesisFault::KeyTwice(kid));
        }
    }
    let ids: BTreeSet<&MemberId> = genesis.members.iter().map(|member| &member.id).collect();
    if genesis.followers.0.len() > MAX_FOLLOWERS || !genesis.followers.0.keys().all(|id| ids.contains(id)) {
        return Err(GenesisFault::Followers);
    }
    for (name, value) in &genesis.rules {
        check_rules(name, value).map_err(|message| GenesisFault::Rules { name: name.clone(), message })?;
    }
    let runs_validator = |id: &MemberId| genesis.validators.iter().any(|v| v.member == *id);
    let first = Height::GENESIS.next();
    let able = genesis
        .members
        .iter()
        .filter(|member| runs_validator(&member.id) && able_to_govern(member, &genesis.grants, first))
        .count();
    let needed = votes_needed(&genesis.params, genesis.validators.len());
    if able < needed {
        return Err(GenesisFault::NotGovernable { able, needed });
    }
    Ok(())
}

fn check_rules(name: &str, value: &serde_json::Value) -> Result<(), String> {
    if !rule_name_ok(name) {
        return Err("a name has 1 to 64 of a-z, 0-9, '.' and '-'".into());
    }
    let versions: RuleVersions = serde_json::from_value(value.clone()).map_err(|e| {
        format!(r#"write [{{"from":0,"rules":{{"version":"…","effective":"YYYY-MM-DD",…}}}}]: {e}"#)
    })?;
    if !(1..=MAX_VERSIONS).contains(&versions.0.len()) {
        return Err("a rule set has 1 to 64 versions".into());
    }
    let mut names = BTreeSet::new();
    for entry in &versions.0 {
        entry.rules.check()?;
        if entry.from != Height::GENESIS {
            return Err("in the genesis every version stands from height 0".into());
        }
        if !names.insert(&entry.rules.version) {
            return Err(format!("version {} stands twice", entry.rules.version));
        }
    }
    Ok(())
}
