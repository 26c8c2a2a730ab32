//! Times as AWS and people write them.

use std::time::SystemTime;

use aws_smithy_types::{DateTime, date_time::Format};

/// A time as RFC 3339 in UTC, in whole seconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let time = DateTime::from_secs(DateTime::from(time).secs());
    time.fmt(Format::DateTime).unwrap_or_else(|_| time.secs().to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_time_is_a_date_in_utc() {
        let time = UNIX_EPOCH + Duration::from_millis(1_795_636_799_500);
        assert_eq!(super::rfc3339(time), "2026-11-25T19:59:59Z");
    }
}
