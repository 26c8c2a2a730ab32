//! `run`, which serves an app on the host of the process.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{App, Error, HttpService};

/// Serves `app` on the host of the process; the app is the same on every host.
///
/// The host is the first of these:
///
/// - a Web Function, if `AWS_LAMBDA_HTTP_ENDPOINT` is set: HTTP at that address;
/// - a Lambda function, if `AWS_LAMBDA_RUNTIME_API` is set: events;
/// - any other machine: HTTP on `HOST` (`127.0.0.1`) and `PORT` (`3000`), or on the address or listener of
///   [`App::bind`] or [`App::listener`].
///
/// Ctrl-C or SIGTERM stops serving, after the requests in flight. If the program then keeps running, as with a second
/// server in a `tokio::join!` or a slow request, a second signal ends the process at once, with exit code 130 or 143
/// and without the shutdown hooks. To stop a second server by the first signal, let it listen for the signal too, as
/// with `axum::serve(..).with_graceful_shutdown(..)`.
///
/// # Errors
///
/// The address is invalid or in use, a variable that Lambda sets is missing, or the Lambda Runtime API went away.
///
/// On Lambda a second `run` in one process is an error at once, also after the first has ended: an event does not
/// identify one of two applications. It is logged too, since a spawned `run` may not be awaited. On other hosts any
/// number may run, each on its own port.
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
pub fn run<S: HttpService>(app: S) -> Run {
    App::new(app).run()
}

/// The future of [`run`] and [`App::run`], which serves the app while it is awaited.
// Not an `async fn`, for which the compiler would report an unmet bound twice more, for the future and for the await.
#[must_use = "nothing is served until it is awaited"]
pub struct Run {
    serving: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl Run {
    pub(crate) fn new(serving: impl Future<Output = Result<(), Error>> + Send + 'static) -> Self {
        Self { serving: Box::pin(serving) }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

impl Future for Run {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.serving.as_mut().poll(context)
    }
}
