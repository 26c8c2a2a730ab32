//! The whole command line: its help page, and which command takes which flag.

use std::fmt::Write as _;

use clap::{CommandFactory as _, FromArgMatches as _, Subcommand as _};

use super::{Args, RemoteCommand};

/// The commands in the groups of the help page. A test holds the list to the types.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Begin", &["init", "check", "local"]),
    ("Deploy", &["deploy", "update", "rollback", "schedule", "unschedule", "secrets", "keys", "undeploy"]),
    ("Inspect", &["list", "status", "url", "tail", "invoke", "releases", "diff", "doctor"]),
    ("Generate", &["package", "template", "policy", "event", "token", "schema", "completions"]),
];

/// Parses a command line.
pub(crate) fn parsed<T: Into<std::ffi::OsString> + Clone>(
    words: impl IntoIterator<Item = T>,
) -> Result<Args, clap::Error> {
    Args::from_arg_matches(&command().try_get_matches_from(words)?)
}

/// The clap command with the help page.
pub(crate) fn command() -> clap::Command {
    let command = Args::command();
    let mut page = "{about-with-newline}\n{usage-heading} zappa-rs <command> [stage] [flags]\n".to_owned();
    for (group, names) in GROUPS {
        let _ = write!(page, "\n{group}:\n");
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let mark = if is_available(name) { "" } else { " (not in this build)" };
            let _ = writeln!(page, "  {name:13}{}{mark}", about.map(ToString::to_string).unwrap_or_default());
        }
    }
    page += "\nFlags of every command:\n{options}{after-help}";
    command.help_template(page)
}

/// Whether the tool was built with what the command needs; `invoke` has a part that calls nothing.
fn is_available(name: &str) -> bool {
    cfg!(feature = "deploy") || !RemoteCommand::has_subcommand(name) || name == "invoke"
}

/// Names of the commands.
pub(crate) fn commands() -> Vec<String> {
    GROUPS.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect()
}

/// The command that the first word names which is one, or its alias.
pub(crate) fn named_in<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let whole = Args::command();
    words.into_iter().find_map(|word| whole.find_subcommand(word)).map(|command| command.get_name().to_owned())
}

/// Names of the flags of one command, those of every command with them.
pub(crate) fn flags_of(command: &str) -> Vec<String> {
    let whole = Args::command();
    let own = whole.find_subcommand(command);
    std::iter::once(&whole).chain(own).flat_map(flags).collect()
}

/// The commands that take a flag of this name.
pub(crate) fn commands_with(flag: &str) -> Vec<String> {
    let whole = Args::command();
    let takes = |command: &&clap::Command| flags(command).any(|known| known == flag);
    whole.get_subcommands().filter(takes).map(|command| command.get_name().to_owned()).collect()
}

fn flags(command: &clap::Command) -> impl Iterator<Item = String> {
    command.get_arguments().filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_finds_no_fault_in_the_types() {
        command().debug_assert();
    }

    #[test]
    fn every_command_is_in_one_group() {
        let mut grouped = commands();
        grouped.sort();
        let whole = Args::command();
        let mut known: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }

    #[test]
    fn flags_belong_to_their_commands() {
        assert!(
            flags_of("deploy").contains(&"--dry-run".to_owned()) && flags_of("deploy").contains(&"--json".to_owned())
        );
        assert_eq!(commands_with("--remove-logs"), ["undeploy"]);
        assert_eq!(named_in(["-v", "deploy", "prod"]), Some("deploy".to_owned()));
        assert_eq!(named_in(["logs", "prod"]), Some("tail".to_owned()));
    }
}
