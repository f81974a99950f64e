//! Message times: Beijing time in digits, and RFC 3339 in UTC.

/// Turns `YYYYMMDDhhmmss` or `YYYYMMDDhhmmssSSS` in Beijing time (UTC+8, no summer time) into
/// RFC 3339 UTC to the second; `None` when it is no calendar time.
pub(super) fn to_utc(local: &str) -> Option<String> {
    if !matches!(local.len(), 14 | 17) || !local.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| local.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if year < 1 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (mut year, mut month, mut day, mut hour) = (year, month, day, hour - 8);
    if hour < 0 {
        hour += 24;
        day -= 1;
        if day == 0 {
            month -= 1;
            if month == 0 {
                month = 12;
                year -= 1;
            }
            day = days_in(year, month);
        }
    }
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// Whether `YYYYMMDD` is a calendar day.
pub(super) fn is_day(text: &str) -> bool {
    text.len() == 8 && to_utc(&format!("{text}120000")).is_some()
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}
