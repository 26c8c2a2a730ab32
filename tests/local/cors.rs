//! CORS of a stage: the preflight that never reaches the function, the headers of answers, and those of errors.

use crate::{
    stage::{project, served},
    support::{examples, response::Response},
    tool::{Tool, command},
};

const SEVERAL: &str = "[stage.dev.cors]\nallowed_origins = [\"https://a.example\", \"https://b.example\"]\n\
                       allowed_methods = [\"GET\", \"PUT\"]\nexpose_headers = [\"etag\"]\nallow_credentials = true\n";
const ONE: &str = "[stage.dev.cors]\nallowed_origins = [\"https://a.example\"]\n";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// The gateways, the path of their root, and the status of their response to a preflight.
const GATEWAYS: [(&str, &str, u16); 3] = [("rest", "/dev/", 204), ("http", "/", 204), ("function_url", "/", 200)];

fn settings(api: &str, cors: &str) -> String {
    format!("api = \"{api}\"\n{cors}")
}

/// What a browser asks before a `PUT` from a page of this origin.
fn preflight(tool: &Tool, path: &str, origin: &str) -> Response {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type"),
    ];
    tool.send("OPTIONS", path, &headers, "")
}

fn allowed(response: &Response) -> Vec<String> {
    response.headers(ALLOW_ORIGIN).collect()
}

#[test]
fn a_preflight_is_answered_by_the_gateway_and_never_reaches_the_function() {
    for (api, root, status) in GATEWAYS {
        let folder = project(&settings(api, SEVERAL));
        // Whatever is invoked fails.
        let tool = served(folder.path(), &["--env", "RAW_INIT_CRASH=1"]);
        for path in [root.to_owned(), format!("{root}orders/1")] {
            let response = preflight(&tool, &path, "https://b.example");
            assert_eq!((response.status, response.text().as_str()), (status, ""), "{api}");
            assert_eq!(allowed(&response), ["https://b.example"], "{api}");
            for (name, value) in [
                ("access-control-allow-methods", "GET,PUT"),
                ("access-control-max-age", "3600"),
                ("access-control-allow-credentials", "true"),
            ] {
                assert_eq!(response.header(name).as_deref(), Some(value), "{api}: {name}");
            }
            let headers = response.header("access-control-allow-headers").unwrap();
            assert!(headers.split(',').any(|header| header == "content-type"), "{api}: {headers}");
            let foreign = preflight(&tool, &path, "https://b.example.evil.example");
            assert_eq!((foreign.status, allowed(&foreign)), (status, vec![]), "{api}");
        }
    }
}

#[test]
fn errors_of_the_gateway_can_be_read_where_aws_adds_the_headers() {
    for (api, root, _) in GATEWAYS {
        let error = if api == "http" { 500 } else { 502 };
        for (cors, origin, expected) in [
            (ONE, "https://a.example", &["https://a.example"][..]),
            // A REST API's errors run no template, so none of several origins is named.
            (SEVERAL, "https://b.example", if api == "rest" { &[] } else { &["https://b.example"] }),
            (SEVERAL, "https://evil.example", &[]),
        ] {
            let folder = project(&settings(api, cors));
            let tool = served(folder.path(), &["--env", "RAW_INIT_CRASH=1"]);
            let response = tool.send("GET", root, &[("origin", origin)], "");
            assert_eq!(response.status, error, "{api}");
            assert_eq!(allowed(&response), expected, "{api}: {origin}");
        }
    }
}

#[test]
fn what_becomes_of_the_applications_own_headers_is_said() {
    for (api, root, expected, warning) in [
        ("http", "/", &["https://a.example"][..], Some("drops the CORS headers of the application")),
        ("function_url", "/", &["https://own.example", "https://a.example"], Some("browsers refuse two")),
        ("rest", "/dev/", &["https://own.example"], None),
    ] {
        let folder = project(&settings(api, SEVERAL));
        let mut tool = served(folder.path(), &[]);
        let response = tool.send("GET", &format!("{root}!cors!"), &[("origin", "https://a.example")], "");
        assert_eq!(response.status, 200, "{api}");
        assert_eq!(allowed(&response), expected, "{api}");
        if let Some(warning) = warning {
            tool.wait_for_line(warning);
        }
    }
}

#[test]
fn the_adapter_adds_the_headers_behind_a_rest_api() {
    let folder = project(&settings("rest", SEVERAL));
    let mut command = command(folder.path());
    command.args(["local", "--port", "0", "--binary"]).arg(examples::binary("chat"));
    let tool = Tool::start(command);
    for (origin, expected) in [("https://b.example", &["https://b.example"][..]), ("https://evil.example", &[])] {
        let response = tool.send("GET", "/dev/nowhere", &[("origin", origin)], "");
        assert_eq!(response.status, 404);
        assert_eq!(allowed(&response), expected, "{origin}");
        assert_eq!(response.header("vary").as_deref(), Some("Origin"));
    }
}

#[test]
fn without_the_setting_the_application_answers_preflights() {
    for (api, root, _) in GATEWAYS {
        let folder = project(&settings(api, ""));
        let tool = served(folder.path(), &[]);
        let response = preflight(&tool, &format!("{root}!cors!"), "https://a.example");
        assert_eq!((response.status, allowed(&response)), (200, vec!["https://own.example".to_owned()]), "{api}");
    }
    // A load balancer leaves them to it, whatever the settings say.
    let folder = project(&settings("rest", SEVERAL));
    let tool = served(folder.path(), &["--as", "alb"]);
    let response = preflight(&tool, "/!cors!", "https://a.example");
    assert_eq!((response.status, allowed(&response)), (200, vec!["https://own.example".to_owned()]));
}
