//! Warnings of a resource policy that bounds less, or more, than it says.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        Api, Stage,
        authorizer::Access,
        endpoint::EndpointKind,
        resource_policy::{Effect, ResourceStatement},
    },
    policy_condition::{SOURCE_VPC, SOURCE_VPCE, base, is_private, values},
    policy_path::lacks_path,
};
use crate::suggestion::nearest;

/// What a request has to be for API Gateway to know a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Known {
    Always,
    /// The caller signs with credentials of AWS.
    Signed,
    /// The API is a private one.
    Private,
}

/// The keys of conditions that API Gateway knows. `aws:PrincipalTag` has the name of a tag behind it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>,
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigateway.html>
const KEYS: [(&str, Known); 22] = [
    ("aws:CurrentTime", Known::Always),
    ("aws:EpochTime", Known::Always),
    ("aws:MultiFactorAuthAge", Known::Signed),
    ("aws:MultiFactorAuthPresent", Known::Signed),
    ("aws:PrincipalAccount", Known::Signed),
    ("aws:PrincipalArn", Known::Signed),
    ("aws:PrincipalOrgID", Known::Signed),
    ("aws:PrincipalOrgPaths", Known::Signed),
    ("aws:PrincipalTag", Known::Signed),
    ("aws:PrincipalType", Known::Signed),
    ("aws:Referer", Known::Always),
    ("aws:SecureTransport", Known::Always),
    ("aws:SourceArn", Known::Always),
    (SOURCE_IP, Known::Always),
    (SOURCE_VPC, Known::Private),
    (SOURCE_VPCE, Known::Private),
    ("aws:TokenIssueTime", Known::Signed),
    ("aws:UserAgent", Known::Always),
    (VPC_SOURCE_IP, Known::Private),
    ("aws:userid", Known::Signed),
    ("aws:username", Known::Signed),
    ("execute-api:viaDomainArn", Known::Always),
];
const SOURCE_IP: &str = "aws:SourceIp";
const VPC_SOURCE_IP: &str = "aws:VpcSourceIp";

/// What a key that a request does not have does to a condition.
const ABSENT: &str = "a key that a request lacks makes a condition false, and one of `…Not…` or `…IfExists` true";

/// The warnings of a stage's policy.
pub(super) fn warnings(stage: &Stage, name: &str) -> Vec<String> {
    let policy = &stage.resource_policy;
    if stage.api != Api::Rest || policy.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<String> = policy.iter().flat_map(|statement| key_warnings(stage, statement)).collect();
    let paths = policy.iter().flat_map(|statement| &statement.paths).filter(|path| lacks_path(path));
    found.extend(paths.map(|path| format!("`{path}` of `resource_policy` names no path; `{path}/*` is all of them")));
    let unsigned = policy.iter().flat_map(|statement| &statement.principals).filter(|_| !asks(stage, is_signed));
    found.extend(unsigned.filter(|principal| *principal != "*").map(|principal| {
        format!(
            "`resource_policy` names the principal `{principal}`, and no path has `authorizer = \"iam\"`: the gateway does not \
             know who calls, and the statement is for nobody"
        )
    }));
    match refuses_everybody(stage, name) {
        Some(sentence) => found.push(sentence),
        None => {
            found.extend([without_allow(stage), beside_authorizer(stage), open_private(stage)].into_iter().flatten());
        }
    }
    found.into_iter().map(|sentence| format!("stage `{name}`: {sentence}")).collect()
}

fn is_signed(access: Access<'_>) -> bool {
    access == Access::Iam
}

/// Whether the access decides by a policy, which API Gateway evaluates together with the resource policy: one of two that
/// allows is enough.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>
fn is_policy(access: Access<'_>) -> bool {
    matches!(access, Access::Token(_, authorizer) if authorizer.is_function()) || is_signed(access)
}

/// Whether any path asks callers for something of this kind.
fn asks(stage: &Stage, is_kind: impl Fn(Access<'_>) -> bool) -> bool {
    stage.paths().iter().flat_map(|path| path.rules()).map(|(_, rule)| rule.access).chain([stage.access()]).any(is_kind)
}

/// The keys of a statement's conditions, each with its operator and values.
fn keys(statement: &ResourceStatement) -> impl Iterator<Item = (&str, &str, &[Value])> {
    let operators = statement.conditions.iter().flatten();
    operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, value)| (operator.as_str(), key.as_str(), values(value)))
    })
}

/// What API Gateway knows of a key, whose name has no case.
fn known(key: &str) -> Option<(&'static str, Known)> {
    let key = key.split_once('/').map_or(key, |(key, _)| key);
    KEYS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(key))
}

fn key_warnings(stage: &Stage, statement: &ResourceStatement) -> BTreeSet<String> {
    let of = |(operator, key, values): (&str, &str, &[Value])| {
        let is_network = |value: &Value| value.as_str().is_some_and(|text| text.contains('/'));
        match known(key) {
            None => {
                let meant = nearest(key, KEYS.map(|(key, _)| key)).map(|meant| format!("; did you mean `{meant}`?"));
                Some(format!(
                    "`{key}` of `resource_policy` is none of the condition keys that AWS lists for API Gateway{}; {ABSENT}",
                    meant.unwrap_or_default()
                ))
            }
            Some((_, Known::Signed)) if !asks(stage, is_signed) => Some(format!(
                "`{key}` of `resource_policy` is known of callers that sign, and no path has `authorizer = \"iam\"`; {ABSENT}"
            )),
            Some((_, Known::Private)) if stage.endpoint.kind() != EndpointKind::Private => Some(format!(
                "`{key}` of `resource_policy` is known in a private API alone, `endpoint = \"private\"`; {ABSENT}"
            )),
            Some((SOURCE_IP, _)) if stage.endpoint.kind() == EndpointKind::Private => Some(format!(
                "`{key}` of `resource_policy` is no part of requests by a VPC endpoint, and a private API has no others; there it is \
                 `{VPC_SOURCE_IP}`; {ABSENT}"
            )),
            Some((SOURCE_IP, _))
                if base(operator).ends_with("IpAddress")
                    && !values.is_empty()
                    && values.iter().all(|value| value.as_str().is_some_and(is_private)) =>
            {
                Some(format!(
                    "`{key}` of `resource_policy` is compared with private addresses alone, which no request from the internet has; \
                     write the public addresses, such as that of the NAT gateway, or take `endpoint = \"private\"` with \
                     `{VPC_SOURCE_IP}`"
                ))
            }
            Some((SOURCE_IP | VPC_SOURCE_IP, _))
                if base(operator).starts_with("String") && values.iter().any(is_network) =>
            {
                Some(format!(
                    "`{operator}` of `resource_policy` compares letters, and no address of `{key}` is a network; `IpAddress` and \
                     `NotIpAddress` know networks"
                ))
            }
            Some(_) => None,
        }
    };
    keys(statement).filter_map(of).collect()
}

/// A statement that denies all paths to all callers.
fn refuses_everybody(stage: &Stage, name: &str) -> Option<String> {
    let mut statements = stage.resource_policy.iter().map(|statement| statement.for_anonymous(name));
    statements.any(|statement| statement.denies && statement.is_for_all && statement.conditions.is_none()).then(
        || {
            "a statement of `resource_policy` denies all paths to all callers without `conditions`, so that the API refuses everybody, \
             whatever else lets them in; say whom it refuses by `conditions`, such as `NotIpAddress`, or leave it out"
                .to_owned()
        },
    )
}

/// A policy that allows nothing. Where a function or IAM of the same account allows, nothing more is needed.
fn without_allow(stage: &Stage) -> Option<String> {
    if stage.resource_policy.iter().any(|statement| statement.effect == Effect::Allow) {
        return None;
    }
    if asks(stage, |access| !is_policy(access)) {
        let others = if asks(stage, is_policy) {
            " on the paths where neither a policy of IAM in the API's own account nor a function of `authorizers` allows it"
        } else {
            ""
        };
        return Some(format!(
            "`resource_policy` has no statement that allows anything, so that AWS refuses every caller{others}; a statement without \
             settings, `[[stage.NAME.resource_policy]]`, allows all that the others do not deny"
        ));
    }
    asks(stage, is_signed).then(|| {
        "`resource_policy` has no statement that allows anything, so that AWS refuses callers of other accounts, whatever their \
         policies of IAM allow; one with their account in `principals` lets them in"
            .to_owned()
    })
}

/// Conditions of statements that allow, beside what lets callers in without them.
fn beside_authorizer(stage: &Stage) -> Option<String> {
    let mut statements = stage.resource_policy.iter();
    let bounds = statements.any(|statement| statement.effect == Effect::Allow && statement.conditions.is_some());
    if !bounds || stage.resource_policy.iter().any(|statement| statement.effect == Effect::Deny) {
        return None;
    }
    let who = match (asks(stage, |access| is_policy(access) && !is_signed(access)), asks(stage, is_signed)) {
        (true, _) => "the function of an authorizer",
        (false, true) => "a policy of IAM in the API's own account",
        (false, false) => return None,
    };
    Some(format!(
        "the conditions of `resource_policy` do not restrict callers that {who} allows: AWS requires one of the two to allow a \
         request, not both; deny the others by `effect = \"deny\"` with the opposite condition, such as `NotIpAddress` or \
         `StringNotEquals`"
    ))
}

/// A private API that lets every VPC endpoint in.
fn open_private(stage: &Stage) -> Option<String> {
    let of_network = |statement: &ResourceStatement| {
        keys(statement).any(|(_, key, _)| matches!(known(key), Some((SOURCE_IP, _) | (_, Known::Private))))
    };
    let is_open = |statement: &ResourceStatement| {
        statement.effect == Effect::Allow && statement.is_of_everybody() && !of_network(statement)
    };
    let is_denied = |statement: &ResourceStatement| statement.effect == Effect::Deny && of_network(statement);
    let policy = &stage.resource_policy;
    (stage.endpoint.kind() == EndpointKind::Private && policy.iter().any(is_open) && !policy.iter().any(is_denied))
        .then(|| {
            "`resource_policy` lets in every VPC endpoint, also those of other accounts; name yours: \
         `conditions = { StringEquals = { \"aws:SourceVpce\" = \"vpce-…\" } }`"
                .to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::super::warnings_of_lines;

    #[test]
    fn a_policy_that_bounds_less_or_more_than_it_says_is_a_warning() {
        let when = |condition: &str| format!("resource_policy = [{{ conditions = {{ {condition} }} }}]");
        let session = "authorizer = \"s\"\nauthorizers = { s = { function = \"s\" } }\n";
        let office = "IpAddress = { \"aws:SourceIp\" = \"203.0.113.0/24\" }";
        let deny = format!("resource_policy = [{{ effect = \"deny\", conditions = {{ {office} }} }}]");
        let mallory = "resource_policy = [{}, { effect = \"deny\", principals = [\"123456789012\"] }]";
        for (stage, expected) in [
            (when("StringEquals = { \"aws:SourceIpp\" = \"x\" }"), Some("did you mean `aws:SourceIp`?")),
            (when("StringEquals = { \"s3:prefix\" = \"x\" }"), Some("none of the condition keys that AWS lists")),
            (when("StringEquals = { \"AWS:Referer\" = \"x\" }"), None),
            (when("StringEquals = { \"aws:PrincipalTag/team\" = \"x\" }"), Some("known of callers that sign")),
            (format!("authorizer = \"iam\"\n{}", when("StringEquals = { \"aws:username\" = \"x\" }")), Some("a policy of IAM")),
            (when("StringEquals = { \"aws:SourceVpce\" = \"vpce-1\" }"), Some("known in a private API alone")),
            (when("StringLike = { \"aws:SourceIp\" = [\"203.0.113.0/24\"] }"), Some("compares letters")),
            (when(office), None),
            ("resource_policy = [{ paths = [\"dev/GET\"] }]".to_owned(), Some("`dev/GET/*` is all of them")),
            (mallory.to_owned(), Some("names the principal `123456789012`")),
            (format!("authorizer = \"iam\"\n{mallory}"), None),
            (deny.clone(), Some("refuses every caller")),
            (format!("{session}{deny}"), None),
            (format!("authorizer = \"iam\"\n{deny}"), Some("callers of other accounts")),
            (format!("{session}{}", when(office)), Some("do not restrict callers that the function")),
            (format!("authorizer = \"iam\"\n{}", when(office)), Some("do not restrict callers that a policy of IAM")),
            (
                format!(
                    "{session}resource_policy = [{{}}, {{ effect = \"deny\", conditions = {{ NotIpAddress = {{ \"aws:SourceIp\" = \"203.0.113.1\" }} }} }}]"
                ),
                None,
            ),
            (when("IpAddress = { \"aws:SourceIp\" = [\"10.0.0.0/8\", \"192.168.1.1\"] }"), Some("private addresses alone")),
            (when("IpAddress = { \"aws:SourceIp\" = [\"10.0.0.0/8\", \"203.0.113.0/24\"] }"), None),
            (when("IpAddress = { \"aws:SourceIp\" = \"0.0.0.0/0\" }"), None),
            (
                format!("endpoint = \"private\"\n{}", when("IpAddress = { \"aws:VpcSourceIp\" = \"10.0.0.0/8\" }")),
                None,
            ),
            (
                format!("endpoint = \"private\"\n{}", when("IpAddress = { \"aws:SourceIp\" = \"203.0.113.0/24\" }")),
                Some("there it is `aws:VpcSourceIp`"),
            ),
            ("resource_policy = [{}, { effect = \"deny\" }]".to_owned(), Some("refuses everybody")),
            ("resource_policy = [{ effect = \"deny\" }]".to_owned(), Some("refuses everybody")),
            (
                "resource_policy = [{}, { effect = \"deny\", principals = [\"*\"], paths = [\"dev/GET/x\", \"dev/*\"] }]".to_owned(),
                Some("refuses everybody"),
            ),
            (format!("{session}resource_policy = [{{}}, {{ effect = \"deny\", paths = [\"*/*\"] }}]"), Some("refuses everybody")),
            ("resource_policy = [{}, { effect = \"deny\", paths = [\"dev/*/admin\"] }]".to_owned(), None),
            ("endpoint = \"private\"\nresource_policy = [{}]".to_owned(), Some("lets in every VPC endpoint")),
            (
                format!("endpoint = \"private\"\n{}", when("StringEquals = { \"aws:SourceVpce\" = \"vpce-1\" }")),
                None,
            ),
            (
                "endpoint = \"private\"\nresource_policy = [{}, { effect = \"deny\", conditions = { StringNotEquals = { \"aws:SourceVpc\" = \"vpc-1\" } } }]"
                    .to_owned(),
                None,
            ),
        ] {
            let found = warnings_of_lines(&stage);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{stage}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{stage}: {found:?}");
        }
    }
}
