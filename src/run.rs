//! `run(app)`: the one changed line.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{App, Error, HttpService};

/// Serves `app` wherever the process was started; not a line of the app changes between the places.
///
/// In this order: `AWS_LAMBDA_HTTP_ENDPOINT` is set (a Web Function): plain HTTP there. `AWS_LAMBDA_RUNTIME_API` is set
/// (a Lambda function): events. Anywhere else: plain HTTP on `HOST` (`127.0.0.1`) and `PORT` (`3000`), or where
/// [`App::bind`] and [`App::listener`] say, until Ctrl-C or
/// SIGTERM; requests under way are finished first.
///
/// The first signal ends what is served here. If the program goes on, with a second server in a `tokio::join!` or a request
/// that takes its time, a second Ctrl-C or SIGTERM ends the process at once, with exit code 130 or 143 and without the
/// shutdown hook. A second server that shall end by the first signal listens for it, as
/// `axum::serve(..).with_graceful_shutdown(..)` can.
///
/// # Errors
///
/// The address is taken or is none, a variable that Lambda sets is missing, or the Lambda Runtime API went away. On Lambda
/// a second `run` in one process is an error at once, also after the first has ended: an event does not say for which of
/// two applications it is. It is logged too, since nobody may await a spawned `run`. Anywhere else any number may run, each on a port of its own.
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
// Not an `async fn`: the compiler would report a bound that does not hold once more for the future, and once for the wait.
#[must_use = "nothing is served until it is awaited"]
pub struct Run {
    served: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
}

impl Run {
    pub(crate) fn new(served: impl Future<Output = Result<(), Error>> + Send + 'static) -> Self {
        Self { served: Box::pin(served) }
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
        self.served.as_mut().poll(context)
    }
}
