//! Live Tail of CloudWatch Logs: a session that sends events as they are ingested, and only a sample of many.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use std::time::Duration;

use aws_sdk_cloudwatchlogs::{
    config::{Config, StalledStreamProtectionConfig},
    primitives::event_stream::EventReceiver,
    types::{
        LiveTailSessionLogEvent, LiveTailSessionUpdate, StartLiveTailResponseStream,
        error::StartLiveTailResponseStreamError,
    },
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint},
        result::SdkError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, event_stream::RawMessage};
use tokio::time::timeout;

use super::{Error, Region, call::Call, connection::is_of_aws};
use crate::logs::LogEvent;

/// How many log groups a session may have.
pub(crate) const MAX_LIVE_GROUPS: usize = 10;
/// The time without a message after which a session counts as broken: AWS sends one every second.
const SILENCE: Duration = Duration::from_secs(30);
/// What the SDK puts in front of the host name of a session's endpoint.
const HOST_PREFIX: &str = "stream-";

/// A running session.
#[derive(Debug)]
pub(crate) struct LiveSession {
    call: Call,
    stream: EventReceiver<StartLiveTailResponseStream, StartLiveTailResponseStreamError>,
}

/// What a session sends every second.
#[derive(Debug, Default)]
pub(crate) struct LiveUpdate {
    pub(crate) events: Vec<LiveEvent>,
    /// Whether there were more events than a session shows.
    pub(crate) is_sampled: bool,
}

/// An event, and the log group that it is of.
#[derive(Debug)]
pub(crate) struct LiveEvent {
    /// The name of the log group, its account and name, or its ARN.
    group: String,
    pub(crate) event: LogEvent,
}

impl LiveEvent {
    /// Whether it is of the log group with this name, which has no colon.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        self.group.trim_end_matches(":*").rsplit(':').next() == Some(name)
    }
}

impl Region {
    /// Starts a session for log groups, given by their ARNs, with a filter pattern.
    pub(crate) async fn live_session(&self, groups: &[String], pattern: Option<&str>) -> Result<LiveSession, Error> {
        let names: Vec<&str> = groups.iter().map(|arn| arn.rsplit(':').next().unwrap_or(arn)).collect();
        let call = self.call("logs:StartLiveTail", &names.join("`, `"));
        let start = self
            .logs()
            .start_live_tail()
            .set_log_group_identifiers(Some(groups.to_vec()))
            .set_log_event_filter_pattern(pattern.map(str::to_owned));
        // A session is watched here: the consumer of its lines may pause for longer than the SDK's stall timeout.
        let unwatched = Config::builder().stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let start = start.customize().config_override(unwatched).interceptor(OwnHost);
        let session = call.send(start.send()).await?;
        Ok(LiveSession { call, stream: session.response_stream })
    }
}

impl LiveSession {
    /// Waits for what the session sends next; `None` where AWS has ended it, after three hours.
    pub(crate) async fn next(&mut self) -> Result<Option<LiveUpdate>, Error> {
        let interrupted =
            |source: Box<dyn std::error::Error + Send + Sync>| Error::Interrupted { call: self.call.clone(), source };
        match timeout(SILENCE, self.stream.recv()).await {
            Err(_) => Err(interrupted(format!("no message for {} s", SILENCE.as_secs()).into())),
            Ok(Ok(Some(StartLiveTailResponseStream::SessionUpdate(update)))) => Ok(Some(update.into())),
            // The beginning, and what a later AWS may send.
            Ok(Ok(Some(_))) => Ok(Some(LiveUpdate::default())),
            Ok(Ok(None)) => Err(interrupted("the connection was closed".into())),
            Ok(Err(error)) if is_timeout(&error) => Ok(None),
            Ok(Err(error)) => Err(interrupted(error.into_source().unwrap_or_else(Into::into))),
        }
    }
}

/// Whether the session has lasted for as long as one may.
fn is_timeout(error: &SdkError<StartLiveTailResponseStreamError, RawMessage>) -> bool {
    error.as_service_error().is_some_and(StartLiveTailResponseStreamError::is_session_timeout_exception)
}

impl From<LiveTailSessionUpdate> for LiveUpdate {
    fn from(update: LiveTailSessionUpdate) -> Self {
        let is_sampled = update.session_metadata.is_some_and(|metadata| metadata.sampled);
        let events = update.session_results.unwrap_or_default().into_iter().map(LiveEvent::from).collect();
        Self { events, is_sampled }
    }
}

impl From<LiveTailSessionLogEvent> for LiveEvent {
    fn from(event: LiveTailSessionLogEvent) -> Self {
        Self {
            group: event.log_group_identifier.unwrap_or_default(),
            event: LogEvent {
                timestamp: event.timestamp.unwrap_or_default(),
                stream: event.log_stream_name.unwrap_or_default(),
                // A session sends no event twice, and tells no ids.
                id: String::new(),
                message: event.message.unwrap_or_default(),
            },
        }
    }
}

/// Takes the SDK's prefix of the host name off where that is not AWS's: an emulator has one name for all.
#[derive(Debug)]
struct OwnHost;

#[dyn_dispatch_hint]
impl Intercept for OwnHost {
    fn name(&self) -> &'static str {
        "OwnHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(own) = own_host(context.request().uri()) {
            context.request_mut().set_uri(own)?;
        }
        Ok(())
    }
}

/// The endpoint without the prefix, if it is not one of AWS.
fn own_host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let own = format!("{scheme}://{}", rest.strip_prefix(HOST_PREFIX)?);
    (!is_of_aws(&own)).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    #[test]
    fn only_aws_has_a_host_for_sessions() {
        assert_eq!(own_host("https://stream-logs.eu-west-1.amazonaws.com/"), None);
        assert_eq!(own_host("http://stream-127.0.0.1:4566/").as_deref(), Some("http://127.0.0.1:4566/"));
        assert_eq!(own_host("http://stream-[::1]:4566/").as_deref(), Some("http://[::1]:4566/"));
        assert_eq!(own_host("http://stream-stream-1.example/x").as_deref(), Some("http://stream-1.example/x"));
        assert_eq!(own_host("http://127.0.0.1:4566/"), None);
    }

    #[test]
    fn a_group_is_known_by_name_account_and_name_or_arn() {
        let event = |group: &str| LiveEvent {
            group: group.to_owned(),
            event: LogEvent { timestamp: 0, stream: String::new(), id: String::new(), message: String::new() },
        };
        for group in
            ["/aws/lambda/a", "123456789012:/aws/lambda/a", "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/a:*"]
        {
            assert!(event(group).is_of("/aws/lambda/a"), "{group}");
            assert!(!event(group).is_of("a") && !event(group).is_of(""), "{group}");
        }
    }

    #[tokio::test]
    async fn too_many_sessions_have_a_hint() {
        let refusal = Canned::Answer {
            status: 400,
            headers: vec![("x-amzn-errortype", "LimitExceededException")],
            body: r#"{"message":"Too many sessions."}"#.to_owned(),
        };
        let (region, asked) = region("eu-west-1", vec![refusal]).await;
        let error = region.live_session(&["arn:g".to_owned()], Some("ERROR")).await.unwrap_err();
        assert_eq!(error.code(), Some("LimitExceededException"));
        assert!(error.hint().unwrap().contains("without `--live`"), "{:?}", error.hint());
        let sent = &asked.all()[0];
        assert!(sent.contains(r#""logGroupIdentifiers":["arn:g"]"#), "{sent}");
        assert!(sent.contains(r#""logEventFilterPattern":"ERROR""#), "{sent}");
    }
}
