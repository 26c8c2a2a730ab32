//! Rules of the function itself.

use super::{super::LogFormat, Rules};

/// The days that CloudWatch Logs keeps logs for, by its `PutRetentionPolicy`.
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/// The longest description, in characters.
const DESCRIPTION_LIMIT: usize = 256;

impl Rules<'_> {
    pub(super) fn function(&mut self) {
        let stage = self.stage;
        let days = stage.log_retention_days;
        if !RETENTION_DAYS.contains(&days) {
            let nearest = RETENTION_DAYS.iter().min_by_key(|known| known.abs_diff(days)).copied().unwrap_or(30);
            let sentence = format!(
                "CloudWatch keeps logs for certain numbers of days, and {days} is none; {nearest} is the nearest"
            );
            self.fault(["log_retention_days"], sentence);
        }
        if stage.log_level.is_some() && stage.log_format != LogFormat::Json {
            self.fault(["log_level"], "`log_level` needs `log_format = \"json\"`");
        }
        if stage.description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_LIMIT) {
            self.fault(["description"], format!("`description` has {DESCRIPTION_LIMIT} letters at most"));
        }
        if let Some(path) = &stage.health_check
            && (!path.starts_with('/') || path.contains(char::is_whitespace))
        {
            self.fault(["health_check"], format!("`health_check` is a path such as `/health`, not `{path}`"));
        }
        if stage.before_traffic.as_ref().is_some_and(String::is_empty) {
            self.fault(["before_traffic"], "`before_traffic` is the name of a function of the app");
        }
    }
}
