//! Application Load Balancer: path, query keys and values are encoded as the client sent them; the client's address is
//! only in `X-Forwarded-For`.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let event_path = text_or_empty(fields.path);
    let encoded = path::escape_invalid(&event_path);
    let app_path = options.without_base_path(&encoded);
    HttpFields {
        method: fields.http_method,
        target: Target::new(app_path, &encoded, |target| query::push_encoded(target, fields.multi_query, fields.query)),
        peer: None,
    }
}
