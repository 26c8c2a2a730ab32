//! What arrives: the event walked once into [`Fields`], and which [`Source`] sent it.
//!
//! The HTTP sources have a file each, which says where their method, path, query and client address stand. Nothing here
//! builds a request.

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

/// What an HTTP source says of a request, before it becomes one.
#[derive(Debug)]
pub(crate) struct HttpFields<'a> {
    pub(crate) method: Option<JsonStr<'a>>,
    pub(crate) target: Target,
    /// Where the gateway says the client is; nobody but the gateway can write it.
    pub(crate) peer: Option<JsonStr<'a>>,
}

impl<'a> HttpFields<'a> {
    /// Reads what `gateway` sent.
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
