//! Gathering what the receivable check judges: records, states, members then and now, and the disclosures that
//! were presented to this node. The judging itself is [`contracts::finance::check`], pure and replayable.

use super::{Filter, StoredBlock, block, damaged, list_records, place_of};
use crate::disclosures::Disclosures;
use crate::index::prefix;
use crate::ledger::view::at_height;
use crate::ledger::{Ledger, LedgerError};
use crate::storage::{Direction, Table};
use chain_core::member::{Member, Role};
use chain_core::record::Record;
use chain_core::state::{keys, load};
use chain_core::tx::disclosure::Sealed;
use chain_core::types::{Height, MemberId, RecordId};
use contracts::clearance::ceb::object_code;
use contracts::clearance::state::{Declaration, declaration_key};
use contracts::clearance::standing::{Accepted, standing};
use contracts::finance::calls::ReceivableClear;
use contracts::finance::check::{
    CheckInput, Document, FingerprintOwner, FoundDeclaration, FoundPolicy, MemberView, OnLedger, Report, check,
};
use contracts::finance::form::object_code as receivable_code;
use contracts::finance::sealed::Documents;
use contracts::finance::state::{Receivable, Similar, exact_key, receivable_key, similar_key};
use contracts::insurance::state::policy_key;
use contracts::registry::state::{Filed, Filing, Filings, filing, filings_of_enterprise};

/// What the bank asks about besides the receivable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question {
    /// The amount to lend on, minor units.
    pub asked: Option<u64>,
    /// A reservation of its own, which counts as free.
    pub own_reservation: Option<RecordId>,
}

/// Records of one object looked at for cancellations.
const CHAIN_LIMIT: usize = 1000;

/// Checks a receivable with what this node was shown; none when there is no such record.
///
/// # Errors
/// The store failed.
pub fn assess(
    ledger: &Ledger,
    shown: &Disclosures,
    id: &RecordId,
    question: Question,
    checkpoint_size: u64,
) -> Result<Option<Report>, LedgerError> {
    let gather = Gather { ledger, shown, checkpoint_size };
    let Some(receivable) = gather.found(id)? else { return Ok(None) };
    let state = ledger.state();
    let head = ledger.head();
    let body = receivable.record.clear::<ReceivableClear>().ok();
    let mut input = CheckInput {
        ledger: ledger.founding().id,
        height: head.height,
        time: head.time,
        asked: question.asked,
        own_reservation: question.own_reservation,
        state: load::<Receivable>(&state, &receivable_key(id))?,
        fingerprints: Vec::new(),
        members: Vec::new(),
        confirmation: gather.confirmation(id)?,
        seller_codes: gather.seller_codes(&receivable.issuer)?,
        order: None,
        waybill: None,
        list: None,
        declaration: None,
        policy: None,
        similar_live: Vec::new(),
        similar_more: false,
        receivable,
    };
    if let Some(documents) = gather.opened::<Documents>(&input.receivable, "documents") {
        input.order = gather.document(documents.order.as_ref())?;
        input.waybill = gather.document(documents.waybill.as_ref())?;
        input.list = gather.document(documents.list.as_ref())?;
        input.declaration = gather.declaration(documents.declaration.as_ref())?;
    }
    if let Some(body) = &body {
        for fingerprint in &body.attestation.exact {
            let receivable = load::<RecordId>(&state, &exact_key(fingerprint))?;
            input.fingerprints.push(FingerprintOwner { fingerprint: *fingerprint, receivable });
        }
        for fingerprint in &body.attestation.similar {
            let similar: Similar = load(&state, &similar_key(fingerprint))?.unwrap_or_default();
            input.similar_more |= similar.more > 0;
            let others = similar.live.into_iter().filter(|other| other != id);
            input.similar_live.extend(others);
        }
        input.similar_live.sort();
        input.similar_live.dedup();
        input.policy = match &body.policy {
            None => None,
            Some(policy) => gather
                .found(policy)?
                .map(|found| Ok::<_, LedgerError>(FoundPolicy { state: load(&state, &policy_key(policy))?, found }))
                .transpose()?,
        };
        let registrar = (body.attestation.registrar.clone(), input.receivable.height);
        input.members.push(gather.member(&registrar.0, registrar.1)?);
    }
    for (member, height) in signers(&input) {
        if !input.members.iter().any(|view| view.id == member && view.at == height) {
            input.members.push(gather.member(&member, height)?);
        }
    }
    Ok(Some(check(&input)))
}

/// The documents behind a receivable, as far as this node was shown which they are.
///
/// # Errors
/// The store failed.
pub fn documents_named(ledger: &Ledger, shown: &Disclosures, id: &RecordId) -> Result<Vec<RecordId>, LedgerError> {
    let gather = Gather { ledger, shown, checkpoint_size: 0 };
    let Some(receivable) = gather.found(id)? else { return Ok(Vec::new()) };
    let Some(named) = gather.opened::<Documents>(&receivable, "documents") else { return Ok(Vec::new()) };
    Ok([named.order, named.waybill, named.list, named.declaration].into_iter().flatten().collect())
}

fn signers(input: &CheckInput) -> Vec<(MemberId, Height)> {
    let documents = [&input.order, &input.waybill, &input.list].into_iter().flatten().map(|d| &d.found);
    documents
        .chain(std::iter::once(&input.receivable))
        .chain(&input.confirmation)
        .chain(input.declaration.iter().map(|d| &d.found))
        .chain(input.policy.iter().map(|p| &p.found))
        .map(|found| (found.issuer.clone(), found.height))
        .collect()
}

struct Gather<'a> {
    ledger: &'a Ledger,
    shown: &'a Disclosures,
    checkpoint_size: u64,
}

impl Gather<'_> {
    /// An accepted record.
    fn found(&self, id: &RecordId) -> Result<Option<OnLedger>, LedgerError> {
        let Some((height, index)) = place_of(self.ledger, &id.tx)? else { return Ok(None) };
        let stored = block(self.ledger, height)?.ok_or_else(|| damaged("a block is missing"))?;
        self.in_block(&stored, index, id)
    }

    fn in_block(&self, stored: &StoredBlock, index: u32, id: &RecordId) -> Result<Option<OnLedger>, LedgerError> {
        let (tx, outcome) = stored.tx(self.ledger, index)?;
        let Some(record) = tx.records().get(usize::from(id.index)).filter(|_| outcome.accepted()) else {
            return Ok(None);
        };
        let presented = self
            .shown
            .held(id)
            .map_err(|e| LedgerError::Damaged(e.to_string()))?
            .into_iter()
            .map(|disclosure| Sealed { disclosure })
            .collect();
        Ok(Some(OnLedger {
            id: *id,
            issuer: tx.issuer().clone(),
            kid: tx.kid().clone(),
            height: stored.header.height,
            record: record.clone(),
            is_final: stored.header.log_size <= self.checkpoint_size,
            presented,
        }))
    }

    fn opened<T: serde::de::DeserializeOwned>(&self, found: &OnLedger, name: &str) -> Option<T> {
        found
            .presented
            .iter()
            .filter(|sealed| found.record.sd.contains(&sealed.digest()))
            .filter_map(|sealed| sealed.open().ok())
            .find(|(field, _)| field == name)
            .and_then(|(_, value)| serde_json::from_value(value).ok())
    }

    /// A trade document, and what later records of its object say of it.
    fn document(&self, id: Option<&RecordId>) -> Result<Option<Document>, LedgerError> {
        let Some(found) = id.map(|id| self.found(id)).transpose()?.flatten() else { return Ok(None) };
        let mut later: Vec<(RecordId, MemberId, bool, Record)> = Vec::new();
        for code in own_codes(&found.record) {
            for row in self.chain(&code)? {
                if !later.iter().any(|(id, ..)| *id == row.0) {
                    later.push(row);
                }
            }
        }
        let accepted: Vec<Accepted<'_>> = later
            .iter()
            .map(|(id, issuer, customs, record)| Accepted { id: *id, issuer, customs: *customs, record })
            .collect();
        let own = Accepted { id: found.id, issuer: &found.issuer, customs: false, record: &found.record };
        let standing = standing(own, &accepted);
        Ok(Some(Document { standing, found }))
    }

    /// Accepted records of an object, oldest first.
    fn chain(&self, code: &str) -> Result<Vec<(RecordId, MemberId, bool, Record)>, LedgerError> {
        let head = prefix(code);
        let rows = self.ledger.storage().scan(Table::ByObject, &head, b"", Direction::Forward, CHAIN_LIMIT)?;
        let mut out = Vec::new();
        for (key, _) in rows {
            let place = key.get(head.len()..head.len() + 12).and_then(crate::index::read_place);
            let position = key.get(head.len() + 12..).and_then(|p| p.try_into().ok()).map(u16::from_be_bytes);
            let ((height, index), position) =
                place.zip(position).ok_or_else(|| damaged("unreadable index row"))?;
            let stored = block(self.ledger, height)?.ok_or_else(|| damaged("a block is missing"))?;
            let (tx, outcome) = stored.tx(self.ledger, index)?;
            if let Some(record) = tx.records().get(usize::from(position)).filter(|_| outcome.accepted()) {
                let member: Option<Member> = load(&self.ledger.state(), &keys::member(tx.issuer()))?;
                let customs = member.is_some_and(|m| m.roles.contains(&Role::Customs));
                let id = RecordId { tx: tx.id(), index: position };
                out.push((id, tx.issuer().clone(), customs, record.clone()));
            }
        }
        Ok(out)
    }

    fn declaration(&self, id: Option<&RecordId>) -> Result<Option<FoundDeclaration>, LedgerError> {
        let Some(found) = id.map(|id| self.found(id)).transpose()?.flatten() else { return Ok(None) };
        let body = found.record.clear::<contracts::clearance::calls::DeclarationClear>().ok();
        let state = match body {
            None => None,
            Some(body) => load::<Declaration>(&self.ledger.state(), &declaration_key(&body.declaration))?,
        };
        Ok(Some(FoundDeclaration { found, state }))
    }

    fn confirmation(&self, receivable: &RecordId) -> Result<Option<OnLedger>, LedgerError> {
        let filter = Filter { object: Some(receivable_code(receivable).to_string()), ..Filter::default() };
        let page = list_records(self.ledger, &filter, None, 1, |record| {
            record.kind == "finance.confirm/1" && record.status == "accepted"
        })?;
        page.items.first().map(|record| self.found(&record.id)).transpose().map(Option::flatten)
    }

    /// Codes under which an enterprise is filed besides its member id.
    fn seller_codes(&self, id: &MemberId) -> Result<Vec<String>, LedgerError> {
        let state = self.ledger.state();
        let filings: Option<Filings> = load(&state, &filings_of_enterprise(id.as_str()))?;
        let Some(approved) = filings.and_then(|f| f.approved) else { return Ok(Vec::new()) };
        let found: Option<Filing> = load(&state, &filing(&approved))?;
        Ok(match found.map(|f| f.filed) {
            Some(Filed::Enterprise(call)) => call.customs_code.map(|code| code.to_string()).into_iter().collect(),
            _ => Vec::new(),
        })
    }

    fn member(&self, id: &MemberId, at: Height) -> Result<MemberView, LedgerError> {
        let key = keys::member(id);
        let then = at_height(&**self.ledger.storage(), &key, at)?;
        let then = then.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| damaged("unreadable member"))).transpose()?;
        Ok(MemberView { id: id.clone(), at, then, now: load(&self.ledger.state(), &key)? })
    }
}

/// The codes under which a document's own later records stand.
fn own_codes(record: &Record) -> Vec<String> {
    let scheme = match record.kind.as_str() {
        "trade.order/1" => "order",
        "trade.waybill/1" => "waybill",
        "trade.list/1" => "list",
        _ => return Vec::new(),
    };
    let own = object_code(scheme, "");
    record.objects.iter().map(ToString::to_string).filter(|code| code.starts_with(&own)).collect()
}
