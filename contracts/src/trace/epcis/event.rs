//! One checked event as the clear body of a record, with warnings about what looks wrong.

use super::format::{Time, offset};
use super::json::segment;
use super::node::{Node, Value};
use super::{Anomaly, EpcisError, EpcisEvent, EpcisWarning, Problem, event_rules, limits, words};
use crate::ids::gs1::{object_code, uri_code};
use crate::trace::kinds::TraceEventClear;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What the events of a document share.
pub(super) struct Scope<'n> {
    /// See [`prefixes`].
    pub prefixes: Option<BTreeSet<&'n str>>,
    /// The number of the first event, error declarations apart, that has this eventID.
    pub ids: BTreeMap<String, usize>,
    pub warnings: Vec<EpcisWarning>,
}

impl Scope<'_> {
    /// Remembers the event's own id. An error declaration repeats the id of the wrong event.
    pub fn note_id(&mut self, node: &Node<'_>, number: usize) {
        if let (Some(id), None) = (node.string("eventID"), node.get("errorDeclaration")) {
            self.ids.entry(id.to_owned()).or_insert(number);
        }
    }

    fn warn(&mut self, pointer: String, anomaly: Anomaly) {
        if self.warnings.len() < limits::ERRORS {
            self.warnings.push(EpcisWarning { pointer, anomaly });
        }
    }

    /// The code of a URI, with a warning if it is a faulty GS1 key.
    fn code(&mut self, uri: &str, pointer: impl FnOnce() -> String) -> String {
        let read = object_code(uri);
        if let Some(fault) = read.fault {
            self.warn(pointer(), Anomaly::Key { fault });
        }
        read.code
    }

    /// The codes of a list of URIs, of objects with a member `key`, or of one URI: sorted, each once.
    fn codes(&mut self, event: &Node<'_>, at: &str, name: &str, key: &str) -> Vec<String> {
        let mut codes = BTreeSet::new();
        let Some(node) = event.get(name) else {
            return Vec::new();
        };
        if let Some(uri) = node.as_string() {
            codes.insert(self.code(uri, || format!("{at}/{name}")));
        }
        for (place, item) in node.items().iter().enumerate() {
            let (uri, member) = match item.as_string() {
                Some(uri) => (Some(uri), String::new()),
                None => (item.string(key), format!("/{key}")),
            };
            if let Some(uri) = uri {
                codes.insert(self.code(uri, || format!("{at}/{name}/{place}{member}")));
            }
            if item.get("quantity").is_some_and(|quantity| quantity.text.starts_with('-')) {
                self.warn(format!("{at}/{name}/{place}/quantity"), Anomaly::NegativeQuantity);
            }
        }
        codes.into_iter().collect()
    }

    fn place(&mut self, event: &Node<'_>, at: &str, name: &str) -> Option<String> {
        let uri = event.get(name)?.string("id")?;
        Some(self.code(uri, || format!("{at}/{name}/id")))
    }

    /// Warnings that do not touch the clear body.
    fn inspect(&mut self, event: &Node<'_>, number: usize, at: &str, time: &Time<'_>) {
        let said = event.string("eventTimeZoneOffset").and_then(offset);
        // A time written in UTC says nothing about the place, so it contradicts no offset.
        if time.offset.is_some_and(|minutes| minutes != 0 && Some(minutes) != said) {
            self.warn(format!("{at}/eventTime"), Anomaly::Offset);
        }
        let id = event.string("eventID");
        match event.get("errorDeclaration") {
            Some(declaration) => self.inspect_error(declaration, id, at, time),
            None if id.is_some_and(|id| self.ids.get(id) != Some(&number)) => {
                self.warn(format!("{at}/eventID"), Anomaly::SameId);
            }
            None => {}
        }
        for (list, key) in [("sourceList", "source"), ("destinationList", "destination")] {
            self.codes(event, at, list, key);
        }
        self.inspect_prefixes(event, at);
    }

    fn inspect_error(&mut self, declaration: &Node<'_>, id: Option<&str>, at: &str, time: &Time<'_>) {
        let at = format!("{at}/errorDeclaration");
        if id.is_none() {
            self.warn(at.clone(), Anomaly::ErrorWithoutId);
        }
        let declared = declaration.string("declarationTime").and_then(Time::parse);
        if declared.is_some_and(|declared| declared.seconds < time.seconds) {
            self.warn(format!("{at}/declarationTime"), Anomaly::DeclaredEarly);
        }
        let corrections = declaration.get("correctiveEventIDs").map(Node::items).unwrap_or_default();
        for (place, id) in corrections.iter().enumerate() {
            if id.as_string().is_some_and(|id| !self.ids.contains_key(id)) {
                self.warn(format!("{at}/correctiveEventIDs/{place}"), Anomaly::CorrectionUnknown);
            }
        }
    }

    /// Extensions whose prefix no `@context` declares.
    fn inspect_prefixes(&mut self, event: &Node<'_>, at: &str) {
        let (Some(document), Some(own)) = (&self.prefixes, prefixes(event.get("@context"))) else {
            return;
        };
        let unknown = |name: &str| {
            name.split_once(':').is_some_and(|(prefix, rest)| {
                let known = words::PREFIXES.contains(&prefix) || document.contains(prefix) || own.contains(prefix);
                !known && prefix != "urn" && !rest.starts_with("//")
            })
        };
        let mut found = Vec::new();
        for (place, node) in [("", Some(event)), ("/ilmd", event.get("ilmd"))] {
            for (name, _) in node.map(Node::members).unwrap_or_default().iter().filter(|(name, _)| unknown(name)) {
                found.push(format!("{at}{place}{}", segment(name)));
            }
        }
        for pointer in found {
            self.warn(pointer, Anomaly::Prefix);
        }
    }
}

/// The prefixes a context declares; `None` if it names a foreign context, which may declare any.
pub(super) fn prefixes<'n>(context: Option<&'n Node<'_>>) -> Option<BTreeSet<&'n str>> {
    let entries = match context {
        None => &[],
        Some(node) if matches!(node.value, Value::Array(_)) => node.items(),
        Some(node) => std::slice::from_ref(node),
    };
    let foreign = |entry: &Node<'_>| entry.as_string().is_some_and(|uri| !uri.ends_with("epcis-context.jsonld"));
    let names = || entries.iter().flat_map(Node::members).map(|(name, _)| name.as_str()).collect();
    (!entries.iter().any(foreign)).then(names)
}

/// Reads an event that its rules accept; `pointer` is where it is.
pub(super) fn read(
    scope: &mut Scope<'_>,
    event: &Node<'_>,
    number: usize,
    pointer: String,
) -> Result<EpcisEvent, EpcisError> {
    let at = pointer.as_str();
    let text = |name: &str| event.string(name).unwrap_or_default();
    let fail = |problem, member: &str| EpcisError { pointer: format!("{at}{member}"), problem };
    let time = Time::parse(text("eventTime")).ok_or_else(|| fail(Problem::TimeOutOfRange, "/eventTime"))?;
    let utc = time.utc().ok_or_else(|| fail(Problem::TimeOutOfRange, "/eventTime"))?;
    let standard = matches!(
        text("type"),
        "ObjectEvent" | "AggregationEvent" | "AssociationEvent" | "TransactionEvent" | "TransformationEvent"
    );
    let mut clear = TraceEventClear {
        event_type: uri_code(text("type")),
        event_time: utc,
        event_id: event.string("eventID").map(uri_code),
        digest: hex::encode(Sha256::digest(event.text)),
        ..TraceEventClear::default()
    };
    scope.inspect(event, number, at, &time);
    // Only in the standard's own events do the standard's members mean what the standard says.
    if standard {
        let knows = |name: &&str| event_rules::knows(Some(text("type")), name);
        clear.action = Some("action").filter(knows).and_then(|name| event.string(name)).map(str::to_owned);
        clear.biz_step = event.string("bizStep").map(|step| bare(step, "BizStep-", words::BIZ_STEP));
        clear.disposition = event.string("disposition").map(|word| bare(word, "Disp-", words::DISPOSITION));
        clear.read_point = scope.place(event, at, "readPoint");
        clear.biz_location = scope.place(event, at, "bizLocation");
        for (role, name) in roles(&mut clear).into_iter().filter(|(_, name)| knows(name)) {
            *role = scope.codes(event, at, name, "epcClass");
        }
        if clear.parents.iter().any(|parent| clear.children.contains(parent)) {
            scope.warn(format!("{at}/parentID"), Anomaly::ParentAmongChildren);
        }
    }
    let objects = objects(scope, &mut clear, at);
    let body = match serde_json::to_value(&clear) {
        Ok(serde_json::Value::Object(body)) => body,
        _ => return Err(fail(Problem::NotWritable, "")),
    };
    Ok(EpcisEvent { clear, body, objects, text: event.text.to_owned() })
}

/// The roles in which an event names objects, and the members that name them.
fn roles(clear: &mut TraceEventClear) -> [(&mut Vec<String>, &'static str); 9] {
    [
        (&mut clear.parents, "parentID"),
        (&mut clear.epcs, "epcList"),
        (&mut clear.classes, "quantityList"),
        (&mut clear.children, "childEPCs"),
        (&mut clear.child_classes, "childQuantityList"),
        (&mut clear.inputs, "inputEPCList"),
        (&mut clear.input_classes, "inputQuantityList"),
        (&mut clear.outputs, "outputEPCList"),
        (&mut clear.output_classes, "outputQuantityList"),
    ]
}

/// All codes of all roles, sorted. Beyond the limit the parent and then the first of the others
/// stay, in the roles as well, and `objectsTotal` says how many there were.
fn objects(scope: &mut Scope<'_>, clear: &mut TraceEventClear, at: &str) -> Vec<String> {
    let mut all: BTreeSet<String> = roles(clear).iter().flat_map(|(role, _)| role.iter().cloned()).collect();
    let total = all.len();
    if total > limits::OBJECTS {
        scope.warn(at.to_owned(), Anomaly::ManyObjects { total });
        let parents: BTreeSet<String> = clear.parents.iter().cloned().collect();
        let others = all.difference(&parents).take(limits::OBJECTS - parents.len()).cloned();
        all = parents.iter().cloned().chain(others).collect();
        clear.objects_total = Some(total as u64);
        for (role, _) in roles(clear) {
            role.retain(|code| all.contains(code));
        }
    }
    all.into_iter().collect()
}

/// A word of the vocabulary without the Web URI or prefix it may be written with; any other
/// URI as ASCII.
fn bare(text: &str, class: &str, words: &[&str]) -> String {
    let word = ["https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/", "cbv:"]
        .iter()
        .find_map(|start| text.strip_prefix(start)?.strip_prefix(class))
        .unwrap_or(text);
    if words.contains(&word) { word.to_owned() } else { uri_code(text) }
}
