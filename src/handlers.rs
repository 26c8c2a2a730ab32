//! The handlers of an `App`: what it registers for events beside HTTP, by name or by source.

use zappa_rs_adapter::{AuthorizerHandler, CognitoTrigger, EventHandler, RecordHandler, Source};

use crate::App;

/// Handlers of events beside HTTP.
impl<S> App<S> {
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

    /// Registers the authorizer `name`, which API Gateway asks whether a request may pass: the entry of `authorizers` in the
    /// settings with `function = "name"`.
    ///
    /// A handler is any `async fn(AuthorizerRequest, Invocation) -> Result<AuthorizerResponse, E>`. The crate responds to a
    /// REST API with an IAM policy for the whole stage, and to an HTTP API in the form of its payload. An error refuses the
    /// request with status 500, one whose text is `Unauthorized` with 401.
    ///
    /// The authorizer is a Lambda function of its own from the same zip, since its events do not say which it is; the app
    /// never gets them. In the app, the extractor [`Authorizer`](crate::Authorizer) reads what the response says.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use zappa_rs::{App, Authorizer, AuthorizerRequest, AuthorizerResponse, BoxError, Invocation};
    ///
    /// #[derive(serde::Deserialize, serde::Serialize)]
    /// struct Member {
    ///     team: String,
    /// }
    ///
    /// async fn session(request: AuthorizerRequest, _: Invocation) -> Result<AuthorizerResponse, BoxError> {
    ///     let Some(token) = request.bearer_token() else { return Ok(AuthorizerResponse::unauthorized()) };
    ///     match find_session(token).await? {
    ///         Some((user, team)) => Ok(AuthorizerResponse::allow(user).with_context(&Member { team })),
    ///         None => Ok(AuthorizerResponse::deny()),
    ///     }
    /// }
    ///
    /// async fn board(Authorizer(member): Authorizer<Member>) -> String {
    ///     format!("the board of team {}", member.team)
    /// }
    ///
    /// # async fn find_session(_: &str) -> Result<Option<(String, String)>, BoxError> {
    /// #     Ok(None)
    /// # }
    /// # async fn example() -> Result<(), zappa_rs::Error> {
    /// App::new(Router::new().route("/board", get(board))).authorizer("session", session).run().await
    /// # }
    /// ```
    #[must_use]
    pub fn authorizer<F: AuthorizerHandler>(mut self, name: impl Into<String>, handler: F) -> Self {
        self.dispatch = self.dispatch.with_authorizer(name, handler);
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
}
