//! `zappa-rs completions`.

use std::process::Command;

use super::tool::Tool;

#[test]
fn each_shell_gets_a_script_that_knows_commands_and_flags() {
    let tool = Tool::usual();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = tool.snapshot(&["completions", shell]);
        assert!(ran.starts_with("exit: 0\n"), "{ran}");
        assert!(ran.ends_with("--- stderr\n"), "{shell}");
        for word in ["undeploy", "code-only"] {
            assert!(ran.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn bash_takes_the_script_and_completes_a_command() {
    let tool = Tool::usual();
    let script = tool.command(&["completions", "bash"]).output().unwrap().stdout;
    std::fs::write(tool.path("script"), script).unwrap();
    let line = "source ../script; COMP_WORDS=(zappa-rs rollb); COMP_CWORD=1; \
                $(complete -p zappa-rs | sed 's/.*-F \\([^ ]*\\).*/\\1/') zappa-rs rollb zappa-rs; \
                echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", line]).current_dir(tool.project("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "rollback\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_shell_that_is_not_known_is_reported_with_those_that_are() {
    let tool = Tool::usual();
    insta::assert_snapshot!(tool.snapshot(&["completions", "bsh"]));
}
