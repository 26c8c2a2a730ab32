//! A listening Unix socket, whose file is removed at the end.
//!
//! A stale socket file makes the next start fail. The file of a socket that this process did not bind is never removed:
//! systemd passes the same socket to the next start, and a successor may have bound the path.

use std::{
    fs,
    os::{
        fd::AsFd as _,
        unix::fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf, absolute},
};

use tokio::net::{UnixListener, UnixStream};

/// A listener on a Unix socket. Dropping it removes the file of the socket, if this process made it.
#[derive(Debug)]
pub struct UnixSocket {
    // Dropped before the listener: while the socket is open, no other file can have its inode number.
    _file: Option<SocketFile>,
    listener: UnixListener,
}

impl UnixSocket {
    pub(crate) fn new(listener: UnixListener) -> Self {
        Self { _file: SocketFile::of(&listener), listener }
    }

    pub(crate) fn as_listener(&self) -> &UnixListener {
        &self.listener
    }
}

/// The file of a socket: its path, and its identity among files at that path.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// The identity of a file: device and inode number.
type Identity = (u64, u64);

impl SocketFile {
    /// Finds the file of a listener that this process bound; `None` for an inherited one, and on systems that cannot
    /// tell.
    fn of(listener: &UnixListener) -> Option<Self> {
        if !is_own(listener) {
            return None;
        }
        // The program may change its working directory.
        let path = absolute(listener.local_addr().ok()?.as_pathname()?).ok()?;
        Some(Self { identity: identity(&path)?, path })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path) == Some(self.identity) {
            // If this fails, as in a read-only directory, the next start fails with a hint.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether this process called `listen` on the socket: on Linux `SO_PEERCRED` of a listening socket gives the
/// credentials of the process that did ([unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)).
fn is_own(listener: &UnixListener) -> bool {
    let process = || {
        // Tokio reads the option of a stream only; no byte is read from it.
        let socket = listener.as_fd().try_clone_to_owned().ok()?;
        UnixStream::from_std(socket.into()).ok()?.peer_cred().ok()?.pid()
    };
    process().is_some_and(|id| u32::try_from(id) == Ok(std::process::id()))
}

/// Reads the identity of the socket at a path.
fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::symlink_metadata(path).ok().filter(|metadata| metadata.file_type().is_socket())?;
    Some((metadata.dev(), metadata.ino()))
}
