//! The flags of `zappa-rs local`.

use std::{ops::RangeInclusive, path::PathBuf, str::FromStr, time::Duration};

use clap::{ArgGroup, Args as _, FromArgMatches as _, ValueEnum, builder::PossibleValue};
use jiff::Timestamp;

use super::server_host::ServerHost;
use crate::{gateway::GatewayKind, lambda, regions};

/// The memory that a function can have, in MB.
const MEMORY: RangeInclusive<i64> = lambda::MIN_MEMORY as i64..=lambda::MAX_MEMORY as i64;
/// How long an invocation may take, in seconds.
const TIMEOUT: RangeInclusive<i64> = 1..=lambda::MAX_TIMEOUT_SECONDS as i64;

const EXAMPLES: &str = "\
Examples:
  zappa-rs local                          the package in this folder, behind a REST API on port 3000
  zappa-rs local prod                     the stage `prod` of zappa_settings.toml
  zappa-rs local --example hello --as http
                                          an example, behind an HTTP API
  zappa-rs local --as function-url --streaming --watch
                                          a streaming Function URL that follows your edits
  zappa-rs local --stage prod --base-path shop --env-file .env.prod
                                          as behind a custom domain with a base path
  zappa-rs local --with-credentials       the app calls AWS as the stage's profile
  zappa-rs local --host api.example.com   as behind that custom domain
  zappa-rs local --time 2027-01-31T02:59:50Z --async-retry-delay 1
                                          fires the schedule of 3 o'clock in ten seconds, and retries soon
  zappa-rs local --jwks keys.json         verifies tokens of the issuer without a network
  zappa-rs local --endpoint-url http://127.0.0.1:4566
                                          polls the stage's queues and streams in that emulator
  zappa-rs local --bin app --dev --port 0 --json
                                          a quick build on any free port, described as JSON

What the gateway would ask callers for, it asks for here: `throttle`, tokens (`zappa-rs token`
makes one), signatures (with the profile's keys; policies of IAM are not evaluated), API keys
(it prints those whose value AWS makes) and functions that are authorizers.

While it serves, the Lambda Invoke API is on the same port:
  aws lambda invoke --endpoint-url http://127.0.0.1:3000 --function-name app-dev out.json";

/// The flags of `zappa-rs local`: what is built, and how it is served.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("target").args(["bin", "example", "binary"]))]
pub(crate) struct LocalArgs {
    /// The stage of the settings file to serve; may be left out when only one is defined. Flags win over the file
    #[arg(value_name = "STAGE")]
    pub(crate) settings_stage: Option<String>,
    /// The settings file; without it, `zappa_settings.toml` here or above, if there is one
    #[arg(short, long, value_name = "PATH")]
    pub(crate) settings_file: Option<PathBuf>,
    /// The package to build, if the folder does not say it
    #[arg(short, long, value_name = "NAME", help_heading = "Build", conflicts_with = "binary")]
    pub(crate) package: Option<String>,
    /// The binary to build, if the package has several
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(crate) bin: Option<String>,
    /// The example to build
    #[arg(long, value_name = "NAME", help_heading = "Build")]
    pub(crate) example: Option<String>,
    /// Path of the Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "Build", conflicts_with = "binary")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Features to build with, joined by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Build", conflicts_with = "binary")]
    pub(crate) features: Vec<String>,
    /// The Cargo profile [default: the settings', or `release`]
    #[arg(long, value_name = "NAME", help_heading = "Build", conflicts_with = "binary")]
    pub(crate) cargo_profile: Option<String>,
    /// Build with Cargo's `dev` profile: faster to build, slower to run
    #[arg(long, visible_alias = "debug", help_heading = "Build", conflicts_with_all = ["cargo_profile", "binary"])]
    pub(crate) dev: bool,
    /// A binary that is built already; it runs in its own folder, or beside what the stage includes
    #[arg(long, value_name = "PATH", help_heading = "Build", conflicts_with = "watch")]
    pub(crate) binary: Option<PathBuf>,
    /// Load and build again when a source, an included file, the settings or the env file change
    #[arg(long, help_heading = "Build")]
    pub(crate) watch: bool,

    /// The gateway in front of the function [default: the settings', or rest]
    #[arg(long = "as", value_name = "GATEWAY", help_heading = "Gateway")]
    pub(crate) gateway: Option<GatewayKind>,
    /// The API's stage; default `dev`, and `$default` for an HTTP API, which puts nothing before the path
    #[arg(long, value_name = "NAME", help_heading = "Gateway")]
    pub(crate) stage: Option<String>,
    /// Serve as behind a custom domain with this base path
    #[arg(long, value_name = "PATH", help_heading = "Gateway")]
    pub(crate) base_path: Option<String>,
    /// Pass the answer on as it is written (REST API, Function URL)
    #[arg(long, help_heading = "Gateway")]
    pub(crate) streaming: bool,
    /// Send `multiValueHeaders` (ALB)
    #[arg(long, help_heading = "Gateway")]
    pub(crate) multi_value_headers: bool,
    /// A media type whose bodies are binary (REST API); repeatable. Without one, all are
    #[arg(long, value_name = "TYPE", help_heading = "Gateway")]
    pub(crate) binary_media_type: Vec<String>,
    /// A stage variable (REST and HTTP API); repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Gateway")]
    pub(crate) stage_variable: Vec<Pair>,
    /// The port; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 3000, help_heading = "Gateway")]
    pub(crate) port: u16,
    /// The loopback address to listen on; or a name, such as `api.example.com`, to serve as behind that custom domain:
    /// the app sees it as the `Host`, and `localhost` is listened on
    #[arg(long, value_name = "ADDRESS|NAME", default_value = "localhost", help_heading = "Gateway")]
    pub(crate) host: ServerHost,
    /// A file with a JSON Web Key Set, which verifies the tokens that the stage's authorizer asks for: instead of the keys that
    /// the issuer publishes, and without a network
    #[arg(long, value_name = "PATH", help_heading = "Gateway")]
    pub(crate) jwks: Option<PathBuf>,

    /// One of the stage's regions, whose name the function and its events carry [default: the stage's first]
    #[arg(long, value_name = "NAME", value_parser = region, help_heading = "Function")]
    pub(crate) region: Option<String>,
    /// The function's memory in MB [default: the settings', or 256]
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32).range(MEMORY), help_heading = "Function")]
    pub(crate) memory: Option<u32>,
    /// Seconds that one invocation may take [default: the settings', or 29]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(TIMEOUT), help_heading = "Function")]
    pub(crate) timeout: Option<u32>,
    /// Give the app AWS credentials: those of the stage's `profile_name`, of `--profile`, or of your environment.
    /// Without it, the app has none
    #[arg(long, help_heading = "Function")]
    pub(crate) with_credentials: bool,
    /// The profile of your AWS configuration that `--with-credentials` takes, and whose keys verify signatures where the stage
    /// asks for them; `none` leaves out the one of the settings
    #[arg(long, value_name = "NAME", help_heading = "Function")]
    pub(crate) profile: Option<String>,
    /// How many processes may run at once; further requests wait for one [default: 10, or the settings'
    /// `reserved_concurrency` if that is less]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Function")]
    pub(crate) concurrency: Option<u16>,
    /// How many requests one process works on at once, as on Managed Instances: finds races for state that requests share
    /// [default: 1, or the settings' `managed_instances`]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1600), help_heading = "Function")]
    pub(crate) concurrency_per_process: Option<u16>,
    /// A variable of the function's environment; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Function")]
    pub(crate) env: Vec<Pair>,
    /// A file of such variables, one `NAME=VALUE` a line, without substitution [default: `.env.<stage>` beside the
    /// settings]; `--env` wins
    #[arg(long, value_name = "PATH", help_heading = "Function")]
    pub(crate) env_file: Option<PathBuf>,

    /// The time at which the schedules' clock starts, as in `2027-01-31T02:59:50Z`; it runs on from there. The app keeps
    /// this machine's time [default: now]
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Events")]
    pub(crate) time: Option<Timestamp>,
    /// Do not fire the stage's schedules
    #[arg(long, help_heading = "Events", conflicts_with = "time")]
    pub(crate) no_schedules: bool,
    /// The endpoint of an emulator whose queues and streams are polled, as the stage's `events` name them;
    /// `AWS_ENDPOINT_URL` works too
    #[arg(long, value_name = "URL", help_heading = "Events")]
    pub(crate) endpoint_url: Option<String>,
    /// Seconds before the first retry of an asynchronous invocation that failed; before the second it is twice as long
    /// [default: 60, as on Lambda]
    #[arg(long, value_name = "SECONDS", help_heading = "Events")]
    pub(crate) async_retry_delay: Option<Seconds>,
}

impl LocalArgs {
    /// The flags of a command line without any.
    pub(super) fn defaults() -> Self {
        let command = Self::augment_args(clap::Command::new("local").no_binary_name(true));
        let matches = command.get_matches_from(std::iter::empty::<&str>());
        Self::from_arg_matches(&matches).expect("`local` requires no flag")
    }
}

impl ValueEnum for GatewayKind {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Rest, Self::Http, Self::FunctionUrl, Self::Alb]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Rest => "API Gateway REST API",
            Self::Http => "API Gateway HTTP API",
            Self::FunctionUrl => "Lambda Function URL",
            Self::Alb => "Application Load Balancer",
        };
        Some(PossibleValue::new(self.word()).help(help))
    }
}

/// A time with its offset from UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not a time, such as `2027-01-31T02:59:50Z`".to_owned())
}

/// Seconds with decimals: an hour at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds: Option<f64> = text.parse().ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
        let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.map(Self).ok_or_else(|| "not a number of seconds from 0 to 3600, such as `0.5`".to_owned())
    }
}

/// A name that a region can have.
fn region(text: &str) -> Result<String, String> {
    if regions::is_plausible(text) {
        return Ok(text.to_owned());
    }
    Err(match regions::nearest(text) {
        Some(meant) => format!("not a region of AWS; did you mean `{meant}`?"),
        None => "not a region of AWS, such as `eu-west-1`".to_owned(),
    })
}

/// `NAME=VALUE`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            Some(_) => Err("there is nothing before its `=`".to_owned()),
            None => Err("it has no `=`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_a_number_of_seconds_up_to_an_hour() {
        assert_eq!("0.25".parse(), Ok(Seconds(Duration::from_millis(250))));
        for text in ["-1", "3601", "NaN", "inf", "1s", ""] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pair_keeps_further_equals_signs_in_its_value() {
        let pair: Pair = "URL=postgres://h/d?a=b".parse().unwrap();
        assert_eq!((pair.name.as_str(), pair.value.as_str()), ("URL", "postgres://h/d?a=b"));
        assert!("=x".parse::<Pair>().is_err());
        assert!("x".parse::<Pair>().is_err());
    }
}
