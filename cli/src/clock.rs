//! The computer's clock: the client may read it, the ledger's rules may not.

use jiff::{Timestamp, Unit};

/// Unix seconds.
pub fn seconds() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}

/// RFC 3339 in UTC, to the second: the event time of a record made now.
pub fn rfc3339() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

/// Milliseconds since the Unix epoch as RFC 3339 in UTC; the number itself where it is no date.
pub fn of_millis(millis: u64) -> String {
    i64::try_from(millis)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| millis.to_string(), |time| time.to_string())
}

/// Unix seconds of an HTTP `Date` (RFC 9110, section 5.6.7).
pub fn of_http_date(text: &str) -> Option<u64> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    u64::try_from(zoned.as_second()).ok()
}
