//! Facts about regions as data. Where AWS opens a new one, a line here makes it known.

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

/// Whether a name looks like a region's, so that a new one is not refused by an old tool: `eu-west-9`.
pub(crate) fn is_shaped_like_one(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let letters = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [middle @ .., number] if (2..=3).contains(&middle.len()) => {
            middle.iter().all(letters)
                && middle[0].len() == 2
                && number.len() == 1
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_region_is_shaped_like_one_and_slips_are_not() {
        assert!(REGIONS.iter().all(|facts| is_shaped_like_one(facts.name)));
        for name in ["eu-west", "eu_west_1", "Frankfurt", "eu-west-1a", "", "-1"] {
            assert!(!is_shaped_like_one(name), "{name}");
        }
    }
}
