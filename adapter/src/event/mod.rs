//! Events: an event is read in one pass into [`Fields`], and its [`EventKind`] is detected.
//!
//! Each gateway has a file that finds the method, path, query and client address in its events. Nothing here builds a
//! request.

mod alb;
mod context;
mod fields;
mod function_url;
mod http_api;
mod lattice;
mod rest;
mod source;
mod websocket;

pub use self::source::Source;
pub(crate) use self::{
    fields::Fields,
    source::{EventKind, Gateway, OwnEvent},
};

use std::borrow::Cow;

use crate::{json_str::JsonStr, options::Options, path::Target};

/// The fields of an HTTP request, as a gateway sent them.
#[derive(Debug)]
pub(crate) struct HttpFields<'a> {
    pub(crate) method: Option<JsonStr<'a>>,
    pub(crate) target: Target,
    /// The client's address, from a field that only the gateway can write.
    pub(crate) peer: Option<JsonStr<'a>>,
}

impl<'a> HttpFields<'a> {
    /// Reads the request from an event of `gateway`.
    pub(crate) fn new(gateway: Gateway, fields: &Fields<'a>, options: &Options) -> Self {
        match gateway {
            Gateway::Rest => rest::read(fields, options),
            Gateway::HttpApi => http_api::read(fields, options),
            Gateway::HttpApiV1 => http_api::read_v1(fields, options),
            Gateway::FunctionUrl => function_url::read(fields, options),
            Gateway::Alb { .. } => alb::read(fields, options),
            Gateway::WebSocket => websocket::read(fields),
            Gateway::Lattice => lattice::read(fields, options),
        }
    }
}

fn text_or_empty(text: Option<JsonStr<'_>>) -> Cow<'_, str> {
    text.map(JsonStr::into_cow).unwrap_or_default()
}
