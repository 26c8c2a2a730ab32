//! What an authorizer answered, and what that means for a request.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>

use serde_json::{Map, Value, json};

use super::FunctionFault;
use crate::gateway::GatewayKind;

/// The versions of the language of policies.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// What an authorizer answered. It may be kept: whether it lets a request in is found for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    decision: Decision,
    context: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
enum Decision {
    Simple(bool),
    /// The statements of an IAM policy.
    Policy(Vec<Value>),
}

impl Answer {
    /// Reads the response of the function: a policy for a REST API, a simple response for an HTTP API.
    ///
    /// # Errors
    /// It is none, which is an error of the gateway.
    pub(crate) fn read(kind: GatewayKind, payload: &[u8]) -> Result<Self, FunctionFault> {
        let unusable = |reason: &str| FunctionFault::Unusable { reason: reason.to_owned() };
        let answer: Value = serde_json::from_slice(payload).map_err(|_| unusable("its response is no JSON"))?;
        let context = match &answer["context"] {
            Value::Null => Map::new(),
            Value::Object(context) => context.clone(),
            _ => return Err(unusable("the `context` of its response is no object")),
        };
        if kind == GatewayKind::Http {
            let is_authorized = answer["isAuthorized"].as_bool();
            let is_authorized = is_authorized.ok_or_else(|| unusable("its response has no `isAuthorized`"))?;
            return Ok(Self { decision: Decision::Simple(is_authorized), context });
        }
        let principal = answer["principalId"].as_str().ok_or_else(|| unusable("its response has no `principalId`"))?;
        let statements = statements(&answer["policyDocument"]).map_err(|reason| FunctionFault::Unusable { reason })?;
        let mut context = texts(context)?;
        context.insert("principalId".to_owned(), json!(principal));
        Ok(Self { decision: Decision::Policy(statements), context })
    }

    /// The context of the request for `arn`, if it is let in.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn consent(&self, arn: &str) -> Result<&Map<String, Value>, FunctionFault> {
        let (is_allowed, is_denied) = match &self.decision {
            Decision::Simple(is_authorized) => (*is_authorized, false),
            Decision::Policy(statements) => {
                let has = |effect: &str| statements.iter().any(|statement| applies(statement, effect, arn));
                (has("Allow"), has("Deny"))
            }
        };
        if is_denied || !is_allowed { Err(FunctionFault::Denied { is_explicit: is_denied }) } else { Ok(&self.context) }
    }

    /// Adds a context to the event of the application, where the gateway puts it.
    pub(crate) fn add_context(kind: GatewayKind, event: &mut Value, context: &Map<String, Value>) {
        event["requestContext"]["authorizer"] = match kind {
            GatewayKind::Http => json!({ "lambda": context }),
            _ => json!(context),
        };
    }
}

/// Reads the statements of a policy. One that IAM would reject makes the whole policy unusable: a misspelt `Deny` denies nothing.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
fn statements(policy: &Value) -> Result<Vec<Value>, String> {
    if !policy.is_object() {
        return Err("its response has no `policyDocument`".to_owned());
    }
    match &policy["Version"] {
        Value::Null => {}
        version if VERSIONS.iter().any(|known| version == known) => {}
        version => return Err(format!("its policy has the `Version` {version}; AWS knows {}", VERSIONS.join(" and "))),
    }
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.clone(),
        statement @ Value::Object(_) => vec![statement.clone()],
        _ => return Err("its policy has no `Statement`".to_owned()),
    };
    for (index, statement) in statements.iter().enumerate() {
        check(statement).map_err(|fault| format!("statement {} of its policy {fault}", index + 1))?;
    }
    Ok(statements)
}

/// Checks the form of a statement.
fn check(statement: &Value) -> Result<(), String> {
    let effect = &statement["Effect"];
    let is_texts = |value: &Value| match value {
        Value::Array(values) => values.iter().all(Value::is_string),
        value => value.is_string(),
    };
    if !statement.is_object() {
        return Err("is no object".to_owned());
    }
    if effect != "Allow" && effect != "Deny" {
        return Err(format!("has the `Effect` {effect}; it is `Allow` or `Deny`"));
    }
    for (key, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
        if !is_texts(&statement[key]) && !is_texts(&statement[opposite]) {
            return Err(format!("has no `{key}` of text"));
        }
    }
    Ok(())
}

/// A context as a REST API hands it on: texts.
fn texts(context: Map<String, Value>) -> Result<Map<String, Value>, FunctionFault> {
    let text = |(name, value): (String, Value)| match value {
        Value::Null => None,
        Value::Array(_) | Value::Object(_) => {
            let reason = format!("the `context` of its response has a list or an object in `{name}`");
            Some(Err(FunctionFault::Unusable { reason }))
        }
        Value::String(_) => Some(Ok((name, value))),
        value => Some(Ok((name, json!(value.to_string())))),
    };
    context.into_iter().filter_map(text).collect()
}

/// Whether a statement of an effect is about a call of `arn`. One whose condition or exception is not evaluated here refuses
/// and never allows.
fn applies(statement: &Value, effect: &str, arn: &str) -> bool {
    if statement["Effect"] != effect {
        return false;
    }
    let has = |key: &str| !statement[key].is_null();
    if has("Condition") || has("NotAction") || has("NotResource") {
        return effect == "Deny";
    }
    let any = |key: &str, text: &str| match &statement[key] {
        Value::Array(patterns) => patterns.iter().filter_map(Value::as_str).any(|pattern| matches(pattern, text)),
        pattern => pattern.as_str().is_some_and(|pattern| matches(pattern, text)),
    };
    any("Action", "execute-api:Invoke") && any("Resource", arn)
}

/// Whether a pattern with `*` and `?` matches a whole text. Linear in the product of both: a `*` is tried again only for the last
/// one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while in_text < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((before, from)) = star else { return false };
                star = Some((before, from + 1));
                at = before + 1;
                in_text = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/GET/me";

    fn statement(effect: &str, resource: &str) -> Value {
        json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource })
    }

    fn rest(statements: &Value, context: &Value) -> Result<Map<String, Value>, FunctionFault> {
        let answer = json!({ "principalId": "ada", "policyDocument": { "Statement": statements }, "context": context });
        Answer::read(GatewayKind::Rest, answer.to_string().as_bytes())?.consent(ARN).cloned()
    }

    #[test]
    fn a_policy_allows_what_it_names_and_a_deny_wins() {
        let stage = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/*";
        let allow = statement("Allow", stage);
        assert_eq!(json!(rest(&json!([allow]), &json!(null)).unwrap()), json!({ "principalId": "ada" }));
        assert!(rest(&allow, &json!(null)).is_ok());
        let explicit = Err(FunctionFault::Denied { is_explicit: true });
        assert_eq!(rest(&json!([allow, statement("Deny", "*")]), &json!(null)), explicit);
        let implicit = Err(FunctionFault::Denied { is_explicit: false });
        for other in ["arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/POST/*", "arn:aws:x/*", ""] {
            assert_eq!(rest(&json!([statement("Allow", other)]), &json!(null)), implicit, "{other}");
        }
        let mut conditional = allow.clone();
        conditional["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } });
        assert_eq!(rest(&json!([conditional]), &json!(null)), implicit);
        conditional["Effect"] = json!("Deny");
        assert_eq!(rest(&json!([allow, conditional]), &json!(null)), explicit);
    }

    #[test]
    fn a_simple_response_says_yes_or_no() {
        let read = |answer: Value| Answer::read(GatewayKind::Http, answer.to_string().as_bytes());
        let allowed = read(json!({ "isAuthorized": true, "context": { "roles": ["a"] } })).unwrap();
        assert_eq!(json!(allowed.consent(ARN).unwrap()), json!({ "roles": ["a"] }));
        let denied = read(json!({ "isAuthorized": false })).unwrap().consent(ARN).cloned();
        assert_eq!(denied, Err(FunctionFault::Denied { is_explicit: false }));
        for unusable in [json!({ "isAuthorized": "false" }), json!({}), json!({ "isAuthorized": true, "context": [] })]
        {
            assert!(matches!(read(unusable), Err(FunctionFault::Unusable { .. })));
        }
    }

    #[test]
    fn a_context_is_where_each_gateway_puts_it_and_texts_on_a_rest_api() {
        let allow = json!([statement("Allow", "*")]);
        let context = rest(&allow, &json!({ "admin": true, "age": 36, "team": "red", "none": null })).unwrap();
        let texts = json!({ "admin": "true", "age": "36", "principalId": "ada", "team": "red" });
        assert_eq!(json!(context), texts);
        assert!(matches!(rest(&allow, &json!({ "a": [1] })), Err(FunctionFault::Unusable { .. })));
        let mut event = json!({ "requestContext": {} });
        Answer::add_context(GatewayKind::Rest, &mut event, &context);
        assert_eq!(event["requestContext"]["authorizer"], texts);
        Answer::add_context(GatewayKind::Http, &mut event, &context);
        assert_eq!(event["requestContext"]["authorizer"]["lambda"], texts);
    }

    #[test]
    fn a_response_that_is_not_what_aws_asks_for_lets_nobody_in() {
        let good = json!({
            "principalId": "ada",
            "policyDocument": { "Version": "2012-10-17", "Statement": [statement("Allow", "*")] },
        });
        let read = |answer: &Value| Answer::read(GatewayKind::Rest, answer.to_string().as_bytes());
        assert!(read(&good).is_ok());
        let deny = |key: &str, value: Value| {
            let mut statement = statement("Deny", "*");
            statement[key] = value;
            json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, statement])
        };
        for (pointer, value, reason) in [
            ("/principalId", json!(null), "no `principalId`"),
            ("/principalId", json!(7), "no `principalId`"),
            ("/policyDocument", json!(null), "no `policyDocument`"),
            ("/policyDocument", json!("{}"), "no `policyDocument`"),
            ("/policyDocument/Statement", json!(null), "no `Statement`"),
            ("/policyDocument/Version", json!("2012-10-18"), "the `Version` \"2012-10-18\""),
            ("/policyDocument/Statement", json!(["Allow"]), "statement 1 of its policy is no object"),
            (
                "/policyDocument/Statement",
                deny("Effect", json!("deny")),
                "statement 2 of its policy has the `Effect` \"deny\"",
            ),
            ("/policyDocument/Statement", deny("Effect", json!(null)), "the `Effect` null"),
            ("/policyDocument/Statement", deny("Action", json!(null)), "has no `Action`"),
            ("/policyDocument/Statement", deny("Resource", json!(null)), "has no `Resource`"),
            ("/policyDocument/Statement", deny("Resource", json!([7])), "has no `Resource`"),
        ] {
            let mut answer = good.clone();
            *answer.pointer_mut(pointer).unwrap() = value;
            match read(&answer) {
                Err(FunctionFault::Unusable { reason: why }) => assert!(why.contains(reason), "{answer}: {why}"),
                other => panic!("{answer}: {other:?}"),
            }
        }
        for context in [json!({ "a": { "b": 1 } }), json!([]), json!("text")] {
            let mut answer = good.clone();
            answer["context"] = context;
            assert!(matches!(read(&answer), Err(FunctionFault::Unusable { .. })), "{answer}");
        }
        // The key of a usage plan is the gateway's, and no context.
        let mut answer = good;
        answer["usageIdentifierKey"] = json!("secret");
        answer["context"] = json!({ "principalId": "eve" });
        assert_eq!(json!(read(&answer).unwrap().consent(ARN).unwrap()), json!({ "principalId": "ada" }));
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*/GET/*", "x/dev/GET/", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }
}
