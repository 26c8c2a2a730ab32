//! The table of samples.

use super::{
    Sample,
    key::{Key, after, around, at, named},
};

/// The keys of a request with payload 2.0.
const PAYLOAD_2: &[Key] = &[
    Key::text("method", &[at("/requestContext/http/method")]),
    Key::text("path", &[at("/rawPath"), at("/requestContext/http/path")]),
    Key::text("query", &[at("/rawQueryString")]),
    Key::text("body", &[at("/body")]),
];

/// Every sample.
pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "rest",
        about: "request of a REST API",
        text: include_str!("json/rest.json"),
        keys: &[
            Key::text("method", &[at("/httpMethod"), at("/requestContext/httpMethod")]),
            Key::text("path", &[at("/path"), after("/requestContext/path", "/dev")]),
            Key::text("body", &[at("/body")]),
        ],
    },
    Sample {
        name: "http-api",
        about: "request of an HTTP API (payload 2.0)",
        text: include_str!("json/http-api.json"),
        keys: PAYLOAD_2,
    },
    Sample {
        name: "function-url",
        about: "request of a Function URL",
        text: include_str!("json/function-url.json"),
        keys: PAYLOAD_2,
    },
    Sample {
        name: "alb",
        about: "request of a load balancer",
        text: include_str!("json/alb.json"),
        keys: &[
            Key::text("method", &[at("/httpMethod")]),
            Key::text("path", &[at("/path")]),
            Key::text("body", &[at("/body")]),
        ],
    },
    Sample {
        name: "lattice",
        about: "request of a VPC Lattice service",
        text: include_str!("json/lattice.json"),
        keys: &[
            Key::text("method", &[at("/method")]),
            Key::text("path", &[at("/path")]),
            Key::text("body", &[at("/body")]),
        ],
    },
    Sample {
        name: "websocket-connect",
        about: "connection to a WebSocket API",
        text: include_str!("json/websocket-connect.json"),
        keys: &[Key::text("connection", &[at("/requestContext/connectionId")])],
    },
    Sample {
        name: "websocket-message",
        about: "message of a WebSocket API",
        text: include_str!("json/websocket-message.json"),
        keys: &[
            Key::text("connection", &[at("/requestContext/connectionId")]),
            Key::text("route", &[at("/requestContext/routeKey")]),
            Key::text("body", &[at("/body")]),
        ],
    },
    Sample {
        name: "websocket-disconnect",
        about: "end of a connection to a WebSocket API",
        text: include_str!("json/websocket-disconnect.json"),
        keys: &[Key::text("connection", &[at("/requestContext/connectionId")])],
    },
    Sample {
        name: "sqs",
        about: "message of an SQS queue",
        text: include_str!("json/sqs.json"),
        keys: &[
            Key::text("queue", &[after("/Records/0/eventSourceARN", "arn:aws:sqs:eu-central-1:123456789012:")]),
            Key::text("body", &[at("/Records/0/body")]),
        ],
    },
    Sample {
        name: "sqs-fifo",
        about: "message of a FIFO queue of SQS",
        text: include_str!("json/sqs-fifo.json"),
        keys: &[
            Key::text("queue", &[after("/Records/0/eventSourceARN", "arn:aws:sqs:eu-central-1:123456789012:")]),
            Key::text("body", &[at("/Records/0/body")]),
            Key::text("group", &[at("/Records/0/attributes/MessageGroupId")]),
        ],
    },
    Sample {
        name: "kinesis",
        about: "record of a Kinesis stream",
        text: include_str!("json/kinesis.json"),
        keys: &[
            Key::text(
                "stream",
                &[after("/Records/0/eventSourceARN", "arn:aws:kinesis:eu-central-1:123456789012:stream/")],
            ),
            Key::base64("data", &[at("/Records/0/kinesis/data")]),
            Key::text("key", &[at("/Records/0/kinesis/partitionKey")]),
        ],
    },
    Sample {
        name: "dynamodb",
        about: "change of a DynamoDB table",
        text: include_str!("json/dynamodb.json"),
        keys: &[
            Key::text(
                "table",
                &[around(
                    "/Records/0/eventSourceARN",
                    "arn:aws:dynamodb:eu-central-1:123456789012:table/",
                    "/stream/2026-01-01T00:00:00.000",
                )],
            ),
            Key::text("change", &[at("/Records/0/eventName")]),
            Key::json("new", &[at("/Records/0/dynamodb/NewImage")]),
        ],
    },
    Sample {
        name: "sns",
        about: "message of an SNS topic",
        text: include_str!("json/sns.json"),
        keys: &[
            Key::text(
                "topic",
                &[
                    after("/Records/0/Sns/TopicArn", "arn:aws:sns:eu-central-1:123456789012:"),
                    around(
                        "/Records/0/EventSubscriptionArn",
                        "arn:aws:sns:eu-central-1:123456789012:",
                        ":c0ffee00-0000-4000-8000-000000000005",
                    ),
                ],
            ),
            Key::text("message", &[at("/Records/0/Sns/Message")]),
            Key::text("subject", &[at("/Records/0/Sns/Subject")]),
        ],
    },
    Sample {
        name: "s3",
        about: "notification of an S3 bucket, S3's own",
        text: include_str!("json/s3.json"),
        keys: &[
            Key::text("bucket", &[at("/Records/0/s3/bucket/name"), after("/Records/0/s3/bucket/arn", "arn:aws:s3:::")]),
            Key::form("key", &[at("/Records/0/s3/object/key")]),
        ],
    },
    Sample {
        name: "s3-event-bridge",
        about: "notification of an S3 bucket through EventBridge",
        text: include_str!("json/s3-event-bridge.json"),
        keys: &[
            Key::text("bucket", &[at("/detail/bucket/name"), after("/resources/0", "arn:aws:s3:::")]),
            Key::text("key", &[at("/detail/object/key")]),
        ],
    },
    Sample {
        name: "event-bridge",
        about: "event of EventBridge",
        text: include_str!("json/event-bridge.json"),
        keys: &[
            Key::text("source", &[at("/source")]),
            Key::text("type", &[at("/detail-type")]),
            Key::json("detail", &[at("/detail")]),
        ],
    },
    Sample {
        name: "rule",
        about: "event of a rule in `events` of the settings",
        text: include_str!("json/rule.json"),
        keys: &[Key::text("name", &[at("/name")]), Key::json("detail", &[at("/payload/detail")])],
    },
    Sample {
        name: "schedule",
        about: "schedule that is registered by name",
        text: include_str!("json/schedule.json"),
        keys: &[Key::text("name", &[at("/name")]), Key::json("payload", &[at("/payload")])],
    },
    Sample {
        name: "function",
        about: "function that is registered by name",
        text: include_str!("json/function.json"),
        keys: &[Key::text("name", &[at("/name")]), Key::json("payload", &[at("/payload")])],
    },
    Sample {
        name: "task",
        about: "task that is registered by name",
        text: include_str!("json/task.json"),
        keys: &[Key::text("name", &[at("/name")]), Key::json("payload", &[at("/payload")])],
    },
    Sample {
        name: "keep-warm",
        about: "keep-warm event, which the crate answers itself",
        text: include_str!("json/keep-warm.json"),
        keys: &[],
    },
    Sample {
        name: "cognito-pre-sign-up",
        about: "Cognito trigger: before a user is added",
        text: include_str!("json/cognito-pre-sign-up.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-post-confirmation",
        about: "Cognito trigger: after a user was confirmed",
        text: include_str!("json/cognito-post-confirmation.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-pre-authentication",
        about: "Cognito trigger: before a sign-in is verified",
        text: include_str!("json/cognito-pre-authentication.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-post-authentication",
        about: "Cognito trigger: after a sign-in",
        text: include_str!("json/cognito-post-authentication.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-pre-token-generation",
        about: "Cognito trigger: before tokens are issued",
        text: include_str!("json/cognito-pre-token-generation.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-custom-message",
        about: "Cognito trigger: before a message is sent",
        text: include_str!("json/cognito-custom-message.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-define-auth-challenge",
        about: "Cognito trigger: next challenge of a custom sign-in",
        text: include_str!("json/cognito-define-auth-challenge.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-create-auth-challenge",
        about: "Cognito trigger: creation of a challenge",
        text: include_str!("json/cognito-create-auth-challenge.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-verify-auth-challenge",
        about: "Cognito trigger: verification of a challenge",
        text: include_str!("json/cognito-verify-auth-challenge.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-user-migration",
        about: "Cognito trigger: user that the pool lacks",
        text: include_str!("json/cognito-user-migration.json"),
        keys: &[Key::text("user", &[at("/userName")])],
    },
    Sample {
        name: "cognito-custom-email-sender",
        about: "Cognito trigger: email in place of Cognito",
        text: include_str!("json/cognito-custom-email-sender.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "cognito-custom-sms-sender",
        about: "Cognito trigger: SMS in place of Cognito",
        text: include_str!("json/cognito-custom-sms-sender.json"),
        keys: &[Key::text("user", &[at("/userName")]), Key::text("email", &[at("/request/userAttributes/email")])],
    },
    Sample {
        name: "kafka",
        about: "message of a Kafka topic",
        text: include_str!("json/kafka.json"),
        keys: &[
            Key::text("topic", &[at("/records/*/0/topic"), named("/records", "-0")]),
            Key::base64("value", &[at("/records/*/0/value")]),
            Key::base64("key", &[at("/records/*/0/key")]),
        ],
    },
    Sample {
        name: "active-mq",
        about: "message of Amazon MQ, ActiveMQ",
        text: include_str!("json/active-mq.json"),
        keys: &[
            Key::text("queue", &[at("/messages/0/destination/physicalName")]),
            Key::base64("data", &[at("/messages/0/data")]),
        ],
    },
    Sample {
        name: "rabbit-mq",
        about: "message of Amazon MQ, RabbitMQ",
        text: include_str!("json/rabbit-mq.json"),
        keys: &[
            Key::text("queue", &[named("/rmqMessagesByQueue", "::/")]),
            Key::base64("data", &[at("/rmqMessagesByQueue/*/0/data")]),
        ],
    },
    Sample {
        name: "iot",
        about: "what a rule of AWS IoT in `events` selects",
        text: include_str!("json/iot.json"),
        keys: &[Key::text("name", &[after("/zappa_rs", "iot:")]), Key::json("temperature", &[at("/temperature")])],
    },
    Sample {
        name: "ses",
        about: "email that a receipt rule of SES delivers",
        text: include_str!("json/ses.json"),
        keys: &[
            Key::text("recipient", &[at("/Records/0/ses/receipt/recipients/0")]),
            Key::text("from", &[at("/Records/0/ses/mail/source")]),
            Key::text("subject", &[at("/Records/0/ses/mail/commonHeaders/subject")]),
        ],
    },
    Sample {
        name: "firehose",
        about: "record that Firehose wants transformed",
        text: include_str!("json/firehose.json"),
        keys: &[Key::base64("data", &[at("/records/0/data")])],
    },
    Sample {
        name: "logs",
        about: "batch of a CloudWatch Logs subscription",
        text: include_str!("json/logs.json"),
        keys: &[Key::in_logs("group", &[at("/logGroup")]), Key::in_logs("message", &[at("/logEvents/0/message")])],
    },
    Sample {
        name: "custom-resource",
        about: "request of a custom resource of CloudFormation",
        text: include_str!("json/custom-resource.json"),
        keys: &[
            Key::text("change", &[at("/RequestType")]),
            Key::text("type", &[at("/ResourceType")]),
            Key::text("id", &[at("/LogicalResourceId")]),
        ],
    },
    Sample {
        name: "authorizer-token",
        about: "token for a REST API's authorizer",
        text: include_str!("json/authorizer-token.json"),
        keys: &[Key::text("token", &[at("/authorizationToken")])],
    },
];
