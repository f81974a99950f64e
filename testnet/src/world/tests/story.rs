//! The whole story on a ledger: filings, trades, a receivable, a loan, a second bank that is refused.

use super::START;
use super::ledger::Ledger;
use crate::world::drafts::{
    approval_draft, confirm_draft, key_rotation_drafts, policy_draft, proposal_draft, repay_draft, reserve_draft,
    set_validators, vote_draft,
};
use crate::world::receivable::{
    PledgeTerms, ReceivableIds, pledge_draft, receivable_draft, release_draft, release_pledge_draft,
};
use crate::world::{Cast, NodeKeys, Trade, World};
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::member::KeyUse;
use chain_core::state::keys;
use chain_core::types::{Height, RecordId};
use chain_core::validators::ValidatorSet;
use contracts::clearance::state::declaration_key;
use contracts::finance::calls::{Capacity, Decision, ReceivableClear, Source};
use contracts::finance::check::{
    CheckInput, Document, FingerprintOwner, FoundDeclaration, FoundPolicy, MemberView, check,
};
use contracts::finance::reasons::Verdict;
use contracts::finance::state::{Receivable, Similar, Stage, exact_key, receivable_key, similar_key};
use contracts::insurance::state::policy_key;
use contracts::membership::calls::Vote;
use contracts::registry::state::{Filing, filing};
use contracts::registry::{Standing, standing_at};
use std::collections::BTreeMap;

struct Told {
    ids: ReceivableIds,
    receivable: RecordId,
    confirmation: RecordId,
}

fn begin(trades: u32) -> (Ledger, World) {
    let cast = Cast::new(7).unwrap();
    let world = World::generate(&cast, 7, trades, START).unwrap();
    (Ledger::new(cast), world)
}

/// Records a trade, insures it, registers its receivable and has it confirmed.
fn tell(ledger: &mut Ledger, trade: &Trade) -> Told {
    let cast = ledger.cast.clone();
    let claim = trade.claim().unwrap();
    let sent: BTreeMap<String, RecordId> =
        trade.records().map(|authored| (authored.draft.kind.clone(), ledger.submit(authored).id)).collect();
    let policy = ledger.must(&cast.insurer, policy_draft(claim, ledger.time).unwrap()).id;
    let ids = ReceivableIds {
        order: sent["trade.order/1"],
        waybill: sent["trade.waybill/1"],
        list: sent["trade.list/1"],
        declaration: sent["clearance.declaration/1"],
        policy: Some(policy),
    };
    let (seller, confirmer) = (cast.by_id(&trade.seller).unwrap(), cast.by_id(&claim.confirmer).unwrap());
    let ready = receivable_draft(&cast, trade, &ids, &ledger.id, &mut ledger.salts, ledger.time).unwrap();
    let receivable = ledger.must(seller, ready.salted).id;
    let again = receivable_draft(&cast, trade, &ids, &ledger.id, &mut ledger.salts, ledger.time).unwrap();
    assert_eq!(ledger.send(seller, &[again.salted]), 6101, "the same documents twice");
    let yes = confirm_draft(receivable, Decision::Confirm, ready.capacity, ready.confirmer_salt, ledger.time).unwrap();
    assert_eq!(ledger.send(&cast.bank_a, &[yes.clone().into()]), 1105, "a bank confirms nothing");
    let confirmation = ledger.must(confirmer, yes).id;
    Told { ids, receivable, confirmation }
}

/// What a bank's node gathers when everything is shown to it.
fn gather(ledger: &Ledger, trade: &Trade, told: &Told) -> CheckInput {
    let receivable = ledger.found(told.receivable);
    let body: ReceivableClear = receivable.record.clear().unwrap();
    let document = |id: RecordId| {
        let found = ledger.found(id);
        Some(Document { standing: ledger.standing(&found), found })
    };
    let registrar = ledger.member(&body.attestation.registrar);
    let mut members = ledger.views.clone();
    members.push(MemberView {
        id: body.attestation.registrar.clone(),
        at: receivable.height,
        then: registrar.clone(),
        now: registrar,
    });
    let owner = |fingerprint| FingerprintOwner { fingerprint, receivable: ledger.get(&exact_key(&fingerprint)) };
    let alike = body.attestation.similar.iter().filter_map(|f| ledger.get::<Similar>(&similar_key(f)));
    CheckInput {
        ledger: ledger.id,
        height: ledger.height,
        time: ledger.time,
        asked: Some(trade.claim().unwrap().minor),
        own_reservation: None,
        state: ledger.get(&receivable_key(&told.receivable)),
        fingerprints: body.attestation.exact.iter().copied().map(owner).collect(),
        members,
        confirmation: Some(ledger.found(told.confirmation)),
        seller_codes: Vec::new(),
        order: document(told.ids.order),
        waybill: document(told.ids.waybill),
        list: document(told.ids.list),
        declaration: Some(FoundDeclaration {
            found: ledger.found(told.ids.declaration),
            state: ledger.get(&declaration_key(&trade.declaration_no)),
        }),
        policy: told.ids.policy.map(|id| FoundPolicy { found: ledger.found(id), state: ledger.get(&policy_key(&id)) }),
        similar_live: alike.flat_map(|found| found.live).collect(),
        similar_more: false,
        receivable,
    }
}

#[test]
fn filings_are_approved() {
    let (mut ledger, world) = begin(4);
    let customs = ledger.cast.customs.clone();
    let filings = world.enterprise_filings.iter().chain(world.trades.iter().flat_map(|trade| &trade.goods_filings));
    for filed in filings {
        let id = ledger.submit(filed).id;
        ledger.must(&customs, approval_draft(id, ledger.time).unwrap());
        let found: Filing = ledger.get(&filing(&id)).unwrap();
        assert_eq!(standing_at(&found, contracts::dates::Date::beijing(ledger.time)), Standing::Valid);
    }
    assert_eq!(world.enterprise_filings.len(), 4 + 2 + 2 + 2 + 1);
}

#[test]
fn imports_are_recorded_too() {
    let (mut ledger, world) = begin(4);
    for trade in &world.trades {
        assert_eq!(trade.records().map(|authored| ledger.submit(authored)).count(), 15);
    }
}

#[test]
fn receivables_pass_every_check_with_debtor_and_with_agent() {
    let (mut ledger, world) = begin(12);
    let exports: Vec<&Trade> = world.trades.iter().filter(|trade| trade.claim.is_some()).collect();
    let told: Vec<Told> = exports.iter().map(|trade| tell(&mut ledger, trade)).collect();
    for (trade, told) in exports.iter().zip(&told) {
        let report = check(&gather(&ledger, trade, told));
        assert_eq!(report.overall, Verdict::Pass, "trade {}: {:#?}", trade.index, report.checks);
    }
    let capacities: Vec<Capacity> = exports.iter().map(|trade| trade.claim().unwrap().capacity).collect();
    assert_eq!(capacities[..4], [Capacity::Debtor, Capacity::Agent, Capacity::Debtor, Capacity::Agent]);
}

#[test]
fn one_bank_lends_and_the_other_is_refused() {
    let (mut ledger, world) = begin(1);
    let cast = ledger.cast.clone();
    let trade = &world.trades[0];
    let told = tell(&mut ledger, trade);
    let (receivable, minor) = (told.receivable, trade.claim().unwrap().minor);
    let reservation = ledger.must(&cast.bank_a, reserve_draft(receivable, minor, 3600, ledger.time).unwrap()).id;
    let also = reserve_draft(receivable, 1, 3600, ledger.time).unwrap();
    assert_eq!(ledger.send(&cast.bank_b, &[also.clone().into()]), 6008, "all of it is reserved");
    let mut terms = PledgeTerms {
        receivable,
        encumbrance: reservation,
        minor,
        currency: trade.claim().unwrap().invoice.currency.clone(),
        until: trade.claim().unwrap().due.plus_days(30).unwrap(),
        register_no: "SAMPLE-0001".into(),
    };
    let foreign = pledge_draft(&cast.bank_b, &ledger.id, &terms, ledger.time).unwrap();
    assert_eq!(ledger.send(&cast.bank_b, &[foreign.into()]), 6301, "the reservation is not its own");
    let pledge = ledger.must(&cast.bank_a, pledge_draft(&cast.bank_a, &ledger.id, &terms, ledger.time).unwrap()).id;
    assert_eq!(ledger.send(&cast.bank_b, &[also.clone().into()]), 6008, "all of it is pledged");
    let report = check(&gather(&ledger, trade, &told));
    assert_eq!(report.overall, Verdict::Fail, "the second bank sees that nothing is free");
    ledger.must(&cast.bank_a, repay_draft(receivable, pledge, minor / 2, Source::Borrower, ledger.time).unwrap());
    (terms.encumbrance, terms.minor) = (pledge, minor - minor / 2);
    ledger.must(&cast.bank_a, release_pledge_draft(&cast.bank_a, &ledger.id, &terms, ledger.time).unwrap());
    let second = ledger.must(&cast.bank_b, also).id;
    ledger.must(&cast.bank_b, release_draft(receivable, second, ledger.time).unwrap());
    let value: Receivable = ledger.get(&receivable_key(&receivable)).unwrap();
    assert_eq!(
        (value.stage, value.remaining, value.pledges.len(), value.reservations.len()),
        (Stage::Confirmed, minor, 0, 0)
    );
    assert!(pledge_draft(&cast.customs, &ledger.id, &terms, ledger.time).is_err(), "customs has no maker");
}

#[test]
fn keys_rotate_and_the_spare_node_becomes_a_validator() {
    let (mut ledger, _) = begin(0);
    let cast = ledger.cast.clone();
    let new = MemorySigner::from_seed(&[7; 32]);
    let old = cast.enterprises[0].record.public_key().kid();
    let rotation = key_rotation_drafts(&new.public_key(), &[KeyUse::Record], &old, ledger.time).unwrap();
    assert_eq!(ledger.send(&cast.enterprises[0], &rotation.map(Into::into)), 0);
    let mut renewed = cast.enterprises[0].clone();
    assert_eq!(ledger.send(&renewed, &[approval_draft(ledger.accepted[0].id, ledger.time).unwrap().into()]), 1104);
    renewed.record = new;
    assert_eq!(ledger.send(&renewed, &[approval_draft(ledger.accepted[0].id, ledger.time).unwrap().into()]), 1105);
    let all: Vec<_> = cast.nodes.iter().map(NodeKeys::validator).collect();
    let proposal = proposal_draft(set_validators(all), Height(100), ledger.time).unwrap();
    let proposal = ledger.must(&cast.customs, proposal).id;
    assert_eq!(ledger.send(&cast.bank_b, &[vote_draft(proposal, Vote::Yes, ledger.time).unwrap().into()]), 2010);
    for member in [&cast.tax, &cast.bank_a] {
        ledger.must(member, vote_draft(proposal, Vote::Yes, ledger.time).unwrap());
    }
    let set: ValidatorSet = ledger.get(keys::VALIDATORS).unwrap();
    assert_eq!(set.len(), 6);
    assert_eq!(cast.spare().member, cast.forex.id);
}
