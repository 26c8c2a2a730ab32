//! The function `answer`: looks for the answer of a question, stores it, and tells Slack.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zappa_rs::BoxError;

use crate::{Backend, Question, matching};

/// What `answer` is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Request {
    /// The id of the question.
    pub(crate) id: String,
    /// Where Slack takes the answer to its command.
    pub(crate) response_url: Option<String>,
}

/// Handles one request. Lambda may deliver it twice, which stores the same answer again.
pub(crate) async fn answer(backend: Arc<Backend>, request: Request) -> Result<Value, BoxError> {
    let Some(mut question) = backend.store.read(&request.id).await? else {
        return Err(format!("there is no question `{}`", request.id).into());
    };
    if question.answer.is_none() {
        let known = backend.store.list().await?;
        if let Some(found) = matching::nearest(&question, &known) {
            question.answer.clone_from(&found.answer);
            question.answered_by = Some("qanda".to_owned());
            // Somebody may have answered meanwhile, and a person's answer is the better one.
            if !backend.store.answer(&question).await? {
                question = backend.store.read(&request.id).await?.unwrap_or(question);
            }
        }
    }
    if let Some(url) = &request.response_url {
        backend.post(url, &message(&question)).await?;
    }
    tracing::info!(id = question.id, is_answered = question.answer.is_some(), "looked for an answer");
    Ok(json!({ "id": question.id, "answer": question.answer }))
}

/// The message in Slack.
fn message(question: &Question) -> Value {
    let text = match &question.answer {
        Some(answer) => format!("{}\n> {}", answer, question.text),
        None => format!("Nobody has answered this yet; it is in the next digest.\n> {}", question.text),
    };
    json!({ "response_type": "in_channel", "text": text })
}
