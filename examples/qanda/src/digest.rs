//! The function and schedule `digest`: what nobody has answered.

use std::sync::Arc;

use serde_json::{Value, json};
use zappa_rs::BoxError;

use crate::{Backend, Question};

/// Summarises the questions without an answer, for the log and for a channel of Slack.
pub(crate) async fn digest(backend: Arc<Backend>, _: Value) -> Result<Value, BoxError> {
    let mut open = backend.store.list().await?;
    open.retain(|question| question.answer.is_none());
    let text = summary(&open);
    tracing::info!(open = open.len(), "{text}");
    if let (Some(url), false) = (&backend.digest_webhook, open.is_empty()) {
        backend.post(url, &json!({ "text": text })).await?;
    }
    Ok(json!({ "open": open.len(), "text": text }))
}

fn summary(open: &[Question]) -> String {
    let lines = open.iter().map(|question| format!("\n• {} ({})", question.text, question.asked_by));
    match open.len() {
        0 => "Every question is answered.".to_owned(),
        1 => format!("One question is without an answer:{}", lines.collect::<String>()),
        count => format!("{count} questions are without an answer:{}", lines.collect::<String>()),
    }
}
