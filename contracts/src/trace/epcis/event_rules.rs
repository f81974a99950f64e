//! What EPCIS 2.0 events may hold: the constraints of EPCIS 2.0 (section 7) and CBV 2.0
//! (section 7) as GS1's JSON Schema of 2022 enforces them, in our own words.

use super::format::{Time, is_event_offset, is_hex, is_unit, is_uri};
use super::node::{Node, Value};
use super::schema::{Checker, Others, Rule, Shape};
use super::{Problem, words};

/// Known members of an object, with their rules.
pub(super) type Members = &'static [(&'static str, Rule)];

pub(super) const URI: Rule = Rule::Format(is_uri, "a URI such as \"urn:epc:id:sgtin:0614141.107346.2017\"");
const A_TIME: &str = "a time with offset such as \"2026-11-22T08:30:00+08:00\"";
pub(super) const TIME: Rule = Rule::Format(|text| Time::parse(text).is_some(), A_TIME);
/// Only a format to the schema as well, but no record can be filed without its time.
const EVENT_TIME: Rule = Rule::Pattern(|text| Time::parse(text).is_some(), A_TIME);
const ACTION: Rule = Rule::Word(&["OBSERVE", "ADD", "DELETE"]);

const CBV: &[&str] = &["urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/"];
const GS1_VOC: &[&str] =
    &["http://gs1.org/voc/", "https://gs1.org/voc/", "http://www.gs1.org/voc/", "https://www.gs1.org/voc/"];
const DISPOSITION: Rule = Rule::Term { words: words::DISPOSITION, reserved: CBV };
const SOURCE_OR_DESTINATION: Rule =
    Rule::Term { words: &["owning_party", "possessing_party", "location"], reserved: CBV };

pub(super) const fn list(of: &'static Rule) -> Rule {
    Rule::List { of, at_least: 0, distinct: false }
}

pub(super) const fn object(members: &'static [Members], required: &'static [&'static str], others: Others) -> Rule {
    Rule::Object(Shape { members, required, others })
}

pub(super) const ANY_OBJECT: Rule = object(&[], &[], Others::Any);
pub(super) const CONTEXT: Rule =
    Rule::Either(&[URI, ANY_OBJECT, Rule::List { of: &Rule::Either(&[URI, ANY_OBJECT]), at_least: 0, distinct: true }]);

const PLACE: Rule = object(&[&[("id", URI)]], &["id"], Others::Any);
pub(super) const EPCS: Rule = list(&URI);
const DISTINCT_EPCS: Rule = Rule::List { of: &URI, at_least: 0, distinct: true };
const QUANTITIES: Rule = list(&object(
    &[&[("epcClass", URI), ("quantity", Rule::Number), ("uom", Rule::Pattern(is_unit, "a unit such as \"KGM\""))]],
    &["epcClass"],
    Others::None,
));
const BIZ_TRANSACTION: Rule = object(
    &[&[("type", Rule::Term { words: words::BIZ_TRANSACTION, reserved: CBV }), ("bizTransaction", URI)]],
    &["bizTransaction"],
    Others::None,
);
const SOURCES: Rule =
    list(&object(&[&[("type", SOURCE_OR_DESTINATION), ("source", URI)]], &["type", "source"], Others::None));
const DESTINATIONS: Rule =
    list(&object(&[&[("type", SOURCE_OR_DESTINATION), ("destination", URI)]], &["type", "destination"], Others::None));

const DISPOSITIONS: Rule = Rule::List { of: &DISPOSITION, at_least: 1, distinct: true };
const PERSISTENT: Rule = object(&[&[("set", DISPOSITIONS), ("unset", DISPOSITIONS)]], &[], Others::None);

/// Members that sensor metadata and sensor reports share.
const DEVICE: Members = &[
    ("time", TIME),
    ("deviceID", URI),
    ("deviceMetadata", URI),
    ("rawData", URI),
    ("dataProcessingMethod", URI),
    ("bizRules", URI),
];
const METADATA: Rule = object(&[DEVICE, &[("startTime", TIME), ("endTime", TIME)]], &[], Others::Uris);
const REPORT: Rule = object(
    &[
        DEVICE,
        &[
            ("type", Rule::Term { words: words::MEASUREMENT, reserved: GS1_VOC }),
            ("exception", Rule::Term { words: &["ALARM_CONDITION", "ERROR_CONDITION"], reserved: GS1_VOC }),
            ("component", Rule::Term { words: words::COMPONENT, reserved: CBV }),
            ("microorganism", URI),
            ("chemicalSubstance", URI),
            ("coordinateReferenceSystem", URI),
            ("value", Rule::Number),
            ("minValue", Rule::Number),
            ("maxValue", Rule::Number),
            ("meanValue", Rule::Number),
            ("sDev", Rule::Number),
            ("percRank", Rule::Number),
            ("percValue", Rule::Number),
            ("uom", Rule::Text),
            ("stringValue", Rule::Text),
            ("booleanValue", Rule::Boolean),
            ("hexBinaryValue", Rule::Pattern(is_hex, "hexadecimal digits")),
            ("uriValue", URI),
        ],
    ],
    &["type"],
    Others::Uris,
);
const SENSORS: Rule = list(&object(
    &[&[("sensorMetadata", METADATA), ("sensorReport", Rule::List { of: &REPORT, at_least: 1, distinct: false })]],
    &["sensorReport"],
    Others::Uris,
));

const ERROR: Rule = object(
    &[&[
        ("declarationTime", TIME),
        ("reason", Rule::Term { words: &["did_not_occur", "incorrect_data"], reserved: CBV }),
        ("correctiveEventIDs", EPCS),
    ]],
    &["declarationTime"],
    Others::Uris,
);
const EVENT: Members = &[
    ("type", Rule::Text),
    ("@context", CONTEXT),
    ("eventTime", EVENT_TIME),
    ("recordTime", TIME),
    ("eventTimeZoneOffset", Rule::Pattern(is_event_offset, "an offset such as \"+08:00\"")),
    ("eventID", URI),
    ("certificationInfo", Rule::Either(&[URI, EPCS])),
    ("errorDeclaration", ERROR),
];
/// Why and where, of every standard event; `action` apart, which a transformation lacks.
const WHY_AND_WHERE: Members = &[
    ("bizStep", Rule::Term { words: words::BIZ_STEP, reserved: CBV }),
    ("disposition", DISPOSITION),
    ("readPoint", PLACE),
    ("bizLocation", PLACE),
    ("sourceList", SOURCES),
    ("destinationList", DESTINATIONS),
    ("sensorElementList", SENSORS),
];
const OBJECT: Members = &[
    ("action", ACTION),
    ("epcList", DISTINCT_EPCS),
    ("quantityList", QUANTITIES),
    ("persistentDisposition", PERSISTENT),
    ("bizTransactionList", list(&BIZ_TRANSACTION)),
    ("ilmd", object(&[], &[], Others::Uris)),
];
const PARENT_AND_CHILDREN: Members = &[
    ("action", ACTION),
    ("parentID", URI),
    ("childEPCs", EPCS),
    ("childQuantityList", QUANTITIES),
    ("bizTransactionList", list(&BIZ_TRANSACTION)),
];
const TRANSACTION: Members = &[
    ("action", ACTION),
    ("parentID", URI),
    ("epcList", EPCS),
    ("quantityList", QUANTITIES),
    ("bizTransactionList", Rule::List { of: &BIZ_TRANSACTION, at_least: 1, distinct: false }),
];
const TRANSFORMATION: Members = &[
    ("inputEPCList", DISTINCT_EPCS),
    ("inputQuantityList", QUANTITIES),
    ("outputEPCList", DISTINCT_EPCS),
    ("outputQuantityList", QUANTITIES),
    ("transformationID", URI),
    ("persistentDisposition", PERSISTENT),
    ("bizTransactionList", list(&BIZ_TRANSACTION)),
    ("ilmd", object(&[], &[], Others::Uris)),
];

/// Checks an event by its type; a type outside the standard should be a URI.
pub(super) fn event(checker: &mut Checker, node: &Node<'_>) {
    checker.object(node, &shape(node.string("type")));
    what(checker, node);
}

/// Whether events of this type have the member `name` by the standard. One that has it
/// nevertheless is warned of, and the member means nothing.
pub(super) fn knows(kind: Option<&str>, name: &str) -> bool {
    shape(kind).rule(name).is_some()
}

/// The members of an event of this type.
fn shape(kind: Option<&str>) -> Shape {
    const TIMES: &[&str] = &["type", "eventTime", "eventTimeZoneOffset"];
    const AND_ACTION: &[&str] = &["type", "eventTime", "eventTimeZoneOffset", "action"];
    let shape = |members, required| Shape { members, required, others: Others::Uris };
    match kind {
        Some("ObjectEvent") => shape(&[EVENT, WHY_AND_WHERE, OBJECT], AND_ACTION),
        Some("AggregationEvent") => shape(&[EVENT, WHY_AND_WHERE, PARENT_AND_CHILDREN], AND_ACTION),
        Some("AssociationEvent") => shape(
            &[EVENT, WHY_AND_WHERE, PARENT_AND_CHILDREN],
            &["type", "eventTime", "eventTimeZoneOffset", "action", "parentID"],
        ),
        Some("TransactionEvent") => shape(
            &[EVENT, WHY_AND_WHERE, TRANSACTION],
            &["type", "eventTime", "eventTimeZoneOffset", "action", "bizTransactionList"],
        ),
        Some("TransformationEvent") => shape(&[EVENT, WHY_AND_WHERE, TRANSFORMATION], TIMES),
        _ => Shape {
            members: &[&[("type", Rule::Format(is_uri, "a standard event type or a URI"))], EVENT],
            required: TIMES,
            others: Others::Any,
        },
    }
}

/// The rules across members: an event must say what it is about.
fn what(checker: &mut Checker, node: &Node<'_>) {
    let has = |name: &str| node.get(name).is_some();
    let filled = |name: &str| node.get(name).is_some_and(|list| !list.items().is_empty());
    let action = node.string("action");
    let children = filled("childEPCs") || filled("childQuantityList");
    let kind = node.string("type").unwrap_or_default();
    let (says, needed) = match kind {
        "ObjectEvent" => {
            let sensed = filled("sensorElementList") && has("readPoint");
            let says = has("epcList") || filled("quantityList") || sensed;
            (says, "an epcList, a quantityList, or a sensorElementList with a readPoint")
        }
        "AggregationEvent" | "AssociationEvent" => {
            (action == Some("DELETE") || children, "childEPCs or a childQuantityList")
        }
        "TransactionEvent" => {
            let says = action == Some("DELETE") || has("epcList") || filled("quantityList");
            (says, "an epcList or a quantityList")
        }
        "TransformationEvent" => {
            let input = filled("inputEPCList") || filled("inputQuantityList");
            let output = filled("outputEPCList") || filled("outputQuantityList");
            let says = if has("transformationID") { input || output } else { input && output };
            (says, "inputs and outputs, or one of them with a transformationID")
        }
        _ => return,
    };
    if !says {
        checker.refuse(Problem::NoWhat { needed });
    }
    if kind == "ObjectEvent" && has("ilmd") && action != Some("ADD") {
        checker.refuse(Problem::IlmdWithoutAdd);
    }
    let persistent = node.get("persistentDisposition").filter(|_| knows(Some(kind), "persistentDisposition"));
    if persistent.is_some_and(|p| matches!(&p.value, Value::Object(m) if m.is_empty())) {
        checker.refuse(Problem::NoWhat { needed: "a set or unset in its persistentDisposition" });
    }
}
