//! A WebSocket API on this machine: handshakes, the frames of connections, and the management API.
//!
//! `gateway::websocket` decides on routes and `gateway::event::websocket` builds the events; here they are passed on.

mod call;
mod connection;
mod frames;
mod handshake;
mod management;
mod registry;

pub(super) use self::{
    handshake::{is_handshake, respond as shake_hands},
    management::{connection_of, respond as manage},
    registry::Registry,
};
