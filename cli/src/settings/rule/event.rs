//! Rules of events beside the gateway.

use super::{super::KeepWarm, Rules};

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

/// `rate(4 minutes)` or `cron(` six fields `)`, as EventBridge writes them.
pub(super) fn is_schedule(text: &str) -> bool {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let mut parts = rate.split(' ');
        let number: Option<u32> = parts.next().and_then(|number| number.parse().ok());
        let unit = parts.next();
        return parts.next().is_none()
            && match number {
                Some(1) => matches!(unit, Some("minute" | "hour" | "day")),
                Some(2..) => matches!(unit, Some("minutes" | "hours" | "days")),
                _ => false,
            };
    }
    let fields: Vec<&str> = match inside("cron") {
        Some(fields) => fields.split_whitespace().collect(),
        None => return false,
    };
    let is_field = |field: &&str| {
        field.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"*?,-/LW#".contains(&byte))
    };
    // Of the day of the month and the day of the week, one is left open.
    fields.len() == 6 && fields.iter().all(is_field) && (fields[2] == "?") != (fields[4] == "?")
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
        ] {
            assert_eq!(is_schedule(text), expected, "{text}");
        }
    }
}
