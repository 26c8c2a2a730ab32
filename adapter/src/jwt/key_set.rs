//! The public keys of an issuer: a JSON Web Key Set, JWKS ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).

use std::sync::Arc;

use serde_json::Value;

use super::{algorithm::Algorithm, key::Key};

/// The longest document that is read, a file's or an issuer's. Real ones have a few kilobytes.
pub(super) const MAX_DOCUMENT: usize = 512 << 10;
/// The most keys that are kept.
const MAX_KEYS: usize = 100;

/// The usable keys of an issuer.
#[derive(Clone, Debug)]
pub(super) struct KeySet {
    keys: Vec<Arc<Key>>,
}

impl KeySet {
    /// Reads a document. Keys that cannot verify a token, such as those for encryption, are left out.
    ///
    /// # Errors
    /// The document is no key set, or has no usable key.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, String> {
        if json.len() > MAX_DOCUMENT {
            return Err(format!("it is larger than {} KiB", MAX_DOCUMENT >> 10));
        }
        let json: Value = serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
        let keys = json.get("keys").and_then(Value::as_array).ok_or("it has no array `keys`")?;
        if keys.is_empty() {
            return Err("its array `keys` is empty".to_owned());
        }
        let keys: Vec<_> = keys.iter().filter_map(Key::from_json).map(Arc::new).take(MAX_KEYS).collect();
        if keys.is_empty() {
            return Err("none of its keys is a public key for RS256, RS384, RS512, ES256 or ES384".to_owned());
        }
        Ok(Self { keys })
    }

    /// Whether a key is for signatures by `algorithm`.
    pub(super) fn has(&self, algorithm: Algorithm) -> bool {
        self.keys.iter().any(|key| key.fits(algorithm))
    }

    /// Finds the key of a token. A token without an id can only be by the one key without an id: nothing is tried out.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Arc<Key>> {
        let mut found = self.keys.iter().filter(|key| key.id.as_deref() == id && key.fits(algorithm));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(id: Option<&str>, algorithm: Option<&str>) -> Value {
        let number = base64_simd::URL_SAFE_NO_PAD.encode_to_string([0xc1; 256]);
        let mut key = json!({"kty": "RSA", "n": number, "e": "AQAB"});
        if let Some(id) = id {
            key["kid"] = json!(id);
        }
        if let Some(algorithm) = algorithm {
            key["alg"] = json!(algorithm);
        }
        key
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::from_json(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_key_is_found_by_id_and_algorithm() {
        let keys = set(&[key(Some("a"), Some("RS256")), key(Some("a"), Some("RS512")), key(Some("b"), None)]);
        let find = |id, algorithm| keys.find(id, algorithm).is_some();
        assert!(find(Some("a"), Algorithm::Rs256) && find(Some("a"), Algorithm::Rs512));
        assert!(find(Some("b"), Algorithm::Rs384));
        assert!(!find(Some("a"), Algorithm::Rs384) && !find(Some("c"), Algorithm::Rs256));
        assert!(
            !find(Some("a"), Algorithm::Es256) && !find(None, Algorithm::Rs256) && !find(Some(""), Algorithm::Rs256)
        );
    }

    #[test]
    fn a_token_without_an_id_is_by_the_only_key_without_one() {
        assert!(set(&[key(None, None), key(Some("a"), None)]).find(None, Algorithm::Rs256).is_some());
        assert!(set(&[key(None, None), key(None, None)]).find(None, Algorithm::Rs256).is_none());
    }

    #[test]
    fn keys_that_cannot_be_used_are_left_out_and_a_set_of_none_is_refused() {
        let keys = set(&[json!({"kty": "oct", "k": "AA", "kid": "a"}), json!(7), key(Some("a"), None)]);
        assert!(keys.find(Some("a"), Algorithm::Rs256).is_some());
        let large = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(MAX_DOCUMENT));
        let deep = format!(r#"{{"keys":{}"#, "[".repeat(100_000));
        for (json, reason) in [
            (r#"{"keys":[]}"#, "`keys` is empty"),
            (r#"{"keys":[{"kty":"oct","k":"AA"}]}"#, "none of its keys"),
            (r#"{"keys":{}}"#, "no array `keys`"),
            ("[]", "no array `keys`"),
            ("<html>", "not JSON"),
            (&large, "larger than 512 KiB"),
            (&deep, "not JSON"),
        ] {
            let error = KeySet::from_json(json.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
