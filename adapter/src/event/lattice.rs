//! VPC Lattice, both versions: `raw_path` with the query (v1), or `path` and a map of lists (v2), encoded as sent.
//!
//! <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let event_path = text_or_empty(fields.lattice_path.or(fields.path));
    let (event_path, raw_query) = match event_path.split_once('?') {
        Some((path, query)) if fields.lattice_path.is_some() => (path, Some(query)),
        _ => (&*event_path, None),
    };
    let encoded = path::escape_invalid(event_path);
    let app_path = options.without_base_path(&encoded);
    HttpFields {
        method: fields.method,
        target: Target::new(app_path, &encoded, |target| match raw_query {
            Some(raw) => query::push_raw(target, raw),
            None => query::push_encoded(target, None, fields.query),
        }),
        // Both versions have the client's address only in `X-Forwarded-For`.
        peer: None,
    }
}
