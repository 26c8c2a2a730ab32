//! The web page: all questions, and forms to ask and to answer.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use zappa_rs::{BoxError, Prefix};

use crate::{Backend, Question, answer::Request};

/// A question of the form.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    text: String,
    name: String,
}

/// An answer of the form.
#[derive(Debug, Deserialize)]
pub(crate) struct Answered {
    answer: String,
    name: String,
}

/// Shows all questions, the newest first.
pub(crate) async fn show(State(backend): State<Arc<Backend>>, prefix: Prefix) -> Response {
    match backend.store.list().await {
        Ok(all) => Html(render(&all, prefix.as_str())).into_response(),
        Err(error) => failed("reading the questions", &error),
    }
}

/// Stores a question of the form, and looks for its answer.
pub(crate) async fn ask(State(backend): State<Arc<Backend>>, Form(asked): Form<Asked>) -> Response {
    let question = Question::new(&asked.text, &asked.name);
    if question.text.is_empty() {
        return (StatusCode::UNPROCESSABLE_ENTITY, "a question needs words").into_response();
    }
    let request = Request { id: question.id.clone(), response_url: None };
    match store(&backend, &question, &request).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => failed("storing a question", &error),
    }
}

/// Stores an answer of the form.
pub(crate) async fn answer(
    State(backend): State<Arc<Backend>>,
    Path(id): Path<String>,
    Form(answered): Form<Answered>,
) -> Response {
    let text = answered.answer.trim();
    if text.is_empty() {
        return (StatusCode::UNPROCESSABLE_ENTITY, "an answer needs words").into_response();
    }
    let question = match backend.store.read(&id).await {
        Ok(Some(question)) => question,
        Ok(None) => return (StatusCode::NOT_FOUND, "there is no such question").into_response(),
        Err(error) => return failed("reading a question", &error),
    };
    let question =
        Question { answer: Some(text.to_owned()), answered_by: Some(answered.name.trim().to_owned()), ..question };
    match backend.store.answer(&question).await {
        Ok(true) => Redirect::to("/").into_response(),
        Ok(false) => (StatusCode::CONFLICT, "the question is answered already").into_response(),
        Err(error) => failed("storing an answer", &error),
    }
}

/// Stores a question, then asks the function `answer`, which reads it.
pub(crate) async fn store(backend: &Backend, question: &Question, request: &Request) -> Result<(), BoxError> {
    backend.store.add(question).await?;
    backend.answerer.ask(request).await
}

fn failed(what: &str, error: &BoxError) -> Response {
    tracing::error!("{what} failed: {error}");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{what} failed")).into_response()
}

/// The page; links have the prefix that clients see in front of the app's paths.
fn render(all: &[Question], prefix: &str) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>qanda</title><h1>Questions and answers</h1>\n\
         <form method=\"post\" action=\"{prefix}/questions\"><input name=\"text\" placeholder=\"Question\" required> \
         <input name=\"name\" placeholder=\"Your name\" required> <button>Ask</button></form>\n"
    );
    for question in all.iter().rev() {
        let Question { id, text, asked_by, answer, answered_by, .. } = question;
        let _ = writeln!(page, "<h2>{}</h2><p>{} asked</p>", escape(text), escape(asked_by));
        let _ = match answer {
            Some(answer) => {
                let by = answered_by.as_deref().unwrap_or("somebody");
                writeln!(page, "<blockquote>{}</blockquote><p>{} answered</p>", escape(answer), escape(by))
            }
            None => writeln!(
                page,
                "<form method=\"post\" action=\"{prefix}/questions/{id}/answer\"><input name=\"answer\" required \
                 placeholder=\"Answer\"> <input name=\"name\" placeholder=\"Your name\" required> \
                 <button>Answer</button></form>"
            ),
        };
    }
    page
}

/// Text as HTML, also in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_text_and_no_html() {
        let mut question = Question::new("<script>alert('x')</script>", "a&b");
        question.answer = Some("\"no\"".to_owned());
        let page = render(&[question], "/dev");
        assert!(
            page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;") && !page.contains("<script>"),
            "{page}"
        );
        assert!(page.contains("a&amp;b asked") && page.contains("&quot;no&quot;"), "{page}");
        assert!(page.contains("action=\"/dev/questions\""), "{page}");
    }
}
