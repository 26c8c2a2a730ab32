//! Roles that ask for the code of a device (`mfa_serial`), which the SDK leaves out.

use std::sync::Arc;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use super::{Aws, Error, error::Call};

/// The device of a profile's role, and the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Device {
    /// The profile's name.
    pub(crate) profile: String,
    /// The ARN or serial number of the device.
    pub(crate) serial: String,
    pub(super) role_arn: String,
    pub(super) source: Source,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    /// How long the session lasts; an hour if nothing is said.
    pub(super) seconds: Option<i32>,
}

/// Who assumes the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// Another profile.
    Profile(String),
    /// Keys of the same profile.
    Keys(Credentials),
}

impl Aws {
    /// The device whose code the profile's role asks for.
    pub(crate) fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// Assumes the role with the device's code; from here on all calls are made as that role.
    pub(crate) async fn with_code(mut self, device: &Device, code: &str) -> Result<Self, Error> {
        let source = match &device.source {
            Source::Keys(keys) => SharedCredentialsProvider::new(keys.clone()),
            Source::Profile(name) => SharedCredentialsProvider::new(
                ProfileFileCredentialsProvider::builder().configure(&self.provider_config()).profile_name(name).build(),
            ),
        };
        let config = self.shared.to_builder().credentials_provider(source).build();
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let resource = device.role_arn.clone();
        let endpoint = self.shared.endpoint_url().map(str::to_owned);
        let call = Call { operation: "sts:AssumeRole", region, resource, endpoint, renewal: self.renewal.clone() };
        let session = device.session_name.clone().unwrap_or_else(|| format!("zappa-rs-{}", self.operator));
        let assume = aws_sdk_sts::Client::new(&config)
            .assume_role()
            .role_arn(&device.role_arn)
            .role_session_name(session.chars().take(64).collect::<String>())
            .set_external_id(device.external_id.clone())
            .set_duration_seconds(device.seconds)
            .serial_number(&device.serial)
            .token_code(code);
        let answer = call.made(assume.send()).await?;
        let Some(found) = answer.credentials else { return Err(Error::odd(call, None, b"no credentials")) };
        let expiry = std::time::SystemTime::try_from(found.expiration).ok();
        let credentials = Credentials::new(
            found.access_key_id,
            found.secret_access_key,
            Some(found.session_token),
            expiry,
            "AssumeRoleWithMfa",
        );
        let shared = self.shared.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build();
        self.shared = Arc::new(shared);
        self.device = None;
        Ok(self)
    }
}
