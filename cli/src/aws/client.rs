//! Credentials and clients: one HTTP client for all services and regions, one client per service and region.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};

use super::{Error, operator};

/// How often a call is tried in all.
const ATTEMPTS: u32 = 6;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one try may take, the upload of a part included.
const ATTEMPT: Duration = Duration::from_secs(300);

/// Whose AWS, and where it answers.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) profile: Option<String>,
    pub(crate) endpoint_url: Option<String>,
    pub(crate) environment: BTreeMap<OsString, OsString>,
}

/// AWS with credentials, before a region is chosen.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    config: SdkConfig,
    endpoint_url: Option<String>,
    operator: Arc<str>,
}

/// Who calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// The clients of one region; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Region(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    config: SdkConfig,
    endpoint_url: Option<String>,
    operator: Arc<str>,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
}

impl Aws {
    /// Finds credentials where the SDK finds them: environment, profile, SSO, container, instance.
    pub(crate) async fn new(access: &Access) -> Self {
        let http = Builder::new().build_with_connector_fn(|settings, _| {
            let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
        });
        let retry = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(retry)
            .timeout_config(timeouts);
        // A region for what the credentials themselves may need; every call names its own.
        if let Some(profile) = &access.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &access.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let config = loader.load().await;
        let named = access.environment.get(&OsString::from("AWS_ENDPOINT_URL"));
        let named = named.and_then(|url| url.to_str()).filter(|url| !url.is_empty()).map(str::to_owned);
        Self {
            endpoint_url: access.endpoint_url.clone().or(named),
            config,
            operator: operator::operator(&access.environment).into(),
        }
    }

    /// The clients of a region.
    pub(crate) fn in_region(&self, region: &str) -> Region {
        let config = self.config.to_builder().region(aws_config::Region::new(region.to_owned())).build();
        Region(Arc::new(Inner {
            name: region.to_owned(),
            config,
            endpoint_url: self.endpoint_url.clone(),
            operator: Arc::clone(&self.operator),
            cloudformation: OnceLock::new(),
            s3: OnceLock::new(),
            lambda: OnceLock::new(),
        }))
    }
}

impl Region {
    /// `eu-west-1`.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Where AWS answers, if not at its own endpoints.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.0.endpoint_url.as_deref()
    }

    /// Whoever runs this command, as tokens tell it.
    pub(crate) fn operator(&self) -> &str {
        &self.0.operator
    }

    /// Who calls: the account is part of the bucket's name.
    pub(crate) async fn caller(&self) -> Result<Caller, Error> {
        let answer = aws_sdk_sts::Client::new(&self.0.config).get_caller_identity().send().await;
        let answer =
            answer.map_err(|error| Error::of("sts:GetCallerIdentity", self.name(), "the credentials", &error))?;
        Ok(Caller {
            account: answer.account().unwrap_or_default().to_owned(),
            arn: answer.arn().unwrap_or_default().to_owned(),
        })
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.0.config
    }

    pub(super) fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.0.cloudformation.get_or_init(|| aws_sdk_cloudformation::Client::new(&self.0.config))
    }

    pub(super) fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.0.lambda.get_or_init(|| aws_sdk_lambda::Client::new(&self.0.config))
    }

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.0.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.0.config)
                // Names of buckets resolve to AWS only.
                .force_path_style(self.0.endpoint_url.is_some())
                .build();
            aws_sdk_s3::Client::from_conf(config)
        })
    }
}
