//! Facts about regions as data. Where AWS opens a new one, a line here makes it known.

use crate::suggestion;

/// A region of AWS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    /// Function URLs can be made there.
    pub(crate) has_function_urls: bool,
    /// An account has to enable it first.
    pub(crate) is_opt_in: bool,
}

const fn open(name: &'static str) -> Facts {
    Facts { name, has_function_urls: true, is_opt_in: false }
}

const fn opt_in(name: &'static str) -> Facts {
    Facts { name, has_function_urls: true, is_opt_in: true }
}

/// Without Function URLs, by <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>.
const fn without_urls(name: &'static str, is_opt_in: bool) -> Facts {
    Facts { name, has_function_urls: false, is_opt_in }
}

/// The regions, by <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>.
pub(crate) const REGIONS: [Facts; 38] = [
    open("us-east-1"),
    open("us-east-2"),
    open("us-west-1"),
    open("us-west-2"),
    opt_in("af-south-1"),
    opt_in("ap-east-1"),
    without_urls("ap-east-2", true),
    open("ap-south-1"),
    without_urls("ap-south-2", true),
    open("ap-northeast-1"),
    open("ap-northeast-2"),
    open("ap-northeast-3"),
    open("ap-southeast-1"),
    open("ap-southeast-2"),
    opt_in("ap-southeast-3"),
    without_urls("ap-southeast-4", true),
    without_urls("ap-southeast-5", true),
    without_urls("ap-southeast-6", true),
    without_urls("ap-southeast-7", true),
    open("ca-central-1"),
    without_urls("ca-west-1", true),
    open("eu-central-1"),
    without_urls("eu-central-2", true),
    open("eu-west-1"),
    open("eu-west-2"),
    open("eu-west-3"),
    open("eu-north-1"),
    opt_in("eu-south-1"),
    without_urls("eu-south-2", true),
    without_urls("il-central-1", true),
    without_urls("me-central-1", true),
    opt_in("me-south-1"),
    without_urls("mx-central-1", true),
    open("sa-east-1"),
    without_urls("cn-north-1", false),
    without_urls("cn-northwest-1", false),
    without_urls("us-gov-east-1", false),
    without_urls("us-gov-west-1", false),
];

/// What is known of a region.
pub(crate) fn facts(name: &str) -> Option<&'static Facts> {
    REGIONS.iter().find(|facts| facts.name == name)
}

/// The known region that a name is most like.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    suggestion::nearest(name, REGIONS.iter().map(|facts| facts.name))
}

/// The partition of a region: regions of different ones share no accounts.
/// By <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>.
pub(crate) fn partition(name: &str) -> &'static str {
    let partitions = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    partitions.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// Whether a region can have this name. A region that this tool does not know yet is not refused, a slip is: `eu-west-9`
/// can be one some day, `eu-wset-1` cannot.
pub(crate) fn is_plausible(name: &str) -> bool {
    const DIRECTIONS: [&str; 9] =
        ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];
    let parts: Vec<&str> = name.split('-').collect();
    let (area, direction, number) = match parts.as_slice() {
        [area, direction, number] => (area, direction, number),
        [area, kind, direction, number] if *kind == "gov" || kind.starts_with("iso") || *area == "eusc" => {
            (area, direction, number)
        }
        _ => return false,
    };
    (area.len() == 2 || *area == "eusc")
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && DIRECTIONS.contains(direction)
        && matches!(number.as_bytes(), [b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_region_is_plausible_and_slips_are_not() {
        assert!(REGIONS.iter().all(|facts| is_plausible(facts.name)));
        for name in ["eu-west-9", "nz-south-1", "us-iso-east-1", "eusc-de-east-1"] {
            assert!(is_plausible(name), "{name}");
        }
        for name in ["eu-west", "eu_west_1", "Frankfurt", "eu-west-1a", "eu-wset-1", "EU-west-1", "eu-west-0", "", "-1"]
        {
            assert!(!is_plausible(name), "{name}");
        }
    }

    #[test]
    fn regions_of_one_partition_share_accounts() {
        for (name, expected) in [
            ("eu-west-1", "aws"),
            ("us-west-2", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(partition(name), expected, "{name}");
        }
    }
}
