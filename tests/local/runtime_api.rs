//! What a process sees: the Runtime API's rules and headers, and an environment without the developer's own.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::tool::{Tool, command, raw};

#[test]
fn an_answer_to_another_request_is_refused() {
    let tool = Tool::raw(&[]);
    assert_eq!(tool.get("/!wrong-id!").text(), "400");
}

#[test]
fn web_pages_reach_neither_the_runtime_api_nor_the_extensions_api() {
    let tool = Tool::raw(&[]);
    assert_eq!(tool.get("/!rebound!").text(), ["403"; 18].join(" "));
    // None of the calls had an effect on the process.
    assert_eq!(tool.get("/").status, 200);
}

#[test]
fn an_event_comes_with_its_id_its_arn_and_a_real_deadline() {
    let tool = Tool::raw(&["--timeout", "7"]);
    let reply = tool.get("/!facts!");
    let text = reply.text();
    let facts: Vec<_> = text.split('|').collect();
    assert_eq!(facts[0].len(), 36);
    assert_eq!(reply.header("x-amzn-requestid").as_deref(), Some(facts[0]));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let deadline: u128 = facts[1].parse().unwrap();
    assert!((now..now + 7_001).contains(&deadline), "{now} {deadline}");
    let name = raw().file_name().unwrap().to_str().unwrap();
    assert_eq!(facts[2], format!("arn:aws:lambda:us-east-1:123456789012:function:{name}-dev"));
}

#[test]
fn the_environment_is_lambdas_and_nothing_leaks_into_it() {
    let mut command = command(Path::new("/"));
    command.args(["local", "--port", "0", "--memory", "512", "--env", "OWN=1", "--binary"]).arg(raw());
    for secret in ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "HOME", "SECRET"] {
        command.env(secret, "leaked");
    }
    let tool = Tool::start(command);
    let text = tool.get("/!env!").text();
    assert!(!text.contains("leaked"), "{text}");
    let names: Vec<_> = text.split('|').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "AWS_DEFAULT_REGION",
            // The one that Lambda does not set: this machine's role is not the app's.
            "AWS_EC2_METADATA_DISABLED",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "LD_LIBRARY_PATH",
            "OWN",
            "PATH",
            "TMPDIR",
            "TZ",
            "ZAPPA_PROJECT",
            "ZAPPA_STAGE",
            "_HANDLER",
        ]
    );
    assert!(text.contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512|"), "{text}");
}

#[test]
fn an_error_document_is_a_502_with_its_words_in_the_terminal() {
    let mut tool = Tool::raw(&[]);
    assert_eq!(tool.get("/!error!").status, 502);
    tool.wait_for_line("Raw.Error: as wished");
    assert_eq!(tool.get("/").status, 200);
}
