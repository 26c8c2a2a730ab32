//! `zappa-rs status`: stack, release, functions, URL and the last day's figures, per region.

mod alarm;
mod delivery;
mod rows;

use std::{mem, sync::Arc};

use serde::Serialize;

use self::delivery::{ByHand, Delivery, delivery};
use super::{
    Context, address,
    answer::{Answer, answers},
    departed, failure,
    fleet::Outcome,
    inspect::{for_each_region, inspect, open},
    stage::Resolved,
};
use crate::{
    args::{InspectArgs, SharedArgs},
    aws,
    logical_id::FunctionIds,
    plan::FunctionDrift,
    report::{Failure, Report},
    rollout::{
        self, Behind, Causes, Deployed, DomainFacts, DomainRollout, Error, Marked, PhaseCell, Schedules, Served,
        StageAlarm,
    },
    template::{self, DomainClaim, output},
};

/// The JSON pointer to the keep-warm rule's targets in the template, one for each warm instance.
const KEPT_WARM: &str = "/Resources/KeepWarmRule/Properties/Targets";

/// What is deployed in one region.
#[derive(Serialize)]
struct Status {
    region: String,
    /// The stack's status; `None` if nothing is deployed.
    stack: Option<String>,
    stack_status: Option<String>,
    drift: Option<String>,
    release: Option<String>,
    /// Whether the release has passed its trial.
    tried: Option<bool>,
    /// The version that the alias points to.
    version: Option<String>,
    candidate: Option<String>,
    /// How the stack is behind the version that serves; `None` where Lambda cannot be queried.
    behind: Option<Vec<Behind>>,
    /// Drift: how functions, aliases, schedules and event source mappings differ from the stack; `None` where Lambda cannot be
    /// queried.
    changed_by_hand: Option<Vec<ByHand>>,
    function: Option<String>,
    url: Option<String>,
    /// The URL of the WebSocket API; `None` where the stage has none.
    websocket_url: Option<String>,
    /// The domain that leads to the stage; `None` where the stage has none.
    domain: Option<DomainFacts>,
    log_group: Option<String>,
    /// The further functions.
    functions: Vec<FurtherFunction>,
    /// The number of instances that are kept warm.
    keep_warm: usize,
    /// The schedules by the stack; `None` where it never had any.
    schedules: Option<Schedules>,
    #[serde(flatten)]
    delivery: Delivery,
    /// The alarms with their states; `None` where CloudWatch cannot be queried.
    alarms: Option<Vec<StageAlarm>>,
    /// The figures of the last day; `None` where CloudWatch is unavailable.
    invocations: Option<u64>,
    errors: Option<u64>,
    throttles: Option<u64>,
    /// Regions that left the settings and may still have the stack.
    departed_regions: Vec<String>,
    #[serde(skip)]
    marked: Marked,
}

/// A further function of a stage in one region.
#[derive(Serialize)]
struct FurtherFunction {
    /// Its name in the settings.
    name: String,
    /// Its name in Lambda.
    function: String,
    /// The version that its alias points to.
    version: Option<String>,
    candidate: Option<String>,
    log_group: Option<String>,
}

/// Runs `zappa-rs status`: stack, release, function, URL and the last day's figures, per region.
pub(crate) async fn run(
    args: &InspectArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (resolved, aws) = open(args, cx, report).await?;
    let mut found =
        for_each_region(&resolved, &aws, async |resolved, region| status_of(resolved, &region, report).await).await;
    let marked = found.iter().filter_map(|outcome| Some(&outcome.value()?.marked));
    let departed = departed::warn(&resolved, &aws, report, marked).await;
    let is_deployed = found.iter().any(|outcome| outcome.value().is_none_or(|status| status.stack.is_some()));
    if !is_deployed {
        departed::warn_of_others(&resolved, &aws, report, &departed).await;
    }
    for status in found.iter_mut().filter_map(Outcome::value_mut) {
        status.departed_regions = departed.of(&status.marked);
    }
    let answers = answers(&found);
    if shared.json {
        report.document(&answers);
    } else {
        for answer in &answers {
            let rows = match answer {
                Answer::Known(status) => status.rows(),
                Answer::Unavailable(failed) => vec![
                    vec!["region".to_owned(), failed.region.clone()],
                    vec!["error".to_owned(), failed.first_line().to_owned()],
                ],
            };
            report.table(&[], &rows);
        }
    }
    failure::of_reading(&found)
}

/// The status of a stage in one region.
async fn status_of(resolved: &Resolved, region: &aws::Region, report: &Report) -> Result<Status, Error> {
    let mut deployed = inspect(resolved, region).await?;
    if deployed.stack.is_none() {
        return Ok(Status::absent(region.name(), deployed.marked()));
    }
    let function = resolved.identity.stack();
    let counts = async { Ok(region.last_day(&function, "live").await) };
    let served = served(resolved, region, &deployed);
    let domain = domain(resolved, region, &deployed, report);
    let alarms = async { delivery::permitted(alarm::alarms(region, &deployed).await) };
    let (counts, (serving, causes), alarms, mut delivery, domain) =
        tokio::try_join!(counts, served, alarms, delivery(resolved, region, &deployed), domain)?;
    let (behind, by_hand) = causes.map(|causes| (causes.behind, causes.by_hand)).unzip();
    let changed_by_hand = changed_by_hand(by_hand, &mut delivery);
    deployed.serving = serving.clone();
    deployed.note_served_release();
    let (stack, release) = (deployed.stack.as_ref(), deployed.serving_release());
    let main = FunctionIds::main();
    let version = serving.version(&main).or_else(|| deployed.output(output::VERSION)).map(str::to_owned);
    let targets = deployed.live.as_ref().and_then(|live| live.pointer(KEPT_WARM)?.as_array());
    Ok(Status {
        region: region.name().to_owned(),
        stack: stack.map(|stack| stack.name.clone()),
        stack_status: stack.map(|stack| stack.status.0.clone()),
        drift: stack.and_then(|stack| stack.drift.as_ref()).map(|drift| drift.to_lowercase().replace('_', " ")),
        tried: release.as_ref().map(|release| deployed.inventory.has_record(release)),
        release: release.map(|release| release.to_string()),
        version,
        candidate: deployed.candidate(&main).map(str::to_owned),
        behind,
        changed_by_hand,
        function: Some(function),
        url: deployed.output(output::URL).map(|url| address::reachable(url, region.endpoint_url())),
        websocket_url: deployed
            .output(output::WEBSOCKET_URL)
            .map(|url| address::connectable(url, region.endpoint_url())),
        domain,
        log_group: deployed.output(output::LOG_GROUP).map(str::to_owned),
        functions: further_functions(resolved, &deployed, &serving),
        keep_warm: targets.map_or(0, Vec::len),
        schedules: stack.zip(deployed.live.as_ref()).and_then(|(stack, live)| Schedules::of(stack, live)),
        delivery,
        alarms,
        invocations: counts.as_ref().map(|counts| counts.invocations),
        errors: counts.as_ref().map(|counts| counts.errors),
        throttles: counts.as_ref().map(|counts| counts.throttles),
        departed_regions: Vec::new(),
        marked: deployed.marked(),
    })
}

/// Every difference that was found; `None` where there is none and Lambda could not be queried.
fn changed_by_hand(functions: Option<Vec<FunctionDrift>>, delivery: &mut Delivery) -> Option<Vec<ByHand>> {
    let is_known = functions.is_some();
    let functions = functions.into_iter().flatten().map(ByHand::Function);
    let schedules = mem::take(&mut delivery.schedule_drift).into_iter().map(ByHand::Schedule);
    let mappings = mem::take(&mut delivery.mapping_drift).into_iter().map(ByHand::Mapping);
    let all: Vec<ByHand> = functions.chain(schedules).chain(mappings).collect();
    (is_known || !all.is_empty()).then_some(all)
}

/// The further functions of the stack's live template.
fn further_functions(resolved: &Resolved, deployed: &Deployed, serving: &Served) -> Vec<FurtherFunction> {
    let functions = deployed.live.as_ref().map(template::functions).unwrap_or_default();
    let of_function = |ids: FunctionIds| {
        let output = |name: &str| deployed.output(&ids.output(name)).map(str::to_owned);
        let version = serving.version(&ids).map(str::to_owned).or_else(|| output(output::VERSION));
        Some(FurtherFunction {
            function: resolved.identity.function(ids.name.as_deref()),
            version,
            candidate: deployed.candidate(&ids).map(str::to_owned),
            log_group: output(output::LOG_GROUP),
            name: ids.name?,
        })
    };
    functions.into_iter().filter_map(of_function).collect()
}

/// The domain that the live template notes. What cannot be read of it does not hide the stage.
async fn domain(
    resolved: &Resolved,
    region: &aws::Region,
    deployed: &Deployed,
    report: &Report,
) -> Result<Option<DomainFacts>, Error> {
    let claimed = deployed.live.as_ref().and_then(template::claimed_domain);
    let Some(DomainClaim { name, service }) = claimed else { return Ok(None) };
    let stage = &resolved.selection.stages[region.name()];
    let (phase, region) = (PhaseCell::default(), DomainRollout::home(region, service));
    let work = DomainRollout { region, service, identity: &resolved.identity, stage, progress: report, phase: &phase };
    match work.facts(name).await {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if error.is_denied() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The live version, as Lambda reports it. Without the permission to query Lambda, the stack's own facts remain.
async fn served(
    resolved: &Resolved,
    region: &aws::Region,
    deployed: &Deployed,
) -> Result<(Served, Option<Causes>), Error> {
    match rollout::compare(region, &resolved.identity, deployed).await {
        Ok((found, causes)) => Ok((found, Some(causes))),
        Err(Error::Aws(error)) if error.is_denied() => Ok((Served::default(), None)),
        Err(error) => Err(error),
    }
}

impl Status {
    fn absent(region: &str, marked: Marked) -> Self {
        Self {
            region: region.to_owned(),
            stack: None,
            stack_status: None,
            drift: None,
            release: None,
            tried: None,
            version: None,
            candidate: None,
            behind: None,
            changed_by_hand: None,
            function: None,
            url: None,
            websocket_url: None,
            domain: None,
            log_group: None,
            functions: Vec::new(),
            keep_warm: 0,
            schedules: None,
            delivery: Delivery::default(),
            alarms: Some(Vec::new()),
            invocations: None,
            errors: None,
            throttles: None,
            departed_regions: Vec::new(),
            marked,
        }
    }
}
