//! The invocation of a function by a user, which is not idempotent: a call that may have reached the function is not sent
//! again.

use std::time::Duration;

use aws_sdk_lambda::{
    config::retry::RetryConfig,
    primitives::Blob,
    types::{InvocationType, LogType},
};

use super::{
    Error, Invoked, Region,
    backoff::Backoff,
    cause::{causes, is_refused},
    function::is_not_ready,
    timeout,
};

/// How long a call that Lambda did not accept is repeated.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(30);

/// One call of a function.
#[derive(Clone, Debug)]
pub(crate) struct FunctionCall {
    /// The function's name.
    pub(crate) function: String,
    /// An alias or a version.
    pub(crate) qualifier: String,
    /// The event.
    pub(crate) payload: Vec<u8>,
    /// The tenant, for a function that keeps its tenants apart.
    pub(crate) tenant: Option<String>,
    /// Whether Lambda queues the event in place of waiting.
    pub(crate) is_async: bool,
}

impl Region {
    /// Invokes a function once. Only what Lambda certainly did not pass on is sent again: a call that it throttled, or
    /// whose function was not ready.
    pub(crate) async fn call_function(&self, wanted: &FunctionCall) -> Result<Invoked, Error> {
        let call = self.call("lambda:Invoke", &format!("{}:{}", wanted.function, wanted.qualifier));
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3), ACCEPT_TIMEOUT);
        let (kind, log) = match wanted.is_async {
            true => (InvocationType::Event, LogType::None),
            false => (InvocationType::RequestResponse, LogType::Tail),
        };
        loop {
            let once = aws_sdk_lambda::config::Builder::new()
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeout::of_invocation(1));
            let invoke = self
                .lambda()
                .invoke()
                .function_name(&wanted.function)
                .qualifier(&wanted.qualifier)
                .set_tenant_id(wanted.tenant.clone())
                .invocation_type(kind.clone())
                .log_type(log.clone())
                .payload(Blob::new(wanted.payload.clone()));
            match call.send(invoke.customize().config_override(once).send()).await {
                Ok(output) => return Ok(output.into()),
                Err(error) if (is_not_ready(&error) || error.is_throttled()) && backoff.wait().await => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Error {
    /// Whether the call may have reached the function although it failed.
    pub(crate) fn may_have_been_delivered(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.status >= 500,
            Self::Unanswered { source, .. } => {
                let is_unknown_name = causes(source.as_ref()).any(|cause| cause.to_string().contains("dns error"));
                !is_unknown_name && !is_refused(source.as_ref())
            }
            Self::Odd { .. } => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    fn error(status: u16, kind: &'static str) -> Canned {
        let body = r#"{"Message":"Rate Exceeded."}"#.to_owned();
        Canned::Answer { status, headers: vec![("x-amzn-errortype", kind)], body }
    }

    fn success(status: u16) -> Canned {
        Canned::Answer { status, headers: Vec::new(), body: "7".to_owned() }
    }

    fn wanted() -> FunctionCall {
        FunctionCall {
            function: "app-dev".to_owned(),
            qualifier: "live".to_owned(),
            payload: b"{}".to_vec(),
            tenant: None,
            is_async: false,
        }
    }

    #[tokio::test]
    async fn a_call_that_was_throttled_is_sent_again() {
        let busy = error(429, "TooManyRequestsException");
        let (region, asked) = region("eu-west-1", vec![busy, success(200)]).await;
        assert_eq!(region.call_function(&wanted()).await.unwrap().payload, b"7");
        assert_eq!(asked.all().len(), 2);
    }

    #[tokio::test]
    async fn a_call_that_may_have_run_is_not_sent_again() {
        for lost in [error(500, "ServiceException"), error(502, "EC2UnexpectedException"), Canned::Reset] {
            let (region, asked) = region("eu-west-1", vec![lost, success(200)]).await;
            let error = region.call_function(&wanted()).await.unwrap_err();
            assert!(error.may_have_been_delivered(), "{error}");
            assert_eq!(asked.all().len(), 1);
        }
    }
}
