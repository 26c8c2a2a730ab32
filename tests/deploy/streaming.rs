//! `streaming` is switched: gateway and function change what they agree on, and no request falls between them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use crate::{
    stage::Stage,
    support::{
        emulator::Account,
        proxy::{Fault, Proxy},
    },
};

/// What the gateway invokes and what the alias points to.
fn targets(template: &Value) -> (String, String) {
    let resources = &template["Resources"];
    let uri = resources["ProxyMethod"]["Properties"]["Integration"]["Uri"]["Fn::Sub"].as_str().unwrap();
    let alias = &resources["Live"]["Properties"]["FunctionVersion"]["Fn::GetAtt"][0];
    let (_, target) = uri.rsplit_once("functions/").unwrap();
    (target.to_owned(), alias.as_str().unwrap().to_owned())
}

fn template(account: &Account) -> Value {
    account.aws(&["cloudformation", "get-template", "--stack-name", "shop-dev"])["TemplateBody"].clone()
}

#[test]
fn the_gateway_goes_to_the_candidate_at_once_and_the_alias_follows() {
    let mut stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let (_, old) = targets(&template(&stage.account));
    stage.set("streaming = true");
    let (account, sent) = (stage.account.clone(), Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&sent);
    let proxy = Proxy::editing(stage.account.address(), move |call, _| {
        if call.operation == "UpdateStack" {
            noted.lock().unwrap().push(targets(&template(&account)));
        }
    });
    stage.through(proxy.address());
    stage.ok_with(&["update"], "two");
    let (_, new) = targets(&template(&stage.account));
    let (whole, streamed) = ("/invocations", "/response-streaming-invocations");
    let expected = [
        (format!("${{Live}}{whole}"), old.clone()),
        (format!("${{{new}}}{streamed}"), old.clone()),
        (format!("${{Live}}{streamed}"), new.clone()),
    ];
    assert_ne!(old, new);
    assert_eq!(*sent.lock().unwrap(), expected);
}

#[test]
fn a_switch_that_is_cut_off_half_way_serves_and_is_resumed_or_undone() {
    let mut stage = Stage::new("streaming = true");
    let url = stage.ok_with(&["deploy"], "one");
    let address = stage.account.address();
    stage.set("");
    let half_way = |stage: &mut Stage| {
        let updates = AtomicUsize::new(0);
        let proxy = Proxy::with(address, std::time::Duration::ZERO, move |call| {
            let is_last = call.operation == "UpdateStack" && updates.fetch_add(1, Ordering::Relaxed) == 2;
            is_last.then_some(Fault::Refuse(400, "ValidationError", "the last one is refused"))
        });
        stage.through(proxy.address());
        let ended = stage.with(&["update"], "two");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        stage.through(address);
        assert_eq!(stage.visit(&url, "/").text(), "two ", "the gateway invokes the candidate");
    };
    half_way(&mut stage);
    // A release that fails takes nothing of that with it but goes back to the one that has a record.
    assert_eq!(stage.with(&["update"], "crash").code, Some(1));
    half_way(&mut stage);
    stage.ok_with(&["update"], "two");
    assert_eq!(stage.visit(&url, "/").text(), "two ");
    let (target, _) = targets(&template(&stage.account));
    assert_eq!(target, "${Live}/invocations");
}

#[test]
fn a_function_url_asks_first() {
    let mut stage = Stage::new("api = \"function_url\"");
    stage.ok_with(&["deploy"], "one");
    stage.set("api = \"function_url\"\nstreaming = true");
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let zip = stage.zip("one");
    let ended = stage.run(&["update", "--zip", &zip]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("clients get malformed responses"), "{}", ended.stderr);
    assert!(proxy.take().iter().all(|call| !call.is_mutating()));
}
