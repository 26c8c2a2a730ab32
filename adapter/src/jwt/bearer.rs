//! The token in the headers of a request (RFC 6750 §2.1).

use http::{HeaderMap, header::AUTHORIZATION};

/// The token of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bearer<'a> {
    /// No `Authorization`, or one of another scheme.
    Absent,
    Token(&'a str),
    /// Several `Authorization` headers, also where a gateway joined them into one by commas, or one that is no text. Which of
    /// them counts must not depend on who reads it.
    Ambiguous,
}

impl<'a> Bearer<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).into_iter();
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Ambiguous;
        }
        let Ok(value) = value.to_str() else { return Self::Ambiguous };
        // No token has a comma (RFC 6750 §2.1).
        if value.contains(',') && value.split(',').any(is_bearer) {
            return Self::Ambiguous;
        }
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Self::Token(token.trim_matches(' ')),
            None if value.eq_ignore_ascii_case("bearer") => Self::Token(""),
            _ => Self::Absent,
        }
    }
}

/// Whether credentials are of the scheme `Bearer`.
fn is_bearer(credentials: &str) -> bool {
    let scheme = credentials.trim_matches(' ').split(' ').next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_token_is_what_follows_the_scheme() {
        for (values, expected) in [
            (&[][..], Bearer::Absent),
            (&["Bearer a.b.c"], Bearer::Token("a.b.c")),
            (&["bEARER  a.b.c "], Bearer::Token("a.b.c")),
            (&["Bearer"], Bearer::Token("")),
            (&["Bearer "], Bearer::Token("")),
            (&["Bearer a.b.c, Bearer d.e.f"], Bearer::Ambiguous),
            (&["Bearer a.b.c,Basic YTpi"], Bearer::Ambiguous),
            (&["Basic YTpi,bearer a.b.c"], Bearer::Ambiguous),
            (&["Digest username=\"a\", nonce=\"bearer\""], Bearer::Absent),
            (&["a.b.c"], Bearer::Absent),
            (&["Basic YTpi"], Bearer::Absent),
            (&["BearerX a.b.c"], Bearer::Absent),
            (&["Bearer a.b.c", "Bearer a.b.c"], Bearer::Ambiguous),
            (&["Basic YTpi", "Bearer a.b.c"], Bearer::Ambiguous),
            (&["Bearer \u{e9}"], Bearer::Ambiguous),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            assert_eq!(Bearer::of(&headers), expected, "{values:?}");
        }
    }
}
