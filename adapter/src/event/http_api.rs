//! API Gateway HTTP API, payload 2.0: the path comes decoded and behind the stage, the query as it was sent.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let context = fields.context.as_ref();
    let sent = text_or_empty(fields.raw_path);
    let stage = text_or_empty(context.and_then(|context| context.stage));
    let without_stage = match &*stage {
        "" | "$default" => &*sent,
        stage => path::strip_segment(&sent, stage).unwrap_or(&sent),
    };
    let seen = path::encode_decoded(options.without_base_path(without_stage));
    let original = path::encode_decoded(&sent);
    HttpFields {
        method: context.and_then(|context| context.http_method),
        target: Target::new(&seen, &original, |target| query::push_raw(target, &text_or_empty(fields.raw_query))),
        peer: context.and_then(|context| context.source_ip),
    }
}
