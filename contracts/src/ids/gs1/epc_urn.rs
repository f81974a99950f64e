//! EPC URNs (EPC Tag Data Standard 1.13, sections 6 to 8) as object codes.

use super::{Gs1Error, check_digit, compose, decode, is_digits};

/// The object code of an EPC URN; `None` when `uri` is no EPC URN of a GS1 key.
pub(super) fn read(uri: &str) -> Option<Result<String, Gs1Error>> {
    let (prefix, rest) = uri.split_at_checked(8)?;
    if !prefix.eq_ignore_ascii_case("urn:epc:") {
        return None;
    }
    let (family, rest) = rest.split_once(':')?;
    let (scheme, body) = rest.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let mut parts: Vec<&str> = body.split('.').collect();
    match family.to_ascii_lowercase().as_str() {
        "id" => {}
        "class" if scheme == "lgtin" => {}
        // A pattern names a class when exactly its serial number is open.
        "idpat" if parts.pop() == Some("*") && !parts.contains(&"*") => {}
        _ => return None,
    }
    let pattern = family.eq_ignore_ascii_case("idpat");
    convert(&scheme, &parts, body, pattern)
}

fn convert(scheme: &str, parts: &[&str], body: &str, pattern: bool) -> Option<Result<String, Gs1Error>> {
    // Serial numbers may hold dots, so they are cut off the body, not taken from the parts.
    let tail = |fields: usize| {
        let open = if pattern { None } else { body.splitn(fields + 1, '.').nth(fields) };
        open.map(|text| decode(text).unwrap_or_default())
    };
    let (name, fields, serial) = match scheme {
        "sgtin" | "lgtin" => ("GTIN", 2, tail(2)),
        "upui" => ("GTIN", 2, tail(2)),
        "sgln" => ("GLN", 2, tail(2)),
        "itip" => ("ITIP", 4, tail(4)),
        "grai" => ("GRAI", 2, tail(2)),
        "gdti" => ("GDTI", 2, tail(2)),
        "sgcn" => ("GCN", 2, tail(2)),
        "cpi" => ("CPID", 2, tail(2)),
        "sscc" | "pgln" | "gsrn" | "gsrnp" | "gsin" => ("GS1 key", 2, None),
        "giai" => ("GIAI", 1, tail(1)),
        "ginc" => ("GINC", 1, tail(1)),
        _ => return None,
    };
    let closed = matches!(scheme, "sscc" | "pgln" | "gsrn" | "gsrnp" | "gsin");
    let enough = if pattern || closed { parts.len() == fields } else { parts.len() > fields };
    let company = parts.first().copied().unwrap_or_default();
    let reference = parts.get(1).copied().unwrap_or_default();
    if !enough || (pattern && (closed || matches!(scheme, "giai" | "ginc" | "sgln" | "lgtin"))) {
        return Some(Err(Gs1Error::Structure(name)));
    }
    if !is_digits(company) || !(6..=12).contains(&company.len()) {
        return Some(Err(Gs1Error::Structure(name)));
    }
    let serial = serial.as_deref();
    let numeric = |width| fixed(company, reference, width, name);
    let code = match scheme {
        "sgtin" | "lgtin" | "upui" | "itip" => moved(company, reference, 13, name).and_then(|gtin| {
            let ai = match scheme {
                "lgtin" => "10",
                "upui" => "235",
                _ => "21",
            };
            let of = parts.get(2..4).filter(|_| scheme == "itip").map(|p| p.concat()).unwrap_or_default();
            let key = if scheme == "itip" { "8006" } else { "01" };
            let qualifiers: Vec<_> = serial.map(|s| (ai, s)).into_iter().collect();
            compose(key, &format!("{gtin}{of}"), &qualifiers)
        }),
        "sscc" => moved(company, reference, 17, "SSCC").and_then(|key| compose("00", &key, &[])),
        "sgln" => numeric(12).and_then(|key| {
            let qualifiers: Vec<_> = serial.map(|s| ("254", s)).into_iter().collect();
            compose("414", &key, &qualifiers)
        }),
        "pgln" => numeric(12).and_then(|key| compose("417", &key, &[])),
        "gsrn" => numeric(17).and_then(|key| compose("8018", &key, &[])),
        "gsrnp" => numeric(17).and_then(|key| compose("8017", &key, &[])),
        "gsin" => numeric(16).and_then(|key| compose("402", &key, &[])),
        "grai" => numeric(12).and_then(|key| compose("8003", &with("0", &key, serial), &[])),
        "gdti" => numeric(12).and_then(|key| compose("253", &with("", &key, serial), &[])),
        "sgcn" => numeric(12).and_then(|key| compose("255", &with("", &key, serial), &[])),
        "cpi" => {
            let part = decode(reference).unwrap_or_default();
            let qualifiers: Vec<_> = serial.map(|s| ("8011", s)).into_iter().collect();
            compose("8010", &format!("{company}{part}"), &qualifiers)
        }
        "giai" => compose("8004", &with("", company, serial), &[]),
        _ => compose("401", &with("", company, serial), &[]),
    };
    // An empty or broken serial number would silently name the class instead.
    let code = if serial == Some("") { Err(Gs1Error::Structure(name)) } else { code };
    Some(code)
}

fn with(front: &str, key: &str, serial: Option<&str>) -> String {
    format!("{front}{key}{}", serial.unwrap_or_default())
}

/// Company prefix and reference, `width` digits together, and the check digit.
fn fixed(company: &str, reference: &str, width: usize, name: &'static str) -> Result<String, Gs1Error> {
    let digits = format!("{company}{reference}");
    match check_digit(&digits) {
        Some(check) if digits.len() == width => Ok(format!("{digits}{check}")),
        _ => Err(Gs1Error::Structure(name)),
    }
}

/// The same with the first digit of the reference moved to the front (indicator, extension).
fn moved(company: &str, reference: &str, width: usize, name: &'static str) -> Result<String, Gs1Error> {
    let (first, rest) = reference.split_at_checked(1).ok_or(Gs1Error::Structure(name))?;
    fixed(&format!("{first}{company}"), rest, width, name)
}
