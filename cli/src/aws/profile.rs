//! The profile of the AWS configuration files that a run uses: what the SDK does not do for it by itself.

use std::{borrow::Cow, path::PathBuf};

use aws_config::profile::{Profile as Section, ProfileSet};
use aws_credential_types::Credentials;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::mfa::{Device, Source};
use crate::suggestion;

/// A chain of `source_profile` that is longer than this is none.
const MAX_CHAIN_LEN: usize = 10;

/// The configuration files, with one profile of them chosen.
#[derive(Debug)]
pub(super) struct Profile(ProfileSet);

impl Profile {
    /// Reads the configuration files; `None` if they cannot be read, which the SDK says when it needs them. Without a name
    /// the profile is `AWS_PROFILE`'s, or `default`.
    pub(super) async fn load(name: Option<&str>) -> Option<Self> {
        let name = name.map(|name| Cow::Owned(name.to_owned()));
        let set = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), name).await;
        set.ok().map(Self)
    }

    /// The certificates that the profile trusts: `ca_bundle`.
    pub(super) fn ca_bundle(&self) -> Option<PathBuf> {
        self.0.get("ca_bundle").filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// The device of the profile's role, if the role asks for a code: `mfa_serial`.
    pub(super) fn device(&self) -> Option<Device> {
        let section = self.selected()?;
        let value = |name: &str| section.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let serial = value("mfa_serial")?;
        let source = value("source_profile")?;
        Some(Device {
            profile: section.name().to_owned(),
            serial,
            role_arn: value("role_arn")?,
            // A profile that is its own source has keys beside its role.
            source: if source == section.name() {
                let (id, secret) = (value("aws_access_key_id")?, value("aws_secret_access_key")?);
                Source::Keys(Credentials::new(id, secret, value("aws_session_token"), None, "ProfileFile"))
            } else {
                Source::Profile(source)
            },
            session_name: value("role_session_name"),
            external_id: value("external_id"),
            seconds: value("duration_seconds").and_then(|seconds| seconds.parse().ok()),
        })
    }

    /// What brings back credentials of the profile: the command that renews its session, or that of the profile at the end of
    /// its chain, or the name of a profile that exists.
    pub(super) fn renewal(&self) -> Option<String> {
        let Some(mut section) = self.selected() else { return self.missing() };
        for _ in 0..MAX_CHAIN_LEN {
            let name = section.name();
            if section.get("sso_session").is_some() {
                return Some(format!("`aws sso login --profile {name}` signs in"));
            }
            if section.get("sso_start_url").is_some() {
                return Some(format!(
                    "`aws sso login --profile {name}` signs in; the session of a profile with an `sso_start_url` of its own is \
                     never renewed by itself, one of an `[sso-session]` is: `aws configure sso`"
                ));
            }
            if section.get("login_session").is_some() {
                return Some(format!("`aws login --profile {name}` signs in"));
            }
            section = self.0.get_profile(section.get("source_profile").filter(|source| *source != name)?)?;
        }
        None
    }

    /// A profile that was named and is not in the configuration files.
    fn missing(&self) -> Option<String> {
        let name = self.0.selected_profile();
        if name == "default" {
            return None;
        }
        let similar = suggestion::nearest(name, self.0.profiles());
        let similar = similar.map(|similar| format!("; did you mean `{similar}`?")).unwrap_or_default();
        Some(format!(
            "the AWS configuration files have no profile `{name}`{similar}; `--profile none` takes credentials from the environment"
        ))
    }

    fn selected(&self) -> Option<&Section> {
        self.0.get_profile(self.0.selected_profile())
    }
}
