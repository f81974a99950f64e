//! Business doubts about documents the schema accepts: warnings, never refusals.

use std::collections::BTreeMap;

use super::dec5::Dec5;
use super::fields::{Place, place};
use super::{CebDocument, CebItem, CebWarning, Direction, drafts, time};
use crate::ids::IdError;
use crate::ids::customs::{CustomsCode, ListNo};
use crate::ids::hs::HsCode;
use crate::ids::uscc::Uscc;

/// Most a single import may be worth, in CNY (notice 财关税 2018-49).
const SINGLE_LIMIT: Dec5 = Dec5::from_int(5000);
/// Totals are rounded to the cent, so less than this is no difference.
const CENT: Dec5 = Dec5::from_units(1000);
/// Rounding adds up over lines; per line this much is tolerated.
const HALF_CENT: i128 = 500;

/// All warnings of a document, item by item.
pub(super) fn warnings(document: &CebDocument) -> Vec<CebWarning> {
    let mut out = Out { root: format!("/CEB{}Message", document.message), item: String::new(), line: 0, found: Vec::new() };
    for (index, item) in document.items.iter().enumerate() {
        out.item = format!("/{}[{}]", item.name, index + 1);
        out.line = item.line;
        codes(item, document, &mut out);
        parties(item, &mut out);
        match document.message.as_str() {
            "303" | "311" => order(item, document.direction, &mut out),
            "603" | "621" => list(item, document, &mut out),
            "511" if item.get("packNo").is_some_and(|n| n.parse() != Ok(1)) => {
                out.warn("CEB-W12", "packNo", "packNo of an import waybill must be 1.");
            }
            _ => {}
        }
        lines(item, document, &mut out);
    }
    repeated(document, &mut out);
    out.found
}

struct Out {
    root: String,
    item: String,
    line: u32,
    found: Vec<CebWarning>,
}

impl Out {
    fn warn(&mut self, code: &'static str, field: &str, says: impl Into<String>) {
        let path = format!("{}{}/{field}", self.root, self.item);
        self.found.push(CebWarning { code, line: self.line, path, message: says.into() });
    }
}

fn number(value: Option<&str>) -> Option<Dec5> {
    Dec5::parse(value?).ok()
}

/// Whether two amounts differ by `tolerance` or more.
fn differs(a: Option<Dec5>, b: Option<Dec5>, tolerance: Dec5) -> bool {
    let gap = a.zip(b).and_then(|(a, b)| a.checked_sub(b)).and_then(Dec5::checked_abs);
    gap.is_none_or(|gap| gap >= tolerance)
}

fn line_total(item: &CebItem) -> Option<Dec5> {
    item.lines.iter().try_fold(Dec5::ZERO, |sum, line| sum.checked_add(number(line.get("totalPrice"))?))
}

fn order(item: &CebItem, direction: Direction, out: &mut Out) {
    let amount = |name| number(item.get(name));
    let tolerance = Dec5::from_units(CENT.units() + HALF_CENT * i128::try_from(item.lines.len()).unwrap_or(0));
    if differs(amount("goodsValue"), line_total(item), tolerance) {
        out.warn("CEB-W03", "goodsValue", "goodsValue is not the sum of the lines' totalPrice.");
    }
    if direction == Direction::Export {
        return;
    }
    let value = amount("goodsValue").zip(amount("freight")).and_then(|(goods, freight)| goods.checked_add(freight));
    let due = value
        .zip(amount("taxTotal").zip(amount("discount")))
        .and_then(|(value, (tax, discount))| value.checked_add(tax)?.checked_sub(discount));
    if due.is_none() || due != amount("acturalPaid") {
        out.warn("CEB-W02", "acturalPaid", "acturalPaid is not goodsValue + freight + taxTotal - discount.");
    }
    limit(value, item, "goodsValue", out);
}

fn limit(value: Option<Dec5>, item: &CebItem, field: &str, out: &mut Out) {
    if value.is_none_or(|value| value > SINGLE_LIMIT) {
        let single = if item.lines.len() == 1 { " A single article may still enter with full tax." } else { "" };
        out.warn("CEB-W04", field, format!("The goods are worth more than {SINGLE_LIMIT} CNY, the limit of one import.{single}"));
    }
}

fn list(item: &CebItem, document: &CebDocument, out: &mut Out) {
    if item.get("appStatus") == Some("2") && !document.signed {
        out.warn("CEB-W11", "appStatus", "A declared list (appStatus 2) must be signed.");
    }
    let needed: &[&str] = match (document.direction, item.get("tradeMode")) {
        (Direction::Import, Some("9610")) => &["trafNo", "voyageNo", "billNo"],
        (Direction::Import, Some("1210")) => &["emsNo", "areaCode", "areaName"],
        (Direction::Export, Some("1210")) => &["emsNo", "iacCode", "iacName"],
        _ => &[],
    };
    for field in needed.iter().filter(|field| item.get(field).is_none()) {
        out.warn("CEB-W10", field, format!("{field} is required in this trade mode."));
    }
    if document.direction == Direction::Import {
        let value = line_total(item)
            .zip(number(item.get("freight")).zip(number(item.get("insuredFee"))))
            .and_then(|(goods, (freight, insured))| goods.checked_add(freight)?.checked_add(insured));
        limit(value, item, "InventoryList", out);
        if item.get("packNo").is_some_and(|n| n.parse() != Ok(1)) {
            out.warn("CEB-W12", "packNo", "packNo of an import list must be 1.");
        }
    }
    let weights = number(item.get("grossWeight")).zip(number(item.get("netWeight")));
    if weights.is_some_and(|(gross, net)| net > gross) {
        out.warn("CEB-W15", "netWeight", "netWeight is more than grossWeight.");
    }
}

fn lines(item: &CebItem, document: &CebDocument, out: &mut Out) {
    let item_path = out.item.clone();
    for (index, line) in item.lines.iter().enumerate() {
        let name = item.name.clone() + "List";
        out.item = format!("{item_path}/{name}[{}]", index + 1);
        out.line = line.line;
        let (price, qty, total) = (number(line.get("price")), number(line.get("qty")), number(line.get("totalPrice")));
        if total.is_some() && differs(price.zip(qty).and_then(|(p, q)| p.checked_mul(q)), total, CENT) {
            out.warn("CEB-W01", "totalPrice", "totalPrice is not price × qty.");
        }
        if line.get("gnum").is_some_and(|gnum| gnum.parse() != Ok(index + 1)) && item.name != "SummaryResult" {
            out.warn("CEB-W14", "gnum", "gnum must count the lines from 1.");
        }
        if let Some(Err(error)) = line.get("gcode").map(HsCode::parse) {
            out.warn("CEB-W16", "gcode", format!("{error}."));
        }
        if let Some(Err(error)) = line.get("invtNo").map(ListNo::parse) {
            out.warn("CEB-W13", "invtNo", format!("{error}."));
        }
        if document.message == "303" && line.get("currency") != item.get("currency") {
            out.warn("CEB-W17", "currency", "The line is in another currency than the order.");
        }
    }
    out.item = item_path;
    out.line = item.line;
}

/// Coded values, times and numbers with a form of their own.
fn codes(item: &CebItem, document: &CebDocument, out: &mut Out) {
    let export = document.direction == Direction::Export;
    let flow = if export { "E" } else { "I" };
    for (name, allowed) in [
        ("appType", &["1", "2", "3"][..]),
        ("appStatus", &["1", "2"]),
        ("orderType", if export { &["E", "B", "W"] } else { &["I"] }),
        ("ieFlag", &[flow]),
        ("buyerIdType", &["1", "2"]),
        ("payerIdType", &["1", "2"]),
        ("statisticsFlag", &["A", "B"]),
    ] {
        // Export returns come back in, so their flag differs.
        let returns = name == "ieFlag" && item.name.starts_with("InvtRefund");
        if !returns && item.get(name).is_some_and(|value| !allowed.contains(&value)) {
            out.warn("CEB-W09", name, format!("{name} must be one of {}.", allowed.join(", ")));
        }
    }
    if drafts::event_time(item).is_none() {
        out.warn("CEB-W08", "appTime", "The item has no readable time YYYYMMDDhhmmss; its record is dated 1970-01-01.");
    }
    for name in ["payTime", "logisticsTime", "leaveTime", "accountingDate", "startTime", "endTime"] {
        if item.get(name).is_some_and(|value| time::to_utc(value).is_none()) {
            out.warn("CEB-W08", name, format!("{name} is not a time YYYYMMDDhhmmss."));
        }
    }
    for name in ["declTime", "ieDate"] {
        if item.get(name).is_some_and(|value| !time::is_day(value)) {
            out.warn("CEB-W08", name, format!("{name} is not a day YYYYMMDD."));
        }
    }
    if let Some(Err(error)) = item.get("invtNo").map(ListNo::parse) {
        out.warn("CEB-W13", "invtNo", format!("{error}."));
    }
    if item.get("guid").is_some_and(|guid| !is_guid(guid)) {
        out.warn("CEB-W18", "guid", "guid is not of the form 8-4-4-4-12 in upper-case hexadecimal digits.");
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'A'..=b'F'),
        })
}

/// Enterprise codes of 18 characters are credit codes, of 10 customs codes; platforms may have
/// numbers of other lengths, and foreign ones none.
fn parties(item: &CebItem, out: &mut Out) {
    for (name, value) in item.head.iter().filter(|(name, _)| name.ends_with("Code") && place(name) == Place::Parties) {
        let problem: Option<IdError> = match value.chars().count() {
            18 => Uscc::parse(value).err(),
            10 => CustomsCode::parse(value).err(),
            _ => None,
        };
        if let Some(problem) = problem {
            out.warn("CEB-W07", name, format!("{problem}."));
        }
    }
}

/// The same guid or the same document twice in one message.
fn repeated(document: &CebDocument, out: &mut Out) {
    let own: &[&str] = match document.message.as_str() {
        "303" | "311" => &["orderNo", "ebpCode"],
        "403" => &["payNo"],
        "411" => &["payTransactionId", "payCode"],
        "505" | "511" => &["logisticsNo", "logisticsCode"],
        "603" | "621" => &["orderNo", "logisticsNo", "copNo"],
        _ => &[],
    };
    let mut guids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut documents: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for (index, item) in document.items.iter().enumerate() {
        out.item = format!("/{}[{}]", item.name, index + 1);
        out.line = item.line;
        if let Some(first) = item.get("guid").map(|guid| *guids.entry(guid).or_insert(index)).filter(|first| *first != index) {
            out.warn("CEB-W05", "guid", format!("Item {} has the same guid.", first + 1));
        }
        let Some(field) = own.first().filter(|field| item.get(field).is_some()) else { continue };
        let key = own.iter().map(|field| item.get(field).unwrap_or("")).collect();
        let first = *documents.entry(key).or_insert(index);
        if first != index {
            out.warn("CEB-W06", field, format!("Item {} is the same document.", first + 1));
        }
    }
}
