//! The flags of `zappa-rs undeploy` that sweep stages in place of removing one.

use clap::ArgGroup;

/// The flags of a sweep.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Sweep", group = ArgGroup::new("sweep").args(["expired", "merged"]))]
pub(crate) struct SweepArgs {
    /// Remove every stage whose lifetime (`expires`) is over, with its logs
    #[arg(long)]
    pub(crate) expired: bool,
    /// Remove every stage of the pattern that is not among those on stdin, with its logs
    #[arg(long)]
    pub(crate) merged: bool,
    /// Stdin may be empty: no branch is open, and every stage of the pattern is removed
    #[arg(long, requires = "merged")]
    pub(crate) none_open: bool,
    /// Show what a sweep would remove, and stop
    #[arg(long, requires = "sweep")]
    pub(crate) dry_run: bool,
}

impl SweepArgs {
    /// Whether stages are swept, and not one is removed.
    pub(crate) fn is_sweep(&self) -> bool {
        self.expired || self.merged
    }
}
