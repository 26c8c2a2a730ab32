//! The reader of a live session: some log groups of one region, from now on, until the receiver is dropped.

use tokio::{sync::mpsc::Sender, time::sleep};

use super::{
    groups::LogGroup,
    reader::{Message, Wanted, now},
};
use crate::{
    aws::{self, LiveSession, LogRequest, MAX_LIVE_GROUPS},
    logs::{LogEvent, Pace, Pattern, jittered},
};

/// Why a session ended.
enum End {
    /// The receiver was dropped.
    Closed,
    /// It lasted for as long as AWS lets one last.
    Expired,
    Failed(aws::Error),
}

/// The reader of the log groups of one session.
pub(super) struct LiveReader<'a> {
    /// The groups with their numbers; all of one region.
    groups: Vec<(usize, &'a LogGroup)>,
    wanted: &'a Wanted,
    sender: Sender<Message>,
}

impl<'a> LiveReader<'a> {
    /// The readers of all groups: of each region, one for each session that it needs.
    pub(super) fn all(groups: &'a [LogGroup], wanted: &'a Wanted, sender: &Sender<Message>) -> Vec<Self> {
        let mut numbered: Vec<(usize, &LogGroup)> = groups.iter().enumerate().collect();
        numbered.sort_by_key(|(_, group)| group.region.name());
        let regions = numbered.chunk_by(|(_, one), (_, other)| one.region.name() == other.region.name());
        let sessions = regions.flat_map(|groups| groups.chunks(MAX_LIVE_GROUPS));
        sessions.map(|groups| Self { groups: groups.to_vec(), wanted, sender: sender.clone() }).collect()
    }

    /// Starts sessions, one after the other, and sends what they show.
    pub(super) async fn run(mut self) {
        if let Err(End::Failed(error)) = self.follow().await {
            // The receiver may be gone by now.
            for (number, _) in self.groups.iter().skip(1) {
                let _ = self.sender.send(Message::Left(*number)).await;
            }
            let _ = self.sender.send(Message::Failed(self.number(), error)).await;
        }
    }

    /// The group that stands for the session.
    fn number(&self) -> usize {
        self.groups.first().map_or(0, |(number, _)| *number)
    }

    async fn follow(&mut self) -> Result<(), End> {
        for (number, _) in &self.groups {
            // No region waits for another.
            self.send(Message::Present(*number)).await?;
        }
        let (mut pace, mut has_begun) = (Pace::new(1), false);
        while !self.groups.is_empty() {
            let end = match self.start().await {
                Ok(session) => {
                    has_begun = true;
                    self.send(Message::Present(self.number())).await?;
                    self.receive(session, &mut pace).await
                }
                Err(error) if error.is_missing() => {
                    self.leave_missing_out(has_begun, error).await?;
                    continue;
                }
                Err(error) => End::Failed(error),
            };
            match end {
                End::Expired => self.send(Message::Renewed(self.number())).await?,
                End::Failed(error) if has_begun && may_recover(&error) => {
                    self.send(Message::Stalled(self.number(), error)).await?;
                    sleep(jittered(pace.after_failure(), fastrand::f64())).await;
                }
                end => return Err(end),
            }
        }
        Ok(())
    }

    async fn start(&self) -> Result<LiveSession, aws::Error> {
        // There is at least one.
        let (_, first) = self.groups[0];
        let arns: Vec<String> = self.groups.iter().map(|(_, group)| group.arn.clone()).collect();
        first.region.live_session(&arns, self.wanted.filter().map(Pattern::as_str)).await
    }

    /// Sends what a session shows until it ends.
    async fn receive(&self, mut session: LiveSession, pace: &mut Pace) -> End {
        loop {
            let update = match session.next().await {
                Ok(Some(update)) => update,
                Ok(None) => return End::Expired,
                Err(error) => return End::Failed(error),
            };
            *pace = Pace::new(1);
            if update.is_sampled && self.send(Message::Sampled).await.is_err() {
                return End::Closed;
            }
            let mut events = update.events;
            for (number, group) in &self.groups {
                let of_group = events.extract_if(.., |event| event.is_of(&group.name)).map(|event| event.event);
                let of_group: Vec<LogEvent> = of_group.filter(|event| self.wanted.takes(event)).collect();
                if !of_group.is_empty() && self.send(Message::Events(*number, of_group)).await.is_err() {
                    return End::Closed;
                }
            }
        }
    }

    /// Leaves the groups out that do not exist, since a session with one of them does not start. The refusal names none of
    /// them in a form that AWS documents.
    async fn leave_missing_out(&mut self, has_begun: bool, refusal: aws::Error) -> Result<(), End> {
        let (mut kept, all) = (Vec::new(), std::mem::take(&mut self.groups));
        let number_of_all = all.len();
        for (number, group) in all {
            let request = LogRequest { group: &group.name, start: now(), end: None, pattern: None, token: None };
            match group.region.log_events(&request).await {
                Err(error) if error.is_missing() => {
                    let message = match (has_begun, group.is_in_stack) {
                        (true, _) => Message::Deleted(number),
                        (false, true) => Message::Failed(number, error),
                        (false, false) => Message::Absent(number),
                    };
                    self.send(message).await?;
                }
                _ => kept.push((number, group)),
            }
        }
        if kept.len() == number_of_all {
            return Err(End::Failed(refusal));
        }
        self.groups = kept;
        Ok(())
    }

    async fn send(&self, message: Message) -> Result<(), End> {
        self.sender.send(message).await.map_err(|_| End::Closed)
    }
}

/// Whether another session may be started after this error: AWS may have to end the one before first.
fn may_recover(error: &aws::Error) -> bool {
    error.is_temporary() || error.code() == Some("LimitExceededException")
}
