//! Text formats: URIs, times and the short codes of EPCIS.

/// Whether `text` is a URI with a scheme (RFC 3986, section 3).
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        || !letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        return false;
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    is_authority(authority)
        && consists_of(path, b":@/")
        && consists_of(query, b":@/?")
        && consists_of(fragment, b":@/?")
}

/// Whether `text` holds only unreserved characters, sub-delimiters, escapes and `more`.
fn consists_of(text: &str, more: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [a, b, tail @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => tail,
            (b, _) if b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(b) || more.contains(b) => tail,
            _ => return false,
        };
    }
    true
}

fn is_authority(text: &str) -> bool {
    let (user, place) = text.split_once('@').unwrap_or(("", text));
    let (host, port) = match place.strip_prefix('[') {
        Some(literal) => {
            let Some((address, port)) = literal.split_once(']') else {
                return false;
            };
            if !is_ip_literal(address) || !(port.is_empty() || port.starts_with(':')) {
                return false;
            }
            ("", port.trim_start_matches(':'))
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    consists_of(user, b":") && consists_of(host, b"") && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_ip_literal(text: &str) -> bool {
    let future = |rest: &str| {
        rest.split_once('.').is_some_and(|(version, address)| {
            !version.is_empty()
                && version.bytes().all(|b| b.is_ascii_hexdigit())
                && !address.is_empty()
                && !address.contains('%')
                && consists_of(address, b":")
        })
    };
    match text.strip_prefix(['v', 'V']) {
        Some(rest) => future(rest),
        None => text.parse::<std::net::Ipv6Addr>().is_ok(),
    }
}

/// A point in time with the offset it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time<'a> {
    /// Seconds since 1970-01-01T00:00:00Z. A leap second counts as the second after it.
    pub seconds: i64,
    /// Digits after the decimal point, as written.
    pub fraction: &'a str,
    /// Offset from UTC in minutes; `None` when written as `Z`.
    pub offset: Option<i64>,
}

impl<'a> Time<'a> {
    /// Reads an RFC 3339 date and time.
    pub fn parse(text: &'a str) -> Option<Self> {
        let fixed = text.as_bytes().get(..19)?;
        let shape = fixed.iter().zip(b"0000-00-00T00:00:00").all(|(b, shape)| match shape {
            b'0' => b.is_ascii_digit(),
            other => b.eq_ignore_ascii_case(other),
        });
        if !shape {
            return None;
        }
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let rest = text.get(19..)?;
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
            None => ("", rest),
        };
        if fraction.is_empty() && rest.starts_with('.') {
            return None;
        }
        let offset = if zone.eq_ignore_ascii_case("z") { None } else { Some(offset(zone)?) };
        let minutes = days(year, month, day) * 1440 + hour * 60 + minute - offset.unwrap_or(0);
        if second == 60 && minutes.rem_euclid(1440) != 1439 {
            return None;
        }
        Some(Self { seconds: minutes * 60 + second, fraction, offset })
    }

    /// RFC 3339 in UTC, the fraction cut to nanoseconds and without trailing zeros. `None`
    /// outside the years 0000 to 9999.
    pub fn utc(&self) -> Option<String> {
        let (day, second) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400));
        let (year, month, day) = date(day);
        let fraction = self.fraction.get(..9).unwrap_or(self.fraction).trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        (0..=9999)
            .contains(&year)
            .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{fraction}Z"))
    }
}

/// Minutes of `+hh:mm` or `-hh:mm`.
pub(super) fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |t: &str, max: i64| {
        let sound = t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit());
        t.parse::<i64>().ok().filter(|n| sound && *n <= max)
    };
    Some(sign * (two(hours, 23)? * 60 + two(minutes, 59)?))
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, y) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + y * 365 + y / 4 - y / 100 + of_year - 719_468
}

/// The inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, d) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let y = (d - d / 1460 + d / 36_524 - d / 146_096) / 365;
    let of_year = d - (365 * y + y / 4 - y / 100);
    let m = (5 * of_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (era * 400 + y + i64::from(month <= 2), month, of_year - (153 * m + 2) / 5 + 1)
}

/// A version: digits, in groups parted by single dots.
pub(super) fn is_version(text: &str) -> bool {
    text.split('.').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()))
}

/// An event's offset: `-14:00` to `+14:00`.
pub(super) fn is_event_offset(text: &str) -> bool {
    offset(text).is_some_and(|minutes| minutes.abs() <= 14 * 60)
}

/// A unit of UNECE Recommendation 20: two or three capitals or digits.
pub(super) fn is_unit(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// One or more hexadecimal digits.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}
