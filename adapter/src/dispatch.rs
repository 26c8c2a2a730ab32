//! The registry of handlers for events that are not HTTP, by name or by source.
//!
//! An event without a handler is an invocation error: a queue deletes a batch whose invocation succeeds.

use std::{
    collections::HashMap,
    fmt,
    mem::discriminant,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    authorizer::{AuthorizerHandler, Authorizers, Visible},
    cognito::{self, CognitoTrigger},
    contract,
    error::{Error, Kind},
    event::{OwnEvent, Source},
    failure::panic_message,
    handler::{EventHandler, HandlerFuture},
    handler_key::Key,
    inventory::{self, Inventory},
    invocation::Invocation,
    options::Options,
    records::RecordHandler,
    routes::{Found, Routes},
};

type Handler = Arc<dyn Fn(Bytes, Invocation) -> HandlerFuture + Send + Sync>;

/// The registered handlers.
///
/// A handler takes its payload as any type that `serde` can read, and the [`Invocation`]; it returns anything that
/// `serde` can write. For a source the payload is the whole event, such as one of the `aws_lambda_events` types.
///
/// ```
/// use zappa_rs_adapter::{BoxError, Dispatch, Invocation, Source};
///
/// async fn nightly(_: Option<serde_json::Value>, _: Invocation) -> Result<(), BoxError> {
///     Ok(())
/// }
///
/// async fn jobs(batch: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
///     batch["Records"].as_array().map(|_| ()).ok_or("a batch without records".into())
/// }
///
/// let dispatch = Dispatch::new().with_schedule("nightly", nightly).with_source(Source::Sqs, jobs);
/// ```
#[derive(Clone, Default)]
pub struct Dispatch {
    handlers: HashMap<Key, Handler>,
    authorizers: Authorizers,
    routes: Routes,
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch")
            .field("handlers", &self.handlers.keys().collect::<Vec<_>>())
            .field("authorizers", &self.authorizers)
            .field("routes", &self.routes)
            .finish()
    }
}

impl Dispatch {
    /// A registry without handlers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers the schedule `name`. A later registration of a name replaces the earlier one.
    #[must_use]
    pub fn with_schedule<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Schedule(name.into()), handler)
    }

    /// Registers the plain function `name`, which `zappa-rs invoke` calls.
    #[must_use]
    pub fn with_function<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Function(name.into()), handler)
    }

    /// Registers the task `name`, whose caller does not wait.
    #[must_use]
    pub fn with_task<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Task(name.into()), handler)
    }

    /// Registers the handler of all events of `source`.
    #[must_use]
    pub fn with_source<F, T>(self, source: Source, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Source(source), handler)
    }

    /// Registers the handler of single messages of an SQS queue, by the queue's name, its ARN, or the name of an entry
    /// in `events` of the settings.
    ///
    /// Messages are handled concurrently, those of a group of a FIFO queue one after another. Those that fail are
    /// reported, so that only they are delivered again; the queue's mapping must have `ReportBatchItemFailures`, which
    /// `zappa-rs deploy` sets.
    #[must_use]
    pub fn with_sqs<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Sqs, name, handler)
    }

    /// Registers the handler of single records of a Kinesis stream, by the stream's name, its ARN, or the name of an
    /// entry in `events` of the settings.
    ///
    /// Records are handled in their order. The first that fails ends the batch, and is delivered again with those after
    /// it.
    #[must_use]
    pub fn with_kinesis<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Kinesis, name, handler)
    }

    /// Registers the handler of single changes of a DynamoDB table, by the table's name, its stream's ARN, or the name
    /// of an entry in `events` of the settings. Its payload is a [`Change`](crate::Change). For order and failures see
    /// [`with_kinesis`](Self::with_kinesis).
    #[must_use]
    pub fn with_dynamodb<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::DynamoDb, name, handler)
    }

    /// Registers the handler of single messages of a Kafka topic, by the topic's name or the name of an entry in
    /// `events` of the settings. Messages of a partition are handled in their order. If one fails, the invocation fails,
    /// and the batch is delivered again.
    #[must_use]
    pub fn with_kafka<F: RecordHandler<T>, T>(self, topic: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Kafka, topic, handler)
    }

    /// Registers the handler of single messages of a queue of Amazon MQ, by the queue's name or the name of an entry in
    /// `events` of the settings. A queue of a virtual host of RabbitMQ is also `queue::host`.
    ///
    /// Messages are handled in their order. The first that fails ends the batch and fails the invocation, and the whole
    /// batch is delivered again: Lambda has no partial response for Amazon MQ.
    #[must_use]
    pub fn with_mq<F: RecordHandler<T>, T>(self, queue: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Mq, queue, handler)
    }

    /// Registers the handler of notifications of an SNS topic, by the topic's name, its ARN, or the name of an entry in
    /// `events` of the settings.
    #[must_use]
    pub fn with_sns<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Sns, name, handler)
    }

    /// Registers the handler of events of an S3 bucket, by the bucket's name, its ARN, or the name of an entry in
    /// `events` of the settings. Its payload is an [`S3Object`](crate::S3Object), from S3's own notifications and from
    /// EventBridge.
    #[must_use]
    pub fn with_s3<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::S3, name, handler)
    }

    /// Registers the handler of events of a rule of EventBridge, by the name of an entry in `events` of the settings.
    /// Its payload is the event's `detail`; [`Record::get`](crate::Record::get) has the other fields.
    #[must_use]
    pub fn with_event_bridge<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::EventBridge, name, handler)
    }

    /// Registers the handler of emails that a receipt rule of SES delivers, by the name of an entry in `events` of the
    /// settings, or by an address or a domain of their recipients. Its payload is the event's `ses`, with `mail` and
    /// `receipt`.
    #[must_use]
    pub fn with_ses<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::Ses, name, handler)
    }

    /// Registers the handler of a rule of AWS IoT, by the name of an entry in `events` of the settings. Its payload is
    /// what the rule's statement selects.
    #[must_use]
    pub fn with_iot<F, T>(self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        self.with(Key::Iot(name.into()), handler)
    }

    /// Registers the handler of a CloudWatch Logs subscription, by the log group's name, its ARN, or the name of an
    /// entry in `events` of the settings. Its payload is a [`LogBatch`](crate::LogBatch); a subscription's control
    /// messages do not reach it.
    #[cfg(feature = "logs")]
    #[must_use]
    pub fn with_logs<F: RecordHandler<T>, T>(self, name: impl Into<String>, handler: F) -> Self {
        self.with_records(Source::CloudWatchLogs, name, handler)
    }

    /// Registers the handler of a trigger of a Cognito user pool; its payload is the whole event.
    ///
    /// Cognito takes the event as the response, with its `response` part filled in. A handler returns the event, or the
    /// `response` part alone, or `()`, which leaves the event as it is. An error refuses what the user wanted to do,
    /// and the user may see its message.
    #[must_use]
    pub fn with_cognito<F, T>(self, trigger: CognitoTrigger, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        let key = Key::Cognito(trigger);
        let name = key.to_string();
        self.insert(key, move |event, invocation| {
            let returned = handler.handle(&name, &event, invocation);
            let name = name.clone();
            Box::pin(async move {
                let returned = returned.await?;
                cognito::respond(&event, returned).map_err(|error| Error::with_source(Kind::Handler(name), error))
            })
        })
    }

    /// Registers the authorizer `name`: the entry of `authorizers` in the settings with this `function`.
    ///
    /// Its events name no authorizer, so it is called in the Lambda function alone that is this authorizer.
    #[must_use]
    pub fn with_authorizer<F: AuthorizerHandler>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.authorizers.add(name.into(), handler);
        self
    }

    fn with_records<F, T>(mut self, source: Source, name: impl Into<String>, handler: F) -> Self
    where
        F: RecordHandler<T>,
    {
        self.routes.add(source, name.into(), handler);
        self
    }

    fn with<F, T>(self, key: Key, handler: F) -> Self
    where
        F: EventHandler<T>,
    {
        let name = key.to_string();
        self.insert(key, move |payload, invocation| handler.handle(&name, &payload, invocation))
    }

    /// Registers a handler that takes its payload as bytes.
    pub(crate) fn insert<F>(mut self, key: Key, handler: F) -> Self
    where
        F: Fn(Bytes, Invocation) -> HandlerFuture + Send + Sync + 'static,
    {
        self.handlers.insert(key, Arc::new(handler));
        self
    }

    /// Calls the handler of an event of zappa-rs itself.
    pub(crate) fn call_named(&self, kind: OwnEvent, name: &str, payload: Bytes, invocation: Invocation) -> Call {
        if name.is_empty() {
            return Err(Error::new(Kind::Unmapped(format!("an event without a `{}`", contract::NAME_KEY))));
        }
        let name = name.to_owned();
        let key = match kind {
            OwnEvent::Schedule => Key::Schedule(name),
            OwnEvent::Function => Key::Function(name),
            OwnEvent::Task => Key::Task(name),
            OwnEvent::Iot => Key::Iot(name),
            OwnEvent::Rule => {
                return match self.routes.call_rule(&name, &payload, invocation)? {
                    Found::Call(name, future) => Ok((name, future)),
                    Found::NoRoutes => Err(Error::new(Kind::Unmapped(format!("the EventBridge rule `{name}`")))),
                    Found::Other(description) => Err(Error::new(Kind::Unmapped(description))),
                };
            }
            OwnEvent::KeepWarm | OwnEvent::Unknown => {
                return Err(Error::new(Kind::Unmapped(
                    "this kind of event; the `zappa-rs` tool is newer than the crate".to_owned(),
                )));
            }
        };
        self.call(&key, payload, invocation)
    }

    /// Calls the handler of a source's event: that of the resource that sent it, else that of the whole source.
    pub(crate) fn call_source(
        &self,
        source: Source,
        event: Bytes,
        entry: Option<&str>,
        invocation: Invocation,
        options: &Options,
    ) -> Call {
        let key = Key::Source(source);
        if let Some(trigger) = (source == Source::Cognito).then(|| CognitoTrigger::detect(&event)).flatten()
            && (self.handlers.contains_key(&Key::Cognito(trigger)) || !self.handlers.contains_key(&key))
        {
            return self.call(&Key::Cognito(trigger), event, invocation);
        }
        if source == Source::Authorizer && !self.authorizers.is_empty() && !self.handlers.contains_key(&key) {
            return Err(Error::new(Kind::Misdirected(format!(
                "an authorizer's event reached a function that is none; each is a function of its own, with `{}` in its environment",
                contract::variable::AUTHORIZER
            ))));
        }
        #[cfg(feature = "custom-resource")]
        if source == Source::CustomResource {
            return self.call_custom_resource(&key, event, invocation);
        }
        match self.routes.find(source, &event, entry, &invocation, options)? {
            Found::Call(name, future) => Ok((name, future)),
            Found::Other(description) if !self.handlers.contains_key(&key) => {
                Err(Error::new(Kind::Unmapped(description)))
            }
            Found::NoRoutes | Found::Other(_) => self.call(&key, event, invocation),
        }
    }

    /// Calls the authorizer that this process is.
    pub(crate) fn call_authorizer(&self, name: &str, visible: &Visible, event: &Bytes, invocation: Invocation) -> Call {
        self.authorizers.call(name, visible, event, invocation)
    }

    /// Whether a handler is registered.
    #[cfg(feature = "custom-resource")]
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.handlers.contains_key(key)
    }

    /// Lists the handlers that events of the settings reach.
    pub(crate) fn inventory(&self, options: &Options) -> Inventory {
        let mut inventory = Inventory::new();
        for key in self.handlers.keys() {
            match key {
                Key::Schedule(name) => inventory.add(Some(contract::KIND_SCHEDULE), name),
                Key::Function(name) => inventory.add(Some(contract::KIND_FUNCTION), name),
                Key::Task(name) => inventory.add(Some(contract::KIND_TASK), name),
                Key::Iot(name) => inventory.add(Some(contract::KIND_IOT), name),
                Key::Cognito(trigger) => inventory.add(inventory::kind(Source::Cognito), trigger.to_string()),
                Key::Source(source) => inventory.add(inventory::kind_of_whole(*source), contract::ALL_RESOURCES),
                #[cfg(feature = "custom-resource")]
                Key::CustomResource(_) => {}
            }
        }
        self.authorizers.names().for_each(|name| inventory.add(Some(contract::KIND_AUTHORIZER), name));
        self.routes.add_to(&mut inventory, options);
        inventory
    }

    /// Describes a handler that is missing, with the names of its kind that there are.
    pub(crate) fn describe_missing(&self, key: &Key) -> String {
        let is_alike = |known: &&Key| discriminant(*known) == discriminant(key);
        let mut names: Vec<String> = self.handlers.keys().filter(is_alike).filter_map(Key::name).collect();
        names.sort_unstable();
        match names.as_slice() {
            [] => key.to_string(),
            names => format!("{key}; {}{}", contract::REGISTERED_NAMES, names.join(", ")),
        }
    }

    pub(crate) fn call(&self, key: &Key, payload: Bytes, invocation: Invocation) -> Call {
        let name = key.to_string();
        let Some(handler) = self.handlers.get(key) else {
            return Err(Error::new(Kind::Unmapped(self.describe_missing(key))));
        };
        // A plain function that returns a future runs its own code here, not where the future is awaited.
        match catch_unwind(AssertUnwindSafe(|| handler(payload, invocation))) {
            Ok(future) => Ok((name, future)),
            Err(panic) => {
                let panic = format!("panic: {}", panic_message(&*panic));
                Err(Error::with_source(Kind::Handler(name), panic))
            }
        }
    }
}

/// A called handler: its name and its future.
pub(crate) type Call = Result<(String, HandlerFuture), Error>;
