//! Every example, asked the same three times: as an ordinary server, behind an emulated REST API, behind an emulated HTTP
//! API. The responses are the same but for what `three_ways/differences.rs` names.

#[path = "three_ways/differences.rs"]
mod differences;
#[cfg(test)]
#[path = "three_ways/host.rs"]
mod host;
#[cfg(test)]
#[path = "three_ways/links.rs"]
mod links;
#[cfg(test)]
#[path = "three_ways/redirects.rs"]
mod redirects;
mod support;
#[path = "three_ways/visitor.rs"]
mod visitor;

use differences::{Loss, Way};
use serde_json::{Value, json};
use std::{path::Path, thread};
use support::{
    client::{Client, Request},
    response::Response,
    server::Server,
};
use visitor::{Visitor, compare};

/// The tool that these tests are about.
fn tool() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_zappa-rs"))
}

#[test]
fn hello() {
    compare("hello", |visitor| {
        for target in ["/", "/?a=1", "/nothing"] {
            visitor.send(&Request::get(target));
        }
        visitor.send(&Request::new("HEAD", "/"));
        visitor.send(&Request::new("POST", "/").with_body("text/plain", "x"));
    });
}

#[test]
fn currency() {
    compare("currency", |visitor| {
        let greeting = visitor.send(&Request::get("/hello?name=J%C3%BCrgen%20%26%20Co"));
        assert_eq!(greeting.json(), json!({"message": "Hello, Jürgen & Co!"}));
        let exact = visitor.send(&Request::get("/convert?from=EUR&to=USD&amount=0.10"));
        assert_eq!(exact.json()["result"], "0.12");
        let none = visitor.send(&Request::get("/convert?from=eur&to=jpy&amount=12.30"));
        assert_eq!(none.json()["result"], "2263", "the yen has no smaller coin");
        let wish = json!({"from": "USD", "to": "KWD", "amount": "79228162514264337593543950335"});
        let huge = visitor.send(&Request::new("POST", "/convert").with_body("application/json", wish.to_string()));
        assert_eq!(huge.status, 200, "{huge:?}");
        for (target, status) in [
            ("/convert?from=EUR&to=XXX&amount=1", 404),
            ("/convert?from=EUR&to=USD&amount=1e3", 400),
            ("/convert?from=EUR&to=USD&amount=-1", 400),
            ("/convert?from=EUR&to=USD&amount=99999999999999999999999999999999", 400),
            ("/convert?from=EUR&to=USD", 400),
            ("/convert?from=EUR&to=USD&amount=%FF", 400),
            ("/", 404),
        ] {
            let response = visitor.send(&Request::get(target));
            assert_eq!(response.status, status, "{target}: {response:?}");
            assert!(response.json()["error"].is_string(), "{target}: {response:?}");
        }
        let broken = Request::new("POST", "/convert").with_body("application/json", "{");
        assert_eq!(visitor.send(&broken).status, 400);
        assert_eq!(visitor.send(&Request::new("DELETE", "/hello")).status, 405);
    });
}

#[test]
fn bookmarks_are_created_read_replaced_and_removed() {
    compare("bookmarks", |visitor| {
        let draft =
            |title| json!({"url": "https://example.org/?a=1&b=<2>", "title": title, "tags": ["a", "ü"]}).to_string();
        let created = visitor.send(&Request::new("POST", "/bookmarks").with_body("application/json", draft("Füße")));
        assert_eq!(created.status, 201);
        visitor.send(&Request::get("/bookmarks/1"));
        visitor.send(&Request::new("PUT", "/bookmarks/1").with_body("application/json", draft("new")));
        let listed = visitor.send(&Request::get("/bookmarks?tag=%C3%BC"));
        assert_eq!(listed.json()[0]["title"], "new");
        visitor.send(&Request::get("/bookmarks?tag=none"));
        let form = "title=By+form&url=https%3A%2F%2Fexample.org&tags=x%2C+y";
        let added = visitor.send(&Request::new("POST", "/add").with_body("application/x-www-form-urlencoded", form));
        assert_eq!(added.status, 303);
        let script = json!({"url": "javascript:alert(1)", "title": ""}).to_string();
        let refused = visitor.send(&Request::new("POST", "/bookmarks").with_body("application/json", script));
        assert_eq!(refused.status, 422);
        let page = visitor.send(&Request::get("/"));
        assert!(page.text().contains("https://example.org/?a=1&amp;b=&lt;2&gt;"), "{page:?}");
        assert!(page.text().contains("By form"), "{page:?}");
        assert_eq!(visitor.send(&Request::new("DELETE", "/bookmarks/1")).status, 204);
        assert_eq!(visitor.send(&Request::get("/bookmarks/1")).status, 404);
        assert_eq!(visitor.send(&Request::get("/bookmarks/one")).status, 400);
    });
}

#[test]
fn files_come_back_byte_for_byte() {
    compare("bookmarks", |visitor| {
        let big = noise(4 * 1024 * 1024);
        let put = Request::new("PUT", "/files/big.bin").with_body("application/octet-stream", big.clone());
        assert_eq!(visitor.send(&put).status, 201);
        let back = visitor.send(&Request::get("/files/big.bin"));
        assert!(back.is_whole && back.body == big, "{back:?}");
        let named =
            Request::new("PUT", "/files/na%C3%AFve%20%22plan%22.txt").with_body("text/plain", "\u{feff}plan\r\n");
        assert_eq!(visitor.send(&named).status, 201);
        let back = visitor.send(&Request::get("/files/na%C3%AFve%20%22plan%22.txt"));
        assert_eq!(back.body, "\u{feff}plan\r\n".as_bytes());
        assert_eq!(
            back.header("content-disposition").as_deref(),
            Some("attachment; filename*=UTF-8''na%C3%AFve%20%22plan%22.txt")
        );
        let mut form = b"--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
            content-type: image/png\r\n\r\n"
            .to_vec();
        let picture = noise(1000);
        form.extend_from_slice(&picture);
        form.extend_from_slice(b"\r\n--edge--\r\n");
        let upload = Request::new("POST", "/files").with_body("multipart/form-data; boundary=edge", form);
        assert_eq!(visitor.send(&upload).status, 303);
        assert_eq!(visitor.send(&Request::get("/files/a.png")).body, picture);
        visitor.send(&Request::get("/files"));
        assert_eq!(visitor.send(&Request::new("DELETE", "/files/a.png")).status, 204);
        assert_eq!(visitor.send(&Request::get("/files/a.png")).status, 404);
    });
}

#[test]
fn cookies_come_and_go() {
    compare("bookmarks", |visitor| {
        let form =
            Request::new("POST", "/sign-in").with_body("application/x-www-form-urlencoded", "name=Ada+%C3%9C%3B");
        let response = visitor.send(&form);
        assert_eq!((response.status, response.headers("set-cookie").count()), (303, 2), "{response:?}");
        let cookies: Vec<_> = response.headers("set-cookie").collect();
        let pairs: Vec<_> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).collect();
        let me = visitor.send(&Request::get("/me").with("cookie", pairs.join("; ")));
        assert_eq!(me.json(), json!({"session": "Ada Ü;", "visitor": "Ada Ü;", "cookies": ["session", "visitor"]}));
        let forged = visitor.send(&Request::get("/me").with("cookie", "session=x; visitor=Eve; other=1"));
        assert_eq!(forged.json()["session"], Value::Null);
        // The date of expiry is a year before now.
        let sign_out = Request::new("POST", "/sign-out").with("cookie", pairs.join("; "));
        let path = format!("; Path={}; Max-Age=0", if visitor.prefix().is_empty() { "/" } else { visitor.prefix() });
        visitor.send_and_extract(&sign_out, |response| {
            let mut gone: Vec<_> = response.headers("set-cookie").collect();
            gone.iter_mut().for_each(|cookie| cookie.truncate(cookie.find("; Expires=").unwrap_or(cookie.len())));
            assert_eq!(gone, ["session=", "visitor="].map(|cookie| format!("{cookie}{path}")));
            Value::Null
        });
        visitor.send(&Request::get("/").with("cookie", pairs.join("; ")));
    });
}

#[test]
fn layers_do_their_work() {
    compare("bookmarks", |visitor| {
        let packed = visitor.send(&Request::get("/").with("accept-encoding", "gzip"));
        assert_eq!(packed.header("content-encoding").as_deref(), Some("gzip"));
        assert!(packed.body.starts_with(&[0x1f, 0x8b]), "{packed:?}");
        visitor.send(&Request::get("/bookmarks").with("origin", "https://elsewhere.example"));
        let preflight = Request::new("OPTIONS", "/bookmarks")
            .with("origin", "https://elsewhere.example")
            .with("access-control-request-method", "PUT");
        visitor.send(&preflight);
        let ticks = visitor.send(&Request::get("/events?n=3&every=1"));
        assert_eq!(ticks.header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(ticks.text().matches("event: tick\n").count(), 3);
        let request = Request::get("/whoami?a=1&b=2").with("x-greeting", "one, two").with("accept", "*/*");
        let whoami = visitor.send_and_extract(&request, without_proxies);
        assert_eq!(whoami.json()["client"], "127.0.0.1");
    });
}

/// Whoami's response but for the header that a gateway adds to each request.
fn without_proxies(response: &Response) -> Value {
    let mut whoami = response.json();
    if let Some(headers) = whoami["headers"].as_array_mut() {
        headers.retain(|pair| pair[0] != "x-forwarded-proto");
    }
    whoami
}

#[test]
fn every_response_of_the_app_reaches_the_client() {
    compare("faults", |visitor| {
        for route in ["/sized", "/redirect", "/hop-by-hop", "/big-headers", "/charset", "/byte-order-mark", "/cookies"]
        {
            assert!(visitor.send(&Request::get(route)).status < 400, "{route}");
        }
        for status in ["204", "304", "201", "404", "418", "503"] {
            assert_eq!(visitor.send(&Request::get(format!("/status/{status}"))).status.to_string(), status);
        }
        let head = visitor.send(&Request::new("HEAD", "/sized"));
        assert!(visitor.way != Way::Plain || head.header("content-length").as_deref() == Some("12"), "{head:?}");
        visitor.send_losing(&Request::get("/repeated"), &[Loss::JoinedHeaders]);
        visitor.send(&Request::get("/binary"));
        visitor.send_losing(&Request::get("/latin1"), &[Loss::Latin1Headers]);
    });
}

#[test]
fn what_the_client_sends_is_what_the_app_sees() {
    // What is sent; what is seen behind a REST API and behind an HTTP API, where that is something else.
    let targets = [
        ("/a", None, None),
        ("//a//b/", None, None),
        ("/a/../b/./c;v=1,2", None, None),
        ("/%C3%BC", None, None),
        ("/a%20b", None, None),
        ("/100%25", None, None),
        ("/a%3Fb%23c", None, None),
        ("/a%2Fb", None, Some("/a/b")),
        ("/q?a=1&a=2&b=", None, None),
        ("/q?a=%26%3D%25%2B%20", None, None),
        ("/q?a=b+c", Some("/q?a=b%20c"), None),
        ("/q?flag", Some("/q?flag="), None),
        ("/dev/x", None, None),
        ("/devices", None, None),
    ];
    let body = noise(2000);
    compare("faults", |visitor| {
        for (target, rest, http) in targets {
            let seen = match visitor.way {
                Way::Plain => None,
                Way::Rest => rest,
                Way::Http => http,
            };
            let request = Request::new("PATCH", target)
                .with("x-greeting", "one, two")
                .with("x-greeting", "three")
                .with("cookie", "a=1; b=2")
                .with_body("application/x-unknown", body.clone());
            visitor.send_and_extract(&request, |response| {
                let seen = seen.unwrap_or(target);
                let echo = response.json();
                assert_eq!(echo["uri"], seen, "{target}");
                assert_eq!(echo["original_uri"], seen, "{target}");
                assert!(echo["client"].as_str().is_some_and(|client| client.starts_with("127.0.0.1:")), "{echo}");
                json!({"method": echo["method"], "headers": sent(&echo), "body": echo["body"]})
            });
        }
    });
}

/// The headers of an echo that the client itself sent, `x-greeting` as one list: an HTTP API joins what is repeated.
fn sent(echo: &Value) -> Value {
    let values = |name: &str| -> Vec<String> {
        let pairs = echo["headers"].as_array().into_iter().flatten();
        let values = pairs.filter(|pair| pair[0] == name).filter_map(|pair| pair[1].as_str());
        let decoded = values.filter_map(|value| base64_simd::STANDARD.decode_to_vec(value).ok());
        decoded.map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
    };
    let greetings = values("x-greeting").join(",");
    let greetings: Vec<_> = greetings.split(',').map(str::trim).collect();
    json!({
        "x-greeting": greetings,
        "cookie": values("cookie"),
        "content-type": values("content-type"),
        "content-length": values("content-length"),
    })
}

#[test]
fn a_failure_is_an_answer_and_the_next_request_is_served() {
    for way in [Way::Rest, Way::Http] {
        let server = way.start("faults", &["--timeout", "3"]);
        for (route, status) in [
            ("/panic", 500),
            ("/panic-in-body", 500),
            ("/error-in-body", 500),
            ("/error-mid-stream", 500),
            ("/seven-megabytes", 500),
            ("/never", 504),
        ] {
            let mut visitor = Visitor::new(way, &server);
            let response = visitor.send(&Request::get(route));
            assert_eq!(response.status, status, "{way:?} {route}: {response:?}");
            assert!(response.json().is_object(), "{way:?} {route}: {response:?}");
            assert_eq!(visitor.send(&Request::get("/sized")).status, 200, "{way:?} after {route}");
        }
    }
}

#[test]
fn a_file_above_lambdas_limit_is_refused_and_not_lost() {
    let put = Request::new("PUT", "/files/five").with_body("application/octet-stream", noise(5 * 1024 * 1024));
    for (way, status) in [(Way::Plain, 201), (Way::Rest, 413), (Way::Http, 413)] {
        let server = way.start("bookmarks", &[]);
        let response = Visitor::new(way, &server).send(&put);
        assert_eq!(response.status, status, "{way:?}: {response:?}");
        assert_eq!(Visitor::new(way, &server).send(&Request::get("/files")).status, 200, "{way:?}");
    }
}

#[test]
fn a_hundred_at_once_get_each_its_own_answer() {
    for way in [Way::Plain, Way::Rest, Way::Http] {
        let flags = if way == Way::Plain { &[][..] } else { &["--concurrency", "8"] };
        let server = way.start("faults", flags);
        thread::scope(|scope| {
            for number in 0..100 {
                let (address, prefix) = (server.address, &server.prefix);
                scope.spawn(move || {
                    let body = format!("request {number}");
                    let request =
                        Request::new("POST", format!("{prefix}/{number}")).with_body("text/plain", body.clone());
                    let response = Client::connect(address).and_then(|mut client| client.send(&request));
                    let echo = response.unwrap_or_else(|error| panic!("{way:?}: {error}")).json();
                    assert_eq!(echo["uri"], format!("/{number}"), "{way:?}");
                    assert_eq!(echo["body"], base64_simd::STANDARD.encode_to_string(body), "{way:?}");
                });
            }
        });
    }
}

#[test]
fn a_function_url_streams_events_as_they_happen() {
    let server = Server::local(tool(), "bookmarks", &[], &["--as", "function-url", "--streaming"]);
    let mut client = server.connect().expect("it listens");
    // The stream has no end before the timeout: what is read was sent before the last byte was written.
    client.write(&Request::get("/events?every=10")).expect("it listens");
    let head = client.read_head().expect("a head");
    assert_eq!(head.header("content-type").as_deref(), Some("text/event-stream"));
    let mut read = String::new();
    while !read.ends_with("\ndata: 3\n") {
        let line = client.read_line().expect("an event in time");
        assert!(!line.is_empty(), "the stream ended before event 3: {read}");
        assert!(read.len() < 10_000, "no event 3: {read}");
        read.push_str(&line);
    }
}

/// Bytes without a pattern, the same in each run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}
