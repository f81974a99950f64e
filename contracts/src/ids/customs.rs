//! Numbers given by Chinese customs.

use serde::{Deserialize, Serialize};

use super::{IdError, characters, digits, identifier, length, normal_upper, slice, year};

/// Customs registration code of an enterprise (海关注册编码): 10 characters, no check digit.
///
/// 4 digits region, 1 kind of economic zone, 1 kind of enterprise, 4 serial; letters occur from
/// the fifth character on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomsCode(String);

identifier!(CustomsCode);

impl CustomsCode {
    /// Reads a code; lower case is accepted.
    ///
    /// # Errors
    /// [`IdError::Length`] or [`IdError::Character`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "customs registration code";
        let text = normal_upper(text);
        length(WHAT, &text, &[10], "10")?;
        digits(WHAT, &text, 0, 4)?;
        characters(WHAT, &text, (4, 6), "a digit or a letter", |c| c.is_ascii_digit() || c.is_ascii_uppercase())?;
        Ok(CustomsCode(text))
    }

    /// Region of registration, four digits.
    pub fn region(&self) -> &str {
        slice(&self.0, 0, 4)
    }
}

/// Whether goods enter or leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Into the country.
    Import,
    /// Out of the country.
    Export,
}

/// Customs declaration number (报关单号): 18 digits.
///
/// 4 customs district, 4 year, 1 flow (1 import, 0 export), 9 serial.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeclarationNo(String);

identifier!(DeclarationNo);

impl DeclarationNo {
    /// Reads a number.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], or [`IdError::Part`] for year and flow.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "customs declaration number";
        let text = super::normal(text);
        length(WHAT, &text, &[18], "18")?;
        digits(WHAT, &text, 0, 18)?;
        year(WHAT, slice(&text, 4, 8))?;
        if !matches!(slice(&text, 8, 9), "0" | "1") {
            return Err(IdError::Part { what: WHAT, part: "the ninth digit", needed: "1 for import or 0 for export" });
        }
        Ok(DeclarationNo(text))
    }

    /// Customs district, four digits.
    pub fn district(&self) -> &str {
        slice(&self.0, 0, 4)
    }

    /// Year, four digits.
    pub fn year(&self) -> &str {
        slice(&self.0, 4, 8)
    }

    /// Import or export.
    pub fn flow(&self) -> Flow {
        if slice(&self.0, 8, 9) == "1" { Flow::Import } else { Flow::Export }
    }

    /// Serial, nine digits.
    pub fn serial(&self) -> &str {
        slice(&self.0, 9, 18)
    }
}

/// List number (清单编号, `invtNo`): 18 characters, up to 20 in the 2022-05 edition.
///
/// 4 customs district, 4 year, 1 flow (I or E), 9 to 11 digits serial.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListNo(String);

identifier!(ListNo);

impl ListNo {
    /// Reads a number; lower case is accepted.
    ///
    /// # Errors
    /// [`IdError::Length`], [`IdError::Character`], or [`IdError::Part`] for the year.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        const WHAT: &str = "list number";
        let text = normal_upper(text);
        length(WHAT, &text, &[18, 19, 20], "18 to 20")?;
        digits(WHAT, &text, 0, 8)?;
        characters(WHAT, &text, (8, 1), "I for import or E for export", |c| matches!(c, 'I' | 'E'))?;
        digits(WHAT, &text, 9, 11)?;
        year(WHAT, slice(&text, 4, 8))?;
        Ok(ListNo(text))
    }

    /// Customs district, four digits.
    pub fn district(&self) -> &str {
        slice(&self.0, 0, 4)
    }

    /// Year, four digits.
    pub fn year(&self) -> &str {
        slice(&self.0, 4, 8)
    }

    /// Import or export.
    pub fn flow(&self) -> Flow {
        if slice(&self.0, 8, 9) == "I" { Flow::Import } else { Flow::Export }
    }

    /// Serial, 9 to 11 digits.
    pub fn serial(&self) -> &str {
        slice(&self.0, 9, self.0.len())
    }
}
