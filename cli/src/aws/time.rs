//! Times as AWS and people write them.

use aws_smithy_types::{DateTime, date_time::Format};

/// Seconds since 1970 as RFC 3339 in UTC.
pub(crate) fn rfc3339(seconds: i64) -> String {
    DateTime::from_secs(seconds).fmt(Format::DateTime).unwrap_or_else(|_| seconds.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn seconds_are_a_date_in_utc() {
        assert_eq!(super::rfc3339(1_795_636_799), "2026-11-25T19:59:59Z");
    }
}
