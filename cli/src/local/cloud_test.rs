//! Tests of the cloud with real processes.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;
use futures_util::{FutureExt as _, future::BoxFuture};

use crate::{
    gateway::sample,
    local::{
        credentials::{Credentials, Unavailable},
        description::{CredentialChain, Events, Function},
    },
    progress::Served,
};

/// Hands out what it holds.
struct Source(Result<Credentials, Unavailable>);

impl CredentialSource for Source {
    fn resolve<'a>(&'a self, _: &'a CredentialChain) -> BoxFuture<'a, Result<Credentials, Unavailable>> {
        std::future::ready(self.0.clone()).boxed()
    }
}

struct Silence;

impl Progress for Silence {
    fn step(&self, _: &str, _: &str) {}
    fn detail(&self, _: &str) {}
    fn warning(&self, _: &str, _: Option<&str>) {}
    fn failure(&self, _: &str, _: Option<&str>) {}
    fn output(&self, _: &[u8]) {}
    fn request(&self, _: &Served<'_>) {}
    fn flush(&self) {}
}

fn invocation() -> Invocation {
    Invocation { request_id: stamp::uuid(), trace_id: String::new(), payload: Bytes::from_static(b"{}") }
}

async fn failure_of(script: &str) -> FunctionFailure {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("bootstrap");
    fs::write(&binary, script).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let description = Description {
        gateway: sample::gateway(GatewayKind::Rest),
        function: Function {
            name: "app-dev".to_owned(),
            region: "us-east-1".to_owned(),
            account_id: "123456789012".to_owned(),
            binary,
            environment: std::collections::BTreeMap::new(),
            memory_mb: 256,
            timeout: Duration::from_secs(29),
            concurrency: 1,
            per_process: 1,
            ephemeral_storage_mb: 512,
            credentials: None,
        },
        further: Vec::new(),
        events: Events::default(),
        websocket: None,
        signers: None,
        token_keys: None,
    };
    let cloud = Cloud::with_init_limit(
        description,
        Arc::new(Source(Ok(Credentials::default()))),
        None,
        Arc::new(Silence),
        Duration::from_millis(300),
    );
    let failure = cloud.invoke(invocation()).await.err().unwrap();
    cloud.stop().await;
    failure
}

#[tokio::test]
async fn a_process_that_never_polls_is_killed_and_the_hint_names_run() {
    let failure = failure_of("#!/bin/sh\nsleep 600 & wait\n").await;
    let document = String::from_utf8(failure.payload.to_vec()).unwrap();
    assert!(document.contains("did not ask for an event within 0.3 s"), "{document}");
    assert!(failure.hint.unwrap().contains("`zappa_rs::run`"));
}

#[tokio::test]
async fn a_file_that_is_no_program_is_a_failure_and_not_a_panic() {
    let failure = failure_of("\u{0}").await;
    assert!(String::from_utf8(failure.payload.to_vec()).unwrap().contains("Runtime.InvalidEntrypoint"));
}
