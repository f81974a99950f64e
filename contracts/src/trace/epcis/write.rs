//! Writes the events of a parcel's journey as an EPCIS 2.0 document, for demonstrations, trials
//! and tests. Everything in it follows from the plain values given.

use super::format::Time;
use crate::ids::gs1::{Gln, Gtin, Sscc, object_code};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A parcel of one article from its maker through customs to its buyer.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The article.
    pub gtin: Gtin,
    /// Serial numbers of the items: 1 to 20 characters of GS1 set 82, without `%`-escapes.
    pub serials: Vec<String>,
    /// Lot of the items.
    pub lot: String,
    /// The parcel.
    pub sscc: Sscc,
    /// Where it is made, packed and shipped.
    pub maker: Gln,
    /// The supervised site where customs inspect and release it.
    pub port: Gln,
    /// Where it is received.
    pub consignee: Gln,
    /// Number of the purchase order.
    pub order: String,
    /// Number of the customs declaration.
    pub declaration: String,
    /// When the items are made, in seconds since 1970-01-01T00:00:00Z.
    pub made: i64,
    /// Offset of local time from UTC in minutes, -840 to 840.
    pub offset: i64,
}

/// Why a journey cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// No item.
    #[error("the parcel holds no item; give at least one serial number")]
    NoItems,
    /// A serial number that no GTIN can carry.
    #[error("\"{0}\" cannot be a serial number; use 1 to 20 letters, digits or GS1 signs, each number once")]
    Serial(String),
    /// A time or offset outside the calendar.
    #[error("the time or its offset cannot be written; use years 0000 to 9999 and at most 14 hours of offset")]
    Time,
}

/// Seconds from the making of the items to each step.
const STEPS: [(&str, i64); 7] = [
    ("commissioning", 0),
    ("packing", 2 * 3600),
    ("shipping", 5 * 3600),
    ("arriving", 29 * 3600),
    ("inspecting", 31 * 3600),
    ("releasing", 33 * 3600),
    ("receiving", 60 * 3600),
];

/// The journey in seven events: commissioning, packing, shipping, arriving, inspecting, customs
/// release and receiving. CBV has no step for a release: it is `other`, by a certificate
/// (`cert`) with the declaration's number. The same journey gives the same text.
///
/// # Errors
/// [`WriteError`]; nothing is written then.
pub fn journey(journey: &Journey) -> Result<String, WriteError> {
    let items = items(journey)?;
    let parcel = link(&journey.sscc.code());
    let transaction = |kind: &str, party: &Gln, number: &str| {
        let number: String = number.bytes().map(escaped).collect();
        json!([{"type": kind, "bizTransaction": format!("urn:epcglobal:cbv:bt:{party}:{number}")}])
    };
    let order = transaction("po", &journey.consignee, &journey.order);
    let release = transaction("cert", &journey.port, &journey.declaration);
    let object = |action: &str, epcs: Value| json!({"type": "ObjectEvent", "action": action, "epcList": epcs});
    let mut events = Vec::with_capacity(STEPS.len());
    for (step, after) in STEPS {
        let (place, mut event) = match step {
            "commissioning" => (&journey.maker, object("ADD", json!(items))),
            "packing" => (
                &journey.maker,
                json!({"type": "AggregationEvent", "action": "ADD", "parentID": parcel, "childEPCs": items}),
            ),
            "shipping" => (&journey.maker, object("OBSERVE", json!([parcel]))),
            "receiving" => (&journey.consignee, object("OBSERVE", json!([parcel]))),
            "releasing" => (
                &journey.port,
                json!({"type": "TransactionEvent", "action": "ADD", "epcList": [parcel], "bizTransactionList": release}),
            ),
            _ => (&journey.port, object("OBSERVE", json!([parcel]))),
        };
        let disposition = match step {
            "commissioning" => "active",
            "releasing" => "conformant",
            "shipping" => "in_transit",
            _ => "in_progress",
        };
        event["bizStep"] = json!(if step == "releasing" { "other" } else { step });
        event["disposition"] = json!(disposition);
        event["eventID"] = json!(event_id(journey, step));
        event["eventTime"] = json!(local(journey, after)?);
        event["eventTimeZoneOffset"] = json!(zone(journey.offset));
        event["readPoint"] = json!({"id": link(&place.code())});
        if step != "shipping" {
            event["bizLocation"] = json!({"id": link(&place.code())});
        }
        if matches!(step, "shipping" | "receiving") {
            event["bizTransactionList"] = order.clone();
            event["sourceList"] = json!([{"type": "possessing_party", "source": party(&journey.maker)}]);
            event["destinationList"] = json!([{"type": "possessing_party", "destination": party(&journey.consignee)}]);
        }
        if step == "commissioning" {
            event["ilmd"] = json!({"cbvmda:lotNumber": journey.lot});
        }
        events.push(event);
    }
    let document = json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": local(journey, STEPS[STEPS.len() - 1].1)?,
        "epcisBody": {"eventList": events},
    });
    Ok(document.to_string())
}

fn link(code: &str) -> String {
    format!("https://id.gs1.org/{code}")
}

fn party(gln: &Gln) -> String {
    link(&format!("417/{gln}"))
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// The items' Digital Links.
fn items(journey: &Journey) -> Result<Vec<String>, WriteError> {
    let mut items = Vec::with_capacity(journey.serials.len());
    for serial in &journey.serials {
        let code: String = serial.bytes().map(escaped).collect();
        let item = link(&format!("{}/21/{code}", journey.gtin.code()));
        if object_code(&item).fault.is_some() || items.contains(&item) {
            return Err(WriteError::Serial(serial.clone()));
        }
        items.push(item);
    }
    if items.is_empty() { Err(WriteError::NoItems) } else { Ok(items) }
}

fn zone(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
}

fn local(journey: &Journey, after: i64) -> Result<String, WriteError> {
    if !(-840..=840).contains(&journey.offset) {
        return Err(WriteError::Time);
    }
    let seconds = journey.made.checked_add(after + journey.offset * 60).ok_or(WriteError::Time)?;
    let text = Time { seconds, fraction: "", offset: None }.utc().ok_or(WriteError::Time)?;
    Ok(format!("{}{}", text.trim_end_matches('Z'), zone(journey.offset)))
}

/// A UUID of version 8 (RFC 9562) from the parcel, the step and the time.
fn event_id(journey: &Journey, step: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(format!("{} {step} {}", journey.sscc, journey.made)).into();
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex = hex::encode(&bytes[..16]);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
