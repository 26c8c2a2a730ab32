//! Application Load Balancer: path, keys and values come as the client encoded them; the client's address stands only in
//! `X-Forwarded-For`.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let sent = text_or_empty(fields.path);
    let encoded = path::escape_invalid(&sent);
    let seen = options.without_base_path(&encoded);
    HttpFields {
        method: fields.http_method,
        target: Target::new(seen, &encoded, |target| query::push_encoded(target, fields.multi_query, fields.query)),
        peer: None,
    }
}
