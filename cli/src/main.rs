//! Parses the command line, runs it, exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(zappa_rs_cli::run(std::env::args_os(), zappa_rs_cli::World::from_process()))
}
