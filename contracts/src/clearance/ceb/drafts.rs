//! Items as record drafts.

use chain_core::record::RecordDraft;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::dec5::Dec5;
use super::fields::{Form, Place, form, place};
use super::time::to_utc;
use super::{CebDocument, CebItem, CebLine};

/// Longest object code.
const MAX_CODE: usize = 128;
/// Event time of an item whose own time is unreadable; a warning names the item.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

/// The record kind of a message number; `None` for messages recorded as `trade.message/1`.
pub(super) fn typed_kind(message: &str) -> Option<&'static str> {
    Some(match message {
        "303" | "311" => "trade.order/1",
        "403" | "411" => "trade.payment/1",
        "505" | "511" => "trade.waybill/1",
        "603" | "621" => "trade.list/1",
        "304" | "312" => "trade.order-reply/1",
        "404" | "412" => "trade.payment-reply/1",
        "506" | "512" => "trade.waybill-reply/1",
        "604" | "622" => "trade.list-reply/1",
        _ => return None,
    })
}

/// An object code such as `order:A-1`: ASCII, at most 128 characters.
///
/// Characters other than letters, digits, `-`, `.`, `_` and `~` are percent-encoded as UTF-8. A
/// code that would be longer becomes `scheme:~` and the SHA-256 of the number in hexadecimal.
pub fn object_code(scheme: &str, number: &str) -> String {
    let mut code = format!("{scheme}:");
    for byte in number.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            code.push(char::from(byte));
        } else {
            code.push_str(&format!("%{byte:02X}"));
        }
    }
    if code.len() > MAX_CODE {
        code = format!("{scheme}:~{}", hex::encode(Sha256::digest(number.as_bytes())));
    }
    code
}

impl CebDocument {
    /// One record draft per item, in document order.
    ///
    /// Bodies are described in [`crate::clearance::kinds`]. The event time is `appTime` or
    /// `returnTime`, taken as Beijing time.
    pub fn drafts(&self) -> Vec<RecordDraft> {
        self.items
            .iter()
            .map(|item| match typed_kind(&self.message) {
                Some(kind) => self.typed(item, kind),
                None => self.untyped(item),
            })
            .collect()
    }

    fn start(&self, item: &CebItem) -> Map<String, Value> {
        let mut clear = Map::new();
        clear.insert("direction".into(), self.direction.as_str().into());
        clear.insert("message".into(), self.message.as_str().into());
        clear.insert("guid".into(), item.get("guid").unwrap_or(&self.guid).into());
        clear
    }

    fn typed(&self, item: &CebItem, kind: &str) -> RecordDraft {
        let mut clear = self.start(item);
        let mut sealed: Vec<(&str, Map<String, Value>)> =
            ["parties", "amounts", "goods", "personal", "transport", "other"].map(|name| (name, Map::new())).into();
        let mut put = |part: &str, name: &str, value: Value| {
            if let Some((_, map)) = sealed.iter_mut().find(|(key, _)| *key == part) {
                map.insert(name.to_owned(), value);
            }
        };
        for (name, value) in &item.head {
            let json = to_json(name, value);
            match place(name) {
                Place::Clear => {
                    // One name for the number of a payment in both directions.
                    let name = if name == "payNo" { "payTransactionId" } else { name };
                    clear.insert(name.to_owned(), json);
                }
                Place::Parties => put("parties", name, json),
                Place::Amount | Place::AmountCode => put("amounts", name, json),
                Place::Goods => put("goods", name, json),
                Place::Personal => put("personal", name, json),
                Place::Transport => put("transport", name, json),
                Place::Other => put("other", name, json),
            }
        }
        if let Some(currency) = item.get("currency") {
            put("amounts", "currency", currency.into());
        }
        for (name, value) in self.transfer.iter().filter(|(name, _)| place(name) == Place::Parties) {
            put("parties", name, value.as_str().into());
        }
        if !item.lines.is_empty() {
            put("goods", "lines", item.lines.iter().map(goods_line).collect());
            let notes: Vec<Value> = item.lines.iter().filter_map(line_note).collect();
            if !notes.is_empty() {
                put("other", "lineNotes", notes.into());
            }
        }
        RecordDraft {
            kind: kind.to_owned(),
            objects: objects(item, &[]),
            at: event_time(item).unwrap_or_else(|| NO_TIME.into()),
            clear,
            sealed: sealed.into_iter().filter(|(_, map)| !map.is_empty()).map(|(name, map)| (name.to_owned(), map.into())).collect(),
        }
    }

    fn untyped(&self, item: &CebItem) -> RecordDraft {
        let mut clear = self.start(item);
        if let Some(time) = time_field(item) {
            clear.insert("time".into(), time.into());
        }
        for (list, field) in [("lists", "invtNo"), ("orders", "orderNo"), ("waybills", "logisticsNo")] {
            let mut numbers: Vec<&str> = item.get(field).into_iter().chain(item.lines.iter().filter_map(|line| line.get(field))).collect();
            numbers.sort_unstable();
            numbers.dedup();
            clear.insert(list.into(), numbers.into());
        }
        let mut objects = objects(item, &item.lines);
        if objects.is_empty() {
            objects.push(object_code("message", item.get("guid").unwrap_or(&self.guid)));
        }
        RecordDraft {
            kind: "trade.message/1".into(),
            objects,
            at: event_time(item).unwrap_or_else(|| NO_TIME.into()),
            clear,
            sealed: item.xml.iter().map(|xml| ("xml".to_owned(), json!(xml))).collect(),
        }
    }
}

/// The objects an item and the given lines name: its own code first for orders, then what it links.
fn objects(item: &CebItem, lines: &[CebLine]) -> Vec<String> {
    let mut codes = Vec::new();
    let mut name = |scheme: &str, number: Option<&str>| {
        if let Some(code) = number.map(|n| object_code(scheme, n)).filter(|code| !codes.contains(code)) {
            codes.push(code);
        }
    };
    let list_number = item.get("invtNo").or(item.get("copNo"));
    // copNo numbers a list only in lists and their replies; elsewhere it numbers another document.
    if item.name.starts_with("Inventory") {
        name("list", list_number);
        name("list", item.get("copNo"));
        if list_number.is_none() {
            name("list", item.get("preNo"));
        }
    } else {
        name("list", item.get("invtNo"));
    }
    name("order", item.get("orderNo"));
    name("payment", item.get("payTransactionId").or(item.get("payNo")));
    name("waybill", item.get("logisticsNo"));
    // A set: lists of the 2022-05 edition are unbounded, so no search through `codes` here.
    let seen: std::collections::BTreeSet<String> = codes.iter().cloned().collect();
    let more: std::collections::BTreeSet<String> = lines
        .iter()
        .flat_map(|line| [line.get("invtNo").map(|n| object_code("list", n)), line.get("logisticsNo").map(|n| object_code("waybill", n))])
        .flatten()
        .filter(|code| !seen.contains(code))
        .collect();
    codes.extend(more);
    codes
}

fn time_field(item: &CebItem) -> Option<&str> {
    ["appTime", "returnTime", "opDate"].into_iter().find_map(|name| item.get(name))
}

/// Event time in UTC; `None` when the item has no readable time.
pub(super) fn event_time(item: &CebItem) -> Option<String> {
    to_utc(time_field(item)?)
}

fn goods_line(line: &CebLine) -> Value {
    line.fields.iter().filter(|(name, _)| name != "note").map(|(name, value)| (name.clone(), to_json(name, value))).collect::<Map<_, _>>().into()
}

fn line_note(line: &CebLine) -> Option<Value> {
    let note = line.get("note")?;
    Some(json!({ "gnum": to_json("gnum", line.get("gnum")?), "note": note }))
}

fn to_json(name: &str, value: &str) -> Value {
    // The schema has checked the form; a value that still does not read stays as it stands.
    match form(name) {
        Form::Decimal => Dec5::parse(value).map_or_else(|_| value.into(), |number| number.to_string().into()),
        Form::Integer => value.parse::<i32>().map_or_else(|_| value.into(), Value::from),
        Form::Text => value.into(),
    }
}
