//! Values against simple types.

use std::borrow::Cow;

use super::dec5::Digits;
use super::table::{Base, Simple};

/// A value that its simple type refuses: stable code and the rest of the sentence after the name.
pub(super) struct Misfit {
    pub(super) code: &'static str,
    pub(super) says: String,
}

/// Checks a value as it stands in the document. The value itself is never repeated in the
/// message, because it may identify a person.
pub(super) fn check(simple: &Simple, value: &str) -> Result<(), Misfit> {
    let value = effective(simple, value);
    check_base(simple.base, value)?;
    match simple.fixed {
        Some(fixed) if fixed != value => refuse("CEB-037", format!("must be {fixed}")),
        _ => Ok(()),
    }
}

/// The value an element stands for: an empty element takes its fixed or default value.
pub(super) fn effective<'a>(simple: &Simple, value: &'a str) -> &'a str {
    match simple.fixed.or(simple.default) {
        Some(other) if value.is_empty() => other,
        _ => value,
    }
}

fn check_base(base: Base, value: &str) -> Result<(), Misfit> {
    match base {
        Base::Text { min, max, collapse } => {
            let value = if collapse { collapsed(value) } else { Cow::Borrowed(value) };
            check_length(value.chars().count(), min, max)
        }
        Base::Decimal { digits, places } => {
            let Some(found) = Digits::of(value) else {
                return refuse("CEB-033", "is not a decimal number: write digits with at most one point".into());
            };
            check_digits(found.total(), digits)?;
            if found.places.len() > places {
                return refuse("CEB-035", format!("has {} digits after the point; at most {places} are allowed", found.places.len()));
            }
            Ok(())
        }
        Base::Int { digits } => {
            let found = whole(value).filter(|_| trimmed(value).parse::<i32>().is_ok());
            let Some(found) = found else {
                return refuse("CEB-036", "is not a whole number between -2147483648 and 2147483647".into());
            };
            digits.map_or(Ok(()), |most| check_digits(found.total(), most))
        }
        Base::Integer if whole(value).is_some() => Ok(()),
        Base::Integer => refuse("CEB-036", "is not a whole number".into()),
        Base::Base64 if is_base64(value) => Ok(()),
        Base::Base64 => refuse("CEB-038", "is not base64 text".into()),
        Base::Name if is_name(trimmed(value)) => Ok(()),
        Base::Name => refuse("CEB-039", "is not an XML name".into()),
    }
}

fn refuse(code: &'static str, says: String) -> Result<(), Misfit> {
    Err(Misfit { code, says })
}

fn check_length(length: usize, min: usize, max: Option<usize>) -> Result<(), Misfit> {
    match max {
        Some(max) if min == max && length != max => refuse("CEB-030", format!("has {length} characters; exactly {max} are required")),
        Some(max) if length > max => refuse("CEB-032", format!("has {length} characters; at most {max} are allowed")),
        _ if length < min => refuse("CEB-031", format!("has {length} characters; at least {min} are required")),
        _ => Ok(()),
    }
}

fn check_digits(found: usize, most: usize) -> Result<(), Misfit> {
    if found > most {
        return refuse("CEB-034", format!("has {found} digits; at most {most} are allowed"));
    }
    Ok(())
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn trimmed(value: &str) -> &str {
    value.trim_matches(is_space)
}

fn collapsed(value: &str) -> Cow<'_, str> {
    Cow::Owned(value.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

fn whole(value: &str) -> Option<Digits<'_>> {
    (!value.contains('.')).then(|| Digits::of(value)).flatten()
}

/// Base64 as XML Schema defines it: white space anywhere, whole groups of four, no stray bits.
fn is_base64(value: &str) -> bool {
    let text: Vec<u8> = value.bytes().filter(|b| !is_space(char::from(*b))).collect();
    let body: &[u8] = match text.as_slice() {
        [body @ .., last, b'=', b'='] if b"AQgw".contains(last) => body,
        [body @ .., last, b'='] if b"AEIMQUYcgkosw048".contains(last) => body,
        [.., b'='] => return false,
        body => body,
    };
    text.len().is_multiple_of(4) && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

fn is_name(value: &str) -> bool {
    let mut chars = value.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
