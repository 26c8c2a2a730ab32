//! Paging through one read of a log group.

use super::LogEvent;

/// The number of events in a full page.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
pub(crate) const PAGE: usize = 10_000;

/// The request after a page.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum NextPage {
    /// The page of this token.
    Token(String),
    /// A new request from this time: the page was full, and had no token.
    From(i64),
    /// The page was the last one.
    None,
}

/// Decides what follows a page of a request from `start`. AWS always gives a token where there is more; emulators cut a full
/// page off without one. The events of its last millisecond come twice then, and the window knows them.
pub(crate) fn next_page(token: Option<String>, sent: Option<&str>, start: i64, events: &[LogEvent]) -> NextPage {
    if let Some(token) = token.filter(|token| Some(token.as_str()) != sent) {
        return NextPage::Token(token);
    }
    match events.last() {
        Some(last) if events.len() >= PAGE && last.timestamp > start => NextPage::From(last.timestamp),
        _ => NextPage::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(length: usize, last: i64) -> Vec<LogEvent> {
        let event = LogEvent { timestamp: last, stream: String::new(), id: String::new(), message: String::new() };
        vec![event; length]
    }

    #[test]
    fn an_empty_page_with_a_token_is_not_the_last() {
        assert_eq!(next_page(Some("a".to_owned()), None, 0, &[]), NextPage::Token("a".to_owned()));
        assert_eq!(next_page(None, Some("a"), 0, &page(3, 9)), NextPage::None);
    }

    #[test]
    fn a_token_that_repeats_ends_the_read() {
        assert_eq!(next_page(Some("a".to_owned()), Some("a"), 0, &[]), NextPage::None);
    }

    #[test]
    fn a_full_page_without_a_token_is_continued_at_its_end() {
        assert_eq!(next_page(None, None, 0, &page(PAGE, 9)), NextPage::From(9));
        assert_eq!(next_page(None, None, 0, &page(PAGE - 1, 9)), NextPage::None);
        assert_eq!(next_page(None, None, 9, &page(PAGE, 9)), NextPage::None, "no progress");
    }
}
