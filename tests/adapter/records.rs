//! Batches: every record reaches the handler of its queue, stream or topic, and each failure is reported so that
//! nothing is lost and nothing that is done is delivered again.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::Router;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use zappa_rs_adapter::{
    Adapter, BoxError, Change, ChangeKind, CognitoTrigger, Dispatch, Invocation, InvocationResult, Options, Record,
    S3Object, Source,
};

use crate::{exchange::invocation, log::Log, sample::Sample};

pub(crate) async fn invoke_with(
    dispatch: Dispatch,
    options: Options,
    event: &Value,
    invocation: Invocation,
) -> Result<Value, String> {
    let adapter = Adapter::new(Router::new()).with_dispatch(dispatch).with_options(options);
    match adapter.invoke(event.to_string().into(), invocation).await {
        InvocationResult::Buffered(json) => Ok(serde_json::from_slice(&json).expect("a response is JSON")),
        InvocationResult::Failed(error) => Err(error.chain()),
        other => panic!("no response of a handler: {other:?}"),
    }
}

pub(crate) async fn invoke(dispatch: Dispatch, event: &Value) -> Result<Value, String> {
    invoke_with(dispatch, Options::default(), event, invocation()).await
}

/// A message with a number as its id and body.
fn message(number: u32, queue: &str, group: Option<&str>) -> Value {
    json!({
        "messageId": number.to_string(),
        "receiptHandle": "handle",
        "body": number.to_string(),
        "attributes": {"ApproximateReceiveCount": "3", "MessageGroupId": group},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:eu-central-1:123456789012:{queue}"),
        "awsRegion": "eu-central-1",
    })
}

fn batch(messages: impl IntoIterator<Item = Value>) -> Value {
    json!({ "Records": messages.into_iter().collect::<Vec<_>>() })
}

fn failures(ids: &[&str]) -> Value {
    let ids: Vec<Value> = ids.iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({ "batchItemFailures": ids })
}

/// A handler whose failure says that it was called.
macro_rules! called {
    ($name:literal) => {
        |_: Value, _: Record| async { Err::<(), BoxError>(concat!("called ", $name).into()) }
    };
}

async fn error_of(dispatch: &Dispatch, options: &Options, event: &Value) -> String {
    invoke_with(dispatch.clone(), options.clone(), event, invocation()).await.expect_err("every handler fails")
}

/// Fails for odd numbers.
async fn even(number: u32, _: Record) -> Result<(), BoxError> {
    if number.is_multiple_of(2) { Ok(()) } else { Err(format!("{number} is odd").into()) }
}

/// A list of what a handler got, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn push(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn list(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn only_the_messages_that_failed_are_delivered_again() {
    let log = Log::listen();
    let dispatch = Dispatch::new().with_sqs("jobs", even);
    let event = batch([2, 3, 4, 5].map(|number| message(number, "jobs", None)));
    assert_eq!(invoke(dispatch.clone(), &event).await, Ok(failures(&["3", "5"])));
    assert!(log.has_error(&["SQS `jobs`", "record `3`", "3 is odd"]), "{log:?}");
    let event = batch([2, 4].map(|number| message(number, "jobs", None)));
    assert_eq!(invoke(dispatch, &event).await, Ok(failures(&[])));
}

#[tokio::test]
async fn a_batch_without_a_success_fails_the_invocation() {
    let dispatch = Dispatch::new().with_sqs("jobs", even);
    let error = invoke(dispatch, &batch([message(1, "jobs", None), message(3, "jobs", None)])).await;
    assert_eq!(error, Err("SQS `jobs` failed: 1 is odd".to_owned()));
}

#[tokio::test]
async fn a_handler_gets_the_body_as_its_type_and_the_record_beside_it() {
    #[derive(Deserialize)]
    struct Order {
        order: u32,
    }
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_sqs("orders", move |order: Order, record: Record| {
        let attempt: Option<u32> = record.get("/attributes/ApproximateReceiveCount");
        let kind: Option<String> = record.get("/messageAttributes/kind/stringValue");
        let absent: Option<String> = record.get("/messageAttributes/none/stringValue");
        list.push(format!("{} {attempt:?} {kind:?} {absent:?}", order.order));
        list.push(format!("{} {} {:?}", record.id(), record.source_arn(), record.source()));
        list.push(format!("{} {}", record.request_id(), String::from_utf8_lossy(record.body())));
        async { Ok::<_, BoxError>(()) }
    });
    let result = invoke(dispatch, &Sample::named("sqs-batch").0).await;
    // The second message is text.
    assert_eq!(result, Ok(failures(&["059f36b4-87a3-44ab-83d2-661970000002"])));
    assert_eq!(
        seen.list(),
        [
            "4711 Some(1) Some(\"order\") None".to_owned(),
            "059f36b4-87a3-44ab-83d2-661970000001 arn:aws:sqs:eu-central-1:123456789012:orders Sqs".to_owned(),
            format!("{} {{\"order\":4711}}", invocation().request_id()),
        ],
    );
}

#[tokio::test]
async fn text_is_a_payload_too() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_sqs("orders", move |text: String, _: Record| {
        list.push(text);
        async { Ok::<_, BoxError>(()) }
    });
    let mut event = Sample::named("sqs-batch").0;
    event["Records"].as_array_mut().unwrap().remove(0);
    assert_eq!(invoke(dispatch, &event).await, Ok(failures(&[])));
    assert_eq!(seen.list(), ["not json at all"]);
}

#[tokio::test]
async fn after_a_failure_the_rest_of_its_group_is_returned_and_other_groups_continue() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_sqs("jobs.fifo", move |number: u32, record: Record| {
        let list = list.clone();
        async move {
            tokio::task::yield_now().await;
            list.push(format!("{}{number}", record.group().unwrap_or_default()));
            even(number, record).await
        }
    });
    let event = batch(
        [(2, "a"), (1, "b"), (3, "a"), (4, "a"), (6, "b"), (8, "c"), (10, "a")]
            .map(|(number, group)| message(number, "jobs.fifo", Some(group))),
    );
    assert_eq!(invoke(dispatch, &event).await, Ok(failures(&["1", "3", "4", "6", "10"])));
    let mut seen = seen.list();
    seen.sort();
    assert_eq!(seen, ["a2", "a3", "b1", "c8"]);
}

#[tokio::test]
async fn messages_of_a_standard_queue_are_handled_at_once_even_with_a_group() {
    let barrier = Arc::new(Barrier::new(3));
    let dispatch = Dispatch::new().with_sqs("jobs", move |_: u32, _: Record| {
        let barrier = barrier.clone();
        async move {
            barrier.wait().await;
            Ok::<_, BoxError>(())
        }
    });
    let event = batch([2, 4, 6].map(|number| message(number, "jobs", Some("tenant"))));
    let result = tokio::time::timeout(Duration::from_secs(10), invoke(dispatch, &event)).await;
    assert_eq!(result.expect("each waits for the others"), Ok(failures(&[])));
}

#[tokio::test]
async fn a_message_with_a_sequence_number_is_one_of_a_fifo_queue_whatever_its_name() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_sqs("jobs", move |number: u32, record: Record| {
        list.push(number.to_string());
        even(number, record)
    });
    let event = batch([2, 3, 4].map(|number| {
        let mut message = message(number, "jobs", Some("a"));
        message["attributes"]["SequenceNumber"] = json!(number.to_string());
        message
    }));
    assert_eq!(invoke(dispatch.clone(), &event).await, Ok(failures(&["3", "4"])));
    assert_eq!(seen.list(), ["2", "3"]);
    // The queue of an entry is named by the entry.
    let fifo = batch([2, 3, 4].map(|number| message(number, "jobs.fifo", Some("a"))));
    assert_eq!(invoke(dispatch, &fifo).await, Ok(failures(&["3", "4"])));
}

#[tokio::test]
async fn a_sample_reaches_the_entry_of_its_queue_from_another_region() {
    let options = Options::default().with_source("orders_once", "arn:aws:sqs:eu-west-1:210987654321:orders-once");
    let dispatch = Dispatch::new().with_sqs("other", even).with_sqs("orders_once", even);
    let event = batch([message(2, "orders-once", None)]);
    assert_eq!(invoke_with(dispatch.clone(), options.clone(), &event, invocation()).await, Ok(failures(&[])));
    // The handler of the very ARN is nearer.
    let arn = "arn:aws:sqs:eu-central-1:123456789012:orders-once";
    let error = error_of(&dispatch.with_sqs(arn, called!("its ARN")), &options, &event).await;
    assert!(error.contains("called its ARN"), "{error}");
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_message_alone() {
    let dispatch = Dispatch::new().with_sqs("jobs", |number: u32, _: Record| {
        assert!(number != 4, "before the future");
        async move {
            assert!(number != 6, "in the future");
            Ok::<_, BoxError>(())
        }
    });
    let event = batch([2, 4, 6, 8].map(|number| message(number, "jobs", None)));
    assert_eq!(invoke(dispatch, &event).await, Ok(failures(&["4", "6"])));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_shortly_before_the_deadline_is_delivered_again() {
    let log = Log::listen();
    let dispatch = Dispatch::new().with_sqs("jobs", |number: u32, _: Record| async move {
        tokio::time::sleep(Duration::from_secs(u64::from(number) * 10)).await;
        Ok::<_, BoxError>(())
    });
    let event = batch([1, 2, 9].map(|number| message(number, "jobs", None)));
    let late = invocation().with_deadline(SystemTime::now() + Duration::from_secs(30));
    let result = invoke_with(dispatch.clone(), Options::default(), &event, late).await;
    assert_eq!(result, Ok(failures(&["9"])));
    assert!(log.has_error(&["record `9` was not done shortly before the deadline"]), "{log:?}");
    let late = invocation().with_deadline(SystemTime::now() + Duration::from_secs(5));
    let error = invoke_with(dispatch, Options::default(), &event, late).await.expect_err("none was done");
    assert!(error.contains("no record was done"), "{error}");
}

#[tokio::test]
async fn queues_are_distinguished_by_name_arn_and_the_settings_name() {
    let arn = "arn:aws:sqs:eu-central-1:123456789012:shop-dev-Jobs-1X";
    let event = batch([message(2, "shop-dev-Jobs-1X", None)]);
    for name in ["shop-dev-Jobs-1X", arn] {
        assert_eq!(invoke(Dispatch::new().with_sqs(name, even), &event).await, Ok(failures(&[])), "{name}");
    }
    let options = Options::default().with_source("jobs", arn);
    let dispatch = Dispatch::new().with_sqs("other", even).with_sqs("jobs", even);
    assert_eq!(invoke_with(dispatch.clone(), options, &event, invocation()).await, Ok(failures(&[])));
    let error = invoke(dispatch.clone(), &event).await;
    assert_eq!(
        error,
        Err(format!("no handler is registered for SQS events of `{arn}`; the registered names are: `other`, `jobs`")),
    );
    let whole =
        dispatch.with_source(Source::Sqs, |event: Value, _: Invocation| async move { Ok::<_, BoxError>(event) });
    assert_eq!(invoke(whole, &event).await, Ok(event));
}

#[tokio::test]
async fn the_settings_win_over_a_handler_named_as_the_queue_of_another_entry() {
    let queue = "arn:aws:sqs:eu-central-1:123456789012:jobs";
    let options = Options::default().with_source("orders_once", queue).with_source("jobs", format!("{queue}-v2"));
    let dispatch = Dispatch::new().with_sqs("jobs", called!("jobs")).with_sqs("orders_once", called!("orders_once"));
    let of_jobs = batch([message(2, "jobs", None)]);
    let error = error_of(&dispatch, &options, &of_jobs).await;
    assert!(error.contains("called orders_once"), "{error}");
    let error = error_of(&dispatch, &options, &batch([message(2, "jobs-v2", None)])).await;
    assert!(error.contains("called jobs"), "{error}");
    // Without the handler of its entry, a message must not reach that of another.
    let error = error_of(&Dispatch::new().with_sqs("jobs", called!("jobs")), &options, &of_jobs).await;
    assert!(error.contains("no handler is registered"), "{error}");
    // Neither a topic, a stream, nor a bucket.
    let topic = "arn:aws:sns:eu-central-1:123456789012:";
    let options = Options::default()
        .with_source("alerts", format!("{topic}orders"))
        .with_source("orders", format!("{topic}orders-v2"))
        .with_source("thumbs", "arn:aws:s3:::bookmarks-uploads")
        .with_source("bookmarks-uploads", "arn:aws:s3:::other");
    let dispatch = Dispatch::new()
        .with_sns("orders", called!("orders"))
        .with_sns("alerts", called!("alerts"))
        .with_s3("bookmarks-uploads", called!("bookmarks-uploads"))
        .with_s3("thumbs", called!("thumbs"));
    let mut event = Sample::named("sns-notification").0;
    event["Records"][0]["Sns"]["TopicArn"] = json!(format!("{topic}orders"));
    let error = error_of(&dispatch, &options, &event).await;
    assert!(error.contains("called alerts"), "{error}");
    let error = error_of(&dispatch, &options, &Sample::named("s3-put").0).await;
    assert!(error.contains("called thumbs"), "{error}");
}

#[tokio::test]
async fn two_entries_of_a_bucket_have_a_handler_each() {
    let bucket = "arn:aws:s3:::bookmarks-uploads";
    let options = Options::default().with_source("uploads", bucket).with_source("removed", bucket);
    let uploads = Dispatch::new().with_s3("uploads", called!("uploads"));
    let both = uploads.clone().with_s3("removed", called!("removed"));
    let of_bucket = Dispatch::new().with_s3("bookmarks-uploads", called!("bookmarks-uploads"));
    let event = |entry: Option<&str>| {
        let mut event = json!({
            "detail-type": "Object Deleted", "source": "aws.s3", "resources": [bucket],
            "detail": {"bucket": {"name": "bookmarks-uploads"}, "object": {"key": "a"}, "reason": "DeleteObject"},
        });
        if let Some(entry) = entry {
            event["name"] = json!(entry);
        }
        event
    };
    for (dispatch, entry, expected) in [
        (&both, Some("removed"), "called removed"),
        (&both, Some("uploads"), "called uploads"),
        (&uploads, Some("removed"), "no handler is registered for S3 events of `removed`"),
        (&of_bucket, Some("removed"), "called bookmarks-uploads"),
        // The rules of an earlier deploy.
        (&uploads, None, "called uploads"),
    ] {
        let error = error_of(dispatch, &options, &event(entry)).await;
        assert!(error.contains(expected), "{entry:?}: {error}");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_identified_fails_the_batch() {
    let mut event = batch([message(2, "jobs", None), message(4, "jobs", None)]);
    event["Records"][1].as_object_mut().unwrap().remove("messageId");
    let error = invoke(Dispatch::new().with_sqs("jobs", even), &event).await.expect_err("it has no id");
    assert!(error.contains("messageId"), "{error}");
}

fn kinesis(numbers: &[u32]) -> Value {
    batch(numbers.iter().map(|number| {
        let mut record = Sample::named("kinesis-stream").0["Records"][0].take();
        record["kinesis"]["sequenceNumber"] = json!(format!("s{number}"));
        record["kinesis"]["data"] = json!(base64_simd::STANDARD.encode_to_string(number.to_string()));
        record
    }))
}

#[tokio::test]
async fn the_first_failure_of_a_stream_ends_its_batch() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_kinesis("clicks", move |number: u32, record: Record| {
        list.push(number.to_string());
        even(number, record)
    });
    assert_eq!(invoke(dispatch.clone(), &kinesis(&[2, 4, 5, 6, 7])).await, Ok(failures(&["s5"])));
    assert_eq!(seen.list(), ["2", "4", "5"]);
    assert_eq!(invoke(dispatch.clone(), &kinesis(&[2, 4])).await, Ok(failures(&[])));
    let error = invoke(dispatch, &kinesis(&[1, 2])).await.expect_err("so that Lambda can bisect the batch");
    assert!(error.contains("1 is odd"), "{error}");
}

#[tokio::test]
async fn a_change_of_a_table_has_plain_values() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Item {
        #[serde(rename = "Id")]
        id: u32,
        #[serde(rename = "Message")]
        message: String,
    }
    let dispatch = Dispatch::new().with_dynamodb("bookmarks", |change: Change<Item>, record: Record| async move {
        assert_eq!(change.key("Id"), Some(101));
        assert_eq!((change.key::<String>("Id"), change.key::<u32>("Other")), (None, None));
        assert_eq!((change.kind, change.old), (ChangeKind::Insert, None));
        assert_eq!(change.new, Some(Item { id: 101, message: "new item".to_owned() }));
        assert_eq!(record.id(), "4421584500000000017450439091");
        assert_eq!(record.get::<String>("/dynamodb/StreamViewType").as_deref(), Some("NEW_AND_OLD_IMAGES"));
        Ok::<_, BoxError>(())
    });
    assert_eq!(invoke(dispatch, &Sample::named("dynamodb-stream").0).await, Ok(failures(&[])));
}

#[tokio::test]
async fn an_object_of_s3_is_the_same_from_both_shapes() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_s3("bookmarks-uploads", move |object: S3Object, record: Record| {
        list.push(format!("{object:?} {}", record.id()));
        async { Ok::<_, BoxError>(()) }
    });
    let own = Sample::named("s3-put").0;
    assert_eq!(invoke(dispatch.clone(), &own).await, Ok(Value::Null));
    let bridge = json!({
        "version": "0", "id": "1", "detail-type": "Object Created", "source": "aws.s3", "account": "123456789012",
        "time": "2025-09-29T02:44:49Z", "region": "eu-central-1",
        "resources": ["arn:aws:s3:::bookmarks-uploads"],
        "detail": {
            "version": "0", "bucket": {"name": "bookmarks-uploads"},
            "object": {
                "key": "in/café menu.pdf", "size": 1024, "etag": "d41d8cd98f00b204e9800998ecf8427e",
                "version-id": "096fKKXTRTtl3on89fVO.nfljtsv6qko", "sequencer": "0055AED6DCD90281E5",
            },
            "request-id": "C3D13FE58DE4C810", "requester": "123456789012", "reason": "PutObject",
        },
    });
    assert_eq!(invoke(dispatch.clone(), &bridge).await, Ok(Value::Null));
    let seen = seen.list();
    assert!(seen[0].contains("in/café menu.pdf") && seen[0].contains("ObjectCreated:Put"), "{seen:?}");
    assert_eq!(seen[0], seen[1]);
    // By the settings' name, in another partition.
    let alias = Options::default().with_source("pictures", "arn:aws-us-gov:s3:::bookmarks-uploads");
    let named = Dispatch::new().with_s3("pictures", |_: S3Object, _: Record| async { Ok::<_, BoxError>(()) });
    assert_eq!(invoke_with(named, alias, &bridge, invocation()).await, Ok(Value::Null));
    let mut other = bridge;
    other["detail"]["bucket"]["name"] = json!("another");
    let error = invoke(dispatch, &other).await.expect_err("no handler");
    assert!(error.contains("`arn:aws:s3:::another`"), "{error}");
}

#[tokio::test]
async fn a_failed_notification_fails_the_invocation() {
    let dispatch = Dispatch::new().with_sns("orders", |_: Value, record: Record| async move {
        Err::<(), BoxError>(format!("refused {}", record.id()).into())
    });
    let error = invoke(dispatch, &Sample::named("sns-notification").0).await;
    assert_eq!(error, Err("SNS `orders` failed: refused 95df01b4-ee98-5cb9-9903-4c221d41eb5e".to_owned()));
}

#[tokio::test]
async fn a_rule_reaches_its_handler_by_name() {
    let dispatch = Dispatch::new().with_event_bridge("placed", |detail: Value, record: Record| async move {
        assert_eq!(detail["order"], "4711");
        assert_eq!(record.get::<String>("/detail-type").as_deref(), Some("Order Placed"));
        Ok::<_, BoxError>(())
    });
    let event = Sample::named("eventbridge-custom").0;
    let named = json!({"zappa_rs": "rule", "name": "placed", "payload": event});
    assert_eq!(invoke(dispatch.clone(), &named).await, Ok(Value::Null));
    let error = invoke(dispatch, &json!({"zappa_rs": "rule", "name": "cancelled", "payload": event})).await;
    assert_eq!(
        error,
        Err("no handler is registered for EventBridge events of `cancelled`; the registered names are: `placed`"
            .to_owned()),
    );
    let nightly = Dispatch::new().with_event_bridge("nightly", |_: Value, _: Record| async { Ok::<_, BoxError>(()) });
    assert_eq!(invoke(nightly, &Sample::named("eventbridge-scheduled").0).await, Ok(Value::Null));
}

#[tokio::test]
async fn messages_of_a_kafka_partition_are_handled_in_order() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_kafka("orders", move |text: String, record: Record| {
        list.push(format!("{text} {}", record.id()));
        async { Ok::<_, BoxError>(()) }
    });
    assert_eq!(invoke(dispatch, &Sample::named("kafka-msk").0).await, Ok(Value::Null));
    assert_eq!(seen.list(), ["Hello orders-0-15"]);
}

/// The error of a handler that nothing but its name is wanted of.
async fn named(name: &'static str) -> Result<(), BoxError> {
    Err(format!("this is {name}").into())
}

#[tokio::test]
async fn a_topic_and_a_queue_are_known_by_the_names_of_the_settings() {
    let (kafka, mq) =
        ("arn:aws:kafka:eu-central-1:123456789012:cluster", "arn:aws:mq:eu-central-1:123456789012:broker");
    let options = Options::default()
        .with_source("elsewhere", format!("{kafka}/other/0123-2#orders"))
        .with_source("placed", format!("{kafka}/events/751d2973-a626-431c-9d4e-d7975eb44dd7-2#orders"))
        .with_source("own", "orders")
        .with_source("active", format!("{mq}:events:b-9bcfa592-423a-4942-879d-eb284b418fc8#orders"))
        .with_source("rabbit", format!("{mq}:rabbit:b-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9#orders"))
        .with_source("staff", format!("{mq}:rabbit:b-1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9#orders::staff"));
    let kafka = |name: &'static str| Dispatch::new().with_kafka(name, move |_: Value, _: Record| named(name));
    let mq = |name: &'static str| Dispatch::new().with_mq(name, move |_: Value, _: Record| named(name));
    let mut rabbit = Sample::named("mq-rabbitmq").0;
    let messages = rabbit["rmqMessagesByQueue"]["orders::/"].take();
    rabbit["rmqMessagesByQueue"] = json!({ "orders::staff": messages });
    for (dispatch, event, expected) in [
        (kafka("elsewhere"), Sample::named("kafka-msk").0, false),
        (kafka("placed"), Sample::named("kafka-msk").0, true),
        (kafka("orders"), Sample::named("kafka-msk").0, true),
        (kafka("own"), Sample::named("kafka-self-managed").0, true),
        (kafka("placed"), Sample::named("kafka-self-managed").0, false),
        (mq("active"), Sample::named("mq-activemq").0, true),
        (mq("rabbit"), Sample::named("mq-activemq").0, false),
        (mq("rabbit"), Sample::named("mq-rabbitmq").0, true),
        (mq("orders"), Sample::named("mq-rabbitmq").0, true),
        (mq("staff"), Sample::named("mq-rabbitmq").0, false),
        (mq("staff"), rabbit.clone(), true),
        (mq("rabbit"), rabbit.clone(), false),
        (mq("orders"), rabbit.clone(), true),
        (mq("orders::staff"), rabbit, true),
    ] {
        let text = format!("{dispatch:?}");
        let error = invoke_with(dispatch, options.clone(), &event, invocation()).await.expect_err("each fails");
        assert_eq!(error.contains("this is"), expected, "{text} {event}: {error}");
        assert_eq!(error.contains("the registered names are: `"), !expected, "{text}: {error}");
    }
}

#[tokio::test]
async fn messages_of_a_cluster_of_ones_own_are_read_and_a_tombstone_is_null() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_kafka("orders", move |value: Value, record: Record| {
        list.push(format!("{value} {} {:?}", record.id(), record.source_arn()));
        async { Ok::<_, BoxError>(()) }
    });
    assert_eq!(invoke(dispatch, &Sample::named("kafka-self-managed").0).await, Ok(Value::Null));
    assert_eq!(seen.list(), ["{\"number\":1} orders-0-7 \"\"", "null orders-1-3 \"\""]);
}

/// Three messages of ActiveMQ, whose bodies are the numbers 1 to 3.
fn active_mq() -> Value {
    let mut event = Sample::named("mq-activemq").0;
    let message = |number: u8, data: &str| {
        let mut message = Sample::named("mq-activemq").0["messages"][0].take();
        message["messageID"] = json!(format!("ID:{number}"));
        message["data"] = json!(data);
        message
    };
    event["messages"] = json!([message(1, "MQ=="), message(2, "Mg=="), message(3, "Mw==")]);
    event
}

#[tokio::test]
async fn messages_of_amazon_mq_are_handled_in_order_and_the_first_failure_fails_the_batch() {
    let seen = Seen::default();
    let handler = |fails_at: u32| {
        let list = seen.clone();
        Dispatch::new().with_mq("orders", move |number: u32, record: Record| {
            list.push(format!("{number} {} {:?}", record.id(), record.get::<u8>("/priority")));
            async move { if number == fails_at { Err(BoxError::from("no paper")) } else { Ok(()) } }
        })
    };
    assert_eq!(invoke(handler(0), &active_mq()).await, Ok(Value::Null));
    assert_eq!(seen.list(), ["1 ID:1 Some(1)", "2 ID:2 Some(1)", "3 ID:3 Some(1)"]);
    let error = invoke(handler(2), &active_mq()).await;
    assert_eq!(error, Err("MQ `orders` failed: no paper".to_owned()));
    assert_eq!(seen.list().len(), 5, "none after the one that failed");
}

#[tokio::test]
async fn an_email_is_for_the_handler_of_its_recipients() {
    let ses = |name: &'static str| Dispatch::new().with_ses(name, move |_: Value, _: Record| named(name));
    let options = Options::default()
        .with_source("support", "help@example.org support@example.com")
        .with_source("sales", "sales@example.com")
        .with_source("all", "*");
    for (name, expected) in
        [("support", true), ("all", true), ("example.com", true), ("SUPPORT@example.com", true), ("sales", false)]
    {
        let event = Sample::named("ses-email").0;
        let error = invoke_with(ses(name), options.clone(), &event, invocation()).await.expect_err("each fails");
        assert_eq!(error.contains("this is"), expected, "{name}: {error}");
    }
    let error = invoke(ses("sales"), &Sample::named("ses-email").0).await.expect_err("no handler");
    let expected =
        "no handler is registered for SES events of `support@example.com`; the registered names are: `sales`";
    assert_eq!(error, expected);
    let dispatch = Dispatch::new().with_ses("example.com", |email: Value, record: Record| async move {
        assert_eq!(email["mail"]["commonHeaders"]["subject"], "Hello");
        assert_eq!((record.id(), record.source()), ("o3vrnil0e2ic28trm7dfhrc2v0clambda4nbp0g1", Source::Ses));
        Ok::<_, BoxError>(())
    });
    assert_eq!(invoke(dispatch, &Sample::named("ses-email").0).await, Ok(Value::Null));
}

#[tokio::test]
async fn an_event_of_iot_reaches_its_handler_without_the_name_of_the_rule() {
    let selected = json!({"device": "pump-7", "temperature": 21.5, "name": "the device's own"});
    let mut event = selected.clone();
    event["zappa_rs"] = json!("iot:telemetry");
    let echo = |payload: Value, _: Invocation| async { Ok::<_, BoxError>(payload) };
    let dispatch = Dispatch::new().with_iot("telemetry", echo);
    assert_eq!(invoke(dispatch, &event).await, Ok(selected));
    // It calls no function of the same name, and the error names what is registered.
    let other = Dispatch::new().with_iot("doors", echo).with_function("telemetry", echo);
    let error = invoke(other, &event).await;
    let expected = "no handler is registered for IoT rule `telemetry`; the registered names are: `doors`";
    assert_eq!(error, Err(expected.to_owned()));
    let fails = Dispatch::new().with_iot("telemetry", |_: Value, _: Invocation| named("iot"));
    assert_eq!(invoke(fails, &event).await, Err("IoT rule `telemetry` failed: this is iot".to_owned()));
}

#[tokio::test]
async fn a_message_of_rabbitmq_has_the_id_of_its_sender_or_one_of_its_delivery() {
    let seen = Seen::default();
    let list = seen.clone();
    let dispatch = Dispatch::new().with_mq("orders", move |text: String, record: Record| {
        list.push(format!("{text} {}", record.id()));
        async { Ok::<_, BoxError>(()) }
    });
    let mut event = Sample::named("mq-rabbitmq").0;
    let request = invocation().request_id().to_owned();
    assert_eq!(invoke(dispatch.clone(), &event).await, Ok(Value::Null));
    event["rmqMessagesByQueue"]["orders::/"][0]["basicProperties"]["messageId"] = json!("m-1");
    event["rmqMessagesByQueue"]["orders::/"][0]["data"] = Value::Null;
    assert_eq!(invoke(dispatch.clone(), &event).await, Ok(Value::Null));
    assert_eq!(seen.list(), [format!("Hello {request}-0"), " m-1".to_owned()]);
    event["rmqMessagesByQueue"]["orders::/"][0]["data"] = json!("?");
    let error = invoke(dispatch, &event).await.expect_err("it is not base64");
    assert!(error.contains("`data` is not valid base64"), "{error}");
}

#[tokio::test]
async fn a_trigger_of_cognito_responds_with_its_event() {
    let event = Sample::named("cognito-pre-signup").0;
    let dispatch = Dispatch::new()
        .with_cognito(CognitoTrigger::PreSignUp, |_: Value, _: Invocation| async {
            Ok::<_, BoxError>(json!({"autoConfirmUser": true}))
        })
        .with_cognito(CognitoTrigger::PostConfirmation, |_: Value, _: Invocation| async { Ok::<_, BoxError>(()) });
    let response = invoke(dispatch.clone(), &event).await.expect("it responds");
    assert_eq!(response["response"], json!({"autoConfirmUser": true}));
    assert_eq!(response["request"], event["request"]);
    let mut confirmed = event.clone();
    confirmed["triggerSource"] = json!("PostConfirmation_ConfirmSignUp");
    assert_eq!(invoke(dispatch.clone(), &confirmed).await, Ok(confirmed));
    let mut other = event;
    other["triggerSource"] = json!("CustomMessage_SignUp");
    let error = invoke(dispatch, &other).await.expect_err("no handler");
    assert!(error.contains("Cognito trigger `CustomMessage`"), "{error}");
}
