//! A trade on the ledger with a confirmed receivable, and what its parties know.
#![allow(dead_code)]

use super::{Desk, Net, now};
use chain_core::tx::disclosure::Sealed;
use chain_core::types::RecordId;
use contracts::finance::calls::{Capacity, Decision};
use contracts::finance::wire::Salt;
use testnet::world::drafts::{confirm_draft, policy_draft};
use testnet::world::receivable::{ReceivableIds, receivable_draft};
use testnet::world::{MemberSigner, Trade};

pub struct Deal {
    pub trade: Trade,
    pub seller: MemberSigner,
    pub ids: ReceivableIds,
    pub receivable: RecordId,
    pub sealed: Vec<Sealed>,
    pub salt: Salt,
    pub capacity: Capacity,
    pub minor: u64,
}

/// Records trade `index`; `confirm` says whether the receivable is confirmed. `change` may alter the trade first.
pub async fn strike(net: &Net, desk: &mut Desk, index: u32, confirm: bool, change: impl Fn(&mut Trade)) -> Deal {
    let cast = net.cast();
    let mut trade = Trade::generate(cast, cast.seed, index, now()).unwrap();
    change(&mut trade);
    let mut sent = std::collections::BTreeMap::new();
    for authored in trade.records() {
        let built = desk.one(cast.by_id(&authored.by).unwrap(), authored.draft.clone());
        net.accept(index as usize % 4, &authored.draft.kind, &built).await;
        sent.insert(authored.draft.kind.clone(), RecordId { tx: built.id, index: 0 });
    }
    let claim = trade.claim().unwrap().clone();
    let policy = desk.one(&cast.insurer, policy_draft(&claim, now()).unwrap());
    net.accept(1, "policy", &policy).await;
    let ids = ReceivableIds {
        order: sent["trade.order/1"],
        waybill: sent["trade.waybill/1"],
        list: sent["trade.list/1"],
        declaration: sent["clearance.declaration/1"],
        policy: Some(RecordId { tx: policy.id, index: 0 }),
    };
    let seller = cast.by_id(&trade.seller).unwrap().clone();
    let ready = receivable_draft(cast, &trade, &ids, &net.ledger(), &mut desk.salts, now()).unwrap();
    let built = desk.sign(&seller, std::slice::from_ref(&ready.salted));
    net.accept(2, "receivable", &built).await;
    let receivable = RecordId { tx: built.id, index: 0 };
    if confirm {
        let yes = confirm_draft(receivable, Decision::Confirm, ready.capacity, ready.confirmer_salt, now()).unwrap();
        let built = desk.one(cast.by_id(&claim.confirmer).unwrap(), yes);
        net.accept(3, "confirmation", &built).await;
    }
    Deal {
        sealed: built.sealed[0].1.clone(),
        minor: claim.minor,
        salt: ready.confirmer_salt,
        capacity: ready.capacity,
        trade,
        seller,
        ids,
        receivable,
    }
}
