//! The mode of the terminal, to be put back when a question is cut off.

/// What the terminal was like.
#[derive(Debug)]
pub(super) struct Mode {
    #[cfg(unix)]
    attributes: rustix::termios::Termios,
}

impl Mode {
    /// What it is like now; `None` without a terminal.
    pub(super) fn now() -> Option<Self> {
        #[cfg(unix)]
        return rustix::termios::tcgetattr(rustix::stdio::stdin()).ok().map(|attributes| Self { attributes });
        #[cfg(not(unix))]
        return Some(Self {});
    }

    /// Makes it so again.
    pub(super) fn restore(self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.attributes);
        }
    }
}
