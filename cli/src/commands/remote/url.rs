//! `zappa-rs url`: the bare URL of each region.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Context, address, failure,
    inspect::{for_each_region, open},
};
use crate::{
    args::{SharedArgs, UrlArgs},
    report::{Failure, Report},
    rollout::{self, Error},
    template::output,
};

/// Runs `zappa-rs url`: the URL alone, of the gateway or of the WebSocket API, one line a region.
pub(crate) async fn run(
    UrlArgs { inspect, websocket }: &UrlArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (resolved, aws) = open(inspect, cx, report).await?;
    let found = for_each_region(&resolved, &aws, async |resolved, region| {
        let (name, region_name) = (resolved.identity.stack(), region.name().to_owned());
        let Some(stack) = region.find_stack(&name).await? else {
            return Err(Error::NotDeployed { stack: name, region: region_name });
        };
        rollout::verify_ownership(&region, &stack, &resolved.identity).await?;
        if *websocket {
            let url = stack.outputs.get(output::WEBSOCKET_URL);
            let url = url.ok_or(Error::NoWebSocket { stack: name, region: region_name })?;
            return Ok(address::connectable(url, region.endpoint_url()));
        }
        let status = stack.status.0;
        let url = stack.outputs.get(output::URL).ok_or(Error::NoUrl { stack: name, region: region_name, status })?;
        Ok(address::reachable(url, region.endpoint_url()))
    })
    .await;
    let urls = found.iter().map(|outcome| (&outcome.region, outcome.value()));
    if shared.json {
        report.document(&urls.collect::<BTreeMap<_, _>>());
    } else {
        urls.filter_map(|(_, url)| url).for_each(|url| report.answer_line(url));
    }
    failure::of_reading(&found)
}
