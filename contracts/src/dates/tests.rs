#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;

#[test]
fn known_days() {
    // Date, days since 1970-01-01 (GNU date -d <date> +%s, divided by 86400).
    let table = [
        ("1900-01-01", -25_567),
        ("1969-12-31", -1),
        ("1970-01-01", 0),
        ("1972-02-29", 789),
        ("1972-03-01", 790),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("2026-04-01", 20_544),
        ("2026-11-22", 20_779),
        ("2100-02-28", 47_540),
        ("2100-03-01", 47_541),
        ("9999-12-31", 2_932_896),
    ];
    for (text, days) in table {
        let date = Date::parse(text).unwrap();
        assert_eq!(date.days_since_epoch(), days, "{text}");
        assert_eq!(date.to_string(), text);
        assert_eq!(Date::from_days(days), Some(date));
    }
    assert_eq!(Date::parse("1900-01-01"), Ok(Date::MIN));
    assert_eq!(Date::parse("9999-12-31"), Ok(Date::MAX));
}

#[test]
fn texts_that_are_no_date() {
    use DateError::{Form, NoSuchDay};
    let table = [
        ("", Form),
        ("2026-1-01", Form),
        ("2026/01/01", Form),
        ("2026-01-01 ", Form),
        ("+026-01-01", Form),
        ("２026-01-01", Form),
        ("20260101", Form),
        ("2026-01-01T00:00:00Z", Form),
        ("2026-00-10", NoSuchDay),
        ("2026-13-10", NoSuchDay),
        ("2026-01-00", NoSuchDay),
        ("2026-01-32", NoSuchDay),
        ("2026-04-31", NoSuchDay),
        ("2026-02-29", NoSuchDay),
        ("2100-02-29", NoSuchDay),
        ("1900-02-29", NoSuchDay),
        ("1899-12-31", NoSuchDay),
        ("0000-01-01", NoSuchDay),
    ];
    for (text, error) in table {
        assert_eq!(Date::parse(text), Err(error), "{text:?}");
    }
    for text in ["2024-02-29", "2000-02-29", "2400-02-29"] {
        assert!(Date::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn every_day_follows_the_day_before() {
    let mut day = Date::MIN;
    let (mut y, mut m, mut d) = (1900, 1, 1);
    loop {
        assert_eq!(day.ymd(), (y, m, d));
        assert_eq!(Date::from_ymd(y, m, d), Ok(day));
        let Some(next) = day.plus_days(1) else { break };
        assert!(next > day);
        day = next;
        d += 1;
        if d > days_in_month(y, m) {
            (m, d) = (m + 1, 1);
        }
        if m > 12 {
            (y, m) = (y + 1, 1);
        }
    }
    assert_eq!(day, Date::MAX);
    assert_eq!(Date::MAX.plus_days(1), None);
    assert_eq!(Date::MIN.plus_days(-1), None);
    assert_eq!(Date::MAX.plus_days(i32::MAX), None);
}

#[test]
fn a_day_ends_in_beijing_eight_hours_before_it_ends_in_utc() {
    let table = [
        // Unix milliseconds, UTC, Beijing.
        (0, "1970-01-01", "1970-01-01"),
        (20_544 * DAY_MS - 1, "2026-03-31", "2026-04-01"),
        (20_543 * DAY_MS + 16 * 3_600_000 - 1, "2026-03-31", "2026-03-31"),
        (20_543 * DAY_MS + 16 * 3_600_000, "2026-03-31", "2026-04-01"),
        (u64::MAX, "9999-12-31", "9999-12-31"),
    ];
    for (ms, utc, beijing) in table {
        assert_eq!(Date::utc(TimeMs(ms)).to_string(), utc, "{ms}");
        assert_eq!(Date::beijing(TimeMs(ms)).to_string(), beijing, "{ms}");
    }
}

#[test]
fn json_is_the_text() {
    let date: Date = serde_json::from_str("\"2026-04-01\"").unwrap();
    assert_eq!(serde_json::to_string(&date).unwrap(), "\"2026-04-01\"");
    assert!(serde_json::from_str::<Date>("\"2026-02-30\"").is_err());
}
