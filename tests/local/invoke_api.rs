//! Lambda's Invoke API, as `aws lambda invoke` and the SDKs call it.

use std::{
    io::Write as _,
    net::{Shutdown, TcpStream},
};

use crate::{
    support::response::Response,
    tool::{Tool, raw},
};

fn invoke(tool: &Tool, headers: &[(&str, &str)], payload: &str) -> Response {
    let name = raw().file_name().unwrap().to_str().unwrap();
    tool.send("POST", &format!("/2015-03-31/functions/{name}-dev/invocations"), headers, payload)
}

#[test]
fn an_invocation_is_answered_with_the_response_of_the_function() {
    let tool = Tool::raw(&[]);
    let reply = invoke(&tool, &[], r#"{"a":1}"#);
    assert_eq!(reply.status, 200);
    assert!(reply.text().starts_with(r#"{"statusCode":200,"body":"first "#), "{}", reply.text());
    assert_eq!(reply.header("x-amz-executed-version").as_deref(), Some("$LATEST"));
    assert_eq!(reply.header("x-amz-function-error").as_deref(), None);
}

#[test]
fn a_function_error_is_marked_and_its_document_passed_on() {
    let tool = Tool::raw(&[]);
    let reply = invoke(&tool, &[], r#"{"do":"!error!"}"#);
    assert_eq!((reply.status, reply.header("x-amz-function-error").as_deref()), (200, Some("Unhandled")));
    assert_eq!(reply.text(), r#"{"errorType":"Raw.Error","errorMessage":"as wished"}"#);
}

#[test]
fn the_log_tail_has_the_lines_of_this_invocation() {
    let tool = Tool::raw(&[]);
    let name = raw().file_name().unwrap().to_str().unwrap();
    let reply = tool.send(
        "POST",
        &format!("/2015-03-31/functions/{name}-dev/invocations"),
        &[("x-amz-log-type", "Tail")],
        r#"{"do":"!log!"}"#,
    );
    let encoded = reply.header("x-amz-log-result").unwrap();
    let log = String::from_utf8(base64_simd::STANDARD.decode_to_vec(encoded).unwrap()).unwrap();
    for part in ["START RequestId: ", "raw: on stdout\n", "raw: on stderr\n", "REPORT RequestId: ", "Init Duration: "] {
        assert!(log.contains(part), "{log}");
    }
}

#[test]
fn event_and_dry_run_do_not_wait() {
    let mut tool = Tool::raw(&[]);
    assert_eq!(invoke(&tool, &[("x-amz-invocation-type", "DryRun")], "{}").status, 204);
    let reply = invoke(&tool, &[("x-amz-invocation-type", "Event")], r#"{"do":"!crash!"}"#);
    assert_eq!((reply.status, reply.text().as_str()), (202, ""));
    let id = reply.header("x-amzn-requestid").unwrap();
    tool.wait_for_line(&format!("asynchronous invocation {id} failed (attempt 1 of 3) and runs again in 60 s: "));
}

#[test]
fn what_lambda_refuses_is_refused_in_its_words() {
    let tool = Tool::raw(&[]);
    for (path, headers, payload, status, kind) in [
        ("nobody", &[][..], "{}", 404, "ResourceNotFoundException"),
        ("", &[], "{not json", 400, "InvalidRequestContentException"),
        ("", &[("x-amz-invocation-type", "Sometime")], "{}", 400, "InvalidParameterValueException"),
    ] {
        let reply = if path.is_empty() {
            invoke(&tool, headers, payload)
        } else {
            tool.send("POST", &format!("/2015-03-31/functions/{path}/invocations"), headers, payload)
        };
        assert_eq!(
            (reply.status, reply.header("x-amzn-errortype").as_deref()),
            (status, Some(kind)),
            "{}",
            reply.text()
        );
    }
    let large = format!("\"{}\"", "x".repeat(7 << 20));
    assert_eq!(invoke(&tool, &[], &large).status, 413);
}

#[test]
fn a_web_page_cannot_invoke() {
    let mut tool = Tool::raw(&[]);
    for origin in ["https://example.com", "http://127.0.0.1:3000", "null"] {
        let reply = invoke(&tool, &[("origin", origin)], "{}");
        assert_eq!((reply.status, reply.header("x-amzn-errortype").as_deref()), (403, Some("AccessDeniedException")));
        assert!(reply.text().contains("`Origin`"), "{}", reply.text());
    }
    tool.wait_for_line("web pages may not invoke functions");
    assert!(invoke(&tool, &[], "{}").text().ends_with(" 1\"}"), "the function had an event of a web page");
}

#[test]
fn a_payload_that_is_cut_off_is_not_called_too_large() {
    let mut tool = Tool::raw(&[]);
    let mut stream = TcpStream::connect(tool.address).unwrap();
    let head = "POST /2015-03-31/functions/raw-dev/invocations HTTP/1.1\r\nhost: local\r\ncontent-length: 9";
    write!(stream, "{head}\r\n\r\n{{").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    tool.wait_for_line("INVOKE raw-dev: the request was cut off");
    tool.wait_for_line("INVOKE raw-dev 400 in ");
}

#[test]
fn what_a_client_sends_cannot_steer_the_terminal() {
    let mut tool = Tool::raw(&[]);
    let name = "%1b%5b2J%0aerror%c2%9b%e2%80%ae";
    assert_eq!(tool.send("POST", &format!("/2015-03-31/functions/{name}/invocations"), &[], "{}").status, 404);
    tool.wait_for_line(r"INVOKE \u{1b}[2J\nerror\u{9b}\u{202e} 404 in ");
    tool.wait_for_line(r"Function not found: \u{1b}[2J\nerror\u{9b}\u{202e};");
    assert_eq!(tool.get("/\u{9b}31m\u{202e}").status, 200);
    tool.wait_for_line(r"GET /dev/\u{9b}31m\u{202e} 200 in ");
}
