//! `zappa_rs::run` outside Lambda: the plain HTTP server's start, requests and shutdown.

mod support;

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Command,
    time::{Duration, Instant},
};
#[cfg(unix)]
use std::{
    io::{Read as _, Write as _},
    os::{
        fd::OwnedFd,
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
};
use support::{
    client::{Client, Request},
    process::Process,
    server::{Server, plain_command},
};

/// The timeout of a server's shutdown: longer than any request of these tests.
const STOP: Duration = Duration::from_secs(20);

#[test]
fn host_and_port_come_from_the_environment() {
    let server = Server::announced(plain_command("hello").env("HOST", "localhost").env("PORT", "0"));
    assert!(server.address.ip().is_loopback(), "{}", server.address);
    let response = server.connect().unwrap().send(&Request::get("/")).unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "hello"));
}

#[test]
fn a_web_function_is_served_where_aws_wants_it() {
    // Lambda's own variable is set too; the more specific one takes precedence.
    let mut command = plain_command("hello");
    command.env("AWS_LAMBDA_HTTP_ENDPOINT", "http://127.0.0.1:0").env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1");
    let server = Server::announced(&mut command);
    assert_eq!(server.connect().unwrap().send(&Request::get("/")).unwrap().text(), "hello");
}

#[test]
fn a_port_in_use_is_an_error_with_a_hint() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (status, stdout, stderr) = Process::start(plain_command("hello").env("PORT", &port)).wait(STOP);
    assert_eq!((status.code(), stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("cannot listen on port {port} of `127.0.0.1`")), "{stderr}");
    assert!(stderr.contains("hint: ") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn an_invalid_port_is_an_error_that_names_it() {
    for port in ["eighty", "65536", "-1"] {
        let (status, _, stderr) = Process::start(plain_command("hello").env("PORT", port)).wait(STOP);
        assert_eq!(status.code(), Some(1), "{port}: {stderr}");
        assert!(stderr.contains(&format!("`PORT={port}` is not a valid port")), "{port}: {stderr}");
    }
}

#[test]
fn requests_share_a_connection_until_the_client_closes_it() {
    let server = Server::plain("hello", &[]);
    let mut client = server.connect().unwrap();
    for _ in 0..3 {
        assert_eq!(client.send(&Request::get("/")).unwrap().text(), "hello");
    }
    let last = client.send(&Request::get("/").with("connection", "close")).unwrap();
    assert_eq!(last.header("connection").as_deref(), Some("close"));
    assert_eq!(client.read_line().unwrap(), "", "the connection is closed");
}

#[test]
fn the_app_sees_the_client_and_the_request_as_they_are() {
    let server = Server::plain("faults", &[]);
    let body: Vec<u8> = (0..=255).collect();
    let request = Request::new("PATCH", "//a%2Fb/../c;v=1?q=1&q=a+b%20c&flag")
        .with("x-one", "1")
        .with("x-bytes", b"caf\xe9")
        .with("x-one", "2, 3")
        .with_body("application/octet-stream", body.clone());
    let echo = server.connect().unwrap().send(&request).unwrap().json();
    assert_eq!(echo["method"], "PATCH");
    assert_eq!(echo["uri"], request.target.as_str());
    assert_eq!(echo["original_uri"], request.target.as_str());
    assert!(echo["client"].as_str().unwrap().starts_with("127.0.0.1:"), "{echo}");
    assert_eq!(echo["body"], base64_simd::STANDARD.encode_to_string(&body));
    let values = |name: &str| -> Vec<Vec<u8>> {
        let pairs = echo["headers"].as_array().unwrap().iter();
        let values = pairs.filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap());
        values.map(|value| base64_simd::STANDARD.decode_to_vec(value).unwrap()).collect()
    };
    assert_eq!(values("x-one"), [b"1".to_vec(), b"2, 3".to_vec()]);
    assert_eq!(values("x-bytes"), [b"caf\xe9".to_vec()]);
    assert_eq!(values("host"), [server.address.to_string().into_bytes()]);
}

#[test]
fn invalid_http_is_rejected_and_the_next_client_is_served() {
    let server = Server::plain("hello", &[]);
    let mut rude = server.connect().unwrap();
    rude.write_raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n").unwrap();
    assert_eq!(rude.read("GET").unwrap().status, 400);
    assert_eq!(server.connect().unwrap().send(&Request::get("/")).unwrap().status, 200);
}

#[test]
fn a_panic_ends_one_request_and_not_the_server() {
    let server = Server::plain("faults", &[]);
    assert_eq!(server.connect().unwrap().send(&Request::get("/panic")).unwrap().status, 500);
    let cut = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
    for route in ["/panic-in-body", "/error-in-body", "/error-mid-stream"] {
        // The status may be sent before the body fails: then the connection is cut, and no client takes that for a
        // whole response.
        let mut client = server.connect().unwrap();
        client.write(&Request::get(route)).unwrap();
        match client.read("GET") {
            Ok(response) => assert!(!response.is_whole, "{route}: {response:?}"),
            Err(error) => assert!(cut.contains(&error.kind()), "{route}: {error:?}"),
        }
        assert_eq!(server.connect().unwrap().send(&Request::get("/sized")).unwrap().status, 200, "after {route}");
    }
}

#[test]
fn events_arrive_as_they_happen() {
    let server = Server::plain("bookmarks", &[]);
    let mut client = server.connect().unwrap();
    // The stream has no end, so every event that is read was sent before the end.
    client.write(&Request::get("/events?every=1")).unwrap();
    let head = client.read_head().unwrap();
    assert_eq!(head.header("content-type").as_deref(), Some("text/event-stream"));
    next_event(&mut client, "3");
}

#[cfg(unix)]
#[test]
fn sigterm_lets_a_request_in_flight_finish() {
    let server = Server::plain("bookmarks", &[]);
    let mut client = server.connect().unwrap();
    client.write(&Request::get("/events?n=4&every=200")).unwrap();
    assert_eq!(client.read_head().unwrap().status, 200);
    next_event(&mut client, "1");
    server.process.signal("TERM");
    next_event(&mut client, "4");
    let address = server.address;
    let (status, _, stderr) = server.process.wait(STOP);
    assert!(status.success(), "{status}: {stderr}");
    assert!(Client::connect(address).is_err(), "it still listens");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_though_a_client_keeps_its_connection() {
    let server = Server::plain("hello", &[]);
    let mut idle = server.connect().unwrap();
    assert_eq!(idle.send(&Request::get("/")).unwrap().status, 200);
    server.process.signal("INT");
    let (status, _, stderr) = server.process.wait(STOP);
    assert!(status.success(), "{status}: {stderr}");
    assert_eq!(idle.read_line().unwrap(), "", "the connection is closed");
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_process_while_a_request_is_in_flight() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut server = Server::announced(mains("one").env("PORT", "0"));
        let mut client = server.connect().unwrap();
        client.write(&Request::get("/slow")).unwrap();
        server.process.wait_for(STOP, "called", |_, line| (line == "called").then_some(()));
        server.process.signal(signal);
        wait_until_closed(server.address);
        assert!(server.process.is_running(), "a request is in flight");
        server.process.signal(signal);
        assert_eq!(server.process.wait(STOP).0.code(), Some(code), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_process_while_a_second_server_goes_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut server = Server::announced(mains("beside").env("PORT", "0"));
        server.process.signal(signal);
        wait_until_closed(server.address);
        assert!(server.process.is_running(), "the second server goes on");
        server.process.signal(signal);
        assert_eq!(server.process.wait(STOP).0.code(), Some(code), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn signals_end_the_process_when_run_was_dropped() {
    let mut process = Process::start(mains("select").env("PORT", "0"));
    process.wait_for(STOP, "beside", |_, line| (line == "beside").then_some(()));
    signal_until_it_ends(process, "TERM", 143);
}

#[cfg(unix)]
#[test]
fn signals_end_the_process_when_its_threads_are_stuck() {
    let mut server = Server::announced(mains("one").envs([("PORT", "0"), ("TOKIO_WORKER_THREADS", "1")]));
    let mut client = server.connect().unwrap();
    client.write(&Request::get("/stuck")).unwrap();
    server.process.wait_for(STOP, "stuck", |_, line| (line == "stuck").then_some(()));
    signal_until_it_ends(server.process, "INT", 130);
}

#[test]
fn several_run_beside_each_other_each_on_its_port() {
    let server = Server::announced(mains("two-runs").env("PORT", "0"));
    let mut process = server.process;
    let second = process.wait_for(STOP, "the address of the second listener", |_, line| {
        line.strip_prefix("listening on http://")?.parse().ok()
    });
    let text = |address| Client::connect(address).unwrap().send(&Request::get("/")).unwrap().text();
    let mut texts = [text(server.address), text(second)];
    texts.sort();
    assert_eq!(texts, ["one", "two"]);
}

#[test]
fn a_program_binds_its_own_address_whatever_the_environment_says() {
    let server = Server::announced(mains("bound").env("PORT", "not a port"));
    assert_eq!(server.connect().unwrap().send(&Request::get("/")).unwrap().text(), "bound");
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_served_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let _process = unix(&path);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /client HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("\r\n\r\n127.0.0.1:0"), "{response}");
    // The first process still has the path.
    let (status, _, stderr) = Process::start(mains("unix").env("SOCKET", &path)).wait(STOP);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("listener cannot be used") && stderr.contains("hint: "), "{stderr}");
    assert!(UnixStream::connect(&path).is_ok(), "the process that failed took nothing with it");
}

#[cfg(target_os = "linux")]
#[test]
fn a_unix_socket_goes_with_its_process_so_that_the_next_one_starts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    for signal in ["INT", "TERM"] {
        let process = unix(&path);
        process.signal(signal);
        let (status, _, stderr) = process.wait(STOP);
        assert!(status.success(), "{stderr}");
        assert!(path.symlink_metadata().is_err(), "{signal} leaves the socket file");
    }
}

#[cfg(unix)]
#[test]
fn a_unix_socket_of_another_process_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    // A server that bound the same path later.
    let process = unix(&path);
    std::fs::remove_file(&path).unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    process.signal("INT");
    assert!(process.wait(STOP).0.success());
    assert!(UnixStream::connect(&path).is_ok(), "the successor's socket");
    // A socket that systemd passes, now and to the next start.
    let mut command = activated("unix-activated");
    let mut process = Process::start_with(&mut command, OwnedFd::from(listener.try_clone().unwrap()));
    wait_for_socket(&mut process, &path);
    process.signal("INT");
    assert!(process.wait(STOP).0.success());
    assert!(UnixStream::connect(&path).is_ok(), "systemd's socket");
}

#[cfg(unix)]
#[test]
fn a_socket_of_systemd_is_served() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut command = activated("activated");
    command.env("PORT", "1");
    let _process = Process::start_with(&mut command, OwnedFd::from(listener));
    assert_eq!(Client::connect(address).unwrap().send(&Request::get("/")).unwrap().text(), "activated");
}

/// A program of `tests/apps/mains.rs`.
fn mains(main: &str) -> Command {
    let mut command = plain_command("mains");
    command.env("MAIN", main);
    command
}

/// A program of `tests/apps/mains.rs` that takes its socket from systemd: as descriptor 3, for the process that is
/// named.
#[cfg(unix)]
fn activated(main: &str) -> Command {
    let program = mains(main).get_program().to_owned();
    let mut command = Command::new("sh");
    let script = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0""#;
    command.args(["-c", script]).arg(program).env("MAIN", main);
    command
}

/// A process that serves on the Unix socket at `path`.
#[cfg(unix)]
fn unix(path: &Path) -> Process {
    let mut process = Process::start(mains("unix").env("SOCKET", path));
    wait_for_socket(&mut process, path);
    process
}

#[cfg(unix)]
fn wait_for_socket(process: &mut Process, path: &Path) {
    let announced = format!("listening on unix:{}", path.display());
    process.wait_for(STOP, &announced, |_, line| (line == announced).then_some(()));
}

/// Waits until the address does not accept connections any more.
fn wait_until_closed(address: SocketAddr) {
    let end = Instant::now() + STOP;
    while Client::connect(address).is_ok() {
        assert!(Instant::now() < end, "{address} is still open");
    }
}

/// Sends a signal until the process has ended, as signals in quick succession are one.
fn signal_until_it_ends(mut process: Process, signal: &str, code: i32) {
    let end = Instant::now() + STOP;
    while process.is_running() {
        assert!(Instant::now() < end, "{signal} does not end it");
        process.signal(signal);
    }
    assert_eq!(process.wait(STOP).0.code(), Some(code));
}

/// Reads until the event with this number.
fn next_event(client: &mut Client, number: &str) {
    let wanted = format!("data: {number}\n");
    loop {
        let line = client.read_line().expect("a line in time");
        assert_ne!(line, "", "the stream ended before event {number}");
        if line == wanted {
            return;
        }
    }
}
