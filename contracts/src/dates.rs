//! Calendar dates of the law, computed with integers only.
//!
//! 1. A date in a record or a rule set is written `YYYY-MM-DD`, in the Gregorian calendar (ISO 8601).
//! 2. A legal date is a **Beijing date** (UTC+08:00, no daylight saving): what is valid until a date ends
//!    with that day's last millisecond in Beijing, which is 16:00 UTC. Rules ask [`Date::beijing`].
//! 3. [`Date::utc`] is for documents that say they count in UTC.

use chain_core::types::TimeMs;
use serde::{Deserialize, Serialize};
use std::fmt;

const DAY_MS: u64 = 24 * 3600 * 1000;
const BEIJING_MS: u64 = 8 * 3600 * 1000;
/// Days in 400 Gregorian years: the calendar repeats after them.
const ERA_DAYS: i32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i32 = 719_468;

/// A calendar date from 1900-01-01 to 9999-12-31. Earlier dates are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    days: i32,
}

/// Why a text is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not four digits, `-`, two digits, `-`, two digits.
    #[error("write a date as YYYY-MM-DD, such as 2026-04-01")]
    Form,
    /// The calendar has no such day, or the year is before 1900.
    #[error("there is no such day in the calendar from 1900-01-01 to 9999-12-31")]
    NoSuchDay,
}

fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// The first date: 1900-01-01.
    pub const MIN: Date = Date { days: -25_567 };
    /// The last date: 9999-12-31.
    pub const MAX: Date = Date { days: 2_932_896 };

    /// The date of a year, a month (1-12) and a day (1-31).
    ///
    /// # Errors
    /// [`DateError::NoSuchDay`].
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Result<Date, DateError> {
        let exists = (1900..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        if !exists {
            return Err(DateError::NoSuchDay);
        }
        // Years are counted from March, so that the leap day is the last day of its year.
        let (month, day) = (month as i32, day as i32);
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year / 400, year % 400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Ok(Date { days: era * ERA_DAYS + day_of_era - EPOCH_SHIFT })
    }

    /// Reads `YYYY-MM-DD`: exactly ten ASCII characters.
    ///
    /// # Errors
    /// See [`DateError`].
    pub fn parse(text: &str) -> Result<Date, DateError> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return Err(DateError::Form) };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0u32, |sum, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')).ok_or(DateError::Form)
            })
        };
        let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        Date::from_ymd(year as i32, month, day)
    }

    /// Year, month (1-12) and day (1-31).
    pub fn ymd(self) -> (i32, u32, u32) {
        let shifted = self.days + EPOCH_SHIFT;
        let (era, day_of_era) = (shifted / ERA_DAYS, shifted % ERA_DAYS);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i32::from(month <= 2);
        (year, month as u32, day as u32)
    }

    /// Days since 1970-01-01; negative before.
    pub fn days_since_epoch(self) -> i32 {
        self.days
    }

    /// The date so many days after 1970-01-01, or none outside 1900 to 9999.
    pub fn from_days(days: i32) -> Option<Date> {
        (Date::MIN.days..=Date::MAX.days).contains(&days).then_some(Date { days })
    }

    /// The date `days` later (earlier when negative), or none outside 1900 to 9999.
    pub fn plus_days(self, days: i32) -> Option<Date> {
        self.days.checked_add(days).and_then(Date::from_days)
    }

    /// The date in Beijing at a time: the date that the law means. Times after 9999 give the last date.
    pub fn beijing(time: TimeMs) -> Date {
        Date::at(time.0.saturating_add(BEIJING_MS))
    }

    /// The date in UTC at a time. Times after 9999 give the last date.
    pub fn utc(time: TimeMs) -> Date {
        Date::at(time.0)
    }

    fn at(ms: u64) -> Date {
        i32::try_from(ms / DAY_MS).ok().and_then(Date::from_days).unwrap_or(Date::MAX)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::str::FromStr for Date {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Date, DateError> {
        Date::parse(text)
    }
}

impl TryFrom<String> for Date {
    type Error = DateError;
    fn try_from(text: String) -> Result<Date, DateError> {
        Date::parse(&text)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

#[cfg(test)]
mod tests;
