//! CORS as a gateway does it: its response to a preflight, and the headers of other responses.
//!
//! Behind a REST API the application's own adapter adds the headers; the gateway has only those of its errors. Of an HTTP
//! API and a Function URL AWS documents less than is decided here: which responses of their own have the headers.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN,
    },
};
use zappa_rs_adapter::contract::cors::{ANY_ORIGIN, CorsPolicy};

use super::{Gateway, GatewayKind, arrival::Stamp, error_response::GatewayError, refusal};

/// What a gateway with CORS responds with.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cors {
    /// Which origins may read responses.
    pub(crate) policy: CorsPolicy,
    /// The headers of the response to a preflight that are the same for every origin.
    pub(crate) preflight: Vec<(HeaderName, HeaderValue)>,
    /// The headers of the errors of a REST API itself, which run no template.
    pub(crate) errors: Vec<(HeaderName, HeaderValue)>,
}

/// The part of a request that CORS depends on.
#[derive(Clone, Debug)]
pub(crate) struct CorsRequest {
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

impl CorsRequest {
    /// Reads a request of a gateway. A REST API's method for preflights takes every `OPTIONS`.
    pub(crate) fn new(kind: GatewayKind, method: &Method, headers: &HeaderMap) -> Self {
        let asks = headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let is_preflight = *method == Method::OPTIONS && (kind == GatewayKind::Rest || asks);
        Self { origin: headers.get(ORIGIN).cloned(), is_preflight }
    }

    /// The gateway's own response to a preflight; `None` for another request, which goes to the function.
    pub(crate) fn preflight(&self, gateway: &Gateway, stamp: &Stamp) -> Option<Response<Bytes>> {
        let cors = gateway.cors.as_ref().filter(|_| self.is_preflight)?;
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        let is_rest = gateway.kind == GatewayKind::Rest;
        let allowed = cors.allowed(gateway.kind, self.origin.as_ref());
        if is_rest {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if is_rest || allowed.is_some() {
            headers.extend(cors.preflight.iter().cloned());
        }
        if let Some(origin) = allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if cors.policy.allows_credentials {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
        }
        refusal::sign(gateway, stamp, headers);
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>
        *response.status_mut() =
            if gateway.kind == GatewayKind::FunctionUrl { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Some(response)
    }

    /// Adds what the gateway adds to a response that is no preflight's. Returns a warning about headers of the application
    /// that do not do what they say.
    pub(crate) fn complete(&self, gateway: &Gateway, headers: &mut HeaderMap) -> Option<&'static str> {
        let cors = gateway.cors.as_ref().filter(|_| !self.is_preflight)?;
        let warning = match gateway.kind {
            GatewayKind::Rest | GatewayKind::Alb => return None,
            GatewayKind::Http => remove_own(headers)
                .then_some("an HTTP API with `cors` drops the CORS headers of the application; its own are those of the settings"),
            GatewayKind::FunctionUrl => headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN).then_some(
                "a Function URL with `cors` adds its headers to those of the application, and browsers refuse two; leave one out",
            ),
        };
        if let Some(origin) = cors.allowed(gateway.kind, self.origin.as_ref()) {
            // Beside the application's, where those are still there.
            headers.append(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if cors.policy.allows_credentials {
                headers.append(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
            let exposed = cors.policy.exposed_headers.join(",");
            if let Some(exposed) = HeaderValue::from_str(&exposed).ok().filter(|exposed| !exposed.is_empty()) {
                headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
        }
        warning
    }
}

impl Cors {
    /// The value of `Access-Control-Allow-Origin` for an origin. Only a REST API names its one origin to every other, too.
    fn allowed(&self, kind: GatewayKind, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        let origin = origin.and_then(|origin| origin.to_str().ok());
        let allowed = self.policy.allowed_origin(origin)?;
        let is_sent = kind == GatewayKind::Rest || allowed == ANY_ORIGIN || Some(allowed) == origin;
        HeaderValue::from_str(allowed).ok().filter(|_| is_sent)
    }
}

/// Adds the headers of a REST API's own errors. Those of its front end, which does not know the API yet, have none.
pub(super) fn add_to_error(gateway: &Gateway, cause: GatewayError, headers: &mut HeaderMap) {
    let is_of_the_api = match cause {
        GatewayError::NoRoute
        | GatewayError::Coding
        | GatewayError::EventTooLarge
        | GatewayError::Function
        | GatewayError::Timeout => true,
        GatewayError::NoStage
        | GatewayError::Host
        | GatewayError::Reserved
        | GatewayError::CutOff
        | GatewayError::BodyTooLarge
        | GatewayError::HeadTooLarge => false,
    };
    if is_of_the_api {
        add_to_own_error(gateway, headers);
    }
}

/// Adds the headers of a REST API's own errors.
pub(super) fn add_to_own_error(gateway: &Gateway, headers: &mut HeaderMap) {
    if let Some(cors) = &gateway.cors {
        headers.extend(cors.errors.iter().cloned());
    }
}

/// Removes the CORS headers; whether there were any.
fn remove_own(headers: &mut HeaderMap) -> bool {
    let own: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    own.iter().for_each(|name| drop(headers.remove(name)));
    !own.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    const SEVERAL: &str = "https://a.example https://b.example; credentials; expose=etag";

    fn gateway(kind: GatewayKind, policy: &str) -> Gateway {
        let pair =
            |name: &'static str, value: &'static str| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let cors = Cors {
            policy: CorsPolicy::parse(policy).unwrap(),
            preflight: vec![pair("access-control-allow-methods", "GET")],
            errors: vec![pair("access-control-allow-origin", "https://a.example")],
        };
        Gateway { cors: Some(cors), ..sample::gateway(kind) }
    }

    fn request(kind: GatewayKind, method: &Method, origin: &str) -> CorsRequest {
        let mut headers = sample::headers(&[("access-control-request-method", "PUT")]);
        headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        CorsRequest::new(kind, method, &headers)
    }

    fn text<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn a_preflight_is_answered_and_names_the_origin_only_if_it_is_allowed() {
        use GatewayKind::*;
        for (kind, policy, origin, status, allowed, methods) in [
            (Rest, SEVERAL, "https://b.example", 204, Some("https://b.example"), Some("GET")),
            (Rest, SEVERAL, "https://evil.example", 204, None, Some("GET")),
            (Rest, "https://a.example", "https://evil.example", 204, Some("https://a.example"), Some("GET")),
            (Rest, "*", "https://evil.example", 204, Some("*"), Some("GET")),
            (Http, SEVERAL, "https://b.example", 204, Some("https://b.example"), Some("GET")),
            (Http, SEVERAL, "https://evil.example", 204, None, None),
            (Http, "https://a.example", "https://evil.example", 204, None, None),
            (Http, "*", "https://evil.example", 204, Some("*"), Some("GET")),
            (FunctionUrl, SEVERAL, "https://a.example", 200, Some("https://a.example"), Some("GET")),
            (FunctionUrl, SEVERAL, "https://evil.example", 200, None, None),
        ] {
            let gateway = gateway(kind, policy);
            let response =
                request(kind, &Method::OPTIONS, origin).preflight(&gateway, &sample::stamp()).expect("a preflight");
            assert_eq!(response.status().as_u16(), status, "{kind:?}");
            let headers = response.headers();
            assert_eq!(text(headers, "access-control-allow-origin"), Vec::from_iter(allowed), "{kind:?} {origin}");
            assert_eq!(text(headers, "access-control-allow-methods"), Vec::from_iter(methods), "{kind:?} {origin}");
            let credentials = allowed.filter(|_| policy == SEVERAL).map(|_| "true");
            assert_eq!(text(headers, "access-control-allow-credentials"), Vec::from_iter(credentials), "{kind:?}");
            assert!(response.body().is_empty());
        }
    }

    #[test]
    fn other_requests_go_to_the_function() {
        for kind in [GatewayKind::Rest, GatewayKind::Http, GatewayKind::FunctionUrl] {
            let gateway = gateway(kind, "*");
            assert!(request(kind, &Method::GET, "https://a.example").preflight(&gateway, &sample::stamp()).is_none());
            let plain = CorsRequest::new(kind, &Method::OPTIONS, &HeaderMap::new());
            let is_answered = plain.preflight(&gateway, &sample::stamp()).is_some();
            assert_eq!(is_answered, kind == GatewayKind::Rest, "{kind:?}");
            let without = sample::gateway(kind);
            let request = request(kind, &Method::OPTIONS, "https://a.example");
            assert!(request.preflight(&without, &sample::stamp()).is_none());
        }
    }

    #[test]
    fn an_http_api_replaces_the_applications_headers_and_a_function_url_adds_to_them() {
        use GatewayKind::*;
        for (kind, origin, expected, warning) in [
            (Http, "https://a.example", &["https://a.example"][..], "drops"),
            (Http, "https://evil.example", &[], "drops"),
            (FunctionUrl, "https://a.example", &["https://own.example", "https://a.example"], "refuse two"),
            (FunctionUrl, "https://evil.example", &["https://own.example"], "refuse two"),
            (Rest, "https://a.example", &["https://own.example"], ""),
        ] {
            let mut headers = sample::headers(&[("access-control-allow-origin", "https://own.example")]);
            let found = request(kind, &Method::GET, origin).complete(&gateway(kind, SEVERAL), &mut headers);
            assert_eq!(text(&headers, "access-control-allow-origin"), expected, "{kind:?} {origin}");
            assert!(found.unwrap_or_default().contains(warning), "{kind:?}: {found:?}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(
            request(Http, &Method::GET, "https://b.example").complete(&gateway(Http, SEVERAL), &mut headers),
            None
        );
        assert_eq!(text(&headers, "access-control-expose-headers"), ["etag"]);
        assert_eq!(text(&headers, "access-control-allow-credentials"), ["true"]);
    }

    #[test]
    fn the_errors_of_a_rest_api_have_the_headers_and_those_of_its_front_end_have_none() {
        for (kind, cause, expected) in [
            (GatewayKind::Rest, GatewayError::Function, &["https://a.example"][..]),
            (GatewayKind::Rest, GatewayError::Timeout, &["https://a.example"]),
            (GatewayKind::Rest, GatewayError::HeadTooLarge, &[]),
            (GatewayKind::Rest, GatewayError::NoStage, &[]),
        ] {
            let refusal = refusal::Refusal::new(&gateway(kind, SEVERAL), &sample::stamp(), cause, String::new());
            assert_eq!(text(refusal.response.headers(), "access-control-allow-origin"), expected, "{cause:?}");
        }
    }
}
