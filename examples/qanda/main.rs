//! Questions and answers of a team: a web page, a Slack command, and two more functions, in one program.
//!
//! `GET /` lists the questions, and its forms ask and answer them. Slack sends `/ask …` to `POST /slack` and waits three
//! seconds at most: the request is verified, the function `answer` is invoked asynchronously, and Slack is answered at
//! once. `answer` searches the table and sends what it finds to Slack's response URL. The function `digest` lists the
//! questions without an answer; a schedule invokes it every working day.
//!
//! `zappa_settings.toml` beside this file has the functions, the schedule and the table.

mod answer;
mod digest;
mod error;
mod lambda;
mod page;
mod questions;
mod slack;

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use axum::{
    Router,
    routing::{get, post},
};
use lambda::Lambda;
use questions::Questions;
use slack::Slack;
use zappa_rs::{App, BoxError};

/// The clients, made once per process.
#[derive(Clone)]
struct State {
    questions: Questions,
    slack: Arc<Slack>,
    lambda: Lambda,
}

impl State {
    async fn from_env() -> Result<Self, BoxError> {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let aws = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        Ok(Self {
            questions: Questions::new(&aws, variable("QUESTIONS_TABLE")?),
            slack: Arc::new(Slack::new(variable("SLACK_SIGNING_SECRET")?, std::env::var("SLACK_WEBHOOK_URL").ok())),
            lambda: Lambda::new(&aws, variable("ANSWER_FUNCTION")?),
        })
    }
}

fn variable(name: &str) -> Result<String, BoxError> {
    std::env::var(name).map_err(|_| format!("the environment variable `{name}` is not set").into())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let state = State::from_env().await?;
    let app = Router::new()
        .route("/", get(page::list))
        .route("/questions", post(page::ask))
        .route("/questions/{id}/answer", post(page::answer))
        .route("/slack", post(slack::command))
        .with_state(state.clone());

    let for_answer = state.clone();
    App::new(app)
        .function("answer", move |command, _| answer::answer(command, for_answer.clone()))
        .function("digest", move |_: serde_json::Value, _| digest::digest(state.clone()))
        .run()
        .await?;
    Ok(())
}
