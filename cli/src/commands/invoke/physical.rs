//! The physical names of the resources that the settings name by their logical ids.

use std::collections::BTreeMap;

use zappa_rs_adapter::contract;

use crate::{
    local::description::Description,
    settings::{EventSource, Stage},
};

/// The physical names, by what the settings have for a resource.
#[derive(Debug, Default)]
pub(in crate::commands) struct PhysicalNames(BTreeMap<String, String>);

impl PhysicalNames {
    /// Those of a stack that is deployed: logical ids with physical ones, which are names, ARNs or URLs.
    pub(in crate::commands) fn of_stack(ids: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(ids.into_iter().map(|(id, physical)| (id, resource_name(&physical).to_owned())).collect())
    }

    /// Those that the processes on this machine are told.
    pub(super) fn of_local(description: &Description, stage: &Stage) -> Self {
        let name = |source: &EventSource| {
            let function = match source.further() {
                Some(name) => &description.further.iter().find(|further| further.name == name)?.function,
                None => &description.function,
            };
            let sources = function.environment.get(contract::variable::SOURCES)?;
            let (_, arn) =
                sources.split(',').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == source.name)?;
            Some((source.kind().resource()?.to_owned(), resource_name(arn).to_owned()))
        };
        Self(stage.events.iter().filter_map(name).collect())
    }

    pub(super) fn get(&self, resource: &str) -> Option<&str> {
        self.0.get(resource).map(String::as_str)
    }
}

/// The name of a resource: the end of an ARN or of a queue's URL, or what is neither as a whole.
pub(super) fn resource_name(text: &str) -> &str {
    if text.starts_with("https://") || text.starts_with("http://") {
        return text.rsplit('/').next().unwrap_or(text);
    }
    if !text.starts_with("arn:") {
        return text;
    }
    let resource = text.splitn(6, ':').nth(5).unwrap_or(text);
    if let Some(group) = resource.strip_prefix("log-group:") {
        return group.strip_suffix(":*").unwrap_or(group);
    }
    match resource.split_once('/') {
        // `table/orders/stream/2026-01-31T03:00:00.000`
        Some(("stream" | "table" | "userpool", name)) => name.split('/').next().unwrap_or(name),
        _ => resource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_which_an_event_has() {
        for (text, name) in [
            ("arn:aws:sqs:eu-west-1:1:jobs", "jobs"),
            ("https://sqs.eu-west-1.amazonaws.com/1/shop-dev-Jobs-79E1", "shop-dev-Jobs-79E1"),
            ("arn:aws:kinesis:eu-west-1:1:stream/clicks", "clicks"),
            ("arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026-01-31T03:00:00.000", "orders"),
            ("arn:aws:s3:::pictures", "pictures"),
            ("arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/shop:*", "/aws/lambda/shop"),
            ("arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_a", "eu-west-1_a"),
            ("/aws/lambda/shop", "/aws/lambda/shop"),
        ] {
            assert_eq!(resource_name(text), name, "{text}");
        }
    }
}
