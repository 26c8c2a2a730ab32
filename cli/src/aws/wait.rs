//! Waiting for a stack to settle, with its events on the way.

use std::time::Duration;

use super::{
    Error, Region, Stack, StackEvent,
    backoff::Backoff,
    history::{History, Watch, name_of},
    operator,
};

/// A stack that needs more pages than these between two looks is not looked at to its end.
const PAGES: usize = 100;
/// How many operations of others may have followed one's own before its events are first read. Whoever finds no event of
/// its own among so many finds it, or none, at a later look.
const FOLLOWERS: usize = 10;

/// A point in a stack's history: what happened after it belongs to the work that is waited for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct EventCursor {
    event_id: Option<String>,
    /// Where the latest work on the stack began is read from the events themselves.
    is_latest: bool,
    /// The client request token that every event of the operation carries.
    token: Option<String>,
}

impl EventCursor {
    /// The beginning of the latest work on the stack, whoever asked for it.
    pub(crate) fn latest() -> Self {
        Self { is_latest: true, ..Self::default() }
    }

    /// The beginning of the operation with this client request token: whatever else happened to the stack does not count,
    /// and its end is what an event with the token says.
    pub(crate) fn of_operation(token: &str) -> Self {
        Self { is_latest: true, token: Some(token.to_owned()), ..Self::default() }
    }

    /// Whether only events of one operation count.
    pub(super) fn is_of_operation(&self) -> bool {
        self.token.is_some()
    }

    /// Whether an event belongs to another operation. `knows_tokens`: AWS gives the token back, some emulators do not.
    fn is_of_another(&self, event: &StackEvent, knows_tokens: bool) -> bool {
        self.token.is_some() && event.token != self.token && (knows_tokens || event.token.is_some())
    }

    /// The beginning of the stack: every event of it counts.
    #[cfg(test)]
    pub(crate) fn beginning() -> Self {
        Self::default()
    }

    /// Whether an event belongs to what came before.
    fn is_before(&self, event: &StackEvent) -> bool {
        self.event_id.as_ref().is_some_and(|id| *id == event.id)
    }
}

/// A settled stack.
#[derive(Clone, Debug)]
pub(crate) struct SettledStack {
    /// The stack as it is now; a deleted one has the status DELETE_COMPLETE.
    pub(crate) stack: Stack,
    /// The failure that led to the others.
    pub(crate) first_cause: Option<StackEvent>,
}

impl Region {
    /// The operator of the latest operation on the stack, if a token of this tool names one.
    pub(crate) async fn changed_by(&self, stack_id: &str) -> Result<Option<String>, Error> {
        let tokens = self.tokens(stack_id).await?;
        Ok(tokens.iter().find_map(|token| operator::of_token(token)).map(str::to_owned))
    }

    /// Whether the stack has events of the operation with a client request token, whatever followed it.
    pub(super) async fn has_operation(&self, stack_id: &str, token: &str) -> Result<bool, Error> {
        let mark = EventCursor::of_operation(token);
        let events = self.events(stack_id, &mut History::new(&mark)).await?;
        Ok(events.iter().any(|event| event.token.as_deref() == Some(token)))
    }

    /// The tokens of the latest work's events.
    async fn tokens(&self, stack_id: &str) -> Result<Vec<String>, Error> {
        let mark = EventCursor::latest();
        let events = self.events(stack_id, &mut History::new(&mark)).await?;
        Ok(events.into_iter().filter_map(|event| event.token).collect())
    }

    /// Waits until nothing changes the stack any more; each event since the mark is heard once, in order.
    ///
    /// Returns the settled stack: its status tells success from rollback. Fails after `timeout`.
    pub(crate) async fn wait_until_settled(
        &self,
        stack_id: &str,
        since: &EventCursor,
        on_event: &(dyn Fn(&StackEvent) + Send + Sync),
        timeout: Duration,
    ) -> Result<SettledStack, Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5), timeout);
        let mut history = History::new(since);
        let mut watch = Watch::new();
        loop {
            // The status first: events that are read after it hold all that led to it.
            let status = self.find_stack(stack_id).await;
            // Events explain; that they cannot be read does not end the wait.
            match self.events(stack_id, &mut history).await {
                Ok(events) => {
                    events.iter().for_each(on_event);
                    history.keep(events);
                }
                Err(error) => history.miss(&error),
            }
            if let Some(stack) = watch.observe(stack_id, status, &history)? {
                let cause = match since.token.as_deref() {
                    Some(token) if !stack.status.is_success() => {
                        self.validation_error_of_operation(stack_id, token).await
                    }
                    _ => None,
                };
                return Ok(SettledStack { stack, first_cause: cause.or_else(|| history.first_cause().cloned()) });
            }
            if !backoff.wait().await {
                let what = format!("the stack `{}`", name_of(stack_id));
                return Err(Error::Timeout { what, region: self.name().to_owned(), after: timeout });
            }
        }
    }

    /// The events since the last look, oldest first.
    async fn events(&self, stack_id: &str, history: &mut History<'_>) -> Result<Vec<StackEvent>, Error> {
        let call = self.call("cloudformation:DescribeStackEvents", stack_id);
        let (mut events, mut of_others, mut followers) = (Vec::new(), Vec::new(), 0);
        let mut next = None;
        'pages: for _ in 0..PAGES {
            let page = self.cloudformation().describe_stack_events().stack_name(stack_id).set_next_token(next);
            let page = call.send(page.send()).await?;
            for event in page.stack_events.unwrap_or_default() {
                let event = StackEvent::new(event);
                if history.since.is_before(&event) || history.seen.contains(&event.id) {
                    break 'pages;
                }
                let begins_work = event.begins_work();
                // Another operation may have followed, and may be over too: its beginning is not this one's.
                if history.since.is_of_another(&event, self.endpoint_url().is_none()) {
                    of_others.push(event.id);
                    followers += usize::from(begins_work);
                    if followers > FOLLOWERS {
                        break 'pages;
                    }
                    continue;
                }
                events.push(event);
                if history.since.is_latest && begins_work {
                    break 'pages;
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                break;
            }
        }
        // Only now: a page that could not be read may have had what is older.
        history.seen.extend(of_others);
        events.reverse();
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    const STACK: &str = "AWS::CloudFormation::Stack";

    fn stack(status: &str) -> Canned {
        let content = format!(
            "<Stacks><member><StackName>app</StackName><StackId>arn:stack/app/1</StackId><StackStatus>{status}</StackStatus>\
             </member></Stacks>"
        );
        Canned::result("DescribeStacks", &content)
    }

    fn events(rows: &[(&str, &str, &str)], next: Option<&str>) -> Canned {
        let mut content = String::from("<StackEvents>");
        for (id, logical_id, status) in rows {
            let kind = if *logical_id == "app" { STACK } else { "AWS::Lambda::Function" };
            content += &format!(
                "<member><EventId>{id}</EventId><StackName>app</StackName><ResourceType>{kind}</ResourceType>\
                 <LogicalResourceId>{logical_id}</LogicalResourceId><ResourceStatus>{status}</ResourceStatus></member>"
            );
        }
        content += "</StackEvents>";
        content += &next.map(|next| format!("<NextToken>{next}</NextToken>")).unwrap_or_default();
        Canned::result("DescribeStackEvents", &content)
    }

    /// An event of the stack itself, of the operation with a token.
    fn of(token: &str, id: &str, status: &str) -> String {
        format!(
            "<member><EventId>{id}</EventId><StackName>app</StackName><ResourceType>{STACK}</ResourceType>\
             <LogicalResourceId>app</LogicalResourceId><ResourceStatus>{status}</ResourceStatus>\
             <ClientRequestToken>{token}</ClientRequestToken></member>"
        )
    }

    fn rows(rows: &[String]) -> Canned {
        Canned::result("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>", rows.concat()))
    }

    async fn heard(answers: Vec<Canned>, since: &EventCursor) -> (Vec<String>, Result<SettledStack, Error>) {
        let (region, _) = region("eu-west-1", answers).await;
        let heard = std::sync::Mutex::new(Vec::new());
        let on_event = |event: &StackEvent| heard.lock().unwrap().push(event.id.clone());
        let outcome = region.wait_until_settled("arn:stack/app/1", since, &on_event, Duration::from_secs(20)).await;
        (heard.into_inner().unwrap(), outcome)
    }

    #[tokio::test]
    async fn each_event_since_the_mark_is_heard_once_and_in_order_through_throttling_and_html() {
        let html = Canned::Answer {
            status: 200,
            headers: vec![("content-type", "text/html")],
            body: "<html>hello</html>".to_owned(),
        };
        let throttled = Canned::error(400, "Throttling", "Rate exceeded");
        let last = [
            ("5", "app", "UPDATE_COMPLETE"),
            ("4", "Function", "UPDATE_COMPLETE"),
            ("3", "Function", "UPDATE_IN_PROGRESS"),
        ];
        let answers = vec![
            stack("UPDATE_IN_PROGRESS"),
            events(&[("3", "Function", "UPDATE_IN_PROGRESS")], Some("more")),
            events(&[("2", "app", "UPDATE_IN_PROGRESS"), ("1", "app", "CREATE_COMPLETE")], Some("never asked for")),
            throttled.clone(),
            throttled,
            html,
            events(&[], None),
            stack("UPDATE_COMPLETE"),
            events(&last, None),
        ];
        let mark = EventCursor { event_id: Some("1".to_owned()), ..EventCursor::default() };
        let (heard, outcome) = heard(answers, &mark).await;
        assert_eq!(heard, ["2", "3", "4", "5"]);
        assert_eq!(outcome.unwrap().stack.status.as_str(), "UPDATE_COMPLETE");
    }

    #[tokio::test]
    async fn a_change_is_confirmed_by_events_with_its_own_token_only() {
        let before = [of("earlier", "2", "UPDATE_COMPLETE"), of("earlier", "1", "UPDATE_IN_PROGRESS")];
        let begun = [of("mine", "3", "UPDATE_IN_PROGRESS")];
        let ended = [of("mine", "4", "UPDATE_ROLLBACK_COMPLETE"), begun[0].clone()];
        let answers = vec![
            // The status and the events of the operation before say the same, and are not this one's.
            stack("UPDATE_COMPLETE"),
            rows(&before),
            stack("UPDATE_COMPLETE"),
            rows(&[&begun[..], &before].concat()),
            stack("UPDATE_ROLLBACK_COMPLETE"),
            rows(&[&ended[..], &before].concat()),
        ];
        let (heard, outcome) = heard(answers, &EventCursor::of_operation("mine")).await;
        assert_eq!(outcome.unwrap().stack.status.as_str(), "UPDATE_ROLLBACK_COMPLETE");
        assert_eq!(heard, ["3", "4"]);
    }

    #[tokio::test]
    async fn a_change_is_confirmed_though_another_one_followed_before_its_events_were_read() {
        let before = [of("earlier", "2", "UPDATE_COMPLETE"), of("earlier", "1", "UPDATE_IN_PROGRESS")];
        let mine = [of("mine", "4", "UPDATE_COMPLETE"), of("mine", "3", "UPDATE_IN_PROGRESS")];
        let other = [of("other", "6", "UPDATE_COMPLETE"), of("other", "5", "UPDATE_IN_PROGRESS")];
        let answers = vec![stack("UPDATE_COMPLETE"), rows(&[&other[..], &mine, &before].concat())];
        let (heard, outcome) = heard(answers, &EventCursor::of_operation("mine")).await;
        assert_eq!(outcome.unwrap().stack.status.as_str(), "UPDATE_COMPLETE");
        assert_eq!(heard, ["3", "4"]);
    }

    #[tokio::test]
    async fn a_history_of_others_is_not_read_again_at_every_look() {
        let long: Vec<String> =
            (0..FOLLOWERS + 5).map(|id| of("earlier", &id.to_string(), "UPDATE_IN_PROGRESS")).rev().collect();
        let page = format!("<StackEvents>{}</StackEvents><NextToken>more</NextToken>", long.concat());
        let mine = [of("mine", "m2", "UPDATE_COMPLETE"), of("mine", "m1", "UPDATE_IN_PROGRESS")];
        let answers = vec![
            stack("UPDATE_COMPLETE"),
            Canned::result("DescribeStackEvents", &page),
            stack("UPDATE_COMPLETE"),
            rows(&[&mine[..], &long].concat()),
        ];
        let (region, asked) = region("eu-west-1", answers).await;
        let mark = EventCursor::of_operation("mine");
        let outcome = region.wait_until_settled("arn:stack/app/1", &mark, &|_| (), Duration::from_secs(20));
        assert_eq!(outcome.await.unwrap().stack.status.as_str(), "UPDATE_COMPLETE");
        assert_eq!(asked.actions().len(), 4);
    }

    #[tokio::test]
    async fn a_denied_look_at_the_stack_ends_the_wait() {
        let denied = Canned::error(403, "AccessDenied", "not authorized");
        let (_, outcome) = heard(vec![denied], &EventCursor::beginning()).await;
        assert!(outcome.unwrap_err().is_denied());
    }
}
