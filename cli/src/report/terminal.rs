//! The mode of the terminal, to be restored when a question is interrupted.

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
