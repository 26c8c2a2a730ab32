//! Any bytes as an event: no panic, no silent success, and read as JSON exactly where `serde_json` reads JSON.
#![no_main]

use axum_core::body::Body;
use http::Response;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;
use zappa_rs_adapter::{InvocationResult, Options};
use zappa_rs_adapter_fuzz::invoke;

fuzz_target!(|event: &[u8]| {
    let options = Options::default().with_base_path("/shop").with_trusted_hops(1);
    let (asked, answer) = invoke(event, options, || Response::new(Body::from("served")));
    let is_malformed = matches!(&answer, InvocationResult::Failed(error) if error.is_malformed_event());
    if let Some(is_object) = is_object(event) {
        assert_eq!(is_malformed, !is_object, "{answer:?}");
    }
    match answer {
        InvocationResult::Buffered(json) => {
            let json: Value = serde_json::from_slice(&json).expect("an answer is JSON");
            match json.get("statusCode").and_then(Value::as_u64) {
                Some(200) => assert!(asked, "nobody served this"),
                // A panic that the adapter caught is a panic that was there.
                Some(status) => assert!(!asked && (400..500).contains(&status), "{json}"),
                None => assert!(!asked && is_keep_warm(event), "a silent success: {json}"),
            }
        }
        InvocationResult::Failed(_) => assert!(!asked, "served and failed"),
        other => panic!("nothing is streamed here: {other:?}"),
    }
});

/// Whether `serde_json` takes this for an object; `None` where the two differ on purpose, in how deep values may nest.
fn is_object(event: &[u8]) -> Option<bool> {
    let depth = event.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if depth >= 127 {
        return None;
    }
    let Ok(text) = std::str::from_utf8(event) else { return Some(false) };
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    Some(is_json && text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{'))
}

fn is_keep_warm(event: &[u8]) -> bool {
    // Read as the adapter reads it: of a key that stands there twice, the last one counts.
    String::from_utf8_lossy(event).contains("keep-warm")
}
