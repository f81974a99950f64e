//! Unified social credit code (统一社会信用代码), GB 32100-2015.

use serde::{Deserialize, Serialize};

use super::{IdError, characters, digits, identifier, length, normal_upper};

const WHAT: &str = "unified social credit code";
/// Values 0 to 30; I, O, S, V and Z are not used. GB 32100-2015, table 2.
const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31. GB 32100-2015, table 3.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714-1997, weights of the eight characters of an organisation code.
const ORG_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A unified social credit code: 18 characters, both check digits right.
///
/// 1 registering department, 1 kind of organisation, 6 administrative division, 9 organisation
/// code with its own check digit (GB 11714), 1 check digit (GB 32100).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uscc(String);

identifier!(Uscc);

impl Uscc {
    /// Reads a code; lower case is accepted.
    ///
    /// # Errors
    /// The first [`IdError`] of [`Uscc::problems`].
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let text = normal_upper(text);
        match problems(&text).into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(Uscc(text)),
        }
    }

    /// Everything wrong with a code; empty when it is right.
    ///
    /// Some codes given out before 2015 fail the GB 11714 digit only; a caller that must accept
    /// them can look whether that is the single problem.
    pub fn problems(text: &str) -> Vec<IdError> {
        problems(&normal_upper(text))
    }

    /// The administrative division, six digits.
    pub fn division(&self) -> &str {
        super::slice(&self.0, 2, 8)
    }

    /// The organisation code of GB 11714 with its check digit, nine characters.
    pub fn organisation(&self) -> &str {
        super::slice(&self.0, 8, 17)
    }
}

/// The GB 32100 check digit of 17 characters; `None` when one is outside the alphabet.
pub fn check_digit(first_17: &str) -> Option<char> {
    if first_17.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in first_17.bytes().zip(WEIGHTS) {
        let value = ALPHABET.iter().position(|b| *b == byte)?;
        sum += u32::try_from(value).ok()? * weight;
    }
    let value = usize::try_from((31 - sum % 31) % 31).ok()?;
    ALPHABET.get(value).copied().map(char::from)
}

/// The GB 11714 check digit of eight characters, where A is 10 and Z is 35; `None` for others.
pub fn organisation_check_digit(first_8: &str) -> Option<char> {
    if first_8.len() != ORG_WEIGHTS.len() || !first_8.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return None;
    }
    let values = first_8.chars().filter_map(|c| c.to_digit(36));
    let sum: u32 = values.zip(ORG_WEIGHTS).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

fn problems(text: &str) -> Vec<IdError> {
    let shape = length(WHAT, text, &[18], "18")
        .and_then(|()| {
            characters(WHAT, text, (0, 18), "a digit or a capital letter other than I, O, S, V, Z", |c| {
                u8::try_from(c).is_ok_and(|b| ALPHABET.contains(&b))
            })
        })
        .and_then(|()| digits(WHAT, text, 2, 6));
    if let Err(error) = shape {
        return vec![error];
    }
    let mut found = Vec::new();
    let mut compare = |standard, needed: Option<char>, at: usize| {
        if let Some(needed) = needed.filter(|digit| text.chars().nth(at) != Some(*digit)) {
            found.push(IdError::CheckDigit { what: WHAT, standard, needed });
        }
    };
    compare("GB 32100-2015", check_digit(super::slice(text, 0, 17)), 17);
    compare("GB 11714-1997", organisation_check_digit(super::slice(text, 8, 16)), 16);
    found
}
