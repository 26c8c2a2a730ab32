//! The side of `lambda_http`: from the bytes of an event to the bytes of a response.
//!
//! The steps are those of `lambda_runtime`'s loop without the socket: deserialize, call, serialize.

use axum::{Router, body::Bytes};
use lambda_http::{
    Body, Context, LambdaEvent, Service,
    http::Request,
    lambda_runtime::{FunctionResponse, IntoFunctionResponse},
    request::LambdaRequest,
};

/// The application behind `lambda_http`.
#[derive(Clone)]
pub(crate) struct Peer(Router);

impl Peer {
    /// Puts the application behind `lambda_http`.
    pub(crate) fn new(app: Router) -> Self {
        Self(app)
    }

    /// Runs one whole invocation.
    pub(crate) async fn invoke(&self, event: &Bytes) -> Vec<u8> {
        let payload: LambdaRequest = serde_json::from_slice(event).expect("an event of a gateway");
        let mut adapter = lambda_http::Adapter::from(self.0.clone());
        let response =
            adapter.call(LambdaEvent::new(payload, Context::default())).await.expect("the router never fails");
        match IntoFunctionResponse::<_, lambda_http::lambda_runtime::streaming::Body>::into_response(response) {
            FunctionResponse::BufferedResponse(response) => serde_json::to_vec(&response).expect("a response is JSON"),
            FunctionResponse::StreamingResponse(_) => {
                unreachable!("the buffered adapter does not stream")
            }
        }
    }
}

/// Translates an event to a request.
pub(crate) fn request(event: &Bytes) -> Request<Body> {
    let event: LambdaRequest = serde_json::from_slice(event).expect("an event of a gateway");
    event.into()
}

/// Parses a batch of SQS.
pub(crate) fn parse_batch(event: &Bytes) -> usize {
    let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_slice(event).expect("a batch of SQS");
    event.records.len()
}
