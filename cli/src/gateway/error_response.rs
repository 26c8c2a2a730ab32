//! How an error looks to the client: status, type and bytes as AWS's gateways send them.
//!
//! Whether there is an error is decided elsewhere.

use bytes::Bytes;
use http::StatusCode;

use super::GatewayKind;

/// The reason why a gateway does not pass on a request or a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum GatewayError {
    /// The URL names no stage or base path of this API.
    NoStage,
    /// No route for the method and path.
    NoRoute,
    /// The `Host` is not one: missing, repeated or malformed.
    Host,
    /// A path that API Gateway keeps for its own health checks.
    Reserved,
    /// The body ends before it should, or is not framed as HTTP frames bodies.
    CutOff,
    /// The body is compressed in a way that the gateway cannot unpack, or is not what its coding says.
    Coding,
    /// The body is longer than the gateway reads.
    BodyTooLarge,
    /// The event is longer than Lambda takes.
    EventTooLarge,
    /// Request line and headers are longer than the gateway reads.
    HeadTooLarge,
    /// The function failed, or its response breaks the gateway's rules.
    Function,
    /// The gateway has waited long enough.
    Timeout,
}

/// A gateway's response to an error, without the ids.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    pub(crate) status: StatusCode,
    pub(crate) media: &'static str,
    /// The value of `x-amzn-ErrorType`.
    pub(crate) error: Option<&'static str>,
    pub(crate) body: Bytes,
}

impl ErrorResponse {
    pub(crate) fn new(kind: GatewayKind, cause: GatewayError) -> Self {
        let (status, error, body) = error_response(kind, cause);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (media, body) = match cause {
            _ if kind == GatewayKind::Alb => ("text/html", Bytes::from(html(status))),
            GatewayError::BodyTooLarge | GatewayError::HeadTooLarge | GatewayError::Reserved
                if kind == GatewayKind::Rest =>
            {
                ("text/plain", Bytes::from_static(body.as_bytes()))
            }
            _ => ("application/json", Bytes::from_static(body.as_bytes())),
        };
        Self { status, media, error: Some(error).filter(|error| !error.is_empty()), body }
    }
}

/// Status, error type and body. An ALB's body is a page made from the status.
fn error_response(kind: GatewayKind, cause: GatewayError) -> (u16, &'static str, &'static str) {
    match kind {
        GatewayKind::Rest => match cause {
            GatewayError::NoStage => (403, "ForbiddenException", r#"{"message":"Forbidden"}"#),
            GatewayError::NoRoute => {
                (403, "MissingAuthenticationTokenException", r#"{"message":"Missing Authentication Token"}"#)
            }
            GatewayError::Reserved => (200, "", "healthy"),
            GatewayError::CutOff | GatewayError::Host => (400, "BadRequestException", r#"{"message": "Bad Request"}"#),
            GatewayError::Coding => (415, "UnsupportedMediaTypeException", r#"{"message":"Unsupported Media Type"}"#),
            // The front end checks these two before the API is reached, and responds in plain text.
            GatewayError::BodyTooLarge => (413, "", "HTTP content length exceeded 10485760 bytes."),
            GatewayError::HeadTooLarge => (431, "", "HTTP header is larger than 10240 bytes."),
            GatewayError::EventTooLarge => (413, "RequestTooLargeException", r#"{"message":"Request Too Long"}"#),
            GatewayError::Function => (502, "InternalServerErrorException", r#"{"message": "Internal server error"}"#),
            GatewayError::Timeout => {
                (504, "InternalServerErrorException", r#"{"message": "Endpoint request timed out"}"#)
            }
        },
        GatewayKind::Http => match cause {
            GatewayError::NoStage | GatewayError::NoRoute | GatewayError::Reserved => {
                (404, "", r#"{"message":"Not Found"}"#)
            }
            GatewayError::BodyTooLarge | GatewayError::EventTooLarge => {
                (413, "", r#"{"message":"Request Entity Too Large"}"#)
            }
            GatewayError::CutOff | GatewayError::Host => (400, "", r#"{"message":"Bad Request"}"#),
            GatewayError::Coding => (415, "", r#"{"message":"Unsupported Media Type"}"#),
            GatewayError::HeadTooLarge => (431, "", r#"{"message":"Request Header Fields Too Large"}"#),
            GatewayError::Function => (500, "", r#"{"message":"Internal Server Error"}"#),
            GatewayError::Timeout => (503, "", r#"{"message":"Service Unavailable"}"#),
        },
        GatewayKind::FunctionUrl => match cause {
            GatewayError::NoStage | GatewayError::NoRoute | GatewayError::Reserved => (404, "", r#"{"Message":null}"#),
            // Lambda says 6291456 although it takes a hundred bytes more.
            GatewayError::BodyTooLarge | GatewayError::EventTooLarge => (
                413,
                "RequestEntityTooLargeException",
                r#"{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}"#,
            ),
            GatewayError::CutOff | GatewayError::Host => (400, "", r#"{"Message":"Bad Request"}"#),
            GatewayError::Coding => (415, "", r#"{"Message":"Unsupported Media Type"}"#),
            GatewayError::HeadTooLarge => (431, "", r#"{"message":"Request Header Fields Too Large"}"#),
            GatewayError::Function | GatewayError::Timeout => (502, "", "Internal Server Error"),
        },
        GatewayKind::Alb => match cause {
            GatewayError::NoStage | GatewayError::NoRoute | GatewayError::Reserved => (404, "", ""),
            GatewayError::BodyTooLarge | GatewayError::EventTooLarge => (413, "", ""),
            GatewayError::CutOff | GatewayError::Host | GatewayError::HeadTooLarge => (400, "", ""),
            GatewayError::Coding => (415, "", ""),
            GatewayError::Function => (502, "", ""),
            GatewayError::Timeout => (504, "", ""),
        },
    }
}

/// The page of an ALB.
fn html(status: StatusCode) -> String {
    // nginx's old name for 504 and its own for 413 are the ones on the page.
    let name = match status.as_u16() {
        413 => "Request Entity Too Large",
        504 => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or_default(),
    };
    let title = format!("{} {name}", status.as_u16());
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gateway_has_its_own_words() {
        use GatewayError::*;
        use GatewayKind::*;
        for (kind, cause, status, body) in [
            (Http, HeadTooLarge, 431, r#"{"message":"Request Header Fields Too Large"}"#),
            (Rest, NoStage, 403, r#"{"message":"Forbidden"}"#),
            (Rest, NoRoute, 403, r#"{"message":"Missing Authentication Token"}"#),
            (Rest, Reserved, 200, "healthy"),
            (Rest, BodyTooLarge, 413, "HTTP content length exceeded 10485760 bytes."),
            (Rest, EventTooLarge, 413, r#"{"message":"Request Too Long"}"#),
            (Rest, HeadTooLarge, 431, "HTTP header is larger than 10240 bytes."),
            (Rest, Function, 502, r#"{"message": "Internal server error"}"#),
            (Rest, Timeout, 504, r#"{"message": "Endpoint request timed out"}"#),
            (Http, NoStage, 404, r#"{"message":"Not Found"}"#),
            (Http, NoRoute, 404, r#"{"message":"Not Found"}"#),
            (Http, BodyTooLarge, 413, r#"{"message":"Request Entity Too Large"}"#),
            (Http, Function, 500, r#"{"message":"Internal Server Error"}"#),
            (Http, Timeout, 503, r#"{"message":"Service Unavailable"}"#),
            (FunctionUrl, Function, 502, "Internal Server Error"),
            (
                FunctionUrl,
                EventTooLarge,
                413,
                r#"{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}"#,
            ),
        ] {
            let wording = ErrorResponse::new(kind, cause);
            assert_eq!((wording.status.as_u16(), &wording.body[..]), (status, body.as_bytes()), "{kind:?} {cause:?}");
            let plain = kind == Rest && matches!(cause, Reserved | BodyTooLarge | HeadTooLarge);
            let media = if plain { "text/plain" } else { "application/json" };
            assert_eq!(wording.media, media, "{kind:?} {cause:?}");
        }
    }

    #[test]
    fn the_documented_statuses_are_those_of_every_gateway() {
        use GatewayKind::*;
        let bound = [
            ("no `Host`, two of them, or one that is empty or no host", GatewayError::Host),
            ("stage or base path missing", GatewayError::NoStage),
            ("no route", GatewayError::NoRoute),
            ("body cut off or malformed", GatewayError::CutOff),
            ("a body that cannot be unpacked", GatewayError::Coding),
            ("body too long for the gateway", GatewayError::BodyTooLarge),
            ("event too long for Lambda (6 291 556 bytes)", GatewayError::EventTooLarge),
            ("request line and headers too long", GatewayError::HeadTooLarge),
            ("function failed, or its response is malformed or over 6 MB (ALB: 1 MB)", GatewayError::Function),
            ("headers of the response too long", GatewayError::Function),
            ("no response within the gateway's own timeout", GatewayError::Timeout),
        ];
        let docs = include_str!("../../../docs/events.md");
        let (_, table) = docs.split_once("| what happened | REST | HTTP API | Function URL | ALB |\n").unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(1)
            .take_while(|line| line.starts_with('|'))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let labels: Vec<_> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(labels, bound.map(|(label, _)| label));
        for (row, (label, cause)) in rows.iter().zip(bound) {
            for (cell, kind) in row[1..].iter().zip([Rest, Http, FunctionUrl, Alb]) {
                // An empty cell says that it does not happen there.
                let told = cell.get(..3).map(|status| status.parse::<u16>().expect("a status"));
                let answered = ErrorResponse::new(kind, cause).status.as_u16();
                assert!(told.is_none_or(|told| told == answered), "{label}, {kind:?}: {cell}, and {answered}");
            }
        }
    }

    #[test]
    fn an_alb_answers_with_pages() {
        for (cause, status, title) in [
            (GatewayError::Function, 502, "502 Bad Gateway"),
            (GatewayError::Timeout, 504, "504 Gateway Time-out"),
            (GatewayError::BodyTooLarge, 413, "413 Request Entity Too Large"),
            (GatewayError::HeadTooLarge, 400, "400 Bad Request"),
        ] {
            let wording = ErrorResponse::new(GatewayKind::Alb, cause);
            let page = format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
            );
            assert_eq!((wording.status.as_u16(), &wording.body), (status, &Bytes::from(page)));
            assert_eq!(wording.media, "text/html");
        }
    }
}
