//! `App`, the builder with handlers of other events, shutdown hooks and listeners.

use std::{fmt, future::Future, pin::Pin};

use tokio::net::ToSocketAddrs;
use zappa_rs_adapter::{
    Adapter, CognitoTrigger, Dispatch, EventHandler, HttpService, Options, RecordHandler, Source, runtime,
};

use crate::{
    Error, Run,
    error::Kind,
    host::Host,
    listener::{IntoListener, Listener, Opening},
    server::Server,
    shutdown::Signals,
};

type Hook = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A builder of an application: an HTTP service with handlers of other events and with shutdown hooks.
///
/// A handler is any `async fn(T, Invocation) -> Result<R, E>`: `serde` deserializes `T` from the event or payload; it
/// is your own type or one of `aws_lambda_events`. An event without a handler fails its invocation.
///
/// Handlers are called on Lambda and under `zappa-rs local`. The plain HTTP server has no events beside HTTP, so there
/// they are never called.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use zappa_rs::{App, BoxError, Invocation, Source};
///
/// async fn nightly(_: serde_json::Value, invocation: Invocation) -> Result<(), BoxError> {
///     println!("cleaning up, {:?} left", invocation.remaining());
///     Ok(())
/// }
///
/// async fn jobs(batch: serde_json::Value, _: Invocation) -> Result<(), BoxError> {
///     println!("{} jobs", batch["Records"].as_array().map_or(0, Vec::len));
///     Ok(())
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), zappa_rs::Error> {
///     let router = Router::new().route("/", get(|| async { "hello" }));
///     App::new(router)
///         .schedule("nightly", nightly)
///         .on(Source::Sqs, jobs)
///         .on_shutdown(|| async { println!("good-bye") })
///         .run()
///         .await
/// }
/// ```
pub struct App<S> {
    service: S,
    dispatch: Dispatch,
    options: Option<Options>,
    hooks: Vec<Hook>,
    listener: Option<Opening>,
}

impl<S: fmt::Debug> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("service", &self.service)
            .field("dispatch", &self.dispatch)
            .field("options", &self.options)
            .field("has_shutdown_hook", &!self.hooks.is_empty())
            .field("has_listener", &self.listener.is_some())
            .finish()
    }
}

impl<S> App<S> {
    /// Creates an app that serves HTTP requests with `service`.
    pub fn new(service: S) -> Self {
        Self { service, dispatch: Dispatch::new(), options: None, hooks: Vec::new(), listener: None }
    }

    /// Registers the schedule `name`. A later registration of a name replaces the earlier one, here and below.
    #[must_use]
    pub fn schedule<F: EventHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_schedule(name, handler);
        self
    }

    /// Registers the plain function `name`.
    #[must_use]
    pub fn function<F: EventHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_function(name, handler);
        self
    }

    /// Registers the task `name`, whose caller does not wait for it.
    #[must_use]
    pub fn task<F: EventHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_task(name, handler);
        self
    }

    /// Registers the handler of all events of `source`; its payload is the whole event.
    #[must_use]
    pub fn on<F: EventHandler<T>, T>(mut self, source: Source, handler: F) -> Self {
        self.dispatch = self.dispatch.with_source(source, handler);
        self
    }

    /// Registers the handler of single messages of an SQS queue, by the queue's name, its ARN, or the name of an entry
    /// in `events` of the settings.
    ///
    /// A handler is any `async fn(T, Record) -> Result<(), E>`; `serde` deserializes `T` from the message's body, which
    /// is JSON or text. Messages are handled concurrently, up to 10 at once; those of a group of a FIFO queue one after
    /// another, and none after one that failed. The crate reports those that failed, so that only they are delivered
    /// again. Shortly before the deadline, messages that are not done are reported as failed too.
    ///
    /// The queue's mapping must have `ReportBatchItemFailures`, which `zappa-rs deploy` sets: without it Lambda deletes
    /// the messages that failed.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, Record};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Job {
    ///     image: String,
    /// }
    ///
    /// async fn resize(job: Job, record: Record) -> Result<(), BoxError> {
    ///     println!("resizing {} for message {}", job.image, record.id());
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_sqs("jobs", resize).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn on_sqs<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_sqs(name, handler);
        self
    }

    /// Registers the handler of single records of a Kinesis stream, by the stream's name, its ARN, or the name of an
    /// entry in `events` of the settings.
    ///
    /// Records are handled in their order. The first that fails ends the batch, and is delivered again with those after
    /// it. `serde` deserializes the payload from the record's data, which is JSON or text.
    #[must_use]
    pub fn on_kinesis<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_kinesis(name, handler);
        self
    }

    /// Registers the handler of single changes of a DynamoDB table, by the table's name, its stream's ARN, or the name
    /// of an entry in `events` of the settings. Its payload is a [`Change`](crate::Change); for order and failures see
    /// [`on_kinesis`](Self::on_kinesis).
    #[must_use]
    pub fn on_dynamodb<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_dynamodb(name, handler);
        self
    }

    /// Registers the handler of single messages of a Kafka topic, by the topic's name or the name of an entry in `events`
    /// of the settings. Messages of a partition are handled in their order; if one fails, the whole batch is delivered
    /// again.
    ///
    /// `serde` deserializes the payload from the message's value, which is JSON or text; that of a tombstone is `null`.
    /// [`Record::get`](crate::Record::get) reads the key, the headers and the offset as Lambda sends them.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html>
    #[must_use]
    pub fn on_kafka<F: RecordHandler<T>, T>(mut self, topic: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_kafka(topic, handler);
        self
    }

    /// Registers the handler of single messages of a queue of Amazon MQ, by the queue's name or the name of an entry in
    /// `events` of the settings. Its messages are those of ActiveMQ or RabbitMQ alike; the queue `orders` of RabbitMQ's
    /// virtual host `shop` is also `orders::shop`.
    ///
    /// `serde` deserializes the payload from the message's body, which is JSON or text. Messages are handled in their
    /// order. The first that fails ends the batch, and the whole batch is delivered again, with those before it too:
    /// Lambda takes no partial response for Amazon MQ.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, Record};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Order {
    ///     number: u32,
    /// }
    ///
    /// async fn ship(order: Order, record: Record) -> Result<(), BoxError> {
    ///     let priority: Option<u8> = record.get("/priority");
    ///     println!("shipping {} with priority {priority:?}", order.number);
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_mq("orders", ship).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn on_mq<F: RecordHandler<T>, T>(mut self, queue: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_mq(queue, handler);
        self
    }

    /// Registers the handler of messages of an SNS topic, by the topic's name, its ARN, or the name of an entry in
    /// `events` of the settings.
    #[must_use]
    pub fn on_sns<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_sns(name, handler);
        self
    }

    /// Registers the handler of events of an S3 bucket, by the bucket's name, its ARN, or the name of an entry in
    /// `events` of the settings. Its payload is an [`S3Object`](crate::S3Object), the same from S3's own notifications
    /// and from EventBridge.
    #[must_use]
    pub fn on_s3<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_s3(name, handler);
        self
    }

    /// Registers the handler of events of an EventBridge rule, by the name of an entry in `events` of the settings. Its
    /// payload is the event's `detail`; [`Record::get`](crate::Record::get) reads the other fields.
    #[must_use]
    pub fn on_event_bridge<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_event_bridge(name, handler);
        self
    }

    /// Registers the handler of emails that a receipt rule of SES delivers, by the name of an entry in `events` of the
    /// settings, or by an address or a domain of their recipients.
    ///
    /// Its payload is the event's `ses`, with `mail` (sender, subject and headers) and `receipt` (recipients and verdicts on
    /// spam and viruses), as `aws_lambda_events` has it in `SimpleEmailService`. The text of an email is not part of it. If
    /// the handler fails, Lambda repeats the invocation twice.
    /// <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, Record};
    ///
    /// async fn support(email: serde_json::Value, _: Record) -> Result<(), BoxError> {
    ///     if email["receipt"]["virusVerdict"]["status"] == "PASS" {
    ///         println!("{}", email["mail"]["commonHeaders"]["subject"]);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_ses("support", support).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn on_ses<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_ses(name, handler);
        self
    }

    /// Registers the handler of a rule of AWS IoT, by the name of an entry in `events` of the settings. Its payload is what
    /// the rule's statement selects. If the handler fails, Lambda repeats the invocation twice.
    ///
    /// An event of IoT has nothing that says where it is from. `zappa-rs deploy` adds the entry's name to the statement; a
    /// rule that is made elsewhere selects it by `'iot:NAME' AS zappa_rs`.
    /// <https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html>
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, Invocation};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Reading {
    ///     temperature: f64,
    /// }
    ///
    /// async fn note(reading: Reading, _: Invocation) -> Result<(), BoxError> {
    ///     println!("{} degrees", reading.temperature);
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_iot("telemetry", note).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn on_iot<F: EventHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_iot(name, handler);
        self
    }

    /// Registers the handler of a CloudWatch Logs subscription, by the log group's name, its ARN, or the name of an
    /// entry in `events` of the settings. Its payload is a [`LogBatch`](crate::LogBatch), decompressed.
    ///
    /// If it fails, the invocation fails, and Lambda repeats it twice. Do not subscribe to the function's own log group:
    /// every line that the handler writes would invoke it again.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, LogBatch, Record};
    ///
    /// async fn alert(batch: LogBatch, _: Record) -> Result<(), BoxError> {
    ///     for event in batch.events {
    ///         println!("{}: {}", batch.log_group, event.message);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_logs("/aws/lambda/shop-production", alert).run().await
    /// # }
    /// ```
    #[cfg(feature = "logs")]
    #[cfg_attr(docsrs, doc(cfg(feature = "logs")))]
    #[must_use]
    pub fn on_logs<F: RecordHandler<T>, T>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_logs(name, handler);
        self
    }

    /// Registers the handler of a trigger of Cognito user pools; its payload is the whole event.
    ///
    /// Cognito takes the event as the response, with its `response` part filled in. A handler returns the event, or the
    /// `response` part alone, or `()`, which leaves the event as it is. An error refuses what the user wanted to do,
    /// and the user may see its message.
    #[must_use]
    pub fn on_cognito<F: EventHandler<T>, T>(mut self, trigger: CognitoTrigger, handler: F) -> Self {
        self.dispatch = self.dispatch.with_cognito(trigger, handler);
        self
    }

    /// Registers the handler of a custom resource of CloudFormation, by its type with or without `Custom::`, or by its
    /// logical id.
    ///
    /// A handler is any `async fn(CustomResource<T>, Invocation) -> Result<R, E>`; it returns `()`, data for
    /// `Fn::GetAtt`, or a [`CustomResourceResponse`](crate::CustomResourceResponse). The crate sends the result to
    /// CloudFormation, also a failure with the error or panic, or with a handler that still runs shortly before the
    /// function's timeout. A process that ends, as without memory, sends nothing, and CloudFormation waits for an hour:
    /// set the resource's `ServiceTimeout`.
    ///
    /// A handler whose create fails removes what it made: CloudFormation then deletes the resource, and the crate
    /// responds to that without the handler. A delete of a resource that does not exist must succeed.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use zappa_rs::{App, BoxError, CustomResource, Invocation, ResourceChange};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Seed {
    ///     rows: u32,
    /// }
    ///
    /// async fn seed(request: CustomResource<Seed>, _: Invocation) -> Result<(), BoxError> {
    ///     if request.change != ResourceChange::Delete {
    ///         println!("inserting {} rows", request.properties.rows);
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new()).on_custom_resource("Custom::Seed", seed).run().await
    /// # }
    /// ```
    #[cfg(feature = "custom-resource")]
    #[cfg_attr(docsrs, doc(cfg(feature = "custom-resource")))]
    #[must_use]
    pub fn on_custom_resource<F, T>(mut self, name: impl Into<String>, handler: F) -> Self
    where
        F: EventHandler<crate::CustomResource<T>>,
    {
        self.dispatch = self.dispatch.with_custom_resource(name, handler);
        self
    }

    /// Registers a shutdown hook. It runs once, after Ctrl-C or SIGTERM, when no request is in flight any more. A
    /// second signal ends the process without it. Several hooks run one after another, in the order of their
    /// registration.
    ///
    /// On Lambda this registers an internal extension, without which Lambda sends no SIGTERM; it then leaves the hook
    /// about 300 ms.
    #[must_use]
    pub fn on_shutdown<H, F>(mut self, hook: H) -> Self
    where
        H: FnOnce() -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// Sets the options of the translation of requests and responses, in place of those that `zappa-rs deploy` sets in
    /// the environment.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = Some(options);
        self
    }

    /// Listens on `address` in place of `HOST` and `PORT`. The last call of this and
    /// [`listener`](Self::listener) wins.
    ///
    /// It is bound where the app is a plain server. On Lambda and as a Web Function, where AWS determines the address,
    /// it is ignored, and nothing is bound.
    ///
    /// ```no_run
    /// # use axum::Router;
    /// # async fn example(router: Router) -> Result<(), zappa_rs::Error> {
    /// zappa_rs::App::new(router).bind("0.0.0.0:8080").run().await
    /// # }
    /// ```
    #[must_use]
    pub fn bind(mut self, address: impl ToSocketAddrs + fmt::Debug + Send + 'static) -> Self {
        self.listener = Some(Listener::binding(address));
        self
    }

    /// Listens on a listener of your own in place of `HOST` and `PORT`: TCP, a Unix socket, or a socket that systemd
    /// passes.
    ///
    /// It is used where [`bind`](Self::bind) is, and ignored and closed on Lambda and as a Web Function. Give a
    /// closure, so that it is opened only where it is used: the same program then runs on Lambda, where a path cannot
    /// be bound.
    ///
    /// Clients of a Unix socket have the address `127.0.0.1:0`. On Linux the file of a socket that the program bound is
    /// removed at the end, so that the next start can bind it; after a crash or a `SIGKILL`, and on other systems, the
    /// program must remove it. The file of a socket that systemd bound stays.
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn example(router: axum::Router) -> Result<(), zappa_rs::Error> {
    /// use tokio::net::UnixListener;
    /// use zappa_rs::App;
    ///
    /// App::new(router).listener(|| UnixListener::bind("/run/shop.sock")).run().await
    /// # }
    /// ```
    ///
    /// Socket activation (`LISTEN_FDS`), with the crate `listenfd`:
    ///
    /// ```no_run
    /// # async fn example(router: axum::Router) -> Result<(), zappa_rs::Error> {
    /// use std::io;
    /// use listenfd::ListenFd;
    /// use zappa_rs::App;
    ///
    /// let inherited = || {
    ///     let listener = ListenFd::from_env().take_tcp_listener(0)?;
    ///     listener.ok_or_else(|| io::Error::other("start it by its `.socket` unit"))
    /// };
    /// App::new(router).listener(inherited).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn listener(mut self, listener: impl IntoListener) -> Self {
        self.listener = Some(Listener::opening(listener));
        self
    }

    /// Serves the app on the host of the process; see [`run`](crate::run).
    ///
    /// # Errors
    ///
    /// As [`run`](crate::run).
    pub fn run(self) -> Run
    where
        S: HttpService,
    {
        Run::new(self.serve())
    }

    /// The adapter that handles the events of the app.
    #[cfg(feature = "test")]
    pub(crate) fn into_adapter(self) -> Adapter<S> {
        adapter(self.service, self.options, self.dispatch)
    }

    async fn serve(self) -> Result<(), Error>
    where
        S: HttpService,
    {
        let variable = |name: &str| std::env::var(name).ok();
        // With a listener of its own, the program ignores `HOST` and `PORT`, also invalid ones.
        let has_listener = self.listener.is_some();
        let applies = |name: &str| !has_listener || !matches!(name, "HOST" | "PORT");
        let mut signals = Signals::new().map_err(|error| Error::with_source(Kind::Signals, error))?;
        match Host::detect(|name| variable(name).filter(|_| applies(name)))? {
            Host::WebFunction(address) => {
                Server::bind(address).await?.serve(self.service, &mut signals).await;
            }
            Host::Standalone(address) => {
                let server = match self.listener {
                    Some(open) => Server::new(open().await?),
                    None => Server::bind(address).await?,
                };
                server.serve(self.service, &mut signals).await;
            }
            Host::Lambda => {
                if !self.hooks.is_empty() {
                    // Best effort: without it only the SIGTERM is missing, which is no reason to fail.
                    let _ = runtime::register_extension().await;
                }
                let adapter = adapter(self.service, self.options, self.dispatch);
                let ended = runtime::run(adapter, signals.next()).await;
                ended.map_err(|error| match error.is_second_run() {
                    true => Error::new(Kind::SecondRun),
                    false => Error::with_source(Kind::Lambda, error),
                })?;
            }
        }
        for hook in self.hooks {
            hook().await;
        }
        #[cfg(feature = "otel")]
        zappa_rs_adapter::otel::flush().await;
        Ok(())
    }
}

/// An app that serves HTTP requests alone, so that what takes an app takes its `Router` too.
impl<S: HttpService> From<S> for App<S> {
    fn from(service: S) -> Self {
        Self::new(service)
    }
}

fn adapter<S>(service: S, options: Option<Options>, dispatch: Dispatch) -> Adapter<S> {
    let options = options.unwrap_or_else(|| Options::from_variables(|name| std::env::var(name).ok()));
    Adapter::new(service).with_options(options).with_dispatch(dispatch)
}
