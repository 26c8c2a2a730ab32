//! Credentials and endpoints, once for all regions.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::EnvironmentVariableRegionProvider,
    identity::IdentityCache,
    meta::region::RegionProviderChain,
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
    stalled_stream_protection::StalledStreamProtectionConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::{
    Device, Error, Notices, Region, certificates, connector::http_client, credentials::LOAD_TIMEOUT, feature::Refused,
    operator, profile::Profile, proxy::Proxies, timeout,
};
use crate::regions;

/// Where credentials are fetched from (STS, the Identity Center) when neither environment nor profile names a region.
const FALLBACK_REGION: &str = "us-east-1";
/// How AWS is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// The profile of the command line or the settings.
    pub(crate) profile: Option<String>,
    /// `--endpoint-url`; beats the SDK's own `AWS_ENDPOINT_URL`.
    pub(crate) endpoint_url: Option<String>,
    /// The environment of the command.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// Reports that an endpoint does not answer.
    pub(crate) notices: Notices,
}

impl Access {
    /// The file of certificates that connections trust, with what names it; `None` if they trust the system's.
    ///
    /// # Errors
    /// The file cannot be read, or has no certificate.
    pub(crate) async fn certificates(&self) -> Result<Option<(&'static str, PathBuf)>, Error> {
        let profile = Profile::load(self.profile.as_deref()).await;
        // Where the TLS library finds the system's.
        let system = || Some(("SSL_CERT_FILE", value(&self.environment, "SSL_CERT_FILE").map(PathBuf::from)?));
        let named = named_certificates(self, profile.as_ref()).or_else(system);
        if let Some((origin, path)) = &named {
            certificates::read_certificates(origin, path)?;
        }
        Ok(named)
    }
}

/// AWS as the caller's credentials open it.
#[derive(Clone, Debug)]
pub(crate) struct Aws {
    pub(super) shared: Arc<SdkConfig>,
    /// The S3 endpoint of an emulator.
    pub(super) s3_endpoint: Option<String>,
    /// Who runs this command.
    pub(super) operator: Arc<str>,
    /// The device whose code the profile's role asks for.
    pub(super) device: Option<Device>,
    /// What renews the session of the profile.
    pub(super) renewal: Option<Arc<str>>,
    /// The features that regions were found to lack.
    pub(super) refused: Arc<Refused>,
}

impl Aws {
    /// Loads the configuration; resolves no credentials yet.
    pub(crate) async fn new(access: &Access) -> Result<Self, Error> {
        if let Some(url) = access.endpoint_url.as_deref().filter(|url| !is_address(url)) {
            return Err(Error::Endpoint { url: url.to_owned() });
        }
        if let Some(url) = variable(&access.environment, "AWS_ENDPOINT_URL").filter(|url| !is_address(url)) {
            return Err(Error::Endpoint { url });
        }
        let proxies = Proxies::from_environment(&access.environment)?;
        let profile = Profile::load(access.profile.as_deref()).await;
        let http_client = http_client(load_certificates(access, profile.as_ref())?, proxies, access.notices.clone());
        let shared = load(access, http_client).await;
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

    /// An emulator, with the keys of the environment or, without any, with those that emulators expect. A profile is not
    /// asked: what it opens is not the emulator's business.
    pub(crate) fn emulator(access: &Access) -> Result<Self, Error> {
        let endpoint = access.endpoint_url.clone().or_else(|| variable(&access.environment, "AWS_ENDPOINT_URL"));
        let endpoint = endpoint.unwrap_or_default();
        if !is_address(&endpoint) {
            return Err(Error::Endpoint { url: endpoint });
        }
        if is_of_aws(&endpoint) {
            return Err(Error::NotAnEmulator { url: endpoint });
        }
        let key = |name: &str| value(&access.environment, name).and_then(OsStr::to_str).unwrap_or("test");
        let credentials = aws_credential_types::Credentials::new(
            key("AWS_ACCESS_KEY_ID"),
            key("AWS_SECRET_ACCESS_KEY"),
            None,
            None,
            "environment",
        );
        let proxies = Proxies::from_environment(&access.environment)?;
        let http_client = http_client(load_certificates(access, None)?, proxies, access.notices.clone());
        Ok(Self::with_credentials(&endpoint, credentials, http_client, timeout::ordinary(), Duration::from_millis(100)))
    }

    /// What a test serves on loopback, with credentials that open nothing and retries that do not wait.
    #[cfg(test)]
    pub(crate) fn served(endpoint: &str) -> Self {
        Self::served_with(endpoint, Notices::default(), timeout::ordinary())
    }

    /// The same, with notices of what does not answer.
    #[cfg(test)]
    pub(super) fn served_with(endpoint: &str, notices: Notices, timeouts: TimeoutConfig) -> Self {
        let credentials = aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let http_client = http_client(None, Proxies::none(), notices);
        Self::with_credentials(endpoint, credentials, http_client, timeouts, Duration::from_millis(1))
    }

    fn with_credentials(
        endpoint: &str,
        credentials: aws_credential_types::Credentials,
        http_client: SharedHttpClient,
        timeouts: TimeoutConfig,
        backoff: Duration,
    ) -> Self {
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(FALLBACK_REGION))
            .http_client(http_client)
            .timeout_config(timeouts)
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
            .retry_config(timeout::retries().with_initial_backoff(backoff))
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
        Region::new(self, name)
    }
}

/// Loads the SDK's configuration for the whole run: region, credentials, endpoint, retries, timeouts.
async fn load(access: &Access, http_client: SharedHttpClient) -> SdkConfig {
    let region = default_region(access.profile.as_deref()).await;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(region.clone())
        .http_client(http_client.clone())
        .identity_cache(IdentityCache::lazy().load_timeout(LOAD_TIMEOUT).build())
        .retry_config(timeout::retries())
        .timeout_config(timeout::ordinary())
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
    loader.load().await
}

/// The region of the environment, of the profile, or the fallback, in this order.
async fn default_region(profile: Option<&str>) -> Option<aws_config::Region> {
    let mut profile_region = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        profile_region = profile_region.profile_name(profile);
    }
    // The SDK's default chain would end by asking the metadata service of an EC2 instance, for seconds.
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile_region.build())
        .or_else(FALLBACK_REGION)
        .region()
        .await
}

/// The certificates that count in place of the system's.
fn load_certificates(access: &Access, profile: Option<&Profile>) -> Result<Option<TlsContext>, Error> {
    let named = named_certificates(access, profile);
    named.map(|(origin, path)| certificates::read_certificates(origin, &path)).transpose()
}

/// The file of certificates that count in place of the system's, with what names it.
fn named_certificates(access: &Access, profile: Option<&Profile>) -> Option<(&'static str, PathBuf)> {
    let variable = value(&access.environment, "AWS_CA_BUNDLE").map(PathBuf::from);
    let named = variable.map(|path| ("AWS_CA_BUNDLE", path));
    named.or_else(|| Some(("ca_bundle", profile?.ca_bundle()?)))
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
pub(super) fn is_of_aws(url: &str) -> bool {
    let authority = url.split("://").last().unwrap_or(url).split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    regions::is_endpoint_of_aws(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_aws_stands_in_for_nothing() {
        for url in [
            "http://sqs.us-east-1.amazonaws.com.",
            "https://a:b@SQS.us-east-1.amazonaws.com:443/",
            "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn/",
        ] {
            assert!(is_of_aws(url), "{url}");
        }
        for url in ["http://127.0.0.1:4566", "http://localhost:4566/", "https://amazonaws.com.example.org"] {
            assert!(!is_of_aws(url), "{url}");
        }
    }
}
