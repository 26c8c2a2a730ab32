//! Rules of gradual traffic.

use super::{
    super::{Stage, Traffic, alarm::AlarmKind, traffic::MIN_SAFE_MINUTES},
    Rules,
};

impl Rules<'_> {
    pub(super) fn traffic(&mut self) {
        let stage = self.stage;
        let Some(text) = &stage.traffic else { return };
        if let Err(error) = text.parse::<Traffic>() {
            self.fault(["traffic"], error.to_string());
        }
        if !self.is_faulty(&["alarms"]) && !stage.alarms.are_set() {
            let sentence =
                "`traffic` needs `alarms`, such as `alarms = true`: nothing else would roll a bad release back";
            self.fault(["traffic"], sentence);
        }
        if stage.express {
            let sentence = "`traffic` shifts in steps and `express` does not wait for them: take one of the two out";
            self.fault(["traffic"], sentence);
        }
    }
}

/// Warnings of steps that are too short, and of alarms that come too late.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let traffic = stage.traffic();
    let short = traffic.filter(|traffic| traffic.minutes < MIN_SAFE_MINUTES).map(|traffic| {
        format!(
            "stage `{name}`: a step of {}m may be over before an alarm sees what it did: metrics come once a minute, and \
             CloudWatch needs one or two more; {MIN_SAFE_MINUTES}m is safe",
            traffic.minutes
        )
    });
    let late = traffic.into_iter().flat_map(move |traffic| {
        AlarmKind::ALL.into_iter().filter_map(move |kind| {
            let plan = stage.alarms.plan(kind, stage.timeout_seconds, true)?;
            let minutes = (plan.datapoints * plan.period_seconds).div_ceil(60);
            let total = traffic.total_minutes();
            (minutes > total).then(|| {
                format!(
                    "stage `{name}`: the alarm `{}` begins after {minutes} minutes at the earliest, and all traffic is shifted \
                     after {total}: it cannot roll back what it sees",
                    kind.key()
                )
            })
        })
    });
    short.into_iter().chain(late)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::{Error, Settings, StageSelection};

    fn selection(settings: &str) -> Result<StageSelection, Error> {
        let text = format!("[stage.dev]\naws_region = \"us-east-1\"\n{settings}\n");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new());
        settings.and_then(|settings| settings.choose(None))
    }

    #[test]
    fn what_cannot_shift_traffic_is_a_fault() {
        for (settings, expected) in [
            ("alarms = true\ntraffic = \"canary 10% 5m\"", ""),
            ("alarms = { errors = true }\ntraffic = \"linear 10% 3m\"", ""),
            ("traffic = \"canary 10% 5m\"", "`traffic` needs `alarms`"),
            ("alarms = true\ntraffic = \"canary 10%\"", "it is `canary PERCENT% MINUTESm`"),
            ("alarms = true\nexpress = true\ntraffic = \"canary 10% 5m\"", "`express` does not wait"),
            ("alarms = true\ntraffic = 10", "`traffic` is text"),
            ("alarms = 5\ntraffic = \"canary 10% 5m\"", "`alarms` is"),
        ] {
            let found = selection(settings).err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{settings}: {found}");
            assert!(found.contains(expected), "{settings}: {found}");
            assert!(!settings.contains("alarms = 5") || !found.contains("needs"), "{found}");
        }
    }

    #[test]
    fn a_step_that_ends_before_an_alarm_is_a_warning() {
        let errors = "alarms = { throttles = false, p99_duration_ms = false, gateway_5xx = false";
        for (settings, expected) in [
            (format!("{errors} }}\ntraffic = \"canary 10% 3m\""), ""),
            (format!("{errors} }}\ntraffic = \"canary 10% 2m\""), "a step of 2m may be over"),
            (format!("{errors}, errors = {{ periods = 9 }} }}\ntraffic = \"canary 10% 5m\""), "begins after 9 minutes"),
            (format!("{errors}, errors = {{ periods = 9 }} }}\ntraffic = \"linear 10% 3m\""), ""),
        ] {
            let found = selection(&settings).unwrap().warnings.join("\n");
            assert_eq!(found.is_empty(), expected.is_empty(), "{settings}: {found}");
            assert!(found.contains(expected), "{settings}: {found}");
        }
    }
}
