//! Notices that an endpoint does not answer yet, so that a command that waits for AWS is not silent for minutes.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::client::result::ConnectorError;
use tokio::time::Instant;

use super::{cause::causes, route::Route};
use crate::progress::Progress;

/// How long an endpoint may leave its callers without an answer before they are told.
const SILENCE: Duration = Duration::from_secs(10);
/// How long after its last attempt an endpoint counts as not being asked any more.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// What is known of the endpoints that were asked in this run, and where it is reported.
#[derive(Clone)]
pub(crate) struct Notices {
    progress: Option<Arc<dyn Progress>>,
    silence: Duration,
    endpoints: Arc<Mutex<BTreeMap<String, Endpoint>>>,
}

/// The attempts at one endpoint since its last answer.
#[derive(Debug, Default)]
struct Endpoint {
    /// When the first of the attempts began.
    since: Option<Instant>,
    /// When the latest attempt began.
    latest: Option<Instant>,
    /// How many attempts ended without an answer.
    failures: u32,
    /// How the latest of them ended.
    failure: Option<String>,
    is_reported: bool,
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Default for Notices {
    /// A notifier without a receiver.
    fn default() -> Self {
        Self { progress: None, silence: SILENCE, endpoints: Arc::default() }
    }
}

impl Notices {
    /// A notifier that reports to `progress`.
    pub(crate) fn new(progress: Arc<dyn Progress>) -> Self {
        Self { progress: Some(progress), ..Self::default() }
    }

    /// Reports after another time.
    #[cfg(test)]
    pub(super) fn with_silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// How many attempts an endpoint has not answered.
    #[cfg(test)]
    pub(super) fn failures(&self, endpoint: &str) -> u32 {
        self.endpoints().get(endpoint).map_or(0, |known| known.failures)
    }

    /// Waits for the answer to one attempt at an endpoint, and reports once in a run that it takes long.
    pub(super) async fn watch<T>(
        &self,
        route: &Route,
        answer: impl Future<Output = Result<T, ConnectorError>>,
    ) -> Result<T, ConnectorError> {
        let endpoint = &route.endpoint;
        let since = self.begin(endpoint);
        tokio::pin!(answer);
        let outcome = tokio::select! {
            biased;
            outcome = &mut answer => outcome,
            () = tokio::time::sleep_until(since + self.silence) => {
                self.report(route);
                answer.await
            }
        };
        match &outcome {
            Ok(_) => self.note_answer(endpoint),
            Err(error) => self.note_failure(endpoint, error),
        }
        outcome
    }

    fn endpoints(&self) -> MutexGuard<'_, BTreeMap<String, Endpoint>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt; since when the endpoint has given no answer.
    fn begin(&self, endpoint: &str) -> Instant {
        let (mut endpoints, now) = (self.endpoints(), Instant::now());
        let known = endpoints.entry(endpoint.to_owned()).or_default();
        if known.latest.is_some_and(|latest| latest + FORGOTTEN < now) {
            *known = Endpoint { is_reported: known.is_reported, ..Endpoint::default() };
        }
        known.latest = Some(now);
        *known.since.get_or_insert(now)
    }

    fn note_answer(&self, endpoint: &str) {
        if let Some(known) = self.endpoints().get_mut(endpoint) {
            *known = Endpoint { is_reported: known.is_reported, ..Endpoint::default() };
        }
    }

    fn note_failure(&self, endpoint: &str, error: &ConnectorError) {
        if let Some(known) = self.endpoints().get_mut(endpoint) {
            known.failures += 1;
            known.failure = causes(error).last().map(ToString::to_string);
        }
    }

    fn report(&self, route: &Route) {
        let Some(progress) = &self.progress else { return };
        let sentence = {
            let mut endpoints = self.endpoints();
            let Some(known) = endpoints.get_mut(&route.endpoint).filter(|known| !known.is_reported) else { return };
            known.is_reported = true;
            known.sentence(route)
        };
        let hint =
            route.proxy_hint().unwrap_or_else(|| "check the network, `HTTPS_PROXY` and `--endpoint-url`".to_owned());
        progress.warning(&sentence, Some(&format!("{hint}; Ctrl-C ends the wait")));
    }
}

impl Endpoint {
    fn sentence(&self, route: &Route) -> String {
        let waited = self.since.map_or(Duration::ZERO, |since| since.elapsed()).as_secs();
        let failures = match (self.failures, &self.failure) {
            (0, _) | (_, None) => String::new(),
            (1, Some(failure)) => format!(" (one attempt failed: {failure})"),
            (failures, Some(failure)) => format!(" ({failures} attempts failed, the last by: {failure})"),
        };
        format!("no answer from {route} for {waited} s{failures}; still waiting")
    }
}

#[cfg(test)]
mod tests {
    use super::{super::proxy::Proxy, *};

    #[test]
    fn a_notice_names_the_proxy_that_a_request_went_through() {
        let endpoint = "https://sts.eu-west-1.amazonaws.com".to_owned();
        let address = "http://proxy.example:3128".to_owned();
        let proxy = Proxy { variable: "HTTPS_PROXY", address, is_loopback: false };
        let direct = Route { endpoint: endpoint.clone(), proxy: None };
        let through = Route { endpoint, proxy: Some(proxy) };
        let sentence = |route: &Route| Endpoint::default().sentence(route);
        assert_eq!(sentence(&direct), "no answer from `https://sts.eu-west-1.amazonaws.com` for 0 s; still waiting");
        assert_eq!(
            sentence(&through),
            "no answer from `https://sts.eu-west-1.amazonaws.com` through the proxy `http://proxy.example:3128` of \
             `HTTPS_PROXY` for 0 s; still waiting"
        );
        assert_eq!(direct.proxy_hint(), None);
        let hint = through.proxy_hint().unwrap();
        assert!(hint.contains("let `sts.eu-west-1.amazonaws.com` through? correct or unset `HTTPS_PROXY`"), "{hint}");
    }
}
