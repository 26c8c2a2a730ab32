//! The whole app in process, with the events that Lambda sends: recorded ones in `events/`, and requests as people make them.

use std::{
    fs,
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Json, Router, routing::post};
use qanda::{Backend, Question, Secret, Store, app, signature};
use serde_json::{Value, json};
use zappa_rs::{
    BoxError,
    test::{Client, events},
};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// The app with these questions, and what the function `answer` would be asked.
async fn client(questions: &[Question]) -> Result<(Client, Receiver<String>), BoxError> {
    let store = Store::in_memory();
    for question in questions {
        store.add(question).await?;
    }
    let (asked, receiver) = channel();
    let secret = Secret::new(SECRET.to_owned());
    Ok((Client::new(app(Backend::in_memory(Some(secret), store, Some(asked)))), receiver))
}

/// A question with a fixed id.
fn question(id: &str, text: &str, answer: Option<&str>) -> Question {
    let name = answer.map(|_| "bob".to_owned());
    Question { id: id.to_owned(), answer: answer.map(str::to_owned), answered_by: name, ..Question::new(text, "ada") }
}

/// A recorded event.
fn recorded(name: &str) -> Result<Value, BoxError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(name);
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// A server in the place of Slack's, which hands on what is posted to it; its URL.
async fn slack(posted: Sender<Value>) -> Result<String, BoxError> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/response", listener.local_addr()?);
    let receive = move |Json(message): Json<Value>| {
        let sent = posted.send(message);
        async move { sent.map_or("nobody listens", |()| "ok") }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/response", post(receive))).await });
    Ok(url)
}

#[tokio::test]
async fn a_signed_command_is_stored_and_answered_at_once() -> Result<(), BoxError> {
    let (client, asked) = client(&[]).await?;
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
    let body =
        "command=%2Fqanda&text=Where+is+the+coffee+machine%3F&user_name=ada&response_url=https%3A%2F%2Fslack.test%2Fr";
    let send = |signature: String| {
        let request = client.http().post("/slack").header("content-type", "application/x-www-form-urlencoded");
        request
            .header("x-slack-request-timestamp", &timestamp)
            .header("x-slack-signature", &signature)
            .body(body)
            .send()
    };
    let response = send(signature(SECRET, &timestamp, body.as_bytes())).await?;
    let message: Value = response.json()?;
    assert_eq!((response.status(), &message["response_type"]), (200, &json!("ephemeral")));
    assert!(message["text"].as_str().is_some_and(|text| text.contains("Where is the coffee machine?")), "{message}");
    let request: Value = serde_json::from_str(&asked.try_recv()?)?;
    assert_eq!(request["response_url"], "https://slack.test/r");
    assert!(client.http().get("/").send().await?.text().contains("Where is the coffee machine?"));

    assert_eq!(send(signature("other", &timestamp, body.as_bytes())).await?.status(), 401);
    assert!(asked.try_recv().is_err(), "what is not signed asks nothing");
    Ok(())
}

#[tokio::test]
async fn a_recorded_command_is_accepted_only_with_a_new_signature() -> Result<(), BoxError> {
    let (client, asked) = client(&[]).await?;
    let mut event = recorded("slack-command.json")?;
    let old: Value = client.event(event.clone()).await?.json()?;
    assert_eq!(old["statusCode"], 401, "five minutes are over: {old}");

    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
    let body = event["body"].as_str().unwrap_or_default().to_owned();
    event["headers"]["x-slack-signature"] = signature(SECRET, &timestamp, body.as_bytes()).into();
    event["headers"]["x-slack-request-timestamp"] = timestamp.into();
    let new: Value = client.event(event).await?.json()?;
    assert_eq!(new["statusCode"], 200, "{new}");
    assert!(asked.try_recv().is_ok());
    Ok(())
}

#[tokio::test]
async fn the_function_answers_from_what_was_answered_before_and_tells_slack() -> Result<(), BoxError> {
    let known = question("1", "Where is the coffee machine?", Some("on the second floor"));
    let (client, _asked) = client(&[known, question("2", "where is that coffee machine", None)]).await?;
    let (posted, messages) = channel();
    let url = slack(posted).await?;
    let mut event = recorded("answer.json")?;
    event["payload"] = json!({"id": "2", "response_url": url});
    let output: Value = client.event(event).await?.json()?;
    assert_eq!(output, json!({"id": "2", "answer": "on the second floor"}));
    let message = messages.try_recv()?;
    assert_eq!(message["response_type"], "in_channel");
    assert!(message["text"].as_str().is_some_and(|text| text.starts_with("on the second floor\n")), "{message}");

    let missing = client.invoke("answer", &json!({"id": "9"})).await.unwrap_err();
    assert!(missing.is_function_error() && missing.to_string().contains("there is no question `9`"), "{missing}");
    Ok(())
}

#[tokio::test]
async fn a_question_of_the_page_is_answered_by_a_person_once() -> Result<(), BoxError> {
    let (client, asked) = client(&[]).await?;
    let form = |path: &str, body: &'static str| {
        client.http().post(path).header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let response = form("/questions", "text=Who+has+the+key%3F&name=ada").await?;
    assert_eq!((response.status(), response.header("location")), (303, Some("/")));
    let request: Value = serde_json::from_str(&asked.try_recv()?)?;
    let path = format!("/questions/{}/answer", request["id"].as_str().unwrap_or_default());

    assert_eq!(form(&path, "answer=Bob+%3Chas%3E+it&name=bob").await?.status(), 303);
    assert_eq!(form(&path, "answer=Nobody&name=eve").await?.status(), 409);
    assert!(client.http().get("/").send().await?.text().contains("Bob &lt;has&gt; it"));
    assert_eq!(form("/questions", "text=+&name=ada").await?.status(), 422);
    assert_eq!(form("/questions/none/answer", "answer=x&name=bob").await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn the_digest_names_what_nobody_has_answered() -> Result<(), BoxError> {
    let (client, _asked) = client(&[question("1", "Who?", None), question("2", "Where?", Some("here"))]).await?;
    let expected = json!({"open": 1, "text": "One question is without an answer:\n• Who? (ada)"});
    let all: [events::Event; 2] = [recorded("digest.json")?.into(), events::schedule("digest").into()];
    for event in all {
        assert_eq!(client.event(event).await?.json::<Value>()?, expected);
    }
    assert_eq!(client.invoke("digest", &Value::Null).await?.json::<Value>()?, expected);
    Ok(())
}
