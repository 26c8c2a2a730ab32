//! The CORS policy behind a REST API, in the form of the variable [`CORS`](super::variable::CORS).

use std::fmt;

/// The origin that stands for all.
pub const ANY_ORIGIN: &str = "*";

/// Which origins may read the application's responses, and how.
///
/// As text it is the origins with spaces between them, followed by what else there is:
///
/// ```
/// use zappa_rs_adapter::contract::cors::CorsPolicy;
///
/// let text = "https://shop.example.com http://localhost:5173; credentials; expose=etag,x-total";
/// let policy = CorsPolicy::parse(text).unwrap();
/// assert_eq!(policy.origins, ["https://shop.example.com", "http://localhost:5173"]);
/// assert!(policy.allows_credentials);
/// assert_eq!(policy.exposed_headers, ["etag", "x-total"]);
/// assert_eq!(policy.to_string(), text);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CorsPolicy {
    /// The origins, or [`ANY_ORIGIN`] alone.
    pub origins: Vec<String>,
    /// Whether browsers may send cookies and other credentials.
    pub allows_credentials: bool,
    /// The response's headers that scripts may read beside the usual ones.
    pub exposed_headers: Vec<String>,
}

impl CorsPolicy {
    /// Parses the text; `None` for one without an origin or with a part that this version does not know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let mut policy =
            Self { origins: parts.next()?.split_whitespace().map(str::to_owned).collect(), ..Self::default() };
        for part in parts {
            match part.split_once('=') {
                None if part == "credentials" => policy.allows_credentials = true,
                Some(("expose", names)) => {
                    policy.exposed_headers = names.split(',').map(|name| name.trim().to_owned()).collect();
                }
                _ => return None,
            }
        }
        (!policy.origins.is_empty()).then_some(policy)
    }

    /// The value of `Access-Control-Allow-Origin` that fits every request: of one origin, or of all. With several origins
    /// it depends on the request.
    #[must_use]
    pub fn fixed_origin(&self) -> Option<&str> {
        match self.origins.as_slice() {
            [origin] => Some(origin),
            _ => None,
        }
    }

    /// The value of `Access-Control-Allow-Origin` in the response to a request of this origin.
    #[must_use]
    pub fn allowed_origin(&self, origin: Option<&str>) -> Option<&str> {
        self.fixed_origin().or_else(|| self.origins.iter().map(String::as_str).find(|known| Some(*known) == origin))
    }
}

impl fmt::Display for CorsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origins.join(" "))?;
        if self.allows_credentials {
            f.write_str("; credentials")?;
        }
        if !self.exposed_headers.is_empty() {
            write!(f, "; expose={}", self.exposed_headers.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_understood_whole_is_no_policy() {
        for text in ["", ";", "; credentials", "https://a.example; max-age=3", "https://a.example; Credentials"] {
            assert_eq!(CorsPolicy::parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_origin_fits_every_request_and_several_are_compared() {
        let one = CorsPolicy::parse("https://a.example").unwrap();
        let several = CorsPolicy::parse("https://a.example https://b.example").unwrap();
        for (policy, origin, expected) in [
            (&CorsPolicy::parse("*").unwrap(), None, Some("*")),
            (&one, None, Some("https://a.example")),
            (&one, Some("https://evil.example"), Some("https://a.example")),
            (&several, Some("https://b.example"), Some("https://b.example")),
            (&several, Some("https://b.example.evil"), None),
            (&several, Some("https://a.example https://b.example"), None),
            (&several, Some("*"), None),
            (&several, Some(""), None),
            (&several, None, None),
        ] {
            assert_eq!(policy.allowed_origin(origin), expected, "{policy}, {origin:?}");
        }
    }
}
