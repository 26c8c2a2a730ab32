//! Lambda Function URL: payload 2.0, with an encoded path and a stage that is never part of the path.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let context = fields.context.as_ref();
    let event_path = text_or_empty(fields.raw_path);
    let encoded = path::escape_invalid(&event_path);
    let app_path = options.without_base_path(&encoded);
    HttpFields {
        method: context.and_then(|context| context.http_method),
        target: Target::new(app_path, &encoded, |target| query::push_raw(target, &text_or_empty(fields.raw_query))),
        peer: context.and_then(|context| context.source_ip),
    }
}
