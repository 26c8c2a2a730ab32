//! The samples of `zappa-rs event`: each is what the types of `aws_lambda_events` read, and each reaches its handler.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_lambda_events as aws;
use axum::{Router, body::Bytes};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use zappa_rs_adapter::{
    Adapter, BoxError, CognitoTrigger, CustomResource, Dispatch, Invocation, InvocationResult, LogBatch, Record,
    Source, sample::Sample,
};

use crate::exchange::invocation;

fn read<T: DeserializeOwned>(name: &str, json: &str) {
    serde_json::from_str::<T>(json).map(drop).unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn every_sample_of_aws_is_read_by_the_types_of_aws_lambda_events() {
    for sample in Sample::all() {
        let (name, json) = (sample.name(), sample.event().to_string());
        match name {
            "rest" => read::<aws::apigw::ApiGatewayProxyRequest>(name, &json),
            "http-api" => read::<aws::apigw::ApiGatewayV2httpRequest>(name, &json),
            "function-url" => read::<aws::lambda_function_urls::LambdaFunctionUrlRequest>(name, &json),
            "alb" => read::<aws::alb::AlbTargetGroupRequest>(name, &json),
            "lattice" => read::<aws::vpc_lattice::VpcLatticeRequestV2>(name, &json),
            "websocket-connect" | "websocket-message" | "websocket-disconnect" => {
                read::<aws::apigw::ApiGatewayWebsocketProxyRequest>(name, &json);
            }
            "sqs" | "sqs-fifo" => read::<aws::sqs::SqsEvent>(name, &json),
            "kinesis" => read::<aws::kinesis::KinesisEvent>(name, &json),
            "dynamodb" => read::<aws::dynamodb::Event>(name, &json),
            "sns" => read::<aws::sns::SnsEvent>(name, &json),
            "s3" => read::<aws::s3::S3Event>(name, &json),
            "s3-event-bridge" | "event-bridge" => read::<aws::eventbridge::EventBridgeEvent>(name, &json),
            "cognito-pre-sign-up" => read::<aws::cognito::CognitoEventUserPoolsPreSignup>(name, &json),
            "cognito-post-confirmation" => read::<aws::cognito::CognitoEventUserPoolsPostConfirmation>(name, &json),
            "cognito-pre-authentication" => read::<aws::cognito::CognitoEventUserPoolsPreAuthentication>(name, &json),
            "cognito-post-authentication" => read::<aws::cognito::CognitoEventUserPoolsPostAuthentication>(name, &json),
            "cognito-pre-token-generation" => read::<aws::cognito::CognitoEventUserPoolsPreTokenGen>(name, &json),
            "cognito-custom-message" => read::<aws::cognito::CognitoEventUserPoolsCustomMessage>(name, &json),
            "cognito-define-auth-challenge" => {
                read::<aws::cognito::CognitoEventUserPoolsDefineAuthChallenge>(name, &json);
            }
            "cognito-create-auth-challenge" => {
                read::<aws::cognito::CognitoEventUserPoolsCreateAuthChallenge>(name, &json);
            }
            "cognito-verify-auth-challenge" => {
                read::<aws::cognito::CognitoEventUserPoolsVerifyAuthChallenge>(name, &json);
            }
            "cognito-user-migration" => read::<aws::cognito::CognitoEventUserPoolsMigrateUser>(name, &json),
            // The crate has no types of these two.
            "cognito-custom-email-sender" | "cognito-custom-sms-sender" => read::<Value>(name, &json),
            "kafka" => read::<aws::kafka::KafkaEvent>(name, &json),
            "active-mq" => read::<aws::activemq::ActiveMqEvent>(name, &json),
            "rabbit-mq" => read::<aws::rabbitmq::RabbitMqEvent>(name, &json),
            "ses" => read::<aws::ses::SimpleEmailEvent>(name, &json),
            "firehose" => read::<aws::firehose::KinesisFirehoseEvent>(name, &json),
            "logs" => read::<aws::cloudwatch_logs::LogsEvent>(name, &json),
            "custom-resource" => read::<aws::cloudformation::CloudFormationCustomResourceRequest>(name, &json),
            "authorizer-token" => read::<aws::apigw::ApiGatewayCustomAuthorizerRequest>(name, &json),
            "iot" | "rule" | "schedule" | "function" | "task" | "keep-warm" => read::<Value>(name, &json),
            _ => panic!("`{name}` is checked against no type"),
        }
    }
}

/// The handlers of all samples, and a counter of their calls.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn event<T: 'static>(
        &self,
    ) -> impl Fn(T, Invocation) -> std::future::Ready<Result<(), BoxError>> + Send + Sync + 'static {
        let calls = self.0.clone();
        move |_, invocation| {
            assert!(invocation.remaining().is_none());
            calls.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok(()))
        }
    }

    fn record<T: 'static>(
        &self,
    ) -> impl Fn(T, Record) -> std::future::Ready<Result<(), BoxError>> + Send + Sync + 'static {
        let calls = self.0.clone();
        move |_, _| {
            calls.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok(()))
        }
    }

    fn dispatch(&self) -> Dispatch {
        let mut dispatch = Dispatch::new()
            .with_sqs("jobs", self.record::<Value>())
            .with_sqs("jobs.fifo", self.record::<Value>())
            .with_kinesis("clicks", self.record::<Value>())
            .with_dynamodb("orders", self.record::<Value>())
            .with_sns("news", self.record::<Value>())
            .with_s3("pictures", self.record::<Value>())
            .with_event_bridge("placed", self.record::<Value>())
            .with_kafka("orders", self.record::<Value>())
            .with_mq("orders", self.record::<Value>())
            .with_ses("support@example.com", self.record::<Value>())
            .with_iot("telemetry", self.event::<Value>())
            .with_logs("/aws/lambda/shop-dev", self.record::<LogBatch>())
            .with_custom_resource("Custom::Seed", self.event::<CustomResource<IgnoredAny>>())
            .with_schedule("nightly", self.event::<Value>())
            .with_function("resize", self.event::<Value>())
            .with_task("send-mail", self.event::<Value>());
        for source in [Source::EventBridge, Source::Firehose, Source::Authorizer] {
            dispatch = dispatch.with_source(source, self.event::<Value>());
        }
        for trigger in [
            CognitoTrigger::PreSignUp,
            CognitoTrigger::PostConfirmation,
            CognitoTrigger::PreAuthentication,
            CognitoTrigger::PostAuthentication,
            CognitoTrigger::PreTokenGeneration,
            CognitoTrigger::CustomMessage,
            CognitoTrigger::DefineAuthChallenge,
            CognitoTrigger::CreateAuthChallenge,
            CognitoTrigger::VerifyAuthChallengeResponse,
            CognitoTrigger::UserMigration,
            CognitoTrigger::CustomEmailSender,
            CognitoTrigger::CustomSmsSender,
        ] {
            dispatch = dispatch.with_cognito(trigger, self.event::<Value>());
        }
        dispatch
    }
}

#[tokio::test(start_paused = true)]
async fn every_sample_reaches_its_handler() {
    let calls = Calls::default();
    let requests = calls.clone();
    let app = Router::new().fallback(move |_: Bytes| async move {
        requests.0.fetch_add(1, Ordering::Relaxed);
    });
    let adapter = Adapter::new(app).with_dispatch(calls.dispatch());
    for sample in Sample::all() {
        let mut event = sample.event();
        if sample.name() == "custom-resource" {
            // Its response would be sent to CloudFormation; an invalid URL fails at once.
            event.set("ResponseURL", "none").unwrap();
        }
        let before = calls.0.load(Ordering::Relaxed);
        let result = adapter.invoke(event.to_string().into(), invocation()).await;
        let called = calls.0.load(Ordering::Relaxed) - before;
        assert_eq!(called, usize::from(sample.name() != "keep-warm"), "{}: {result:?}", sample.name());
        if sample.name() != "custom-resource" {
            let InvocationResult::Buffered(response) = result else { panic!("{}: {result:?}", sample.name()) };
            let response: Value = serde_json::from_slice(&response).unwrap();
            assert_eq!(response.get("batchItemFailures").and_then(Value::as_array).map_or(0, Vec::len), 0);
        }
    }
}
