//! This machine's clock against AWS's.

use super::Finding;

const NAME: &str = "clock";
/// AWS refuses requests that were signed longer ago, or that far in the future.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const MAX_SKEW: u64 = 5 * 60;
/// The header has whole seconds, and a response takes its time.
const NOISE: u64 = 10;

/// What a difference of so many seconds means, positive where this machine's clock is ahead; `None` where AWS did not say its
/// time.
pub(crate) fn clock(skew: Option<i64>) -> Finding {
    let Some(skew) = skew else {
        return Finding::unknown(NAME, "no response of AWS has told its time", "see what `identity` says");
    };
    let seconds = skew.unsigned_abs();
    let direction = if skew > 0 { "ahead of" } else { "behind" };
    if seconds > MAX_SKEW {
        let sentence =
            format!("it is {} minutes {direction} AWS's, which refuses requests from 5 minutes on", seconds / 60);
        return Finding::failed(NAME, sentence, "set this machine's clock, best by its time service (NTP)");
    }
    let sentence = match seconds {
        ..=NOISE => "it agrees with AWS's".to_owned(),
        _ => format!("it is {seconds} s {direction} AWS's, which takes 5 minutes"),
    };
    Finding::ok(NAME, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn more_than_five_minutes_are_a_failure() {
        for (skew, state, part) in [
            (Some(0), State::Ok, "agrees"),
            (Some(-10), State::Ok, "agrees"),
            (Some(299), State::Ok, "299 s ahead of"),
            (Some(-300), State::Ok, "300 s behind"),
            (Some(301), State::Failed, "5 minutes ahead of"),
            (Some(-7_200), State::Failed, "120 minutes behind"),
            (None, State::Unknown, "no response"),
        ] {
            let finding = clock(skew);
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.sentence.contains(part), "{finding:?}");
        }
    }
}
