//! The modification date of the package's entries: the same for all, and fixed, since file systems' own dates would make two
//! packages of one source. <https://reproducible-builds.org/specs/source-date-epoch/>

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    time::{Duration, SystemTime},
};

use time::{OffsetDateTime, PrimitiveDateTime};
use zip::DateTime;

use super::Error;

/// The variable that gives the date, in seconds since 1970.
const VARIABLE: &str = "SOURCE_DATE_EPOCH";
/// 1980-01-01 00:00:00 UTC, the first date that a zip can have.
const FIRST: i64 = 315_532_800;
/// 2107-12-31 23:59:58 UTC, the last.
const LAST: i64 = 4_354_819_198;

/// A date between the first and the last of a zip, in UTC and in whole pairs of seconds, as a zip has them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct EntryDate {
    seconds: u64,
}

impl EntryDate {
    /// The date that `SOURCE_DATE_EPOCH` gives, clamped to what a zip can have; 1980-01-01 where it is not set.
    ///
    /// # Errors
    /// The value is not a whole number.
    pub(crate) fn from_environment(environment: &BTreeMap<OsString, OsString>) -> Result<Self, Error> {
        let value = environment.get(OsStr::new(VARIABLE)).filter(|value| !value.is_empty());
        let seconds = value.map_or(Ok(FIRST), |value| {
            let number = value.to_str().and_then(|value| value.parse().ok());
            number.ok_or_else(|| Error::EntryDate { value: value.to_string_lossy().into_owned() })
        })?;
        let seconds = seconds.clamp(FIRST, LAST);
        Ok(Self { seconds: (seconds - seconds % 2).unsigned_abs() })
    }

    /// The same date for a file.
    pub(crate) fn system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds)
    }

    /// The same date for an entry of a zip.
    pub(super) fn zip(self) -> DateTime {
        let date = OffsetDateTime::from(self.system_time());
        // Every date is clamped to the range of a zip above.
        PrimitiveDateTime::new(date.date(), date.time()).try_into().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Option<&str>) -> Result<EntryDate, Error> {
        let entry = value.map(|value| (OsString::from(VARIABLE), OsString::from(value)));
        EntryDate::from_environment(&entry.into_iter().collect())
    }

    #[test]
    fn dates_are_clamped_to_what_a_zip_can_have() {
        for (value, seconds, written) in [
            (None, 315_532_800, "1980-01-01 00:00:00"),
            (Some(""), 315_532_800, "1980-01-01 00:00:00"),
            (Some("-1"), 315_532_800, "1980-01-01 00:00:00"),
            (Some("0"), 315_532_800, "1980-01-01 00:00:00"),
            // Epochs from `date -u -d ... +%s`.
            (Some("1709164801"), 1_709_164_800, "2024-02-29 00:00:00"),
            (Some("1795948271"), 1_795_948_270, "2026-11-29 10:31:10"),
            (Some("4354819198"), 4_354_819_198, "2107-12-31 23:59:58"),
            (Some("9223372036854775807"), 4_354_819_198, "2107-12-31 23:59:58"),
        ] {
            let date = read(value).unwrap();
            assert_eq!((date.seconds, date.zip().to_string().as_str()), (seconds, written), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_whole_number_is_an_error() {
        for value in ["today", "1.5", " 1", "1700000000\n", "9223372036854775808"] {
            let error = read(Some(value)).unwrap_err();
            assert!(error.is_usage() && error.hint().is_some(), "{error}");
            assert!(error.to_string().contains("`SOURCE_DATE_EPOCH`"), "{error}");
        }
    }
}
