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

/// Where CloudFront takes certificates from, and where the stack of a distribution is: in the partition of the regions that have
/// Function URLs. <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html>
pub(crate) const CLOUDFRONT: &str = "us-east-1";

/// Regions where S3 has no account-regional namespace.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html>
const WITHOUT_ACCOUNT_REGIONAL_NAMESPACE: [&str; 2] = ["me-central-1", "me-south-1"];

/// Whether S3 has a namespace for the buckets of each account in a region.
pub(crate) fn has_account_regional_namespace(name: &str) -> bool {
    !WITHOUT_ACCOUNT_REGIONAL_NAMESPACE.contains(&name)
}

/// What is known of a region.
pub(crate) fn facts(name: &str) -> Option<&'static Facts> {
    REGIONS.iter().find(|facts| facts.name == name)
}

/// The regions of a region's partition that every account can use without enabling them, that region included.
pub(crate) fn enabled_by_default(region: &str) -> impl Iterator<Item = &'static str> {
    let own = partition(region);
    REGIONS.iter().filter(move |facts| !facts.is_opt_in && partition(facts.name) == own).map(|facts| facts.name)
}

/// The known region that a name is most like.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    suggestion::nearest(name, REGIONS.iter().map(|facts| facts.name))
}

/// A partition of AWS: regions of different ones share no accounts, and have host names of their own.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Partition {
    /// The second part of an ARN.
    pub(crate) name: &'static str,
    /// What region names of the partition begin with.
    prefix: &'static str,
    /// What host names of services end with, without a dot in front.
    pub(crate) dns_suffix: &'static str,
    /// The same for endpoints that speak IPv4 and IPv6.
    dual_stack_suffix: &'static str,
}

const fn partition_of(
    name: &'static str,
    prefix: &'static str,
    dns_suffix: &'static str,
    dual_stack_suffix: &'static str,
) -> Partition {
    Partition { name, prefix, dns_suffix, dual_stack_suffix }
}

/// The partition that holds every region which none of the others claims.
static COMMERCIAL: Partition = partition_of("aws", "", "amazonaws.com", "api.aws");

/// The other partitions, by the `partitions.json` of AWS's SDKs and
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>.
static PARTITIONS: [Partition; 7] = [
    partition_of("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    partition_of("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"),
    partition_of("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    partition_of("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    partition_of("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    partition_of("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    partition_of("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
];

/// The partition of a region.
pub(crate) fn partition(region: &str) -> &'static Partition {
    PARTITIONS.iter().find(|partition| region.starts_with(partition.prefix)).unwrap_or(&COMMERCIAL)
}

/// The host of IAM, which is one for a whole partition, and the region that its requests are signed for.
/// <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>
pub(crate) fn iam(region: &str) -> (String, &'static str) {
    let partition = partition(region);
    let signing = match partition.name {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => return ("iam.us-gov.amazonaws.com".to_owned(), "us-gov-west-1"),
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => return ("iam.amazonaws.com".to_owned(), "us-east-1"),
    };
    (format!("iam.{signing}.{}", partition.dns_suffix), signing)
}

/// Whether a host name is one of AWS's own endpoints, in any partition.
pub(crate) fn is_endpoint_of_aws(host: &str) -> bool {
    // A name may end with the root of DNS.
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    std::iter::once(&COMMERCIAL).chain(&PARTITIONS).any(|partition| {
        [partition.dns_suffix, partition.dual_stack_suffix]
            .iter()
            .any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
    })
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
    fn a_region_belongs_to_the_partition_that_its_name_begins_with() {
        for (region, name, dns_suffix) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-west-2", "aws", "amazonaws.com"),
            ("nz-south-1", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-east-1", "aws-us-gov", "amazonaws.com"),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
            ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            let partition = partition(region);
            assert_eq!((partition.name, partition.dns_suffix), (name, dns_suffix), "{region}");
        }
    }

    #[test]
    fn iam_has_one_host_in_a_partition() {
        for (region, host, signing) in [
            ("eu-west-1", "iam.amazonaws.com", "us-east-1"),
            ("cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
            ("eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ] {
            assert_eq!(iam(region), (host.to_owned(), signing), "{region}");
        }
    }

    #[test]
    fn regions_enabled_by_default_are_those_of_one_partition_without_opt_in() {
        let all: Vec<&str> = enabled_by_default("af-south-1").collect();
        assert_eq!(all.len(), 17, "{all:?}");
        assert!(all.contains(&"eu-west-1") && !all.contains(&"af-south-1"), "{all:?}");
        assert!(enabled_by_default("us-gov-west-1").eq(["us-gov-east-1", "us-gov-west-1"]));
        assert!(enabled_by_default("cn-north-1").eq(["cn-north-1", "cn-northwest-1"]));
        assert_eq!(enabled_by_default("us-iso-east-1").count(), 0);
    }

    #[test]
    fn an_endpoint_of_aws_ends_with_the_suffix_of_a_partition() {
        for host in [
            "vpce-1.s3.eu-west-1.vpce.amazonaws.com",
            "s3.cn-north-1.amazonaws.com.cn",
            "sts.eusc-de-east-1.amazonaws.eu",
            "lambda.eu-west-1.api.aws",
        ] {
            assert!(is_endpoint_of_aws(host), "{host}");
        }
        for host in ["127.0.0.1", "localhost", "amazonaws.com.example.org", "amazonaws.com", "notamazonaws.eu"] {
            assert!(!is_endpoint_of_aws(host), "{host}");
        }
    }
}
