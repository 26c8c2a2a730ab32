//! Warnings of front ends beside the gateway, which ask for nothing of what the gateway asks for.

use super::super::{Stage, authorizer::Access};
use crate::suggestion::quote_list;

/// The warnings of a target group and of a WebSocket API.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let asked = asked(stage);
    let not_asked = (!asked.is_empty()).then(|| quote_list(asked)).into_iter();
    not_asked.flat_map(move |asked| {
        let balancer = stage.target_group().map(|_| {
            format!(
                "stage `{name}`: a load balancer of `target_group` invokes the function itself, so that whoever reaches it meets \
                 nothing of {asked}; let the load balancer or the app ask there, for a token by the layer `JwtLayer`"
            )
        });
        let socket = stage.websocket.as_ref().map(|_| {
            format!(
                "stage `{name}`: the WebSocket API has a URL of its own, where callers meet nothing of {asked}; let the handler of \
                 `$connect` refuse those that may not connect"
            )
        });
        balancer.into_iter().chain(socket)
    })
}

/// The settings by which the gateway refuses callers of the catch-all. What a route alone protects, the app refuses to others.
fn asked(stage: &Stage) -> Vec<&'static str> {
    let has_mutual_tls = stage.domain().is_some_and(|domain| domain.mutual_tls.is_some());
    let is_asked = [
        ("authorizer", stage.access() != Access::Public),
        ("api_key_required", stage.api_key_required),
        ("resource_policy", !stage.resource_policy.is_empty()),
        ("mutual_tls", has_mutual_tls),
    ];
    is_asked.into_iter().filter(|(_, is_asked)| *is_asked).map(|(setting, _)| setting).collect()
}

#[cfg(test)]
mod tests {
    use super::super::warnings_of_lines;

    #[test]
    fn a_front_end_that_does_not_ask_for_what_the_gateway_asks_for_is_a_warning() {
        let keys = "api_key_required = true\nusage_plans = { free = { keys = [\"app\"] } }";
        let mutual = "domain = { name = \"a.example.com\", mutual_tls = { truststore_uri = \"s3://a/b.pem\" } }";
        for (stage, expected) in [
            ("target_group = true".to_owned(), &[][..]),
            ("websocket = {}".to_owned(), &[]),
            ("authorizer = \"iam\"".to_owned(), &[]),
            ("target_group = true\nroutes = [{ path = \"/a\", authorizer = \"iam\" }]".to_owned(), &[]),
            ("authorizer = \"iam\"\ntarget_group = true".to_owned(), &["meets nothing of `authorizer`; let the load"]),
            ("iam_authorization = true\nwebsocket = {}".to_owned(), &["the handler of `$connect`"]),
            (
                format!("{keys}\nresource_policy = [{{}}]\ntarget_group = true"),
                &["`api_key_required` and `resource_policy`"],
            ),
            (
                format!("{mutual}\ntarget_group = true\nwebsocket = {{}}"),
                &["load balancer", "`mutual_tls`; let the handler"],
            ),
        ] {
            let found = warnings_of_lines(&stage);
            assert_eq!(found.len(), expected.len(), "{stage}: {found:?}");
            let both = found.iter().zip(expected);
            both.for_each(|(found, expected)| assert!(found.contains(expected), "{stage}: {found}"));
        }
    }
}
