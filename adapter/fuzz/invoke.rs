//! One event through an adapter, as fast as a fuzzer asks.

use std::{
    convert::Infallible,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use tokio::runtime::{Builder, Runtime};
use tracing::subscriber::NoSubscriber;
use zappa_rs_adapter::{Adapter, InvocationResult, Invocation, Options};

thread_local! {
    /// Its clock stands still, so that what waits on purpose (keep-warm events) does not make the fuzzer wait.
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
}

/// Sends `event` to an application that says `response`; returns whether it was asked, and the answer.
pub fn invoke(
    event: &[u8],
    options: Options,
    response: impl Fn() -> Response<Body> + Send + Sync + 'static,
) -> (bool, InvocationResult) {
    static SILENCE: Once = Once::new();
    // Without any subscriber the adapter writes every refusal to stderr.
    SILENCE.call_once(|| tracing::subscriber::set_global_default(NoSubscriber::default()).expect("nobody set another"));

    let asked = Arc::new(AtomicBool::new(false));
    let response = Arc::new(response);
    let service = tower::service_fn({
        let asked = Arc::clone(&asked);
        move |request: Request<Body>| {
            assert!(
                request.uri().path().starts_with('/') && request.uri().authority().is_none(),
                "{:?}",
                request.uri()
            );
            asked.store(true, Ordering::Relaxed);
            let response = Arc::clone(&response);
            async move { Ok::<_, Infallible>(response()) }
        }
    });
    let adapter = Adapter::new(service).with_options(options);
    let event = Bytes::copy_from_slice(event);
    let answer = RUNTIME.with(|runtime| runtime.block_on(adapter.invoke(event, Invocation::new("fuzz"))));
    (asked.load(Ordering::Relaxed), answer)
}
