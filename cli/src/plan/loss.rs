//! The losses and disruptions of an update, as far as the two templates show them: what is deleted for good, and what
//! clients notice meanwhile.

use serde_json::Value;

use super::{Change, Difference, KeyChanges, difference, switches_url};
use crate::logical_id;

/// The gateways, which have a URL of their own.
const GATEWAYS: [&str; 3] = ["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Lambda::Url"];

/// What a change puts at risk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Risk {
    /// Something is deleted or replaced for good.
    Loss,
    /// Clients get malformed responses for some seconds.
    Disruption,
    /// Both.
    LossAndDisruption,
    /// What leads to another stage leads to this one.
    Move,
    /// Everybody may call the stage.
    Exposure,
}

/// The risk of an update from the live template to the wanted one, with a line for each resource or URL; `None` if
/// nothing is at risk.
pub(crate) fn losses(
    live: &Value,
    wanted: &Value,
    url: Option<&str>,
    keys: &KeyChanges,
) -> Option<(Risk, Vec<String>)> {
    let found = difference(live, wanted);
    let mut lines: Vec<String> = found
        .iter()
        .filter(|found| !found.is_routine())
        .map(|found| format!("delete {} {}", found.kind, found.logical_id))
        .collect();
    let is_websocket = |found: &&Difference| found.logical_id == logical_id::WEBSOCKET_API;
    let is_gateway = |found: &&Difference| GATEWAYS.contains(&found.kind.as_str()) && !is_websocket(found);
    if found.iter().filter(is_gateway).any(|found| found.change == Change::Remove)
        && let Some(url) = url
    {
        lines.push(format!("{url} stops working; the new URL is printed at the end"));
    }
    if found.iter().filter(is_websocket).any(|found| found.change == Change::Remove) {
        lines.push("the URL of the WebSocket API stops working, and its clients are disconnected".to_owned());
    }
    lines.extend(keys.losses());
    let is_loss = !lines.is_empty();
    let disrupted = url.filter(|_| switches_url(live, wanted));
    lines.extend(
        disrupted.map(|url| {
            format!("{url}: for some seconds, while `streaming` is switched, clients get malformed responses")
        }),
    );
    let risk = match (is_loss, disrupted.is_some()) {
        (true, true) => Risk::LossAndDisruption,
        (true, false) => Risk::Loss,
        (false, true) => Risk::Disruption,
        (false, false) => return None,
    };
    Some((risk, lines))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn losses(live: &Value, wanted: &Value, url: Option<&str>) -> Option<(Risk, Vec<String>)> {
        super::losses(live, wanted, url, &KeyChanges::default())
    }

    #[test]
    fn a_value_that_is_replaced_is_a_loss() {
        let keys = KeyChanges { replaced: ["shop-dev-app".to_owned()].into(), ..KeyChanges::default() };
        let (risk, lines) = super::losses(&json!({}), &json!({}), None, &keys).unwrap();
        assert!(risk == Risk::Loss && lines[0].contains("API key shop-dev-app"), "{lines:?}");
    }

    #[test]
    fn a_websocket_api_goes_with_its_own_url_and_not_with_the_gateways() {
        let gateway = json!({ "Type": "AWS::ApiGateway::RestApi" });
        let websocket = json!({ "Type": "AWS::ApiGatewayV2::Api" });
        let live = json!({ "Resources": { "Api": gateway, "WebSocketApi": websocket } });
        let wanted = json!({ "Resources": { "Api": gateway } });
        let (risk, lines) = losses(&live, &wanted, Some("https://x.example.com/dev/")).unwrap();
        assert_eq!(risk, Risk::Loss);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].starts_with("the URL of the WebSocket API"), "{lines:?}");
    }

    #[test]
    fn a_switch_of_streaming_is_a_disruption_and_what_is_deleted_a_loss() {
        let template = |mode: &str, table: bool| {
            let mut template = json!({ "Resources": {
                "FunctionUrl": { "Type": "AWS::Lambda::Url", "Properties": { "InvokeMode": mode } },
            } });
            if table {
                template["Resources"]["Table"] = json!({ "Type": "AWS::DynamoDB::Table" });
            }
            template
        };
        let live = template("BUFFERED", true);
        for (wanted, expected) in [
            (template("BUFFERED", true), None),
            (template("RESPONSE_STREAM", true), Some((Risk::Disruption, 1))),
            (template("BUFFERED", false), Some((Risk::Loss, 1))),
            (template("RESPONSE_STREAM", false), Some((Risk::LossAndDisruption, 2))),
        ] {
            let found = losses(&live, &wanted, Some("https://x.on.aws/"));
            assert_eq!(found.map(|(risk, lines)| (risk, lines.len())), expected, "{wanted}");
        }
    }
}
