//! The operator of a change: every change carries a token that names who runs it, and CloudFormation's events return it.

use std::{collections::BTreeMap, ffi::OsString};

/// In front of every token of ours.
const PREFIX: &str = "zappa-rs-";
/// Hexadecimal digits that tell one change from the next.
const DIGITS: usize = 16;

/// Who runs this command, as in `alice-at-laptop`.
pub(super) fn operator(environment: &BTreeMap<OsString, OsString>) -> String {
    let variable = |names: &[&str]| {
        names.iter().find_map(|name| {
            let value = environment.get(&OsString::from(name))?.to_str()?;
            (!value.is_empty()).then(|| value.to_owned())
        })
    };
    // What runs in CI is better known by its run than by the user `runner`.
    let user = variable(&["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME", "USERNAME"]);
    let host = variable(&["GITHUB_RUN_ID", "CI_JOB_ID", "HOSTNAME", "COMPUTERNAME"]).or_else(|| {
        let name = std::fs::read_to_string("/etc/hostname").ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    });
    let fitting = |text: String| -> String {
        text.chars().take(40).map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
    };
    let user = fitting(user.unwrap_or_else(|| "somebody".to_owned()));
    let host = fitting(host.unwrap_or_else(|| "somewhere".to_owned()));
    format!("{user}-at-{host}")
}

/// A token for one change: it makes a repeated request known as the same one, and CloudFormation asks for a letter first.
pub(super) fn token(operator: &str) -> String {
    format!("{PREFIX}{operator}-{:016x}", fastrand::u64(..))
}

/// Who made the change with this token; `None` if the token is not one of ours.
pub(super) fn of_token(token: &str) -> Option<&str> {
    let rest = token.strip_prefix(PREFIX)?;
    let end = rest.len().checked_sub(DIGITS + 1)?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_who_and_fits_cloudformation() {
        let environment = [("USER", "älice smith"), ("HOSTNAME", "laptop.local")]
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let operator = operator(&environment.into());
        assert_eq!(operator, "-lice-smith-at-laptop-local");
        let token = token(&operator);
        assert!(token.len() <= 128 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        assert_eq!(of_token(&token), Some(operator.as_str()));
        assert_eq!(of_token("Console-UpdateStack-1234"), None);
    }
}
