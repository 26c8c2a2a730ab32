//! Tokens that pass, what a verifier needs to be built, and what it refuses for the claims alone.

use std::time::Duration;

use serde_json::{Value, json};
use zappa_rs_adapter::jwt::{Algorithm, Rejection, Verifier};

use super::{ISSUER, builder, claims, signer::*, time};

#[tokio::test]
async fn a_token_of_each_algorithm_is_verified_and_its_claims_are_read() {
    let signers = [
        Signer::rsa("1", "RS256"),
        Signer::rsa("2", "RS384"),
        Signer::rsa("3", "RS512"),
        Signer::ec("4", "ES256"),
        Signer::ec("5", "ES384"),
        Signer::ec("", "ES256").without_id(),
    ];
    let verifier = builder(&signers.each_ref()).build().unwrap();
    for signer in &signers {
        let token = signer.sign(&claims(&json!({"scope": "read write", "level": 7})));
        let verified = verifier.verify(&token).await.unwrap();
        let claims: Value = verified.claims().unwrap();
        assert_eq!((&claims["sub"], &claims["level"]), (&json!("ada"), &json!(7)), "{}", signer.header());
        assert_eq!(verified.scopes().collect::<Vec<_>>(), ["read", "write"]);
        let error = verified.claims::<Vec<u8>>().unwrap_err();
        assert_eq!(error.to_string(), "the claims of the token do not fit the requested type");
    }
}

/// <https://www.rfc-editor.org/rfc/rfc7515#appendix-A.2>
#[tokio::test]
async fn the_example_of_the_specification_has_a_valid_signature() {
    let token = "eyJhbGciOiJSUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9\
        uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB\
        _eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq\
        Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let keys = key_set(&[&Signer::rsa("", "RS256").without_id()]);
    let verifier = Verifier::builder("joe").any_audience().jwks_json(keys).build().unwrap();
    // It expired in 2011, which is looked at after the signature.
    assert_eq!(verifier.verify(token).await, Err(Rejection::Expired));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut wrong = decode(signature);
    wrong[17] ^= 1;
    assert_eq!(verifier.verify(&format!("{message}.{}", encode(wrong))).await, Err(Rejection::Signature));
}

#[tokio::test]
async fn each_claim_is_checked_after_the_signature() {
    let signer = Signer::ec("a", "ES256");
    let verifier = builder(&[&signer]).scopes(["read"]).required_claim("token_use", "access").build().unwrap();
    let valid = json!({"scope": "read", "token_use": "access"});
    assert!(verifier.verify(&signer.sign(&claims(&valid))).await.is_ok());
    for (name, value, rejection) in [
        ("exp", json!(time(-31)), Rejection::Expired),
        ("nbf", json!(time(60)), Rejection::NotYetValid),
        ("iat", json!(time(60)), Rejection::NotYetValid),
        ("iss", json!("https://evil.example.com"), Rejection::Issuer),
        ("aud", json!("other"), Rejection::Audience),
        ("token_use", json!("id"), Rejection::Claim("token_use".to_owned())),
        ("scope", json!("write"), Rejection::Scope),
    ] {
        let mut changes = valid.clone();
        changes[name] = value;
        let token = signer.sign(&claims(&changes));
        assert_eq!(verifier.verify(&token).await, Err(rejection.clone()), "{name}");
        // A wrong signature says nothing about the claims, but for the issuer.
        let (message, _) = token.rsplit_once('.').unwrap();
        let wrong = if rejection == Rejection::Issuer { Rejection::Issuer } else { Rejection::Signature };
        assert_eq!(verifier.verify(&format!("{message}.{}", encode([1; 64]))).await, Err(wrong), "{name}");
    }
}

#[tokio::test]
async fn the_leeway_is_for_clocks_that_differ() {
    let signer = Signer::ec("a", "ES256");
    let token = signer.sign(&claims(&json!({"exp": time(-60)})));
    let verify = |leeway| {
        let verifier = builder(&[&signer]).leeway(Duration::from_secs(leeway)).build().unwrap();
        let token = token.clone();
        async move { verifier.verify(&token).await.map(drop) }
    };
    assert_eq!(verify(0).await, Err(Rejection::Expired));
    assert_eq!(verify(120).await, Ok(()));
}

#[tokio::test]
async fn keys_come_from_a_file() {
    let signer = Signer::rsa("a", "RS256");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    std::fs::write(&path, key_set(&[&signer])).unwrap();
    let verifier = Verifier::builder(ISSUER).audience(["shop"]).jwks_file(&path).build().unwrap();
    verifier.load_keys().await.unwrap();
    assert!(verifier.verify(&signer.sign(&claims(&json!({})))).await.is_ok());
}

#[test]
fn a_verifier_that_would_accept_too_much_or_nothing_is_refused() {
    let keys = key_set(&[&Signer::ec("a", "ES256")]);
    let builder = || Verifier::builder(ISSUER).audience(["shop"]).algorithms([Algorithm::Es256]);
    let given = || builder().jwks_json(keys.clone());
    assert!(given().build().is_ok());
    let none: [&str; 0] = [];
    for (builder, message) in [
        (Verifier::builder("").any_audience(), "the issuer is empty"),
        (Verifier::builder(ISSUER), "the audience is missing: name the application in `audience`"),
        (given().audience(none), "the audience is missing"),
        (given().algorithms([]), "`algorithms` is empty"),
        (given().leeway(Duration::from_secs(301)), "longer than 5 minutes"),
        (given().algorithms([Algorithm::Rs256]), "no key of the text of `jwks_json` is for RS256"),
        (builder().jwks_json("{}"), "the text of `jwks_json` is not a usable key set: it has no array `keys`"),
        (builder().jwks_file("/nowhere/keys.json"), "`/nowhere/keys.json` cannot be read"),
        (builder().jwks_url("http://id.example.com/"), "`jwks_url`: `http://id.example.com/` has to begin with"),
        (Verifier::builder("accounts.example.com").any_audience(), "name their place with `jwks_url` or `jwks_file`"),
        (Verifier::builder("http://id.example.com").any_audience(), "has to begin with `https://`"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(message) && format!("{error:?}").contains(message), "{error}");
    }
}
