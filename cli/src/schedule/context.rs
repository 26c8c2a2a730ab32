//! The words in the input of a schedule that EventBridge Scheduler replaces when it fires.

use jiff::Timestamp;

/// Stands for the ARN of the schedule.
pub(crate) const SCHEDULE_ARN: &str = "<aws.scheduler.schedule-arn>";

/// The input as a first attempt delivers it. Without an ARN its word stays.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
pub(crate) fn delivered(input: &str, arn: Option<&str>, time: Timestamp, execution_id: &str) -> String {
    input
        .replace(SCHEDULE_ARN, arn.unwrap_or(SCHEDULE_ARN))
        .replace("<aws.scheduler.scheduled-time>", &format!("{time:.0}"))
        .replace("<aws.scheduler.execution-id>", execution_id)
        .replace("<aws.scheduler.attempt-number>", "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_in_angle_brackets_are_replaced() {
        let time = "2027-01-01T03:00:00Z".parse().unwrap();
        let input = format!(
            r#"{{"at":"<aws.scheduler.scheduled-time>","of":"{SCHEDULE_ARN}","a":"<aws.scheduler.attempt-number>"}}"#
        );
        assert_eq!(delivered(&input, Some("arn:x"), time, ""), r#"{"at":"2027-01-01T03:00:00Z","of":"arn:x","a":"1"}"#);
        assert!(delivered(&input, None, time, "").contains(SCHEDULE_ARN));
    }
}
