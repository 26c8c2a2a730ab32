//! The address of a deployed URL: on AWS the stack's output as it is, in an emulator a path below its endpoint.

/// The URL at which clients connect to a WebSocket API. Emulators serve it below `/_aws/execute-api/` too.
pub(crate) fn connectable(url: &str, endpoint: Option<&str>) -> String {
    let Some(rest) = url.strip_prefix("wss://").filter(|_| endpoint.is_some()) else { return url.to_owned() };
    let reachable = reachable(&format!("https://{rest}"), endpoint);
    reachable.strip_prefix("http").map_or(reachable.clone(), |rest| format!("ws{rest}"))
}

/// The URL to request. Emulators do not resolve AWS's host names; they serve an API below `/_aws/execute-api/` and a
/// Function URL below `/_aws/lambda-url/`.
pub(crate) fn reachable(url: &str, endpoint: Option<&str>) -> String {
    let Some(endpoint) = endpoint else { return url.to_owned() };
    let endpoint = endpoint.trim_end_matches('/');
    let Some((host, path)) = url.strip_prefix("https://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))) else {
        return url.to_owned();
    };
    let id = host.split('.').next().unwrap_or_default();
    if host.contains(".lambda-url.") {
        format!("{endpoint}/_aws/lambda-url/{id}/{path}")
    } else if host.contains(".execute-api.") {
        let path = if path.is_empty() { "$default/".to_owned() } else { path.to_owned() };
        format!("{endpoint}/_aws/execute-api/{id}/{path}")
    } else {
        url.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_websocket_api_of_an_emulator_is_below_its_endpoint_too() {
        let url = "wss://ab12.execute-api.us-east-1.amazonaws.com/dev";
        assert_eq!(connectable(url, None), url);
        assert_eq!(connectable(url, Some("http://127.0.0.1:4566")), "ws://127.0.0.1:4566/_aws/execute-api/ab12/dev");
    }

    #[test]
    fn an_emulator_serves_below_its_endpoint() {
        for (url, expected) in [
            (
                "https://ab12.execute-api.us-east-1.amazonaws.com/dev/",
                "http://127.0.0.1:4566/_aws/execute-api/ab12/dev/",
            ),
            (
                "https://ab12.execute-api.us-east-1.amazonaws.com/",
                "http://127.0.0.1:4566/_aws/execute-api/ab12/$default/",
            ),
            ("https://xyz.lambda-url.us-east-1.on.aws/", "http://127.0.0.1:4566/_aws/lambda-url/xyz/"),
            ("https://api.example.com/", "https://api.example.com/"),
        ] {
            assert_eq!(reachable(url, Some("http://127.0.0.1:4566/")), expected);
            assert_eq!(reachable(url, None), url);
        }
    }
}
