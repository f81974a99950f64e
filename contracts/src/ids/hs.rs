//! Commodity codes of the Harmonized System and the Chinese tariff. The form only: whether a
//! code exists in a given year is a matter for a code table.

use serde::{Deserialize, Serialize};

use super::{IdError, digits, identifier, length, normal, slice};

/// A commodity code of 4 (heading), 6 (subheading), 8 (tariff line) or 10 digits (China).
///
/// Points between the digits, as in `8541.40`, are accepted and removed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HsCode(String);

identifier!(HsCode);

impl HsCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], or [`IdError::Part`] for chapter 00, the
    /// chapter 77 that the Harmonized System keeps empty, and heading 00.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "commodity code";
        let text: String = normal(text).chars().filter(|c| *c != '.').collect();
        length(WHAT, &text, &[4, 6, 8, 10], "4, 6, 8 or 10")?;
        digits(WHAT, &text, 0, 10)?;
        if matches!(slice(&text, 0, 2), "00" | "77") {
            return Err(IdError::Part { what: WHAT, part: "the chapter (digits 1 and 2)", needed: "01 to 99, not 77" });
        }
        if slice(&text, 2, 4) == "00" {
            return Err(IdError::Part { what: WHAT, part: "the heading (digits 3 and 4)", needed: "01 to 99" });
        }
        Ok(HsCode(text))
    }

    /// Chapter, two digits.
    pub fn chapter(&self) -> &str {
        slice(&self.0, 0, 2)
    }

    /// Heading, four digits.
    pub fn heading(&self) -> &str {
        slice(&self.0, 0, 4)
    }

    /// Subheading, six digits; `None` for a bare heading.
    pub fn subheading(&self) -> Option<&str> {
        self.0.get(..6)
    }

    /// Whether `other` is this code or lies below it.
    pub fn contains(&self, other: &HsCode) -> bool {
        other.0.starts_with(&self.0)
    }
}
