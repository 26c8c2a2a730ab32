//! The flags of `zappa-rs token`.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::local::{LocalArgs, Pair};

/// `zappa-rs token`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs token --sub alice         a token for the one stage of the settings file
  zappa-rs token dev --sub alice --scope shop/read
                                     for the stage `dev`, with that scope alone
  zappa-rs token --sub alice --claim email=alice@example.com --claim 'cognito:groups=[\"admins\"]'
                                     with more claims; a value that is JSON stays what it is
  zappa-rs token --sub alice --expires -1m
                                     one that has expired, to see how it is refused
  curl -H \"Authorization: Bearer $(zappa-rs token --sub alice)\" http://localhost:3000/dev/

The token has the issuer, audience and scopes that the stage's authorizer asks for, so that a
handler sees claims as on AWS. It is signed with a key of this machine, in
`target/zappa-rs/token`, which `zappa-rs local` trusts and nothing else does: on AWS the token is
refused.")]
pub(crate) struct TokenArgs {
    /// The stage; may be left out when only one is defined
    #[arg(value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// The settings file; without it, `zappa_settings.toml` here or above
    #[arg(short, long, value_name = "PATH")]
    pub(crate) settings_file: Option<PathBuf>,
    /// One of the stage's regions, in which its authorizer may be another [default: the stage's first]
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Option<String>,
    /// Whose token it is: the claim `sub`
    #[arg(long, value_name = "NAME", help_heading = "Claims")]
    pub(crate) sub: String,
    /// A scope; repeatable [default: those that the stage asks for]
    #[arg(long, value_name = "SCOPE", help_heading = "Claims")]
    pub(crate) scope: Vec<String>,
    /// A claim, also in the place of one that the token would have; JSON or text, `null` for none; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Claims")]
    pub(crate) claim: Vec<Pair>,
    /// For how long it is valid, such as `30m` or `1h30m`; negative for one that has expired
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = lifetime, allow_hyphen_values = true, help_heading = "Claims")]
    pub(crate) expires: SignedDuration,
    /// The authorizer, if the stage's routes ask for tokens of several
    #[arg(long, value_name = "NAME")]
    pub(crate) authorizer: Option<String>,
}

impl TokenArgs {
    /// The flags of `zappa-rs local` that serve the same stage.
    pub(crate) fn local(&self) -> LocalArgs {
        let mut args = LocalArgs::defaults();
        args.settings_stage.clone_from(&self.stage);
        args.settings_file.clone_from(&self.settings_file);
        args.region.clone_from(&self.region);
        args
    }
}

/// The longest time for which a token is valid.
const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// A duration, whatever its sign.
fn lifetime(text: &str) -> Result<SignedDuration, String> {
    let malformed = |_| "write numbers with `h`, `m` and `s`, such as `30m`, `1h30m` or `-1m`".to_owned();
    let duration: SignedDuration = text.parse().map_err(malformed)?;
    if duration.abs() > MAX_LIFETIME {
        return Err(format!("at most ten years, `{}h`", MAX_LIFETIME.as_hours()));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_duration_of_ten_years_at_most() {
        for (text, seconds) in [("30m", 1800), ("1h30m", 5400), ("-1m", -60), ("87600h", 315_360_000)] {
            assert_eq!(lifetime(text).map(|duration| duration.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["87601h", "-87601h", "2000000000h"] {
            assert_eq!(lifetime(text), Err("at most ten years, `87600h`".to_owned()), "{text}");
        }
        for text in ["", "1", "soon", "999999999d", "99999999999999999999h"] {
            let error = lifetime(text).unwrap_err();
            assert!(error.contains("such as `30m`"), "{text}: {error}");
        }
    }
}
