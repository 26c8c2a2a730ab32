//! Calls on the function and its versions.

use std::{collections::HashMap, time::Duration};

use aws_sdk_lambda::{operation::invoke::InvokeOutput, primitives::Blob, types::LogType};

use super::{Error, Region, backoff::Backoff, call::Call, timeout};
use crate::settings::VERSION as SEAL_VARIABLE;

/// How long a function may take to become ready, a new role to become known, and an instance to become free.
const GETTING_READY: Duration = Duration::from_secs(120);

/// What Lambda says about a function or one of its versions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FunctionFacts {
    /// Its ARN, with the version if it was asked for by one.
    pub(crate) arn: String,
    /// `$LATEST` or a number; asked by an alias, the version behind it.
    pub(crate) version: String,
    /// The SHA-256 of its zip in base64.
    pub(crate) code_sha256: Option<String>,
    /// `Active`, `Pending`, `Inactive`, `Failed`.
    pub(crate) state: Option<String>,
    /// Why.
    pub(crate) state_reason: Option<String>,
    /// `Successful`, `InProgress`, `Failed`.
    pub(crate) last_update_status: Option<String>,
    /// Why.
    pub(crate) last_update_reason: Option<String>,
    /// The hash of code and configuration that a deploy wrote into its variables; `None` where they cannot be read.
    pub(crate) seal: Option<String>,
    /// Where its logs go.
    pub(crate) log_group: Option<String>,
    /// When it was changed, as AWS writes it.
    pub(crate) last_modified: Option<String>,
}

/// A version that was published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PublishedVersion {
    /// Its number.
    pub(crate) number: String,
    /// The SHA-256 of its zip in base64.
    pub(crate) code_sha256: Option<String>,
    /// The hash of code and configuration that a deploy wrote into its variables.
    pub(crate) seal: Option<String>,
}

/// What an invocation came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Invoked {
    /// Lambda's status: 200.
    pub(crate) status: u16,
    /// `Unhandled` or `Handled` if the function failed.
    pub(crate) function_error: Option<String>,
    /// What the function answered.
    pub(crate) payload: Vec<u8>,
    /// The last 4 KiB of its log.
    pub(crate) log: String,
    /// The version that ran.
    pub(crate) version: Option<String>,
}

impl From<InvokeOutput> for Invoked {
    fn from(output: InvokeOutput) -> Self {
        Self {
            status: u16::try_from(output.status_code).unwrap_or_default(),
            function_error: output.function_error.filter(|error| !error.is_empty()),
            payload: output.payload.map(Blob::into_inner).unwrap_or_default(),
            log: output.log_result.as_deref().map(decode_log).unwrap_or_default(),
            version: output.executed_version.filter(|version| !version.is_empty()),
        }
    }
}

impl Region {
    /// The function, or what a version or an alias of it is, in one call.
    pub(crate) async fn find_function(
        &self,
        name: &str,
        qualifier: Option<&str>,
    ) -> Result<Option<FunctionFacts>, Error> {
        let call = self.function_call("lambda:GetFunctionConfiguration", name, qualifier);
        let ask =
            self.lambda().get_function_configuration().function_name(name).set_qualifier(qualifier.map(str::to_owned));
        match call.send(ask.send()).await {
            Ok(found) => Ok(Some(FunctionFacts {
                arn: found.function_arn.unwrap_or_default(),
                version: found.version.unwrap_or_default(),
                code_sha256: found.code_sha256,
                state: found.state.map(|state| state.as_str().to_owned()),
                state_reason: found.state_reason,
                last_update_status: found.last_update_status.map(|status| status.as_str().to_owned()),
                last_update_reason: found.last_update_status_reason,
                seal: found.environment.and_then(|environment| take_seal(environment.variables)),
                log_group: found.logging_config.and_then(|logging| logging.log_group),
                last_modified: found.last_modified,
            })),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Invokes a function and waits for its answer; one that is not ready yet, or has no free concurrency, is invoked
    /// again with backoff.
    ///
    /// As everywhere on Lambda, an event may arrive twice: the call is repeated if its answer is lost.
    pub(crate) async fn invoke(
        &self,
        name: &str,
        qualifier: Option<&str>,
        tenant: Option<&str>,
        payload: Vec<u8>,
    ) -> Result<Invoked, Error> {
        let call = self.function_call("lambda:Invoke", name, qualifier);
        let payload = Blob::new(payload);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5), GETTING_READY);
        loop {
            let config = aws_sdk_lambda::config::Builder::new().timeout_config(timeout::of_invocation(2));
            let invoke = self
                .lambda()
                .invoke()
                .function_name(name)
                .set_qualifier(qualifier.map(str::to_owned))
                .set_tenant_id(tenant.map(str::to_owned))
                .log_type(LogType::Tail)
                .payload(payload.clone());
            match call.send(invoke.customize().config_override(config).send()).await {
                Ok(output) => return Ok(output.into()),
                Err(error) if (is_not_ready(&error) || error.is_throttled()) && backoff.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The published versions, oldest first.
    pub(crate) async fn versions(&self, name: &str) -> Result<Vec<PublishedVersion>, Error> {
        let call = self.call("lambda:ListVersionsByFunction", name);
        let mut versions = Vec::new();
        let mut next = None;
        loop {
            let list = self.lambda().list_versions_by_function().function_name(name).set_marker(next);
            let page = match call.send(list.send()).await {
                Err(error) if error.is_missing() => return Ok(Vec::new()),
                outcome => outcome?,
            };
            versions.extend(page.versions.unwrap_or_default().into_iter().filter_map(|found| {
                Some(PublishedVersion {
                    number: found.version?,
                    code_sha256: found.code_sha256,
                    seal: found.environment.and_then(|environment| take_seal(environment.variables)),
                })
            }));
            next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                break;
            }
        }
        versions.retain(|version| version.number.parse::<u64>().is_ok());
        versions.sort_by_key(|version| version.number.parse::<u64>().unwrap_or_default());
        versions.dedup();
        Ok(versions)
    }

    /// Removes one published version; one that is gone is fine.
    pub(crate) async fn remove_version(&self, name: &str, version: &str) -> Result<(), Error> {
        let call = self.function_call("lambda:DeleteFunction", name, Some(version));
        // Without a number this call removes the function.
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::odd(call, None, b"not the number of a version"));
        }
        match call.send(self.lambda().delete_function().function_name(name).qualifier(version).send()).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }

    fn function_call(&self, operation: &'static str, name: &str, qualifier: Option<&str>) -> Call {
        match qualifier {
            Some(qualifier) => self.call(operation, &format!("{name}:{qualifier}")),
            None => self.call(operation, name),
        }
    }
}

/// The function is being made or updated, or IAM has not told Lambda about its role yet.
pub(super) fn is_not_ready(error: &Error) -> bool {
    let message = error.message().unwrap_or_default();
    match error.code() {
        Some("ResourceConflictException" | "ResourceNotReadyException" | "CodeArtifactUserPendingException") => true,
        Some("AccessDeniedException" | "InvalidParameterValueException" | "KMSAccessDeniedException") => {
            message.contains("cannot be assumed by Lambda") || message.contains("unable to assume the role")
        }
        _ => message.contains("is currently in the following state: Pending"),
    }
}

/// The seal among a function's variables, which may hold secrets and go no further.
pub(super) fn take_seal(variables: Option<HashMap<String, String>>) -> Option<String> {
    variables?.remove(SEAL_VARIABLE)
}

fn decode_log(log: &str) -> String {
    match base64_simd::STANDARD.decode_to_vec(log) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::{
        canned::{Canned, region},
        timeout::MAX_ATTEMPTS,
    };

    fn json(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Canned {
        Canned::Answer { status, headers: headers.to_vec(), body: body.to_owned() }
    }

    #[tokio::test]
    async fn an_invocation_waits_for_the_role_and_tells_the_log() {
        let not_yet = json(
            400,
            &[("x-amzn-errortype", "InvalidParameterValueException")],
            r#"{"message":"The role defined for the function cannot be assumed by Lambda."}"#,
        );
        let headers = [
            ("x-amz-function-error", "Unhandled"),
            ("x-amz-log-result", "cGFuaWNrZWQ="),
            ("x-amz-executed-version", "7"),
        ];
        let (region, asked) = region("eu-west-1", vec![not_yet, json(200, &headers, "{}")]).await;
        let invoked = region.invoke("app-dev", Some("7"), None, b"{\"keep\":1}".to_vec()).await.unwrap();
        assert_eq!(invoked.function_error.as_deref(), Some("Unhandled"));
        assert_eq!(invoked.log, "panicked");
        assert_eq!(invoked.version.as_deref(), Some("7"));
        assert_eq!(asked.all().len(), 2);
    }

    #[tokio::test]
    async fn an_invocation_waits_for_free_concurrency_longer_than_other_calls() {
        let busy = json(
            429,
            &[("x-amzn-errortype", "TooManyRequestsException")],
            r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","message":"Rate Exceeded."}"#,
        );
        let mut answers = vec![busy; MAX_ATTEMPTS as usize];
        answers.push(json(200, &[("x-amz-executed-version", "7")], "{}"));
        let (region, asked) = region("eu-west-1", answers).await;
        assert_eq!(
            region.invoke("app-dev", Some("7"), Some("blue"), Vec::new()).await.unwrap().version.as_deref(),
            Some("7")
        );
        assert_eq!(asked.all().len(), MAX_ATTEMPTS as usize + 1);
    }

    #[tokio::test]
    async fn a_version_without_a_number_never_removes_the_function() {
        let (region, asked) = region("eu-west-1", vec![json(204, &[], "")]).await;
        for version in ["", "$LATEST", "live"] {
            assert!(region.remove_version("app-dev", version).await.is_err(), "{version}");
        }
        assert!(asked.all().is_empty());
        region.remove_version("app-dev", "3").await.unwrap();
    }

    #[tokio::test]
    async fn a_function_that_is_not_there_is_none() {
        let missing = json(404, &[("x-amzn-errortype", "ResourceNotFoundException")], r#"{"Message":"none"}"#);
        let (region, _) = region("eu-west-1", vec![missing]).await;
        assert_eq!(region.find_function("app-dev", None).await.unwrap(), None);
        assert!(region.versions("app-dev").await.unwrap().is_empty());
    }
}
