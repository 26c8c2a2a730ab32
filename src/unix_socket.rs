//! A Unix socket that is listened on, and its file, which goes with it.
//!
//! A socket file that stays makes the next start fail. One that is not this process's own is never removed: systemd gives the
//! same socket to the next start, and a successor may have taken the path over.

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
    // In this order: while the socket is open, no other file can have its inode number.
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

/// The file of a socket: its path and what tells it from another file at that path.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// Device and inode number.
type Identity = (u64, u64);

impl SocketFile {
    /// The file of a listener that this process bound; `None` for one that it inherited, and where the system does not tell.
    fn of(listener: &UnixListener) -> Option<Self> {
        if !is_own(listener) {
            return None;
        }
        // The program may go to another folder before the end.
        let path = absolute(listener.local_addr().ok()?.as_pathname()?).ok()?;
        Some(Self { identity: identity(&path)?, path })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path) == Some(self.identity) {
            // In a folder that became read-only it stays, and the next start says what to do.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether this process began to listen on the socket: on Linux those are the credentials that `SO_PEERCRED` gives of one that
/// listens ([unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)).
fn is_own(listener: &UnixListener) -> bool {
    let process = || {
        // The option is asked for by way of a stream; no byte is read from it.
        let socket = listener.as_fd().try_clone_to_owned().ok()?;
        UnixStream::from_std(socket.into()).ok()?.peer_cred().ok()?.pid()
    };
    process().is_some_and(|id| u32::try_from(id) == Ok(std::process::id()))
}

/// The identity of the socket at a path.
fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::symlink_metadata(path).ok().filter(|metadata| metadata.file_type().is_socket())?;
    Some((metadata.dev(), metadata.ino()))
}
