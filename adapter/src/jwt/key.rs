//! A public key in the form of JSON ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517), JWK), and what it verifies.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

use super::{algorithm::Algorithm, token};

/// Smaller keys of RSA can be factored (RFC 7518 §3.3).
const MIN_RSA_BITS: usize = 2048;
/// `ring` verifies up to 8192 bits. An issuer of more would slow every request down.
const MAX_RSA_BITS: usize = 8192;

/// A public key of an issuer.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    /// The only algorithm that the key is for, if it says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    P256(UnparsedPublicKey<Vec<u8>>),
    P384(UnparsedPublicKey<Vec<u8>>),
}

impl Key {
    /// Reads a key; `None` if it is not for verifying signatures by an algorithm that this crate knows.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        let json = json.as_object()?;
        if !is_for_signatures(json) {
            return None;
        }
        let algorithm = match json.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::from_name(name.as_str()?)?),
        };
        let id = match json.get("kid") {
            None => None,
            Some(id) => Some(id.as_str()?.to_owned()),
        };
        let key = Self { id, algorithm, material: Material::from_json(json)? };
        // A key whose type contradicts its algorithm fits nothing.
        algorithm.is_none_or(|algorithm| key.material.fits(algorithm)).then_some(key)
    }

    /// Whether the key is for signatures by `algorithm`.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.material.fits(algorithm) && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether `signature` is this key's of `message`, by `algorithm`; never by one that the key does not fit.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.fits(algorithm) && self.material.verifies(algorithm, message, signature)
    }
}

impl Material {
    fn from_json(json: &Map<String, Value>) -> Option<Self> {
        let text = |name| json.get(name).and_then(Value::as_str);
        let bytes = |name| text(name).and_then(token::decode);
        match text("kty")? {
            "RSA" => {
                let n = without_leading_zeros(bytes("n")?);
                let is_usable = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits(&n));
                let e = without_leading_zeros(bytes("e")?);
                is_usable.then_some(Self::Rsa(RsaPublicKeyComponents { n, e }))
            }
            "EC" => match text("crv")? {
                "P-256" => {
                    let point = point(32, &bytes("x")?, &bytes("y")?)?;
                    Some(Self::P256(UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)))
                }
                "P-384" => {
                    let point = point(48, &bytes("x")?, &bytes("y")?)?;
                    Some(Self::P384(UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => matches!(self, Self::Rsa(_)),
            Algorithm::Es256 => matches!(self, Self::P256(_)),
            Algorithm::Es384 => matches!(self, Self::P384(_)),
        }
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let result = match (self, algorithm) {
            (Self::Rsa(key), Algorithm::Rs256) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            (Self::Rsa(key), Algorithm::Rs384) => key.verify(&RSA_PKCS1_2048_8192_SHA384, message, signature),
            (Self::Rsa(key), Algorithm::Rs512) => key.verify(&RSA_PKCS1_2048_8192_SHA512, message, signature),
            (Self::P256(key), Algorithm::Es256) | (Self::P384(key), Algorithm::Es384) => key.verify(message, signature),
            _ => return false,
        };
        result.is_ok()
    }
}

fn is_for_signatures(json: &Map<String, Value>) -> bool {
    let is_use = json.get("use").is_none_or(|value| value == "sig");
    let is_operation = match json.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
        Some(_) => false,
    };
    is_use && is_operation
}

/// A point of a curve in the uncompressed form. Both coordinates have the curve's full length (RFC 7518 §6.2.1.2);
/// whether the point is on the curve is checked at each verification.
fn point(length: usize, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}

/// Some issuers write the sign byte of ASN.1 before the number.
fn without_leading_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(bytes: &[u8]) -> String {
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
    }

    fn rsa(bytes: usize) -> Value {
        json!({"kty": "RSA", "n": number(&vec![0xc1; bytes]), "e": "AQAB"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn ec(curve: &str, length: usize) -> Value {
        json!({"kty": "EC", "crv": curve, "x": number(&vec![1; length]), "y": number(&vec![2; length])})
    }

    #[test]
    fn a_key_fits_the_algorithms_of_its_type_and_only_its_own() {
        let fitting = |json: &Value| {
            let key = Key::from_json(json).unwrap();
            Algorithm::ALL.into_iter().filter(|algorithm| key.fits(*algorithm)).map(Algorithm::name).collect::<Vec<_>>()
        };
        assert_eq!(fitting(&rsa(256)), ["RS256", "RS384", "RS512"]);
        assert_eq!(fitting(&with(rsa(256), "alg", json!("RS384"))), ["RS384"]);
        assert_eq!(fitting(&ec("P-256", 32)), ["ES256"]);
        assert_eq!(fitting(&ec("P-384", 48)), ["ES384"]);
        assert_eq!(fitting(&with(with(rsa(256), "use", json!("sig")), "key_ops", json!(["verify"]))).len(), 3);
    }

    #[test]
    fn a_key_that_is_not_for_verifying_is_not_used() {
        for json in [
            with(rsa(256), "use", json!("enc")),
            with(rsa(256), "key_ops", json!(["sign"])),
            with(rsa(256), "key_ops", json!("verify")),
            with(rsa(256), "alg", json!("ES256")),
            with(rsa(256), "alg", json!("HS256")),
            with(rsa(256), "alg", json!("RSA-OAEP")),
            with(rsa(256), "kty", json!("EC")),
            with(rsa(256), "kid", json!(7)),
            with(ec("P-256", 32), "alg", json!("ES384")),
            with(ec("P-256", 32), "crv", json!("secp256k1")),
            ec("P-256", 31),
            ec("P-521", 66),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"}),
            json!("key"),
            Value::Null,
        ] {
            assert!(Key::from_json(&json).is_none(), "{json}");
        }
    }

    #[test]
    fn keys_of_rsa_have_2048_bits_or_more() {
        assert!(Key::from_json(&rsa(128)).is_none());
        assert!(Key::from_json(&rsa(255)).is_none());
        // 2047 bits.
        let mut modulus = vec![0xff; 256];
        modulus[0] = 0x7f;
        assert!(Key::from_json(&with(rsa(256), "n", json!(number(&modulus)))).is_none());
        // Leading zeros do not make a number longer.
        let padded = [vec![0; 129], vec![0xc1; 128]].concat();
        assert!(Key::from_json(&with(rsa(256), "n", json!(number(&padded)))).is_none());
        let signed = [vec![0], vec![0xc1; 256]].concat();
        assert!(Key::from_json(&with(rsa(256), "n", json!(number(&signed)))).is_some());
        assert!(Key::from_json(&rsa(1025)).is_none());
    }

    #[test]
    fn an_exponent_of_one_verifies_nothing() {
        // With e = 1 a signature is the padded digest itself, so that everybody can write one.
        let key = Key::from_json(&with(rsa(256), "e", json!("AQ"))).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, b"message");
        let prefix = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
        let padding = vec![0xff; 256 - 3 - prefix.len() - digest.as_ref().len()];
        let forged = [&[0, 1], &*padding, &[0], &prefix, digest.as_ref()].concat();
        assert!(!key.verifies(Algorithm::Rs256, b"message", &forged));
    }
}
