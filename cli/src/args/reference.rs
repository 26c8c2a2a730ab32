//! The reference of the commands, held to the types. `ZAPPA_RS_WRITE=1` regenerates it.

use std::{fmt::Write as _, fs, path::PathBuf};

use super::{command, commands};

const HEAD: &str = "\
# Commands

Generated from the types by `ZAPPA_RS_WRITE=1 cargo test -p zappa-rs-cli reference`; a test fails when it is stale.

stdout carries the answer and nothing else; what happens meanwhile goes to stderr. The exit code is 0 when it is done, also
when there was nothing to do, 1 when the operation failed, 2 when the command line or the settings are wrong, and 130 after an
interrupt; `local`, and `update --watch` while it waits for an edit, are ended by one, with 0. `--json` prints the answer as one
JSON document, `-q` says nothing but the answer and errors, `-v` says more, and `--color` and `NO_COLOR` decide on colours.
";

fn reference() -> String {
    let mut whole = command().term_width(100);
    whole.build();
    let mut text = HEAD.to_owned();
    for name in commands() {
        let mut command = whole.find_subcommand(&name).unwrap().clone().term_width(100);
        let _ = write!(text, "\n## `{}`\n\n```text\n", command.get_name());
        for line in command.render_long_help().to_string().lines() {
            text += line.trim_end();
            text += "\n";
        }
        text += "```\n";
    }
    text
}

#[test]
fn the_reference_says_what_the_commands_say() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/commands.md");
    let text = reference();
    if std::env::var_os("ZAPPA_RS_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let hint = "`ZAPPA_RS_WRITE=1 cargo test -p zappa-rs-cli reference` regenerates it";
    assert!(fs::read_to_string(&path).is_ok_and(|found| found == text), "docs/commands.md is stale; {hint}");
}
