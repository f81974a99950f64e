//! The clear bodies of the registry kinds, and what can be checked without state.

use super::countries;
use crate::dates::Date;
use crate::ids::customs::CustomsCode;
use crate::ids::gs1::{Gtin, object_code};
use crate::ids::hs::HsCode;
use crate::ids::uscc::Uscc;
use chain_core::json::{JsonError, JsonFault};
use chain_core::record::Record;
use chain_core::types::{Code, MemberId, RecordId};
use serde::{Deserialize, Serialize};

/// Body of `registry.enterprise/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnterpriseCall {
    /// Unified social credit code (GB 32100-2015), both check digits right.
    pub uscc: Uscc,
    /// Customs registration code, 10 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub customs_code: Option<CustomsCode>,
    /// Chinese name, 1 to 200 characters. One of the two names must be given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_zh: Option<String>,
    /// English name, 1 to 200 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_en: Option<String>,
    /// Last Beijing date of the validity that is asked for.
    pub valid_until: Date,
    /// The enterprise, when a platform files for it: its social credit code.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<MemberId>,
    /// Record id of the open filing that this one replaces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<RecordId>,
}

/// Body of `registry.goods/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoodsCall {
    /// GTIN of 8, 12, 13 or 14 digits with its check digit. Leading zeros do not make another number.
    pub gtin: String,
    /// Commodity code of 6, 8 or 10 digits.
    pub hs: HsCode,
    /// Chinese name, 1 to 200 characters. One of the two names must be given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_zh: Option<String>,
    /// English name, 1 to 200 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_en: Option<String>,
    /// Country of origin, ISO 3166-1 alpha-2.
    pub origin: String,
    /// Last Beijing date of the validity that is asked for.
    pub valid_until: Date,
    /// The enterprise whose goods they are, when a platform files for it: its social credit code.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none", default)]
    pub on_behalf_of: Option<MemberId>,
    /// Record id of the open filing that this one replaces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<RecordId>,
}

/// What customs decides on a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It stands until its last day.
    Approve,
    /// It is refused for good.
    Reject,
    /// It may come again, corrected.
    Return,
}

/// Body of `registry.review/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewCall {
    /// Record id of the filing.
    pub filing: RecordId,
    /// The decision.
    pub decision: Decision,
    /// Customs' own reason code, 1 to 32 of `A-Z a-z 0-9 . _ -`; required to reject or return.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason_code: Option<String>,
    /// With an approval: an earlier last Beijing date than was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<Date>,
}

/// What an object code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectType {
    /// A piece of goods.
    Item,
    /// A parcel.
    Parcel,
    /// A customs list (清单).
    List,
    /// A container, pallet or bag.
    Container,
    /// A seal (封志).
    Seal,
    /// A site: warehouse, port, supervised place.
    Site,
    /// An organisation.
    Party,
    /// A warehouse receipt (仓单).
    Receipt,
}

/// Body of `registry.object/1`. The record's `objects` must name the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectCall {
    /// The code to be assigned to the submitter.
    pub code: Code,
    /// What it stands for.
    #[serde(rename = "type")]
    pub object_type: ObjectType,
    /// The code that it stands in, already assigned to anybody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent: Option<Code>,
}

fn ensure(ok: bool, pointer: &str, message: &str) -> Result<(), JsonError> {
    if ok {
        return Ok(());
    }
    Err(JsonError { fault: JsonFault::Shape, pointer: pointer.to_owned(), message: message.to_owned() })
}

/// The registry is public: a sealed field would be ignored.
pub(super) fn no_sealed_fields(record: &Record) -> Result<(), JsonError> {
    ensure(record.sd.is_empty(), "/body/_sd", "this kind has no sealed fields; send all fields clear")
}

fn check_names(zh: Option<&String>, en: Option<&String>) -> Result<(), JsonError> {
    ensure(zh.is_some() || en.is_some(), "/body", "give name_zh, name_en or both")?;
    for (pointer, name) in [("/body/name_zh", zh), ("/body/name_en", en)] {
        let ok = name.is_none_or(|name| crate::membership::calls::name_ok(name));
        ensure(ok, pointer, "a name has 1 to 200 characters and no control characters")?;
    }
    Ok(())
}

impl EnterpriseCall {
    pub(super) fn check(&self) -> Result<(), JsonError> {
        let same = self.on_behalf_of.as_ref().is_none_or(|id| id.as_str() == self.uscc.as_str());
        ensure(same, "/body/for", "for must be the social credit code that is filed")?;
        check_names(self.name_zh.as_ref(), self.name_en.as_ref())
    }
}

impl GoodsCall {
    pub(super) fn check(&self) -> Result<(), JsonError> {
        // Written plainly, so that the same goods always have the same key.
        let plain = self.gtin.bytes().all(|b| b.is_ascii_digit());
        ensure(plain, "/body/gtin", "a GTIN has 8, 12, 13 or 14 digits")?;
        if let Err(error) = Gtin::parse(&self.gtin) {
            return ensure(false, "/body/gtin", &error.to_string());
        }
        ensure(self.hs.as_str().len() >= 6, "/body/hs", "goods are filed with 6, 8 or 10 digits")?;
        let country = countries::is_alpha2(&self.origin);
        ensure(country, "/body/origin", "origin is an ISO 3166-1 alpha-2 code in capitals, such as DE")?;
        if let Some(id) = &self.on_behalf_of {
            let same = Uscc::parse(id.as_str()).is_ok_and(|uscc| uscc.as_str() == id.as_str());
            ensure(same, "/body/for", "for must be the enterprise's unified social credit code")?;
        }
        check_names(self.name_zh.as_ref(), self.name_en.as_ref())
    }

    /// The GTIN with leading zeros, 14 digits.
    pub fn gtin14(&self) -> String {
        format!("{:0>14}", self.gtin)
    }
}

impl ReviewCall {
    pub(super) fn check(&self) -> Result<(), JsonError> {
        let approves = self.decision == Decision::Approve;
        let explained = approves || self.reason_code.is_some();
        ensure(explained, "/body/reason_code", "give a reason_code to reject or return")?;
        let form = self.reason_code.as_ref().is_none_or(|code| {
            (1..=32).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        });
        ensure(form, "/body/reason_code", "a reason code has 1 to 32 letters, digits, '.', '_' or '-'")?;
        ensure(approves || self.valid_until.is_none(), "/body/valid_until", "valid_until goes with an approval only")
    }
}

impl ObjectCall {
    pub(super) fn check(&self, objects: &[Code]) -> Result<(), JsonError> {
        ensure(objects.contains(&self.code), "/objects", "the record's objects must name the code that it assigns")?;
        check_spelling(self.code.as_str()).or_else(|message| ensure(false, "/body/code", &message))?;
        ensure(self.parent.as_ref() != Some(&self.code), "/body/parent", "an object cannot stand in itself")
    }
}

/// GS1 application identifiers that name an object by themselves, as codes begin with them.
const GS1_KEYS: [&str; 15] = [
    "00", "01", "253", "255", "401", "402", "414", "417", "8003", "8004", "8006", "8010", "8013", "8017", "8018",
];

/// One object has one code: a GS1 key must have its check digit and the spelling that [`object_code`] gives.
fn check_spelling(code: &str) -> Result<(), String> {
    let by_key = code.split_once('/').is_some_and(|(first, _)| GS1_KEYS.contains(&first));
    let read = match by_key {
        true => object_code(&format!("https://id.gs1.org/{code}")),
        false if ["urn:", "http:", "https:"].iter().any(|scheme| code.starts_with(scheme)) => object_code(code),
        // Not GS1's: whoever assigns it spells it.
        false => return Ok(()),
    };
    match read.fault {
        Some(fault) => Err(fault.to_string()),
        None if read.code != code => Err(format!("the code of this object is written {}", read.code)),
        None => Ok(()),
    }
}
