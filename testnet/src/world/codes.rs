//! Derivation from the seed, and codes that nobody has been given.

use super::WorldError;
use chain_core::hash::Hash;
use chain_core::types::TimeMs;
use contracts::dates::Date;
use contracts::ids::gs1;
use contracts::ids::uscc::{Uscc, check_digit, organisation_check_digit};

const DAY_MS: u64 = 24 * 3600 * 1000;
const BEIJING_MS: u64 = 8 * 3600 * 1000;

/// SHA-256 of `"sealane/testnet/1\n" ‖ seed (8, big-endian) ‖ domain`.
pub(super) fn derive(seed: u64, domain: &str) -> Hash {
    Hash::of_parts(&[b"sealane/testnet/1\n", &seed.to_be_bytes(), domain.as_bytes()])
}

/// A number below `bound` from the seed.
pub(super) fn number(seed: u64, domain: &str, bound: u64) -> u64 {
    let bytes = derive(seed, domain).0;
    bytes.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte)) % bound.max(1)
}

/// A social credit code in division 999999, which GB/T 2260 does not have. `kind` is the registering
/// department and the kind of organisation, such as `91`; `serial` is below 1,000,000.
pub(super) fn uscc(kind: &str, serial: u64) -> Result<Uscc, WorldError> {
    let broken = || WorldError::Range("a social credit code");
    let organisation = format!("XX{serial:06}");
    let first_16 = format!("{kind}999999{organisation}");
    let first_17 = format!("{first_16}{}", organisation_check_digit(&organisation).ok_or_else(broken)?);
    let code = format!("{first_17}{}", check_digit(&first_17).ok_or_else(broken)?);
    Uscc::parse(&code).map_err(|_| broken())
}

/// A GS1 number with its check digit behind.
pub(super) fn checked(digits: &str) -> Result<String, WorldError> {
    let check = gs1::check_digit(digits).ok_or(WorldError::Range("a GS1 number"))?;
    Ok(format!("{digits}{check}"))
}

/// So many milliseconds later.
pub(super) fn later(time: TimeMs, ms: u64) -> Result<TimeMs, WorldError> {
    time.0.checked_add(ms).map(TimeMs).ok_or(WorldError::Time)
}

/// So many days earlier.
pub(super) fn days_before(time: TimeMs, days: u64) -> Result<TimeMs, WorldError> {
    time.0.checked_sub(days * DAY_MS).map(TimeMs).ok_or(WorldError::Time)
}

/// RFC 3339 in UTC, whole seconds.
pub(super) fn rfc3339(time: TimeMs) -> String {
    let (hour, minute, second) = clock(time);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", Date::utc(time))
}

/// `YYYYMMDDhhmmss`, Beijing time.
pub(super) fn digits(time: TimeMs) -> String {
    let (hour, minute, second) = clock(TimeMs(time.0.saturating_add(BEIJING_MS)));
    let (year, month, day) = Date::beijing(time).ymd();
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// Year in Beijing.
pub(super) fn year(time: TimeMs) -> i32 {
    Date::beijing(time).ymd().0
}

fn clock(time: TimeMs) -> (u64, u64, u64) {
    let seconds = time.seconds() % (24 * 3600);
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}
