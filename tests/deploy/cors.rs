//! CORS by settings: preflights that the deployed gateway answers, and the headers of the application's responses.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{
        client::Request,
        emulator::{Account, REGION},
        proxy::Proxy,
        response::Response,
    },
};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

fn cors(origins: &[&str]) -> String {
    format!("[stage.dev.cors]\nallowed_origins = {origins:?}\nallow_credentials = true")
}

/// A request of a page of this origin to a path of the stage.
fn ask(stage: &Stage, url: &str, method: &'static str, path: &str, origin: &str) -> Response {
    let (_, rest) = url.trim().split_once("://").unwrap();
    let prefix = rest.split_once('/').map_or("", |(_, prefix)| prefix.trim_end_matches('/'));
    let request = Request::new(method, path).below(&format!("/{prefix}")).with("origin", origin);
    let request = if method == "OPTIONS" { request.with("access-control-request-method", "PUT") } else { request };
    stage.account.send(REGION, "execute-api", request).unwrap()
}

/// A header of the deployed application's response to a page of this origin. The emulator's REST API drops headers of CORS, so
/// the function is invoked with the gateway's event.
fn header_for(stage: &Stage, origin: &str, name: &str) -> Option<String> {
    let header = format!("Origin: {origin}");
    let answer = stage.ok(&["invoke", "--http", "GET /", "--json", "-H", &header]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["response"]["status"], 200, "{answer}");
    let headers = answer["response"]["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header[0] == name)?;
    found[1].as_str().map(str::to_owned)
}

/// What answers preflights in the template of the stack.
fn preflights(account: &Account) -> Value {
    let template = account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"])["TemplateBody"].clone();
    template["Resources"]["ProxyPreflight"]["Properties"]["Integration"]["Type"].clone()
}

#[test]
fn a_rest_api_answers_preflights_until_the_setting_goes() {
    let (one, two) = ("https://shop.example.com", "http://localhost:5173");
    let mut stage = Stage::new(&cors(&[one]));
    let url = stage.ok_with(&["deploy"], "one");
    for path in ["/", "/orders/1"] {
        let response = ask(&stage, &url, "OPTIONS", path, one);
        assert_eq!(response.status, 204, "{path}: {}", response.text());
        assert_eq!(response.header(ALLOW_ORIGIN).as_deref(), Some(one), "{path}");
        let methods = response.header("access-control-allow-methods");
        assert_eq!(methods.as_deref(), Some("DELETE,GET,HEAD,PATCH,POST,PUT"), "{path}");
    }
    assert_eq!(header_for(&stage, one, ALLOW_ORIGIN).as_deref(), Some(one));

    stage.set(&cors(&[one, two]));
    stage.ok_with(&["update"], "one");
    for (origin, expected) in [(two, Some(two)), ("https://evil.example", None)] {
        assert_eq!(header_for(&stage, origin, ALLOW_ORIGIN).as_deref(), expected);
        assert_eq!(header_for(&stage, origin, "vary").as_deref(), Some("Origin"));
    }

    // The deployment of the API is made before CloudFormation deletes anything, so the methods lose their effect first.
    stage.set("");
    let (account, before) = (stage.account.clone(), Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&before);
    let proxy = Proxy::editing(stage.account.address(), move |call, _| {
        if call.operation == "UpdateStack" {
            noted.lock().unwrap().push(preflights(&account));
        }
    });
    stage.through(proxy.address());
    stage.ok_with(&["update"], "one");
    let mut seen = before.lock().unwrap().clone();
    seen.push(preflights(&stage.account));
    // Whether the emulator answers with the new template already, is not the point.
    seen.dedup();
    assert_eq!(seen, ["MOCK".into(), "AWS_PROXY".into(), Value::Null]);
    let response = ask(&stage, &url, "OPTIONS", "/", one);
    assert_eq!((response.status, response.header(ALLOW_ORIGIN)), (405, None), "the application answers");
}

/// Of an HTTP API the emulator does not apply what CloudFormation configures.
#[test]
fn a_function_url_answers_preflights() {
    let origin = "https://shop.example.com";
    let stage = Stage::new(&format!("api = \"function_url\"\n{}", cors(&[origin])));
    let url = stage.ok_with(&["deploy"], "one");
    for (from, expected) in [(origin, Some(origin)), ("https://evil.example", None)] {
        let response = ask(&stage, &url, "OPTIONS", "/orders/1", from);
        assert_eq!((response.status, response.header(ALLOW_ORIGIN).as_deref()), (200, expected), "{}", response.text());
        let response = ask(&stage, &url, "GET", "/", from);
        assert_eq!((response.text().as_str(), response.header(ALLOW_ORIGIN).as_deref()), ("one ", expected));
    }
}
