//! Tokens that somebody without the issuer's key wrote.

use serde_json::json;
use zappa_rs_adapter::jwt::{Algorithm, Rejection, Verifier};

use super::{ISSUER, builder, claims, signer::*};

#[tokio::test]
async fn a_token_without_a_signature_is_rejected() {
    let signer = Signer::rsa("a", "RS256");
    let verifier = builder(&[&signer]).build().unwrap();
    let token = signer.sign(&claims(&json!({})));
    let message = token.rsplit_once('.').unwrap().0;
    assert_eq!(verifier.verify(&format!("{message}.")).await, Err(Rejection::Signature));
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": name, "kid": "a"}).to_string();
        let unsigned = format!("{}.{}.", encode(header), encode(claims(&json!({})).to_string()));
        assert_eq!(verifier.verify(&unsigned).await, Err(Rejection::Algorithm), "{name}");
        let signed = signer.sign_with(&json!({"alg": name, "kid": "a"}), &claims(&json!({})));
        assert_eq!(verifier.verify(&signed).await, Err(Rejection::Algorithm), "{name}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let signer = Signer::rsa("a", "RS256");
    let verifier = builder(&[&signer]).build().unwrap();
    let public = signer.public();
    let modulus = public["n"].as_str().unwrap();
    for secret in [modulus.as_bytes(), &decode(modulus), public.to_string().as_bytes(), b""] {
        for name in ["HS256", "HS384", "HS512"] {
            let token = sign_hmac(&json!({"alg": name, "kid": "a"}), &claims(&json!({})), secret);
            assert_eq!(verifier.verify(&token).await, Err(Rejection::Algorithm), "{name}");
        }
        // The tag of a shared secret under the name of the right algorithm.
        let token = sign_hmac(&json!({"alg": "RS256", "kid": "a"}), &claims(&json!({})), secret);
        assert_eq!(verifier.verify(&token).await, Err(Rejection::Signature));
    }
}

#[tokio::test]
async fn the_token_does_not_choose_the_algorithm() {
    let (rsa, weak) = (Signer::rsa("a", "RS256"), Signer::rsa("b", "RS512"));
    let keys = key_set(&[&rsa, &weak]);
    let verifier = Verifier::builder(ISSUER).audience(["shop"]).algorithms([Algorithm::Rs256]).jwks_json(keys);
    let verifier = verifier.build().unwrap();
    assert!(verifier.verify(&rsa.sign(&claims(&json!({})))).await.is_ok());
    // A valid signature of the issuer, by an algorithm that the configuration does not name.
    assert_eq!(verifier.verify(&weak.sign(&claims(&json!({})))).await, Err(Rejection::Algorithm));
    for name in ["RS384", "PS256", "ES256", "ES512", "EdDSA", "rs256", "RS256 "] {
        let token = rsa.sign_with(&json!({"alg": name, "kid": "a"}), &claims(&json!({})));
        assert_eq!(verifier.verify(&token).await, Err(Rejection::Algorithm), "{name}");
    }
    // A key serves its own algorithm only, also among those that are allowed.
    let token = weak.sign_with(&json!({"alg": "RS256", "kid": "b"}), &claims(&json!({})));
    assert_eq!(verifier.verify(&token).await, Err(Rejection::UnknownKey));
}

#[tokio::test]
async fn the_key_of_the_token_is_not_the_key_of_the_issuer() {
    let (issuer, attacker) = (Signer::rsa("a", "RS256"), Signer::ec("a", "ES256"));
    let verifier = builder(&[&issuer]).build().unwrap();
    // Keys and addresses in the header are the attacker's.
    let header = json!({
        "alg": "ES256", "kid": "a", "jwk": attacker.public(), "jku": "https://evil.example.com/keys",
        "x5u": "https://evil.example.com/cert", "x5c": ["MIIB"],
    });
    assert_eq!(verifier.verify(&attacker.sign_with(&header, &claims(&json!({})))).await, Err(Rejection::UnknownKey));
    let both = builder(&[&issuer, &Signer::ec("a", "ES256")]).build().unwrap();
    assert_eq!(both.verify(&attacker.sign_with(&header, &claims(&json!({})))).await, Err(Rejection::Signature));
    // Ids of keys are compared, and nothing else is done with them.
    for id in [json!("b"), json!(""), json!("../../a"), json!("a' or '1'='1"), json!("a\u{0}"), json!("A")] {
        let token = issuer.sign_with(&json!({"alg": "RS256", "kid": id}), &claims(&json!({})));
        assert_eq!(verifier.verify(&token).await, Err(Rejection::UnknownKey), "{id}");
    }
    let token = issuer.sign_with(&json!({"alg": "RS256"}), &claims(&json!({})));
    assert_eq!(verifier.verify(&token).await, Err(Rejection::UnknownKey));
    let token = issuer.sign_with(&json!({"alg": "RS256", "kid": ["a"]}), &claims(&json!({})));
    assert_eq!(verifier.verify(&token).await, Err(Rejection::Malformed("its `kid` is not a string")));
}

#[tokio::test]
async fn every_changed_byte_of_a_token_is_noticed() {
    let signer = Signer::ec("a", "ES256");
    let verifier = builder(&[&signer]).build().unwrap();
    let token = signer.sign(&claims(&json!({})));
    for index in 0..token.len() {
        for byte in [b'A', b'b', b'-', b'.', b'='] {
            let mut changed = token.clone().into_bytes();
            if changed[index] == byte {
                continue;
            }
            changed[index] = byte;
            let changed = String::from_utf8(changed).unwrap();
            assert!(verifier.verify(&changed).await.is_err(), "byte {index} is {}", byte as char);
        }
    }
}

#[tokio::test]
async fn signatures_of_other_shapes_are_rejected() {
    let signer = Signer::ec("a", "ES256");
    let verifier = builder(&[&signer]).build().unwrap();
    let token = signer.sign(&claims(&json!({})));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    // All zeros pass where the range of the numbers is not checked (CVE-2022-21449).
    let longer = [&*signature, &[0]].concat();
    for wrong in [&[0; 64][..], &signature[..63], &longer, &[0xff; 64], &[0x30, 0x06, 2, 1, 0, 2, 1, 0]] {
        assert_eq!(verifier.verify(&format!("{message}.{}", encode(wrong))).await, Err(Rejection::Signature));
    }
}

#[tokio::test]
async fn a_claim_that_is_written_twice_is_the_one_that_handlers_see() {
    #[derive(serde::Deserialize)]
    struct Names {
        iss: String,
        sub: String,
    }
    let signer = Signer::ec("a", "ES256");
    let verifier = builder(&[&signer]).build().unwrap();
    let text = claims(&json!({})).to_string();
    let twice = format!(r#"{{"iss":"https://evil.example.com","sub":"eve",{}"#, &text[1..]);
    let names: Names =
        verifier.verify(&signer.sign_text(&signer.header().to_string(), &twice)).await.unwrap().claims().unwrap();
    assert_eq!((&*names.iss, &*names.sub), (ISSUER, "ada"));
}

#[tokio::test]
async fn a_huge_or_deep_token_is_rejected_at_once() {
    let signer = Signer::ec("a", "ES256");
    let verifier = builder(&[&signer]).build().unwrap();
    // Decoded, each would be rejected for another reason.
    for token in ["a".repeat(10 << 20), ".".repeat(10 << 20), format!("{}.{}.x", encode("{}"), "e".repeat(10 << 20))] {
        assert_eq!(verifier.verify(&token).await, Err(Rejection::Malformed("it is too long")));
    }
    let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let token = signer.sign_text(&signer.header().to_string(), &deep);
    let rejection = verifier.verify(&token).await.unwrap_err();
    assert_eq!(rejection, Rejection::Malformed("its claims are not a JSON object in base64url"));
}
