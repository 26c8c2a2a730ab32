//! API Gateway REST API, payload 1.0: the path is encoded and, on the default host, without the stage.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let event_path = text_or_empty(fields.path);
    let encoded = path::escape_invalid(&event_path);
    let app_path = options.without_base_path(&encoded);
    let client_path = text_or_empty(fields.context.as_ref().and_then(|context| context.path));
    // Some test consoles omit `requestContext.path`; the prefix is then unknown and taken to be empty.
    let original = if client_path.is_empty() { encoded.clone() } else { path::escape_invalid(&client_path) };
    HttpFields {
        method: fields.http_method,
        target: Target::new(app_path, &original, |target| {
            query::push_decoded(target, fields.multi_query, fields.query);
        }),
        peer: fields.context.as_ref().and_then(|context| context.source_ip),
    }
}
