//! API Gateway HTTP API, payloads 2.0 and 1.0: the path is decoded and begins with the stage. The query is as sent by
//! the client (2.0), or in decoded maps like a REST API's (1.0).
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{json_str::JsonStr, options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let context = fields.context.as_ref();
    let push_query = |target: &mut String| query::push_raw(target, &text_or_empty(fields.raw_query));
    HttpFields {
        method: context.and_then(|context| context.http_method),
        target: target(fields.raw_path, fields, options, push_query),
        peer: context.and_then(|context| context.source_ip),
    }
}

pub(super) fn read_v1<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let push_query = |target: &mut String| query::push_decoded(target, fields.multi_query, fields.query);
    HttpFields {
        method: fields.http_method,
        target: target(fields.path, fields, options, push_query),
        peer: fields.context.as_ref().and_then(|context| context.source_ip),
    }
}

/// Builds the target from a decoded path: strips the stage and the base path, and encodes the rest.
fn target(
    event_path: Option<JsonStr<'_>>,
    fields: &Fields<'_>,
    options: &Options,
    push_query: impl FnOnce(&mut String),
) -> Target {
    let event_path = text_or_empty(event_path);
    let stage = text_or_empty(fields.context.as_ref().and_then(|context| context.stage));
    let without_stage = match &*stage {
        "" | "$default" => &*event_path,
        stage => path::strip_segment(&event_path, stage).unwrap_or(&event_path),
    };
    let app_path = path::encode(options.without_base_path(without_stage));
    Target::new(&app_path, &path::encode(&event_path), push_query)
}
