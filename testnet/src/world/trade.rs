//! Trades: documents, filings, declaration, journey and claim, all from the same facts.

use super::codes::days_before;
use super::documents::{ceb_documents, journey};
use super::drafts::{
    customs_release_draft, declaration_draft, enterprise_filing_draft, goods_filing_draft, object_draft,
};
use super::facts::Facts;
use super::{Cast, WorldError};
use chain_core::record::RecordDraft;
use chain_core::types::{MemberId, TimeMs};
use contracts::clearance::ceb::write::Trade as CebTrade;
use contracts::clearance::ceb::{Direction, object_code};
use contracts::clearance::state::Status;
use contracts::dates::Date;
use contracts::finance::calls::Capacity;
use contracts::finance::sealed::{Invoice, Parties};
use contracts::ids::customs::DeclarationNo;
use contracts::ids::gs1::Sscc;
use contracts::insurance::calls::{PolicyClear, PolicyParties};
use contracts::registry::calls::ObjectType;

/// A record and the member whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authored {
    /// Who submits it.
    pub by: MemberId,
    /// The record.
    pub draft: RecordDraft,
}

/// Customs messages of a trade, as XML and as records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// XML of order, payment, waybill, list (messages 303, 403, 505, 603 or 311, 411, 511, 621) and customs'
    /// answer to the list (604 or 622, status 800 released). Signatures in it are empty.
    pub xml: [String; 5],
    /// `trade.order/1`, by the seller, of an import by the platform.
    pub order: Authored,
    /// `trade.payment/1`, by the payment firm.
    pub payment: Authored,
    /// `trade.waybill/1`, by the carrier.
    pub waybill: Authored,
    /// `trade.list/1`, by the seller.
    pub list: Authored,
    /// `trade.list-reply/1`, by customs.
    pub list_reply: Authored,
}

/// What a receivable of a trade says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Sealed field `parties`: creditor, debtor, and the agent where the debtor is no member.
    pub parties: Parties,
    /// Sealed field `invoice`, for the value of the goods.
    pub invoice: Invoice,
    /// Face amount, minor units: that of the invoice.
    pub minor: u64,
    /// Due 90 days after the start.
    pub due: Date,
    /// Who confirms.
    pub confirmer: MemberId,
    /// As debtor, or as the debtor's agent.
    pub capacity: Capacity,
    /// A policy that covers it, with a fifth to spare.
    pub policy: PolicyClear,
    /// Its sealed field `parties`.
    pub policy_parties: PolicyParties,
}

/// A trade and everything that is said about it.
#[derive(Clone, Debug)]
pub struct Trade {
    /// Its number in the world, from 0. Even: export in mode 9610; odd: import in mode 1210.
    pub index: u32,
    /// The seller, creditor of the claim.
    pub seller: MemberId,
    /// What the four messages say: numbers, parties, lines, amounts.
    pub ceb: CebTrade,
    /// The messages.
    pub documents: Documents,
    /// `registry.goods/1` per line, by the seller.
    pub goods_filings: Vec<Authored>,
    /// Declaration number, 18 digits.
    pub declaration_no: DeclarationNo,
    /// `clearance.declaration/1`, by the seller.
    pub declaration: Authored,
    /// `clearance.release/1` (released), by customs.
    pub release: Authored,
    /// The parcel.
    pub sscc: Sscc,
    /// `registry.object/1` for the parcel, by the seller.
    pub parcel: Authored,
    /// The parcel's journey as an EPCIS 2.0 document in JSON.
    pub epcis: String,
    /// `trace.event/1` for its seven events, by seller, warehouse, customs and carrier.
    pub events: Vec<Authored>,
    /// The receivable, of exports only.
    pub claim: Option<Claim>,
}

impl Trade {
    /// The claim.
    ///
    /// # Errors
    /// [`WorldError::NoClaim`] for an import.
    pub fn claim(&self) -> Result<&Claim, WorldError> {
        self.claim.as_ref().ok_or(WorldError::NoClaim(self.index))
    }

    /// The records that need no id of another, in the order in which they happen.
    pub fn records(&self) -> impl Iterator<Item = &Authored> {
        let d = &self.documents;
        [&d.order, &d.payment, &d.waybill, &d.list, &self.parcel]
            .into_iter()
            .chain([&self.declaration, &self.release, &d.list_reply])
            .chain(&self.events)
    }

    /// The trade of a number, the same as in [`World::generate`] with this seed and start.
    ///
    /// # Errors
    /// [`WorldError`]; with a start between 1971 and 9990 none is known.
    pub fn generate(cast: &Cast, seed: u64, index: u32, start: TimeMs) -> Result<Trade, WorldError> {
        let facts = Facts::draw(cast, seed, index, start)?;
        let ceb = facts.ceb()?;
        let documents = ceb_documents(cast, &facts, &ceb)?;
        let (sscc, epcis, events) = journey(cast, &facts, &ceb)?;
        let until = Date::beijing(start).plus_days(365).ok_or(WorldError::Time)?;
        let own = |draft| Authored { by: facts.seller.id.clone(), draft };
        let goods_filings = ceb.lines.iter().zip(facts.articles()).map(|(line, article)| {
            let names = [line.name.as_str(), article.english];
            goods_filing_draft(&line.bar_code, &line.hs_code, names, facts.origin(), until, facts.ordered)
        });
        let list = object_code("list", ceb.invt_no.as_deref().unwrap_or(&ceb.cop_no));
        let declaration = declaration_draft(&facts.declaration_no, &[list], facts.at(32)?)?;
        let release = customs_release_draft(&facts.declaration_no, Status::Released, facts.at(39)?)?;
        Ok(Trade {
            index,
            seller: facts.seller.id.clone(),
            goods_filings: goods_filings.map(|draft| Ok(own(draft?))).collect::<Result<_, WorldError>>()?,
            declaration: own(declaration),
            release: Authored { by: cast.customs.id.clone(), draft: release },
            parcel: own(object_draft(&sscc.code(), ObjectType::Parcel, None, facts.at(8)?)?),
            claim: (facts.direction == Direction::Export).then(|| facts.claim(cast, &ceb)).transpose()?,
            declaration_no: facts.declaration_no,
            ceb,
            documents,
            sscc,
            epcis,
            events,
        })
    }
}

/// A cast's trades.
#[derive(Clone, Debug)]
pub struct World {
    /// `registry.enterprise/1` of every firm in China.
    pub enterprise_filings: Vec<Authored>,
    /// The trades by number. All their documents date from the week before the start.
    pub trades: Vec<Trade>,
}

impl World {
    /// So many trades of a seed, as they stand at `start`.
    ///
    /// # Errors
    /// As [`Trade::generate`].
    pub fn generate(cast: &Cast, seed: u64, n_trades: u32, start: TimeMs) -> Result<World, WorldError> {
        let until = Date::beijing(start).plus_days(365).ok_or(WorldError::Time)?;
        let filed = days_before(start, 7)?;
        let firms = cast.members().filter(|member| member.customs_code.is_some());
        let enterprise_filings = firms
            .map(|firm| Ok(Authored { by: firm.id.clone(), draft: enterprise_filing_draft(firm, until, filed)? }))
            .collect::<Result<_, WorldError>>()?;
        let trades = (0..n_trades).map(|index| Trade::generate(cast, seed, index, start)).collect::<Result<_, _>>()?;
        Ok(World { enterprise_filings, trades })
    }
}
