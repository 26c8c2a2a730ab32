//! Authorizers that are functions: asks the function of the stage, and keeps its answers for their time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    gateway::{
        Gateway, GatewayKind,
        access::{Answer, Authorization, FunctionFault, FunctionRules, Question},
        arrival::{Arrival, Stamp},
        event,
        refusal::Refusal,
    },
    local::{further::FurtherFunctions, invocation::Invocation, stamp},
};

/// How many answers are kept.
const MAX_ANSWERS: usize = 1000;
/// How long an HTTP API waits for an authorizer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
const HTTP_TIMEOUT: Duration = Duration::from_secs(10);

/// The name of an authorizer, and the values of its identity sources.
type Key = (String, Vec<String>);

/// The answers that are kept.
#[derive(Debug, Default)]
pub(in crate::local) struct Authorizers {
    answers: Mutex<HashMap<Key, (Instant, Answer)>>,
}

impl Authorizers {
    /// The event of a request with what the authorizer of its route said; the same event where the route has none.
    ///
    /// # Errors
    /// The gateway's response to a request that is not let in.
    pub(in crate::local) async fn authorize(
        &self,
        gateway: &Gateway,
        further: &FurtherFunctions,
        (arrival, stamp): (&Arrival, &Stamp),
        payload: Bytes,
    ) -> Result<Bytes, Refusal> {
        let Some((_, access)) = event::access(gateway, arrival, stamp)? else { return Ok(payload) };
        let Authorization::Function(rules) = &access.authorization else { return Ok(payload) };
        let consent = async {
            let mut event: Value = serde_json::from_slice(&payload)
                .map_err(|error| FunctionFault::Unusable { reason: error.to_string() })?;
            let question = rules.ask(gateway, arrival, &event)?;
            let context = self.consent(gateway.kind, further, rules, &question).await?;
            Answer::add_context(gateway.kind, &mut event, &context);
            Ok(Bytes::from(event.to_string()))
        };
        consent.await.map_err(|fault: FunctionFault| fault.refuse(gateway, stamp, &rules.name))
    }

    async fn consent(
        &self,
        kind: GatewayKind,
        further: &FurtherFunctions,
        rules: &FunctionRules,
        question: &Question,
    ) -> Result<Map<String, Value>, FunctionFault> {
        let key = (rules.name.clone(), question.identity.clone());
        if let Some(answer) = self.kept(rules, &key) {
            return answer.consent(&question.arn).cloned();
        }
        let answer = Answer::read(kind, &ask(kind, further, rules, question).await?)?;
        let consent = answer.consent(&question.arn).cloned();
        self.keep(rules, key, answer);
        consent
    }

    /// The answer that is kept under a key, if it still counts.
    fn kept(&self, rules: &FunctionRules, key: &Key) -> Option<Answer> {
        if rules.ttl_seconds == 0 {
            return None;
        }
        // Nobody panics while it is locked.
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, answer) = answers.get(key)?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    fn keep(&self, rules: &FunctionRules, key: Key, answer: Answer) {
        if rules.ttl_seconds == 0 {
            return;
        }
        let now = Instant::now();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_ANSWERS {
            answers.retain(|_, (until, _)| *until > now);
        }
        // One that finds no place is asked for again.
        if answers.len() < MAX_ANSWERS {
            answers.insert(key, (now + Duration::from_secs(rules.ttl_seconds), answer));
        }
    }
}

/// Invokes the function of an authorizer; its response.
async fn ask(
    kind: GatewayKind,
    further: &FurtherFunctions,
    rules: &FunctionRules,
    question: &Question,
) -> Result<Bytes, FunctionFault> {
    let function = rules.function.as_deref().and_then(|name| further.get(name)).ok_or_else(|| {
        let reason = "its function is not of this stage, and is not asked here; every request is refused".to_owned();
        FunctionFault::Unusable { reason }
    })?;
    let (request_id, trace_id) = (stamp::uuid(), stamp::now().trace_id);
    let payload = question.payload.clone();
    let work = async {
        let invocation = Invocation { request_id, trace_id, payload };
        let mut running = function.instances.invoke(invocation).await?;
        running.result().await
    };
    let result = match kind {
        GatewayKind::Http => tokio::time::timeout(HTTP_TIMEOUT, work).await.map_err(|_| {
            let reason = format!("it took longer than the {} s of an HTTP API", HTTP_TIMEOUT.as_secs());
            FunctionFault::Failed { reason }
        })?,
        _ => work.await,
    };
    result.map_err(|failure| {
        let error: Value = serde_json::from_slice(&failure.payload).unwrap_or_default();
        match error["errorMessage"].as_str() {
            // An HTTP API knows no such word.
            Some("Unauthorized") if kind != GatewayKind::Http => FunctionFault::Unauthorized,
            message => FunctionFault::Failed { reason: message.unwrap_or("without a description").to_owned() },
        }
    })
}
