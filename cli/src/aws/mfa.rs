//! Roles that ask for the code of a device (`mfa_serial`), which the SDK leaves out.

use std::sync::Arc;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use super::{Aws, Error, call::Call};

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
        let answer = call.send(assume.send()).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, served};

    #[tokio::test]
    async fn the_role_is_assumed_with_device_and_code_and_signs_what_follows() {
        let assumed = "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                       <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>";
        let caller = "<Account>123456789012</Account><Arn>arn:aws:sts::123456789012:assumed-role/deployer/x</Arn>";
        let answers = vec![Canned::result("AssumeRole", assumed), Canned::result("GetCallerIdentity", caller)];
        let (aws, asked) = served(answers).await;
        let device = Device {
            profile: "careful".to_owned(),
            serial: "arn:aws:iam::123456789012:mfa/alice".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/deployer".to_owned(),
            source: Source::Keys(Credentials::new("AKIABASE", "s", None, None, "test")),
            session_name: None,
            external_id: Some("outside".to_owned()),
            seconds: Some(7200),
        };
        let role = aws.with_code(&device, "123456").await.unwrap();
        assert_eq!(role.in_region("eu-west-1").caller().await.unwrap().account, "123456789012");
        let request = &asked.all()[0];
        for part in [
            "SerialNumber=arn%3Aaws%3Aiam%3A%3A123456789012%3Amfa%2Falice",
            "TokenCode=123456",
            "ExternalId=outside",
            "DurationSeconds=7200",
        ] {
            assert!(request.contains(part), "no `{part}`: {request}");
        }
    }
}
