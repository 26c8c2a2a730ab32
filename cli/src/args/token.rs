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
    #[arg(long, value_name = "DURATION", default_value = "1h", allow_hyphen_values = true, help_heading = "Claims")]
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
