//! Rules of the resource policy of a REST API.

use serde_json::{Map, Value};

use super::{super::Api, Rules, policy_condition, policy_path};

/// The most characters of a resource policy.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const MAX_CHARACTERS: usize = 8192;

impl Rules<'_> {
    pub(super) fn resource_policy(&mut self) {
        let statements = &self.stage.resource_policy;
        if statements.is_empty() {
            return;
        }
        if self.stage.api != Api::Rest {
            let sentence = "only a REST API has a resource policy; `authorizer = \"iam\"` protects every front end";
            self.fault(["resource_policy"], sentence);
            return;
        }
        for (index, statement) in statements.iter().enumerate() {
            let index = index.to_string();
            let is_principal =
                |principal: &str| principal == "*" || principal.starts_with("arn:") || is_account(principal);
            for principal in statement.principals.iter().filter(|principal| !is_principal(principal)) {
                let sentence = format!("`{principal}` is no principal: `*`, an account's twelve digits or an ARN");
                self.fault(["resource_policy", &index, "principals"], sentence);
            }
            if statement.conditions.as_ref().is_some_and(has_empty) {
                let sentence = "a condition without a key or a value is none, and the statement is for everybody; say it whole, or leave \
                                `conditions` out";
                self.fault(["resource_policy", &index, "conditions"], sentence);
            }
            for sentence in statement.conditions.iter().flat_map(policy_condition::faults) {
                self.fault(["resource_policy", &index, "conditions"], sentence);
            }
            for (number, path) in statement.paths.iter().enumerate() {
                if let Some(sentence) = policy_path::path_fault(self.subject.name, path) {
                    self.fault(["resource_policy", &index, "paths", &number.to_string()], sentence);
                }
            }
        }
        let characters = serde_json::to_string(statements).map_or(0, |text| text.chars().count());
        if characters > MAX_CHARACTERS {
            let sentence =
                format!("the policy has about {characters} characters, and API Gateway takes {MAX_CHARACTERS}");
            self.fault(["resource_policy"], sentence);
        }
    }
}

/// Whether conditions, an operator or a list of values is empty.
fn has_empty(conditions: &Map<String, Value>) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Object(table) => has_empty(table),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    conditions.is_empty() || conditions.values().any(is_empty)
}

fn is_account(principal: &str) -> bool {
    principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::sentences_of;

    #[test]
    fn a_policy_that_api_gateway_does_not_take_is_a_fault() {
        for (stage, expected) in [
            ("api = \"http\"\nresource_policy = [{}]", "only a REST API has a resource policy"),
            ("resource_policy = [{ principals = [\"bob\"] }]", "`bob` is no principal"),
            ("resource_policy = [{ principals = [] }]", "`principals` is empty"),
            ("resource_policy = [{ paths = [] }]", "`paths` is empty"),
            ("resource_policy = [{ conditions = {} }]", "without a key or a value"),
            ("resource_policy = [{ conditions = { IpAddress = {} } }]", "without a key or a value"),
            (
                "resource_policy = [{ conditions = { IpAddress = { \"aws:SourceIp\" = [] } } }]",
                "without a key or a value",
            ),
            ("resource_policy = [{ paths = [\"/items\"] }]", "begins with the stage"),
            ("resource_policy = [{ paths = [\"arn:aws:execute-api:x\"] }]", "begins with the stage"),
            ("resource_policy = [{ paths = [\"*\", \"prod/GET/x\"] }]", "`prod/GET/x` is of another stage"),
            (
                "resource_policy = [{ conditions = { IpAdress = { \"aws:SourceIp\" = \"10.0.0.1\" } } }]",
                "did you mean `IpAddress`?",
            ),
            (
                "resource_policy = [{ conditions = { IpAddress = { \"aws:SourceIp\" = \"10.0.0.0/33\" } } }]",
                "`10.0.0.0/33` is no IP address",
            ),
            (&format!("resource_policy = [{{ paths = [\"dev/{}\"] }}]", "a".repeat(9_000)), "API Gateway takes 8192"),
        ] {
            let found = sentences_of(stage);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{stage}: {found:?}");
        }
        let whole = "resource_policy = [{ effect = \"deny\", principals = [\"123456789012\", \"*\"], paths = [\"${stage}/GET/*\"] }]";
        assert_eq!(sentences_of(whole), [] as [&str; 0]);
    }
}
