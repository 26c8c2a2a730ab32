//! `run(app)`: the one changed line.

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;
use zappa_rs_adapter::{Body, BoxError};

use crate::{App, Error};

/// Serves `app` wherever the process was started; not a line of the app changes between the places.
///
/// In this order: `AWS_LAMBDA_HTTP_ENDPOINT` is set (a Web Function): plain HTTP there. `AWS_LAMBDA_RUNTIME_API` is set
/// (a Lambda function): events. Anywhere else: plain HTTP on `HOST` (`127.0.0.1`) and `PORT` (`3000`), until Ctrl-C or
/// SIGTERM; requests under way are finished first.
///
/// # Errors
///
/// The address is taken or is none, a variable that Lambda sets is missing, or the Lambda Runtime API went away.
///
/// # Examples
///
/// ```no_run
/// # use axum::{Router, routing::get};
/// # async fn example() -> Result<(), zappa_rs::Error> {
/// let app = Router::new().route("/", get(|| async { "hello" }));
/// zappa_rs::run(app).await
/// # }
/// ```
pub async fn run<S, B>(app: S) -> Result<(), Error>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    App::new(app).run().await
}
