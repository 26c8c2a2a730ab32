//! A value of a setting that may differ between regions, such as the id of a subnet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One value for every region, or a table of regions with the value of each.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum ByRegion<T> {
    /// The same everywhere.
    Same(T),
    /// By region: `{ eu-west-1 = …, us-east-1 = … }`.
    Each(BTreeMap<String, T>),
}

impl<T: Default> Default for ByRegion<T> {
    fn default() -> Self {
        Self::Same(T::default())
    }
}

impl<T> ByRegion<T> {
    /// The value in a region; `None` if a table does not have the region.
    pub(crate) fn of(&self, region: &str) -> Option<&T> {
        match self {
            Self::Same(value) => Some(value),
            Self::Each(values) => values.get(region),
        }
    }

    /// The regions of a table.
    pub(crate) fn regions(&self) -> impl Iterator<Item = &str> {
        let regions = match self {
            Self::Same(_) => None,
            Self::Each(values) => Some(values.keys().map(String::as_str)),
        };
        regions.into_iter().flatten()
    }
}

impl<T> ByRegion<Vec<T>> {
    /// The list in a region, which is empty where there is none.
    pub(crate) fn list(&self, region: &str) -> &[T] {
        self.of(region).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_everywhere_or_of_its_region() {
        let same: ByRegion<Vec<String>> = serde_json::from_str(r#"["a"]"#).unwrap();
        assert_eq!(same.list("eu-west-1"), ["a"]);
        assert_eq!(same.regions().count(), 0);
        let each: ByRegion<Vec<String>> =
            serde_json::from_str(r#"{ "eu-west-1": ["a"], "us-east-1": ["b"] }"#).unwrap();
        assert_eq!(each.list("us-east-1"), ["b"]);
        assert_eq!((each.of("eu-west-2"), each.list("eu-west-2")), (None, &[][..]));
        assert_eq!(each.regions().collect::<Vec<_>>(), ["eu-west-1", "us-east-1"]);
    }
}
