//! Checks a JSON value against the rules of [`super::rules`] and [`super::event_rules`],
//! collecting every fault.
//!
//! The verdict is that of a validator of JSON Schema draft 7 that takes `format` for an
//! annotation, as draft 7 (section 7.2) lets it: what fails by its format alone is warned of.

use super::json::segment;
use super::node::{Node, Value};
use super::{Anomaly, EpcisError, EpcisWarning, Problem, format, limits};
use std::collections::BTreeSet;

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Any string.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A string that the function accepts; the words say what it should have been.
    Pattern(fn(&str) -> bool, &'static str),
    /// A string that the function should accept.
    Format(fn(&str) -> bool, &'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words of a vocabulary, or a text that does not start like the vocabulary's
    /// own URIs; that text should be a URI.
    Term { words: &'static [&'static str], reserved: &'static [&'static str] },
    /// An array.
    List { of: &'static Rule, at_least: usize, distinct: bool },
    /// An object.
    Object(Shape),
    /// The first of these that takes a value of this JSON type.
    Either(&'static [Rule]),
    /// An event, by its `type`.
    Event,
}

/// Members of an object.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Known members, in groups.
    pub members: &'static [&'static [(&'static str, Rule)]],
    pub required: &'static [&'static str],
    pub others: Others,
}

/// Members an object may have beside the known ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    Any,
    /// Any, whose name should be a URI, such as a prefixed extension `example:colour`.
    Uris,
    None,
}

impl Shape {
    pub fn rule(&self, name: &str) -> Option<&'static Rule> {
        self.members.iter().flat_map(|group| group.iter()).find(|(n, _)| *n == name).map(|(_, rule)| rule)
    }
}

/// Collects faults and oddities, each up to [`limits::ERRORS`].
pub(super) struct Checker {
    pointer: String,
    pub errors: Vec<EpcisError>,
    pub warnings: Vec<EpcisWarning>,
}

impl Checker {
    /// Begins with the `warnings` of the reader.
    pub fn new(warnings: Vec<EpcisWarning>) -> Self {
        Self { pointer: String::new(), errors: Vec::new(), warnings }
    }

    pub fn refuse(&mut self, problem: Problem) {
        if self.errors.len() < limits::ERRORS {
            self.errors.push(EpcisError { pointer: self.pointer.clone(), problem });
        }
    }

    fn warn(&mut self, anomaly: Anomaly) {
        if self.warnings.len() < limits::ERRORS {
            self.warnings.push(EpcisWarning { pointer: self.pointer.clone(), anomaly });
        }
    }

    fn within(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        let outer = self.pointer.len();
        self.pointer.push_str(step);
        check(self);
        self.pointer.truncate(outer);
    }

    /// Checks `node` against `rule`.
    pub fn check(&mut self, node: &Node<'_>, rule: &Rule) {
        if !rule.takes(&node.value) {
            return self.refuse(Problem::WrongType { expected: rule.expected() });
        }
        match (rule, &node.value) {
            (Rule::Pattern(accepts, expected), Value::String(text)) if !accepts(text) => {
                self.refuse(Problem::Format { value: shown(text), expected });
            }
            (Rule::Format(accepts, expected), Value::String(text)) if !accepts(text) => {
                self.warn(Anomaly::Format { value: shown(text), expected });
            }
            (Rule::Word(words), Value::String(text)) if !words.contains(&text.as_str()) => {
                self.refuse(Problem::NotInVocabulary { value: shown(text), nearest: nearest(text, words) });
            }
            (Rule::Term { words, reserved }, Value::String(text)) if !words.contains(&text.as_str()) => {
                let (value, nearest) = (shown(text), nearest(text, words));
                if reserved.iter().any(|start| text.starts_with(start)) {
                    self.refuse(Problem::NotInVocabulary { value, nearest });
                } else if !format::is_uri(text) {
                    self.warn(Anomaly::NotInVocabulary { value, nearest });
                }
            }
            (Rule::List { of, at_least, distinct }, Value::Array(items)) => {
                if items.len() < *at_least {
                    self.refuse(Problem::Empty);
                }
                let mut seen = BTreeSet::new();
                for (place, item) in items.iter().enumerate() {
                    self.within(&format!("/{place}"), |checker| {
                        if *distinct && !seen.insert(item.canonical()) {
                            checker.refuse(Problem::NotDistinct);
                        }
                        checker.check(item, of);
                    });
                }
            }
            (Rule::Object(shape), Value::Object(_)) => self.object(node, shape),
            (Rule::Either(rules), value) => {
                if let Some(rule) = rules.iter().find(|rule| rule.takes(value)) {
                    self.check(node, rule);
                }
            }
            (Rule::Event, Value::Object(_)) => super::event_rules::event(self, node),
            _ => {}
        }
    }

    /// Checks the members of an object.
    pub fn object(&mut self, node: &Node<'_>, shape: &Shape) {
        for name in shape.required {
            if node.get(name).is_none() {
                self.refuse(Problem::Missing { name });
            }
        }
        for (name, member) in node.members() {
            self.within(&segment(name), |checker| match (shape.rule(name), shape.others) {
                (Some(rule), _) => checker.check(member, rule),
                (None, Others::Any) => {}
                (None, Others::Uris) if format::is_uri(name) => {}
                (None, Others::Uris) => checker.warn(Anomaly::UnknownMember { name: shown(name) }),
                (None, Others::None) => checker.refuse(Problem::UnknownMember { name: shown(name) }),
            });
        }
    }
}

impl Rule {
    fn takes(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Text | Self::Pattern(..) | Self::Format(..) | Self::Word(_) | Self::Term { .. } => {
                matches!(value, Value::String(_))
            }
            Self::Number => matches!(value, Value::Number),
            Self::Boolean => matches!(value, Value::Boolean),
            Self::List { .. } => matches!(value, Value::Array(_)),
            Self::Object(_) | Self::Event => matches!(value, Value::Object(_)),
            Self::Either(rules) => rules.iter().any(|rule| rule.takes(value)),
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            Self::Text | Self::Pattern(..) | Self::Format(..) | Self::Word(_) | Self::Term { .. } => "string",
            Self::Number => "number",
            Self::Boolean => "true or false",
            Self::List { .. } => "list",
            Self::Object(_) | Self::Event => "object",
            Self::Either(_) => "value of another type",
        }
    }
}

/// The start of a value, for a message.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(60).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if start.len() < text.len() && text.chars().count() > 60 { format!("{start}…") } else { start }
}

/// The word that shares the longest start with `text`, as a hint.
fn nearest(text: &str, words: &'static [&'static str]) -> &'static str {
    let common = |word: &str| word.bytes().zip(text.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    words.iter().copied().max_by_key(|word| common(word)).unwrap_or_default()
}
