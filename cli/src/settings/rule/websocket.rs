//! Rules of the WebSocket API.

use std::collections::BTreeSet;

use super::{
    super::websocket::{CONNECT, DEFAULT, DISCONNECT},
    Rules,
};

/// The most routes of an API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const MAX_ROUTES: usize = 300;
/// The most characters of a route key.
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>
const MAX_KEY: usize = 128;

impl Rules<'_> {
    pub(super) fn websocket(&mut self) {
        let Some(websocket) = &self.stage.websocket else { return };
        if websocket.routes.is_empty() && !self.is_faulty(&["routes", "websocket"]) {
            self.fault(["websocket", "routes"], "a WebSocket API needs a route, such as `$default`");
        }
        if websocket.routes.len() > MAX_ROUTES {
            let sentence = format!("a WebSocket API has {MAX_ROUTES} routes at most, not {}", websocket.routes.len());
            self.fault(["websocket", "routes"], sentence);
        }
        let mut known = BTreeSet::new();
        for (index, key) in websocket.routes.iter().enumerate() {
            let sentence = match key_fault(key) {
                None if !known.insert(key) => Some(format!("route `{key}` is listed twice")),
                sentence => sentence,
            };
            if let Some(sentence) = sentence {
                self.fault(["websocket", "routes", &index.to_string()], sentence);
            }
        }
        for (index, key) in websocket.responses.iter().enumerate() {
            let sentence = if [CONNECT, DISCONNECT].contains(&key.as_str()) {
                format!("`{key}` has no message to respond to; `responses` lists other routes")
            } else if !known.contains(key) && !self.is_faulty(&["routes", "websocket"]) {
                format!("`{key}` is none of `routes`")
            } else {
                continue;
            };
            self.fault(["websocket", "responses", &index.to_string()], sentence);
        }
        if !is_selection(&websocket.route_selection) {
            let sentence =
                format!("`{}` is not a field of a message, such as `$request.body.action`", websocket.route_selection);
            self.fault(["websocket", "route_selection"], sentence);
        }
    }
}

/// Why a text cannot be a route key. The key is a path of the app too.
fn key_fault(key: &str) -> Option<String> {
    let reserved = [CONNECT, DISCONNECT, DEFAULT];
    if key.starts_with('$') && !reserved.contains(&key) {
        return Some(format!("route `{key}` begins with `$`, as only `$connect`, `$disconnect` and `$default` do"));
    }
    let is_plain = !key.is_empty() && !key.chars().any(|letter| letter.is_control());
    if !is_plain || key.chars().count() > MAX_KEY {
        return Some(format!("route `{}` is not a text of 1 to {MAX_KEY} characters", key.escape_debug()));
    }
    None
}

/// Whether an expression is a path into the JSON body: the only kind that a WebSocket API evaluates.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html>
fn is_selection(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
    };
    text.strip_prefix("$request.body.").is_some_and(|path| path.split('.').all(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_a_path_into_the_body() {
        for (text, expected) in [
            ("$request.body.action", true),
            ("$request.body.message.type", true),
            ("$request.body.", false),
            ("$request.body", false),
            ("$request.body.a..b", false),
            ("$request.header.action", false),
            ("request.body.action", false),
            ("$request.body.a b", false),
        ] {
            assert_eq!(is_selection(text), expected, "{text}");
        }
    }
}
