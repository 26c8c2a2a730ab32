//! The body of a function's response.

use bytes::Bytes;

use super::Malformed;

/// Decodes the bytes of a body: its text, or its base64.
pub(super) fn bytes(body: Option<String>, base64: bool) -> Result<Bytes, Malformed> {
    let body = body.unwrap_or_default();
    if !base64 {
        return Ok(body.into());
    }
    match base64_simd::STANDARD.decode_to_vec(&body) {
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(Malformed("says `isBase64Encoded`, and its `body` is not base64".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_decoded_strictly() {
        for (body, base64, found) in [
            (None, false, Some(&b""[..])),
            (None, true, Some(b"")),
            (Some("aGk="), false, Some(b"aGk=")),
            (Some("aGk="), true, Some(b"hi")),
            (Some("aGk"), true, None),
            (Some("a-_="), true, None),
            (Some("aG\nk="), true, None),
        ] {
            assert_eq!(bytes(body.map(Into::into), base64).ok().as_deref(), found, "{body:?}");
        }
    }
}
