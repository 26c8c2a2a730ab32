//! The reader of one log group: reads again and again, and sends what is new.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio::{sync::mpsc::Sender, time::Instant};

use super::groups::LogGroup;
use crate::{
    aws::{self, LogRequest},
    logs::{Interval, LogEvent, Lookback, Newest, NextPage, Pace, Pattern, Sweep, Window, jittered, next_page},
};

/// What a reader sends, with the number of its group.
#[derive(Debug)]
pub(super) enum Message {
    Events(usize, Vec<LogEvent>),
    /// It has read up to the present.
    Present(usize),
    /// Only events that become visible within so many milliseconds of their time are shown from now on.
    Shrunk(usize, i64),
    /// A read failed, and is repeated until it succeeds.
    Stalled(usize, aws::Error),
    /// Its log group does not exist yet: Lambda makes it.
    Absent(usize),
    /// A live session shows a part of the events.
    Sampled,
    /// A live session of its region was over, and another has begun.
    Renewed(usize),
    /// It has ended, for the reason that comes with the end of another.
    Left(usize),
    /// It has ended, since its log group was deleted.
    Deleted(usize),
    /// It has ended.
    Failed(usize, aws::Error),
}

/// What to read. All times are milliseconds since 1970.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    /// Read back until there are so many lines, and not from a time.
    pub(super) number: Option<usize>,
    pub(super) pattern: Option<Arc<Pattern>>,
    /// Whether lines are read that do not match the pattern, since others need them.
    pub(super) is_whole: bool,
    pub(super) follows: bool,
    /// Whether lines that only bracket an invocation count as lines.
    pub(super) counts_brackets: bool,
    /// Whether they come from live sessions.
    pub(super) is_live: bool,
}

impl Wanted {
    /// The pattern that lines have to match to be read.
    pub(super) fn filter(&self) -> Option<&Pattern> {
        self.pattern.as_deref().filter(|_| !self.is_whole)
    }

    /// Whether a line matches that pattern: not every emulator applies it.
    pub(super) fn takes(&self, event: &LogEvent) -> bool {
        self.filter().is_none_or(|pattern| pattern.matches(event.message.trim_end_matches(['\n', '\r'])))
    }
}

/// Why a read ended early.
enum End {
    /// The receiver was dropped.
    Closed,
    Failed(aws::Error),
}

pub(super) struct Reader<'a> {
    number: usize,
    group: &'a LogGroup,
    wanted: &'a Wanted,
    /// How many log groups of the region are read.
    beside: usize,
    sender: Sender<Message>,
}

/// Now, by this machine's clock.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        number: usize,
        group: &'a LogGroup,
        wanted: &'a Wanted,
        beside: usize,
        sender: Sender<Message>,
    ) -> Self {
        Self { number, group, wanted, beside, sender }
    }

    /// Reads until the end of what is wanted, or until the receiver is dropped.
    pub(super) async fn run(self) {
        if let Err(End::Failed(error)) = self.read_all().await {
            // The receiver may be gone by now.
            let _ = self.sender.send(Message::Failed(self.number, error)).await;
        }
    }

    async fn read_all(&self) -> Result<(), End> {
        let (mut window, mut has_read) = match self.wanted.number {
            Some(number) => match self.read_newest(number).await {
                Err(End::Failed(error)) if self.is_absent(&error) => (self.whole(), false),
                window => (window?, true),
            },
            None => (self.whole(), false),
        };
        let mut pace = Pace::new(self.beside);
        if has_read {
            self.send(Message::Present(self.number)).await?;
        }
        while self.wanted.follows || !has_read {
            let begun = Instant::now();
            let pause = match self.read(&mut window).await {
                Ok(pages) => {
                    has_read = true;
                    self.send(Message::Present(self.number)).await?;
                    pace.after(begun.elapsed(), pages)
                }
                Err(End::Failed(error)) if self.wanted.follows && may_recover(&error, has_read) => {
                    self.send(Message::Stalled(self.number, error)).await?;
                    pace.after_failure()
                }
                Err(End::Failed(error)) if !has_read && self.is_absent(&error) => {
                    self.send(Message::Absent(self.number)).await?;
                    if !self.wanted.follows {
                        return Ok(());
                    }
                    pace.after_failure()
                }
                // It was there, so the stack was removed.
                Err(End::Failed(error)) if self.wanted.follows && has_read && error.is_missing() => {
                    return self.send(Message::Deleted(self.number)).await;
                }
                Err(end) => return Err(end),
            };
            if self.wanted.follows {
                tokio::time::sleep(jittered(pause, fastrand::f64())).await;
            }
        }
        Ok(())
    }

    /// Reads up to the present, and again what is due. Returns the number of pages up to the present.
    async fn read(&self, window: &mut Window) -> Result<usize, End> {
        let newest = window.newest();
        let interval = Interval { start: newest.start, end: self.wanted.until };
        let pages = self.sweep(window, newest, interval, None).await?;
        while self.wanted.follows
            && let Some(again) = window.again()
        {
            let interval = Interval { start: again.start, end: again.until.map(|until| until - 1) };
            self.sweep(window, again, interval, None).await?;
        }
        if let Some(late) = window.take_shrunk() {
            self.send(Message::Shrunk(self.number, late)).await?;
        }
        Ok(pages)
    }

    /// Reads the newest lines and sends them; the window is the one for what comes after.
    async fn read_newest(&self, number: usize) -> Result<Window, End> {
        let mut found: Vec<Vec<LogEvent>> = Vec::new();
        let (mut missing, mut following) = (number, None);
        for interval in Lookback::new(self.wanted.since, self.wanted.until, now()) {
            let mut window = Window::new(interval.start);
            let sweep = window.newest();
            let mut newest = Newest::new(missing, self.wanted.counts_brackets);
            self.sweep(&mut window, sweep, interval, Some(&mut newest)).await?;
            missing = newest.missing();
            found.push(newest.into_events());
            if following.is_none() {
                // Only this interval reaches to the present.
                following = Some(window);
            }
            if missing == 0 {
                break;
            }
        }
        self.send(Message::Events(self.number, found.into_iter().rev().flatten().collect())).await?;
        Ok(following.unwrap_or_else(|| self.whole()))
    }

    /// The window of all that is wanted.
    fn whole(&self) -> Window {
        Window::new(self.wanted.since.unwrap_or(0))
    }

    /// Whether an error means that the group does not exist yet.
    fn is_absent(&self, error: &aws::Error) -> bool {
        error.is_missing() && !self.group.is_in_stack
    }

    /// Reads the events of an interval that are new, and sends them or keeps the newest. Returns the number of pages.
    async fn sweep(
        &self,
        window: &mut Window,
        sweep: Sweep,
        mut interval: Interval,
        mut keep: Option<&mut Newest>,
    ) -> Result<usize, End> {
        let (mut asked, mut pages, mut token) = (None, 0, None::<String>);
        loop {
            let request = LogRequest {
                group: &self.group.name,
                start: interval.start,
                end: interval.end,
                pattern: self.wanted.filter().map(Pattern::as_str),
                token: token.as_deref(),
            };
            let page = self.group.region.log_events(&request).await.map_err(End::Failed)?;
            pages += 1;
            let asked = *asked.get_or_insert(page.asked);
            let next = next_page(page.token, token.as_deref(), interval.start, &page.events);
            let mut events = page.events;
            let position = position(&events);
            events.retain(|event| window.admit(event.timestamp, &event.id) && self.wanted.takes(event));
            match &mut keep {
                Some(newest) => newest.add(events),
                None if events.is_empty() => {}
                None => self.send(Message::Events(self.number, events)).await?,
            }
            match next {
                NextPage::Token(next) => token = Some(next),
                NextPage::From(start) => (interval.start, token) = (start, None),
                NextPage::None => {
                    window.advance(sweep, asked, None);
                    return Ok(pages);
                }
            }
            if position.is_some() {
                window.advance(sweep, asked, position);
            }
        }
    }

    async fn send(&self, message: Message) -> Result<(), End> {
        self.sender.send(message).await.map_err(|_| End::Closed)
    }
}

/// Up to where a page has read, which is not its last: to its last event, as AWS sorts them by their timestamps.
fn position(events: &[LogEvent]) -> Option<i64> {
    let last = events.last()?.timestamp;
    events.is_sorted_by_key(|event| event.timestamp).then_some(last)
}

/// Whether a failed read is repeated.
fn may_recover(error: &aws::Error, has_answered: bool) -> bool {
    error.is_throttled() || (has_answered && error.is_temporary())
}
