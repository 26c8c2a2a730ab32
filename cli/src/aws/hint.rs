//! Hints for failed AWS calls, computed where AWS's error codes are known.

use std::error::Error as StdError;

use super::{
    Error,
    call::Call,
    cause::{causes, is_refused},
    error::Refusal,
    route::Route,
    stack::ALL_STACKS,
};

impl Error {
    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => self.of_refusal(refusal),
            Self::Credentials { call: Call { renewal, .. }, is_expired, .. }
            | Self::NoCredentials { renewal, is_expired, .. } => {
                let otherwise = if *is_expired { RENEW } else { FIND };
                Some(renewal.as_deref().unwrap_or(otherwise).to_owned())
            }
            Self::Unanswered { call, route, source } => Some(of_silence(call, route.as_deref(), source.as_ref())),
            Self::NotAnEmulator { .. } => Some("an emulator is at an address such as `http://127.0.0.1:4566`".to_owned()),
            Self::Endpoint { .. } => Some("an address looks like `http://127.0.0.1:4566`".to_owned()),
            Self::Proxy { .. } | Self::ProxyScheme { .. } => Some("an address looks like `http://proxy.example:3128`".to_owned()),
            Self::Certificates { origin, .. } => Some(format!(
                "`{origin}` names a file of certificates in PEM form, which count in place of the system's"
            )),
            Self::Odd { body, .. } if body.is_empty() => {
                Some("the response was empty or cut off; is this address AWS's?".to_owned())
            }
            Self::Odd { body, .. } => Some(format!("the response begins: {body}")),
            Self::BucketOfOthers { .. } => Some(
                "name a bucket of this account with `s3_bucket`; if it is this account's, the caller needs `s3:ListBucket` on it"
                    .to_owned(),
            ),
            Self::BucketElsewhere { .. } => {
                Some("leave `s3_bucket` out for a bucket in each region, or name one with `${region}` in it".to_owned())
            }
            Self::Timeout { .. } | Self::Unconfirmed { .. } => {
                Some("AWS continues on its own: see `zappa-rs status`, then run the command again".to_owned())
            }
            Self::Interrupted { .. } | Self::ChangeRefused { .. } | Self::NotRemoved { .. } | Self::File { .. } => None,
        }
    }

    fn of_refusal(&self, refusal: &Refusal) -> Option<String> {
        self.of_identity(refusal)
            .or_else(|| self.is_denied().then(|| of_denial(refusal)))
            .or_else(|| self.is_throttled().then(|| of_throttling(refusal)))
            .or_else(|| of_logs(refusal))
            .or_else(|| of_code(refusal).map(str::to_owned))
    }

    /// The hint where AWS does not accept the credentials, or the region does not.
    fn of_identity(&self, refusal: &Refusal) -> Option<String> {
        if self.is_expired() {
            return Some(match &refusal.call.renewal {
                Some(renewal) => format!("the credentials have expired: {renewal}"),
                None => RENEW.to_owned(),
            });
        }
        if refusal.message.contains("MultiFactorAuthentication") {
            return Some(
                "a code of the device counts once and for half a minute: run the command again with the next"
                    .to_owned(),
            );
        }
        if self.is_region_disabled() {
            return Some(format!(
                "switch the region {} on in the account's settings, or take it out of `regions`",
                refusal.call.region
            ));
        }
        self.is_credentials().then(|| {
            format!(
                "AWS does not take these credentials in {}: check `--profile`, `profile_name` and the `AWS_*` variables; a \
                 region that must be switched on first (opt-in) answers like this too",
                refusal.call.region
            )
        })
    }
}

/// The hint where no answer arrived.
fn of_silence(call: &Call, route: Option<&Route>, source: &(dyn StdError + 'static)) -> String {
    let is_caused_by = |text: &str| causes(source).any(|cause| cause.to_string().contains(text));
    if is_caused_by("invalid peer certificate") {
        return "a proxy of your company that opens connections has a certificate of its own: `AWS_CA_BUNDLE`, or \
                `ca_bundle` of the profile, names the file of certificates to trust"
            .to_owned();
    }
    if let Some(hint) = route.and_then(Route::proxy_hint) {
        return hint;
    }
    if is_refused(source)
        && let Some(endpoint) = &call.endpoint
    {
        return format!("nothing listens at `{endpoint}`: start the emulator there");
    }
    if is_caused_by("dns error") {
        return format!("is `{}` a region of AWS, and is this machine online?", call.region);
    }
    "check the network, `HTTPS_PROXY` and `--endpoint-url`, then run the command again: it resumes from the current state"
        .to_owned()
}

/// The hint where a policy denies the call, or allows it nowhere.
fn of_denial(refusal: &Refusal) -> String {
    if let Some(policy) = explicit_deny(&refusal.message) {
        return format!("{policy} denies it, and a deny wins over every allow: change that policy");
    }
    if refusal.call.operation == "cloudformation:DescribeStacks" && refusal.call.resource == ALL_STACKS {
        return "the caller's policy must allow `cloudformation:DescribeStacks` and `cloudformation:ListStacks` on all stacks \
                (resource `*`); a deploy needs neither, so `zappa-rs policy deploy` does not print them"
            .to_owned();
    }
    let (action, resource) = denied_action(refusal);
    let on = resource.map(|resource| format!(" on `{resource}`")).unwrap_or_default();
    // Without the permission to list a bucket, a missing object is forbidden.
    if matches!(refusal.call.operation, "s3:HeadObject" | "s3:GetObject") && refusal.message.is_empty() {
        return format!("the caller's policy must allow `{action}`{on}, and `s3:ListBucket` on the bucket");
    }
    format!("the caller's policy must allow `{action}`{on}; `zappa-rs policy deploy` prints all that a deploy needs")
}

/// The hint where AWS limits how often it is called.
fn of_throttling(refusal: &Refusal) -> String {
    if refusal.call.operation == "lambda:Invoke" {
        "the function has no free concurrency: raise `reserved_concurrency`, or ask AWS for a higher quota of Lambda's \
         concurrent executions, then run the command again"
            .to_owned()
    } else {
        "AWS throttles these calls; run the command again in a minute".to_owned()
    }
}

/// The hint of an error code of AWS.
fn of_code(refusal: &Refusal) -> Option<&'static str> {
    Some(match &*refusal.code {
        "RequestTimeTooSkewed" => "set this machine's clock",
        "LimitExceededException" | "LimitExceeded" | "TooManyBuckets" | "CodeStorageExceededException" => {
            "the account has reached a quota: ask for more in Service Quotas, or remove what is not needed"
        }
        "InsufficientCapabilitiesException" | "InsufficientCapabilities" => {
            "`resources` has a transform or a named role that the tool did not see"
        }
        _ if refusal.status >= 500 => {
            "AWS had an internal error; run the command again, which resumes from the current state"
        }
        _ => return None,
    })
}

/// The hint where logs cannot be read.
fn of_logs(refusal: &Refusal) -> Option<String> {
    match refusal.call.operation {
        "logs:FilterLogEvents" => of_log_group(refusal),
        "logs:StartLiveTail" => of_live_tail(refusal),
        _ => None,
    }
}

/// The hint where a session of Live Tail is refused.
fn of_live_tail(refusal: &Refusal) -> Option<String> {
    match &*refusal.code {
        "LimitExceededException" => Some(format!(
            "the account has as many Live Tail sessions in {} as it may have at once: end one of them, or run the command \
             without `--live`, which needs no session",
            refusal.call.region
        )),
        "InvalidOperationException" => Some(
            "Live Tail takes log groups of the class Standard; without `--live` the command reads every class"
                .to_owned(),
        ),
        "InvalidParameterException" => of_log_group(refusal),
        "UnknownOperationException" | "InvalidAction" | "NotImplemented" => {
            Some("this endpoint has no Live Tail: run the command without `--live`".to_owned())
        }
        _ => None,
    }
}

/// The hint where events of a log group cannot be read.
fn of_log_group(refusal: &Refusal) -> Option<String> {
    let Call { resource, region, .. } = &refusal.call;
    match &*refusal.code {
        "ResourceNotFoundException" => Some(format!(
            "the log group was deleted, and Lambda cannot write to it either: recreate it with `aws logs \
             create-log-group --log-group-name {resource} --region {region}`"
        )),
        "InvalidParameterException" => Some(
            "is `--filter` a pattern of CloudWatch Logs? \
             <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>"
                .to_owned(),
        ),
        _ => None,
    }
}

const RENEW: &str =
    "the credentials have expired: renew them, with `aws sso login` for a profile of the Identity Center";
const FIND: &str =
    "name a profile with `--profile` or `profile_name`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`";

/// The kind of policy that AWS says an explicit deny is in.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn explicit_deny(message: &str) -> Option<&'static str> {
    let (_, kind) = message.split_once("with an explicit deny in a")?;
    let kind = kind.trim_start_matches('n').trim_start();
    let kinds = [
        ("resource-based policy", "the resource's own policy, such as a bucket policy,"),
        ("service control policy", "a service control policy of the organization"),
        ("resource control policy", "a resource control policy of the organization"),
        ("VPC endpoint policy", "the policy of the VPC endpoint"),
        ("permissions boundary", "the caller's permissions boundary"),
        ("session policy", "the policy of the caller's session"),
        ("identity-based policy", "a policy of the caller"),
    ];
    Some(kinds.into_iter().find(|(begin, _)| kind.starts_with(begin)).map_or("a policy", |(_, name)| name))
}

/// The action that was denied and on what: in AWS's words if it says so, else what the call is known to need.
fn denied_action(refusal: &Refusal) -> (String, Option<String>) {
    let after = |mark: &str| {
        let (_, rest) = refusal.message.split_once(mark)?;
        let word = rest.split_whitespace().next()?.trim_matches(['"', '\'', '`', ',', ';']);
        Some(word.trim_end_matches('.').to_owned())
    };
    let action = after("not authorized to perform: ").unwrap_or_else(|| needed(refusal.call.operation).to_owned());
    let resource =
        after("on resource: ").or_else(|| (!refusal.call.resource.is_empty()).then(|| refusal.call.resource.clone()));
    (action, resource)
}

/// The permission behind a call whose name differs from it.
fn needed(operation: &'static str) -> &'static str {
    match operation {
        "s3:HeadBucket" | "s3:ListObjectsV2" => "s3:ListBucket",
        "s3:HeadObject" => "s3:GetObject",
        "s3:CreateMultipartUpload" | "s3:UploadPart" | "s3:CompleteMultipartUpload" => "s3:PutObject",
        "s3:ListObjectVersions" => "s3:ListBucketVersions",
        "s3:ListMultipartUploads" => "s3:ListBucketMultipartUploads",
        "s3:DeleteObjects" => "s3:DeleteObject",
        "s3:PutBucketEncryption" => "s3:PutEncryptionConfiguration",
        "s3:PutBucketLifecycleConfiguration" => "s3:PutLifecycleConfiguration",
        "s3:PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
        "lambda:Invoke" => "lambda:InvokeFunction",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(operation: &'static str, status: u16, code: &str, message: &str) -> Error {
        let call = Call {
            operation,
            region: "eu-west-1".to_owned(),
            resource: "thing".to_owned(),
            endpoint: None,
            renewal: None,
        };
        Error::Refused(Box::new(Refusal {
            call,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: Some("id-1".to_owned()),
            status,
        }))
    }

    #[test]
    fn a_denied_call_names_the_action_and_the_resource_that_aws_names() {
        let message = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: cloudformation:CreateChangeSet \
                       on resource: arn:aws:cloudformation:eu-west-1:123456789012:stack/a/* because no identity-based \
                       policy allows the cloudformation:CreateChangeSet action";
        let error = refusal("cloudformation:CreateChangeSet", 403, "AccessDenied", message);
        assert!(error.is_denied());
        let hint = error.hint().unwrap();
        assert!(
            hint.contains(
                "`cloudformation:CreateChangeSet` on `arn:aws:cloudformation:eu-west-1:123456789012:stack/a/*`"
            )
        );
    }

    #[test]
    fn an_explicit_deny_is_reported_as_one_with_its_place() {
        for (end, expected) in [
            ("with an explicit deny in a resource-based policy", "the resource's own policy, such as a bucket policy,"),
            (
                "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/x",
                "a service control",
            ),
            ("with an explicit deny in an identity-based policy", "a policy of the caller denies"),
            ("with an explicit deny", "`s3:PutObject`"),
        ] {
            let message = format!("User: arn:aws:iam::1:user/ci is not authorized to perform: s3:PutObject {end}");
            let hint = refusal("s3:PutObject", 403, "AccessDenied", &message).hint().unwrap();
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn a_denied_call_without_words_names_the_permission_behind_it() {
        let error = refusal("s3:HeadObject", 403, "Forbidden", "");
        assert!(error.hint().unwrap().contains("`s3:GetObject` on `thing`"));
    }

    #[test]
    fn the_questions_tell_failures_apart() {
        type Case = (u16, &'static str, &'static str, fn(&Error) -> bool);
        let cases: [Case; 8] = [
            (400, "Throttling", "Rate exceeded", Error::is_throttled),
            (400, "ExpiredToken", "", Error::is_expired),
            (403, "ExpiredTokenException", "", Error::is_credentials),
            (403, "InvalidClientTokenId", "", Error::is_credentials),
            (400, "ValidationError", "Stack with id a does not exist", Error::is_missing),
            (400, "ValidationError", "Stack:a is in UPDATE_IN_PROGRESS state and can not be updated.", Error::is_busy),
            (403, "RegionDisabledException", "STS is not activated in this region", Error::is_region_disabled),
            (404, "NoSuchBucket", "", Error::is_missing),
        ];
        for (status, code, message, is) in cases {
            let error = refusal("any:Call", status, code, message);
            assert!(is(&error), "{code}");
            assert!(!error.is_denied(), "{code}");
        }
    }

    #[test]
    fn a_refusal_tells_operation_region_code_and_request_id() {
        let error = refusal("s3:PutObject", 500, "InternalError", "We failed.");
        assert_eq!(
            error.to_string(),
            "s3:PutObject of `thing` in eu-west-1: InternalError: We failed (status 500, request id id-1)"
        );
    }
}
