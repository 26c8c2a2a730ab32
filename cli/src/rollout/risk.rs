//! The risk of a change as its documents alone show it: what is deleted for good, and what clients notice meanwhile.

use serde_json::Value;

use crate::plan::{self, Change};

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
}

/// Finds the risk of going from the live document to the wanted one, with a line for each thing; `None` if nothing is at
/// risk.
pub(super) fn find(live: &Value, wanted: &Value, url: Option<&str>) -> Option<(Risk, Vec<String>)> {
    let found = plan::difference(live, wanted);
    let mut lines: Vec<String> = found
        .iter()
        .filter(|found| !found.is_routine())
        .map(|found| format!("delete {} {}", found.kind, found.logical_id))
        .collect();
    let is_gateway = |found: &&plan::Difference| GATEWAYS.contains(&found.kind.as_str());
    if found.iter().filter(is_gateway).any(|found| found.change == Change::Remove)
        && let Some(url) = url
    {
        lines.push(format!("{url} stops working; the new URL is printed at the end"));
    }
    let is_loss = !lines.is_empty();
    let disrupted = url.filter(|_| plan::switches_url(live, wanted));
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

    #[test]
    fn a_switch_of_streaming_is_a_disruption_and_what_is_deleted_a_loss() {
        let document = |mode: &str, table: bool| {
            let mut document = json!({ "Resources": {
                "FunctionUrl": { "Type": "AWS::Lambda::Url", "Properties": { "InvokeMode": mode } },
            } });
            if table {
                document["Resources"]["Table"] = json!({ "Type": "AWS::DynamoDB::Table" });
            }
            document
        };
        let live = document("BUFFERED", true);
        for (wanted, expected) in [
            (document("BUFFERED", true), None),
            (document("RESPONSE_STREAM", true), Some((Risk::Disruption, 1))),
            (document("BUFFERED", false), Some((Risk::Loss, 1))),
            (document("RESPONSE_STREAM", false), Some((Risk::LossAndDisruption, 2))),
        ] {
            let found = find(&live, &wanted, Some("https://x.on.aws/"));
            assert_eq!(found.map(|(risk, lines)| (risk, lines.len())), expected, "{wanted}");
        }
    }
}
