//! Times as AWS and people write them.

use std::time::SystemTime;

use aws_smithy_types::{DateTime, date_time::Format};

/// A time as RFC 3339 in UTC, in whole seconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let time = DateTime::from_secs(DateTime::from(time).secs());
    time.fmt(Format::DateTime).unwrap_or_else(|_| time.secs().to_string())
}

/// A time as RFC 3339 in UTC, with exactly three digits of the second's fraction, so that texts sort as their times.
pub(crate) fn rfc3339_milliseconds(time: SystemTime) -> String {
    let milliseconds = DateTime::from(time).subsec_nanos() / 1_000_000;
    format!("{}.{milliseconds:03}Z", rfc3339(time).trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_time_is_a_date_in_utc() {
        let time = UNIX_EPOCH + Duration::from_millis(1_795_636_799_500);
        assert_eq!(super::rfc3339(time), "2026-11-25T19:59:59Z");
        assert_eq!(super::rfc3339_milliseconds(time), "2026-11-25T19:59:59.500Z");
        assert_eq!(super::rfc3339_milliseconds(UNIX_EPOCH + Duration::from_millis(7)), "1970-01-01T00:00:00.007Z");
    }
}
