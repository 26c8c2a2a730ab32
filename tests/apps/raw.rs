//! A function that speaks the Runtime API directly; the event's `body` selects its behaviour, correct or not.
//!
//! It uses the standard library only, so that `rustc` alone builds it: the tests need misbehaviour that runtime crates
//! prevent.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

/// The version, which tests edit.
const VERSION: &str = "first";

struct Event {
    id: String,
    deadline: String,
    arn: String,
    payload: String,
}

fn main() {
    if env::var_os("RAW_NEVER_POLLS").is_some() {
        loop {
            thread::park();
        }
    }
    if env::var_os("RAW_INIT_CRASH").is_some() {
        eprintln!("raw: cannot start");
        std::process::exit(7);
    }
    // Listens on a port, like a second server beside the app.
    let port = env::var("RAW_PORT").ok().map(|port| format!("127.0.0.1:{port}"));
    let _second = port.map(|address| std::net::TcpListener::bind(address).unwrap());
    let served = AtomicU32::new(0);
    let work = || loop {
        let event = next();
        act(&event, served.fetch_add(1, Ordering::Relaxed) + 1);
    };
    let seats = env::var("AWS_LAMBDA_MAX_CONCURRENCY").map_or(1, |seats| seats.parse().unwrap());
    thread::scope(|scope| {
        for _ in 1..seats {
            scope.spawn(work);
        }
        work();
    });
}

fn act(event: &Event, served: u32) {
    let wish = ["crash", "hang", "huge", "error", "stream", "broken-stream", "wrong-id", "log", "env", "files", "locked", "facts", "dropped", "gate", "echo", "refuse", "cors", "rebound"]
        .into_iter()
        .find(|wish| event.payload.contains(&format!("!{wish}!")));
    match wish {
        Some("crash") => {
            eprintln!("raw: about to crash");
            std::process::exit(101);
        }
        Some("hang") => {
            eprintln!("raw: hangs");
            loop {
                thread::park();
            }
        }
        Some("locked") => {
            respond(event, r#"{"statusCode":500,"body":"database is locked"}"#);
        }
        // Headers that some gateway drops.
        Some("dropped") => {
            let binary = r#""headers":{"content-type":"application/pdf"},"body":"aGk=","isBase64Encoded":true"#;
            respond(event, &format!(r#"{{"statusCode":200,"multiValueHeaders":{{"x-one":["1"]}},{binary}}}"#));
        }
        Some("huge") => {
            let status = respond(event, &response(&"x".repeat((6 << 20) + 200)));
            eprintln!("raw: the runtime api said {status}");
        }
        Some("error") => {
            let document = r#"{"errorType":"Raw.Error","errorMessage":"as wished"}"#;
            post(&format!("invocation/{}/error", event.id), document);
        }
        Some("stream") => stream(event, false),
        Some("broken-stream") => stream(event, true),
        Some("wrong-id") => {
            let status = post("invocation/00000000-0000-0000-0000-000000000000/response", &response("stolen"));
            respond(event, &response(&status.to_string()));
        }
        Some("rebound") => {
            let refused = call_as_pages(&event.id);
            respond(event, &response(&refused));
        }
        Some("log") => {
            println!("raw: on stdout");
            eprintln!("raw: on stderr");
            respond(event, &response("logged"));
        }
        Some("env") => {
            let mut all: Vec<_> = env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            all.sort();
            respond(event, &response(&all.join("|")));
        }
        Some("files") => {
            let mut all = vec![format!("in {}", env::current_dir().unwrap().display())];
            files(std::path::Path::new("."), &mut all);
            respond(event, &response(&all.join("|")));
        }
        Some("facts") => {
            respond(event, &response(&format!("{}|{}|{}", event.id, event.deadline, event.arn)));
        }
        Some("cors") => {
            let own = r#""headers":{"access-control-allow-origin":"https://own.example"}"#;
            respond(event, &format!(r#"{{"statusCode":200,{own},"body":"own"}}"#));
        }
        Some("refuse") => {
            respond(event, r#"{"statusCode":403,"body":"no"}"#);
        }
        Some("echo") => {
            eprintln!("raw: {}", event.payload);
            respond(event, &response("echoed"));
        }
        Some("gate") => {
            eprintln!("raw: at the gate");
            wait_at_gate();
            respond(event, &response(&format!("{VERSION} {} {served}", std::process::id())));
        }
        _ => {
            respond(event, &response(&format!("{VERSION} {} {served}", std::process::id())));
        }
    }
}

/// Lists a directory recursively: mode, name, and the text of a short file.
fn files(folder: &std::path::Path, all: &mut Vec<String>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        let text = if metadata.len() < 100 { std::fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        all.push(format!("{mode:o} {} {text}", path.display()).trim_end().to_owned());
        if metadata.is_dir() {
            files(&path, all);
        }
    }
}

fn response(body: &str) -> String {
    format!(r#"{{"statusCode":200,"body":"{}"}}"#, body.replace('\\', "\\\\").replace('"', "\\\""))
}

fn connect() -> TcpStream {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").expect("the runtime api's address");
    TcpStream::connect(address).unwrap_or_else(|_| std::process::exit(0))
}

fn next() -> Event {
    let mut stream = connect();
    let request = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let (status, head, body) = read(stream);
    if status != 200 {
        std::process::exit(0);
    }
    let header = |name: &str| {
        let line = head.iter().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    Event {
        id: header("lambda-runtime-aws-request-id"),
        deadline: header("lambda-runtime-deadline-ms"),
        arn: header("lambda-runtime-invoked-function-arn"),
        payload: String::from_utf8(body).unwrap(),
    }
}

fn respond(event: &Event, body: &str) -> u16 {
    post(&format!("invocation/{}/response", event.id), body)
}

fn post(path: &str, body: &str) -> u16 {
    let mut stream = connect();
    let head = format!(
        "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    read(stream).0
}

/// The status of each call of the Runtime API and the Extensions API as a web page sends it.
fn call_as_pages(id: &str) -> String {
    let calls = [
        "GET /2018-06-01/runtime/invocation/next".to_owned(),
        "POST /2018-06-01/runtime/init/error".to_owned(),
        format!("POST /2018-06-01/runtime/invocation/{id}/response"),
        format!("POST /2018-06-01/runtime/invocation/{id}/error"),
        "POST /2020-01-01/extension/register".to_owned(),
        "GET /2020-01-01/extension/event/next".to_owned(),
    ];
    let pages = [
        "host: rebind.example",
        "host: 127.0.0.1\r\norigin: https://page.example",
        "host: 127.0.0.1\r\nsec-fetch-site: cross-site",
    ];
    let statuses = pages.iter().flat_map(|page| {
        calls.iter().map(move |call| {
            let mut stream = connect();
            let name = "lambda-extension-name: page";
            let head = format!("{call} HTTP/1.1\r\n{page}\r\n{name}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
            stream.write_all(head.as_bytes()).unwrap();
            let (status, head, body) = read(stream);
            let is_guarded = String::from_utf8_lossy(&body).contains("\"errorType\":\"AccessDenied\"");
            assert!(is_guarded || status != 403, "{head:?}");
            status.to_string()
        })
    });
    statuses.collect::<Vec<_>>().join(" ")
}

/// Waits until the file of the variable `RAW_GATE` is removed.
fn wait_at_gate() {
    let gate = env::var("RAW_GATE").unwrap_or_default();
    while !gate.is_empty() && std::path::Path::new(&gate).exists() {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Streams two chunks; between them it waits until the file of the variable `RAW_GATE` is removed.
fn stream(event: &Event, is_broken: bool) {
    let mut stream = connect();
    let head = format!(
        "POST /2018-06-01/runtime/invocation/{}/response HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         lambda-runtime-function-response-mode: streaming\r\n\
         content-type: application/vnd.awslambda.http-integration-response\r\ntransfer-encoding: chunked\r\n\
         trailer: lambda-runtime-function-error-type, lambda-runtime-function-error-body\r\n\r\n",
        event.id
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut chunk = |data: &[u8]| {
        stream.write_all(format!("{:x}\r\n", data.len()).as_bytes()).unwrap();
        stream.write_all(data).unwrap();
        stream.write_all(b"\r\n").unwrap();
    };
    chunk(b"{\"statusCode\":201,\"headers\":{\"content-type\":\"text/plain\"}}\0\0\0\0\0\0\0\0");
    chunk(b"first ");
    wait_at_gate();
    if is_broken {
        // {"errorMessage":"half way"}
        let trailers = "lambda-runtime-function-error-type: Raw.Broken\r\n\
                        lambda-runtime-function-error-body: eyJlcnJvck1lc3NhZ2UiOiJoYWxmIHdheSJ9\r\n";
        stream.write_all(format!("0\r\n{trailers}\r\n").as_bytes()).unwrap();
    } else {
        chunk(b"last");
        stream.write_all(b"0\r\n\r\n").unwrap();
    }
    read(stream);
}

fn read(stream: TcpStream) -> (u16, Vec<String>, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => std::process::exit(0),
            Ok(_) if line == "\r\n" => break,
            Ok(_) => head.push(line.trim_end().to_owned()),
        }
    }
    let status = head[0].split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    (status, head, body)
}
