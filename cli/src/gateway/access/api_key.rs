//! API keys and usage plans of a REST API: which key a request has, and what its plan lets through.

use std::{collections::BTreeMap, fmt};

use jiff::{Timestamp, tz::Offset};
use sha2::{Digest as _, Sha256};

use super::Throttle;

/// The header with a client's API key.
pub(crate) const API_KEY_HEADER: &str = "x-api-key";
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// The API keys of a stage, with their usage plans.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct ApiKeys {
    keys: Vec<ApiKey>,
    /// The number of a key by the digest of its value: how long the search takes says nothing about values.
    numbers: BTreeMap<[u8; 32], usize>,
}

/// An API key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiKey {
    /// Its name in the settings.
    pub(crate) name: String,
    /// Its usage plan.
    pub(crate) plan: UsagePlan,
    /// Its value, where that is no secret: one that only `local` takes.
    pub(crate) development_value: Option<String>,
}

/// What a usage plan lets through of each of its keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct UsagePlan {
    pub(crate) name: String,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
}

/// A number of requests in a period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Quota {
    pub(crate) limit: u32,
    pub(crate) period: Period,
}

/// The period of a quota, in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Period {
    Day,
    /// From Sunday.
    Week,
    Month,
}

impl Period {
    /// The number of the period that a second since 1970 is in.
    pub(crate) fn number(self, second: i64) -> i64 {
        let day = second.div_euclid(SECONDS_A_DAY);
        match self {
            Self::Day => day,
            // 1970 began on a Thursday.
            Self::Week => (day + 4).div_euclid(7),
            Self::Month => {
                let time = Timestamp::from_second(second).unwrap_or_default();
                let date = Offset::UTC.to_datetime(time).date();
                i64::from(date.year()) * 12 + i64::from(date.month())
            }
        }
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl ApiKey {
    /// The id that events have, which is no secret.
    pub(crate) fn id(&self) -> String {
        format!("local-{}", self.name)
    }
}

impl ApiKeys {
    /// Adds a key with its value.
    pub(crate) fn insert(&mut self, key: ApiKey, value: &str) {
        self.numbers.insert(digest(value), self.keys.len());
        self.keys.push(key);
    }

    /// All keys, each at its number.
    pub(crate) fn all(&self) -> &[ApiKey] {
        &self.keys
    }

    /// The key with a value, and its number.
    pub(crate) fn find(&self, value: &str) -> Option<(usize, &ApiKey)> {
        let number = *self.numbers.get(&digest(value))?;
        Some((number, self.keys.get(number)?))
    }
}

fn digest(value: &str) -> [u8; 32] {
    Sha256::digest(value).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_begins_where_aws_begins_it() {
        let second = |time: &str| time.parse::<Timestamp>().unwrap().as_second();
        for (period, last, first) in [
            (Period::Day, "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"),
            // 2026-02-01 is a Sunday.
            (Period::Week, "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"),
            (Period::Month, "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(period.number(second(last)) + 1, period.number(second(first)), "{period:?}");
        }
        let week = |time: &str| Period::Week.number(second(time));
        assert_eq!(week("2026-02-01T00:00:00Z"), week("2026-02-07T23:59:59Z"));
    }

    #[test]
    fn a_key_is_found_by_its_whole_value_and_not_shown() {
        let mut keys = ApiKeys::default();
        for name in ["a", "b"] {
            let key = ApiKey { name: name.to_owned(), plan: UsagePlan::default(), development_value: None };
            keys.insert(key, &format!("hush-hush-hush-hush-{name}"));
        }
        let found = |value: &str| keys.find(value).map(|(number, key)| (number, key.id()));
        assert_eq!(found("hush-hush-hush-hush-b"), Some((1, "local-b".to_owned())));
        for value in ["", "hush-hush-hush-hush-", "hush-hush-hush-hush-B", "hush-hush-hush-hush-bb"] {
            assert_eq!(found(value), None, "{value}");
        }
        assert!(!format!("{keys:?}").contains("hush"));
    }
}
