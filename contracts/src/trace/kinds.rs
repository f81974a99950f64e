//! Clear bodies of the records of traceability.

use serde::{Deserialize, Serialize};

/// Clear body of `trace.event/1`: an EPCIS 2.0 event without what only its holder should read.
///
/// Objects and places are canonical codes (see [`crate::ids::gs1::object_code`]); lists are
/// sorted and hold each code once. Sealed beside it are `event`, the event's original text, and
/// `context`, that of its document's `@context`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TraceEventClear {
    /// `ObjectEvent` and the like, or the URI of a type of the members' own.
    pub event_type: String,
    /// When it happened, RFC 3339 in UTC, at most nanoseconds.
    pub event_time: String,
    /// `OBSERVE`, `ADD` or `DELETE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Bare word of CBV 2.0, section 7.1, or a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biz_step: Option<String>,
    /// Bare word of CBV 2.0, section 7.2, or a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// Where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_point: Option<String>,
    /// Where it is from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biz_location: Option<String>,
    /// The event's own id, a URI.
    #[serde(default, rename = "eventID", skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// SHA-256 of the event's original text, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// The containing object (`parentID`): none or one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<String>,
    /// Instances the event is about (`epcList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epcs: Vec<String>,
    /// Classes and lots the event is about (`quantityList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Contained instances (`childEPCs`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
    /// Contained classes and lots (`childQuantityList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub child_classes: Vec<String>,
    /// Instances used up (`inputEPCList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// Classes and lots used up (`inputQuantityList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_classes: Vec<String>,
    /// Instances made (`outputEPCList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Classes and lots made (`outputQuantityList`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_classes: Vec<String>,
    /// How many objects the event names, when that is more than a record carries; the lists
    /// then hold only those that the record carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects_total: Option<u64>,
}
