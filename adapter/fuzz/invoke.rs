//! The invocation of an adapter with one event, for the fuzz targets.

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
    /// A runtime with a paused clock, so that keep-warm events do not delay the fuzzer.
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
}

/// Sends `event` to an application that returns `response`; returns whether the application was called, and the result.
pub fn invoke(
    event: &[u8],
    options: Options,
    response: impl Fn() -> Response<Body> + Send + Sync + 'static,
) -> (bool, InvocationResult) {
    static SILENCE: Once = Once::new();
    // Without any subscriber the adapter writes every rejection to stderr.
    SILENCE.call_once(|| tracing::subscriber::set_global_default(NoSubscriber::default()).expect("no other subscriber is set"));

    let is_called = Arc::new(AtomicBool::new(false));
    let response = Arc::new(response);
    let service = tower::service_fn({
        let is_called = Arc::clone(&is_called);
        move |request: Request<Body>| {
            assert!(
                request.uri().path().starts_with('/') && request.uri().authority().is_none(),
                "{:?}",
                request.uri()
            );
            is_called.store(true, Ordering::Relaxed);
            let response = Arc::clone(&response);
            async move { Ok::<_, Infallible>(response()) }
        }
    });
    let adapter = Adapter::new(service).with_options(options);
    let event = Bytes::copy_from_slice(event);
    let result = RUNTIME.with(|runtime| runtime.block_on(adapter.invoke(event, Invocation::new("fuzz"))));
    (is_called.load(Ordering::Relaxed), result)
}
