//! The finance records that carry signatures of their own: attestation and two-person approval.

use super::drafts::{draft, json};
use super::{Cast, MemberSigner, SaltedDraft, Salts, Trade, WorldError};
use chain_core::keys::{MemorySigner, Purpose, Signer as _};
use chain_core::member::KeyUse;
use chain_core::record::RecordDraft;
use chain_core::tx::disclosure::{digest, of_field};
use chain_core::types::{Currency, LedgerId, RecordId, TimeMs};
use contracts::dates::Date;
use contracts::finance::calls::{Attestation, Capacity, Maker, PledgeClear, ReceivableClear, ReleaseClear};
use contracts::finance::fingerprint::{DocumentFields, InvoiceFields, exact, exact_document, similar};
use contracts::finance::form::object_code;
use contracts::finance::sealed::Documents;
use contracts::finance::signed::{Approval, approval_bytes, attestation_bytes, commitment};
use contracts::finance::wire::{Digest32, Salt, Signature};
use serde_json::json;

/// Sealed fields of a receivable that the registrar sees; they stand first.
const BOUND: usize = 3;

/// Record ids behind a receivable, known once its documents are on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivableIds {
    /// The trade's `trade.order/1`.
    pub order: RecordId,
    /// Its `trade.waybill/1`.
    pub waybill: RecordId,
    /// Its `trade.list/1`.
    pub list: RecordId,
    /// Its `clearance.declaration/1`.
    pub declaration: RecordId,
    /// The `insurance.policy/1` that covers it.
    pub policy: Option<RecordId>,
}

/// A receivable ready to be signed by its creditor.
#[derive(Clone, Debug)]
pub struct ReceivableDraft {
    /// The draft with the salts that the registrar's word depends on.
    pub salted: SaltedDraft,
    /// What the creditor gives to the confirmer.
    pub confirmer_salt: Salt,
    /// In which capacity the confirmer confirms.
    pub capacity: Capacity,
}

/// `finance.receivable/1` of a trade, attested by the registrar.
///
/// Sealed are `parties`, `invoice`, `documents` (which the attestation binds) and `confirmer`, which says to
/// whom and with which salt the creditor committed. Exact fingerprints: the invoice, and each document by the
/// member that recorded it (a declaration by its customs district) and its number.
///
/// # Errors
/// [`WorldError::NoClaim`] for an import; else [`WorldError::Json`] or [`WorldError::Signer`].
pub fn receivable_draft(
    cast: &Cast,
    trade: &Trade,
    ids: &ReceivableIds,
    ledger: &LedgerId,
    salts: &mut Salts,
    now: TimeMs,
) -> Result<ReceivableDraft, WorldError> {
    let claim = trade.claim()?;
    let documents = Documents {
        order: Some(ids.order),
        waybill: Some(ids.waybill),
        list: Some(ids.list),
        declaration: Some(ids.declaration),
    };
    let confirmer_salt = Salt(salts.draw());
    let confirmer = json!({ "member": claim.confirmer, "capacity": claim.capacity, "salt": confirmer_salt });
    let sealed = [
        ("parties", json(&claim.parties)?),
        ("invoice", json(&claim.invoice)?),
        ("documents", json(&documents)?),
        ("confirmer", confirmer),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let fixed: Vec<_> = sealed.iter().map(|_| salts.draw()).collect();
    let binds = sealed.iter().zip(&fixed).take(BOUND).map(|((name, value), salt)| {
        Digest32::parse(&digest(&of_field(salt, name, value))).ok_or(WorldError::Range("a digest"))
    });
    let attestation = attest(cast, trade, ledger, binds.collect::<Result<_, _>>()?)?;
    let body = ReceivableClear {
        currency: claim.invoice.currency.clone(),
        minor: claim.minor,
        issued: claim.invoice.date,
        due: claim.due,
        policy: ids.policy,
        confirmer: commitment(&confirmer_salt, claim.capacity, &claim.confirmer),
        attestation,
    };
    let mut receivable = draft("finance.receivable/1", Vec::new(), now, &body)?;
    receivable.sealed = sealed.into();
    Ok(ReceivableDraft {
        salted: SaltedDraft { draft: receivable, salts: fixed },
        confirmer_salt,
        capacity: claim.capacity,
    })
}

/// The registrar's word on a trade's invoice and documents.
fn attest(cast: &Cast, trade: &Trade, ledger: &LedgerId, binds: Vec<Digest32>) -> Result<Attestation, WorldError> {
    let (claim, key) = (trade.claim()?, &cast.fingerprint_key);
    let invoice = InvoiceFields {
        seller: claim.parties.creditor.clone(),
        buyer: claim.parties.debtor.clone(),
        number: claim.invoice.number.clone(),
        date: claim.invoice.date,
        currency: claim.invoice.currency.clone(),
        minor: claim.invoice.minor,
    };
    let named = [
        ("order", "order:", &trade.documents.order),
        ("waybill", "waybill:", &trade.documents.waybill),
        ("list", "list:", &trade.documents.list),
        ("declaration", "decl:", &trade.declaration),
    ];
    let mut fingerprints = vec![exact(key, &invoice)];
    for (kind, scheme, authored) in named {
        let number = authored.draft.objects.iter().find_map(|code| code.strip_prefix(scheme));
        let number = number.ok_or(WorldError::Range("the code of a document"))?;
        let issuer = if kind == "declaration" { trade.declaration_no.district() } else { authored.by.as_str() };
        let fields = DocumentFields { kind: kind.into(), issuer: issuer.into(), number: number.into() };
        fingerprints.push(exact_document(key, &fields));
    }
    let signer = cast.registrar.key(KeyUse::Attest)?;
    let mut attestation = Attestation {
        registrar: cast.registrar.id.clone(),
        kid: signer.public_key().kid(),
        exact: fingerprints,
        similar: similar(key, &invoice),
        binds,
        signature: Signature([0; 64]),
    };
    let bytes = attestation_bytes(ledger, &trade.seller, &claim.invoice.currency, claim.minor, &attestation);
    attestation.signature = Signature(signer.sign(Purpose::Attestation(&bytes)).map_err(WorldError::Signer)?);
    Ok(attestation)
}

/// What a bank pledges, or which pledge it releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PledgeTerms {
    /// The receivable.
    pub receivable: RecordId,
    /// To pledge: the reservation that it consumes. To release: the pledge.
    pub encumbrance: RecordId,
    /// To pledge: the amount. To release: what is outstanding. Minor units.
    pub minor: u64,
    /// Currency of the receivable.
    pub currency: Currency,
    /// Last day of the statutory registration.
    pub until: Date,
    /// Certificate number of the statutory register, 1 to 40 of `A-Z a-z 0-9 -`.
    pub register_no: String,
}

/// `finance.pledge/1`, approved by the bank's maker. [`super::sign`] signs it with the checker's key.
///
/// # Errors
/// [`WorldError::NoKey`] when the member is no bank; [`WorldError::Signer`].
pub fn pledge_draft(
    bank: &MemberSigner,
    ledger: &LedgerId,
    terms: &PledgeTerms,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let body = PledgeClear {
        receivable: terms.receivable,
        reservation: terms.encumbrance,
        minor: terms.minor,
        until: terms.until,
        register_no: terms.register_no.clone(),
        maker: approve(bank, ledger, "finance.pledge/1", terms)?,
    };
    draft("finance.pledge/1", vec![object_code(&terms.receivable)], now, &body)
}

/// `finance.release/1` of a pledge, approved by the bank's maker. [`super::sign`] signs it with the checker's key.
///
/// # Errors
/// As [`pledge_draft`].
pub fn release_pledge_draft(
    bank: &MemberSigner,
    ledger: &LedgerId,
    terms: &PledgeTerms,
    now: TimeMs,
) -> Result<RecordDraft, WorldError> {
    let maker = Some(approve(bank, ledger, "finance.release/1", terms)?);
    let body = ReleaseClear { receivable: terms.receivable, encumbrance: terms.encumbrance, maker };
    draft("finance.release/1", vec![object_code(&terms.receivable)], now, &body)
}

/// `finance.release/1` of a reservation, by the bank that holds it.
///
/// # Errors
/// [`WorldError::Json`].
pub fn release_draft(receivable: RecordId, reservation: RecordId, now: TimeMs) -> Result<RecordDraft, WorldError> {
    let body = ReleaseClear { receivable, encumbrance: reservation, maker: None };
    draft("finance.release/1", vec![object_code(&receivable)], now, &body)
}

fn approve(bank: &MemberSigner, ledger: &LedgerId, kind: &str, terms: &PledgeTerms) -> Result<Maker, WorldError> {
    let signer: &MemorySigner = bank.key(KeyUse::Maker)?;
    let bytes = approval_bytes(&Approval {
        ledger,
        iss: &bank.id,
        kind,
        receivable: &terms.receivable,
        encumbrance: &terms.encumbrance,
        minor: terms.minor,
        currency: &terms.currency,
        until: terms.until,
        register_no: &terms.register_no,
    });
    let signature = signer.sign(Purpose::Approval(&bytes)).map_err(WorldError::Signer)?;
    Ok(Maker { kid: signer.public_key().kid(), signature: Signature(signature) })
}
