//! The flags of `tail`.

use clap::builder::NonEmptyStringValueParser;

use super::StageArgs;
use crate::logs::Moment;

/// `zappa-rs tail`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs tail prod                 the last ten minutes, then what comes, until Ctrl-C
  zappa-rs tail prod -n 50 --no-follow
                                     the 50 newest lines
  zappa-rs tail prod --since 2026-11-29T16:00:00Z --until 2026-11-29T16:30:00Z
                                     half an hour, then the end
  zappa-rs tail prod --filter '?ERROR ?WARN'
                                     a filter pattern of CloudWatch Logs
  zappa-rs tail prod --errors --since 1d
                                     what failed, with backtraces
  zappa-rs tail prod --request 8f3a2c1d --since 1h
                                     the lines of one request
  zappa-rs tail prod --stats         counts, error rate, percentiles and cold starts, live
  zappa-rs tail prod --live          what comes, sooner, and not all of it where there is much
  zappa-rs tail prod --json --follow | jq -r .message
                                     one JSON object a line

All functions and regions of the stage are shown as one stream. Without a terminal (in a script, in
CI) the command ends with the newest line unless --follow is given.")]
pub(crate) struct TailArgs {
    #[command(flatten)]
    pub(crate) stage: StageArgs,
    #[command(flatten)]
    pub(crate) lines: LineArgs,
}

/// Which lines are shown.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Lines")]
pub(crate) struct LineArgs {
    /// Begin there: a duration before now (10m, 1h30m, 2d) or a time of RFC 3339. Default: 10m, or with -n whatever it
    /// takes
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) since: Option<Moment>,
    /// End there, and do not follow
    #[arg(long, value_name = "WHEN", conflicts_with = "follow", allow_hyphen_values = true)]
    pub(crate) until: Option<Moment>,
    /// Begin with the newest lines, so many of all functions and regions together
    #[arg(short = 'n', long = "lines", value_name = "LINES", allow_negative_numbers = true)]
    pub(crate) number: Option<usize>,
    /// Follow: show new lines as they come. The default on a terminal
    #[arg(long, overrides_with = "no_follow")]
    pub(crate) follow: bool,
    /// End with the newest line. The default without a terminal, and with --until
    #[arg(long, overrides_with = "follow")]
    pub(crate) no_follow: bool,
    /// Follow by Live Tail of CloudWatch Logs: lines come within a second or two, but only a sample of more than 500 a
    /// second, and AWS charges by the minute. Without it every line is shown
    #[arg(long)]
    pub(crate) live: bool,
    /// Only lines that match a filter pattern of CloudWatch Logs
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<String>,
    /// Only lines of this function of the stack, by its name with or without the stack's in front, or `main`; may be
    /// repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Vec<String>,
    /// Only errors: lines of that level, panics with their backtraces, failed invocations
    #[arg(long)]
    pub(crate) errors: bool,
    /// Only lines of HTTP requests, by what `init_tracing` of the crate writes
    #[arg(long, conflicts_with = "non_http")]
    pub(crate) http: bool,
    /// Only lines of other invocations: events, schedules, calls
    #[arg(long)]
    pub(crate) non_http: bool,
    /// Only lines of the request with this id, or with an id that begins so
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) request: Option<String>,
    /// Count in place of showing lines: invocations, errors, durations, cold starts, memory; a live table on a terminal,
    /// else a table at the end
    #[arg(long, conflicts_with_all = ["number", "filter", "errors", "http", "non_http", "request"])]
    pub(crate) stats: bool,
}
