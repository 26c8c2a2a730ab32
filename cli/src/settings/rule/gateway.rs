//! Rules of the gateway.

use super::{
    super::{Api, Stage},
    Rules,
};
use crate::regions;

/// The most bytes of `MinimumCompressionSize`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html>
const MAX_COMPRESSION: u32 = 10_485_760;

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
        self.compression();
        self.access_log();
        self.target_group();
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

impl Rules<'_> {
    fn compression(&mut self) {
        let stage = self.stage;
        let Some(bytes) = stage.compression else { return };
        let sentence = if stage.api != Api::Rest {
            "only a REST API compresses; elsewhere the application does, for example by `tower_http::compression`"
                .to_owned()
        } else if stage.streaming {
            "a response that is streamed is not compressed by the gateway; the application can do it".to_owned()
        } else if bytes > MAX_COMPRESSION {
            format!("responses have at most {MAX_COMPRESSION} bytes, so that {bytes} would compress none")
        } else {
            return;
        };
        self.fault(["compression"], sentence);
    }

    fn target_group(&mut self) {
        let path = self.stage.target_group().and_then(|group| group.health_check);
        if let Some(path) = path.filter(|path| !path.starts_with('/') || path.len() > 1024) {
            let sentence = format!("`{path}` is not a path that a load balancer asks for, such as `/health`");
            self.fault(["target_group", "health_check"], sentence);
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
