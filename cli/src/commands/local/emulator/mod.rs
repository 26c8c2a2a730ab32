//! The emulator of AWS beside `local`: its queues and streams are polled, and its queues and topics get what fails.

mod queues;
mod streams;
mod topics;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Mutex;

use crate::{
    args::LocalArgs,
    aws::{self, Access, Aws, Notices},
    commands::Context,
    local::{credentials::Unavailable, description::Description, emulator::Emulator},
    progress::Progress,
    report::{Failure, Report},
};

/// The environment's endpoint.
const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Opens the emulator that the flag or the environment names; `None` without one.
pub(super) fn open(
    args: &LocalArgs,
    description: &Description,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<Option<Arc<dyn Emulator>>, Failure> {
    let has_variable = cx.environment.get(std::ffi::OsStr::new(VARIABLE)).is_some_and(|value| !value.is_empty());
    // `AWS_ENDPOINT_URL` alone is ignored if the stage has nothing that needs an emulator.
    if args.endpoint_url.is_none() && (!has_variable || !description.has_emulated()) {
        return Ok(None);
    }
    let progress = Arc::clone(report) as Arc<dyn Progress>;
    let access = Access {
        profile: None,
        endpoint_url: args.endpoint_url.clone(),
        environment: cx.environment.clone(),
        notices: Notices::new(Arc::clone(&progress)),
    };
    let aws = Aws::emulator(&access).map_err(|error| {
        let hint = "queues and streams are polled in an emulator only, such as `http://127.0.0.1:4566`: your account's \
                    messages would be taken from the deployed function";
        Failure::usage(error, Some(hint.to_owned()))
    })?;
    let region = aws.in_region(&description.function.region);
    let queues = description.events.queues.iter().map(|source| source.queue.label());
    let streams = description.events.streams.iter().map(|source| source.stream.label());
    for label in queues.chain(streams) {
        report.step("Polling", &format!("{label} of {}", region.endpoint_url().unwrap_or_default()));
    }
    let (queues, topics, table_streams) = (Mutex::default(), Mutex::default(), Mutex::default());
    Ok(Some(Arc::new(Service { region, progress, queues, topics, table_streams })))
}

/// The emulator in the stage's region, with the addresses of what was found there.
struct Service {
    region: aws::Region,
    progress: Arc<dyn Progress>,
    /// The URLs of queues.
    queues: Mutex<BTreeMap<String, String>>,
    /// The ARNs of topics.
    topics: Mutex<BTreeMap<String, String>>,
    /// The ARNs of tables' streams.
    table_streams: Mutex<BTreeMap<String, String>>,
}

impl Service {
    /// The reason and remedy of a resource that the emulator does not have. `command` creates it.
    fn missing(&self, noun: &str, command: &str) -> Unavailable {
        Unavailable {
            reason: format!("the emulator has no {noun} of that name"),
            hint: Some(format!(
                "create it: `aws {command} --endpoint-url {} --region {}`",
                self.region.endpoint_url().unwrap_or_default(),
                self.region.name(),
            )),
        }
    }

    fn report_creation(&self, label: &str) {
        self.progress.step("Creating", &format!("{label}, which the stage declares"));
    }
}

fn unavailable(error: &aws::Error) -> Unavailable {
    Unavailable { reason: error.to_string(), hint: error.hint() }
}
