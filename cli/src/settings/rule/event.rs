//! Rules of events beside the gateway.

use super::{super::KeepWarm, Rules};
use crate::schedule::Expression;

impl Rules<'_> {
    pub(super) fn keep_warm(&mut self) {
        let count = match &self.stage.keep_warm {
            KeepWarm::Switch(is_on) => u8::from(*is_on),
            KeepWarm::Count(count) | KeepWarm::Rule { count, .. } => count.0,
        };
        if let Some(reserved) = self.stage.reserved_concurrency.filter(|reserved| u32::from(count) > *reserved) {
            let sentence = format!(
                "`keep_warm` keeps {count} instances, more than the {reserved} that `reserved_concurrency` allows"
            );
            self.fault(["keep_warm"], sentence);
        }
        if let KeepWarm::Rule { expression, .. } = &self.stage.keep_warm
            && !is_schedule(expression)
        {
            let sentence =
                format!("`{expression}` is not a schedule: `rate(4 minutes)` or `cron(0/5 8-18 ? * MON-FRI *)`");
            self.fault(["keep_warm", "expression"], sentence);
        }
    }
}

/// Whether a rule of EventBridge takes the expression: a rate or a cron.
fn is_schedule(text: &str) -> bool {
    matches!(text.parse(), Ok(Expression::Rate(_) | Expression::Cron(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_rates_and_crons() {
        for (text, expected) in [
            ("rate(4 minutes)", true),
            ("rate(1 minute)", true),
            ("rate(1 minutes)", false),
            ("rate(0 minutes)", false),
            ("rate(4  minutes)", false),
            ("rate(4 seconds)", false),
            ("every 4 minutes", false),
            ("cron(0/5 8-18 ? * MON-FRI *)", true),
            ("cron(0 0 L * ? *)", true),
            ("cron(* * * * *)", false),
            ("cron(* * * * * *)", false),
            ("cron(0 0 ? * ? *)", false),
            ("cron(0 0 ? * mon *)", false),
            ("at(2027-01-31T03:00:00)", false),
        ] {
            assert_eq!(is_schedule(text), expected, "{text}");
        }
    }
}
