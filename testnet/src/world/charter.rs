//! What the founders agree on: the genesis of a test network.

use super::{Cast, WorldError};
use chain_core::authority::Followers;
use chain_core::genesis::Genesis;
use chain_core::keys::{MemorySigner, Signer as _};
use chain_core::member::{Grants, Params, Role};
use chain_core::types::{Kind, TimeMs};
use std::collections::BTreeMap;

const CUSTOMS: &[Role] = &[Role::Customs];
const GOVERN: &[Role] = &[Role::Customs, Role::Tax, Role::Forex, Role::Bank, Role::Insurer];
const FIRMS: &[Role] = &[Role::Enterprise, Role::Platform, Role::Payment, Role::Carrier, Role::Warehouse];
const TRADERS: &[Role] = &[Role::Enterprise, Role::Platform];
const TRACERS: &[Role] =
    &[Role::Enterprise, Role::Platform, Role::Carrier, Role::Warehouse, Role::Customs, Role::Laboratory];
const SENDERS: &[Role] =
    &[Role::Enterprise, Role::Platform, Role::Payment, Role::Carrier, Role::Warehouse, Role::Customs];
const DEBTORS: &[Role] = &[Role::Enterprise, Role::Platform, Role::ConfirmingAgent];
const BANKS: &[Role] = &[Role::Bank];
const INSURERS: &[Role] = &[Role::Insurer];
const ALL: &[Role] = &[
    Role::Customs,
    Role::Tax,
    Role::Forex,
    Role::Bank,
    Role::Insurer,
    Role::Enterprise,
    Role::Platform,
    Role::Payment,
    Role::Carrier,
    Role::Warehouse,
    Role::Laboratory,
    Role::RatingAgency,
    Role::Registrar,
    Role::ConfirmingAgent,
];

/// Who may write what. Every kind of the contracts stands here.
const GRANTS: [(&str, &[Role]); 28] = [
    ("member.key/1", ALL),
    ("gov.proposal/1", GOVERN),
    ("gov.vote/1", GOVERN),
    ("registry.enterprise/1", FIRMS),
    ("registry.goods/1", TRADERS),
    ("registry.review/1", CUSTOMS),
    ("registry.object/1", ALL),
    ("trade.order/1", TRADERS),
    ("trade.payment/1", &[Role::Payment]),
    ("trade.waybill/1", &[Role::Carrier]),
    ("trade.list/1", TRADERS),
    ("trade.order-reply/1", CUSTOMS),
    ("trade.payment-reply/1", CUSTOMS),
    ("trade.waybill-reply/1", CUSTOMS),
    ("trade.list-reply/1", CUSTOMS),
    ("trade.message/1", SENDERS),
    ("clearance.declaration/1", TRADERS),
    ("clearance.release/1", CUSTOMS),
    ("trace.event/1", TRACERS),
    ("insurance.policy/1", INSURERS),
    ("insurance.cancel/1", INSURERS),
    ("finance.receivable/1", TRADERS),
    ("finance.confirm/1", DEBTORS),
    ("finance.reserve/1", BANKS),
    ("finance.pledge/1", BANKS),
    ("finance.repay/1", BANKS),
    ("finance.release/1", BANKS),
    ("finance.dispute/1", DEBTORS),
];

impl Cast {
    /// The genesis: every member, four validators, one follower, default bounds, no rule sets.
    ///
    /// `origin` names the ledger (host-like, such as `sealane.example/test`). The ledger's id is the SHA-256 of
    /// the file that is written from it. `contracts::membership::check_genesis` accepts it.
    ///
    /// # Errors
    /// [`WorldError::Range`] when a kind cannot be spelt.
    pub fn genesis(&self, origin: &str, time: TimeMs) -> Result<Genesis, WorldError> {
        let grants = GRANTS
            .iter()
            .map(|(kind, roles)| Some((Kind::parse(kind)?, roles.iter().copied().collect())))
            .collect::<Option<BTreeMap<_, _>>>()
            .ok_or(WorldError::Range("a kind"))?;
        let follower = self.follower();
        let peer = MemorySigner::from_seed(&follower.peer).public_key();
        Ok(Genesis {
            origin: origin.to_owned(),
            time,
            members: self.members().map(|member| member.member()).collect(),
            validators: self.validators().iter().map(|node| node.validator()).collect(),
            followers: Followers(BTreeMap::from([(follower.member.clone(), peer)])),
            grants: Grants(grants),
            params: Params::default(),
            rules: BTreeMap::new(),
            witnesses: None,
        })
    }
}
