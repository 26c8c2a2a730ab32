//! The routes of batches: which handler of single records a batch is for, by the resource that sent it.

use std::{fmt, future::ready, sync::Arc};

use bytes::Bytes;

use crate::{
    contract::{PART_SEPARATOR, REGISTERED_NAMES},
    error::Error,
    event::Source,
    handler::HandlerFuture,
    inventory::{self, Inventory},
    invocation::Invocation,
    options::Options,
    records::{self, Handle, RecordHandler},
};

/// The registered handlers of single records.
#[derive(Clone, Default)]
pub(crate) struct Routes {
    routes: Vec<Route>,
}

#[derive(Clone)]
struct Route {
    source: Source,
    /// A name or an ARN.
    name: String,
    handle: Arc<Handle>,
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes.iter().map(Route::to_string)).finish()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.source, self.name)
    }
}

impl Routes {
    /// Adds a route. A later one of the same source and name replaces the earlier one.
    pub(crate) fn add<F, T>(&mut self, source: Source, name: String, handler: F)
    where
        F: RecordHandler<T>,
    {
        let handle: Arc<Handle> = Arc::new(move |payload, record| handler.handle(payload, record));
        self.routes.retain(|route| route.source != source || route.name != name);
        self.routes.push(Route { source, name, handle });
    }

    /// Finds the handler of an event and calls it. `entry` is the name that an event of a bucket has beside it, where the
    /// bucket has several entries in the settings.
    pub(crate) fn find(
        &self,
        source: Source,
        event: &Bytes,
        entry: Option<&str>,
        invocation: &Invocation,
        options: &Options,
    ) -> Result<Found, Error> {
        let has = |source| self.routes.iter().any(|route| route.source == source);
        // A bucket sends by EventBridge where `zappa-rs deploy` sets it up.
        let is_of_s3 = source == Source::EventBridge && has(Source::S3) && records::is_of_s3(event);
        let source = if is_of_s3 { Source::S3 } else { source };
        if !has(source) {
            return Ok(Found::NoRoutes);
        }
        let batch = records::read(source, event, invocation)?;
        if batch.items.is_empty() && source == Source::CloudWatchLogs {
            return Ok(Found::Call(
                "control message of CloudWatch Logs".to_owned(),
                Box::pin(ready(Ok(b"null".to_vec()))),
            ));
        }
        let name = name_in(source, &batch.origin);
        let resource = batch.items.first().map_or("", |item| item.record.source_arn());
        // An event of S3 names its bucket without the partition, and a bucket's name is its own in all of them.
        let is_exact = |arn: &str| match source {
            Source::S3 => records::resource_name(arn) == name,
            // A batch of logs has the group's name and no ARN.
            Source::CloudWatchLogs => *records::resource_name(arn) == *batch.origin,
            Source::Ses => records::is_for(arn, &batch.origin),
            Source::Kafka | Source::Mq => match arn.split_once(PART_SEPARATOR) {
                Some((arn, part)) => arn == resource && *part == *batch.origin,
                None => *arn == *batch.origin,
            },
            _ => *arn == *batch.origin,
        };
        // A sample has an account and a region of its own: without an exact resource, one of the same name is meant.
        let has_exact = options.sources().any(|(_, arn)| is_exact(arn))
            || self.routes.iter().any(|route| route.source == source && *route.name == *batch.origin);
        let is_alias = |arn: &str| is_exact(arn) || !has_exact && records::is_namesake(arn, &batch.origin);
        let entry = entry.filter(|_| is_of_s3);
        let is_entry = |route: &&Route| match entry {
            Some(entry) => route.name == entry,
            None => options.source(&route.name).is_some_and(is_alias),
        };
        // The settings say whose the resource is: a handler of another entry gets nothing of it by its name alone.
        let is_claimed = entry.is_some() || options.sources().any(|(_, arn)| is_alias(arn));
        let is_named = |route: &&Route| {
            (*route.name == *batch.origin || route.name == name || is_alias(&route.name))
                && !(is_claimed && options.source(&route.name).is_some())
        };
        let routes = || self.routes.iter().filter(|route| route.source == source);
        // A rule of SES for every address must not hide the handler of one.
        let is_either = |route: &&Route| source == Source::Ses && (is_entry(route) || is_named(route));
        let found = routes().find(is_either).or_else(|| routes().find(is_entry)).or_else(|| routes().find(is_named));
        // A FIFO queue of an entry's name.
        let is_fifo = |route: &&Route| source == Source::Sqs && name.strip_suffix(".fifo") == Some(&*route.name);
        let found = found.or_else(|| routes().find(|route| !is_claimed && is_fifo(route)));
        match found {
            Some(route) => Ok(route.call(batch, invocation.clone())),
            None => Ok(Found::Other(self.describe_missing(source, entry.unwrap_or(&batch.origin)))),
        }
    }

    /// Calls the handler of a rule by the rule's name, which `zappa-rs deploy` sends along.
    pub(crate) fn call_rule(&self, name: &str, event: &Bytes, invocation: Invocation) -> Result<Found, Error> {
        let is_match = |route: &&Route| route.source == Source::EventBridge && route.name == name;
        match self.routes.iter().find(is_match) {
            Some(route) => Ok(route.call(records::read(Source::EventBridge, event, &invocation)?, invocation)),
            None => Ok(Found::Other(self.describe_missing(Source::EventBridge, name))),
        }
    }

    /// Adds the routes to an inventory, by their names and by the settings' names of their resources.
    pub(crate) fn add_to(&self, inventory: &mut Inventory, options: &Options) {
        for route in &self.routes {
            let kind = inventory::kind(route.source);
            inventory.add(kind, &route.name);
            for (name, arn) in options.sources() {
                // A handler of another entry gets nothing by its name.
                if options.source(&route.name).is_some() {
                    continue;
                }
                let resource = name_in(route.source, part_of(route.source, arn));
                let is_recipient = route.source == Source::Ses && arn.split(' ').any(|one| one == route.name);
                if is_recipient
                    || route.name == arn
                    || [&*route.name, name_in(route.source, &route.name)].contains(&resource)
                {
                    inventory.add(kind, name);
                }
            }
        }
    }

    /// Describes a resource without a handler, with the handlers that there are.
    fn describe_missing(&self, source: Source, origin: &str) -> String {
        let known: Vec<String> = self
            .routes
            .iter()
            .filter(|route| route.source == source)
            .map(|route| format!("`{}`", route.name))
            .collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        if source == Source::EventBridge && origin.is_empty() {
            let only =
                "only events of an entry in `events` of the settings, of the kind `rule`, reach `on_event_bridge`";
            return format!("an EventBridge event without the name of its rule: {only}; {REGISTERED_NAMES}{known}");
        }
        format!("{source} events of `{origin}`; {REGISTERED_NAMES}{known}")
    }
}

/// The topic or queue of a source that has those; of another its ARN.
fn part_of(source: Source, arn: &str) -> &str {
    match source {
        Source::Kafka | Source::Mq => arn.split_once(PART_SEPARATOR).map_or(arn, |(_, part)| part),
        _ => arn,
    }
}

/// The name in an ARN, or of a topic or queue.
fn name_in(source: Source, origin: &str) -> &str {
    match source {
        Source::Kafka | Source::Ses => origin,
        Source::Mq => records::queue_name(origin),
        _ => records::resource_name(origin),
    }
}

/// The result of the look-up of an event's handler.
pub(crate) enum Found {
    /// The handler, called: its name and its future.
    Call(String, HandlerFuture),
    /// No handler of single records is registered for this kind of source.
    NoRoutes,
    /// Handlers are registered, but not for this resource, which is described.
    Other(String),
}

impl Route {
    fn call(&self, batch: records::Batch, invocation: Invocation) -> Found {
        let (name, handle) = (self.to_string(), self.handle.clone());
        let label = name.clone();
        Found::Call(name, Box::pin(async move { batch.run(&label, &*handle, &invocation).await }))
    }
}
