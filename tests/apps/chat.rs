//! A chat over a WebSocket API: everyone who is connected gets what anyone says.
//!
//! Who is connected is in the memory of one process. On Lambda that would be a table.
#![expect(clippy::print_stdout, reason = "it is the log")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use zappa_rs::{Connections, RequestContext};

type Ids = Arc<Mutex<BTreeSet<String>>>;

#[derive(Clone)]
struct Room {
    ids: Ids,
    connections: Option<Connections>,
}

#[derive(Deserialize)]
struct Ticket {
    token: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Said {
    text: String,
}

async fn connect(State(room): State<Room>, context: RequestContext, Query(ticket): Query<Ticket>) -> StatusCode {
    match (ticket.token.as_deref(), context.connection_id()) {
        (Some("open sesame"), Some(id)) => {
            room.ids.lock().expect("not poisoned").insert(id);
            StatusCode::OK
        }
        _ => StatusCode::UNAUTHORIZED,
    }
}

async fn disconnect(State(room): State<Room>, context: RequestContext) -> StatusCode {
    let id = context.connection_id().unwrap_or_default();
    room.ids.lock().expect("not poisoned").remove(&id);
    println!("{id} has left");
    StatusCode::OK
}

/// Sends to everyone, and forgets those who are gone.
async fn say(State(room): State<Room>, Json(said): Json<Said>) -> StatusCode {
    let Some(connections) = &room.connections else { return StatusCode::SERVICE_UNAVAILABLE };
    let ids = room.ids.lock().expect("not poisoned").clone();
    for id in ids {
        match connections.post(&id, said.text.clone()).await {
            Ok(()) => {}
            Err(error) if error.is_gone() => {
                room.ids.lock().expect("not poisoned").remove(&id);
            }
            Err(error) => println!("{error}: {:?}", std::error::Error::source(&error)),
        }
    }
    StatusCode::OK
}

/// What the management API says of the client, as the route's response.
async fn whoami(State(room): State<Room>, context: RequestContext) -> Result<String, StatusCode> {
    let (Some(connections), Some(id)) = (&room.connections, context.connection_id()) else {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    };
    let connection = connections.get(&id).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(format!("{id} {:?} {}", connection.source_ip, connection.connected_at <= connection.last_active_at))
}

async fn kick(State(room): State<Room>, context: RequestContext) -> StatusCode {
    let id = context.connection_id().unwrap_or_default();
    match &room.connections {
        Some(connections) if connections.delete(&id).await.is_ok() => StatusCode::OK,
        _ => StatusCode::BAD_GATEWAY,
    }
}

async fn panic() -> StatusCode {
    panic!("as wished")
}

/// Posts to a connection from outside of the WebSocket API.
async fn post_to(State(room): State<Room>, Json((id, text)): Json<(String, String)>) -> StatusCode {
    let Some(connections) = &room.connections else { return StatusCode::SERVICE_UNAVAILABLE };
    match connections.post(&id, text).await {
        Ok(()) => StatusCode::OK,
        Err(error) if error.is_gone() => StatusCode::GONE,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let room = Room { ids: Ids::default(), connections: Connections::from_env() };
    let app = Router::new()
        .route("/$connect", get(connect))
        .route("/$disconnect", post(disconnect))
        .route("/say", post(say))
        .route("/whoami", post(whoami))
        .route("/kick", post(kick))
        .route("/panic", post(panic))
        .route("/post-to", post(post_to))
        .with_state(room);
    zappa_rs::run(app).await
}
