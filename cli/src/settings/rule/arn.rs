//! The parts of an ARN, and whether it is of the stage's region.

use crate::regions;

/// `arn:partition:service:region:account:resource`.
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) resource: &'a str,
    partition: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, service, region, _, resource] = parts[..] else { return None };
        Some(Self { service, region, resource, partition })
    }

    /// The fault of an ARN of another partition than the region's.
    pub(super) fn partition_fault(&self, text: &str, region: &str) -> Option<String> {
        let wanted = regions::partition(region).name;
        (self.partition != wanted)
            .then(|| format!("`{text}` is of partition `{}`, and `{region}` of `{wanted}`", self.partition))
    }

    /// The fault of an ARN of something that Lambda takes from its own region alone, in a setting that takes a table of regions.
    pub(super) fn region_fault(&self, text: &str, region: &str) -> Option<String> {
        let of_partition = self.partition_fault(text, region);
        if of_partition.is_some() {
            return of_partition;
        }
        (!self.region.is_empty() && self.region != region).then(|| {
            format!(
                "`{text}` is in `{}`, and the function in `{region}`; a table of regions gives each its own: \
                 `{{ {region} = … }}`",
                self.region
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_another_region_is_a_fault_and_one_without_a_region_is_none() {
        let fault = |text: &str| Arn::parse(text).unwrap().region_fault(text, "eu-west-1");
        assert_eq!(fault("arn:aws:kms:eu-west-1:123456789012:key/a"), None);
        assert_eq!(fault("arn:aws:lambda:::awslayer:x"), None);
        assert!(fault("arn:aws:kms:us-east-1:123456789012:key/a").unwrap().contains("is in `us-east-1`"));
        assert!(fault("arn:aws-cn:kms:cn-north-1:123456789012:key/a").unwrap().contains("partition `aws-cn`"));
        assert!(Arn::parse("arn:aws:kms").is_none());
    }
}
