//! VPC Lattice, both versions: `raw_path` with its query (v1), or `path` and a map of lists (v2), encoded as sent.
//!
//! <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>

use super::{Fields, HttpFields, text_or_empty};
use crate::{options::Options, path, path::Target, query};

pub(super) fn read<'a>(fields: &Fields<'a>, options: &Options) -> HttpFields<'a> {
    let sent = text_or_empty(fields.lattice_path.or(fields.path));
    let (sent, raw_query) = match sent.split_once('?') {
        Some((path, query)) if fields.lattice_path.is_some() => (path, Some(query)),
        _ => (&*sent, None),
    };
    let encoded = path::escape_invalid(sent);
    let seen = options.without_base_path(&encoded);
    HttpFields {
        method: fields.method,
        target: Target::new(seen, &encoded, |target| match raw_query {
            Some(raw) => query::push_raw(target, raw),
            None => query::push_encoded(target, None, fields.query),
        }),
        // Neither version names the client but in `X-Forwarded-For`.
        peer: None,
    }
}
