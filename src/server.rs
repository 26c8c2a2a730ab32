//! The plain HTTP server, on loopback by default, with a graceful shutdown.

use std::{io::Write as _, net::SocketAddr, pin::pin, time::Duration};

use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use zappa_rs_adapter::{Body, HttpService, plain};

use crate::{
    Error,
    address::Address,
    error::Kind,
    listener::{Listener, Stream},
    shutdown::Signals,
};

/// The timeout of a graceful shutdown, since endless streams do not end by themselves.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// The delay before the next attempt to accept, when the process is out of sockets.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// An HTTP server on a listener.
#[derive(Debug)]
pub(crate) struct Server {
    listener: Listener,
}

impl Server {
    pub(crate) fn new(listener: Listener) -> Self {
        Self { listener }
    }

    pub(crate) async fn bind(address: Address) -> Result<Self, Error> {
        match Listener::bind((address.host.as_str(), address.port)).await {
            Ok(listener) => Ok(Self { listener }),
            Err(error) => Err(Error::with_source(Kind::Listen(address), error)),
        }
    }

    /// Prints the server's address, with the actual port; it is the only line that the server prints.
    fn announce(&self) {
        // A closed stderr is not an error.
        let _ = writeln!(std::io::stderr(), "listening on {}", self.listener);
    }

    /// Announces the address and serves requests until a signal; then finishes the requests in flight.
    pub(crate) async fn serve<S>(self, service: S, signals: &mut Signals)
    where
        S: HttpService,
    {
        self.announce();
        #[cfg(feature = "otel")]
        zappa_rs_adapter::otel::export_in_background();
        // Every connection holds a receiver: it is notified of the shutdown, and counts as open until it drops it.
        let stopping = watch::Sender::new(());
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = signals.next() => break,
            };
            match accepted {
                Ok((Stream::Tcp(stream), client)) => {
                    // Without it a response in two writes waits for the client's delayed acknowledgement. It fails on
                    // closed sockets only.
                    let _ = stream.set_nodelay(true);
                    connect(stopping.subscribe(), stream, client, service.clone());
                }
                #[cfg(unix)]
                Ok((Stream::Unix(stream), client)) => connect(stopping.subscribe(), stream, client, service.clone()),
                // The client has closed the connection; other errors are temporary.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
            }
        }
        drop(self.listener);
        stopping.send_replace(());
        tokio::select! {
            () = stopping.closed() => {}
            () = tokio::time::sleep(SHUTDOWN_TIMEOUT) => {}
        }
    }
}

fn connect<I, S>(mut stopping: watch::Receiver<()>, stream: I, client: SocketAddr, service: S)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HttpService,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let response = plain::serve(service.clone(), request.map(Body::new), client);
        async { Ok::<_, std::convert::Infallible>(response.await) }
    });
    tokio::spawn(async move {
        #[cfg(feature = "http2")]
        let builder = {
            let mut builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            builder.http1().timer(TokioTimer::new());
            builder
        };
        #[cfg(feature = "http2")]
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        #[cfg(not(feature = "http2"))]
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        // An error here is the connection's, so it cannot be reported to the client; the app's failures were logged.
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    });
}
