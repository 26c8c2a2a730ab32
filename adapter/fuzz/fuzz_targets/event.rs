//! Fuzz target `event`: any bytes as an event cause no panic and no silent success, and are read exactly if
//! `serde_json` reads them.
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
    let (is_called, result) = invoke(event, options, || Response::new(Body::from("served")));
    let is_malformed = matches!(&result, InvocationResult::Failed(error) if error.is_malformed_event());
    if let Some(is_object) = is_object(event) {
        assert_eq!(is_malformed, !is_object, "{result:?}");
    }
    match result {
        InvocationResult::Buffered(json) => {
            let json: Value = serde_json::from_slice(&json).expect("a response is JSON");
            match json.get("statusCode").and_then(Value::as_u64) {
                Some(200) => assert!(is_called, "the application was not called"),
                // A panic that the adapter caught would be a 500.
                Some(status) => assert!(!is_called && (400..500).contains(&status), "{json}"),
                None => assert!(!is_called && is_keep_warm(event), "a silent success: {json}"),
            }
        }
        InvocationResult::Failed(_) => assert!(!is_called, "served and failed"),
        other => panic!("nothing is streamed here: {other:?}"),
    }
});

/// Whether `serde_json` reads an object; `None` for a depth of nesting at which the two differ on purpose.
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
    // The last one of a repeated key counts, so the word may be anywhere.
    String::from_utf8_lossy(event).contains("keep-warm")
}
