//! Keys that are fetched from an issuer: when, how often, for how long, and what is not fetched.

use std::time::Duration;

use axum::http::{StatusCode, header};
use serde_json::json;
use tokio::time::{advance, pause, resume};
use zappa_rs_adapter::jwt::{Algorithm, Rejection, Verifier};

use super::{
    claims,
    issuer::{Answer, Issuer},
    signer::*,
};

fn verifier(issuer: &Issuer) -> Verifier {
    let algorithms = [Algorithm::Rs256, Algorithm::Es256];
    Verifier::builder(issuer.name()).audience(["shop"]).algorithms(algorithms).build().expect("it is complete")
}

fn token(signer: &Signer, issuer: &Issuer) -> String {
    signer.sign(&claims(&json!({"iss": issuer.name()})))
}

/// Lets time pass at once. The clock of the tokens' own times stands still.
async fn pass(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Sends valid tokens until the keys were fetched some times.
async fn until(fetches: usize, issuer: &Issuer, verifier: &Verifier, token: &str) {
    while issuer.fetches() < fetches {
        assert!(verifier.verify(token).await.is_ok());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_who_wait() {
    let signer = Signer::rsa("a", "RS256");
    let mut answer = Answer::keys(&[&signer]);
    answer.delay = Duration::from_millis(50);
    let issuer = Issuer::start(answer).await;
    let (verifier, token) = (verifier(&issuer), token(&signer, &issuer));
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token).await.map(drop) })
        })
        .collect();
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn keys_are_loaded_before_the_first_token_and_not_twice() {
    let signer = Signer::rsa("a", "RS256");
    let issuer = Issuer::start(Answer::keys(&[&signer])).await;
    let verifier = verifier(&issuer);
    verifier.load_keys().await.unwrap();
    verifier.load_keys().await.unwrap();
    assert!(verifier.verify(&token(&signer, &issuer)).await.is_ok());
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_the_fetch_of_others() {
    let signer = Signer::rsa("a", "RS256");
    let mut answer = Answer::keys(&[&signer]);
    answer.delay = Duration::from_millis(50);
    let issuer = Issuer::start(answer).await;
    let (verifier, token) = (verifier(&issuer), token(&signer, &issuer));
    let first = tokio::time::timeout(Duration::from_millis(1), verifier.verify(&token)).await;
    assert!(first.is_err());
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_when_the_first_token_by_it_comes() {
    let (old, new) = (Signer::rsa("old", "RS256"), Signer::ec("new", "ES256"));
    let issuer = Issuer::start(Answer::keys(&[&old])).await;
    let verifier = verifier(&issuer);
    assert!(verifier.verify(&token(&old, &issuer)).await.is_ok());
    issuer.answer(Answer::keys(&[&new]));
    // The first fetch was a moment ago.
    pause();
    assert_eq!(verifier.verify(&token(&new, &issuer)).await, Err(Rejection::UnknownKey));
    resume();
    pass(Duration::from_secs(10)).await;
    assert!(verifier.verify(&token(&new, &issuer)).await.is_ok());
    assert_eq!(verifier.verify(&token(&old, &issuer)).await, Err(Rejection::UnknownKey));
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn invented_keys_do_not_make_the_issuer_busy() {
    let signer = Signer::rsa("a", "RS256");
    let issuer = Issuer::start(Answer::keys(&[&signer])).await;
    let verifier = verifier(&issuer);
    for round in 1..=3 {
        for id in 0..50 {
            let token = Signer::ec(&format!("{round}-{id}"), "ES256").sign(&claims(&json!({"iss": issuer.name()})));
            assert_eq!(verifier.verify(&token).await, Err(Rejection::UnknownKey));
            if id == 0 {
                // The machine may be slow: from here on no time passes.
                pause();
            }
        }
        resume();
        assert_eq!(issuer.fetches(), round);
        pass(Duration::from_secs(10)).await;
    }
    // Tokens that no key could make valid cost no fetch at all.
    let other = Signer::ec("x", "ES256").sign(&claims(&json!({"iss": "https://evil.example.com"})));
    assert_eq!(verifier.verify(&other).await, Err(Rejection::Issuer));
    assert_eq!(issuer.fetches(), 3);
}

#[tokio::test]
async fn while_the_issuer_is_down_keys_serve_until_their_age_and_no_longer() {
    let signer = Signer::rsa("a", "RS256");
    let issuer = Issuer::start(Answer::keys(&[&signer])).await;
    let (verifier, token) = (verifier(&issuer), token(&signer, &issuer));
    assert!(verifier.verify(&token).await.is_ok());
    issuer.answer(Answer::down());
    pass(minutes(29)).await;
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.fetches(), 1);
    // From half of the hour on, it is asked in the background.
    pass(minutes(2)).await;
    until(2, &issuer, &verifier, &token).await;
    pass(minutes(28)).await;
    until(3, &issuer, &verifier, &token).await;
    // What a token by an unknown key is worth cannot be said.
    let unknown = Signer::ec("b", "ES256").sign(&claims(&json!({"iss": issuer.name()})));
    pass(Duration::from_secs(11)).await;
    let rejection = verifier.verify(&unknown).await.unwrap_err();
    assert!(rejection.is_temporary(), "{rejection}");
    pass(minutes(1)).await;
    let rejection = verifier.verify(&token).await.unwrap_err();
    assert!(matches!(rejection, Rejection::KeysUnavailable(_)), "{rejection}");
    issuer.answer(Answer::keys(&[&signer]));
    pass(Duration::from_secs(1)).await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn keys_are_renewed_in_the_background_before_they_are_too_old() {
    let (old, new) = (Signer::rsa("old", "RS256"), Signer::ec("new", "ES256"));
    let issuer = Issuer::start(Answer::keys(&[&old]).with_header(header::CACHE_CONTROL, "max-age=7200")).await;
    let verifier = verifier(&issuer);
    assert!(verifier.verify(&token(&old, &issuer)).await.is_ok());
    issuer.answer(Answer::keys(&[&new]));
    pass(minutes(61)).await;
    // The token that begins it does not wait for it.
    until(2, &issuer, &verifier, &token(&old, &issuer)).await;
    while verifier.verify(&token(&old, &issuer)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(verifier.verify(&token(&new, &issuer)).await.is_ok());
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn without_an_issuer_every_token_is_rejected_and_the_reason_is_told() {
    let signer = Signer::rsa("a", "RS256");
    let large = Answer { body: "x".repeat(600 << 10), ..Answer::keys(&[&signer]) };
    let html = Answer { body: "<html>".to_owned(), ..Answer::keys(&[&signer]) };
    let private = Answer { body: json!({"keys": [{"kty": "oct", "k": "AA"}]}).to_string(), ..Answer::keys(&[]) };
    let moved = Answer { status: StatusCode::FOUND, ..Answer::keys(&[&signer]) };
    let moved = moved.with_header(header::LOCATION, "http://127.0.0.1:1/keys");
    for (answer, reason) in [
        (Answer::down(), "status 502"),
        (moved, "status 302"),
        (large, "too long"),
        (html, "not JSON"),
        (private, "none of its keys"),
    ] {
        let issuer = Issuer::start(answer).await;
        let (verifier, token) = (verifier(&issuer), token(&signer, &issuer));
        let rejection = verifier.verify(&token).await.unwrap_err();
        // The machine may be slow: from here on no time passes.
        pause();
        assert!(matches!(&rejection, Rejection::KeysUnavailable(text) if text.contains(reason)), "{rejection}");
        assert!(rejection.to_string().contains(&format!("{}/keys", issuer.name())), "{rejection}");
        assert_eq!(verifier.load_keys().await.unwrap_err(), rejection);
        // Nothing is fetched for each of the requests that come at once.
        assert_eq!(issuer.fetches(), 1);
        resume();
    }
    let nobody = Verifier::builder("http://127.0.0.1:1").any_audience().build().unwrap();
    let rejection = nobody.load_keys().await.unwrap_err().to_string();
    assert!(rejection.contains("http://127.0.0.1:1/.well-known/openid-configuration"), "{rejection}");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_given_up() {
    let mut answer = Answer::keys(&[]);
    answer.delay = minutes(60);
    let issuer = Issuer::start(answer).await;
    let verifier = verifier(&issuer);
    let waiting = tokio::spawn({
        let verifier = verifier.clone();
        async move { verifier.load_keys().await }
    });
    while issuer.fetches() < 1 {
        tokio::task::yield_now().await;
    }
    pass(Duration::from_secs(6)).await;
    let rejection = waiting.await.unwrap().unwrap_err().to_string();
    assert!(rejection.ends_with("no response within 5 seconds"), "{rejection}");
    // The next request does not wait for 5 seconds, too.
    pause();
    assert_eq!(verifier.load_keys().await.unwrap_err().to_string(), rejection);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn the_address_of_the_keys_can_be_given() {
    let signer = Signer::rsa("a", "RS256");
    let issuer = Issuer::start(Answer::keys(&[&signer])).await;
    let url = format!("{}/keys", issuer.name());
    let verifier = Verifier::builder("https://id.example.com").audience(["shop"]).jwks_url(url).build().unwrap();
    assert!(verifier.verify(&signer.sign(&claims(&json!({})))).await.is_ok());
}
