//! The other side: what `lambda_http` does between the bytes of an event and the bytes of an answer.
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

    /// The whole way of one invocation.
    pub(crate) async fn answer(&self, event: &Bytes) -> Vec<u8> {
        let payload: LambdaRequest = serde_json::from_slice(event).expect("an event of a gateway");
        let mut adapter = lambda_http::Adapter::from(self.0.clone());
        let answer = adapter.call(LambdaEvent::new(payload, Context::default())).await.expect("the router never fails");
        match IntoFunctionResponse::<_, lambda_http::lambda_runtime::streaming::Body>::into_response(answer) {
            FunctionResponse::BufferedResponse(answer) => serde_json::to_vec(&answer).expect("an answer is JSON"),
            FunctionResponse::StreamingResponse(_) => {
                unreachable!("the buffered adapter does not stream")
            }
        }
    }
}

/// Event bytes to request.
pub(crate) fn request(event: &Bytes) -> Request<Body> {
    let event: LambdaRequest = serde_json::from_slice(event).expect("an event of a gateway");
    event.into()
}
