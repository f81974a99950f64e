//! A strict JSON reader (RFC 8259) that keeps the original text of every value.
//!
//! Numbers stay text, so no float is ever read. Of a member name given several times in one
//! object the last counts, as for ordinary JSON readers, and a warning tells where.

use super::node::{Node, Value};
use super::{Anomaly, EpcisError, EpcisWarning, Problem, limits};
use std::collections::{BTreeMap, BTreeSet};

/// Escapes a member name for a JSON Pointer (RFC 6901).
pub(super) fn segment(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Reads exactly one JSON value, with warnings of its repeated member names, at most
/// [`limits::ERRORS`].
///
/// # Errors
/// The first fault: size, UTF-8, syntax, depth or number of values.
pub(super) fn parse(bytes: &[u8]) -> Result<(Node<'_>, Vec<EpcisWarning>), EpcisError> {
    let at_root = |problem| EpcisError { pointer: String::new(), problem };
    if bytes.len() > limits::BYTES {
        return Err(at_root(Problem::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| at_root(Problem::NotUtf8 { offset: e.valid_up_to() }))?;
    let mut reader = Reader { text, at: 0, values: 0, pointer: String::new(), warnings: Vec::new() };
    let node = reader.value(1)?;
    reader.space();
    if reader.at < text.len() { Err(reader.fault("nothing more")) } else { Ok((node, reader.warnings)) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    pointer: String,
    warnings: Vec<EpcisWarning>,
}

impl<'a> Reader<'a> {
    fn error(&self, problem: Problem) -> EpcisError {
        EpcisError { pointer: self.pointer.clone(), problem }
    }

    fn fault(&self, expected: &'static str) -> EpcisError {
        let before = &self.text.as_bytes()[..self.at.min(self.text.len())];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|b| **b != b'\n').count();
        self.error(Problem::Syntax { line, column, expected })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, EpcisError> {
        self.space();
        self.values += 1;
        if self.values > limits::VALUES {
            return Err(self.error(Problem::TooManyValues));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{' | b'[') if depth > limits::DEPTH => return Err(self.error(Problem::TooDeep)),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { text: &self.text[start..self.at], value })
    }

    fn word(&mut self) -> Result<Value<'a>, EpcisError> {
        for (word, value) in [("null", Value::Null), ("true", Value::Boolean), ("false", Value::Boolean)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.fault("a value"))
    }

    fn digits(&mut self) -> Result<(), EpcisError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault("a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value<'a>, EpcisError> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(Value::Number)
    }

    fn string(&mut self) -> Result<String, EpcisError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\') {
                self.at += 1;
            }
            out.push_str(&self.text[start..self.at]);
            if self.take(b'"') {
                return Ok(out);
            }
            if !self.take(b'\\') {
                return Err(self.fault("the closing quotation mark, or an escape for a control character"));
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, EpcisError> {
        let escape = self.peek();
        self.at += 1;
        Ok(match escape {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex()?;
                let code = if (0xD800..0xDC00).contains(&first) && self.take(b'\\') && self.take(b'u') {
                    let second = self.hex()?;
                    if !(0xDC00..0xE000).contains(&second) {
                        return Err(self.fault("the second half of a surrogate pair"));
                    }
                    0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.fault("a whole surrogate pair"))?
            }
            _ => {
                self.at -= 1;
                return Err(self.fault("an escape of JSON"));
            }
        })
    }

    fn hex(&mut self) -> Result<u32, EpcisError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or_default();
        let mut code = 0;
        for digit in digits {
            code = code * 16 + char::from(*digit).to_digit(16).ok_or_else(|| self.fault("four hexadecimal digits"))?;
        }
        if digits.is_empty() {
            return Err(self.fault("four hexadecimal digits"));
        }
        self.at += 4;
        Ok(code)
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, EpcisError> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            let outer = self.pointer.len();
            self.pointer.push_str(&format!("/{}", items.len()));
            items.push(self.value(depth + 1)?);
            self.pointer.truncate(outer);
            self.space();
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.fault("a comma or a closing bracket"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, EpcisError> {
        self.at += 1;
        let mut members: Vec<(String, Node<'a>)> = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("a member name in quotation marks"));
            }
            let name = self.string()?;
            self.space();
            if !self.take(b':') {
                return Err(self.fault("a colon"));
            }
            let outer = self.pointer.len();
            self.pointer.push_str(&segment(&name));
            let node = self.value(depth + 1)?;
            self.pointer.truncate(outer);
            members.push((name, node));
            self.space();
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return Err(self.fault("a comma or a closing brace"));
            }
        }
        Ok(Value::Object(self.last_of_each(members)))
    }

    /// Keeps the last member of each name, and warns once of each name that was repeated.
    fn last_of_each(&mut self, members: Vec<(String, Node<'a>)>) -> Vec<(String, Node<'a>)> {
        let mut last = BTreeMap::new();
        let mut repeated = BTreeSet::new();
        for (place, (name, _)) in members.iter().enumerate() {
            if last.insert(name.as_str(), place).is_some() {
                repeated.insert(name.as_str());
            }
        }
        if repeated.is_empty() {
            return members;
        }
        for name in repeated {
            if self.warnings.len() < limits::ERRORS {
                let pointer = format!("{}{}", self.pointer, segment(name));
                self.warnings.push(EpcisWarning { pointer, anomaly: Anomaly::Repeated });
            }
        }
        let kept: BTreeSet<usize> = last.into_values().collect();
        let members = members.into_iter().enumerate();
        members.filter(|(place, _)| kept.contains(place)).map(|(_, member)| member).collect()
    }
}
