//! A point in time on the command line: a duration before now, or a time.

use std::{str::FromStr, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The units of a duration, in seconds.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600), ('w', 7 * 24 * 3600)];

/// A point in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Moment {
    /// A duration before now.
    Ago(Duration),
    /// A time in milliseconds since 1970.
    At(i64),
}

impl Moment {
    /// The time in milliseconds since 1970.
    pub(crate) fn milliseconds(self, now: i64) -> i64 {
        match self {
            Self::Ago(duration) => now.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
            Self::At(time) => time,
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
            let milliseconds = time.unix_timestamp_nanos().div_euclid(1_000_000);
            return i64::try_from(milliseconds).map(Self::At).map_err(|_| expectation());
        }
        if text.starts_with('-') {
            return Err("a duration is one before now, without a minus, such as `5m`".to_owned());
        }
        duration(text).map(Self::Ago).ok_or_else(expectation)
    }
}

fn expectation() -> String {
    "it takes a duration such as `90s`, `10m` or `1h30m`, or a time such as `2026-11-29T16:00:00Z`".to_owned()
}

/// A time in milliseconds since 1970 as RFC 3339 in UTC, always with three decimals.
pub(crate) fn rfc3339(milliseconds: i64) -> String {
    let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000) else {
        return milliseconds.to_string();
    };
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, millisecond) = time.to_hms_milli();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z", u8::from(month))
}

/// Parses numbers with units, such as `1h30m`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let letter = rest[end..].chars().next()?;
        let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == letter)?;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[end + letter.len_utf8()..];
    }
    (!text.is_empty()).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_times_are_points_in_time() {
        let ago = |seconds| Ok(Moment::Ago(Duration::from_secs(seconds)));
        for (text, expected) in [
            ("90s", ago(90)),
            ("10m", ago(600)),
            ("1h30m", ago(5400)),
            ("2d", ago(172_800)),
            ("1w", ago(604_800)),
            ("0s", ago(0)),
            ("1970-01-01T00:00:01Z", Ok(Moment::At(1000))),
            ("1970-01-01T01:00:00.5+01:00", Ok(Moment::At(500))),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
        for text in
            ["", "10", "m", "10 m", "10x", "-5m", "1é", "99999999999999999999s", "9999999999999999w", "yesterday"]
        {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339(1_795_636_799_500), "2026-11-25T19:59:59.500Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(i64::MAX), i64::MAX.to_string());
    }

    #[test]
    fn a_duration_longer_than_time_is_the_beginning_of_time() {
        let long: Moment = "30000000000000w".parse().unwrap();
        assert!(long.milliseconds(1_000) < 0);
        assert_eq!("1s".parse::<Moment>().unwrap().milliseconds(5_000), 4_000);
    }
}
