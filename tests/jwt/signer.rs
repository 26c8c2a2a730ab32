//! Keys of an issuer that signs as a test needs it, and tokens of every kind, also such as no issuer writes.

use ring::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
        RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaKeyPair,
    },
};
use serde_json::{Value, json};

/// The key of RFC 7515, appendix A.2. It is public: nobody trusts it.
const RSA: &str = include_str!("../fixtures/jwt/rfc7515-a2.json");

/// A private key, with the algorithm that it signs by.
pub(crate) struct Signer {
    id: Option<String>,
    algorithm: &'static str,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl Signer {
    /// A signer by one of RSA's algorithms, all of them with the same key.
    pub(crate) fn rsa(id: &str, algorithm: &'static str) -> Self {
        let json: Value = serde_json::from_str(RSA).expect("it is JSON");
        let number = |name: &str| decode(json[name].as_str().expect("the key has it"));
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: number("n"), e: number("e") },
            d: number("d"),
            p: number("p"),
            q: number("q"),
            dP: number("dp"),
            dQ: number("dq"),
            qInv: number("qi"),
        };
        let key = Key::Rsa(Box::new(RsaKeyPair::from_components(&components).expect("a key")));
        Self { id: Some(id.to_owned()), algorithm, key }
    }

    /// A signer by `ES256` or `ES384` with a new key.
    pub(crate) fn ec(id: &str, algorithm: &'static str) -> Self {
        let curve = match algorithm {
            "ES256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
            "ES384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
            other => panic!("{other}"),
        };
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(curve, &random).expect("a key");
        let key = Key::Ec(Box::new(EcdsaKeyPair::from_pkcs8(curve, document.as_ref(), &random).expect("a key")));
        Self { id: Some(id.to_owned()), algorithm, key }
    }

    /// The same signer, whose key and tokens have no id.
    pub(crate) fn without_id(mut self) -> Self {
        self.id = None;
        self
    }

    /// The public key as a member of a key set.
    pub(crate) fn public(&self) -> Value {
        let mut key = match &self.key {
            Key::Rsa(key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
                json!({"kty": "RSA", "n": encode(public.n), "e": encode(public.e)})
            }
            Key::Ec(key) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if point.len() == 64 { "P-256" } else { "P-384" };
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
        };
        key["use"] = json!("sig");
        key["alg"] = json!(self.algorithm);
        if let Some(id) = &self.id {
            key["kid"] = json!(id);
        }
        key
    }

    /// The header of a token of this signer.
    pub(crate) fn header(&self) -> Value {
        let mut header = json!({"alg": self.algorithm, "typ": "JWT"});
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        header
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// A token with this header, whatever it says, signed by the key.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// A token of these two texts.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Rsa(key) => {
                let encoding: &dyn ring::signature::RsaEncoding = match self.algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    other => panic!("{other}"),
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(encoding, &random, message.as_bytes(), &mut signature).expect("it signs");
                signature
            }
            Key::Ec(key) => key.sign(&random, message.as_bytes()).expect("it signs").as_ref().to_vec(),
        };
        format!("{message}.{}", encode(signature))
    }
}

/// A token by `HS256`, with a key that everybody has.
pub(crate) fn sign_hmac(header: &Value, claims: &Value, key: &[u8]) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

/// The key set of some signers.
pub(crate) fn key_set(signers: &[&Signer]) -> String {
    let keys: Vec<_> = signers.iter().map(|signer| signer.public()).collect();
    json!({ "keys": keys }).to_string()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes.as_ref())
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).expect("base64url")
}
