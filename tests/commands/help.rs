//! `--help`, and the errors of unknown commands and flags.

use super::tool::Tool;

fn snapshot(words: &[&str]) -> String {
    let tool = Tool::usual();
    tool.snapshot(words)
}

#[test]
fn the_help_lists_the_commands_in_the_order_of_the_work() {
    insta::assert_snapshot!(snapshot(&["--help"]));
}

#[test]
fn every_command_shows_examples() {
    let help = snapshot(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 14, "{commands:?}");
    for command in commands {
        let help = snapshot(&[command, "--help"]);
        assert!(help.contains(&format!("\n  zappa-rs {command}")), "{help}");
    }
}

#[test]
fn nothing_typed_is_wrong_usage_that_names_the_first_steps() {
    insta::assert_snapshot!(snapshot(&[]));
}

#[test]
fn slips_are_reported_with_what_was_meant() {
    for (words, sentence, hint) in [
        (&["deplyo"][..], "`deplyo` is not a command", "did you mean `deploy`?"),
        (&["frobnicate"], "`frobnicate` is not a command", "`zappa-rs --help` lists the commands"),
        (&["deploy", "--dryrun"], "unknown flag or argument `--dryrun`", "did you mean `--dry-run`?"),
        (&["update", "--code"], "unknown flag or argument `--code`", "did you mean `--code-only`?"),
        (
            &["rollback", "-n", "0"],
            "`0` is not a value of `--number <N>`: it takes 1 and more",
            "`zappa-rs rollback --help` lists what it takes",
        ),
        (
            &["rollback", "-n", "1", "--to", "x"],
            "`--number <N>` cannot be used with `--to <RELEASE>`",
            "`zappa-rs rollback --help` lists what it takes",
        ),
        (
            &["template", "--format", "saam"],
            "`saam` is not a value of `--format <FORM>`",
            "it takes `cfn` and `sam`; did you mean `sam`?",
        ),
        (&["deploy", "--remove-logs"], "unknown flag or argument `--remove-logs`", "`zappa-rs undeploy` takes it"),
    ] {
        let text = snapshot(words);
        assert!(text.starts_with("exit: 2\n--- stdout\n--- stderr\n"), "{text}");
        assert!(text.contains(sentence), "{words:?}: {text}");
        assert!(text.contains(&format!("\n\nhint: {hint}")), "{words:?}: {text}");
    }
}
