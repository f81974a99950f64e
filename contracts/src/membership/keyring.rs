//! One owner and one purpose for every key, for ever.

use super::calls::{MAX_KEYS, NewKey};
use super::error::MembershipError;
use super::state::{KeyOwner, Purpose, key_owner};
use chain_core::authority::Followers;
use chain_core::contract::{Context, Stop};
use chain_core::keys::PublicKey;
use chain_core::member::{KeyUse, Member, MemberKey};
use chain_core::types::{Height, Kid, MemberId};
use chain_core::validators::Validator;

/// Entries of the key index that a decision writes.
pub(super) type Claims = Vec<(Kid, KeyOwner)>;

/// Registers a key for a member, valid from the next height.
pub(super) fn add(ctx: &Context<'_, '_>, member: &mut Member, key: &NewKey) -> Result<(Kid, KeyOwner), Stop> {
    let kid = key.x.kid();
    if let Some(known) = member.key(&kid) {
        let same = known.uses == key.uses && known.until.is_none();
        let error = if same { MembershipError::KeyExists(kid) } else { MembershipError::KeyTaken(kid) };
        return Err(error.into());
    }
    if ctx.load::<KeyOwner>(&key_owner(&kid))?.is_some() {
        return Err(MembershipError::KeyTaken(kid).into());
    }
    if member.keys.len() >= MAX_KEYS {
        return Err(MembershipError::TooManyKeys.into());
    }
    let from = ctx.height.next();
    member.keys.push(MemberKey { kid: kid.clone(), x: key.x, uses: key.uses.clone(), from, until: None });
    Ok((kid, KeyOwner { member: member.id.clone(), purpose: Purpose::Member }))
}

/// Ends a key with this height. An end that is already set only ever moves closer.
pub(super) fn revoke(member: &mut Member, kid: &Kid, height: Height) -> Result<(), MembershipError> {
    let end = height.next();
    let key = member.keys.iter_mut().find(|key| key.kid == *kid);
    let key = key.ok_or_else(|| MembershipError::UnknownKey(kid.clone()))?;
    if let Some(until) = key.until.filter(|until| *until <= end) {
        return Err(MembershipError::AlreadyRevoked { until });
    }
    key.until = Some(end);
    Ok(())
}

/// Whether the member has, or once had, a checker's key.
pub(super) fn had_a_checker(member: &Member) -> bool {
    member.keys.iter().any(|key| key.uses.contains(&KeyUse::Checker))
}

/// Whether the member can sign records at a height.
pub(super) fn can_sign_records(member: &Member, at: Height) -> bool {
    member.keys.iter().any(|key| key.valid(KeyUse::Record, at))
}

/// The keys of nodes with their owners.
pub(super) fn node_keys<'a>(
    validators: impl Iterator<Item = &'a Validator>,
    followers: &'a Followers,
) -> Vec<(PublicKey, KeyOwner)> {
    let owner = |member: &MemberId, purpose| KeyOwner { member: member.clone(), purpose };
    let mut keys = Vec::new();
    for v in validators {
        let own = [
            (v.vote, Purpose::Vote),
            (v.log, Purpose::Log),
            (v.cosigner, Purpose::Cosigner),
            (v.peer, Purpose::Peer),
        ];
        keys.extend(own.map(|(key, purpose)| (key, owner(&v.member, purpose))));
    }
    keys.extend(followers.0.iter().map(|(member, key)| (*key, owner(member, Purpose::Peer))));
    keys
}

/// The entries that are new; refuses a key that has another owner or purpose.
pub(super) fn claim_node_keys(
    ctx: &Context<'_, '_>,
    keys: Vec<(PublicKey, KeyOwner)>,
) -> Result<Claims, Stop> {
    let mut claims = Claims::new();
    for (key, owner) in keys {
        let kid = key.kid();
        match ctx.load::<KeyOwner>(&key_owner(&kid))? {
            None => claims.push((kid, owner)),
            Some(known) if known == owner => {}
            Some(_) => return Err(MembershipError::KeyTaken(kid).into()),
        }
    }
    Ok(claims)
}
