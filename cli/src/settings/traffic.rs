//! Gradual traffic: what `traffic` says, parsed.

use std::{fmt, str::FromStr};

use super::Stage;
use crate::suggestion::nearest;

/// What `traffic` may say, for messages.
pub(crate) const GRAMMAR: &str = "`canary PERCENT% MINUTESm` or `linear PERCENT% MINUTESm`, such as `canary 10% 5m`";
/// The longest time that CodeDeploy takes to shift traffic: two days.
/// <https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html>
const MAX_MINUTES: u32 = 2 * 24 * 60;
/// Below this an alarm may come too late: metrics come once a minute, and CloudWatch needs one or two more to see them.
pub(crate) const MIN_SAFE_MINUTES: u32 = 3;

/// How the share of the new version grows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TrafficKind {
    /// A share first, and then everything.
    Canary,
    /// The same share again and again, until it is everything.
    Linear,
}

/// How traffic is shifted to a new release.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Traffic {
    pub(crate) kind: TrafficKind,
    /// The share of each step.
    pub(crate) percent: u32,
    /// How long a step lasts.
    pub(crate) minutes: u32,
}

/// What is wrong with the text of `traffic`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum TrafficError {
    #[error("`{0}` is no way to shift traffic{meant}; it is {GRAMMAR}", meant = meant(.0))]
    Kind(String),
    #[error("`{0}` is not three words; it is {GRAMMAR}")]
    Words(String),
    #[error("`{0}` is not a share of the traffic from 1% to 99%; it is {GRAMMAR}")]
    Percent(String),
    #[error("`{0}` is not a time in whole minutes, such as `5m`; it is {GRAMMAR}")]
    Minutes(String),
    #[error(
        "`{0}` takes {1} minutes until all traffic is shifted, and CodeDeploy takes two days at most, {MAX_MINUTES}"
    )]
    TooLong(String, u32),
}

fn meant(word: &str) -> String {
    nearest(word, ["canary", "linear"]).map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default()
}

impl FromStr for Traffic {
    type Err = TrafficError;

    fn from_str(text: &str) -> Result<Self, TrafficError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let kind = match words.first().copied().unwrap_or_default() {
            "canary" => TrafficKind::Canary,
            "linear" => TrafficKind::Linear,
            "" => return Err(TrafficError::Words(text.to_owned())),
            other => return Err(TrafficError::Kind(other.to_owned())),
        };
        let [_, percent, minutes] = words[..] else { return Err(TrafficError::Words(text.to_owned())) };
        let traffic = Self {
            kind,
            percent: number(percent, '%')
                .filter(|number| *number < 100)
                .ok_or_else(|| TrafficError::Percent(percent.to_owned()))?,
            minutes: number(minutes, 'm').ok_or_else(|| TrafficError::Minutes(minutes.to_owned()))?,
        };
        let total = traffic.total_minutes();
        if total > MAX_MINUTES { Err(TrafficError::TooLong(text.to_owned(), total)) } else { Ok(traffic) }
    }
}

/// A number of at least 1 with its unit.
fn number(word: &str, unit: char) -> Option<u32> {
    let digits = word.strip_suffix(unit)?;
    let is_plain = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_plain && *number > 0)
}

impl Traffic {
    /// The time from the first share to all of the traffic.
    pub(crate) fn total_minutes(self) -> u32 {
        match self.kind {
            TrafficKind::Canary => self.minutes,
            TrafficKind::Linear => (100_u32.div_ceil(self.percent) - 1).saturating_mul(self.minutes),
        }
    }

    /// The deployment configuration that every account has, if one is the same: own ones are limited.
    /// <https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html>
    pub(crate) fn predefined(self) -> Option<String> {
        let Self { kind, percent, minutes } = self;
        match (kind, percent, minutes) {
            (TrafficKind::Canary, 10, 5 | 10 | 15 | 30) => {
                Some(format!("CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"))
            }
            (TrafficKind::Linear, 10, 1) => Some("CodeDeployDefault.LambdaLinear10PercentEvery1Minute".to_owned()),
            (TrafficKind::Linear, 10, 2 | 3 | 10) => {
                Some(format!("CodeDeployDefault.LambdaLinear10PercentEvery{minutes}Minutes"))
            }
            _ => None,
        }
    }
}

impl Stage {
    /// How traffic is shifted to a new release; `None`: all at once.
    pub(crate) fn traffic(&self) -> Option<Traffic> {
        self.traffic.as_deref()?.parse().ok()
    }
}

/// In words, after "shifts".
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, percent, minutes } = self;
        let time = if *minutes == 1 { "minute".to_owned() } else { format!("{minutes} minutes") };
        match kind {
            TrafficKind::Canary if *minutes == 1 => write!(f, "{percent}% of the traffic for 1 minute, then all of it"),
            TrafficKind::Canary => write!(f, "{percent}% of the traffic for {time}, then all of it"),
            TrafficKind::Linear => write!(f, "{percent}% more of the traffic every {time}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_or_the_error_shows_the_grammar() {
        for (text, expected) in [
            ("canary 10% 5m", Ok((TrafficKind::Canary, 10, 5, 5))),
            ("  linear  10%   3m ", Ok((TrafficKind::Linear, 10, 3, 27))),
            ("linear 30% 4m", Ok((TrafficKind::Linear, 30, 4, 12))),
            ("canary 99% 2880m", Ok((TrafficKind::Canary, 99, 2880, 2880))),
            ("", Err("is not three words")),
            ("canary 10%", Err("is not three words")),
            ("canary 10% 5m then all", Err("is not three words")),
            ("canery 10% 5m", Err("did you mean `canary`?")),
            ("10% 5m", Err("is no way to shift traffic")),
            ("canary 10 5m", Err("`10` is not a share")),
            ("canary 0% 5m", Err("`0%` is not a share")),
            ("canary 100% 5m", Err("`100%` is not a share")),
            ("canary 2.5% 5m", Err("`2.5%` is not a share")),
            ("canary +5% 5m", Err("`+5%` is not a share")),
            ("canary 10% 5", Err("`5` is not a time in whole minutes")),
            ("canary 10% 90s", Err("`90s` is not a time in whole minutes")),
            ("canary 10% 0m", Err("`0m` is not a time in whole minutes")),
            ("linear 1% 30m", Err("takes 2970 minutes")),
            ("canary 10% 2881m", Err("two days at most")),
        ] {
            match (text.parse::<Traffic>(), expected) {
                (Ok(found), Ok((kind, percent, minutes, total))) => {
                    assert_eq!(found, Traffic { kind, percent, minutes }, "{text}");
                    assert_eq!(found.total_minutes(), total, "{text}");
                }
                (Err(error), Err(part)) => {
                    let sentence = error.to_string();
                    assert!(sentence.contains(part), "{text}: {sentence}");
                    let shows = sentence.contains("canary PERCENT% MINUTESm") || sentence.contains("two days");
                    assert!(shows, "{text}: {sentence}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_every_account_has_is_not_made_again() {
        for (text, expected) in [
            ("canary 10% 5m", Some("CodeDeployDefault.LambdaCanary10Percent5Minutes")),
            ("linear 10% 1m", Some("CodeDeployDefault.LambdaLinear10PercentEvery1Minute")),
            ("linear 10% 3m", Some("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes")),
            ("linear 10% 5m", None),
            ("canary 20% 5m", None),
        ] {
            assert_eq!(text.parse::<Traffic>().unwrap().predefined().as_deref(), expected, "{text}");
        }
    }
}
