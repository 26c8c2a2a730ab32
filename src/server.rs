//! The plain HTTP server: loopback by default, finishing what is under way before it stops.

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

/// How long requests under way may take once the server is asked to stop: endless streams never end by themselves.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait before accepting again when the process is out of sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

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

    /// Prints where the server listens, also the port if any was asked for; it is the only line of ours.
    fn announce(&self) {
        // Where stderr is gone there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "listening on {}", self.listener);
    }

    /// Prints where it listens and answers requests until a signal comes, then finishes those under way.
    pub(crate) async fn serve<S>(self, service: S, signals: &mut Signals)
    where
        S: HttpService,
    {
        self.announce();
        // Every connection holds a receiver: it hears of the end, and is counted until it drops it.
        let stopping = watch::Sender::new(());
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = signals.next() => break,
            };
            match accepted {
                Ok((Stream::Tcp(stream), client)) => {
                    // Without it an answer in two writes waits for the client's delayed acknowledgement. It fails on
                    // dead sockets only.
                    let _ = stream.set_nodelay(true);
                    connect(stopping.subscribe(), stream, client, service.clone());
                }
                #[cfg(unix)]
                Ok((Stream::Unix(stream), client)) => connect(stopping.subscribe(), stream, client, service.clone()),
                // A client that was gone before it was accepted concerns nobody; anything else passes with time.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                Err(_) => tokio::time::sleep(OUT_OF_SOCKETS).await,
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
        let answer = plain::serve(service.clone(), request.map(Body::new), client);
        async { Ok::<_, std::convert::Infallible>(answer.await) }
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
        // A connection that breaks has no one left to answer; the app's own failures were answered and logged.
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    });
}
