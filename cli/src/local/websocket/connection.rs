//! A connection from its handshake on: messages to their routes, and `$disconnect` at its end.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::{
    call::call,
    frames::{self, Closing},
    registry::{Entry, Opened},
};
use crate::{
    gateway::{
        event::websocket as event,
        websocket::{DISCONNECT, RouteError, WebSocketApi},
    },
    local::{cloud::Cloud, line::Line, stamp},
};

/// Serves a connection whose handshake was accepted.
pub(super) async fn run(cloud: Arc<Cloud>, api: Arc<WebSocketApi>, mut opened: Opened, upgrade: OnUpgrade) {
    let closing = match upgrade.await {
        Ok(upgraded) => {
            let entry = Arc::clone(&opened.entry);
            let on_message = |text| {
                // As on AWS, messages of one connection do not wait for each other.
                tokio::spawn(message(Arc::clone(&cloud), Arc::clone(&api), Arc::clone(&entry), text));
            };
            let socket = frames::socket(TokioIo::new(upgraded)).await;
            frames::serve(socket, &mut opened, on_message).await
        }
        Err(_) => Closing::abnormal(),
    };
    opened.forget();
    if api.has_route(DISCONNECT) {
        let stamp = stamp::now();
        let line = Line::new(Arc::clone(&cloud.progress), "DISCONNECT", DISCONNECT);
        let end = (closing.code, &*closing.reason);
        let event = event::disconnect(&api, &opened.entry.connection, end, &stamp);
        // The client has gone, so that the outcome reaches no one.
        let _ = call(&cloud, &api, line, event, stamp).await;
    }
}

/// Passes a message to its route, and the response to the client, where the route has one.
async fn message(cloud: Arc<Cloud>, api: Arc<WebSocketApi>, entry: Arc<Entry>, text: String) {
    let stamp = stamp::now();
    let request_id = stamp.extended_request_id.clone();
    let error = |error: RouteError| error.message(&entry.connection.id, &request_id);
    let Some(route) = api.route_of(&text) else {
        let hint = "add `$default`, or a route for the value of the message's field, to `routes`";
        let line = Line::new(Arc::clone(&cloud.progress), "MESSAGE", "none");
        line.failure(&format!("no route takes the message by `{}`", api.selection), Some(hint));
        line.end(RouteError::NoRoute.status(), None);
        entry.send(error(RouteError::NoRoute)).await;
        return;
    };
    let line = Line::new(Arc::clone(&cloud.progress), "MESSAGE", route);
    let message_id = stamp::connection_id();
    let event = event::message(&api, &entry.connection, route, (&message_id, &text), &stamp);
    match call(&cloud, &api, line, event, stamp).await {
        Ok(response) if response.body.is_empty() => {}
        Ok(response) if api.responds(route) => {
            entry.send(response.body).await;
        }
        Ok(_) => {
            let hint = format!("list `{route}` in `responses`, or post to the connection by `Connections`");
            let sentence = format!("the client does not get the response to `{route}`");
            cloud.progress.warning(&sentence, Some(&hint));
        }
        Err(kind) => {
            entry.send(error(kind)).await;
        }
    }
}
