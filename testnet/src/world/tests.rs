#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod ledger;
mod story;

use super::drafts::confirm_draft;
use super::receivable::{ReceivableIds, receivable_draft};
use super::*;
use chain_core::genesis::Founding;
use chain_core::keys::Signer as _;
use chain_core::tx::build::Built;
use chain_core::tx::disclosure::digest;
use chain_core::types::{Jti, LedgerId, RecordId, TimeMs, TxId};
use chain_core::validators::ValidatorSet;
use contracts::clearance::ceb::{self, Direction};
use contracts::finance::calls::{Decision, ReceivableClear};
use contracts::finance::fingerprint::{InvoiceFields, similar};
use contracts::finance::sealed::{Invoice, Parties};
use contracts::ids::uscc::Uscc;
use contracts::trace::epcis;
use std::collections::BTreeSet;

/// 2026-11-22 09:00 in Beijing.
pub(super) const START: TimeMs = TimeMs(1_795_309_200_000);

fn bytes(seed: u64) -> Vec<u8> {
    let cast = Cast::new(seed).unwrap();
    let world = World::generate(&cast, seed, 4, START).unwrap();
    let genesis = cast.genesis("sealane.example/test", START).unwrap();
    let nodes: Vec<_> = cast.nodes.iter().map(|n| (n.peer, n.vote, n.log, n.cosigner)).collect();
    let mut out = serde_json::to_vec(&genesis).unwrap();
    out.extend(format!("{nodes:?}{:?}{:?}", cast.fingerprint_key, world).bytes());
    out.extend(receivable(&cast, &world.trades[0]).bytes);
    out
}

fn receivable(cast: &Cast, trade: &Trade) -> Built {
    let id = |index| RecordId { tx: TxId(chain_core::hash::Hash::of(b"a transaction")), index };
    let ids = ReceivableIds { order: id(0), waybill: id(1), list: id(2), declaration: id(3), policy: None };
    let ledger = LedgerId(chain_core::hash::Hash::of(b"a ledger"));
    let mut salts = Salts::new(cast.seed, "test");
    let ready = receivable_draft(cast, trade, &ids, &ledger, &mut salts, START).unwrap();
    let seller = cast.by_id(&trade.seller).unwrap();
    // In the second place, so that the fixed salts must find theirs.
    let first = confirm_draft(id(4), Decision::Confirm, ready.capacity, ready.confirmer_salt, START).unwrap();
    let drafts = [first.into(), ready.salted.clone()];
    let built = sign(seller, &drafts, &Jti::parse("r-1").unwrap(), START, &ledger, &mut salts).unwrap();
    let body: ReceivableClear = serde_json::from_value(ready.salted.draft.clear.clone().into()).unwrap();
    let digests: Vec<String> = built.sealed[1].1.iter().map(|sealed| digest(&sealed.disclosure)).collect();
    let binds: Vec<String> = body.attestation.binds.iter().map(ToString::to_string).collect();
    assert_eq!(digests[..3], binds, "the digests that the registrar signed are those of the transaction");
    built
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (first, again, other) = (bytes(7), bytes(7), bytes(8));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn one_trade_is_the_same_alone_and_in_a_world() {
    let cast = Cast::new(7).unwrap();
    let world = World::generate(&cast, 7, 3, START).unwrap();
    let alone = Trade::generate(&cast, 7, 2, START).unwrap();
    assert_eq!(format!("{:?}", world.trades[2]), format!("{alone:?}"));
}

#[test]
fn every_organisation_has_a_valid_code_and_keys_of_its_own() {
    for seed in [0, 7, u64::MAX] {
        let cast = Cast::new(seed).unwrap();
        for member in cast.members() {
            assert_eq!(cast.by_nick(&member.nick).unwrap().id, member.id);
            assert_eq!(cast.by_id(&member.id).unwrap().nick, member.nick);
            assert!(member.names.contains_key("zh-CN") && member.names.contains_key("en"));
            if member.nick != "debtor" {
                assert_eq!(Uscc::parse(member.id.as_str()).unwrap().division(), "999999", "{}", member.nick);
            }
        }
        let ids: BTreeSet<_> = cast.members().map(|m| &m.id).collect();
        assert_eq!(ids.len(), cast.members().count());
        let mut keys: Vec<_> = cast.members().flat_map(|m| m.member().keys).map(|key| key.x).collect();
        keys.extend(cast.nodes.iter().flat_map(|n| {
            let v = n.validator();
            [v.vote, v.log, v.cosigner, v.peer]
        }));
        let count = keys.len();
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), count, "no key stands twice");
        assert_ne!(
            cast.bank_a.maker.as_ref().unwrap().public_key(),
            cast.bank_a.checker.as_ref().unwrap().public_key()
        );
        assert!(ValidatorSet::new(cast.nodes.iter().map(NodeKeys::validator).collect()).is_some());
    }
    assert!(Cast::with_enterprises(7, 0).is_err() && Cast::with_enterprises(7, 901).is_err());
    let large = Cast::with_enterprises(7, 900).unwrap();
    assert_eq!(large.members().map(|m| &m.id).collect::<BTreeSet<_>>().len(), large.members().count());
}

#[test]
fn the_genesis_keeps_the_rules_and_grants_every_kind() {
    let genesis = Cast::new(7).unwrap().genesis("sealane.example/test", START).unwrap();
    contracts::membership::check_genesis(&genesis).unwrap();
    let founding = Founding::read(&serde_json::to_vec(&genesis).unwrap()).unwrap();
    assert_eq!((founding.validators.len(), founding.genesis.followers.0.len()), (4, 1));
    let granted: BTreeSet<&str> = genesis.grants.0.keys().map(|kind| kind.as_str()).collect();
    assert_eq!(granted, contracts::all().kinds().collect());
}

#[test]
fn messages_and_journeys_are_sound() {
    let cast = Cast::new(7).unwrap();
    let world = World::generate(&cast, 7, 40, START).unwrap();
    for trade in &world.trades {
        let export = trade.index % 2 == 0;
        assert_eq!(trade.ceb.direction == Direction::Export, export);
        assert_eq!(trade.claim.is_some(), export);
        let messages = if export { ["303", "403", "505", "603", "604"] } else { ["311", "411", "511", "621", "622"] };
        for (xml, message) in trade.documents.xml.iter().zip(messages) {
            let document = ceb::read(xml.as_bytes()).unwrap();
            assert_eq!((document.message.as_str(), document.items.len()), (message, 1));
            // Nothing is signed, and a declared list should be: the one doubt that is meant.
            let doubts: Vec<&str> = document.warnings.iter().map(|warning| warning.code).collect();
            let expected: &[&str] = if matches!(message, "603" | "621") { &["CEB-W11"] } else { &[] };
            assert_eq!(doubts, expected, "{message} of trade {}", trade.index);
        }
        let document = epcis::read(trade.epcis.as_bytes()).unwrap();
        assert_eq!((document.events.len(), document.warnings.len(), trade.events.len()), (7, 0, 7));
        assert!(trade.epcis.contains(trade.declaration_no.to_string().as_str()));
    }
    let codes: Vec<&String> = world.trades.iter().flat_map(|t| &t.documents.list.draft.objects).collect();
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "no two trades share a number");
}

#[test]
fn nothing_resembles_the_story() {
    let cast = Cast::new(7).unwrap();
    let blurred = |index| {
        let trade = Trade::generate(&cast, 7, index, START).unwrap();
        let invoice = trade.claim().unwrap().invoice.clone();
        assert!(invoice.minor <= trade.claim().unwrap().policy.limit_minor);
        let Parties { creditor: seller, debtor: buyer, .. } = trade.claim().unwrap().parties.clone();
        let Invoice { number, date, currency, minor } = invoice;
        similar(&cast.fingerprint_key, &InvoiceFields { seller, buyer, number, date, currency, minor })
    };
    let story = blurred(0);
    for index in (2..400).step_by(2) {
        assert!(blurred(index).iter().all(|fingerprint| !story.contains(fingerprint)), "trade {index}");
    }
}

#[test]
fn fixed_salts_stand_at_their_places() {
    let draft = |sealed: usize| chain_core::record::RecordDraft {
        kind: "trade.order/1".into(),
        objects: Vec::new(),
        at: String::new(),
        clear: serde_json::Map::new(),
        sealed: vec![("x".into(), 1.into()); sealed],
    };
    let fixed = vec![[1; 16], [2; 16]];
    let drafts = [draft(1).into(), SaltedDraft { draft: draft(2), salts: fixed.clone() }, draft(0).into()];
    let (mut salts, mut same) = (Salts::new(1, "a"), Salts::new(1, "a"));
    let mut tape = SaltTape::of(&drafts, &mut salts).unwrap();
    let fresh: Vec<_> = (0..4).map(|_| same.draw()).collect();
    assert_eq!(tape.left(), 6);
    let laid: Vec<_> = std::iter::from_fn(|| tape.next_salt()).collect();
    assert_eq!(laid, [fresh[0], fresh[1], fixed[0], fixed[1], fresh[2], fresh[3]]);
    assert_ne!(Salts::new(1, "a").draw(), Salts::new(1, "b").draw());
    let partly = [SaltedDraft { draft: draft(2), salts: vec![[1; 16]] }];
    assert!(matches!(SaltTape::of(&partly, &mut salts), Err(WorldError::Salts { sealed: 2, given: 1 })));
}
