//! Server-sent events: a clock without a face.

use axum::{
    extract::Query,
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
};
use futures_util::stream;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// `n` ends the stream after so many events, else it has no end; `every` is the pause between two, in milliseconds.
#[derive(Deserialize)]
pub(crate) struct Pace {
    n: Option<u64>,
    every: Option<u64>,
}

pub(crate) async fn stream(Query(pace): Query<Pace>) -> impl IntoResponse {
    let mut clock = interval(Duration::from_millis(pace.every.unwrap_or(500).clamp(1, 60_000)));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = stream::unfold((clock, 1_u64), move |(mut clock, count)| async move {
        if pace.n.is_some_and(|last| count > last) {
            return None;
        }
        clock.tick().await;
        let event = Event::default().event("tick").id(count.to_string()).data(count.to_string());
        Some((Ok::<_, Infallible>(event), (clock, count + 1)))
    });
    Sse::new(ticks)
}
