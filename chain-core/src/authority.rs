//! Who may write what, judged at the height of the block, never later.

use crate::member::{Grants, KeyUse, Member, Params};
use crate::state::{StateFault, StateRead, keys, load};
use crate::tx::{AdmittedTx, ParsedTx, TxError, VerifiedTx};
use crate::types::{Height, Kid, MemberId, TimeMs};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Members' nodes that follow without voting: state key `gov/followers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Followers(pub BTreeMap<MemberId, crate::keys::PublicKey>);

/// Why a transaction of good form may not enter a block. Codes are never renumbered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// 1101.
    #[error("{0} is not a member of this ledger")]
    UnknownMember(MemberId),
    /// 1102.
    #[error("{0} is suspended; ask the governing members")]
    Suspended(MemberId),
    /// 1103.
    #[error("key {0} is not registered for the submitter")]
    UnknownKey(Kid),
    /// 1104.
    #[error("key {0} may not sign transactions at this height: revoked, expired or not yet valid")]
    KeyNotValid(Kid),
    /// 1105.
    #[error("record {index}: none of the submitter's roles may write {kind}")]
    Role {
        /// Position of the record.
        index: usize,
        /// Its kind.
        kind: String,
    },
    /// 1106.
    #[error("submit_by has passed; sign it again with a new jti")]
    Late,
    /// 1107.
    #[error("iat lies more than an hour after the ledger's time; correct the clock")]
    FromTheFuture,
    /// 1108.
    #[error("form, signature: {0}")]
    Form(#[from] TxError),
    /// The store failed: not a judgement.
    #[error(transparent)]
    Fault(#[from] StateFault),
}

impl AuthorityError {
    /// The stable number; 1100 when the store failed.
    pub fn code(&self) -> u16 {
        match self {
            AuthorityError::Fault(_) => 1100,
            AuthorityError::UnknownMember(_) => 1101,
            AuthorityError::Suspended(_) => 1102,
            AuthorityError::UnknownKey(_) => 1103,
            AuthorityError::KeyNotValid(_) => 1104,
            AuthorityError::Role { .. } => 1105,
            AuthorityError::Late => 1106,
            AuthorityError::FromTheFuture => 1107,
            AuthorityError::Form(error) => error.code(),
        }
    }
}

/// Members, grants and bounds as they stand for one block. Members are read once each.
pub struct Authority<S> {
    state: S,
    height: Height,
    grants: Grants,
    params: Params,
    members: Mutex<BTreeMap<MemberId, Option<Arc<Member>>>>,
}

impl<S: StateRead> Authority<S> {
    /// `state` is the state before the block of `height`.
    ///
    /// # Errors
    /// The store failed.
    pub fn new(state: S, height: Height) -> Result<Authority<S>, StateFault> {
        let grants = load(&state, keys::GRANTS)?.unwrap_or_default();
        let params = load(&state, keys::PARAMS)?.unwrap_or_default();
        Ok(Authority { state, height, grants, params, members: Mutex::default() })
    }

    /// The bounds in force.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The height that is judged.
    pub fn height(&self) -> Height {
        self.height
    }

    /// A member.
    ///
    /// # Errors
    /// The store failed.
    pub fn member(&self, id: &MemberId) -> Result<Option<Arc<Member>>, StateFault> {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = members.get(id) {
            return Ok(known.clone());
        }
        let found = load::<Member>(&self.state, &keys::member(id))?.map(Arc::new);
        // Submitters choose ids freely: names of strangers must not fill the memory.
        if found.is_some() {
            members.insert(id.clone(), found.clone());
        }
        Ok(found)
    }

    /// Finds the key that a parsed transaction names and checks the signature with it.
    ///
    /// # Errors
    /// Unknown member or key, key not valid, or wrong signature.
    pub fn verify(&self, parsed: ParsedTx) -> Result<VerifiedTx, AuthorityError> {
        let member = self.standing(parsed.issuer())?;
        let key = member.key(parsed.kid()).ok_or_else(|| AuthorityError::UnknownKey(parsed.kid().clone()))?;
        if !key.valid(KeyUse::Record, self.height) && !key.valid(KeyUse::Checker, self.height) {
            return Err(AuthorityError::KeyNotValid(parsed.kid().clone()));
        }
        Ok(parsed.verify_known(&key.x)?)
    }

    fn standing(&self, id: &MemberId) -> Result<Arc<Member>, AuthorityError> {
        let member = self.member(id)?.ok_or_else(|| AuthorityError::UnknownMember(id.clone()))?;
        if !member.in_good_standing(self.height) {
            return Err(AuthorityError::Suspended(id.clone()));
        }
        Ok(member)
    }

    /// Judges whether a verified transaction may stand in the block of this height with this time.
    /// Replay and share are the block's business: see [`crate::execute`].
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn admit(&self, tx: VerifiedTx, time: TimeMs) -> Result<AdmittedTx, AuthorityError> {
        let claims = tx.claims();
        let member = self.standing(&claims.iss)?;
        let key = member.key(tx.kid()).ok_or_else(|| AuthorityError::UnknownKey(tx.kid().clone()))?;
        if !key.valid(KeyUse::Record, self.height) && !key.valid(KeyUse::Checker, self.height) {
            return Err(AuthorityError::KeyNotValid(tx.kid().clone()));
        }
        if claims.submit_by < time.seconds() {
            return Err(AuthorityError::Late);
        }
        if claims.iat > time.seconds().saturating_add(3600) {
            return Err(AuthorityError::FromTheFuture);
        }
        for (index, record) in tx.records().iter().enumerate() {
            if !self.grants.allows(&record.kind, &member.roles) {
                return Err(AuthorityError::Role { index, kind: record.kind.to_string() });
            }
        }
        Ok(AdmittedTx(tx))
    }
}

#[cfg(test)]
mod tests;
