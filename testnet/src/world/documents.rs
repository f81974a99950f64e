//! Messages and the journey of a trade, written in their official forms and read back as records.

use super::codes::{checked, digits, number};
use super::facts::{DISTRICT, Facts, SERIALS, guid, serial};
use super::trade::{Authored, Documents};
use super::{Cast, MemberSigner, WorldError};
use chain_core::record::RecordDraft;
use contracts::clearance::ceb::write::{Trade as CebTrade, quadruple};
use contracts::clearance::ceb::{self, Direction};
use contracts::ids::gs1::{Gln, Gtin, Sscc};
use contracts::trace::epcis::{self, write::Journey};

/// Writes the four messages and the answer of customs.
pub(super) fn ceb_documents(cast: &Cast, facts: &Facts<'_>, trade: &CebTrade) -> Result<Documents, WorldError> {
    let four = quadruple(trade).map_err(WorldError::Ceb)?;
    let xml = [four.order, four.payment, four.waybill, four.list, list_reply(facts, trade)?];
    let of = |at: usize, member: &MemberSigner| {
        Ok::<_, WorldError>(Authored { by: member.id.clone(), draft: read(&xml[at])? })
    };
    let seller = facts.seller;
    Ok(Documents {
        order: of(0, if facts.direction == Direction::Import { facts.platform } else { seller })?,
        payment: of(1, facts.payment)?,
        waybill: of(2, facts.carrier)?,
        list: of(3, seller)?,
        list_reply: of(4, &cast.customs)?,
        xml,
    })
}

/// The one record of a message.
fn read(xml: &str) -> Result<RecordDraft, WorldError> {
    let document = ceb::read(xml.as_bytes()).map_err(WorldError::Ceb)?;
    document.drafts().into_iter().next().ok_or(WorldError::Range("the items of a message"))
}

/// Message 604 or 622, status 800 (released). No text of it needs escaping: codes and numbers only.
fn list_reply(facts: &Facts<'_>, trade: &CebTrade) -> Result<String, WorldError> {
    let time = facts.at(39)?;
    let (message, guid) =
        (if facts.direction == Direction::Export { "604" } else { "622" }, guid(facts.seed, facts.index, 4));
    let pre_no = format!("B{}{:09}", &digits(time)[..8], serial(facts.seed, facts.index, 1, 0));
    let (invt_no, returned) = (trade.invt_no.as_deref().unwrap_or_default(), format!("{}000", digits(time)));
    let fields: Vec<(&str, &str)> = match facts.direction {
        Direction::Export => vec![
            ("guid", &guid),
            ("agentCode", &trade.agent.code),
            ("copNo", &trade.cop_no),
            ("preNo", &pre_no),
            ("invtNo", invt_no),
            ("ebcCode", &trade.seller.code),
            ("ebpCode", &trade.platform.code),
            ("orderNo", &trade.order_no),
            ("statisticsFlag", "A"),
        ],
        Direction::Import => vec![
            ("guid", &guid),
            ("customsCode", DISTRICT),
            ("ebpCode", &trade.platform.code),
            ("ebcCode", &trade.seller.code),
            ("agentCode", &trade.agent.code),
            ("copNo", &trade.cop_no),
            ("preNo", &pre_no),
            ("invtNo", invt_no),
        ],
    };
    let result = [("returnStatus", "800"), ("returnTime", &returned), ("returnInfo", "放行")];
    let body: String =
        fields.iter().chain(&result).map(|(name, value)| format!("    <ceb:{name}>{value}</ceb:{name}>\n")).collect();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ceb:CEB{message}Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" guid=\"{guid}\" version=\"1.0\">\n  <ceb:InventoryReturn>\n{body}  </ceb:InventoryReturn>\n</ceb:CEB{message}Message>\n"
    ))
}

/// Writes the parcel's journey: the parcel, the EPCIS document, and a record per event.
pub(super) fn journey(
    cast: &Cast,
    facts: &Facts<'_>,
    trade: &CebTrade,
) -> Result<(Sscc, String, Vec<Authored>), WorldError> {
    let broken = |_| WorldError::Range("a GS1 number");
    let gln = |nick: &str| {
        Gln::parse(&checked(&format!("952{:09}", number(facts.seed, &format!("gln/{nick}"), SERIALS)))?).map_err(broken)
    };
    let first = trade.lines.first().ok_or(WorldError::Range("the number of lines"))?;
    let sscc = Sscc::parse(&checked(&format!("0952{:013}", serial(facts.seed, facts.index, 1, 0)))?).map_err(broken)?;
    let made = facts.at(6)?.seconds();
    let json = epcis::write::journey(&Journey {
        gtin: Gtin::parse(&first.bar_code).map_err(broken)?,
        serials: (1..=3).map(|item| format!("{:06}-{item}", facts.index)).collect(),
        lot: format!("LOT{:06}", facts.index),
        sscc: sscc.clone(),
        maker: gln(&facts.seller.nick)?,
        port: gln(&cast.warehouse.nick)?,
        consignee: gln("consignee")?,
        order: trade.order_no.clone(),
        declaration: facts.declaration_no.to_string(),
        made: i64::try_from(made).map_err(|_| WorldError::Time)?,
        offset: 480,
    })?;
    let drafts = epcis::read(json.as_bytes()).map_err(WorldError::Epcis)?.drafts();
    // Commissioning, packing, shipping; arriving; inspecting, releasing; receiving.
    let seller = facts.seller;
    let by = [seller, seller, seller, &cast.warehouse, &cast.customs, &cast.customs, facts.carrier];
    let events = by.iter().zip(drafts).map(|(member, draft)| Authored { by: member.id.clone(), draft }).collect();
    Ok((sscc, json, events))
}
