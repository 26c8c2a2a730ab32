//! Reads values from AWS: all calls in parallel, each repeated until it succeeds or the time is over.

use std::{collections::BTreeMap, future::Future, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    SecretsError,
    client::{Client, Endpoint, Failure},
    endpoint::{self, Variables},
    plan::{Call, Found, Read},
};

/// Lambda ends an initialization after 10 seconds, and the application needs some of them.
const LIMIT: Duration = Duration::from_secs(8);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Makes all calls.
///
/// # Errors
/// Some failed: the error has the message of each.
pub(super) async fn all(calls: Vec<Call>, variables: &Variables) -> Result<Found, SecretsError> {
    if calls.is_empty() {
        return Ok(Found::default());
    }
    let client = Client::new(endpoint::credentials(variables)?)?;
    let end = Instant::now() + LIMIT;
    let requests = calls.iter().map(|call| endpoint_of(call, variables).map(|endpoint| (call, endpoint)));
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    let results = join_all(requests.iter().map(|(call, endpoint)| read(&client, endpoint, call, end))).await;
    let mut found = Found::default();
    let mut messages = Vec::new();
    let mut hint = None;
    for (result, (_, endpoint)) in results.into_iter().zip(&requests) {
        match result {
            Ok(part) => found.extend(part),
            Err(failure) => {
                let host = endpoint.url.host().unwrap_or_default();
                hint = hint.or(remedy(&failure));
                messages.push(format!(
                    "{} in {} ({host}): {}",
                    endpoint.service.name(),
                    endpoint.region,
                    failure.message
                ));
            }
        }
    }
    if messages.is_empty() { Ok(found) } else { Err(SecretsError::read(messages, hint)) }
}

fn endpoint_of(call: &Call, variables: &Variables) -> Result<Endpoint, SecretsError> {
    let service = call.read.service();
    let region = call.region.clone().map_or_else(|| endpoint::region(variables), Ok)?;
    let url = endpoint::url(service, &region, variables)?;
    Ok(Endpoint { service, region, url })
}

/// What usually helps against a failure.
fn remedy(failure: &Failure) -> Option<String> {
    let text = match failure.code.as_deref() {
        None => "a function in a VPC needs a route to the service: a NAT gateway or an interface endpoint",
        Some("AccessDeniedException") => {
            "`zappa-rs deploy` allows what `secrets` of the settings names; a role of your own, `role_arn`, needs it, too, \
             and the key of a secret with a customer managed key"
        }
        Some("ExpiredTokenException" | "UnrecognizedClientException" | "InvalidSignatureException") => {
            "the credentials of the environment are not valid"
        }
        Some(_) => return None,
    };
    Some(text.to_owned())
}

async fn read(client: &Client, endpoint: &Endpoint, call: &Call, end: Instant) -> Result<Found, Failure> {
    let ask = async |operation, input: Value| repeat(end, || client.call(endpoint, operation, &input)).await;
    match &call.read {
        Read::Parameters(names) => {
            let output = ask("GetParameters", json!({"Names": names, "WithDecryption": true})).await?;
            Ok(Found { parameters: parameters(&output), ..Found::default() })
        }
        Read::Path(path) => {
            let mut below = Vec::new();
            let mut input = json!({"Path": path, "Recursive": true, "WithDecryption": true, "MaxResults": 10});
            loop {
                let output = ask("GetParametersByPath", input.clone()).await?;
                below.extend(parameters_below(path, &output));
                let Some(token) = output["NextToken"].as_str() else { break };
                input["NextToken"] = token.into();
            }
            Ok(Found { below, ..Found::default() })
        }
        Read::Secrets(ids) => {
            let mut found = Found::default();
            let mut input = json!({"SecretIdList": ids});
            loop {
                let output = ask("BatchGetSecretValue", input.clone()).await?;
                if let Some(failure) = secret_failure(&output) {
                    return Err(failure);
                }
                found.secrets.extend(secrets(&output));
                let Some(token) = output["NextToken"].as_str() else { break };
                input["NextToken"] = token.into();
            }
            Ok(found)
        }
    }
}

/// Repeats a call while its failure is transient: with exponential backoff and full jitter, since cold starts come in
/// bursts and the services throttle the account.
async fn repeat<F: Future<Output = Result<Value, Failure>>>(
    end: Instant,
    mut attempt: impl FnMut() -> F,
) -> Result<Value, Failure> {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let failure = match timeout_at(end, attempt()).await {
            Ok(Ok(output)) => return Ok(output),
            Ok(Err(failure)) => failure,
            Err(_) => {
                let message = format!("no response within {} seconds", LIMIT.as_secs());
                return Err(Failure { code: None, message, is_transient: true });
            }
        };
        let next = Instant::now() + backoff.mul_f64(fastrand::f64());
        if !failure.is_transient || next >= end {
            return Err(failure);
        }
        sleep_until(next).await;
        backoff = (backoff * 2).min(MAX_BACKOFF);
    }
}

fn parameters(output: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for parameter in output["Parameters"].as_array().into_iter().flatten() {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default();
        let selector = text("Selector");
        for name in [text("Name"), text("ARN")] {
            // A selector may be part of the name already.
            let name = name.strip_suffix(selector).unwrap_or(name);
            found.insert(format!("{name}{selector}"), text("Value").to_owned());
        }
    }
    found
}

fn parameters_below(path: &str, output: &Value) -> Vec<(String, String, String)> {
    let found = output["Parameters"].as_array().into_iter().flatten();
    found
        .filter_map(|parameter| {
            let (_, rest) = parameter["Name"].as_str()?.split_once(&format!("{path}/"))?;
            Some((path.to_owned(), rest.to_owned(), parameter["Value"].as_str()?.to_owned()))
        })
        .collect()
}

fn secrets(output: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for secret in output["SecretValues"].as_array().into_iter().flatten() {
        let (Some(arn), Some(value)) = (secret["ARN"].as_str(), secret["SecretString"].as_str()) else { continue };
        // An ARN may also be given without the six random characters that AWS appends.
        let without_suffix = arn.rsplit_once('-').map_or(arn, |(start, _)| start);
        for id in [arn, without_suffix, secret["Name"].as_str().unwrap_or(arn)] {
            found.push((id.to_owned(), value.to_owned()));
        }
    }
    found
}

/// The first secret that is there and was refused.
fn secret_failure(output: &Value) -> Option<Failure> {
    let errors = output["Errors"].as_array()?;
    let refused = errors
        .iter()
        .find(|error| error["ErrorCode"].as_str().is_some_and(|code| code != "ResourceNotFoundException"))?;
    let text = |key: &str| refused[key].as_str().unwrap_or_default();
    let message = format!("{}: {} (`{}`)", text("ErrorCode"), text("Message"), text("SecretId"));
    Some(Failure { code: Some(text("ErrorCode").to_owned()), message, is_transient: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_each_name_that_a_reference_may_have() {
        let output = json!({"Parameters": [
            {"Name": "/shop/db", "ARN": "arn:aws:ssm:eu-west-1:1:parameter/shop/db", "Value": "a"},
            {"Name": "/shop/db", "ARN": "arn:aws:ssm:eu-west-1:1:parameter/shop/db", "Selector": ":3", "Value": "old"},
        ]});
        let found = parameters(&output);
        assert_eq!(found["/shop/db"], "a");
        assert_eq!(found["arn:aws:ssm:eu-west-1:1:parameter/shop/db"], "a");
        assert_eq!(found["/shop/db:3"], "old");
        let arn = "arn:aws:secretsmanager:eu-west-1:1:secret:shop-AbCdEf";
        let output = json!({"SecretValues": [{"Name": "shop", "ARN": arn, "SecretString": "b"}]});
        let ids: Vec<_> = secrets(&output).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [arn, "arn:aws:secretsmanager:eu-west-1:1:secret:shop", "shop"]);
    }

    #[test]
    fn a_refused_secret_is_a_failure_and_an_unknown_one_is_missing() {
        let unknown = json!({"Errors": [{"SecretId": "a", "ErrorCode": "ResourceNotFoundException", "Message": "no"}]});
        assert!(secret_failure(&unknown).is_none());
        let refused = json!({"Errors": [{"SecretId": "a", "ErrorCode": "AccessDeniedException", "Message": "no"}]});
        assert_eq!(secret_failure(&refused).unwrap().message, "AccessDeniedException: no (`a`)");
    }

    #[tokio::test(start_paused = true)]
    async fn transient_failures_are_repeated_until_the_time_is_over() {
        let failure = |is_transient| Failure { code: None, message: "busy".into(), is_transient };
        let mut attempts = 0;
        let end = Instant::now() + LIMIT;
        let result = repeat(end, || {
            attempts += 1;
            let result = if attempts < 4 { Err(failure(true)) } else { Ok(Value::Null) };
            async { result }
        });
        assert!(result.await.is_ok());
        assert_eq!(attempts, 4);
        let result = repeat(end, || async { Err(failure(true)) }).await;
        assert_eq!(result.unwrap_err().message, "busy");
        assert!(Instant::now() <= end && end - Instant::now() < MAX_BACKOFF);
        let result = repeat(end, || async { Err::<Value, _>(failure(false)) }).await;
        assert_eq!(result.unwrap_err().message, "busy");
        let result = repeat(end, std::future::pending::<Result<Value, Failure>>).await;
        assert!(result.unwrap_err().message.contains("no response within 8 seconds"));
        assert!(Instant::now() >= end);
    }
}
