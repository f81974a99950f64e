//! Chinese identifiers of enterprises, documents and goods.
//!
//! Every identifier is a newtype with `parse`, which first applies NFKC (so that full-width forms
//! become ASCII), removes white space around the text and, where the standard has letters, turns
//! them to upper case. What is kept is the normalised text.

pub mod customs;
pub mod einvoice;
pub mod gs1;
pub mod hs;
pub mod uscc;

use unicode_normalization::UnicodeNormalization;

/// What is wrong with an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// ID-01: the number of characters.
    #[error("ID-01 {what} has {found} characters; it needs {needed}")]
    Length {
        /// Name of the identifier.
        what: &'static str,
        /// Characters found.
        found: usize,
        /// Lengths allowed, in words.
        needed: &'static str,
    },
    /// ID-02: a character that may not stand at its place.
    #[error("ID-02 {what}: character {position} must be {needed}")]
    Character {
        /// Name of the identifier.
        what: &'static str,
        /// Place, from 1.
        position: usize,
        /// Characters allowed there, in words.
        needed: &'static str,
    },
    /// ID-03: a check digit that does not fit the rest.
    #[error("ID-03 {what}: check digit of {standard} must be {needed}; correct the mistyped character")]
    CheckDigit {
        /// Name of the identifier.
        what: &'static str,
        /// Standard that defines the digit.
        standard: &'static str,
        /// Digit that would fit.
        needed: char,
    },
    /// ID-04: a part that has a value without meaning.
    #[error("ID-04 {what}: {part} must be {needed}")]
    Part {
        /// Name of the identifier.
        what: &'static str,
        /// The part.
        part: &'static str,
        /// Values allowed, in words.
        needed: &'static str,
    },
}

/// NFKC, without white space around it.
fn normal(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// As [`normal`], in upper case (ASCII letters only).
fn normal_upper(text: &str) -> String {
    normal(text).to_ascii_uppercase()
}

/// Checks that the characters from `from` (0-based) on, `count` of them, satisfy `fits`.
fn characters(what: &'static str, text: &str, (from, count): (usize, usize), needed: &'static str, fits: fn(char) -> bool) -> Result<(), IdError> {
    match text.chars().enumerate().skip(from).take(count).find(|(_, c)| !fits(*c)) {
        Some((at, _)) => Err(IdError::Character { what, position: at + 1, needed }),
        None => Ok(()),
    }
}

fn digits(what: &'static str, text: &str, from: usize, count: usize) -> Result<(), IdError> {
    characters(what, text, (from, count), "a digit", |c| c.is_ascii_digit())
}

fn length(what: &'static str, text: &str, allowed: &[usize], needed: &'static str) -> Result<(), IdError> {
    let found = text.chars().count();
    if allowed.contains(&found) { Ok(()) } else { Err(IdError::Length { what, found, needed }) }
}

/// A slice of an identifier already known to be ASCII and long enough.
fn slice(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or("")
}

/// Checks a four-digit year.
fn year(what: &'static str, text: &str) -> Result<(), IdError> {
    match text.parse::<u16>() {
        Ok(1980..=2099) => Ok(()),
        _ => Err(IdError::Part { what, part: "the year", needed: "between 1980 and 2099" }),
    }
}

/// Gives a newtype over a normalised string its common traits.
macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            /// The normalised text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $name::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::ids::IdError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}
use identifier;

#[cfg(test)]
mod tests;
