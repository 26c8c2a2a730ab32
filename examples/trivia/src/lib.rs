//! A quiz: everybody reads the questions, people who signed in answer them, and partners with a key read the scores.
//!
//! Who may call what is in `zappa_settings.toml`. The application reads who somebody is from the claims that the gateway verified, and
//! checks no token itself.

mod game;
mod question;
mod store;
mod user;

use std::sync::Arc;

use axum::{Router, routing::get};

pub use self::{
    game::{Answer, Outcome},
    question::Question,
    store::{Score, Store},
    user::User,
};

/// The application.
pub fn app(store: Store) -> Router {
    Router::new()
        .route("/questions", get(game::questions))
        .route("/questions/{id}", get(game::question))
        .route("/questions/{id}/user", get(game::own_answer).post(game::answer))
        .route("/scores", get(game::scores))
        .with_state(Arc::new(store))
}
