//! The flags of `zappa-rs invoke`.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum, builder::NonEmptyStringValueParser};

use super::{LocalArgs, Pair, StageArgs};

/// `zappa-rs invoke`.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("what").args(["name", "event", "http"]).required(true))]
#[command(after_help = "\
Examples:
  zappa-rs invoke prod -n resize -d '{\"width\":320}'
                                     a function of the app, by its registered name
  zappa-rs invoke prod -n nightly --kind schedule --async
                                     a schedule, without waiting for it
  zappa-rs event sqs --set queue=jobs | zappa-rs invoke dev --event -
                                     an event of a source
  zappa-rs invoke dev --http 'POST /orders' -H 'content-type: application/json' --body @order.json
                                     a request, without the gateway
  zappa-rs invoke dev --http /health --repeat 100 --parallel 10
                                     latencies and cold starts
  zappa-rs invoke --local -n resize -d @job.json
                                     the app on this machine, before it is deployed
  zappa-rs invoke --local --http /health --repeat 100
                                     latencies of one process that stays warm

It calls what is live. stdout is the response to the byte: what the function returned, or the body of the HTTP response;
the end of the log goes to stderr. An invocation is not repeated where it may have run.
The exit code is 1 if the function failed or its HTTP response has a status of 500 or more, which
`--repeat` counts as an error; other statuses are answers.")]
pub(crate) struct InvokeArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    /// The registered name of a function of the app; one of `functions` in the settings is called itself
    #[arg(short, long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new(), help_heading = "Call")]
    pub(crate) name: Option<String>,
    /// What the name is registered as
    #[arg(long, value_name = "KIND", default_value = "function", conflicts_with_all = ["event", "http"], help_heading = "Call")]
    pub(crate) kind: HandlerKind,
    /// The payload of the named function, as JSON; `@FILE` reads a file, `-` stdin [default: null; of a schedule what the
    /// schedule sends: its `payload` in the settings, else `scheduled_time`, `execution_id` and `attempt`]
    #[arg(
        short,
        long,
        value_name = "JSON|@FILE|-",
        conflicts_with_all = ["event", "http"],
        allow_hyphen_values = true,
        help_heading = "Call"
    )]
    pub(crate) data: Option<String>,
    /// A whole event, such as one of `zappa-rs event`; `-` reads stdin
    #[arg(long, value_name = "FILE|-", help_heading = "Call")]
    pub(crate) event: Option<PathBuf>,
    /// An HTTP request, its method in any case, as the stage's gateway would pass it on [default method: GET, with a body POST]
    #[arg(long, value_name = "[METHOD ]PATH", help_heading = "Call")]
    pub(crate) http: Option<String>,
    /// The function of the stage to call, one of `functions` in the settings or `main` [default: the one that `functions`,
    /// `schedules` or `events` has for the name or the event, else `main`]
    #[arg(long, value_name = "NAME", conflicts_with = "http", help_heading = "Call")]
    pub(crate) function: Option<String>,
    /// A header of the request; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", conflicts_with_all = ["name", "event"], help_heading = "Call")]
    pub(crate) header: Vec<String>,
    /// The body of the request; `@FILE` reads a file, `-` stdin
    #[arg(long, value_name = "TEXT|@FILE|-", conflicts_with_all = ["name", "event"], allow_hyphen_values = true, help_heading = "Call")]
    pub(crate) body: Option<String>,
    /// Do not wait for the function: Lambda queues the event
    #[arg(long = "async", help_heading = "Call")]
    pub(crate) is_async: bool,
    /// A release of `zappa-rs releases` in place of the one that is live, as long as its version exists
    #[arg(long, value_name = "RELEASE", value_parser = NonEmptyStringValueParser::new(), help_heading = "Call")]
    pub(crate) qualifier: Option<String>,
    /// Call so many times, and print latencies in place of the responses
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=100_000),
        help_heading = "Call"
    )]
    pub(crate) repeat: Option<u32>,
    /// How many of the calls may run at once
    #[arg(
        long,
        value_name = "M",
        default_value_t = 1,
        requires = "repeat",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u16).range(1..=1000),
        help_heading = "Call"
    )]
    pub(crate) parallel: u16,
    /// The tenant, for a function with the setting `tenancy`
    #[arg(long, value_name = "ID", conflicts_with = "is_local")]
    pub(crate) tenant: Option<String>,
    /// Build the app, run it on this machine as `zappa-rs local` does, and end it; no server, no AWS
    #[arg(long = "local", conflicts_with_all = ["is_async", "qualifier"], help_heading = "Local")]
    pub(crate) is_local: bool,
    /// Build with Cargo's `dev` profile: faster to build, slower to run
    #[arg(long, visible_alias = "debug", requires = "is_local", conflicts_with = "binary", help_heading = "Local")]
    pub(crate) dev: bool,
    /// A binary that is built already
    #[arg(long, value_name = "PATH", requires = "is_local", help_heading = "Local")]
    pub(crate) binary: Option<PathBuf>,
    /// A variable of the function's environment; repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "is_local", help_heading = "Local")]
    pub(crate) env: Vec<Pair>,
    /// A file of such variables [default: `.env.<stage>` beside the settings]
    #[arg(long, value_name = "PATH", requires = "is_local", help_heading = "Local")]
    pub(crate) env_file: Option<PathBuf>,
    /// Give the app AWS credentials, as `zappa-rs local` does; without it, the app has none
    #[arg(long, requires = "is_local", help_heading = "Local")]
    pub(crate) with_credentials: bool,
}

impl InvokeArgs {
    /// The flags of `zappa-rs local` that run the same app with the same stage.
    pub(crate) fn local(&self) -> LocalArgs {
        let mut args = LocalArgs::defaults();
        args.settings_stage.clone_from(&self.stage.stage);
        args.settings_file.clone_from(&self.stage.settings_file);
        args.region = self.stage.region.first().cloned();
        args.profile.clone_from(&self.stage.profile);
        args.dev = self.dev;
        args.binary.clone_from(&self.binary);
        args.env.clone_from(&self.env);
        args.env_file.clone_from(&self.env_file);
        args.with_credentials = self.with_credentials;
        args
    }
}

/// What a handler is registered as.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum HandlerKind {
    /// `App::function`
    Function,
    /// `App::schedule`
    Schedule,
    /// `App::task`
    Task,
}
