//! The streaming mode, on which gateway and function must agree: both change at once.

use serde_json::Value;

/// Whether a REST API's methods change between whole and streamed answers. A version that serves behind methods of the
/// other kind is misread.
pub(super) fn switches_methods(live: &Value, wanted: &Value) -> bool {
    let mode = |template: &Value| {
        let integration = template.pointer("/Resources/ProxyMethod/Properties/Integration")?.as_object()?;
        Some(integration.get("ResponseTransferMode").cloned())
    };
    matches!((mode(live), mode(wanted)), (Some(live), Some(wanted)) if live != wanted)
}

/// Whether a Function URL changes between whole and streamed answers. It is bound to the alias, and AWS changes one after
/// the other.
pub(super) fn switches_url(live: &Value, wanted: &Value) -> bool {
    let mode = |template: &Value| template.pointer("/Resources/FunctionUrl/Properties/InvokeMode").cloned();
    matches!((mode(live), mode(wanted)), (Some(live), Some(wanted)) if live != wanted)
}
