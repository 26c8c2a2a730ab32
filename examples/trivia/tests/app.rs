//! The quiz in process, with the claims that a gateway would have verified.

use serde_json::{Value, json};
use trivia::{Store, app};
use zappa_rs::{BoxError, test::Client};

/// A request of somebody who signed in, as the event of a REST API. Without a name there are no claims.
fn event(method: &str, path: &str, name: Option<&str>, body: &Value) -> Value {
    let authorizer = name.map(|name| json!({ "claims": { "sub": format!("id of {name}"), "cognito:username": name } }));
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": { "content-type": "application/json", "x-amzn-claims": "{\"sub\":\"mallory\"}" },
        "multiValueHeaders": { "content-type": ["application/json"] },
        "requestContext": { "resourcePath": "/{proxy+}", "httpMethod": method, "stage": "dev", "path": path, "authorizer": authorizer },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}

/// The status and the body.
async fn send(client: &Client, event: Value) -> Result<(u64, Value), BoxError> {
    let answer: Value = client.event(event).await?.json()?;
    let body = answer["body"].as_str().unwrap_or_default();
    Ok((answer["statusCode"].as_u64().unwrap_or_default(), serde_json::from_str(body).unwrap_or_else(|_| json!(body))))
}

#[tokio::test]
async fn a_question_never_says_which_choice_is_right() -> Result<(), BoxError> {
    let client = Client::new(app(Store::in_memory()));
    let all = client.http().get("/questions").send().await?.text().into_owned();
    assert!(all.contains("Jupiter") && !all.contains("right"), "{all}");
    let one: Value = client.http().get("/questions/2").send().await?.json()?;
    assert_eq!(one["choices"], json!(["32", "64", "128"]));
    assert_eq!(client.http().get("/questions/9").send().await?.status(), 404);
    Ok(())
}

#[tokio::test]
async fn the_first_answer_of_a_person_counts() -> Result<(), BoxError> {
    let client = Client::new(app(Store::in_memory()));
    let answer = |id: usize, name: &'static str, choice: usize| {
        send(&client, event("POST", &format!("/questions/{id}/user"), Some(name), &json!({ "choice": choice })))
    };
    assert_eq!(answer(1, "ada", 1).await?, (200, json!({ "choice": 1, "right": true, "points": 1 })));
    assert_eq!(answer(1, "ada", 0).await?, (200, json!({ "choice": 1, "right": true, "points": 1 })));
    assert_eq!(answer(1, "bob", 0).await?, (200, json!({ "choice": 0, "right": false, "points": 0 })));
    assert_eq!(answer(1, "bob", 3).await?.0, 422);
    assert_eq!(answer(7, "bob", 0).await?.0, 404);
    let own = send(&client, event("GET", "/questions/1/user", Some("bob"), &Value::Null)).await?;
    assert_eq!(own, (200, json!({ "choice": 0, "right": false, "points": 0 })));
    assert_eq!(send(&client, event("GET", "/questions/2/user", Some("bob"), &Value::Null)).await?.0, 404);
    let scores: Value = client.http().get("/scores").send().await?.json()?;
    assert_eq!(scores, json!([{ "name": "ada", "points": 1 }, { "name": "bob", "points": 0 }]));
    Ok(())
}

#[tokio::test]
async fn nobody_answers_without_claims_whatever_the_headers_say() -> Result<(), BoxError> {
    let client = Client::new(app(Store::in_memory()));
    let found = send(&client, event("POST", "/questions/1/user", None, &json!({ "choice": 1 }))).await?;
    assert_eq!(found.0, 401);
    Ok(())
}
