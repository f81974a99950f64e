//! `Dec5`: the decimal(19,5) of customs messages, exact and without floating point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Digits after the point.
pub const PLACES: u32 = 5;
/// Significant digits a parsed number may have, before and after the point together.
pub const DIGITS: usize = 19;
const SCALE: i128 = 100_000;

/// A decimal number with five places, held as a count of 0.00001.
///
/// Source: CEB message specification 2018-113, format N19,5. Parsing enforces 19 digits; the
/// checked operations only fail when the 128-bit count overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dec5(i128);

/// Why a text is not a decimal(19,5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dec5Error {
    /// The text is not of the form `-12.34`.
    #[error("not a decimal number: write digits with at most one point")]
    Syntax,
    /// More than 19 significant digits.
    #[error("too many digits: at most 19 are allowed")]
    Digits,
    /// More than five digits after the point.
    #[error("too many digits after the point: at most 5 are allowed")]
    Places,
}

impl Dec5 {
    /// Zero.
    pub const ZERO: Dec5 = Dec5(0);

    /// The number `units` × 0.00001.
    pub const fn from_units(units: i128) -> Self {
        Dec5(units)
    }

    /// The whole number `n`.
    pub const fn from_int(n: i64) -> Self {
        Dec5(n as i128 * SCALE)
    }

    /// The count of 0.00001.
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Reads `[+-]digits[.digits]`, with white space around it as XML Schema decimals allow.
    ///
    /// # Errors
    /// [`Dec5Error`] when the text is no decimal or has more than 19 digits or 5 places;
    /// zeros that do not change the value are not counted.
    pub fn parse(text: &str) -> Result<Self, Dec5Error> {
        let digits = Digits::of(text).ok_or(Dec5Error::Syntax)?;
        if digits.places.len() > PLACES as usize {
            return Err(Dec5Error::Places);
        }
        if digits.total() > DIGITS {
            return Err(Dec5Error::Digits);
        }
        let mut units: i128 = 0;
        let padding = std::iter::repeat_n(b'0', PLACES as usize - digits.places.len());
        for digit in digits.whole.bytes().chain(digits.places.bytes()).chain(padding) {
            units = units * 10 + i128::from(digit - b'0');
        }
        Ok(Dec5(if digits.negative { -units } else { units }))
    }

    /// Sum; `None` on overflow.
    pub fn checked_add(self, other: Dec5) -> Option<Dec5> {
        self.0.checked_add(other.0).map(Dec5)
    }

    /// Difference; `None` on overflow.
    pub fn checked_sub(self, other: Dec5) -> Option<Dec5> {
        self.0.checked_sub(other.0).map(Dec5)
    }

    /// Product, rounded half away from zero to five places; `None` on overflow.
    pub fn checked_mul(self, other: Dec5) -> Option<Dec5> {
        let wide = self.0.checked_mul(other.0)?;
        let half = if wide < 0 { -SCALE / 2 } else { SCALE / 2 };
        Some(Dec5(wide.checked_add(half)? / SCALE))
    }

    /// Sum of all; `None` on overflow.
    pub fn checked_sum(numbers: impl IntoIterator<Item = Dec5>) -> Option<Dec5> {
        numbers.into_iter().try_fold(Dec5::ZERO, Dec5::checked_add)
    }

    /// Absolute value; `None` on overflow.
    pub fn checked_abs(self) -> Option<Dec5> {
        self.0.checked_abs().map(Dec5)
    }
}

impl fmt::Display for Dec5 {
    /// Shortest form: no plus sign, no zeros that do not change the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / SCALE.unsigned_abs(), self.0.unsigned_abs() % SCALE.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if rest == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let places = format!("{rest:05}");
            write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
        }
    }
}

impl FromStr for Dec5 {
    type Err = Dec5Error;

    fn from_str(text: &str) -> Result<Self, Dec5Error> {
        Dec5::parse(text)
    }
}

impl TryFrom<String> for Dec5 {
    type Error = Dec5Error;

    fn try_from(text: String) -> Result<Self, Dec5Error> {
        Dec5::parse(&text)
    }
}

impl From<Dec5> for String {
    fn from(number: Dec5) -> String {
        number.to_string()
    }
}

/// The digits of an XML Schema decimal, without the zeros that do not change its value.
pub(super) struct Digits<'a> {
    pub(super) negative: bool,
    pub(super) whole: &'a str,
    pub(super) places: &'a str,
}

impl<'a> Digits<'a> {
    /// `None` when the text is not an XML Schema decimal.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && places.is_empty()) || !digits(whole) || !digits(places) {
            return None;
        }
        Some(Digits { negative, whole: whole.trim_start_matches('0'), places: places.trim_end_matches('0') })
    }

    /// Number of digits that count for a limit on digits.
    pub(super) fn total(&self) -> usize {
        self.whole.len() + self.places.len()
    }
}

#[cfg(test)]
mod tests;
