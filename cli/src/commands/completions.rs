//! `zappa-rs completions`: shell completions of commands and flags.

use clap_complete::generate;

use crate::{
    args::{CompletionsArgs, command},
    report::Report,
};

/// Prints the script.
pub(crate) fn run(args: &CompletionsArgs, report: &Report) {
    let mut script = Vec::new();
    generate(args.shell, &mut command(), "zappa-rs", &mut script);
    report.answer(String::from_utf8_lossy(&script).trim_end());
}
