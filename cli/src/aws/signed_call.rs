//! A signed call of a service of which a few calls need no SDK crate of its size.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata, timeout::TimeoutConfig};

use super::{Error, Region, SessionCredentials, call::Call};

/// The text of a success, or the error that AWS answered.
pub(super) type Read = fn(&HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>>;

/// A request that is signed and sent once.
#[derive(Clone, Debug)]
pub(super) struct SignedRequest<'a> {
    /// The service, as signatures name it.
    pub(super) service: &'static str,
    /// The region, as signatures name it.
    pub(super) region: &'a str,
    /// The host of AWS's own endpoint.
    pub(super) host: String,
    pub(super) method: &'static str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: &'a str,
    pub(super) timeout: TimeoutConfig,
}

impl Region {
    /// Signs a request and sends it, to the endpoint of the command line if there is one.
    pub(super) async fn send_signed(
        &self,
        call: &Call,
        credentials: &SessionCredentials,
        request: SignedRequest<'_>,
        read: Read,
    ) -> Result<String, Error> {
        let unanswered = |source| Error::Unanswered { call: call.clone(), route: None, source };
        let of_aws = || format!("https://{}", request.host);
        let url = self.endpoint_url().map_or_else(of_aws, |url| url.trim_end_matches('/').to_owned());
        let headers = signed_headers(&url, credentials, &request).map_err(unanswered)?;
        let http_client = self.http_client().ok_or_else(|| unanswered("there is no HTTP client".into()))?;
        let (method, target, body) = (request.method, request.target.to_owned(), request.body.to_owned());
        let operation = Operation::builder()
            .service_name(request.service)
            .operation_name(call.operation)
            .http_client(http_client)
            .endpoint_url(&url)
            .no_auth()
            .no_retry()
            .timeout_config(request.timeout)
            .serializer(move |(): ()| {
                let mut sent = HttpRequest::new(SdkBody::from(body.as_str()));
                sent.set_method(method)?;
                sent.set_uri(target.as_str())?;
                for (name, value) in &headers {
                    sent.headers_mut().try_insert(name.clone(), value.clone())?;
                }
                Ok(sent)
            })
            .deserializer(read)
            .build();
        call.send(operation.invoke(())).await
    }
}

/// The headers of the request, with those of its signature.
fn signed_headers(
    url: &str,
    credentials: &SessionCredentials,
    request: &SignedRequest<'_>,
) -> Result<Vec<(String, String)>, BoxError> {
    let identity = credentials.signing().clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?;
    let url = format!("{url}{}", request.target);
    let headers = || request.headers.iter().copied();
    let body = SignableBody::Bytes(request.body.as_bytes());
    let signable = SignableRequest::new(request.method, &url, headers(), body)?;
    let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
    let all = headers().chain(instructions.headers());
    Ok(all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
