//! `App`, the builder with shutdown hooks and listeners; `handlers.rs` registers its handlers of other events.

use std::{fmt, future::Future, pin::Pin};

use tokio::net::ToSocketAddrs;
use zappa_rs_adapter::{Adapter, Dispatch, HttpService, Options, runtime};

use crate::{
    Error, Run,
    error::Kind,
    host::Host,
    listener::{IntoListener, Listener, Opening},
    server::Server,
    shutdown::Signals,
};

type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A builder of an application: an HTTP service with handlers of other events and with shutdown hooks.
///
/// A handler is any `async fn(T, Invocation) -> Result<R, E>`: `serde` deserializes `T` from the event or payload; it
/// is your own type or one of `aws_lambda_events`. An event without a handler fails its invocation.
///
/// Handlers are called on Lambda and under `zappa-rs local`. The plain HTTP server has no events beside HTTP, so there
/// they are never called.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use zappa_rs::{App, BoxError, Invocation, Source};
///
/// async fn nightly(_: serde_json::Value, invocation: Invocation) -> Result<(), BoxError> {
///     println!("cleaning up, {:?} left", invocation.remaining());
///     Ok(())
/// }
///
/// async fn jobs(batch: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
///     println!("{} jobs", batch["Records"].as_array().map_or(0, Vec::len));
///     Ok(())
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), zappa_rs::Error> {
///     let router = Router::new().route("/", get(|| async { "hello" }));
///     App::new(router)
///         .schedule("nightly", nightly)
///         .on(Source::Sqs, jobs)
///         .on_shutdown(|| async { println!("good-bye") })
///         .run()
///         .await
/// }
/// ```
pub struct App<S> {
    service: S,
    pub(crate) dispatch: Dispatch,
    options: Option<Options>,
    hooks: Vec<Hook>,
    listener: Option<Opening>,
}

impl<S: fmt::Debug> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("service", &self.service)
            .field("dispatch", &self.dispatch)
            .field("options", &self.options)
            .field("has_shutdown_hook", &!self.hooks.is_empty())
            .field("has_listener", &self.listener.is_some())
            .finish()
    }
}

impl<S> App<S> {
    /// Creates an app that serves HTTP requests with `service`.
    pub fn new(service: S) -> Self {
        Self { service, dispatch: Dispatch::new(), options: None, hooks: Vec::new(), listener: None }
    }

    /// Registers a shutdown hook. It runs once, after Ctrl-C or SIGTERM, when no request is in flight any more. A
    /// second signal ends the process without it. Several hooks run one after another, in the order of their
    /// registration.
    ///
    /// On Lambda this registers an internal extension, without which Lambda sends no SIGTERM; it then leaves the hook
    /// about 300 ms.
    #[must_use]
    pub fn on_shutdown<H, F>(mut self, hook: H) -> Self
    where
        H: FnOnce() -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// Sets the options of the translation of requests and responses, in place of those that `zappa-rs deploy` sets in
    /// the environment.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = Some(options);
        self
    }

    /// Listens on `address` in place of `HOST` and `PORT`. The last call of this and
    /// [`listener`](Self::listener) wins.
    ///
    /// It is bound where the app is a plain server. On Lambda and as a Web Function, where AWS determines the address,
    /// it is ignored, and nothing is bound.
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # async fn example(router: Router) -> Result<(), zappa_rs::Error> {
    /// zappa_rs::App::new(router).bind("0.0.0.0:8080").run().await
    /// # }
    /// ```
    #[must_use]
    pub fn bind(mut self, address: impl ToSocketAddrs + fmt::Debug + Send + 'static) -> Self {
        self.listener = Some(Listener::binding(address));
        self
    }

    /// Listens on a listener of your own in place of `HOST` and `PORT`: TCP, a Unix socket, or a socket that systemd
    /// passes.
    ///
    /// It is used where [`bind`](Self::bind) is, and ignored and closed on Lambda and as a Web Function. Give a
    /// closure, so that it is opened only where it is used: the same program then runs on Lambda, where a path cannot
    /// be bound.
    ///
    /// Clients of a Unix socket have the address `127.0.0.1:0`. On Linux the file of a socket that the program bound is
    /// removed at the end, so that the next start can bind it; after a crash or a `SIGKILL`, and on other systems, the
    /// program must remove it. The file of a socket that systemd bound stays.
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn example(router: axum::Router) -> Result<(), zappa_rs::Error> {
    /// use tokio::net::UnixListener;
    /// use zappa_rs::App;
    ///
    /// App::new(router).listener(|| UnixListener::bind("/run/shop.sock")).run().await
    /// # }
    /// ```
    ///
    /// Socket activation (`LISTEN_FDS`), with the crate `listenfd`:
    ///
    /// ```no_run
    /// # async fn example(router: axum::Router) -> Result<(), zappa_rs::Error> {
    /// use std::io;
    /// use listenfd::ListenFd;
    /// use zappa_rs::App;
    ///
    /// let inherited = || {
    ///     let listener = ListenFd::from_env().take_tcp_listener(0)?;
    ///     listener.ok_or_else(|| io::Error::other("start it by its `.socket` unit"))
    /// };
    /// App::new(router).listener(inherited).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn listener(mut self, listener: impl IntoListener) -> Self {
        self.listener = Some(Listener::opening(listener));
        self
    }

    /// Serves the app on the host of the process; see [`run`](crate::run).
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run).
    pub fn run(self) -> Run
    where
        S: HttpService,
    {
        Run::new(self.serve())
    }

    /// The adapter that handles the events of the app.
    #[cfg(feature = "test")]
    pub(crate) fn into_adapter(self) -> Adapter<S> {
        adapter(self.service, self.options, self.dispatch)
    }

    async fn serve(self) -> Result<(), Error>
    where
        S: HttpService,
    {
        let variable = |name: &str| std::env::var(name).ok();
        // With a listener of its own, the program ignores `HOST` and `PORT`, also invalid ones.
        let has_listener = self.listener.is_some();
        let applies = |name: &str| !has_listener || !matches!(name, "HOST" | "PORT");
        let mut signals = Signals::new().map_err(|error| Error::with_source(Kind::Signals, error))?;
        match Host::detect(|name| variable(name).filter(|_| applies(name)))? {
            Host::WebFunction(address) => {
                Server::bind(address).await?.serve(self.service, &mut signals).await;
            }
            Host::Standalone(address) => {
                let server = match self.listener {
                    Some(open) => Server::new(open().await?),
                    None => Server::bind(address).await?,
                };
                server.serve(self.service, &mut signals).await;
            }
            Host::Lambda => {
                if !self.hooks.is_empty() {
                    // Best effort: without it only the SIGTERM is missing, which is no reason to fail.
                    let _ = runtime::register_extension().await;
                }
                let adapter = adapter(self.service, self.options, self.dispatch);
                let ended = runtime::run(adapter, signals.next()).await;
                ended.map_err(|error| match error.is_second_run() {
                    true => Error::new(Kind::SecondRun),
                    false => Error::with_source(Kind::Lambda, error),
                })?;
            }
        }
        for hook in self.hooks {
            hook().await;
        }
        #[cfg(feature = "otel")]
        zappa_rs_adapter::otel::flush().await;
        Ok(())
    }
}

/// An app that serves HTTP requests alone, so that what takes an app takes its `Router` too.
impl<S: HttpService> From<S> for App<S> {
    fn from(service: S) -> Self {
        Self::new(service)
    }
}

fn adapter<S>(service: S, options: Option<Options>, dispatch: Dispatch) -> Adapter<S> {
    let options = options.unwrap_or_else(|| Options::from_variables(|name| std::env::var(name).ok()));
    Adapter::new(service).with_options(options).with_dispatch(dispatch)
}
