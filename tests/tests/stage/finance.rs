//! A receivable with everything behind it.

use super::{Stage, now};
use chain_core::tx::build::Built;
use chain_core::types::RecordId;
use contracts::finance::calls::Decision;
use testnet::world::drafts::{confirm_draft, policy_draft, reserve_draft};
use testnet::world::receivable::{PledgeTerms, ReceivableIds, receivable_draft};
use testnet::world::{MemberSigner, World};

/// A receivable that a bank may pledge.
pub struct Reserved {
    /// The terms of a pledge on it.
    pub terms: PledgeTerms,
    /// The transaction that registered it, with its sealed fields.
    pub registered: Built,
    /// Who registered it.
    pub seller: MemberSigner,
    /// The records behind it.
    pub behind: ReceivableIds,
}

/// Registers a receivable at a node, has it confirmed, and reserves half of it for the bank.
pub async fn reserved(stage: &mut Stage, node: usize, bank: &MemberSigner) -> Reserved {
    let cast = stage.net.cast.clone();
    let world = World::generate(&cast, 7, 1, now()).unwrap();
    let trade = &world.trades[0];
    let by = |authored: &testnet::world::Authored| cast.by_id(&authored.by).unwrap().clone();
    let mut ids = Vec::new();
    let d = &trade.documents;
    for record in [&d.order, &d.waybill, &d.list, &trade.declaration] {
        ids.push(stage.put(node, &by(record), record.draft.clone()).await);
    }
    let claim = trade.claim().unwrap().clone();
    let policy = stage.put(node, &cast.insurer, policy_draft(&claim, now()).unwrap()).await;
    let behind =
        ReceivableIds { order: ids[0], waybill: ids[1], list: ids[2], declaration: ids[3], policy: Some(policy) };
    let ledger = stage.net.founding.id;
    let made = receivable_draft(&cast, trade, &behind, &ledger, &mut stage.salts, now()).unwrap();
    let seller = cast.by_id(&trade.seller).unwrap().clone();
    let registered = stage.sign(&seller, &[made.salted]);
    stage.net.client(node, &seller).submit_accepted("receivable", &registered.bytes).await.unwrap();
    let receivable = RecordId { tx: registered.id, index: 0 };
    let confirm = confirm_draft(receivable, Decision::Confirm, made.capacity, made.confirmer_salt, now()).unwrap();
    stage.put(node, cast.by_id(&claim.confirmer).unwrap(), confirm).await;
    let minor = claim.minor / 2;
    let reservation = stage.put(node, bank, reserve_draft(receivable, minor, 3600, now()).unwrap()).await;
    let terms = PledgeTerms {
        receivable,
        encumbrance: reservation,
        minor,
        currency: claim.invoice.currency.clone(),
        until: claim.due,
        register_no: "04558820260000012345".into(),
    };
    Reserved { terms, registered, seller, behind }
}
