//! The sockets of the gateway: loopback only, HTTP/1.1, and an orderly end.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::future::select_all;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};

use super::cloud::Cloud;

/// The grace period of the requests in flight after the first interrupt.
const GRACE: Duration = Duration::from_secs(3);

/// How long to wait before accepting again when the process is out of sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// As many headers as fit into what a gateway reads, so that its size and not hyper's count of 100 decides.
const MOST_HEADERS: usize = 1000;

/// How many ports of the system's choice are tried until one is free on both addresses of `localhost`.
const FREE_PORT_ATTEMPTS: usize = 16;

/// Listening sockets.
#[derive(Debug)]
pub(crate) struct Server {
    listeners: Vec<TcpListener>,
    address: SocketAddr,
}

/// A port that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on port {} of {}", address.port(), address.ip())]
pub(crate) struct BindError {
    address: SocketAddr,
    pub(crate) source: io::Error,
}

impl BindError {
    /// The remedy.
    pub(crate) fn hint(&self) -> Option<String> {
        let other = self.address.port().checked_add(1).unwrap_or(3000);
        match self.source.kind() {
            io::ErrorKind::AddrInUse if self.address.is_ipv6() => Some(format!(
                "another program listens there, and browsers ask `::1` first for `localhost`; try `--port {other}`, or \
                 `--host 127.0.0.1` to leave `::1` to it"
            )),
            io::ErrorKind::AddrInUse => {
                Some(format!("another program listens there; try `--port {other}`, or `--port 0` for any free one"))
            }
            io::ErrorKind::PermissionDenied => {
                Some("ports under 1024 are the administrator's; try `--port 3000`".to_owned())
            }
            _ => None,
        }
    }
}

impl Server {
    /// Listens on `host`, or, for `None`, on both addresses that `localhost` may mean.
    ///
    /// # Errors
    ///
    /// Also if another program has the port on `::1` alone: that is the address that a browser connects to first, so
    /// the other program would respond.
    pub(crate) async fn bind(host: Option<IpAddr>, port: u16) -> Result<Self, BindError> {
        let Some(host) = host else {
            return Self::bind_localhost(port).await;
        };
        let (listener, address) = listen(SocketAddr::new(host, port)).await?;
        Ok(Self { listeners: vec![listener], address })
    }

    async fn bind_localhost(port: u16) -> Result<Self, BindError> {
        let mut attempts = 0;
        loop {
            let (first, address) = listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)).await?;
            match listen(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port())).await {
                Ok((second, _)) => return Ok(Self { listeners: vec![first, second], address }),
                Err(error) if error.source.kind() == io::ErrorKind::AddrInUse => {
                    attempts += 1;
                    // A port of the system's choice is only known to be free on the first address.
                    if port != 0 || attempts == FREE_PORT_ATTEMPTS {
                        return Err(error);
                    }
                }
                // A machine without IPv6 is served all the same.
                Err(_) => return Ok(Self { listeners: vec![first], address }),
            }
        }
    }

    /// The first address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Responds to every client that there is nothing to serve yet, for ever.
    pub(crate) async fn turn_away(&self) -> Infallible {
        let each = self.listeners.iter().map(|listener| async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::spawn(turn_away(stream))),
                    Err(_) => tokio::time::sleep(OUT_OF_SOCKETS).await,
                }
            }
        });
        select_all(each.map(Box::pin)).await.0
    }

    /// Answers requests until `stop`, then those that are under way.
    ///
    /// Each request is served by the cloud that `clouds` has when it arrives.
    pub(crate) async fn serve(self, clouds: watch::Receiver<Arc<Cloud>>, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let (alive, mut all_gone) = mpsc::channel::<Infallible>(1);
        let mut accepting = Vec::new();
        for listener in self.listeners {
            let connections = Connections { clouds: clouds.clone(), stopped: stopped.clone(), alive: alive.clone() };
            accepting.push(tokio::spawn(connections.accept(listener)));
        }
        drop(alive);
        stop.await;
        for task in accepting {
            task.abort();
        }
        // No receiver means that no connection is left to be notified.
        let _ = stopping.send(true);
        let _ = tokio::time::timeout(GRACE, all_gone.recv()).await;
    }
}

/// A listener and the address that it got.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|source| BindError { address, source })
}

async fn turn_away(mut stream: TcpStream) {
    const BODY: &str = "the crate does not compile; the terminal says why\n";
    let head = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-type: text/plain";
    let reply = format!("{head}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    // A client that went away needs no response, and one that never writes gets none.
    let _ = tokio::time::timeout(GRACE, async {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(reply.as_bytes()).await;
        let _ = stream.shutdown().await;
    })
    .await;
}

/// The context of each connection.
#[derive(Clone)]
struct Connections {
    clouds: watch::Receiver<Arc<Cloud>>,
    stopped: watch::Receiver<bool>,
    /// Closed when the last connection ends.
    alive: mpsc::Sender<Infallible>,
}

impl Connections {
    async fn accept(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, client)) => {
                    tokio::spawn(self.clone().serve(stream, client));
                }
                // Out of file descriptors: one may be free in a moment.
                Err(_) => tokio::time::sleep(OUT_OF_SOCKETS).await,
            }
        }
    }

    async fn serve(mut self, stream: TcpStream, client: SocketAddr) {
        // Only a socket that is closed already refuses this.
        let _ = stream.set_nodelay(true);
        let clouds = self.clouds.clone();
        let service = service_fn(move |request| {
            let cloud = Arc::clone(&clouds.borrow());
            async move { Ok::<_, Infallible>(cloud.respond(request, client).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::pin!(connection);
        tokio::select! {
            // What broke is in the request's own line.
            _ = connection.as_mut() => return,
            _ = self.stopped.wait_for(|stopped| *stopped) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
        drop(self.alive);
    }
}
