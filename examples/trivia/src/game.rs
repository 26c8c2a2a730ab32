//! The handlers of the quiz.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use zappa_rs::Claims;

use crate::{Question, Score, Store, User, question};

/// An answer: the index of a choice, from 0.
#[derive(Debug, Deserialize, Serialize)]
pub struct Answer {
    /// The index in the question's `choices`.
    pub choice: usize,
}

/// What somebody learns of their answer.
#[derive(Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// The choice that counts: the first that this person made.
    pub choice: usize,
    /// Whether it is right.
    pub right: bool,
    /// The person's points: one for each right answer.
    pub points: usize,
}

/// A refusal, with a sentence for people.
type Refusal = (StatusCode, &'static str);

pub(crate) async fn questions() -> Json<&'static [Question]> {
    Json(question::ALL)
}

pub(crate) async fn question(Path(id): Path<usize>) -> Result<Json<Question>, Refusal> {
    find(id).map(Json)
}

pub(crate) async fn answer(
    State(store): State<Arc<Store>>,
    Path(id): Path<usize>,
    Claims(user): Claims<User>,
    Json(answer): Json<Answer>,
) -> Result<Json<Outcome>, Refusal> {
    let question = find(id)?;
    if answer.choice >= question.choices.len() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, "the question has no such choice"));
    }
    let choice = store.give(&user, id, answer.choice).await.map_err(failed)?;
    outcome(&store, &user, question, choice).await
}

pub(crate) async fn own_answer(
    State(store): State<Arc<Store>>,
    Path(id): Path<usize>,
    Claims(user): Claims<User>,
) -> Result<Json<Outcome>, Refusal> {
    let question = find(id)?;
    match store.given(&user, id).await.map_err(failed)? {
        Some(choice) => outcome(&store, &user, question, choice).await,
        None => Err((StatusCode::NOT_FOUND, "you have not answered this question")),
    }
}

pub(crate) async fn scores(State(store): State<Arc<Store>>) -> Result<Json<Vec<Score>>, Refusal> {
    store.scores().await.map(Json).map_err(failed)
}

async fn outcome(store: &Store, user: &User, question: Question, choice: usize) -> Result<Json<Outcome>, Refusal> {
    let points = store.points(user).await.map_err(failed)?;
    Ok(Json(Outcome { choice, right: question.right == choice, points }))
}

fn find(id: usize) -> Result<Question, Refusal> {
    question::ALL.iter().find(|question| question.id == id).copied().ok_or((StatusCode::NOT_FOUND, "no such question"))
}

/// What the log learns, and not the client.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failed(error: zappa_rs::BoxError) -> Refusal {
    tracing::error!(error, "the store failed");
    (StatusCode::INTERNAL_SERVER_ERROR, "that did not work; try again")
}
