//! JSON values as they were read, each with its original text.

/// A value and the exact text it was read from.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub text: &'a str,
    pub value: Value<'a>,
}

#[derive(Debug)]
pub(super) enum Value<'a> {
    Null,
    Boolean,
    Number,
    String(String),
    Array(Vec<Node<'a>>),
    Object(Vec<(String, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// The member `name`, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members().iter().find(|(n, _)| n == name).map(|(_, node)| node)
    }

    /// The text of member `name`, if it is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::as_string)
    }

    pub fn as_string(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    pub fn members(&self) -> &[(String, Node<'a>)] {
        if let Value::Object(members) = &self.value { members } else { &[] }
    }

    pub fn items(&self) -> &[Node<'a>] {
        if let Value::Array(items) = &self.value { items } else { &[] }
    }

    /// A text that is equal exactly for equal JSON values: members sorted, numbers reduced.
    pub fn canonical(&self) -> String {
        match &self.value {
            Value::Null | Value::Boolean => self.text.to_owned(),
            Value::Number => reduced(self.text),
            Value::String(text) => format!("{text:?}"),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(Node::canonical).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(members) => {
                let mut members: Vec<String> =
                    members.iter().map(|(name, node)| format!("{name:?}:{}", node.canonical())).collect();
                members.sort();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}

/// A number's value as digits without outer zeros and a power of ten: `1.50` is `15e-1`.
fn reduced(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let dropped = digits.len() - kept.len();
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return "0".to_owned();
    }
    match exponent.parse::<i64>() {
        Ok(e) => format!("{sign}{kept}e{}", e.saturating_add(dropped as i64).saturating_sub(fraction.len() as i64)),
        Err(_) => format!("{sign}{kept}e{exponent}"),
    }
}
