//! The error of `run`: one opaque type with predicates and a hint.

use std::{error, fmt, io};

use crate::address::Address;

/// The error that ended [`run`](crate::run).
///
/// `Display` prints this error only; [`source`](error::Error::source) returns its cause. `Debug`, which a `main` that
/// returns the error prints, has the whole chain and a hint.
pub struct Error {
    kind: Kind,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

pub(crate) enum Kind {
    /// An environment variable is not a valid port.
    Address { variable: &'static str, value: String },
    /// Listening on the address of the environment failed.
    Listen(Address),
    /// Listening on the address of [`App::bind`](crate::App::bind) failed.
    Bind(String),
    /// The listener of [`App::listener`](crate::App::listener) failed.
    Listener,
    /// The event loop on Lambda ended.
    Lambda,
    /// The process has called `run` on Lambda before.
    SecondRun,
    /// Listening for signals failed.
    Signals,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    pub(crate) fn with_source(kind: Kind, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Whether another process listens on the address.
    #[must_use]
    pub fn is_address_in_use(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::AddrInUse)
    }

    /// Whether this was the second `run` of a process on Lambda, where only one gets events.
    #[must_use]
    pub fn is_second_run(&self) -> bool {
        matches!(self.kind, Kind::SecondRun)
    }

    fn io_kind(&self) -> Option<io::ErrorKind> {
        self.source.as_ref()?.downcast_ref::<io::Error>().map(io::Error::kind)
    }

    fn hint(&self) -> Option<&'static str> {
        match (&self.kind, self.io_kind()) {
            (Kind::Listen(_), Some(io::ErrorKind::AddrInUse)) => Some("another process listens there; set `PORT`"),
            (Kind::Listen(_), Some(io::ErrorKind::PermissionDenied)) => Some("set `PORT` to one above 1023"),
            (Kind::Listen(_), _) => Some("set `HOST` and `PORT` to an address of this machine"),
            (Kind::Address { .. }, _) => Some("a port is a number from 0 to 65535; 0 takes any that is free"),
            (Kind::Bind(_), Some(io::ErrorKind::AddrInUse)) => Some("another process listens there; bind another port"),
            (Kind::Listener, Some(io::ErrorKind::AddrInUse)) => Some(
                "another process listens there; if none does, remove the file of the Unix socket, which a process that was \
                 killed leaves behind",
            ),
            (Kind::Bind(_), Some(io::ErrorKind::PermissionDenied)) => Some("bind a port above 1023"),
            (Kind::Bind(_), _) => Some("bind an address of this machine, such as `0.0.0.0:8080`"),
            (Kind::SecondRun, _) => {
                Some("serve all by one `run`: `Router::merge` and `nest` join routers, `App` takes handlers of events")
            }
            (Kind::Listener | Kind::Lambda | Kind::Signals, _) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Address { variable, value } => write!(f, "`{variable}={value}` is not a valid port"),
            Kind::Listen(Address { host, port }) => write!(f, "cannot listen on port {port} of `{host}`"),
            Kind::Bind(address) => write!(f, "cannot listen on {address}"),
            Kind::Listener => f.write_str("the program's own listener cannot be used"),
            Kind::Lambda => f.write_str("the app is no longer served on Lambda"),
            Kind::SecondRun => {
                f.write_str("`run` was called a second time in this process, which has one Lambda Runtime API")
            }
            Kind::Signals => f.write_str("cannot listen for signals"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use error::Error as _;
        write!(f, "{self}")?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        self.hint().map_or(Ok(()), |hint| write!(f, "\n\nhint: {hint}"))
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
