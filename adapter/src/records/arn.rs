//! Names of the resources that send records, from their ARNs.

/// The name of the resource that an ARN identifies: the queue, stream, topic, bucket, table, rule or log group. Formats:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
pub(crate) fn resource_name(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    if let Some(group) = resource.strip_prefix("log-group:") {
        return group.strip_suffix(":*").unwrap_or(group);
    }
    // Kinesis has `stream/NAME`, a table's stream `table/NAME/stream/LABEL`, a rule `rule/NAME` or `rule/BUS/NAME`.
    let mut parts = resource.split('/');
    match parts.next() {
        Some("stream" | "table") => parts.next().unwrap_or_default(),
        Some("cluster") => parts.next().unwrap_or_default(),
        Some("rule") => parts.next_back().unwrap_or_default(),
        _ => resource,
    }
}

/// Whether two ARNs are of resources of one kind and name, wherever they are.
pub(crate) fn is_namesake(arn: &str, other: &str) -> bool {
    let service = |arn: &str| arn.split(':').nth(2).map(str::to_owned);
    service(arn).is_some() && service(arn) == service(other) && resource_name(arn) == resource_name(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_resource_which_people_name() {
        for (arn, name) in [
            ("arn:aws:sqs:eu-central-1:123456789012:jobs.fifo", "jobs.fifo"),
            ("arn:aws:sns:eu-central-1:123456789012:news", "news"),
            ("arn:aws:kinesis:eu-central-1:123456789012:stream/clicks", "clicks"),
            ("arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000", "orders"),
            ("arn:aws:s3:::pictures", "pictures"),
            ("arn:aws:events:eu-central-1:123456789012:rule/nightly", "nightly"),
            ("arn:aws:events:eu-central-1:123456789012:rule/shop/nightly", "nightly"),
            ("arn:aws:kafka:eu-central-1:123456789012:cluster/shop/6cc0432b", "shop"),
            ("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/shop:*", "/aws/lambda/shop"),
            ("arn:aws:logs:eu-central-1:123456789012:log-group:stream/shop", "stream/shop"),
            ("nightly", "nightly"),
        ] {
            assert_eq!(resource_name(arn), name);
        }
    }
}
