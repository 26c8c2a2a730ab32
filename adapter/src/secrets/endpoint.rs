//! Where the services are, and who calls them: from the environment, as Lambda sets it.

use aws_credential_types::Credentials;
use http::Uri;

use super::SecretsError;

/// A service that stores secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    Ssm,
    SecretsManager,
}

impl Service {
    /// The name in hosts and signatures.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
        }
    }

    /// The name before operations in the header `x-amz-target`.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Ssm => "AmazonSSM",
            Self::SecretsManager => "secretsmanager",
        }
    }

    fn endpoint_variable(self) -> &'static str {
        match self {
            Self::Ssm => "AWS_ENDPOINT_URL_SSM",
            Self::SecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        }
    }
}

/// Reads variables of the environment; an empty one counts as absent.
pub(super) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The region of the process.
pub(super) fn region(variables: &Variables) -> Result<String, SecretsError> {
    let region = variables("AWS_REGION").or_else(|| variables("AWS_DEFAULT_REGION"));
    region.ok_or_else(|| {
        SecretsError::environment("`AWS_REGION` is not set: the region of the secrets is unknown".into())
    })
}

/// The credentials of the process: those of the function's role on Lambda.
pub(super) fn credentials(variables: &Variables) -> Result<Credentials, SecretsError> {
    let (Some(id), Some(key)) = (variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY")) else {
        return Err(SecretsError::environment(
            "the environment has no AWS credentials to read the secrets with: `AWS_ACCESS_KEY_ID` and \
             `AWS_SECRET_ACCESS_KEY` (under `zappa-rs local`, put the values into the env file or start it \
             `--with-credentials`)"
                .into(),
        ));
    };
    Ok(Credentials::new(id, key, variables("AWS_SESSION_TOKEN"), None, "environment"))
}

/// The URL of a service in a region; endpoints of the environment win, as for AWS's SDKs.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
pub(super) fn url(service: Service, region: &str, variables: &Variables) -> Result<Uri, SecretsError> {
    let own = variables(service.endpoint_variable()).or_else(|| variables("AWS_ENDPOINT_URL"));
    let url = own.unwrap_or_else(|| format!("https://{}.{region}.{}/", service.name(), suffix(region)));
    let parsed = url.parse().ok().filter(|url: &Uri| url.host().is_some() && url.scheme().is_some());
    parsed.ok_or_else(|| SecretsError::environment(format!("`{url}` is no URL of an endpoint")))
}

/// The domain of a region's partition.
fn suffix(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_the_environment_wins() {
        let none: &Variables = &|_| None;
        let url_of =
            |region, variables: &Variables| url(Service::SecretsManager, region, variables).unwrap().to_string();
        assert_eq!(url_of("eu-west-1", none), "https://secretsmanager.eu-west-1.amazonaws.com/");
        assert_eq!(url_of("cn-north-1", none), "https://secretsmanager.cn-north-1.amazonaws.com.cn/");
        assert_eq!(url_of("eusc-de-east-1", none), "https://secretsmanager.eusc-de-east-1.amazonaws.eu/");
        let all: &Variables = &|name| (name == "AWS_ENDPOINT_URL").then(|| "http://127.0.0.1:4566".to_owned());
        assert_eq!(url_of("eu-west-1", all), "http://127.0.0.1:4566/");
        let both: &Variables =
            &|name| Some(if name == "AWS_ENDPOINT_URL" { "http://a" } else { "http://b" }.to_owned());
        assert_eq!(url_of("eu-west-1", both), "http://b/");
    }

    #[test]
    fn what_the_environment_lacks_is_named() {
        let none: &Variables = &|_| None;
        assert!(region(none).unwrap_err().to_string().contains("`AWS_REGION` is not set"));
        assert!(credentials(none).unwrap_err().to_string().contains("`AWS_ACCESS_KEY_ID`"));
        let wrong: &Variables = &|_| Some("nonsense".to_owned());
        assert!(url(Service::Ssm, "eu-west-1", wrong).unwrap_err().to_string().contains("`nonsense` is no URL"));
    }
}
