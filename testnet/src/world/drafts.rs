//! Records whose bodies need ids known at run time only, and the filings. `now` is the event time they state.

use super::codes::rfc3339;
use super::{MemberSigner, WorldError};
use chain_core::keys::PublicKey;
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::types::{Code, Height, Kid, RecordId, TimeMs};
use chain_core::validators::Validator;
use contracts::clearance::calls::{DeclarationClear, ReleaseClear};
use contracts::clearance::state::{Status, declaration_code};
use contracts::dates::Date;
use contracts::finance::calls::{
    Capacity, ConfirmClear, Decision, DisputeClear, DisputeReason, RepayClear, ReserveClear, Reveal, Source,
};
use contracts::finance::form::object_code;
use contracts::finance::wire::Salt;
use contracts::ids::customs::DeclarationNo;
use contracts::ids::uscc::Uscc;
use contracts::insurance::calls::CancelClear;
use contracts::membership::calls::{Action, KeyCall, ProposalCall, Vote, VoteCall};
use contracts::registry::calls::{self as registry, EnterpriseCall, GoodsCall, ObjectCall, ObjectType, ReviewCall};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A draft without sealed fields.
pub(super) fn draft<T: Serialize>(
    kind: &str,
    objects: Vec<String>,
    now: TimeMs,
    body: &T,
) -> Result<RecordDraft, WorldError> {
    match json(body)? {
        Value::Object(clear) => {
            Ok(RecordDraft { kind: kind.to_owned(), objects, at: rfc3339(now), clear, sealed: Vec::new() })
        }
        _ => Err(WorldError::Json(format!("{kind} is not an object"))),
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<Value, WorldError> {
    serde_json::to_value(value).map_err(|error| WorldError::Json(error.to_string()))
}

/// `registry.enterprise/1`, by the firm itself.
///
/// # Errors
/// [`WorldError::Range`] for a member without a social credit code.
pub fn enterprise_filing_draft(firm: &MemberSigner, valid_until: Date, now: TimeMs) -> Result<RecordDraft, WorldError> {
    let call = EnterpriseCall {
        uscc: Uscc::parse(firm.id.as_str()).map_err(|_| WorldError::Range("a social credit code"))?,
        customs_code: firm.customs_code.clone(),
        name_zh: firm.names.get("zh-CN").cloned(),
        name_en: firm.names.get("en").cloned(),
        valid_until,
        on_behalf_of: None,
        replaces: None,
    };
    draft("registry.enterprise/1", Vec::new(), now, &call)
}

/// `registry.goods/1`, by the enterprise itself; `names` in Chinese and English, `origin` such as `CN`.
///
/// # Errors
/// [`WorldError::Range`] for a malformed commodity code.
pub fn goods_filing_draft(
    gtin: &str,
    hs: &str,
    names: [&str; 2],
    origin: &str,
    valid_until: Date,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let call = GoodsCall {
        gtin: gtin.to_owned(),
        hs: hs.parse().map_err(|_| WorldError::Range("a commodity code"))?,
        name_zh: Some(names[0].to_owned()),
        name_en: Some(names[1].to_owned()),
        origin: origin.to_owned(),
        valid_until,
        on_behalf_of: None,
        replaces: None,
    };
    draft("registry.goods/1", Vec::new(), now, &call)
}

/// `registry.review/1` that approves a filing as asked, by customs.
///
/// # Errors
/// [`WorldError::Json`].
pub fn approval_draft(filing: RecordId, now: TimeMs) -> Result<RecordDraft, WorldError> {
    let call = ReviewCall { filing, decision: registry::Decision::Approve, reason_code: None, valid_until: None };
    draft("registry.review/1", Vec::new(), now, &call)
}

/// `registry.object/1`: assigns a code to its submitter.
///
/// # Errors
/// [`WorldError::Range`] for a malformed code.
pub fn object_draft(
    code: &str,
    object_type: ObjectType,
    parent: Option<&str>,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let read = |text: &str| Code::parse(text).ok_or(WorldError::Range("an object code"));
    let call = ObjectCall { code: read(code)?, object_type, parent: parent.map(read).transpose()? };
    draft("registry.object/1", vec![code.to_owned()], now, &call)
}

/// `clearance.declaration/1` over lists, by the declarant; `lists` are codes such as `list:…`.
///
/// # Errors
/// [`WorldError::Range`] for a malformed code.
pub fn declaration_draft(number: &DeclarationNo, lists: &[String], now: TimeMs) -> Result<RecordDraft, WorldError> {
    let codes = lists.iter().map(|code| Code::parse(code)).collect::<Option<Vec<_>>>();
    let lists_of = codes.ok_or(WorldError::Range("the code of a list"))?;
    let objects = std::iter::once(declaration_code(number)).chain(lists.iter().cloned()).collect();
    draft("clearance.declaration/1", objects, now, &DeclarationClear { declaration: number.clone(), lists: lists_of })
}

/// `clearance.release/1`, by customs: released, held or cancelled.
///
/// # Errors
/// [`WorldError::Json`].
pub fn customs_release_draft(number: &DeclarationNo, status: Status, now: TimeMs) -> Result<RecordDraft, WorldError> {
    draft(
        "clearance.release/1",
        vec![declaration_code(number)],
        now,
        &ReleaseClear { declaration: number.clone(), status },
    )
}

/// `insurance.policy/1` for a claim, by the insurer.
///
/// # Errors
/// [`WorldError::Json`].
pub fn policy_draft(claim: &super::Claim, now: TimeMs) -> Result<RecordDraft, WorldError> {
    let mut policy = draft("insurance.policy/1", Vec::new(), now, &claim.policy)?;
    policy.sealed.push(("parties".into(), json(&claim.policy_parties)?));
    Ok(policy)
}

/// `insurance.cancel/1`, by the insurer.
///
/// # Errors
/// [`WorldError::Json`].
pub fn cancel_policy_draft(policy: RecordId, now: TimeMs) -> Result<RecordDraft, WorldError> {
    draft("insurance.cancel/1", Vec::new(), now, &CancelClear { policy })
}

/// `finance.confirm/1`, by the confirmer, who opens the commitment with the salt that the creditor gave it.
///
/// # Errors
/// [`WorldError::Json`].
pub fn confirm_draft(
    receivable: RecordId,
    decision: Decision,
    capacity: Capacity,
    salt: Salt,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let body = ConfirmClear { receivable, decision, capacity, salt };
    draft("finance.confirm/1", vec![object_code(&receivable)], now, &body)
}

/// `finance.reserve/1`, by a bank: minor units, seconds of block time.
///
/// # Errors
/// [`WorldError::Json`].
pub fn reserve_draft(receivable: RecordId, minor: u64, seconds: u64, now: TimeMs) -> Result<RecordDraft, WorldError> {
    draft("finance.reserve/1", vec![object_code(&receivable)], now, &ReserveClear { receivable, minor, seconds })
}

/// `finance.repay/1`, by the bank that holds the pledge.
///
/// # Errors
/// [`WorldError::Json`].
pub fn repay_draft(
    receivable: RecordId,
    pledge: RecordId,
    minor: u64,
    source: Source,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let body = RepayClear { receivable, pledge, minor, source };
    draft("finance.repay/1", vec![object_code(&receivable)], now, &body)
}

/// `finance.dispute/1`: opens or closes; the confirmer reveals itself, the creditor does not.
///
/// # Errors
/// [`WorldError::Json`].
pub fn dispute_draft(
    receivable: RecordId,
    reason: DisputeReason,
    open: bool,
    reveal: Option<Reveal>,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let body = DisputeClear { receivable, reason, open, reveal };
    draft("finance.dispute/1", vec![object_code(&receivable)], now, &body)
}

/// `member.key/1` twice: adds a key, then revokes another. Send both in one transaction, signed with a record
/// key that is still valid. The new key signs from the next height on.
///
/// # Errors
/// [`WorldError::Json`].
pub fn key_rotation_drafts(
    new: &PublicKey,
    uses: &[KeyUse],
    old: &Kid,
    now: TimeMs,
) -> Result<[RecordDraft; 2], WorldError> {
    let uses: BTreeSet<KeyUse> = uses.iter().copied().collect();
    let add = draft("member.key/1", Vec::new(), now, &KeyCall::Add { x: *new, uses })?;
    let revoke = draft("member.key/1", Vec::new(), now, &KeyCall::Revoke { kid: old.clone() })?;
    Ok([add, revoke])
}

/// `gov.proposal/1`, by a governing member; proposing is voting yes. Open up to height `expires`.
///
/// # Errors
/// [`WorldError::Json`].
pub fn proposal_draft(action: Action, expires: Height, now: TimeMs) -> Result<RecordDraft, WorldError> {
    draft("gov.proposal/1", Vec::new(), now, &ProposalCall { action, expires })
}

/// The action that replaces all validators.
pub fn set_validators(validators: Vec<Validator>) -> Action {
    Action::SetValidators { validators }
}

/// `gov.vote/1`, by a governing member that has not voted.
///
/// # Errors
/// [`WorldError::Json`].
pub fn vote_draft(proposal: RecordId, vote: Vote, now: TimeMs) -> Result<RecordDraft, WorldError> {
    draft("gov.vote/1", Vec::new(), now, &VoteCall { proposal, vote })
}
