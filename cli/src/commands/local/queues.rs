//! The queues of an emulator, for `local`: found by name, and created where the stage declares them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::sync::Mutex;

use crate::{
    args::LocalArgs,
    aws::{self, Access, Aws, Notices, QueueMessage},
    commands::Context,
    local::{
        credentials::Unavailable,
        description::{Description, QueueSource},
        queues::{Attribute, Message, Queues},
    },
    progress::Progress,
    report::{Failure, Report},
};

/// The environment's endpoint.
const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Opens the emulator that the flag or the environment names; `None` without one.
pub(super) fn of_emulator(
    args: &LocalArgs,
    description: &Description,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<Option<Arc<dyn Queues>>, Failure> {
    let has_variable = cx.environment.get(std::ffi::OsStr::new(VARIABLE)).is_some_and(|value| !value.is_empty());
    // A variable that is meant for something else is in nobody's way.
    if args.endpoint_url.is_none() && (!has_variable || description.events.queues.is_empty()) {
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
        let hint = "queues are polled in an emulator only, such as `http://127.0.0.1:4566`: your account's messages would \
                    be taken from the deployed function";
        Failure::usage(error, Some(hint.to_owned()))
    })?;
    let region = aws.in_region(&description.function.region);
    for source in &description.events.queues {
        let endpoint = region.endpoint_url().unwrap_or_default();
        report.step("Polling", &format!("{} of {endpoint}", source.label()));
        if source.has_filters {
            let sentence = format!("the filters of {} are not applied: all of its messages arrive", source.label());
            report.warning(&sentence, None);
        }
    }
    Ok(Some(Arc::new(EmulatorQueues { region, progress, urls: Mutex::default() })))
}

/// The queues, with the URLs of those that were found.
struct EmulatorQueues {
    region: aws::Region,
    progress: Arc<dyn Progress>,
    urls: Mutex<BTreeMap<String, String>>,
}

impl EmulatorQueues {
    async fn url(&self, source: &QueueSource) -> Result<String, Unavailable> {
        let mut urls = self.urls.lock().await;
        if let Some(url) = urls.get(&source.queue) {
            return Ok(url.clone());
        }
        let found = self.region.queue_url(&source.queue).await.map_err(|error| unavailable(&error))?;
        let url = match (found, &source.attributes) {
            (Some(url), _) => url,
            (None, Some(attributes)) => {
                self.progress.step("Creating", &format!("{}, which the stage declares", source.label()));
                self.region.create_queue(&source.queue, attributes).await.map_err(|error| unavailable(&error))?
            }
            (None, None) => {
                return Err(Unavailable {
                    reason: "the emulator has no queue of that name".to_owned(),
                    hint: Some(format!(
                        "create it: `aws sqs create-queue --endpoint-url {} --region {} --queue-name {}`",
                        self.region.endpoint_url().unwrap_or_default(),
                        self.region.name(),
                        source.queue,
                    )),
                });
            }
        };
        urls.insert(source.queue.clone(), url.clone());
        Ok(url)
    }

    /// Looks for the queue again after an error: an emulator that was started again may have another.
    async fn forget<T>(&self, source: &QueueSource, outcome: Result<T, aws::Error>) -> Result<T, Unavailable> {
        if outcome.is_err() {
            self.urls.lock().await.remove(&source.queue);
        }
        outcome.map_err(|error| unavailable(&error))
    }
}

impl Queues for EmulatorQueues {
    fn receive<'a>(
        &'a self,
        source: &'a QueueSource,
        count: u32,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Vec<Message>, Unavailable>> {
        async move {
            let url = self.url(source).await?;
            let received = self.region.receive_messages(&url, count, wait).await;
            Ok(self.forget(source, received).await?.into_iter().map(message).collect())
        }
        .boxed()
    }

    fn delete<'a>(&'a self, source: &'a QueueSource, receipts: Vec<String>) -> BoxFuture<'a, Result<(), Unavailable>> {
        async move {
            let url = self.url(source).await?;
            let outcome = self.region.delete_messages(&url, &receipts).await;
            match self.forget(source, outcome).await?.into_iter().next() {
                Some(reason) => Err(Unavailable { reason, hint: None }),
                None => Ok(()),
            }
        }
        .boxed()
    }
}

fn unavailable(error: &aws::Error) -> Unavailable {
    Unavailable { reason: error.to_string(), hint: error.hint() }
}

fn message(message: QueueMessage) -> Message {
    let attributes = message.message_attributes.into_iter();
    Message {
        id: message.id,
        receipt: message.receipt,
        body: message.body,
        md5: message.md5,
        attributes: message.attributes,
        message_attributes: attributes
            .map(|(name, aws::MessageAttribute { data_type, text, binary })| {
                (name, Attribute { data_type, text, binary })
            })
            .collect(),
    }
}
