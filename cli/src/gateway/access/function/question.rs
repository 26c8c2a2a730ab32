//! The event by which a gateway asks an authorizer, made of the one that the application would get.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>

use bytes::Bytes;
use regex_lite::Regex;
use serde_json::{Value, json};

use super::{FunctionFault, FunctionRules, RequestPart};
use crate::{
    gateway::{Gateway, GatewayKind, arrival::Arrival},
    regions,
};

/// What an authorizer is asked.
#[derive(Debug)]
pub(crate) struct Question {
    /// The event.
    pub(crate) payload: Bytes,
    /// The values of the identity sources, under which an answer is kept.
    pub(crate) identity: Vec<String>,
    /// The ARN of what the request is for.
    pub(crate) arn: String,
}

impl FunctionRules {
    /// The question about a request, whose event for the application is `event`.
    ///
    /// # Errors
    /// The request is refused without a question.
    pub(crate) fn ask(&self, gateway: &Gateway, arrival: &Arrival, event: &Value) -> Result<Question, FunctionFault> {
        let arn = arn(gateway, arrival, event);
        let mut identity = Vec::new();
        for part in &self.sources {
            if part.is_repeated(arrival, event) {
                return Err(FunctionFault::Repeated { part: part.to_string() });
            }
            let value = part.value(arrival, event).filter(|value| !value.is_empty());
            identity.push(value.ok_or_else(|| FunctionFault::Missing { part: part.to_string() })?);
        }
        self.validate(&identity)?;
        let question = if self.is_token {
            json!({ "type": "TOKEN", "methodArn": arn, "authorizationToken": identity.first() })
        } else {
            request(gateway.kind, event, &arn, &identity)
        };
        Ok(Question { payload: question.to_string().into(), identity, arn })
    }

    /// Holds a token to the regular expression of the settings, which matches all of it.
    fn validate(&self, identity: &[String]) -> Result<(), FunctionFault> {
        let Some(validation) = &self.validation else { return Ok(()) };
        let Ok(expression) = Regex::new(&format!("^(?:{validation})$")) else {
            let reason = format!("`validation` is no regular expression that `local` knows: `{validation}`");
            return Err(FunctionFault::Unusable { reason });
        };
        match identity.first().is_some_and(|token| expression.is_match(token)) {
            true => Ok(()),
            false => Err(FunctionFault::Mismatch { validation: validation.clone() }),
        }
    }
}

impl RequestPart {
    /// Whether it has several values, of which the function may read another than the gateway. An HTTP API hands on those of a
    /// query as one, joined by commas.
    fn is_repeated(&self, arrival: &Arrival, event: &Value) -> bool {
        match self {
            Self::Header(name) => arrival.ambiguity(name).is_some(),
            Self::Query(name) => {
                event["multiValueQueryStringParameters"][name].as_array().is_some_and(|values| values.len() > 1)
            }
            Self::StageVariable(_) | Self::Context(_) => false,
        }
    }

    /// Its value in a request; `None` where there is none.
    fn value(&self, arrival: &Arrival, event: &Value) -> Option<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self {
            Self::Header(name) => {
                let value = arrival.headers.get(name);
                value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            }
            Self::Query(name) => text(&event["queryStringParameters"][name]),
            Self::StageVariable(name) => text(&event["stageVariables"][name]),
            Self::Context(name) => text(name.split('.').fold(&event["requestContext"], |value, key| &value[key])),
        }
    }
}

/// The ARN of the method or route, with the path that was asked for.
fn arn(gateway: &Gateway, arrival: &Arrival, event: &Value) -> String {
    let path = event["rawPath"].as_str().or(event["path"].as_str()).unwrap_or_default();
    let partition = regions::partition(&gateway.region).name;
    format!(
        "arn:{partition}:execute-api:{}:{}:{}/{}/{}/{}",
        gateway.region,
        gateway.account_id,
        gateway.api_id,
        gateway.stage,
        arrival.method,
        path.trim_start_matches('/')
    )
}

/// The application's event without the body, with what makes it an authorizer's.
fn request(kind: GatewayKind, event: &Value, arn: &str, identity: &[String]) -> Value {
    let mut question = event.clone();
    if let Some(fields) = question.as_object_mut() {
        fields.remove("body");
        fields.remove("isBase64Encoded");
        fields.insert("type".to_owned(), json!("REQUEST"));
        if kind == GatewayKind::Http {
            fields.insert("routeArn".to_owned(), json!(arn));
            fields.insert("identitySource".to_owned(), json!(identity));
        } else {
            fields.insert("methodArn".to_owned(), json!(arn));
        }
    }
    question
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{event, sample};

    fn ask(kind: GatewayKind, rules: &FunctionRules, headers: &[(&str, &str)]) -> Result<Value, FunctionFault> {
        let gateway = sample::gateway(kind);
        let mut arrival = sample::get(if kind == GatewayKind::Rest { "/dev/me?key=k" } else { "/me?key=k" });
        arrival.headers.extend(sample::headers(headers));
        let event = event::build(&gateway, &arrival, &sample::stamp()).unwrap();
        let question = rules.ask(&gateway, &arrival, &serde_json::from_slice(&event).unwrap())?;
        Ok(serde_json::from_slice(&question.payload).unwrap())
    }

    #[test]
    fn a_request_is_the_event_without_its_body_and_with_the_arn() {
        let rules = FunctionRules {
            sources: vec![RequestPart::Header("X-Session".to_owned()), RequestPart::Query("key".to_owned())],
            ..FunctionRules::default()
        };
        let headers = [("x-session", "s1")];
        let rest = ask(GatewayKind::Rest, &rules, &headers).unwrap();
        assert_eq!((&rest["type"], &rest["path"]), (&json!("REQUEST"), &json!("/me")));
        assert_eq!(rest["methodArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/GET/me");
        let http = ask(GatewayKind::Http, &rules, &headers).unwrap();
        assert_eq!(http["routeArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/me");
        assert_eq!(http["identitySource"], json!(["s1", "k"]));
        for event in [rest, http] {
            assert!(event.get("body").is_none() && event.get("isBase64Encoded").is_none(), "{event}");
        }
        let missing = ask(GatewayKind::Http, &rules, &[]).unwrap_err();
        assert_eq!(missing, FunctionFault::Missing { part: "header.X-Session".to_owned() });
        let empty = ask(GatewayKind::Rest, &rules, &[("x-session", "")]).unwrap_err();
        assert_eq!(empty, missing);
    }

    #[test]
    fn a_token_is_asked_about_alone_and_matches_the_whole_expression() {
        let rules = FunctionRules {
            is_token: true,
            sources: vec![RequestPart::Header("Authorization".to_owned())],
            validation: Some("Bearer [a-z]+".to_owned()),
            ..FunctionRules::default()
        };
        let token = ask(GatewayKind::Rest, &rules, &[("authorization", "Bearer abc")]).unwrap();
        let arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/dev/GET/me";
        assert_eq!(token, json!({ "type": "TOKEN", "authorizationToken": "Bearer abc", "methodArn": arn }));
        let fault = ask(GatewayKind::Rest, &rules, &[("authorization", "Bearer abc1")]).unwrap_err();
        assert!(matches!(fault, FunctionFault::Mismatch { .. }));
        let rules = FunctionRules { validation: Some("(".to_owned()), ..rules };
        let fault = ask(GatewayKind::Rest, &rules, &[("authorization", "Bearer abc")]).unwrap_err();
        assert!(matches!(fault, FunctionFault::Unusable { .. }));
    }

    #[test]
    fn an_identity_source_that_is_repeated_is_refused() {
        let header = |is_token| FunctionRules {
            is_token,
            sources: vec![RequestPart::Header("X-Session".to_owned())],
            ..FunctionRules::default()
        };
        let headers = [("x-session", "s1"), ("X-Session", "s2")];
        for (kind, is_token) in [(GatewayKind::Rest, true), (GatewayKind::Rest, false), (GatewayKind::Http, false)] {
            let fault = ask(kind, &header(is_token), &headers).unwrap_err();
            let refusal = fault.refuse(&sample::gateway(kind), &sample::stamp(), "session");
            assert_eq!(refusal.response.status().as_u16(), 401, "{kind:?}");
            assert!(refusal.reason.contains("several times: `header.X-Session`"), "{}", refusal.reason);
        }
        // A header that is no identity source may be repeated.
        assert!(ask(GatewayKind::Rest, &FunctionRules::default(), &headers).is_ok());
        // Only a REST API tells functions of one value in one place and of all in another.
        let rules = FunctionRules { sources: vec![RequestPart::Query("key".to_owned())], ..FunctionRules::default() };
        for (kind, is_refused) in [(GatewayKind::Rest, true), (GatewayKind::Http, false)] {
            let arrival =
                sample::get(if kind == GatewayKind::Rest { "/dev/me?key=k&key=l" } else { "/me?key=k&key=l" });
            let gateway = sample::gateway(kind);
            let event = event::build(&gateway, &arrival, &sample::stamp()).unwrap();
            let asked = rules.ask(&gateway, &arrival, &serde_json::from_slice(&event).unwrap());
            assert_eq!(asked.is_err(), is_refused, "{kind:?}");
        }
    }
}
