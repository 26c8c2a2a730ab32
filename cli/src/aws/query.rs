//! Signed calls of IAM by its Query API: two calls need no SDK crate of its size.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html>

use std::{fmt::Write as _, time::Duration};

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Error, Region, SessionCredentials, backoff::Backoff, call::Call, signed_call::SignedRequest, timeout, xml::Element,
};
use crate::regions;

const VERSION: &str = "2010-05-08";
const FORM: &str = "application/x-www-form-urlencoded";
/// What a form keeps as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// How long a throttled call is repeated.
const THROTTLED: Duration = Duration::from_secs(8);

/// The parameters of a call.
#[derive(Clone, Debug)]
pub(super) struct Form(String);

impl Form {
    pub(super) fn new(action: &str) -> Self {
        Self(format!("Action={action}&Version={VERSION}"))
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.0, "&{name}={}", utf8_percent_encode(value, ESCAPED));
        self
    }

    #[must_use]
    pub(super) fn with_list(self, name: &str, values: &[String]) -> Self {
        let numbered = values.iter().zip(1..);
        numbered.fold(self, |form, (value, number)| form.with(&format!("{name}.member.{number}"), value))
    }
}

impl Region {
    /// Calls IAM, and returns its answer.
    pub(super) async fn iam(
        &self,
        call: &Call,
        credentials: &SessionCredentials,
        form: Form,
    ) -> Result<Element, Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(2), THROTTLED);
        loop {
            match self.iam_once(call, credentials, &form).await {
                Err(error) if error.is_throttled() && backoff.wait().await => {}
                Ok(text) => {
                    return Element::parse(&text).ok_or_else(|| Error::odd(call.clone(), None, text.as_bytes()));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn iam_once(&self, call: &Call, credentials: &SessionCredentials, form: &Form) -> Result<String, Error> {
        let (host, signing_region) = regions::iam(self.name());
        let request = SignedRequest {
            service: "iam",
            region: signing_region,
            host: host.to_string(),
            method: "POST",
            target: "/",
            headers: &[("content-type", FORM)],
            body: &form.0,
            timeout: timeout::of_inquiry(),
        };
        self.send_signed(call, credentials, request, read).await
    }
}

/// The text of a success, or the error that AWS answered.
fn read(response: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
    if response.status().is_success() {
        return Ok(body);
    }
    let answer = Element::parse(&body);
    let text = |name: &str| answer.as_ref()?.text_at(&["Error", name]);
    let mut error = ErrorMetadata::builder();
    if let Some(code) = text("Code") {
        error = error.code(code);
    }
    if let Some(message) = text("Message") {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}
