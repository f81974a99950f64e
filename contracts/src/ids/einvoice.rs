//! Number of a fully digital electronic invoice (数电票).

use serde::{Deserialize, Serialize};

use super::{IdError, digits, identifier, length, normal, slice};

/// Number of a fully digital electronic invoice: 20 digits.
///
/// 2 year, 2 province, 1 channel, 15 serial. It has no check digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EInvoiceNo(String);

identifier!(EInvoiceNo);

impl EInvoiceNo {
    /// Reads a number.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], or [`IdError::Part`] when the province is
    /// outside 11 to 65 (GB/T 2260).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "electronic invoice number";
        let text = normal(text);
        length(WHAT, &text, &[20], "20")?;
        digits(WHAT, &text, 0, 20)?;
        match slice(&text, 2, 4).parse::<u8>() {
            Ok(11..=65) => Ok(EInvoiceNo(text)),
            _ => Err(IdError::Part { what: WHAT, part: "the province (digits 3 and 4)", needed: "between 11 and 65" }),
        }
    }

    /// Year, last two digits.
    pub fn year(&self) -> &str {
        slice(&self.0, 0, 2)
    }

    /// Province by the first two digits of GB/T 2260.
    pub fn province(&self) -> &str {
        slice(&self.0, 2, 4)
    }

    /// Channel of issue, one digit.
    pub fn channel(&self) -> &str {
        slice(&self.0, 4, 5)
    }

    /// Serial, fifteen digits.
    pub fn serial(&self) -> &str {
        slice(&self.0, 5, 20)
    }
}
