//! The WebSocket API beside the gateway: handshakes, routes, the management API and the ends of connections, by a client
//! that is not ours.

use std::{net::TcpStream, path::Path};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    self, Error, HandshakeError, Message, WebSocket,
    http::Response,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    stage::{project, served},
    support::examples,
    tool::{TIMEOUT, Tool, command},
};

type Client = WebSocket<TcpStream>;
/// The response that refuses a handshake.
type Refusal = Box<Response<Option<Vec<u8>>>>;

const ROUTES: &str = "[stage.dev.websocket]\nroutes = [\"$connect\", \"$disconnect\", \"$default\", \"ask\"]\n";

/// Connects to a path.
fn connect(tool: &Tool, path: &str) -> Result<Client, Refusal> {
    let stream = TcpStream::connect(tool.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    match tungstenite::client(format!("ws://{}{path}", tool.address), stream) {
        Ok((client, _)) => Ok(client),
        Err(HandshakeError::Failure(Error::Http(response))) => Err(response),
        Err(error) => panic!("{error}"),
    }
}

fn connected(tool: &Tool, path: &str) -> Client {
    connect(tool, path).unwrap_or_else(|response| panic!("{response:?}"))
}

fn text(client: &mut Client) -> String {
    match client.read() {
        Ok(Message::Text(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The code and the reason with which the other side closes.
fn close_of(client: &mut Client) -> (u16, String) {
    match client.read() {
        Ok(Message::Close(Some(frame))) => (frame.code.into(), frame.reason.to_string()),
        other => panic!("{other:?}"),
    }
}

/// The next event that the raw function writes.
fn event(tool: &mut Tool) -> Value {
    let line = tool.wait_for_line("raw: {");
    tool.forget();
    serde_json::from_str(line.split_once("raw: ").unwrap().1).unwrap()
}

#[test]
fn a_connection_has_the_events_that_aws_delivers() {
    let folder = project(ROUTES);
    let mut tool = served(folder.path(), &[]);
    let line = tool.wait_for_line("Accepting connections to the WebSocket API at ");
    assert!(line.ends_with(&format!("ws://{}/dev", tool.address)), "{line}");
    let mut client = connected(&tool, "/dev?wish=!echo!");
    let first = event(&mut tool);
    let context = &first["requestContext"];
    for (key, expected) in [
        ("routeKey", json!("$connect")),
        ("eventType", json!("CONNECT")),
        ("messageDirection", json!("IN")),
        ("stage", json!("dev")),
        ("identity", json!({ "sourceIp": "127.0.0.1" })),
        ("requestId", context["extendedRequestId"].clone()),
        ("domainName", json!(format!("{}.execute-api.eu-west-1.amazonaws.com", context["apiId"].as_str().unwrap()))),
    ] {
        assert_eq!(context[key], expected, "{key}");
    }
    assert_eq!(first["queryStringParameters"], json!({ "wish": "!echo!" }));
    assert_eq!(first["headers"]["Sec-WebSocket-Version"], "13");
    assert_eq!(first["multiValueHeaders"]["Host"], json!([tool.address.to_string()]));
    assert!(first["headers"]["Upgrade"].is_null() && first["headers"]["Connection"].is_null(), "{first}");

    let body = r#"{"action":"ask","wish":"!echo!"}"#;
    client.send(Message::text(body)).unwrap();
    let message = event(&mut tool);
    assert_eq!(message["body"], body);
    assert_eq!(message["requestContext"]["routeKey"], "ask");
    assert_eq!(message["requestContext"]["eventType"], "MESSAGE");
    assert!(message["requestContext"]["messageId"].is_string() && message["headers"].is_null(), "{message}");
    for key in ["connectionId", "connectedAt", "apiId", "domainName"] {
        assert_eq!(message["requestContext"][key], context[key], "{key}");
    }

    client.send(Message::text("!echo! in words")).unwrap();
    assert_eq!(event(&mut tool)["requestContext"]["routeKey"], "$default");

    client.close(Some(CloseFrame { code: CloseCode::Away, reason: "!echo!".into() })).unwrap();
    let last = event(&mut tool);
    assert_eq!(last["requestContext"]["eventType"], "DISCONNECT");
    assert_eq!(last["requestContext"]["disconnectStatusCode"], 1001);
    assert_eq!(last["requestContext"]["disconnectReason"], "!echo!");
    assert_eq!(last["requestContext"]["connectionId"], context["connectionId"]);
    tool.wait_for_line("DISCONNECT $disconnect 200 in ");
}

#[test]
fn connect_refuses_the_handshake_by_its_status() {
    let folder = project(ROUTES);
    let mut tool = served(folder.path(), &[]);
    let refused = |path: &str| connect(&tool, path).expect_err(path);
    assert_eq!(refused("/dev?wish=!refuse!").status(), 403);
    let failed = refused("/dev?wish=!error!");
    let body: Value = serde_json::from_slice(failed.body().as_deref().unwrap_or_default()).unwrap_or_default();
    assert_eq!((failed.status().as_u16(), &body["message"]), (502, &json!("Internal server error")), "{failed:?}");
    assert_eq!(refused("/other").status(), 403);
    tool.wait_for_line("clients of the WebSocket API connect to `/dev`");
    // Nobody was connected, so that nobody leaves.
    tool.signal("TERM");
    let log = tool.rest();
    assert!(!log.iter().any(|line| line.contains("DISCONNECT")), "{log:#?}");
}

#[test]
fn only_a_route_with_a_response_answers_and_every_failure_does() {
    let folder = project(&format!("{ROUTES}responses = [\"ask\"]\n"));
    let mut tool = served(folder.path(), &[]);
    let mut client = connected(&tool, "/dev");
    client.send(Message::text(r#"{"action":"ask"}"#)).unwrap();
    assert!(text(&mut client).starts_with("first "));
    client.send(Message::text("hello")).unwrap();
    tool.wait_for_line("the client does not get the response to `$default`");
    client.send(Message::text("!error!")).unwrap();
    let error: Value = serde_json::from_str(&text(&mut client)).unwrap();
    assert_eq!(error["message"], "Internal server error");
    assert!(error["connectionId"].is_string() && error["requestId"].is_string(), "{error}");
}

#[test]
fn a_message_without_a_route_is_forbidden() {
    let folder = project("[stage.dev.websocket]\nroutes = [\"$connect\", \"ask\"]\n");
    let mut tool = served(folder.path(), &[]);
    let mut client = connected(&tool, "/dev/");
    client.send(Message::text(r#"{"action":"other"}"#)).unwrap();
    let error: Value = serde_json::from_str(&text(&mut client)).unwrap();
    assert_eq!(error["message"], "Forbidden");
    tool.wait_for_line("no route takes the message by `$request.body.action`");
}

#[test]
fn limits_close_the_connection_and_a_ping_is_answered() {
    let folder = project(ROUTES);
    let tool = served(folder.path(), &[]);
    let mut client = connected(&tool, "/dev");
    client.send(Message::Ping("are you there".into())).unwrap();
    assert!(matches!(client.read(), Ok(Message::Pong(text)) if text == "are you there"));
    client.send(Message::text("a".repeat(40_000))).unwrap();
    assert_eq!(close_of(&mut client), (1009, String::new()));
    let mut client = connected(&tool, "/dev");
    client.send(Message::binary(vec![1, 2, 3])).unwrap();
    assert_eq!(close_of(&mut client), (1003, String::new()));
}

#[test]
fn the_end_of_the_tool_ends_its_connections_with_their_handlers() {
    let folder = project(ROUTES);
    let mut tool = served(folder.path(), &[]);
    let mut client = connected(&tool, "/dev");
    tool.signal("TERM");
    assert_eq!(close_of(&mut client), (1001, "Going away".to_owned()));
    assert!(tool.rest().iter().any(|line| line.contains("DISCONNECT $disconnect 200")));
}

#[test]
fn the_management_api_posts_describes_and_ends_a_connection() {
    let folder = project(ROUTES);
    let mut tool = served(folder.path(), &[]);
    let mut client = connected(&tool, "/dev?wish=!echo!");
    let id = event(&mut tool)["requestContext"]["connectionId"].as_str().unwrap().replace('=', "%3D");
    let path = format!("/dev/@connections/{id}");
    assert_eq!(tool.send("POST", &path, &[], "hello from outside").status, 200);
    assert_eq!(text(&mut client), "hello from outside");
    let found: Value = serde_json::from_str(&tool.send("GET", &path, &[], "").text()).unwrap();
    assert_eq!(found["identity"]["sourceIp"], "127.0.0.1");
    assert!(found["connectedAt"].as_str() <= found["lastActiveAt"].as_str(), "{found}");
    assert_eq!(tool.send("POST", &path, &[], &"a".repeat(128 * 1024 + 1)).status, 413);
    assert_eq!(tool.send("POST", &path, &[("origin", "http://evil.example")], "x").status, 403);
    assert_eq!(tool.send("DELETE", &path, &[], "").status, 204);
    assert_eq!(close_of(&mut client).0, 1000);
    tool.wait_for_line("DISCONNECT $disconnect 200");
    for method in ["POST", "GET", "DELETE"] {
        assert_eq!(tool.send(method, &path, &[], "").status, 410, "{method}");
    }
    // The gateway beside it serves as before.
    assert_eq!(tool.get("/").status, 200);
}

/// Serves the chat as one process, which holds who is connected.
fn chat(folder: &Path) -> Tool {
    let mut command = command(folder);
    command.args(["local", "--port", "0", "--concurrency", "1", "--binary"]).arg(examples::binary("chat"));
    Tool::start(command)
}

#[test]
fn a_chat_reaches_everyone_who_is_connected() {
    let folder = project(
        "[stage.dev.websocket]\nroutes = [\"$connect\", \"$disconnect\", \"say\", \"whoami\", \"kick\", \"panic\"]\n\
         responses = [\"whoami\"]\n",
    );
    let mut tool = chat(folder.path());
    let stranger = connect(&tool, "/dev").expect_err("it has no ticket");
    assert_eq!(stranger.status(), 401);
    let mut ada = connected(&tool, "/dev?token=open%20sesame");
    let mut bob = connected(&tool, "/dev?token=open%20sesame");
    ada.send(Message::text(r#"{"action":"say","text":"hello, all"}"#)).unwrap();
    assert_eq!((text(&mut ada), text(&mut bob)), ("hello, all".to_owned(), "hello, all".to_owned()));

    bob.send(Message::text(r#"{"action":"whoami"}"#)).unwrap();
    let answer = text(&mut bob);
    let (id, rest) = answer.split_once(' ').unwrap();
    assert_eq!(rest, "Some(127.0.0.1) true");
    bob.send(Message::text(r#"{"action":"panic"}"#)).unwrap();
    let error: Value = serde_json::from_str(&text(&mut bob)).unwrap();
    assert_eq!((&error["message"], &error["connectionId"]), (&json!("Internal server error"), &json!(id)));

    bob.send(Message::text(r#"{"action":"kick"}"#)).unwrap();
    assert_eq!(close_of(&mut bob).0, 1000);
    tool.wait_for_line(&format!("{id} has left"));
    let body = json!([id, "are you there?"]).to_string();
    let gone = tool.send("POST", "/dev/post-to", &[("content-type", "application/json")], &body);
    assert_eq!(gone.status, 410, "{}", gone.text());
    ada.send(Message::text(r#"{"action":"say","text":"alone"}"#)).unwrap();
    assert_eq!(text(&mut ada), "alone");
}
