//! The flags of `zappa-rs event`.

use clap::builder::PossibleValuesParser;
use zappa_rs_adapter::sample::Sample;

use super::Pair;

/// `zappa-rs event`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  zappa-rs event                     the kinds, each with its keys
  zappa-rs event sqs --set queue=jobs --set body='{\"order\":7}'
                                     a message of a queue
  zappa-rs event http-api --set path=/orders --set headers.authorization='Bearer x'
                                     a path sets what has no key
  zappa-rs event rest > event.json   a file for a test, or for `aws lambda invoke`

Strings stay strings; anywhere else a value is taken as JSON if it is JSON. Digests and sizes stay those of the sample.")]
pub(crate) struct EventArgs {
    /// The kind of event; without it, the kinds are listed
    #[arg(
        value_name = "KIND",
        value_parser = PossibleValuesParser::new(Sample::all().iter().map(Sample::name)),
        hide_possible_values = true
    )]
    pub(crate) kind: Option<String>,
    /// Set a value, by a key of the kind such as `body` or by a path such as `Records.0.body`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "kind")]
    pub(crate) set: Vec<Pair>,
}
