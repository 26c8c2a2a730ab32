//! The mode of the terminal, to be restored when a question is interrupted, and whether the terminal or the reader of stdout
//! still exists.

use std::time::Duration;

/// A saved mode of the terminal.
#[derive(Debug)]
pub(super) struct Mode {
    #[cfg(unix)]
    attributes: rustix::termios::Termios,
}

impl Mode {
    /// Saves the current mode; `None` without a terminal.
    pub(super) fn now() -> Option<Self> {
        #[cfg(unix)]
        return rustix::termios::tcgetattr(rustix::stdio::stdin()).ok().map(|attributes| Self { attributes });
        #[cfg(not(unix))]
        return Some(Self {});
    }

    /// Restores the mode.
    pub(super) fn restore(self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            // The error of a closed terminal does not matter.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.attributes);
        }
    }
}

/// Whether the reader of stdout has gone: it is a pipe or a socket whose other end was closed. Without this only a write would
/// find out.
pub(super) fn is_stdout_closed() -> bool {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdout = rustix::stdio::stdout();
        let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
        // Linux reports the missing reader of a pipe as an error, others as a hang-up.
        let is_found = poll(&mut polled, Some(&Timespec::default())).is_ok();
        is_found && polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
    }
    #[cfg(not(unix))]
    return false;
}

/// Waits until the terminal is closed. SIGHUP says so only to the leader of a session; without it a question would read the
/// end of its input forever.
pub(super) async fn closed() {
    if Mode::now().is_none() {
        // There was none: what is read then is not a terminal, and its end is an error of its own.
        return std::future::pending().await;
    }
    while Mode::now().is_some() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
