//! Tokens that are let in, and those that are not.

use base64_simd::URL_SAFE_NO_PAD;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::json;

use super::*;
use crate::gateway::sample;

const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Users";
const ISSUER: &str = "https://id.example.com";
const LATER: u64 = 4_000_000_000;

struct Signer {
    pair: EcdsaKeyPair,
    kid: &'static str,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { pair, kid }
    }

    fn key_set(&self) -> String {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        let key = json!({ "kty": "EC", "crv": "P-256", "kid": self.kid, "x": text(x), "y": text(y) });
        json!({ "keys": [key] }).to_string()
    }

    fn sign_as(&self, algorithm: &str, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": algorithm, "kid": self.kid })), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode_to_string(signature.as_ref()))
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as("ES256", claims)
    }
}

fn rules(issuer: &str, declared: Option<&str>) -> TokenRules {
    TokenRules {
        name: "users".to_owned(),
        issuers: vec![Issuer { url: issuer.to_owned(), declared: declared.map(str::to_owned) }],
        audience: vec!["page".to_owned()],
        algorithms: vec!["ES256".to_owned()],
        ..TokenRules::default()
    }
}

async fn verify(tokens: &Tokens, header: Option<&str>) -> Result<Claims, (TokenFault, String)> {
    let mut arrival = sample::get("/");
    if let Some(value) = header {
        arrival.headers.extend(sample::headers(&[("authorization", value)]));
    }
    tokens.verify(&arrival).await.map_err(|denial| match denial {
        Denial::Token { fault, reason, .. } => (fault, reason),
        other => panic!("{other:?}"),
    })
}

async fn fault(tokens: &Tokens, header: &str) -> TokenFault {
    verify(tokens, Some(header)).await.expect_err(header).0
}

fn claims(issuer: &str, more: &Value) -> Value {
    let mut claims = json!({ "iss": issuer, "sub": "alice", "aud": "page", "exp": LATER });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

#[tokio::test]
async fn tokens_of_given_keys_and_of_development_are_let_in() {
    let (given, development) = (Signer::new("given"), Signer::new(DEVELOPMENT_KEY_ID));
    let keys =
        TokenKeys { jwks: Some(given.key_set()), development: development.key_set(), development_file: PathBuf::new() };
    let tokens = Tokens::new(&rules(ISSUER, None), &keys);
    let all = claims(ISSUER, &json!({ "roles": ["a"] }));
    for signer in [&given, &development] {
        let token = signer.sign(&all);
        let expected = Claims::new(all.as_object().unwrap().clone(), Vec::new(), false);
        for header in [format!("Bearer {token}"), format!("bearer {token}"), token.clone()] {
            assert_eq!(verify(&tokens, Some(&header)).await, Ok(expected.clone()), "{header}");
        }
    }
}

#[tokio::test]
async fn hostile_tokens_are_refused() {
    let development = Signer::new(DEVELOPMENT_KEY_ID);
    let (given, stranger) = (Signer::new("given"), Signer::new("given"));
    let keys =
        TokenKeys { jwks: Some(given.key_set()), development: development.key_set(), development_file: PathBuf::new() };
    let tokens = Tokens::new(&rules(ISSUER, None), &keys);
    let good = claims(ISSUER, &json!({}));
    let part = |value: Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
    let forged = Signer::new(DEVELOPMENT_KEY_ID);
    let unsigned = format!("{}.{}.", part(json!({ "alg": "none", "kid": DEVELOPMENT_KEY_ID })), part(good.clone()));
    for (header, expected) in [
        (String::new(), TokenFault::Missing),
        ("Bearer ".to_owned(), TokenFault::Missing),
        ("Bearer abc".to_owned(), TokenFault::Malformed),
        ("Basic dXNlcjpwdw==".to_owned(), TokenFault::Malformed),
        (unsigned, TokenFault::Algorithm),
        (given.sign_as("HS256", &good), TokenFault::Algorithm),
        (development.sign_as("RS256", &good), TokenFault::Algorithm),
        (stranger.sign(&good), TokenFault::Signature),
        (forged.sign(&good), TokenFault::Signature),
        (Signer::new("other").sign(&good), TokenFault::Key),
        (given.sign(&claims("https://evil.example.com", &json!({}))), TokenFault::Issuer),
        (development.sign(&claims("https://evil.example.com", &json!({}))), TokenFault::Issuer),
        (given.sign(&claims(ISSUER, &json!({ "aud": "other" }))), TokenFault::Audience),
        (given.sign(&claims(ISSUER, &json!({ "exp": 1 }))), TokenFault::Expired),
        (given.sign(&claims(ISSUER, &json!({ "nbf": LATER }))), TokenFault::NotYetValid),
        (format!("Bearer {}", "a".repeat(100_000)), TokenFault::Malformed),
    ] {
        assert_eq!(fault(&tokens, &header).await, expected, "{}", &header[..header.len().min(80)]);
    }
    let (fault, reason) = verify(&tokens, None).await.unwrap_err();
    assert_eq!(fault, TokenFault::Missing);
    assert!(reason.contains("no token of `users`; `zappa-rs token --sub alice` makes one"), "{reason}");
}

#[tokio::test]
async fn a_development_token_of_another_key_is_named_with_the_file_of_the_own_one() {
    let (own, other) = (Signer::new(DEVELOPMENT_KEY_ID), Signer::new(DEVELOPMENT_KEY_ID));
    let keys = TokenKeys { jwks: None, development: own.key_set(), development_file: PathBuf::from("token/key.pkcs8") };
    for declared in [None, Some("Users")] {
        let tokens = Tokens::new(&rules(ISSUER, declared), &keys);
        let header = other.sign(&claims(ISSUER, &json!({})));
        let (fault, reason) = verify(&tokens, Some(&header)).await.unwrap_err();
        assert_eq!(fault, TokenFault::Signature);
        assert!(
            reason.contains("a development token of another key") && reason.contains("token/key.pkcs8"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn several_authorization_headers_are_refused_whichever_is_good() {
    let development = Signer::new(DEVELOPMENT_KEY_ID);
    let keys = TokenKeys { jwks: None, development: development.key_set(), development_file: PathBuf::new() };
    let tokens = Tokens::new(&rules(ISSUER, None), &keys);
    let good = format!("Bearer {}", development.sign(&claims(ISSUER, &json!({}))));
    for (first, second) in [(good.as_str(), "Bearer x"), ("Bearer x", good.as_str()), (good.as_str(), good.as_str())] {
        let mut arrival = sample::get("/");
        arrival.headers.extend(sample::headers(&[("authorization", first), ("authorization", second)]));
        match tokens.verify(&arrival).await {
            Err(Denial::Token { fault: TokenFault::Malformed, reason, .. }) => {
                assert!(reason.contains("2 `authorization` headers"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn scopes_decide_between_id_and_access_tokens_of_user_pools() {
    let development = Signer::new(DEVELOPMENT_KEY_ID);
    let keys = TokenKeys { jwks: None, development: development.key_set(), development_file: PathBuf::new() };
    let pools = |scopes: &[&str]| TokenRules {
        is_of_pools: true,
        algorithms: Vec::new(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        ..rules(POOL, None)
    };
    let id = development.sign(&claims(POOL, &json!({ "token_use": "id" })));
    // Its client is not compared.
    let access = json!({ "iss": POOL, "client_id": "any", "exp": LATER, "token_use": "access", "scope": "a read" });
    let access = development.sign(&access);
    let other = development.sign(&claims(POOL, &json!({ "token_use": "access", "scope": "a" })));
    let late = development.sign(&claims(POOL, &json!({ "token_use": "id", "exp": 1 })));
    let without = Tokens::new(&pools(&[]), &keys);
    assert!(verify(&without, Some(&id)).await.is_ok());
    assert_eq!(fault(&without, &other).await, TokenFault::Use);
    assert_eq!(fault(&without, &late).await, TokenFault::ExpiredOfPool);
    let with = Tokens::new(&pools(&["read", "write"]), &keys);
    assert!(verify(&with, Some(&access)).await.is_ok());
    assert_eq!(fault(&with, &id).await, TokenFault::Use);
    assert_eq!(fault(&with, &other).await, TokenFault::Scope);
}

#[tokio::test]
async fn a_pool_of_the_stage_takes_development_tokens_alone_and_says_so() {
    let (given, development) = (Signer::new("given"), Signer::new(DEVELOPMENT_KEY_ID));
    let keys = TokenKeys { jwks: None, development: development.key_set(), development_file: PathBuf::new() };
    let tokens = Tokens::new(&rules(POOL, Some("Users")), &keys);
    assert!(verify(&tokens, Some(&development.sign(&claims(POOL, &json!({}))))).await.is_ok());
    let (fault, reason) = verify(&tokens, Some(&given.sign(&claims(POOL, &json!({}))))).await.unwrap_err();
    assert_eq!(fault, TokenFault::Key);
    assert!(reason.contains("the user pool `Users` has no keys before a deploy"), "{reason}");
    // Given keys stand in for those that it will have.
    let keys =
        TokenKeys { jwks: Some(given.key_set()), development: development.key_set(), development_file: PathBuf::new() };
    let tokens = Tokens::new(&rules(POOL, Some("Users")), &keys);
    assert!(verify(&tokens, Some(&given.sign(&claims(POOL, &json!({}))))).await.is_ok());
}

#[tokio::test]
async fn several_issuers_are_tried_and_an_unreachable_one_is_no_refusal_of_the_token() {
    let development = Signer::new(DEVELOPMENT_KEY_ID);
    let keys = TokenKeys { jwks: None, development: development.key_set(), development_file: PathBuf::new() };
    // Nothing listens there.
    let unreachable = "http://127.0.0.1:9";
    let mut rules = rules(ISSUER, Some("Users"));
    rules.issuers.push(Issuer { url: unreachable.to_owned(), declared: None });
    let tokens = Tokens::new(&rules, &keys);
    assert!(verify(&tokens, Some(&development.sign(&claims(unreachable, &json!({}))))).await.is_ok());
    assert!(verify(&tokens, Some(&development.sign(&claims(ISSUER, &json!({}))))).await.is_ok());
    let token = Signer::new("theirs").sign(&claims(unreachable, &json!({})));
    assert_eq!(fault(&tokens, &token).await, TokenFault::Unavailable);
}

#[tokio::test]
async fn an_algorithm_that_cannot_be_verified_refuses_tokens_and_not_the_start() {
    let development = Signer::new(DEVELOPMENT_KEY_ID);
    let keys = TokenKeys { jwks: None, development: development.key_set(), development_file: PathBuf::new() };
    let rules = TokenRules { algorithms: vec!["ES512".to_owned()], ..rules(ISSUER, None) };
    let tokens = Tokens::new(&rules, &keys);
    assert!(verify(&tokens, Some(&development.sign(&claims(ISSUER, &json!({}))))).await.is_ok());
    let (fault, reason) =
        verify(&tokens, Some(&Signer::new("theirs").sign(&claims(ISSUER, &json!({}))))).await.unwrap_err();
    assert_eq!(fault, TokenFault::Unavailable);
    assert!(reason.contains("no signature by ES512"), "{reason}");
}
