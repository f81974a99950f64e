//! Where the values of a JSON text stand. The text is known to be good.

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Span {
    /// First byte and the byte after the last.
    pub start: usize,
    pub end: usize,
    /// Names of the fields that lead to it, joined by dots; items of arrays bear their array's name.
    pub path: String,
    /// Number of the array that it is an item of.
    pub list: Option<usize>,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    lists: usize,
    found: Vec<Span>,
}

/// Every value in the text, outer ones after the inner ones.
pub fn spans(text: &[u8]) -> Vec<Span> {
    let mut scanner = Scanner { text, at: 0, lists: 0, found: Vec::new() };
    scanner.value("", None);
    assert_eq!(scanner.at, text.len());
    scanner.found
}

impl Scanner<'_> {
    fn value(&mut self, path: &str, list: Option<usize>) {
        let start = self.at;
        match self.text[self.at] {
            b'{' => self.items(b'}', |scanner| {
                let key = scanner.string();
                assert_eq!(scanner.text[scanner.at], b':');
                scanner.at += 1;
                let inner = if path.is_empty() { key } else { format!("{path}.{key}") };
                scanner.value(&inner, None);
            }),
            b'[' => {
                self.lists += 1;
                let number = self.lists;
                self.items(b']', |scanner| scanner.value(path, Some(number)));
            }
            b'"' => drop(self.string()),
            _ => {
                while !b",]}".contains(&self.text[self.at]) {
                    self.at += 1;
                }
            }
        }
        self.found.push(Span { start, end: self.at, path: path.to_owned(), list });
    }

    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self)) {
        self.at += 1;
        while self.text[self.at] != close {
            if self.text[self.at] == b',' {
                self.at += 1;
            }
            item(self);
        }
        self.at += 1;
    }

    fn string(&mut self) -> String {
        let start = self.at + 1;
        self.at = start;
        while self.text[self.at] != b'"' {
            self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        String::from_utf8_lossy(&self.text[start..self.at - 1]).into_owned()
    }
}
