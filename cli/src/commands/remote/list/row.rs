//! A deployed stage as a row, and its cells.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::super::{address, answer::Answer, scope::Named};
use crate::{
    aws::{self, rfc3339},
    rollout::Listed,
    template::output,
};

/// A deployed stage in one region.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    region: String,
    project: String,
    stage: String,
    stack: String,
    stack_status: String,
    /// When the stack was created or its last update began.
    updated: Option<String>,
    /// How long the stage lives after that, by the tag of its stack.
    expires: Option<String>,
    /// When that is over: a sweep may remove it then.
    expires_at: Option<String>,
    /// The release that is live; `None` where there is none or its template may not be read.
    release: Option<String>,
    /// The version that serves, where it is not the one of the release: the stack is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    served_instead: Option<String>,
    url: Option<String>,
    /// The domain that leads to the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Whether the settings name the stack; `None` where they are not its project's.
    in_settings: Option<bool>,
    #[serde(skip)]
    updated_at: Option<SystemTime>,
    #[serde(skip)]
    ends_at: Option<SystemTime>,
}

impl Row {
    pub(super) fn new(listed: Listed, region: &aws::Region, named: &Named) -> Self {
        Self::at(listed, region.name(), region.endpoint_url(), named)
    }

    fn at(listed: Listed, region: &str, endpoint: Option<&str>, named: &Named) -> Self {
        let (updated_at, ends_at) = (listed.updated(), listed.expires_at());
        let expires = listed.expires().map(str::to_owned);
        let Listed { stack, project, stage, release, served_instead, domain } = listed;
        Self {
            in_settings: named.has(region, &project, &stage, &stack.name),
            region: region.to_owned(),
            project,
            stage,
            updated: updated_at.map(rfc3339),
            expires,
            expires_at: ends_at.map(rfc3339),
            release: release.map(|release| release.to_string()),
            served_instead,
            domain,
            url: stack.outputs.get(output::URL).map(|url| address::reachable(url, endpoint)),
            stack: stack.name,
            stack_status: stack.status.0,
            updated_at,
            ends_at,
        }
    }

    /// What rows are sorted by.
    pub(super) fn order(&self) -> (String, String, String, String) {
        let Self { project, stage, region, stack, .. } = self;
        (project.clone(), stage.clone(), region.clone(), stack.clone())
    }

    fn cells(&self, now: SystemTime) -> Vec<String> {
        let age = self.updated_at.map(|at| age(now.duration_since(at).unwrap_or_default()));
        let not_named = (self.in_settings == Some(false)).then(|| "not in the settings".to_owned());
        let behind = self.served_instead.as_ref().map(|version| format!("behind: version {version} serves"));
        let domain = self.domain.clone();
        let notes: Vec<String> = not_named.into_iter().chain(behind).chain(domain).collect();
        vec![
            self.stage.clone(),
            self.region.clone(),
            self.stack_status.clone(),
            age.unwrap_or_default(),
            self.expiry(now).unwrap_or_default(),
            self.release.clone().unwrap_or_default(),
            self.url.clone().unwrap_or_default(),
            notes.join("; "),
        ]
    }

    /// When the stage expires: `in 2d` or `expired`. A tag that is no lifetime is shown as it is, with a `?`.
    fn expiry(&self, now: SystemTime) -> Option<String> {
        let Some(end) = self.ends_at else { return Some(format!("{}?", self.expires.as_ref()?)) };
        let rest = end.duration_since(now).unwrap_or_default();
        Some(if rest.is_zero() { "expired".to_owned() } else { format!("in {}", age(rest)) })
    }
}

/// The names of the columns.
pub(super) fn header(with_project: bool) -> Vec<&'static str> {
    let project = with_project.then_some("project");
    project.into_iter().chain(["stage", "region", "stack", "age", "expires", "release", "url", ""]).collect()
}

/// The cells of a stage, or of a region that failed.
pub(super) fn line(answer: &Answer<&Row>, with_project: bool, now: SystemTime) -> Vec<String> {
    let (project, cells) = match answer {
        Answer::Known(row) => (row.project.clone(), row.cells(now)),
        Answer::Unavailable(failed) => {
            let (region, error) = (failed.region.clone(), failed.first_line().to_owned());
            let empty = String::new;
            (empty(), vec![empty(), region, "unavailable".to_owned(), empty(), empty(), empty(), empty(), error])
        }
    };
    with_project.then_some(project).into_iter().chain(cells).collect()
}

/// An age in its largest unit: `45s`, `12m`, `5h`, `3d`.
fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::UNIX_EPOCH};

    use serde_json::json;

    use super::*;
    use crate::{
        aws::{Stack, StackStatus},
        commands::remote::answer::Unavailable,
        names::Identity,
        release::ReleaseId,
    };

    const REGION: &str = "eu-west-1";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// A stack of the project `shop`, made at 1 000 000 s and updated at 1 090 000 s.
    fn listed(name: &str, stage: &str) -> Listed {
        let stack = Stack {
            outputs: BTreeMap::from([(output::URL.to_owned(), "https://ab.lambda-url.eu-west-1.on.aws/".to_owned())]),
            created: Some(at(1_000_000)),
            last_updated: Some(at(1_090_000)),
            ..Stack::bare(name, StackStatus("UPDATE_COMPLETE".to_owned()))
        };
        let release = Some(ReleaseId("0123456789ab".to_owned()));
        Listed {
            stack,
            project: "shop".to_owned(),
            stage: stage.to_owned(),
            release,
            served_instead: None,
            domain: None,
        }
    }

    fn named(function_name: Option<&str>) -> Named {
        let mut named = Named::default();
        let function_name = function_name.map(str::to_owned);
        named.add(REGION, &Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name });
        named
    }

    #[test]
    fn a_stack_is_in_the_settings_by_region_stage_and_name() {
        let is_in =
            |stack, stage, region, named: &Named| Row::at(listed(stack, stage), region, None, named).in_settings;
        assert_eq!(is_in("shop-dev", "dev", REGION, &named(None)), Some(true));
        assert_eq!(is_in("shop-dev", "dev", "us-east-1", &named(None)), Some(false), "the region left");
        assert_eq!(is_in("shop-old", "old", REGION, &named(None)), Some(false), "the stage left");
        assert_eq!(is_in("shop-dev", "dev", REGION, &named(Some("other"))), Some(false), "it was renamed");
        assert_eq!(is_in("other", "dev", REGION, &named(Some("other"))), Some(true));
        assert_eq!(is_in("shop-dev", "dev", REGION, &Named::default()), None, "another project's settings");
    }

    #[test]
    fn a_row_has_the_age_since_the_last_update() {
        let row = Row::at(listed("shop-old", "old"), REGION, None, &named(None));
        let url = "https://ab.lambda-url.eu-west-1.on.aws/";
        let release = "0123456789ab";
        assert_eq!(
            line(&Answer::Known(&row), true, at(1_100_000)),
            ["shop", "old", REGION, "UPDATE_COMPLETE", "2h", "", release, url, "not in the settings"]
        );
        assert_eq!(line(&Answer::Known(&row), false, at(0))[3], "0s", "a clock that is late");
        assert_eq!(header(true).len(), 9);
        assert_eq!(
            serde_json::to_value(&row).unwrap(),
            json!({
                "region": REGION, "project": "shop", "stage": "old", "stack": "shop-old",
                "stack_status": "UPDATE_COMPLETE", "updated": "1970-01-13T14:46:40Z",
                "expires": null, "expires_at": null, "release": release,
                "url": url, "in_settings": false
            })
        );
        let new = Stack { last_updated: None, ..listed("shop-dev", "dev").stack };
        let row = Row::at(Listed { stack: new, ..listed("shop-dev", "dev") }, REGION, None, &named(None));
        assert_eq!(row.cells(at(1_000_045))[3], "45s", "never updated");
    }

    #[test]
    fn the_expiry_counts_from_the_last_update() {
        for (tag, now, expected, end) in [
            ("3d", 1_090_000, "in 3d", Some("1970-01-16T14:46:40Z")),
            ("3d", 1_090_001, "in 2d", Some("1970-01-16T14:46:40Z")),
            ("1h", 1_093_599, "in 1s", Some("1970-01-13T15:46:40Z")),
            ("1h", 1_093_600, "expired", Some("1970-01-13T15:46:40Z")),
            ("1h", 2_000_000, "expired", Some("1970-01-13T15:46:40Z")),
            ("soon", 2_000_000, "soon?", None),
        ] {
            let mut listed = listed("shop-pr-1", "pr-1");
            listed.stack.tags.insert("zappa-rs:expires".to_owned(), tag.to_owned());
            let row = Row::at(listed, REGION, None, &named(None));
            assert_eq!(row.cells(at(now))[4], expected, "{tag} {now}");
            let json = serde_json::to_value(&row).unwrap();
            assert_eq!((&json["expires"], &json["expires_at"]), (&json!(tag), &json!(end)));
        }
    }

    #[test]
    fn notes_name_the_domain_and_a_stack_that_is_behind() {
        let mapped = Listed { domain: Some("api.example.com".to_owned()), ..listed("shop-dev", "dev") };
        let row = Row::at(mapped, REGION, None, &named(None));
        assert_eq!(row.cells(UNIX_EPOCH).last().unwrap(), "api.example.com");
        let behind = Listed { served_instead: Some("7".to_owned()), ..listed("shop-dev", "dev") };
        let row = Row::at(behind, REGION, None, &named(None));
        assert_eq!(row.cells(at(0)).last().unwrap(), "behind: version 7 serves");
        assert_eq!(serde_json::to_value(&row).unwrap()["served_instead"], "7");
    }

    #[test]
    fn a_region_that_failed_is_a_row() {
        let failed = Unavailable { region: REGION.to_owned(), error: "no answer\nat all".to_owned() };
        let cells = line(&Answer::Unavailable(failed), false, at(0));
        assert_eq!(cells, ["", REGION, "unavailable", "", "", "", "", "no answer"]);
    }

    #[test]
    fn an_age_is_in_its_largest_unit() {
        for (seconds, expected) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (86_399, "23h"), (259_200, "3d")]
        {
            assert_eq!(age(Duration::from_secs(seconds)), expected);
        }
    }
}
