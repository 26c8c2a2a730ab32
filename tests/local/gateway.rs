//! Requests through the gateway to processes: reuse, concurrency, crashes, timeouts, streams.

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

use crate::tool::Tool;

/// The number of the process that answered, and how many events it has had.
fn answered(body: &str) -> (u32, u32) {
    let mut words = body.split(' ').skip(1).map(|word| word.parse().unwrap());
    (words.next().unwrap(), words.next().unwrap())
}

#[test]
fn one_process_answers_one_request_after_the_other() {
    let mut tool = Tool::raw(&[]);
    let first = answered(&tool.get("/").text());
    for served in 2..20 {
        assert_eq!(answered(&tool.get("/").text()), (first.0, served));
    }
    let line = tool.wait_for_line("GET /dev/ 200 in ");
    for fact in [", duration ", ", init ", ", billed ", "/256 MB"] {
        assert!(line.contains(fact), "{line}");
    }
}

#[test]
fn the_url_has_the_prefix_of_its_gateway() {
    for (flags, path) in [
        (&["--as", "rest"][..], "/dev/"),
        (&["--as", "rest", "--base-path", "shop"], "/shop/"),
        (&["--as", "http"], "/"),
        (&["--as", "http", "--stage", "prod"], "/prod/"),
        (&["--as", "function-url"], "/"),
        (&["--as", "alb"], "/"),
    ] {
        let tool = Tool::raw(flags);
        assert!(tool.url.ends_with(&format!("{}{path}", tool.address)), "{flags:?}: {}", tool.url);
        assert_eq!(tool.get("/x").status, 200, "{flags:?}");
    }
}

#[test]
fn a_request_without_the_stage_is_refused_by_a_rest_api() {
    let mut tool = Tool::raw(&[]);
    assert_eq!(tool.send("GET", "/other", &[], "").status, 403);
    tool.wait_for_line("GET /other 403");
}

#[test]
fn parts_of_a_response_that_the_gateway_drops_are_warned_of() {
    for (flags, warning) in [
        (&["--as", "rest", "--binary-media-type", "image/png"][..], "the client gets base64 text"),
        (&["--as", "http"], "the gateway ignores `multiValueHeaders`"),
        (&["--as", "alb"], "the ALB ignores `multiValueHeaders`"),
    ] {
        let mut tool = Tool::raw(flags);
        assert_eq!(tool.get("/!dropped!").status, 200, "{flags:?}");
        let line = tool.wait_for_line(warning);
        assert!(line.starts_with("warning: GET /"), "{flags:?}: {line}");
    }
}

#[test]
fn a_crash_is_a_502_and_the_next_request_gets_a_new_process() {
    let mut tool = Tool::raw(&[]);
    let (before, _) = answered(&tool.get("/").text());
    let reply = tool.get("/!crash!");
    assert_eq!((reply.status, reply.text().as_str()), (502, r#"{"message": "Internal server error"}"#));
    tool.wait_for_line("raw: about to crash");
    tool.wait_for_line("Runtime exited with error: exit status 101");
    let (after, served) = answered(&tool.get("/").text());
    assert_ne!(before, after);
    assert_eq!(served, 1);
}

#[test]
fn a_process_that_cannot_start_is_a_502_with_a_hint() {
    let mut tool = Tool::raw(&["--env", "RAW_INIT_CRASH=1"]);
    assert_eq!(tool.get("/").status, 502);
    tool.wait_for_line("raw: cannot start");
    tool.wait_for_line("exit status 7 before it asked for its first event");
    tool.wait_for_line("does its `main` call `zappa_rs::run`?");
}

#[test]
fn a_function_that_hangs_is_killed_at_its_timeout() {
    let mut tool = Tool::raw(&["--timeout", "1"]);
    let (before, _) = answered(&tool.get("/").text());
    assert_eq!(tool.get("/!hang!").status, 502);
    tool.wait_for_line("Task timed out after 1.00 seconds");
    assert_ne!(answered(&tool.get("/").text()).0, before);
}

#[test]
fn an_answer_over_six_megabytes_is_refused_and_the_process_lives() {
    let mut tool = Tool::raw(&[]);
    let (before, _) = answered(&tool.get("/").text());
    assert_eq!(tool.get("/!huge!").status, 502);
    tool.wait_for_line("raw: the runtime api said 413");
    tool.wait_for_line("Function.ResponseSizeTooLarge");
    assert_eq!(answered(&tool.get("/").text()).0, before);
}

#[test]
fn streams_begin_before_they_end_each_in_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    fs::write(&gate, "").unwrap();
    let tool = Tool::raw(&["--as", "function-url", "--streaming", "--env", &format!("RAW_GATE={}", gate.display())]);
    let mut open: Vec<_> = (0..3).map(|_| tool.write("GET", "/!stream!", &[], "")).collect();
    for stream in &mut open {
        assert_eq!(stream.read_head().unwrap().status, 201);
        let mut text = String::new();
        while !text.contains("first ") {
            let line = stream.read_line().unwrap();
            assert_ne!(line, "", "the stream ended: {text}");
            text.push_str(&line);
        }
    }
    fs::remove_file(&gate).unwrap();
    for stream in &mut open {
        let lines = std::iter::repeat_with(|| stream.read_line().unwrap());
        let rest: String = lines.take_while(|line| !line.is_empty()).collect();
        assert!(rest.ends_with("4\r\nlast\r\n0\r\n\r\n"), "{rest:?}");
    }
}

#[test]
fn requests_at_once_get_processes_at_once_and_never_more_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    fs::write(&gate, "").unwrap();
    let mut tool = Tool::raw(&["--concurrency", "2", "--env", &format!("RAW_GATE={}", gate.display())]);
    // All are sent before any is answered, and two are in processes of their own before either is.
    let sent: Vec<_> = (0..12).map(|_| tool.write("GET", "/dev/!gate!", &[], "")).collect();
    tool.wait_for_line("raw: at the gate");
    tool.forget();
    tool.wait_for_line("raw: at the gate");
    fs::remove_file(&gate).unwrap();
    let replies: Vec<_> = sent.into_iter().map(|mut client| client.read("GET").unwrap()).collect();
    assert!(replies.iter().all(|reply| reply.status == 200));
    let processes: HashSet<_> = replies.iter().map(|reply| answered(&reply.text()).0).collect();
    assert_eq!(processes.len(), 2, "{processes:?}");
}

#[test]
fn one_process_works_on_as_many_requests_at_once_as_it_may() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    fs::write(&gate, "").unwrap();
    let env = format!("RAW_GATE={}", gate.display());
    let mut tool = Tool::raw(&["--concurrency", "6", "--concurrency-per-process", "3", "--env", &env]);
    let sent: Vec<_> = (0..6).map(|_| tool.write("GET", "/dev/!gate!", &[], "")).collect();
    for _ in &sent {
        tool.wait_for_line("raw: at the gate");
        tool.forget();
    }
    fs::remove_file(&gate).unwrap();
    let replies: Vec<_> = sent.into_iter().map(|mut client| client.read("GET").unwrap()).collect();
    assert!(replies.iter().all(|reply| reply.status == 200));
    let processes: HashSet<_> = replies.iter().map(|reply| answered(&reply.text()).0).collect();
    assert_eq!(processes.len(), 2, "{processes:?}");

    // What one request does to the process, it does to those beside it.
    fs::write(&gate, "").unwrap();
    let mut beside = tool.write("GET", "/dev/!gate!", &[], "");
    tool.wait_for_line("raw: at the gate");
    let crashed = (0..2).map(|_| tool.get("/!crash!").status).collect::<Vec<_>>();
    assert_eq!((crashed, beside.read("GET").unwrap().status), (vec![502, 502], 502));
    fs::remove_file(&gate).unwrap();
    assert_eq!(tool.get("/").status, 200);
}

#[test]
fn an_error_in_the_middle_of_a_stream_cuts_the_connection() {
    let mut tool = Tool::raw(&["--as", "function-url", "--streaming"]);
    let reply = tool.send("GET", "/!broken-stream!", &[], "");
    assert_eq!(reply.status, 201);
    assert!(reply.text().contains("first "), "{}", reply.text());
    assert!(!reply.is_whole, "the body has its end: {reply:?}");
    tool.wait_for_line(
        "the connection was cut: the function reported an error in the middle of its response: Raw.Broken: half way",
    );
    assert_eq!(tool.get("/").status, 200);
}

#[test]
fn many_headers_are_counted_by_their_size_and_not_by_their_number() {
    let tool = Tool::raw(&[]);
    let names: Vec<_> = (0..900).map(|number| format!("x-{number}")).collect();
    let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(tool.send("GET", "/dev/", &headers[..300], "").status, 200);
    let reply = tool.send("GET", "/dev/", &headers, "");
    let headers: Vec<_> = names.iter().map(|name| (name.as_str(), "a value")).collect();
    let larger = tool.send("GET", "/dev/", &headers, "");
    assert_eq!((reply.status, larger.status), (200, 431));
    assert_eq!(larger.text(), "HTTP header is larger than 10240 bytes.");
}

#[test]
fn a_request_that_is_cut_off_never_reaches_the_function() {
    let mut tool = Tool::raw(&[]);
    for framed in [
        "content-length: 100\r\n\r\nonly a part",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nno size\r\n",
    ] {
        let mut stream = TcpStream::connect(tool.address).unwrap();
        write!(stream, "POST /dev/upload HTTP/1.1\r\nhost: local\r\n{framed}").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        tool.wait_for_line("POST /dev/upload: the request was cut off");
        tool.wait_for_line("POST /dev/upload 400 in ");
        tool.forget();
    }
    assert_eq!(answered(&tool.get("/").text()).1, 1, "the function had an event of a broken request");
}

#[test]
fn a_request_without_its_host_never_reaches_the_function() {
    let tool = Tool::raw(&[]);
    for (version, hosts, status) in [
        ("HTTP/1.1", "", "HTTP/1.1 400 "),
        ("HTTP/1.1", "host: a.example\r\nhost: a.example\r\n", "HTTP/1.1 400 "),
        ("HTTP/1.0", "host: a.example\r\nhost: b.example\r\n", "HTTP/1.0 400 "),
        ("HTTP/1.0", "", "HTTP/1.0 200 "),
    ] {
        let mut stream = TcpStream::connect(tool.address).unwrap();
        write!(stream, "GET /dev/ {version}\r\n{hosts}connection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with(status), "{version} {hosts:?}: {reply}");
    }
    assert_eq!(answered(&tool.get("/").text()).1, 2, "only the request of HTTP/1.0 without a host came before");
}

#[test]
fn a_stream_without_a_body_ends_like_any_other_answer() {
    let mut tool = Tool::raw(&["--as", "function-url", "--streaming"]);
    let mut client = tool.write("HEAD", "/!stream!", &[], "");
    assert_eq!(client.read_head().unwrap().status, 201);
    assert_eq!(client.read_line().unwrap(), "", "nothing follows the head");
    tool.wait_for_line("HEAD /!stream! 201 in ");
    tool.signal("TERM");
    let story = tool.rest();
    assert!(!story.iter().any(|line| line.contains("went away")), "{story:#?}");
}

#[test]
fn a_websocket_upgrade_gets_a_warning_that_names_the_gateway_and_the_way_out() {
    for (gateway, noun) in [
        ("rest", "a REST API"),
        ("http", "an HTTP API"),
        ("function-url", "a Function URL"),
        ("alb", "a load balancer before Lambda"),
    ] {
        let mut tool = Tool::raw(&["--as", gateway]);
        let path = if gateway == "rest" { "/dev/" } else { "/" };
        tool.send("GET", path, &[("connection", "close, upgrade"), ("upgrade", "h2c, WebSocket")], "");
        tool.wait_for_line(&format!("{noun} does not pass WebSocket upgrades"));
        tool.wait_for_line("WebSocket API of API Gateway");
    }
}
