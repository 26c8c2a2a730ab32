//! A process group: a process and all its descendants, to be ended at once.
//!
//! Where the system has no groups, the caller still ends the process itself.

use tokio::process::{Child, Command};

/// The group that a process leads.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    leader: Option<u32>,
}

impl ProcessGroup {
    /// Makes the process that `command` starts the leader of a new group.
    pub(crate) fn prepare(command: &mut Command) {
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(not(unix))]
        let _ = command;
    }

    /// The group of such a process.
    pub(crate) fn of(leader: &Child) -> Self {
        Self { leader: leader.id() }
    }

    /// The number of the process that leads it.
    pub(crate) fn leader(&self) -> Option<u32> {
        self.leader
    }

    /// Sends SIGTERM to the group.
    pub(crate) fn terminate(&self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
    }

    /// Sends SIGKILL to the group.
    pub(crate) fn kill(&self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        let group = self.leader.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(group) = group {
            // No such group: all its processes have ended.
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}
