//! Names and ARNs of sources outside of the stack: what AWS would refuse only after the upload.

use super::super::SourceKind;

/// The fault of a source that is not one of `resources`: its ARN is of another service or region, or no resource can have
/// its name.
pub(super) fn fault(kind: SourceKind<'_>, resource: &str, region: &str) -> Option<String> {
    if resource.is_empty() {
        return Some(format!("`{}` is empty", kind.key()));
    }
    match resource.strip_prefix("arn:") {
        Some(arn) => arn_fault(kind, resource, arn, region),
        None => name_fault(kind, resource),
    }
}

fn arn_fault(kind: SourceKind<'_>, resource: &str, arn: &str, region: &str) -> Option<String> {
    let (service, _, example) = form(kind)?;
    // Partition, service, region, account and the resource.
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let [_, found, place, _, rest] = parts[..] else {
        return Some(format!("`{resource}` is not an ARN, such as `{example}`"));
    };
    if found != service {
        return Some(format!("`{resource}` is an ARN of `{found}`, and `{}` takes one of `{service}`", kind.key()));
    }
    if !place.is_empty() && place != region {
        return Some(format!(
            "`{resource}` is in `{place}`, and the function in `{region}`: AWS connects only equal regions"
        ));
    }
    if matches!(kind, SourceKind::DynamoDb(_)) && !rest.contains("/stream/") {
        return Some(format!("`{resource}` is the ARN of a table; the one of its stream looks like `{example}`"));
    }
    fifo_topic_fault(kind, resource)
}

fn name_fault(kind: SourceKind<'_>, name: &str) -> Option<String> {
    let (_, rule, example) = form(kind)?;
    if name.contains("://") {
        return Some(format!(
            "`{name}` is a URL; a source is a logical id of `resources`, a name or an ARN like `{example}`"
        ));
    }
    // A user pool's id begins with its region.
    let is_no_pool = || matches!(kind, SourceKind::Cognito(_)) && !name.contains('_');
    if !rule.takes(name) || is_no_pool() {
        return Some(format!("`{name}` is not a name that `{}` can have: {}", kind.key(), rule.sentence));
    }
    fifo_topic_fault(kind, name)
}

/// <https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html>
fn fifo_topic_fault(kind: SourceKind<'_>, resource: &str) -> Option<String> {
    (matches!(kind, SourceKind::Sns(_)) && resource.ends_with(".fifo")).then(|| {
        format!("`{resource}` is a FIFO topic, which delivers to queues alone: subscribe one, and handle its messages")
    })
}

/// The names that a service takes.
struct NameRule {
    length: std::ops::RangeInclusive<usize>,
    /// What they have beside letters and digits.
    more: &'static str,
    is_lower: bool,
    sentence: &'static str,
}

impl NameRule {
    fn takes(&self, name: &str) -> bool {
        let fits = |byte: u8| match byte {
            b'A'..=b'Z' => !self.is_lower,
            byte => byte.is_ascii_alphanumeric() || self.more.as_bytes().contains(&byte),
        };
        self.length.contains(&name.len()) && name.bytes().all(fits)
    }
}

/// The service in ARNs, the rule of names, and an example of an ARN.
///
/// Each rule is the pattern of the service's API reference.
fn form(kind: SourceKind<'_>) -> Option<(&'static str, NameRule, &'static str)> {
    let rule = |length, more, is_lower, sentence| NameRule { length, more, is_lower, sentence };
    Some(match kind {
        SourceKind::Sqs(_) => (
            "sqs",
            rule(
                1..=80,
                "-_.",
                false,
                "1 to 80 letters, digits, `-` and `_`, with `.fifo` at the end for a FIFO queue",
            ),
            "arn:aws:sqs:eu-west-1:123456789012:jobs",
        ),
        SourceKind::Kinesis(_) => (
            "kinesis",
            rule(1..=128, "-_.", false, "1 to 128 letters, digits and `-_.`"),
            "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
        ),
        SourceKind::DynamoDb(_) => (
            "dynamodb",
            rule(1..=255, "-_.", false, "the ARN of its stream"),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2027-01-31T03:00:00.000",
        ),
        SourceKind::Sns(_) => (
            "sns",
            rule(1..=256, "-_.", false, "1 to 256 letters, digits, `-` and `_`"),
            "arn:aws:sns:eu-west-1:123456789012:news",
        ),
        SourceKind::S3(_) => {
            ("s3", rule(3..=63, "-.", true, "3 to 63 lower-case letters, digits, `-` and `.`"), "arn:aws:s3:::pictures")
        }
        SourceKind::Logs(_) => (
            "logs",
            rule(1..=512, "-_./#", false, "1 to 512 letters, digits and `-_./#`"),
            "arn:aws:logs:eu-west-1:123456789012:log-group:/shop/web",
        ),
        SourceKind::Cognito(_) => (
            "cognito-idp",
            rule(1..=55, "-_", false, "an id such as `eu-west-1_a1B2c3D4e`"),
            "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a1B2c3D4e",
        ),
        SourceKind::Msk(_) => (
            "kafka",
            rule(0..=0, "", false, "its ARN"),
            "arn:aws:kafka:eu-west-1:123456789012:cluster/shop/6cc0432b-8618-4f44-bccc-e1fbd8fb7c4d-2",
        ),
        SourceKind::Mq(_) => (
            "mq",
            rule(0..=0, "", false, "its ARN"),
            "arn:aws:mq:eu-west-1:123456789012:broker:shop:b-1234a5b6-78cd-901e-2fgh-3i45j6k178l9",
        ),
        SourceKind::Kafka(_) | SourceKind::Iot(_) | SourceKind::Ses(_) | SourceKind::Pattern => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_cannot_exist_is_a_fault() {
        use SourceKind::{Cognito, DynamoDb, Kinesis, Logs, S3, Sns, Sqs};
        let stream = "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2027-01-31T03:00:00.000";
        for (make, resource, expected) in [
            (Sqs as fn(&'static str) -> SourceKind<'static>, "", "is empty"),
            (Sqs, "jobs", ""),
            (Sqs, "jobs.fifo", ""),
            (Sqs, "my queue", "is not a name"),
            (Sqs, "https://sqs.eu-west-1.amazonaws.com/1/jobs", "is a URL"),
            (Sqs, "arn:aws:sqs:eu-west-1:1:jobs", ""),
            (Sqs, "arn:aws:sns:eu-west-1:1:jobs", "an ARN of `sns`"),
            (Sqs, "arn:aws:sqs:us-east-1:1:jobs", "is in `us-east-1`"),
            (Sqs, "arn:aws:sqs", "is not an ARN"),
            (Kinesis, "clicks.v1", ""),
            (Kinesis, "arn:aws:kinesis:eu-west-1:1:stream/clicks", ""),
            (DynamoDb, stream, ""),
            (DynamoDb, "arn:aws:dynamodb:eu-west-1:1:table/orders", "the ARN of a table"),
            (Sns, "news.fifo", "is a FIFO topic"),
            (Sns, "arn:aws:sns:eu-west-1:1:news.fifo", "is a FIFO topic"),
            (S3, "my.bucket-1", ""),
            (S3, "My_Bucket", "is not a name"),
            (S3, "arn:aws:s3:::pictures", ""),
            (Logs, "/aws/lambda/x", ""),
            (Logs, "a b*", "is not a name"),
            (Logs, "arn:aws:logs:eu-west-1:1:log-group:/x:*", ""),
            (Cognito, "eu-west-1_a1B2c3D4e", ""),
            (Cognito, "User", "an id such as `eu-west-1_a1B2c3D4e`"),
            (Cognito, "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_a", "is in `us-east-1`"),
        ] {
            let found = fault(make(resource), resource, "eu-west-1").unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{resource}: {found}");
            assert!(found.contains(expected), "{resource}: {found}");
        }
    }
}
