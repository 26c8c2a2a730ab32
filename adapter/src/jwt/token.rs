//! A token in its compact form: three parts in base64url, `header.claims.signature`
//! ([RFC 7515 §7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)). Nothing here is verified.

use serde_json::{Map, Value};

use super::{algorithm::Algorithm, rejection::Rejection};

/// The longest token that is decoded. AWS's gateways take 8 to 10 KB of headers in all.
const MAX_TOKEN: usize = 16 << 10;

/// A decoded token.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) claims: Map<String, Value>,
    /// What the signature is of: the first two parts as they came.
    pub(super) message: &'a [u8],
    pub(super) signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Decodes a token. The claims nest 128 levels deep at most, which is what `serde_json` parses.
    pub(super) fn decode(token: &'a str) -> Result<Self, Rejection> {
        if token.is_empty() {
            return Err(Rejection::Missing);
        }
        if token.len() > MAX_TOKEN {
            return Err(Rejection::Malformed("it is too long"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Rejection::Malformed("it has not three parts"))?;
        let (header, claims) = message.split_once('.').ok_or(Rejection::Malformed("it has not three parts"))?;
        let header = object(header, "its header is not a JSON object in base64url")?;
        let algorithm = algorithm(&header)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(Rejection::Malformed("its `kid` is not a string")),
        };
        Ok(Self {
            algorithm,
            key_id,
            claims: object(claims, "its claims are not a JSON object in base64url")?,
            message: message.as_bytes(),
            signature: decode(signature).ok_or(Rejection::Malformed("its signature is not base64url"))?,
        })
    }
}

/// The algorithm that the header names. Whether it is allowed is decided by the configuration alone.
fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, Rejection> {
    // Extensions that have to be understood, and none is.
    if header.contains_key("crit") {
        return Err(Rejection::Malformed("its header has `crit`"));
    }
    match header.get("alg") {
        Some(Value::String(name)) => Algorithm::from_name(name).ok_or(Rejection::Algorithm),
        _ => Err(Rejection::Malformed("its header has no `alg`")),
    }
}

fn object(part: &str, reason: &'static str) -> Result<Map<String, Value>, Rejection> {
    let bytes = decode(part).ok_or(Rejection::Malformed(reason))?;
    serde_json::from_slice(&bytes).map_err(|_| Rejection::Malformed(reason))
}

/// Decodes base64url without padding.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let encode = |part: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(part);
        format!("{}.{}.{}", encode(header), encode(claims), encode("signature"))
    }

    #[test]
    fn a_token_has_three_parts_and_nothing_is_lost() {
        let text = token(r#"{"alg":"ES256","kid":"a","typ":"JWT"}"#, r#"{"sub":"ada"}"#);
        let token = Token::decode(&text).unwrap();
        assert_eq!((token.algorithm, token.key_id.as_deref()), (Algorithm::Es256, Some("a")));
        assert_eq!((&token.claims["sub"], &*token.signature), (&Value::from("ada"), &b"signature"[..]));
        assert_eq!(token.message, text.rsplit_once('.').unwrap().0.as_bytes());
    }

    #[test]
    fn what_is_no_token_is_rejected_with_the_reason() {
        let long = "a".repeat(MAX_TOKEN + 1);
        for (text, reason) in [
            ("", "there is no token"),
            ("a", "three parts"),
            ("a.b", "three parts"),
            (&token("{}", "{}"), "no `alg`"),
            (&token(r#"{"alg":1}"#, "{}"), "no `alg`"),
            (&token("[]", "{}"), "its header"),
            (&token(r#"{"alg":"RS256","kid":7}"#, "{}"), "`kid`"),
            (&token(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}"), "`crit`"),
            (&token(r#"{"alg":"RS256"}"#, "[1]"), "its claims"),
            (&token(r#"{"alg":"RS256"}"#, "{} x"), "its claims"),
            (&token(r#"{"alg":"none"}"#, "{}"), "algorithm"),
            (&token(r#"{"alg":"NoNe"}"#, "{}"), "algorithm"),
            (&token(r#"{"alg":"HS256"}"#, "{}"), "algorithm"),
            (&token(r#"{"alg":"rs256"}"#, "{}"), "algorithm"),
            (&format!("{}.x", token(r#"{"alg":"RS256"}"#, "{}")), "its claims"),
            (&format!("{}=", token(r#"{"alg":"RS256"}"#, "{}")), "its signature"),
            (&format!(" {}", token(r#"{"alg":"RS256"}"#, "{}")), "its header"),
            (&long, "too long"),
        ] {
            let rejection = Token::decode(text).unwrap_err().to_string();
            assert!(rejection.contains(reason), "{text}: {rejection}");
        }
    }

    #[test]
    fn deep_json_is_rejected_and_overflows_no_stack() {
        let deep = format!(r#"{{"alg":"RS256","x":{}{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
        let rejection = Token::decode(&token(&deep, "{}")).unwrap_err();
        assert_eq!(rejection, Rejection::Malformed("its header is not a JSON object in base64url"));
        let rejection = Token::decode(&token(r#"{"alg":"RS256"}"#, &deep)).unwrap_err();
        assert_eq!(rejection, Rejection::Malformed("its claims are not a JSON object in base64url"));
    }
}
