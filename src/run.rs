//! `run(app)`: decides where it is and serves there. It must not know what an event looks like.

use axum_core::body::Body;

/// What ended a service.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Serves `app` wherever the process was started.
///
/// # Errors
///
/// The port is taken.
pub async fn run<S, B>(app: S) -> Result<(), Error>
where
    S: tower_service::Service<http::Request<Body>, Response = http::Response<B>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Error>,
{
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let app = app.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let mut app = app.clone();
                async move { app.call(request.map(Body::new)).await }
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
                .await;
        });
    }
}
