//! What the function may read of Systems Manager and Secrets Manager: the secrets of the settings.

use serde_json::{Value, json};
use zappa_rs_adapter::contract::secret::{Reference, Store};

use super::Input;

/// The characters that Secrets Manager appends to the name in an ARN: a hyphen and six.
const SUFFIX: &str = "-??????";

/// The statements of the function's role.
pub(super) fn statements(input: &Input<'_>) -> Vec<Value> {
    let references: Vec<Reference<'_>> =
        input.stage.secrets.values().filter_map(|text| Reference::parse(text).ok()).collect();
    let arns = |is_meant: fn(Store<'_>) -> bool| {
        let mut arns: Vec<Value> =
            references.iter().filter(|reference| is_meant(reference.store)).flat_map(arns).collect();
        arns.sort_by_key(Value::to_string);
        arns.dedup();
        arns
    };
    let parameters = arns(|store| store == Store::Parameter);
    let below = arns(|store| store == Store::Path);
    let secrets = arns(|store| matches!(store, Store::Secret { .. }));
    let mut statements = Vec::new();
    let mut allow = |id: &str, actions: &[&str], resources: &[Value]| {
        if !resources.is_empty() {
            statements.push(json!({ "Sid": id, "Effect": "Allow", "Action": actions, "Resource": resources }));
        }
    };
    allow("Parameters", &["ssm:GetParameters"], &parameters);
    allow("ParametersBelow", &["ssm:GetParametersByPath"], &below);
    allow("Secrets", &["secretsmanager:GetSecretValue"], &secrets);
    if !secrets.is_empty() {
        // It knows no resources; what it returns is bounded by the statement before.
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
        allow("SecretBatches", &["secretsmanager:BatchGetSecretValue"], &[json!("*")]);
    }
    let all_parameters = [parameters, below].concat();
    statements.extend(decryption(input, "ParameterKeys", "ssm", "PARAMETER_ARN", &all_parameters));
    statements.extend(decryption(input, "SecretKeys", "secretsmanager", "SecretARN", &secrets));
    statements
}

/// Decryption by customer managed keys, through one service and for these values only.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html>
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>
fn decryption(input: &Input<'_>, id: &str, service: &str, context: &str, arns: &[Value]) -> Option<Value> {
    let keys = &input.stage.secrets_kms_keys;
    (!keys.is_empty() && !arns.is_empty()).then(|| {
        json!({
            "Sid": id,
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": keys,
            "Condition": {
                "StringLike": {
                    "kms:ViaService": format!("{service}.*.amazonaws.com*"),
                    format!("kms:EncryptionContext:{context}"): arns,
                },
            },
        })
    })
}

/// The ARNs of a reference, as patterns of IAM.
fn arns(reference: &Reference<'_>) -> Vec<Value> {
    let own = |service: &str, resource: &str| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}") });
    let name = reference.name;
    match (reference.store, reference.arn()) {
        (Store::Secret { .. }, None) => vec![own("secretsmanager", &format!("secret:{name}{SUFFIX}"))],
        // An ARN may be given with its last six characters or without them, and a name may end like them.
        (Store::Secret { .. }, Some(_)) if has_suffix(name) => vec![json!(name), json!(format!("{name}{SUFFIX}"))],
        (Store::Secret { .. }, Some(_)) => vec![json!(format!("{name}{SUFFIX}"))],
        (Store::Parameter, None) => vec![own("ssm", &parameter(without_selector(name)))],
        (Store::Parameter, Some(arn)) => {
            let start = name.len() - arn.resource.len();
            vec![json!(format!("{}{}", &name[..start], without_selector(arn.resource)))]
        }
        (Store::Path, None) => {
            let path = parameter(name);
            vec![own("ssm", &path), own("ssm", &format!("{path}/*"))]
        }
        (Store::Path, Some(_)) => vec![json!(name), json!(format!("{name}/*"))],
    }
}

/// The resource of a parameter: a path has its slash already.
fn parameter(name: &str) -> String {
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("parameter{slash}{name}")
}

/// A name without its version or label: `/shop/db:3`.
fn without_selector(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

/// Whether an ARN ends as Secrets Manager ends them.
fn has_suffix(arn: &str) -> bool {
    let end = arn.rsplit_once('-').map_or("", |(_, end)| end);
    end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arns_of(text: &str) -> Value {
        json!(arns(&Reference::parse(text).unwrap()))
    }

    #[test]
    fn each_reference_allows_its_own_value() {
        let own = |rest: &str| json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:{rest}") });
        let ssm = "ssm:${AWS::Region}:${AWS::AccountId}:parameter";
        assert_eq!(arns_of("ssm:/shop/db:3"), json!([own(&format!("{ssm}/shop/db"))]));
        assert_eq!(arns_of("ssm:plain"), json!([own(&format!("{ssm}/plain"))]));
        assert_eq!(arns_of("ssm:/shop/*"), json!([own(&format!("{ssm}/shop")), own(&format!("{ssm}/shop/*"))]));
        let secret = "secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:shop/stripe-??????";
        assert_eq!(arns_of("secretsmanager:shop/stripe#key"), json!([own(secret)]));
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/far";
        assert_eq!(arns_of(&format!("ssm:{arn}:2")), json!([arn]));
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:my-secret";
        assert_eq!(arns_of(&format!("secretsmanager:{arn}")), json!([arn, format!("{arn}-??????")]));
        assert_eq!(arns_of(&format!("secretsmanager:{arn}s")), json!([format!("{arn}s-??????")]));
    }
}
