//! A stand-in for CodeDeploy between the tool and the emulator, which has none: the emulator gets templates without it, the tool
//! reads back what it sent, and a gradual update waits or fails as a test wants.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    stage::PATIENCE,
    support::{call::Call, poll::poll_until, proxy::Proxy},
};

/// What CloudFormation says of an alias whose deployment an alarm has stopped.
pub(crate) const STOPPED: &str = "CodeDeploy deployment d-0A1B2C3D4 was stopped by an alarm and rolled back";
/// A resource that the emulator fails to create, under this id and for this reason.
const FAILING: &str = "Deployment";
const FAILING_TYPE: &str = "AWS::CloudWatch::Alarm";
const FAILURE: &str = "MetricName and Namespace are required for AWS::CloudWatch::Alarm";

#[derive(Default)]
struct State {
    /// The templates that the tool sent, and how many of them a test has seen.
    sent: Mutex<(Vec<Value>, usize)>,
    /// The template that the stack has.
    current: Mutex<Option<Value>>,
    is_held: AtomicBool,
    is_stopped: AtomicBool,
}

/// The stand-in; it ends when this is dropped.
pub(crate) struct CodeDeploy {
    pub(crate) proxy: Proxy,
    state: Arc<State>,
}

impl CodeDeploy {
    /// Starts it before an emulator.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let state = Arc::new(State::default());
        let (rewriting, editing) = (Arc::clone(&state), Arc::clone(&state));
        let rewrite = move |call: &Call, body: &mut Vec<u8>| {
            if matches!(call.operation.as_str(), "CreateStack" | "UpdateStack") {
                rewriting.rewrite(body);
            }
        };
        let proxy = Proxy::rewriting(upstream, rewrite, move |call, response| {
            let text = response.text();
            match (call.operation.as_str(), &*editing.current.lock().unwrap()) {
                ("GetTemplate", Some(current)) => {
                    let Some((before, rest)) = text.split_once("<TemplateBody>") else { return };
                    let (_, after) = rest.split_once("</TemplateBody>").unwrap();
                    let escaped = current.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                    response.body = format!("{before}<TemplateBody>{escaped}</TemplateBody>{after}").into_bytes();
                }
                ("DescribeStackEvents", _) => {
                    response.body =
                        text.split("<member>").map(stopped).collect::<Vec<_>>().join("<member>").into_bytes();
                }
                _ => {}
            }
        });
        Self { proxy, state }
    }

    /// Whether each template that was sent since the last call of this function has a policy on the alias.
    pub(crate) fn take_policies(&self) -> Vec<bool> {
        let (sent, seen) = &mut *self.state.sent.lock().unwrap();
        let new = &sent[std::mem::replace(seen, sent.len())..];
        new.iter().map(|template| template["Resources"]["Live"]["UpdatePolicy"].is_object()).collect()
    }

    /// Holds every update that moves the alias in steps, or lets it go on.
    pub(crate) fn hold(&self, is_held: bool) {
        self.state.is_held.store(is_held, Ordering::Relaxed);
    }

    /// Makes every update that moves the alias in steps fail, as by an alarm, or lets it succeed.
    pub(crate) fn stop(&self, is_stopped: bool) {
        self.state.is_stopped.store(is_stopped, Ordering::Relaxed);
    }
}

/// An event of the resource that fails, as one of an alias whose deployment was stopped.
fn stopped(event: &str) -> String {
    if !event.contains(&format!(">{FAILING}<")) {
        return event.to_owned();
    }
    event
        .replace(FAILURE, STOPPED)
        .replace(FAILING_TYPE, "AWS::Lambda::Alias")
        .replace(&format!(">{FAILING}<"), ">Live<")
}

impl State {
    /// Puts a template into the form of a change that the emulator takes.
    fn rewrite(&self, body: &mut Vec<u8>) {
        let mut form: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap();
        let Some((_, text)) = form.iter_mut().find(|(name, _)| name == "TemplateBody") else { return };
        let template: Value = serde_json::from_str(text).unwrap();
        let before = self.current.lock().unwrap().clone();
        let version = |template: &Value| template["Resources"]["Live"]["Properties"]["FunctionVersion"].clone();
        let moves = before.is_some_and(|before| version(&before) != version(&template));
        let is_gradual = moves && template["Resources"]["Live"]["UpdatePolicy"].is_object();
        self.sent.lock().unwrap().0.push(template.clone());
        let mut taken = template.clone();
        let resources = taken["Resources"].as_object_mut().unwrap();
        resources.retain(|_, resource| !resource["Type"].as_str().unwrap().starts_with("AWS::CodeDeploy::"));
        for resource in resources.values_mut() {
            resource.as_object_mut().unwrap().remove("UpdatePolicy");
        }
        if is_gradual && self.is_stopped.load(Ordering::Relaxed) {
            resources.insert(FAILING.to_owned(), json!({ "Type": FAILING_TYPE, "DependsOn": "Live" }));
        } else {
            *self.current.lock().unwrap() = Some(template);
        }
        *text = taken.to_string();
        *body = serde_urlencoded::to_string(form).unwrap().into_bytes();
        if is_gradual {
            poll_until("the end of the hold", PATIENCE, || !self.is_held.load(Ordering::Relaxed));
        }
    }
}
