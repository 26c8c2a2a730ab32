//! Rules of the gateway.

use super::{
    super::{Api, Stage},
    Rules,
};
use crate::regions;

impl Rules<'_> {
    pub(super) fn gateway(&mut self) {
        let stage = self.stage;
        if stage.streaming && stage.api == Api::Http {
            self.fault(["streaming"], "an HTTP API cannot stream; `api = \"rest\"` and `api = \"function_url\"` can");
        }
        if stage.api != Api::Rest && stage.binary_media_types != Stage::default().binary_media_types {
            self.fault(
                ["binary_media_types"],
                "`binary_media_types` is only for `api = \"rest\"`; the others pass every body on",
            );
        }
        for kind in stage.binary_media_types.iter().filter(|kind| !is_media_type(kind)) {
            self.fault(["binary_media_types"], format!("`{kind}` is not a media type, such as `image/png` or `*/*`"));
        }
        if stage.throttle.is_some() && stage.api == Api::FunctionUrl {
            self.fault(["throttle"], "a Function URL has no throttle; `reserved_concurrency` bounds it");
        }
        if stage.api == Api::FunctionUrl && regions::facts(self.region).is_some_and(|facts| !facts.has_function_urls) {
            let sentence = format!("there are no Function URLs in `{}`; `rest` and `http` are there", self.region);
            self.fault(["api"], sentence);
        }
        if let Some(path) = &stage.base_path
            && !is_base_path(path.trim_matches('/'))
        {
            let is_given = self.subject.node.table().is_some_and(|table| table.contains_key("base_path"));
            let place: &[&str] = if is_given { &["base_path"] } else { &["domain", "base_path"] };
            self.fault_at(place, format!("`{path}` cannot be a base path; `shop` and `shop/v1` can"));
        }
    }
}

fn is_media_type(kind: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&byte))
    };
    kind.split_once('/').is_some_and(|(kind, subtype)| is_part(kind) && is_part(subtype))
}

/// Whether a domain's mapping can have this key.
fn is_base_path(path: &str) -> bool {
    path.split('/').all(is_segment)
}

fn is_segment(segment: &str) -> bool {
    !segment.is_empty()
        && !matches!(segment, "." | "..")
        && segment.chars().all(|letter| letter.is_ascii_alphanumeric() || "$-_.+!*'()".contains(letter))
}
