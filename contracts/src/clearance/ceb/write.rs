//! Writes a linked set of messages (order, payment, waybill, list) for made-up trades.
//!
//! The official samples do not link, so tests and test networks need sets of their own in the
//! official shape. Elements follow the order of the schema tables of edition 2018-113.

use std::collections::BTreeMap;

use super::dec5::Dec5;
use super::table::{CEB_NS, Content, DSIG_NS, Table};
use super::{CebError, Direction, Edition, read, refused, table};

/// An enterprise as customs know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enterprise {
    /// Customs registration code or credit code.
    pub code: String,
    /// Registered name.
    pub name: String,
}

/// A buyer, who also pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Registration at the platform.
    pub reg_no: String,
    /// Name.
    pub name: String,
    /// Identity card number.
    pub id_number: String,
    /// Phone.
    pub phone: String,
}

/// Who receives the parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consignee {
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Address.
    pub address: String,
}

/// One article of a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeLine {
    /// Seller's article number.
    pub item_no: String,
    /// Article number in the bonded account book, when bonded.
    pub record_no: Option<String>,
    /// Name of the article.
    pub name: String,
    /// Specification and model.
    pub model: String,
    /// Commodity code, ten digits.
    pub hs_code: String,
    /// Bar code.
    pub bar_code: String,
    /// Country of origin (import) or destination (export), customs code.
    pub country: String,
    /// Unit of sale, customs code of three digits; also written as the first legal unit.
    pub unit: String,
    /// Quantity.
    pub qty: Dec5,
    /// Price of one unit.
    pub price: Dec5,
}

/// A trade: what the four documents say about one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Import writes 311, 411, 511, 621; export 303, 403, 505, 603.
    pub direction: Direction,
    /// A guid of 36 characters for each of order, payment, waybill, list.
    pub guids: [String; 4],
    /// Time of all documents, `YYYYMMDDhhmmss`, Beijing time.
    pub time: String,
    /// Order number.
    pub order_no: String,
    /// Payment number.
    pub payment_no: String,
    /// Waybill number.
    pub waybill_no: String,
    /// Number the enterprise gives the list (`copNo`).
    pub cop_no: String,
    /// Number customs gave the list, when there is one.
    pub invt_no: Option<String>,
    /// Whether the list is declared (appStatus 2) or only saved (1).
    pub declared: bool,
    /// Platform.
    pub platform: Enterprise,
    /// Seller; also the producing unit on export lists.
    pub seller: Enterprise,
    /// Payment enterprise.
    pub payment: Enterprise,
    /// Carrier.
    pub carrier: Enterprise,
    /// Declarant; also guarantees the tax and hands the messages over.
    pub agent: Enterprise,
    /// Bonded warehouse, when bonded.
    pub warehouse: Option<Enterprise>,
    /// Bonded account book, when bonded.
    pub account_book: Option<String>,
    /// Buyer; only import documents carry it.
    pub buyer: Buyer,
    /// Consignee; only import documents carry it.
    pub consignee: Consignee,
    /// Articles, 1 to 99.
    pub lines: Vec<TradeLine>,
    /// Freight.
    pub freight: Dec5,
    /// Insurance; on waybill and list.
    pub insurance: Dec5,
    /// Tax withheld (import).
    pub tax: Dec5,
    /// Part not paid in money (import).
    pub discount: Dec5,
    /// Currency, customs code; import requires 142.
    pub currency: String,
    /// Supervision mode, such as 9610 or 1210.
    pub trade_mode: String,
    /// Customs district that accepts the list.
    pub customs_code: String,
    /// Customs district of the border.
    pub port_code: String,
    /// Mode of transport, one digit.
    pub traf_mode: String,
    /// Means of transport.
    pub traf_name: String,
    /// Voyage.
    pub voyage_no: String,
    /// Bill of lading.
    pub bill_no: String,
    /// Country of departure or destination, customs code.
    pub country: String,
    /// Port abroad (export), 3 or 4 characters.
    pub port_abroad: String,
    /// Gross weight, kilograms.
    pub gross_weight: Dec5,
    /// Net weight, kilograms.
    pub net_weight: Dec5,
    /// Exchange address of the sender.
    pub dxp_id: String,
}

/// The four messages of one trade, as XML text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quadruple {
    /// Message 311 or 303.
    pub order: String,
    /// Message 411 or 403.
    pub payment: String,
    /// Message 511 or 505.
    pub waybill: String,
    /// Message 621 or 603. Where the schema demands a signature, an empty one stands there:
    /// nothing is signed.
    pub list: String,
}

type Values = BTreeMap<&'static str, String>;

/// Writes the four messages of a trade; every one of them is accepted by [`read`].
///
/// # Errors
/// What [`read`] refuses, for values too long, too many lines and the like; `CEB-034` when a
/// total overflows.
pub fn quadruple(trade: &Trade) -> Result<Quadruple, Vec<CebError>> {
    let tables = table::TABLES.as_ref().map_err(|damage| vec![refused("CEB-000", 1, damage.clone())])?;
    let table = tables.of(trade.direction, Edition::E2018);
    let values = head(trade).ok_or_else(|| vec![refused("CEB-034", 1, "The total of the trade has too many digits.".into())])?;
    let lines: Option<Vec<Values>> = trade.lines.iter().enumerate().map(|(index, line)| goods(trade, index + 1, line)).collect();
    let lines = lines.ok_or_else(|| vec![refused("CEB-034", 1, "The total of a line has too many digits.".into())])?;
    let roots = match trade.direction {
        Direction::Import => ["CEB311Message", "CEB411Message", "CEB511Message", "CEB621Message"],
        Direction::Export => ["CEB303Message", "CEB403Message", "CEB505Message", "CEB603Message"],
    };
    let mut written = Vec::with_capacity(roots.len());
    for (root, guid) in roots.into_iter().zip(&trade.guids) {
        let mut values = values.clone();
        values.insert("guid", guid.clone());
        if matches!(root, "CEB621Message" | "CEB603Message") && !trade.declared {
            values.insert("appStatus", "1".into());
        }
        let xml = message(root, guid, table, &values, &lines);
        read(xml.as_bytes())?;
        written.push(xml);
    }
    let mut written = written.into_iter();
    let mut next = || written.next().unwrap_or_default();
    Ok(Quadruple { order: next(), payment: next(), waybill: next(), list: next() })
}

fn head(t: &Trade) -> Option<Values> {
    let goods_value = t.lines.iter().try_fold(Dec5::ZERO, |sum, line| sum.checked_add(line.price.checked_mul(line.qty)?))?;
    let paid = goods_value.checked_add(t.freight)?.checked_add(t.tax)?.checked_sub(t.discount)?;
    let received = goods_value.checked_add(t.freight)?;
    let flow = if t.direction == Direction::Import { "I" } else { "E" };
    let day = t.time.get(..8).unwrap_or("");
    let goods_info: String = t.lines.first().map(|line| line.name.chars().take(200).collect()).unwrap_or_default();
    let texts = [
        ("appType", "1"), ("appTime", &t.time), ("appStatus", "2"), ("orderType", flow), ("orderNo", &t.order_no),
        ("ebpCode", &t.platform.code), ("ebpName", &t.platform.name), ("ebcCode", &t.seller.code), ("ebcName", &t.seller.name),
        ("ownerCode", &t.seller.code), ("ownerName", &t.seller.name), ("payCode", &t.payment.code), ("payName", &t.payment.name),
        ("payTransactionId", &t.payment_no), ("payNo", &t.payment_no), ("payTime", &t.time), ("accountingDate", &t.time),
        ("logisticsCode", &t.carrier.code), ("logisticsName", &t.carrier.name), ("logisticsNo", &t.waybill_no),
        ("agentCode", &t.agent.code), ("agentName", &t.agent.name), ("assureCode", &t.agent.code),
        ("copCode", &t.agent.code), ("copName", &t.agent.name), ("dxpMode", "DXP"), ("dxpId", &t.dxp_id),
        ("buyerRegNo", &t.buyer.reg_no), ("buyerName", &t.buyer.name), ("buyerTelephone", &t.buyer.phone), ("buyerIdType", "1"),
        ("buyerIdNumber", &t.buyer.id_number), ("payerIdType", "1"), ("payerIdNumber", &t.buyer.id_number), ("payerName", &t.buyer.name),
        ("telephone", &t.buyer.phone), ("consignee", &t.consignee.name), ("consigneeTelephone", &t.consignee.phone),
        ("consigneeAddress", &t.consignee.address), ("copNo", &t.cop_no), ("ieFlag", flow), ("declTime", day), ("ieDate", day),
        ("customsCode", &t.customs_code), ("portCode", &t.port_code), ("statisticsFlag", "A"), ("tradeMode", &t.trade_mode),
        ("trafMode", &t.traf_mode), ("trafNo", &t.traf_name), ("trafName", &t.traf_name), ("voyageNo", &t.voyage_no),
        ("billNo", &t.bill_no), ("country", &t.country), ("POD", &t.port_abroad), ("wrapType", "2"), ("packNo", "1"),
        ("goodsInfo", &goods_info), ("currency", &t.currency), ("fCurrency", &t.currency), ("fFlag", "3"),
        ("iCurrency", &t.currency), ("iFlag", "3"),
    ];
    let numbers = [
        ("goodsValue", goods_value), ("freight", t.freight), ("insuredFee", t.insurance), ("taxTotal", t.tax), ("discount", t.discount),
        ("acturalPaid", paid), ("amountPaid", paid), ("charge", received), ("weight", t.gross_weight),
        ("grossWeight", t.gross_weight), ("netWeight", t.net_weight),
    ];
    let mut values: Values = texts.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    values.extend(numbers.into_iter().map(|(name, value)| (name, value.to_string())));
    let mut maybe = |name, value: Option<&String>| values.extend(value.map(|v| (name, v.clone())));
    maybe("invtNo", t.invt_no.as_ref());
    maybe("emsNo", t.account_book.as_ref());
    for (code, name) in [("areaCode", "areaName"), ("iacCode", "iacName")] {
        maybe(code, t.warehouse.as_ref().map(|w| &w.code));
        maybe(name, t.warehouse.as_ref().map(|w| &w.name));
    }
    Some(values)
}

fn goods(trade: &Trade, gnum: usize, line: &TradeLine) -> Option<Values> {
    let total = line.price.checked_mul(line.qty)?;
    let mut values: Values = [
        ("gnum", gnum.to_string()), ("itemNo", line.item_no.clone()), ("itemName", line.name.clone()), ("gname", line.name.clone()),
        ("gmodel", line.model.clone()), ("gcode", line.hs_code.clone()), ("barCode", line.bar_code.clone()),
        ("country", line.country.clone()), ("currency", trade.currency.clone()), ("unit", line.unit.clone()),
        ("unit1", line.unit.clone()), ("qty", line.qty.to_string()), ("qty1", line.qty.to_string()),
        ("price", line.price.to_string()), ("totalPrice", total.to_string()),
    ]
    .into();
    values.extend(line.record_no.as_ref().map(|number| ("itemRecordNo", number.clone())));
    Some(values)
}

fn message(root: &str, guid: &str, table: &Table, values: &Values, lines: &[Values]) -> String {
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ceb:{root} xmlns:ceb=\"{CEB_NS}\" guid=\"{}\" version=\"1.0\">\n", escape(guid));
    children(&mut xml, root, table, values, lines, 1);
    xml.push_str(&format!("</ceb:{root}>\n"));
    xml
}

/// Writes the parts of a block that have a value, in the order of the table.
fn children(xml: &mut String, block: &str, table: &Table, values: &Values, lines: &[Values], depth: usize) {
    let indent = "  ".repeat(depth);
    for part in table.block(block).map_or(&[][..], |block| &block.parts) {
        let name = part.name;
        match part.content {
            Content::Simple(_) => {
                if let Some(value) = values.get(name) {
                    xml.push_str(&format!("{indent}<ceb:{name}>{}</ceb:{name}>\n", escape(value)));
                }
            }
            Content::Block(inner) if part.min > 0 => {
                let rows: &[Values] = if name.ends_with("List") { lines } else { std::slice::from_ref(values) };
                for row in rows {
                    xml.push_str(&format!("{indent}<ceb:{name}>\n"));
                    children(xml, inner, table, row, lines, depth + 1);
                    xml.push_str(&format!("{indent}</ceb:{name}>\n"));
                }
            }
            Content::Signature if part.min > 0 => empty_signature(xml, &indent),
            _ => {}
        }
    }
}

/// The signature the schema demands, without digest and value: it claims nothing.
fn empty_signature(xml: &mut String, indent: &str) {
    let method = |name: &str, algorithm: &str| format!("<ds:{name} Algorithm=\"{algorithm}\"/>");
    xml.push_str(&format!(
        "{indent}<ds:Signature xmlns:ds=\"{DSIG_NS}\"><ds:SignedInfo>{}{}<ds:Reference URI=\"\"><ds:Transforms>{}</ds:Transforms>{}<ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>\n",
        method("CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        method("SignatureMethod", "http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3"),
        method("Transform", "http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
        method("DigestMethod", "http://www.chinaport.gov.cn/2022/04/xmldsig#sm3"),
    ));
}

fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(c),
        }
    }
    out
}
