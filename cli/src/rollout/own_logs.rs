//! The refusal of a function's own log group as a source, before anything is uploaded or sent.
//!
//! CloudFormation names the group, so that only the stack's outputs tell whether a name in the settings is that of an own one.

use std::collections::BTreeMap;

use super::{Error, Rollout};
use crate::{
    aws::Stack,
    logical_id::output,
    settings::{SourceKind, Stage},
};

impl Rollout<'_> {
    /// Refuses an event whose log group is one of the stack's functions: every line would invoke the function, which writes
    /// lines.
    pub(super) fn check_own_logs(&self, stack: Option<&Stack>) -> Result<(), Error> {
        match stack.and_then(|stack| own_logs(self.request.stage, &stack.outputs)) {
            Some((event, group)) => Err(Error::OwnLogs { event, group }),
            None => Ok(()),
        }
    }
}

/// The first event that reads a log group of the stack's functions, and the group.
fn own_logs(stage: &Stage, outputs: &BTreeMap<String, String>) -> Option<(String, String)> {
    let is_group = |name: &&String| name.starts_with(output::LOG_GROUP) && output::is_own(name);
    let own: Vec<&String> = outputs.keys().filter(is_group).filter_map(|name| outputs.get(name)).collect();
    stage.events.iter().find_map(|source| {
        let SourceKind::Logs(group) = source.kind() else { return None };
        let name = group.splitn(6, ':').nth(5).and_then(|rest| rest.strip_prefix("log-group:")).unwrap_or(group);
        let name = name.strip_suffix(":*").unwrap_or(name);
        own.iter().any(|own| *own == name).then(|| (source.name.clone(), name.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logical_id, settings::EventSource};

    #[test]
    fn an_own_log_group_is_known_by_its_name_and_its_arn() {
        let outputs = BTreeMap::from([
            ("LogGroup".to_owned(), "/shop/own".to_owned()),
            (logical_id::named(output::LOG_GROUP, &["mail"]), "/shop/mail".to_owned()),
            ("LogGroupOfMine".to_owned(), "/shop/mine".to_owned()),
            ("Url".to_owned(), "/shop/url".to_owned()),
        ]);
        for (group, is_own) in [
            ("/shop/own", true),
            ("/shop/mail", true),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop/own:*", true),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop/own", true),
            ("/shop/other", false),
            ("/shop/url", false),
            ("/shop/mine", false),
        ] {
            let source =
                EventSource { name: "audit".to_owned(), logs: Some(group.to_owned()), ..EventSource::default() };
            let stage = Stage { events: vec![source], ..Stage::default() };
            assert_eq!(own_logs(&stage, &outputs).is_some(), is_own, "{group}");
        }
    }
}
