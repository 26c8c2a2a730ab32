//! Rules of the authorizers that are functions.

use regex_lite::Regex;

use super::{
    super::{
        Api, Stage,
        authorizer::Authorizer,
        authorizer_function::{AuthorizerType, IdentitySource, SourcePart},
    },
    Rules,
    arn::Arn,
    context_variable,
};
use crate::suggestion::quote_list;

/// A fault by the key of an authorizer that it is about.
type KeyFault = (&'static str, String);

impl Rules<'_> {
    /// What is wrong with an authorizer that is a function.
    pub(super) fn authorizer_function_faults(&self, name: &str, authorizer: &Authorizer) -> Vec<KeyFault> {
        let mut faults = Vec::new();
        if let Some(function) = &authorizer.function {
            faults.extend(self.handler_fault(name, function).map(|sentence| ("function", sentence)));
        }
        if let Some(arn) = &authorizer.arn {
            faults.extend(arn_fault(arn, self.region).map(|sentence| ("arn", sentence)));
            faults.extend(
                keys_of_function(authorizer).into_iter().map(|key| {
                    (key, format!("`{key}` is of `function`; the function of an `arn` has its own settings"))
                }),
            );
        }
        faults.extend(source_faults(self.stage.api, authorizer));
        faults.extend(type_faults(self.stage.api, authorizer));
        faults
    }

    fn handler_fault(&self, name: &str, function: &str) -> Option<String> {
        if function.is_empty() {
            return Some("`function` is empty; it is the name of a handler, such as `session`".to_owned());
        }
        if self.stage.further(function).is_some() {
            return Some(format!("`{function}` is one of `functions`; an authorizer is a function of its own name"));
        }
        let is_same = |(other, authorizer): &(&String, &Authorizer)| {
            *other != name && authorizer.function.as_deref() == Some(function)
        };
        if let Some((other, _)) = self.stage.authorizers.iter().find(is_same) {
            return Some(format!("`{function}` is the function of `{other}` too; each authorizer has its own"));
        }
        self.function_name_fault(function)
    }
}

/// The keys that only an authorizer with a function may have, of one without.
pub(super) fn foreign_keys(authorizer: &Authorizer) -> Vec<&'static str> {
    let mut keys = keys_of_function(authorizer);
    keys.extend(authorizer.kind.map(|_| "type"));
    keys.extend((!authorizer.identity_sources.is_empty()).then_some("identity_sources"));
    keys.extend(authorizer.ttl_seconds.map(|_| "ttl_seconds"));
    keys.extend(authorizer.validation.as_ref().map(|_| "validation"));
    keys
}

fn keys_of_function(authorizer: &Authorizer) -> Vec<&'static str> {
    let memory = authorizer.memory_size.map(|_| "memory_size");
    let timeout = authorizer.timeout_seconds.map(|_| "timeout_seconds");
    let reserved = authorizer.reserved_concurrency.map(|_| "reserved_concurrency");
    [memory, timeout, reserved].into_iter().flatten().collect()
}

fn arn_fault(arn: &str, region: &str) -> Option<String> {
    let parsed = Arn::parse(arn)
        .filter(|parsed| parsed.service == "lambda" && !parsed.region.is_empty() && is_function(parsed.resource));
    match parsed {
        Some(parsed) => parsed.partition_fault(arn, region).or_else(|| {
            let place = parsed.region;
            let of_each = arn.replacen(&format!(":{place}:"), ":${region}:", 1);
            (place != region).then(|| {
                format!("`{arn}` is in `{place}`, and the API in `{region}`; `${{region}}` is the region of each: `{of_each}`")
            })
        }),
        None => Some(format!(
            "`{arn}` is not the ARN of a function or of its alias, such as \
             `arn:aws:lambda:{region}:123456789012:function:session:live`"
        )),
    }
}

/// Whether a resource of Lambda is a function, with an alias or without.
fn is_function(resource: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
    };
    resource.strip_prefix("function:").is_some_and(|name| name.split(':').count() <= 2 && name.split(':').all(is_name))
}

fn source_faults(api: Api, authorizer: &Authorizer) -> Vec<KeyFault> {
    let unknown = authorizer.identity_sources.iter().filter(|source| IdentitySource::parse(source).is_none());
    let mut faults: Vec<KeyFault> = unknown
        .map(|source| {
            let forms = "`header.NAME`, `query.NAME`, `stage_variable.NAME` and `context.NAME`";
            ("identity_sources", format!("`{source}` is no identity source; these are {forms}"))
        })
        .collect();
    let contexts = authorizer.identity().into_iter().filter(|source| source.kind == SourcePart::Context);
    faults.extend(contexts.filter_map(|source| {
        let meant = context_variable::before_authorizer(api, source.name).err()?;
        let meant = meant.map(|meant| format!("; did you mean `context.{meant}`?"));
        let end = meant.unwrap_or_else(|| ", such as `context.identity.sourceIp`".to_owned());
        let sentence = format!(
            "`context.{}` is none of the variables that API Gateway knows before it asks an authorizer{end}",
            source.name
        );
        Some(("identity_sources", sentence))
    }));
    if authorizer.ttl() > 0 && authorizer.identity().is_empty() && faults.is_empty() {
        let sentence = "an answer that is kept would be given to every client: name `identity_sources`, or leave `ttl_seconds` out";
        faults.push(("ttl_seconds", sentence.to_owned()));
    }
    faults
}

fn type_faults(api: Api, authorizer: &Authorizer) -> Vec<KeyFault> {
    let mut faults = Vec::new();
    if authorizer.kind() == AuthorizerType::Request {
        if authorizer.validation.is_some() {
            faults.push(("validation", "`validation` is of `type = \"token\"`; a request has no one token".to_owned()));
        }
        return faults;
    }
    if api == Api::Http {
        faults.push(("type", "an HTTP API gives requests alone: `type = \"request\"`, or leave it out".to_owned()));
    }
    match &authorizer.validation {
        Some(validation) if validation.is_empty() => {
            faults.push(("validation", "`validation` is empty; leave it out".to_owned()));
        }
        Some(validation) => faults.extend(
            expression_error(validation)
                .filter(|error| !is_dialect(error))
                .map(|error| ("validation", format!("`{validation}` is no regular expression: {error}"))),
        ),
        None => {}
    }
    let is_header = |source: &String| source.starts_with("header.");
    let sources = &authorizer.identity_sources;
    if sources.len() > 1 || !sources.iter().all(is_header) {
        faults.push(("identity_sources", "a token is one header, such as `header.Authorization`".to_owned()));
    }
    faults
}

/// Why a text is no regular expression that this tool knows.
fn expression_error(validation: &str) -> Option<String> {
    // Anchored, as `local` does it: `)(` is none.
    Regex::new(validation).and_then(|_| Regex::new(&format!("^(?:{validation})$"))).err().map(|error| error.to_string())
}

/// Whether an error may be of this tool's dialect alone. AWS does not say which one API Gateway has.
fn is_dialect(error: &str) -> bool {
    ["not supported", "unrecognized", "too much nesting", "exceeds", "too big"].iter().any(|word| error.contains(word))
}

/// The seconds that an HTTP API waits for the function of an authorizer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const HTTP_WAIT_SECONDS: u32 = 10;

/// Headers that many clients send alike.
const COMMON_HEADERS: [&str; 6] =
    ["accept", "accept-encoding", "accept-language", "content-type", "host", "user-agent"];
/// Variables of one caller. Others are those of many: an address is that of a whole office.
const OF_CALLER: [&str; 9] = [
    "identity.apiKey",
    "identity.apiKeyId",
    "identity.caller",
    "identity.clientCert.clientCertPem",
    "identity.clientCert.serialNumber",
    "identity.clientCert.subjectDN",
    "identity.cognitoIdentityId",
    "identity.user",
    "identity.userArn",
];

/// Warnings of authorizers that are functions and protect something.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let functions = stage.used_authorizers().filter(|(_, authorizer)| authorizer.is_function());
    functions.flat_map(move |(authorizer_name, authorizer)| {
        let sentences = [
            dialect_warning(authorizer),
            wait_warning(stage.api, authorizer),
            shared_answer_warning(authorizer),
            stage_variable_warning(authorizer),
        ];
        sentences
            .into_iter()
            .flatten()
            .map(move |sentence| format!("stage `{name}`: the authorizer `{authorizer_name}` {sentence}"))
    })
}

fn dialect_warning(authorizer: &Authorizer) -> Option<String> {
    let error = expression_error(authorizer.validation.as_deref()?).filter(|error| is_dialect(error))?;
    Some(format!(
        "has a `validation` that cannot be checked here ({error}): `zappa-rs local` refuses every token by it, and AWS does not say \
         whether API Gateway knows it"
    ))
}

fn wait_warning(api: Api, authorizer: &Authorizer) -> Option<String> {
    let seconds = authorizer.timeout_seconds.filter(|seconds| api == Api::Http && *seconds > HTTP_WAIT_SECONDS)?;
    Some(format!("has `timeout_seconds = {seconds}`, and an HTTP API waits {HTTP_WAIT_SECONDS} seconds for it"))
}

fn shared_answer_warning(authorizer: &Authorizer) -> Option<String> {
    let is_of_caller = |source: &IdentitySource<'_>| match source.kind {
        SourcePart::Header => !COMMON_HEADERS.iter().any(|header| source.name.eq_ignore_ascii_case(header)),
        SourcePart::Query => true,
        SourcePart::StageVariable => false,
        SourcePart::Context => OF_CALLER.contains(&source.name),
    };
    let sources = authorizer.identity();
    if authorizer.ttl() == 0 || sources.is_empty() || sources.iter().any(is_of_caller) {
        return None;
    }
    Some(format!(
        "keeps an answer for {} seconds for all callers that have {} in common: name a source that is one caller's, such as \
         `header.Authorization`, or leave `ttl_seconds` out",
        authorizer.ttl(),
        quote_list(authorizer.identity_sources.iter().map(String::as_str))
    ))
}

/// An identity source that no request has: the template sets no stage variables.
fn stage_variable_warning(authorizer: &Authorizer) -> Option<String> {
    let sources = authorizer.identity();
    let source = sources.iter().find(|source| source.kind == SourcePart::StageVariable)?;
    Some(format!(
        "asks for `stage_variable.{}`, and the tool sets no variables of API Gateway's stage: every request gets 401, unless the hook \
         `post_template` sets it; name a source that requests have, such as `header.Authorization`",
        source.name
    ))
}

/// The sentence about an authorizer that is a function before a stage that cannot ask one.
pub(super) fn function_url_fault(stage: &Stage, authorizer: &Authorizer) -> Option<String> {
    (stage.api == Api::FunctionUrl && authorizer.is_function()).then(|| {
        "a Function URL asks no authorizer; `iam` it checks, and `api = \"http\"` and `api = \"rest\"` ask functions".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{authorizer::tests::sentences, warnings_of_lines};

    const LAMBDA: &str = "arn:aws:lambda:eu-west-1:123456789012:function:partner:live";

    #[test]
    fn what_no_function_can_decide_is_a_fault() {
        let partner = format!("p = {{ arn = \"{LAMBDA}\", type = \"token\", validation = \"^Bearer .+$\" }}");
        let mail = "[[stage.dev.functions]]\nname = \"mail\"";
        for (stage, authorizer, expected) in [
            ("api = \"function_url\"\nauthorizer = \"s\"", "s = { function = \"s\" }", "asks no authorizer"),
            ("api = \"http\"", &*partner, "gives requests alone"),
            ("", "s = { function = \"\" }", "`function` is empty"),
            ("", "s = { function = \"a_b\" }", "is not a name of a function"),
            ("", "s = { function = \"main\" }", "is the function behind the gateway"),
            (mail, "s = { function = \"mail\" }", "`mail` is one of `functions`"),
            ("", "a = { function = \"s\" }\nb = { function = \"s\" }", "`s` is the function of `a` too"),
            ("", "s = { function = \"s\", arn = \"x\" }", "one of `jwt`, `cognito`, `function` and `arn`"),
            ("", "s = { function = \"s\", clients = [\"a\"] }", "`clients` are those of `cognito`"),
            ("", "s = { function = \"s\", scopes = [\"a\"] }", "`scopes` are of tokens"),
            ("", "s = { cognito = [\"x\"], ttl_seconds = 3 }", "`ttl_seconds` is of `function` and `arn`"),
            ("", "s = { function = \"s\", ttl_seconds = 3 }", "would be given to every client"),
            ("", "s = { function = \"s\", identity_sources = [\"cookie.a\"] }", "`cookie.a` is no identity source"),
            ("", "s = { function = \"s\", validation = \"a\" }", "`validation` is of `type"),
            ("", "s = { function = \"s\", type = \"token\", validation = \"^Bearer (\" }", "is no regular expression"),
            ("", "s = { function = \"s\", type = \"token\", validation = \"a)(b\" }", "is no regular expression"),
            ("", "s = { function = \"s\", type = \"token\", validation = \"*\" }", "is no regular expression"),
            (
                "",
                "s = { function = \"s\", identity_sources = [\"context.identity.sourceIP\"] }",
                "did you mean `context.identity.sourceIp`?",
            ),
            (
                "",
                "s = { function = \"s\", identity_sources = [\"context.nope\"] }",
                "such as `context.identity.sourceIp`",
            ),
            (
                "api = \"http\"",
                "s = { function = \"s\", identity_sources = [\"context.status\"] }",
                "before it asks an authorizer",
            ),
            (
                "api = \"http\"",
                "s = { function = \"s\", identity_sources = [\"context.resourceId\"] }",
                "before it asks an authorizer",
            ),
            (
                "",
                "s = { function = \"s\", type = \"token\", identity_sources = [\"query.a\"] }",
                "a token is one header",
            ),
            (
                "",
                "s = { function = \"s\", type = \"token\", identity_sources = [\"header.A\", \"header.B\"] }",
                "a token is one header",
            ),
            ("", "s = { arn = \"partner\" }", "is not the ARN of a function"),
            ("", "s = { arn = \"arn:aws:lambda:eu-west-1:123456789012:layer:x:1\" }", "is not the ARN of a function"),
            ("", "s = { arn = \"arn:aws:lambda:us-east-1:123456789012:function:x\" }", "is in `us-east-1`"),
            (
                "",
                "s = { arn = \"arn:aws:lambda:us-east-1:123456789012:function:x\" }",
                "`arn:aws:lambda:${region}:123456789012:function:x`",
            ),
            ("", "s = { arn = \"arn:aws-cn:lambda:eu-west-1:123456789012:function:x\" }", "partition `aws-cn`"),
            ("", &*format!("s = {{ arn = \"{LAMBDA}\", memory_size = 256 }}"), "`memory_size` is of `function`"),
        ] {
            let found = sentences(stage, authorizer);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{stage}\n{authorizer}: {found:?}");
        }
    }

    #[test]
    fn what_an_authorizer_does_otherwise_than_it_says_is_a_warning() {
        for (api, authorizer, expected) in [
            ("rest", "type = \"token\", validation = \"^(?!Basic).+$\"", Some("look-around is not supported")),
            ("rest", "type = \"token\", validation = \"^\\\\p{L}+$\"", Some("cannot be checked here")),
            ("rest", "type = \"token\", validation = \"^Bearer [-0-9a-zA-Z._]*$\"", None),
            ("http", "timeout_seconds = 11", Some("an HTTP API waits 10 seconds")),
            ("http", "timeout_seconds = 10", None),
            ("rest", "timeout_seconds = 11", None),
            ("rest", "ttl_seconds = 60, identity_sources = [\"context.path\"]", Some("keeps an answer for 60 seconds")),
            (
                "http",
                "ttl_seconds = 60, identity_sources = [\"context.identity.sourceIp\", \"header.User-Agent\"]",
                Some("have `context.identity.sourceIp` and `header.User-Agent` in common"),
            ),
            (
                "rest",
                "identity_sources = [\"stage_variable.tier\"]",
                Some("`stage_variable.tier`, and the tool sets no"),
            ),
            ("http", "identity_sources = [\"header.A\", \"stage_variable.tier\"]", Some("401")),
            ("rest", "identity_sources = [\"context.path\"]", None),
            ("rest", "ttl_seconds = 60, identity_sources = [\"context.path\", \"header.Cookie\"]", None),
            ("rest", "ttl_seconds = 60, identity_sources = [\"context.identity.apiKeyId\"]", None),
            ("rest", "type = \"token\", ttl_seconds = 60", None),
        ] {
            let lines = format!(
                "api = \"{api}\"\nauthorizer = \"s\"\nauthorizers = {{ s = {{ function = \"s\", {authorizer} }} }}"
            );
            let found = warnings_of_lines(&lines);
            assert_eq!(found.len(), usize::from(expected.is_some()), "{lines}: {found:?}");
            assert!(expected.is_none_or(|expected| found[0].contains(expected)), "{lines}: {found:?}");
        }
    }

    #[test]
    fn what_a_gateway_can_ask_is_no_fault() {
        let partner = format!("p = {{ arn = \"{LAMBDA}\", type = \"token\", validation = \"^Bearer .+$\" }}");
        let session = "s = { function = \"session\", type = \"request\", identity_sources = [\"header.Authorization\"], ttl_seconds = 300, memory_size = 256 }";
        for (stage, authorizer) in [
            ("authorizer = \"p\"", &*partner),
            ("authorizer = \"s\"", session),
            ("api = \"http\"\nauthorizer = \"s\"", session),
            ("authorizer = \"s\"", "s = { function = \"s\", type = \"token\", ttl_seconds = 60 }"),
            ("authorizer = \"s\"", "s = { arn = \"arn:aws:lambda:${region}:123456789012:function:x\" }"),
        ] {
            assert_eq!(sentences(stage, authorizer), [] as [&str; 0], "{stage}\n{authorizer}");
        }
        let scheduled = "authorizer = \"s\"\n[[stage.dev.schedules]]\nname = \"a\"\nexpression = \"rate(1 day)\"\nfunction = \"session\"";
        assert!(sentences(scheduled, session).iter().any(|sentence| sentence.contains("is none of `functions`")));
    }
}
