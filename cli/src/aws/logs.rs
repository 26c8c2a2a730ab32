//! The log groups of functions: their events, and the removal of a group, which outlives its stack.

use std::{collections::HashMap, time::Instant};

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;

use super::{
    Error, Region,
    response_date::{ResponseDate, now},
};
use crate::logs::LogEvent;

/// A request for events of a log group. All times are milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRequest<'a> {
    pub(crate) group: &'a str,
    pub(crate) start: i64,
    /// The last millisecond; `None` for all that there is.
    pub(crate) end: Option<i64>,
    /// A filter pattern of CloudWatch Logs.
    pub(crate) pattern: Option<&'a str>,
    /// The token of the page before.
    pub(crate) token: Option<&'a str>,
}

/// A page of events, by timestamp.
#[derive(Debug)]
pub(crate) struct LogPage {
    pub(crate) events: Vec<LogEvent>,
    /// The token of the next page.
    pub(crate) token: Option<String>,
    /// A time of AWS's clock at which the request had not been answered yet; this machine's clock where AWS did not say.
    pub(crate) asked: i64,
}

impl Region {
    /// Reads one page of a log group's events.
    pub(crate) async fn log_events(&self, request: &LogRequest<'_>) -> Result<LogPage, Error> {
        let call = self.call("logs:FilterLogEvents", request.group);
        let (date, asked, begun) = (ResponseDate::default(), now(), Instant::now());
        let filter = self
            .logs()
            .filter_log_events()
            .log_group_name(request.group)
            // AWS takes no time before 1970.
            .start_time(request.start.max(0))
            .set_end_time(request.end)
            .set_filter_pattern(request.pattern.map(str::to_owned))
            .set_next_token(request.token.map(str::to_owned));
        let page = call.send(filter.customize().interceptor(date.clone()).send()).await?;
        let took = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        Ok(LogPage {
            events: events(page.events.unwrap_or_default()),
            token: page.next_token.filter(|token| !token.is_empty()),
            asked: date.milliseconds().map_or(asked, |date| date - took),
        })
    }

    /// Removes a log group; false if there was none.
    pub(crate) async fn remove_log_group(&self, name: &str) -> Result<bool, Error> {
        let call = self.call("logs:DeleteLogGroup", name);
        match call.send(self.logs().delete_log_group().log_group_name(name).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The events of a page. AWS gives each an id, and emulators not all of them: then it is what the event says, with a number
/// where several of one time say the same.
fn events(found: Vec<FilteredLogEvent>) -> Vec<LogEvent> {
    let mut alike: HashMap<String, usize> = HashMap::new();
    let mut replacement = |timestamp: i64, stream: &str, message: &str| {
        let said = format!("{timestamp} {stream} {message}");
        let count = alike.entry(said.clone()).or_default();
        *count += 1;
        format!("{count} {said}")
    };
    let event = |event: FilteredLogEvent| {
        let timestamp = event.timestamp.unwrap_or_default();
        let stream = event.log_stream_name.unwrap_or_default();
        let message = event.message.unwrap_or_default();
        let id = event.event_id.filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| replacement(timestamp, &stream, &message));
        LogEvent { timestamp, stream, id, message }
    };
    found.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::aws::canned::{Canned, region};

    const REQUEST: LogRequest<'_> =
        LogRequest { group: "shop", start: -5, end: None, pattern: Some("{ $.level = ERROR }"), token: Some("next") };

    fn page(headers: &[(&'static str, &'static str)], body: &str) -> Canned {
        Canned::Answer { status: 200, headers: headers.to_vec(), body: body.to_owned() }
    }

    #[tokio::test]
    async fn a_page_has_its_events_and_the_time_of_awss_clock() {
        let body = r#"{"events":[{"timestamp":7,"logStreamName":"s","eventId":"1","message":"m"}],"nextToken":"more"}"#;
        let (region, asked) = region("eu-west-1", vec![page(&[("date", "Wed, 25 Nov 2026 19:59:59 GMT")], body)]).await;
        let found = region.log_events(&REQUEST).await.unwrap();
        let event = LogEvent { timestamp: 7, stream: "s".to_owned(), id: "1".to_owned(), message: "m".to_owned() };
        assert_eq!((found.events, found.token.as_deref()), (vec![event], Some("more")));
        let date = 1_795_636_799_000;
        assert!((date - 60_000..=date).contains(&found.asked), "{}", found.asked);
        let sent = &asked.all()[0];
        for part in [r#""startTime":0"#, r#""nextToken":"next""#, r#""filterPattern":"{ $.level = ERROR }""#] {
            assert!(sent.contains(part), "{sent}");
        }
    }

    #[test]
    fn events_without_an_id_are_distinguished_by_what_they_say() {
        let event =
            |message: &str| FilteredLogEvent::builder().timestamp(7).log_stream_name("s").message(message).build();
        let page = || vec![event("END"), event("REPORT"), event("REPORT")];
        let ids: HashSet<String> = events(page()).into_iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), 3);
        assert!(events(page()).into_iter().all(|event| ids.contains(&event.id)), "the same in the next page");
    }

    #[tokio::test]
    async fn a_group_that_is_missing_has_a_hint() {
        let missing = Canned::Answer {
            status: 400,
            headers: vec![("x-amzn-errortype", "ResourceNotFoundException")],
            body: r#"{"message":"The specified log group does not exist."}"#.to_owned(),
        };
        let (region, _) = region("eu-west-1", vec![missing]).await;
        let error = region.log_events(&REQUEST).await.unwrap_err();
        assert!(error.is_missing() && !error.is_temporary());
        assert!(error.hint().unwrap().contains("--log-group-name shop --region eu-west-1"), "{:?}", error.hint());
    }
}
