//! Questions and answers: people ask on a web page or by a Slack command, a further function looks for the answer, and a
//! schedule says every morning what nobody has answered.
//!
//! Slack waits three seconds for the response of a command. So the app stores the question, invokes the function
//! `answer` without waiting for it, and responds; `answer` posts what it finds to the command's `response_url`.

mod answer;
mod backend;
mod digest;
mod matching;
mod messenger;
mod page;
mod question;
mod slack;
mod store;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use zappa_rs::{App, HttpService, Invocation};

pub use self::{
    backend::{Backend, Config},
    question::Question,
    slack::{Secret, signature},
    store::Store,
};

/// The application: web page, Slack command, the functions `answer` and `digest`, and the schedule `digest`.
pub fn app(backend: Backend) -> App<impl HttpService> {
    let backend = Arc::new(backend);
    let router = Router::new()
        .route("/", get(page::show))
        .route("/health", get(|| async { "ok" }))
        .route("/questions", post(page::ask))
        .route("/questions/{id}/answer", post(page::answer))
        .route("/slack", post(slack::command))
        .with_state(Arc::clone(&backend));
    let (answering, function, schedule) = (Arc::clone(&backend), Arc::clone(&backend), backend);
    App::new(router)
        .function("answer", move |request, _: Invocation| answer::answer(Arc::clone(&answering), request))
        .function("digest", move |request, _: Invocation| digest::digest(Arc::clone(&function), request))
        .schedule("digest", move |request, _: Invocation| digest::digest(Arc::clone(&schedule), request))
}
