//! `zappa-rs list` where it does not come to a call: what the settings and the flags have to say.

use super::tool::Tool;

const NEEDS_NONE: &str = "hint: `--all-projects` with `--region` needs no settings file\n";

#[test]
fn settings_are_needed_unless_the_flags_say_everything() {
    let tool = Tool::usual();
    for args in [&["list"][..], &["list", "--all-projects"], &["list", "--region", "eu-west-1"]] {
        let text = tool.snapshot(args);
        assert!(text.starts_with("exit: 2\n") && text.contains("error: no `zappa_settings.toml` in"), "{text}");
        assert!(text.ends_with(NEEDS_NONE), "{text}");
    }
    // The next is AWS.
    let mut command = tool.command(&["list", "--all-projects", "--region", "eu-west-1"]);
    let text = tool.snapshot_of(command.env("AWS_EC2_METADATA_DISABLED", "true"));
    assert!(text.starts_with("exit: 1\n") && text.contains("no usable credentials"), "{text}");
}

#[test]
fn stages_of_several_accounts_need_a_profile() {
    let stage = "[project]\nname = \"shop\"\n\n[stage.dev]\nregions = [\"eu-west-1\"]\n\n[stage.prod]\nregions = \
                 [\"eu-west-1\"]\nprofile_name = \"work\"\n";
    let tool = Tool::with_settings(stage);
    let text = tool.snapshot(&["list"]);
    assert!(text.starts_with("exit: 2\n"), "{text}");
    assert!(text.contains("error: the stages have several profiles: none, and `work`\n"), "{text}");
    assert!(text.contains("hint: name the one to look with by `--profile`"), "{text}");
    let mut command = tool.command(&["list", "--profile", "none"]);
    let text = tool.snapshot_of(command.env("AWS_EC2_METADATA_DISABLED", "true"));
    assert!(text.starts_with("exit: 1\n") && text.contains("no usable credentials"), "{text}");
}
