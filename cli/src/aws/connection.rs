//! Credentials, endpoints, retries and timeouts, once for all regions.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::EnvironmentVariableRegionProvider,
    identity::IdentityCache,
    meta::region::RegionProviderChain,
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
    retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    Device, Error, Notices, certificates,
    connector::{READ, http_client},
    credentials::LOAD_TIMEOUT,
    error::Call,
    feature::Refused,
    operator,
    profile::Profile,
    proxy::Proxies,
};
use crate::regions;

/// Where credentials are fetched from (STS, the Identity Center) when neither environment nor profile names a region.
const FALLBACK_REGION: &str = "us-east-1";
/// How often a call is made before its failure counts. Sixteen seconds of throttling pass in between.
pub(super) const ATTEMPTS: u32 = 6;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// Three attempts that get no answer at all; those that AWS refuses for a while end sooner.
const OPERATION: Duration = Duration::from_secs(100);

/// How AWS is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// The profile of the command line or the settings.
    pub(crate) profile: Option<String>,
    /// `--endpoint-url`; beats the SDK's own `AWS_ENDPOINT_URL`.
    pub(crate) endpoint_url: Option<String>,
    /// The environment of whoever typed the command.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// Reports that an endpoint does not answer.
    pub(crate) notices: Notices,
}

/// AWS as the caller's credentials open it.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    pub(super) shared: Arc<SdkConfig>,
    /// Where S3 is stood in for.
    s3_endpoint: Option<String>,
    /// Whoever runs this command.
    pub(super) operator: Arc<str>,
    /// The device whose code the profile's role asks for.
    pub(super) device: Option<Device>,
    /// What renews the session of the profile.
    pub(super) renewal: Option<Arc<str>>,
    /// What regions turned out to lack.
    refused: Arc<Refused>,
}

impl Aws {
    /// Loads the configuration; asks nobody for credentials yet.
    pub(crate) async fn new(access: &Access) -> Result<Self, Error> {
        if let Some(url) = access.endpoint_url.as_deref().filter(|url| !is_address(url)) {
            return Err(Error::Endpoint { url: url.to_owned() });
        }
        if let Some(url) = variable(&access.environment, "AWS_ENDPOINT_URL").filter(|url| !is_address(url)) {
            return Err(Error::Endpoint { url });
        }
        let proxies = Proxies::from_environment(&access.environment)?;
        let profile = Profile::load(access.profile.as_deref()).await;
        let http_client = http_client(trusted(access, profile.as_ref())?, proxies, access.notices.clone());
        let mut profile_region = ProfileFileRegionProvider::builder();
        if let Some(profile) = &access.profile {
            profile_region = profile_region.profile_name(profile);
        }
        // The SDK's default chain would end by asking the metadata service of an EC2 instance, for seconds.
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(profile_region.build())
            .or_else(FALLBACK_REGION)
            .region()
            .await;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(region.clone())
            .http_client(http_client.clone())
            .identity_cache(IdentityCache::lazy().load_timeout(LOAD_TIMEOUT).build())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS)
                    .with_initial_backoff(FIRST_BACKOFF)
                    .with_max_backoff(MAX_BACKOFF),
            )
            .timeout_config(timeouts())
            .stalled_stream_protection(
                StalledStreamProtectionConfig::enabled().grace_period(Duration::from_secs(30)).build(),
            );
        if let Some(profile) = &access.profile {
            // The SDK's default chain would let the environment's keys win over a profile that somebody named.
            let configuration = ProviderConfig::default().with_region(region).with_http_client(http_client);
            let credentials =
                ProfileFileCredentialsProvider::builder().configure(&configuration).profile_name(profile).build();
            loader = loader.profile_name(profile).credentials_provider(credentials);
        }
        if let Some(url) = &access.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let shared = loader.load().await;
        let s3_endpoint = access
            .endpoint_url
            .clone()
            .or_else(|| variable(&access.environment, "AWS_ENDPOINT_URL_S3"))
            .or_else(|| shared.endpoint_url().map(str::to_owned))
            .filter(|url| !is_of_aws(url));
        // Keys of the environment win over a profile that nobody named for this run.
        let profile = profile.filter(|_| access.profile.is_some() || !has_keys(&access.environment));
        Ok(Self {
            shared: Arc::new(shared),
            s3_endpoint,
            operator: operator::operator(&access.environment).into(),
            device: profile.as_ref().and_then(Profile::device),
            renewal: profile.as_ref().and_then(Profile::renewal).map(Arc::from),
            refused: Arc::default(),
        })
    }

    /// What providers of credentials need beside a profile.
    pub(super) fn provider_config(&self) -> ProviderConfig {
        let config = ProviderConfig::default().with_region(self.shared.region().cloned());
        match self.shared.http_client() {
            Some(http_client) => config.with_http_client(http_client),
            None => config,
        }
    }

    /// What a test serves on loopback, with credentials that open nothing and retries that do not wait.
    #[cfg(test)]
    pub(crate) fn served(endpoint: &str) -> Self {
        Self::served_with(endpoint, Notices::default(), timeouts())
    }

    /// The same, with notices of what does not answer.
    #[cfg(test)]
    pub(super) fn served_with(endpoint: &str, notices: Notices, timeouts: TimeoutConfig) -> Self {
        let credentials = aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(FALLBACK_REGION))
            .http_client(http_client(None, Proxies::none(), notices))
            .timeout_config(timeouts)
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
            .retry_config(
                RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(1)),
            )
            .endpoint_url(endpoint)
            .build();
        Self {
            shared: Arc::new(shared),
            s3_endpoint: Some(endpoint.to_owned()),
            operator: "test".into(),
            device: None,
            renewal: None,
            refused: Arc::default(),
        }
    }

    /// The same credentials and connections, in one region.
    pub(crate) fn in_region(&self, name: &str) -> Region {
        Region { inner: Arc::new(Inner { name: name.to_owned(), aws: self.clone(), clients: Clients::default() }) }
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).read_timeout(READ).operation_timeout(OPERATION).build()
}

/// The certificates that count in place of the system's.
fn trusted(access: &Access, profile: Option<&Profile>) -> Result<Option<TlsContext>, Error> {
    let variable = value(&access.environment, "AWS_CA_BUNDLE").map(PathBuf::from);
    let named = variable.map(|path| ("AWS_CA_BUNDLE", path));
    let named = named.or_else(|| Some(("ca_bundle", profile?.ca_bundle()?)));
    named.map(|(origin, path)| certificates::trusted(origin, &path)).transpose()
}

/// Whether the environment has keys.
fn has_keys(environment: &BTreeMap<OsString, OsString>) -> bool {
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].iter().all(|name| value(environment, name).is_some())
}

/// A variable that is set and not empty.
fn value<'a>(environment: &'a BTreeMap<OsString, OsString>, name: &str) -> Option<&'a OsStr> {
    environment.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
}

/// `http://127.0.0.1:4566`.
fn is_address(url: &str) -> bool {
    let parsed = url.parse::<http::Uri>();
    parsed.is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some())
}

/// An endpoint of the environment's, if those count at all.
fn variable(environment: &BTreeMap<OsString, OsString>, name: &str) -> Option<String> {
    let value = |name: &str| environment.get(OsStr::new(name)).and_then(|value| value.to_str());
    if value("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return None;
    }
    value(name).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Whether an endpoint that was named is one of AWS's own, such as a VPC endpoint.
fn is_of_aws(url: &str) -> bool {
    let host = url.split("://").last().unwrap_or(url).split(['/', ':']).next().unwrap_or_default();
    regions::is_endpoint_of_aws(host)
}

/// One region of the account; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    aws: Aws,
    clients: Clients,
}

/// Made when they are first needed.
#[derive(Debug, Default)]
struct Clients {
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// Whose credentials these are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// Twelve digits.
    pub(crate) account: String,
    /// The user or the assumed role.
    pub(crate) arn: String,
}

/// A client of a service in this region, made once.
macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(super) fn $name(&self) -> &$sdk::Client {
            self.inner.clients.$name.get_or_init(|| {
                let config = $sdk::config::Builder::from(&*self.inner.aws.shared)
                    .region($sdk::config::Region::new(self.inner.name.clone()));
                $sdk::Client::from_conf(config.build())
            })
        }
    };
}

impl Region {
    client!(cloudformation, aws_sdk_cloudformation);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(lambda, aws_sdk_lambda);
    client!(logs, aws_sdk_cloudwatchlogs);
    client!(sts, aws_sdk_sts);

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.inner.clients.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&*self.inner.aws.shared)
                .region(aws_sdk_s3::config::Region::new(self.inner.name.clone()))
                // What stands in for AWS has no name for every bucket.
                .force_path_style(self.s3_endpoint().is_some());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// Where S3 is stood in for, if it is.
    pub(super) fn s3_endpoint(&self) -> Option<&str> {
        self.inner.aws.s3_endpoint.as_deref()
    }

    /// `eu-west-1`.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// Another region of the same account.
    pub(crate) fn in_region(&self, name: &str) -> Self {
        self.inner.aws.in_region(name)
    }

    /// Where AWS is stood in for, if it is.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.inner.aws.shared.endpoint_url().filter(|url| !is_of_aws(url))
    }

    /// Whoever runs this command, as the tokens of its changes tell it.
    pub(crate) fn operator(&self) -> &str {
        &self.inner.aws.operator
    }

    /// What regions turned out to lack in this run.
    pub(super) fn refused_features(&self) -> &Refused {
        &self.inner.aws.refused
    }

    /// A token for one change.
    pub(super) fn token(&self) -> String {
        operator::token(self.operator())
    }

    /// Whose credentials these are: one call.
    pub(crate) async fn caller(&self) -> Result<Caller, Error> {
        let call = self.call("sts:GetCallerIdentity", "");
        let answer = call.send(self.sts().get_caller_identity().send()).await?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Caller { account, arn }),
            (account, arn) => Err(Error::odd(call, None, format!("account {account:?}, arn {arn:?}").as_bytes())),
        }
    }

    /// Names a call for the error that it may end in.
    pub(super) fn call(&self, operation: &'static str, resource: &str) -> Call {
        let endpoint = if operation.starts_with("s3:") { self.s3_endpoint() } else { self.endpoint_url() };
        Call {
            operation,
            region: self.inner.name.clone(),
            resource: resource.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            renewal: self.inner.aws.renewal.clone(),
        }
    }
}

impl Call {
    /// Waits for the call; what went wrong knows which call it was.
    pub(super) async fn send<O, E>(
        &self,
        call: impl Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    ) -> Result<O, Error>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        call.await.map_err(|error| Error::new(self.clone(), error))
    }

    /// For a request that could not even be put together.
    pub(super) fn build_error(&self) -> impl FnOnce(aws_smithy_types::error::operation::BuildError) -> Error {
        let call = self.clone();
        move |error| Error::Unanswered { call, route: None, source: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    #[test]
    fn an_endpoint_of_aws_stands_in_for_nothing() {
        for url in ["https://vpce-1.s3.eu-west-1.vpce.amazonaws.com", "https://s3.cn-north-1.amazonaws.com.cn/"] {
            assert!(is_of_aws(url), "{url}");
        }
        for url in ["http://127.0.0.1:4566", "http://localhost:4566/", "https://amazonaws.com.example.org"] {
            assert!(!is_of_aws(url), "{url}");
        }
    }

    #[tokio::test]
    async fn throttling_faults_and_resets_are_outlived() {
        let caller = "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ci</Arn>";
        let answers = vec![
            Canned::error(400, "Throttling", "Rate exceeded"),
            Canned::error(500, "InternalFailure", ""),
            Canned::Reset,
            Canned::result("GetCallerIdentity", caller),
        ];
        let (region, asked) = region("eu-west-1", answers).await;
        assert_eq!(region.caller().await.unwrap().account, "123456789012");
        assert_eq!(asked.actions().len(), 4);
    }

    #[tokio::test]
    async fn a_refusal_carries_what_aws_said() {
        let denied =
            "User: arn:aws:iam::1:user/ci is not authorized to perform: sts:GetCallerIdentity because of a deny";
        let (region, _) = region("eu-west-1", vec![Canned::error(403, "AccessDenied", denied)]).await;
        let error = region.caller().await.unwrap_err();
        assert!(error.is_denied());
        assert_eq!(
            error.to_string(),
            format!("sts:GetCallerIdentity in eu-west-1: AccessDenied: {denied} (status 403, request id request-1)")
        );
        assert!(error.hint().unwrap().contains("must allow `sts:GetCallerIdentity`;"));
    }

    #[tokio::test]
    async fn an_answer_of_something_else_is_shown() {
        let html = Canned::Answer {
            status: 403,
            headers: vec![("content-type", "text/html")],
            body: "<html>Proxy\n login".to_owned(),
        };
        let (region, _) = region("eu-west-1", vec![html]).await;
        let error = region.caller().await.unwrap_err();
        assert_eq!(error.to_string(), "sts:GetCallerIdentity in eu-west-1: the response cannot be parsed (status 403)");
        assert_eq!(error.hint().unwrap(), "the response begins: <html>Proxy login");
    }
}
