//! API Gateway REST API, payload 1.0: the path comes encoded and, on the default host, without the stage.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let sent = text_or_empty(fields.path);
    let encoded = path::escape_invalid(&sent);
    let seen = options.without_base_path(&encoded);
    let asked = text_or_empty(fields.context.as_ref().and_then(|context| context.path));
    // Without `requestContext.path` (some test consoles leave it out) the path itself is the best that is known.
    let original = if asked.is_empty() { encoded.clone() } else { path::escape_invalid(&asked) };
    HttpFields {
        method: fields.http_method,
        target: Target::new(seen, &original, |target| query::push_decoded(target, fields.multi_query, fields.query)),
        peer: fields.context.as_ref().and_then(|context| context.source_ip),
    }
}
