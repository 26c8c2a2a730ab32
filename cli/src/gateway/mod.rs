//! AWS's gateways, pure: from a client's request to the event, and from the function's response to the client's.
//!
//! Nothing here reads a socket, a clock, a file or a source of randomness; `local` and the trial of a release do.

pub(crate) mod access;
pub(crate) mod arrival;
mod cors;
mod date;
mod error_response;
pub(crate) mod event;
pub(crate) mod limit;
#[cfg(test)]
mod losses_test;
mod media;
mod model;
pub(crate) mod refusal;
pub(crate) mod response;
mod routes;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod websocket;

pub(crate) use self::{
    cors::{Cors, CorsRequest},
    model::{DEFAULT_STAGE, Gateway, GatewayKind, Route, is_default_host, is_function_url_host},
    routes::Routes,
};
