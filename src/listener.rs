//! Listeners of the plain HTTP server: bound by the address, or provided by the program.

use std::{
    fmt,
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
};

#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};

use crate::error::{Error, Kind};
#[cfg(unix)]
use crate::unix_socket::UnixSocket;

/// A listener of [`App::listener`](crate::App::listener), or a closure that opens one. It is sealed.
///
/// A listener is tokio's or the standard library's `TcpListener` or, on Unix, `UnixListener`. A closure is any
/// `FnOnce() -> io::Result<L>` for one of these.
pub trait IntoListener: sealed::Open + Send + 'static {}

impl<L: sealed::Open + Send + 'static> IntoListener for L {}

/// A closure that opens a listener, called only on a host that needs it.
pub(crate) type Opening = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<Listener, Error>> + Send>> + Send>;

/// An open listener.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// A client's connection.
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Listener {
    pub(crate) async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Returns a closure that opens the program's listener.
    pub(crate) fn opening(listener: impl IntoListener) -> Opening {
        Box::new(|| {
            let opened = listener.open().map_err(|error| Error::with_source(Kind::Listener, error));
            Box::pin(std::future::ready(opened))
        })
    }

    /// Returns a closure that binds the program's address.
    pub(crate) fn binding(address: impl ToSocketAddrs + fmt::Debug + Send + 'static) -> Opening {
        Box::new(|| {
            Box::pin(async move {
                let name = format!("{address:?}");
                Self::bind(address).await.map_err(|error| Error::with_source(Kind::Bind(name), error))
            })
        })
    }

    /// Accepts the next connection. A client on a Unix socket has no address and gets that of loopback, since it is on
    /// the same machine.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, SocketAddr)> {
        match self {
            Self::Tcp(listener) => listener.accept().await.map(|(stream, client)| (Stream::Tcp(stream), client)),
            #[cfg(unix)]
            Self::Unix(listener) => {
                let client = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                listener.as_listener().accept().await.map(|(stream, _)| (Stream::Unix(stream), client))
            }
        }
    }
}

/// Formats the server's URL, or the socket's path.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => write!(f, "http://{address}"),
                Err(_) => f.write_str("an unknown address"),
            },
            #[cfg(unix)]
            Self::Unix(listener) => match listener.as_listener().local_addr() {
                Ok(address) if address.as_pathname().is_some() => {
                    write!(f, "unix:{}", address.as_pathname().unwrap_or("".as_ref()).display())
                }
                _ => f.write_str("a Unix socket"),
            },
        }
    }
}

mod sealed {
    use std::io;

    use super::Listener;
    #[cfg(unix)]
    use super::UnixSocket;

    pub trait Open {
        fn open(self) -> io::Result<Listener>;
    }

    impl Open for tokio::net::TcpListener {
        fn open(self) -> io::Result<Listener> {
            Ok(Listener::Tcp(self))
        }
    }

    impl Open for std::net::TcpListener {
        fn open(self) -> io::Result<Listener> {
            self.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(self)?.open()
        }
    }

    #[cfg(unix)]
    impl Open for tokio::net::UnixListener {
        fn open(self) -> io::Result<Listener> {
            Ok(Listener::Unix(UnixSocket::new(self)))
        }
    }

    #[cfg(unix)]
    impl Open for std::os::unix::net::UnixListener {
        fn open(self) -> io::Result<Listener> {
            self.set_nonblocking(true)?;
            tokio::net::UnixListener::from_std(self)?.open()
        }
    }

    impl<F: FnOnce() -> io::Result<L>, L: Open> Open for F {
        fn open(self) -> io::Result<Listener> {
            self()?.open()
        }
    }
}
