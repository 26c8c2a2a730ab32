//! How long a stage lives after its last update: `expires = "3d"`.

use std::time::{Duration, SystemTime};

/// The longest lifetime: longer is not meant to end.
const MAX_SECONDS: u64 = 366 * DAY;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A lifetime in whole hours, days or weeks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Lifetime(Duration);

impl Lifetime {
    /// Reads `12h`, `3d` or `2w`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return None,
        };
        let is_number = number.bytes().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
        let seconds = number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(unit)?;
        (seconds <= MAX_SECONDS).then(|| Self(Duration::from_secs(seconds)))
    }

    /// When it ends for a stage that was updated then.
    pub(crate) fn end(self, updated: SystemTime) -> Option<SystemTime> {
        updated.checked_add(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_of_hours_days_or_weeks_up_to_a_year() {
        for (text, expected) in [
            ("1h", Some(HOUR)),
            ("36h", Some(36 * HOUR)),
            ("3d", Some(3 * DAY)),
            ("2w", Some(14 * DAY)),
            ("366d", Some(366 * DAY)),
            ("367d", None),
            ("0d", None),
            ("03d", None),
            ("3", None),
            ("d", None),
            ("", None),
            ("3 d", None),
            ("+3d", None),
            ("3D", None),
            ("3m", None),
            ("3é", None),
            ("99999999999999999999w", None),
        ] {
            assert_eq!(Lifetime::parse(text), expected.map(|seconds| Lifetime(Duration::from_secs(seconds))), "{text}");
        }
    }
}
