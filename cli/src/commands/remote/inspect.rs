//! `zappa-rs releases`, `status` and `url`: the commands that only read.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;

use super::{
    Context, address,
    answer::{Answer, Unavailable, answers},
    departed, failure,
    fleet::Outcome,
    stage,
    stage::Resolved,
};
use crate::{
    args::{InspectArgs, SharedArgs, UrlArgs},
    aws::{self, Aws},
    logical_id::FunctionIds,
    plan::FunctionDrift,
    report::{Failure, Report},
    rollout::{self, Deployed, Error, Marked, ScheduleState, Schedules, Served},
    template::{self, output},
};

/// The JSON pointer to the keep-warm rule's targets in the template, one for each warm instance.
const KEPT_WARM: &str = "/Resources/KeepWarmRule/Properties/Targets";

/// A release in one region.
#[derive(Serialize)]
struct Release {
    region: String,
    release: String,
    created: String,
    commit: Option<String>,
    live: bool,
    sha256: String,
}

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
    /// Drift: how function and alias differ from the stack; `None` where Lambda cannot be queried.
    changed_by_hand: Option<Vec<FunctionDrift>>,
    function: Option<String>,
    url: Option<String>,
    /// The URL of the WebSocket API; `None` where the stage has none.
    websocket_url: Option<String>,
    log_group: Option<String>,
    /// The further functions.
    functions: Vec<FurtherFunction>,
    /// The number of instances that are kept warm.
    keep_warm: usize,
    /// The schedules; `None` where the stack never had any.
    schedules: Option<Schedules>,
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

/// Runs `zappa-rs releases`: the records with time and commit, and which one is live.
pub(crate) async fn releases(
    args: &InspectArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (resolved, aws) = open(args, cx, report).await?;
    let found = for_each_region(&resolved, &aws, async |resolved, region| {
        let deployed = inspect(resolved, &region).await?;
        let live = deployed.release();
        // The newest first, as one reads them.
        let records = deployed.inventory.records.iter().rev().map(|record| {
            let (region, bucket, live) = (&region, &deployed.bucket, &live);
            async move {
                let text = region.read(bucket, &record.key).await?.unwrap_or_default();
                let commit = serde_json::from_slice::<serde_json::Value>(&text)
                    .ok()
                    .and_then(|record| Some(record["commit"].as_str()?.to_owned()));
                Ok::<_, Error>(Release {
                    region: region.name().to_owned(),
                    release: record.id.to_string(),
                    created: record.created.clone(),
                    commit,
                    live: Some(&record.id) == live.as_ref(),
                    sha256: record.sha256.clone(),
                })
            }
        });
        try_join_all(records).await
    })
    .await;
    let mut answers = Vec::new();
    for outcome in &found {
        match &outcome.result {
            Some(Ok(releases)) => answers.extend(releases.iter().map(Answer::Known)),
            _ => answers.extend(Unavailable::new(outcome).map(Answer::Unavailable)),
        }
    }
    if shared.json {
        report.document(&answers);
    } else {
        let rows: Vec<_> = answers.iter().map(release_row).collect();
        report.table(&["region", "release", "created", "commit", ""], &rows);
    }
    failure::of_reading(&found)
}

/// Runs `zappa-rs status`: stack, release, function, URL and the last day's figures, per region.
pub(crate) async fn status(
    args: &InspectArgs,
    shared: &SharedArgs,
    cx: &Context,
    report: &Arc<Report>,
) -> Result<(), Failure> {
    let (resolved, aws) = open(args, cx, report).await?;
    let mut found = for_each_region(&resolved, &aws, async |resolved, region| status_of(resolved, &region).await).await;
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
async fn status_of(resolved: &Resolved, region: &aws::Region) -> Result<Status, Error> {
    let deployed = inspect(resolved, region).await?;
    let Some(stack) = &deployed.stack else {
        return Ok(Status::absent(region.name(), deployed.marked()));
    };
    let function = resolved.identity.stack();
    let counts = region.last_day(&function, "live").await;
    let (serving, changed_by_hand) = served(resolved, region, &deployed).await?;
    let main = FunctionIds::main();
    let version = serving.version(&main).or_else(|| deployed.output(output::VERSION)).map(str::to_owned);
    let targets = deployed.live.as_ref().and_then(|live| live.pointer(KEPT_WARM)?.as_array());
    Ok(Status {
        region: region.name().to_owned(),
        stack: Some(stack.name.clone()),
        stack_status: Some(stack.status.0.clone()),
        drift: stack.drift.as_ref().map(|drift| drift.to_lowercase().replace('_', " ")),
        release: deployed.release().map(|release| release.to_string()),
        tried: deployed.release().map(|release| deployed.inventory.has_record(&release)),
        version,
        candidate: deployed.candidate(&main).map(str::to_owned),
        changed_by_hand,
        function: Some(function),
        url: deployed.output(output::URL).map(|url| address::reachable(url, region.endpoint_url())),
        websocket_url: deployed
            .output(output::WEBSOCKET_URL)
            .map(|url| address::connectable(url, region.endpoint_url())),
        log_group: deployed.output(output::LOG_GROUP).map(str::to_owned),
        functions: further_functions(resolved, &deployed, &serving),
        keep_warm: targets.map_or(0, Vec::len),
        schedules: deployed.live.as_ref().and_then(|live| Schedules::of(stack, live)),
        invocations: counts.as_ref().map(|counts| counts.invocations),
        errors: counts.as_ref().map(|counts| counts.errors),
        throttles: counts.as_ref().map(|counts| counts.throttles),
        departed_regions: Vec::new(),
        marked: deployed.marked(),
    })
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

/// Runs `zappa-rs url`: the URL alone, of the gateway or of the WebSocket API, one line a region.
pub(crate) async fn url(
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

async fn open(args: &InspectArgs, cx: &Context, report: &Arc<Report>) -> Result<(Resolved, Aws), Failure> {
    let resolved = stage::resolve_for_inspection(&args.stage, cx).await?;
    let aws = resolved.aws(&args.stage, cx, report).await?;
    Ok((resolved, aws))
}

/// Queries every region; one that fails does not hide the others.
async fn for_each_region<T>(
    resolved: &Resolved,
    aws: &Aws,
    query: impl AsyncFn(&Resolved, aws::Region) -> Result<T, Error>,
) -> Vec<Outcome<T>> {
    let queries = resolved.selection.regions.iter().map(async |region| Outcome {
        region: region.clone(),
        result: Some(query(resolved, aws.in_region(region)).await),
    });
    join_all(queries).await
}

fn release_row(answer: &Answer<&Release>) -> Vec<String> {
    match answer {
        Answer::Known(release) => vec![
            release.region.clone(),
            release.release.clone(),
            release.created.clone(),
            release.commit.as_ref().map(|commit| short(commit)).unwrap_or_default(),
            if release.live { "live".to_owned() } else { String::new() },
        ],
        Answer::Unavailable(failed) => {
            let (region, error) = (failed.region.clone(), failed.first_line().to_owned());
            vec![region, "unavailable".to_owned(), String::new(), String::new(), error]
        }
    }
}

async fn inspect(resolved: &Resolved, region: &aws::Region) -> Result<Deployed, Error> {
    let mut deployed = Deployed::inspect(region, &resolved.identity, &resolved.selection.stages[region.name()]).await?;
    deployed.read_live(region).await?;
    Ok(deployed)
}

/// The live version, as Lambda reports it. Without the permission to query Lambda, the stack's own facts remain.
async fn served(
    resolved: &Resolved,
    region: &aws::Region,
    deployed: &Deployed,
) -> Result<(Served, Option<Vec<FunctionDrift>>), Error> {
    match rollout::drift(region, &resolved.identity, deployed).await {
        Ok((found, drift)) => Ok((found, Some(drift))),
        Err(Error::Aws(error)) if error.is_denied() => Ok((Served::default(), None)),
        Err(error) => Err(error),
    }
}

fn short(commit: &str) -> String {
    let digits = commit.trim_end_matches('+');
    format!("{}{}", digits.get(..10).unwrap_or(digits), &commit[digits.len()..])
}

impl FurtherFunction {
    fn row(&self) -> Vec<String> {
        let version = self.version.as_deref().unwrap_or("none");
        let candidate = self.candidate.as_ref().map(|number| format!(", candidate {number}")).unwrap_or_default();
        vec![format!("function {}", self.name), format!("{}, version {version}{candidate}", self.function)]
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
            changed_by_hand: None,
            function: None,
            url: None,
            websocket_url: None,
            log_group: None,
            functions: Vec::new(),
            keep_warm: 0,
            schedules: None,
            invocations: None,
            errors: None,
            throttles: None,
            departed_regions: Vec::new(),
            marked,
        }
    }

    /// The number of schedules and whether they run; `None` where there are none.
    fn schedules_cell(&self) -> Option<String> {
        let schedules = self.schedules.filter(|schedules| schedules.count > 0)?;
        let hint = match schedules.state {
            ScheduleState::Enabled => "",
            ScheduleState::Disabled => "; `zappa-rs schedule` enables them",
        };
        Some(format!("{}, {}{hint}", schedules.count, schedules.state.word()))
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![vec!["region".to_owned(), self.region.clone()]];
        let Some(stack) = &self.stack else {
            rows.push(vec!["stack".to_owned(), "none; `zappa-rs deploy` creates it".to_owned()]);
            return rows;
        };
        let status = self.stack_status.as_deref().unwrap_or_default();
        rows.push(vec!["stack".to_owned(), format!("{stack} ({status})")]);
        let day = match (self.invocations, self.errors, self.throttles) {
            (Some(invocations), Some(errors), Some(throttles)) => {
                format!("{invocations} invocations, {errors} errors, {throttles} throttles")
            }
            _ => "unavailable (no data from CloudWatch)".to_owned(),
        };
        let instances = match self.keep_warm {
            0 => None,
            1 => Some("1 instance".to_owned()),
            several => Some(format!("{several} instances")),
        };
        for (name, value) in [
            ("url", self.url.clone()),
            ("websocket", self.websocket_url.clone()),
            (
                "release",
                self.release.as_ref().map(|release| match self.tried {
                    Some(false) => format!("{release}, which has not passed its trial"),
                    _ => release.clone(),
                }),
            ),
            ("version", self.version.clone()),
            (
                "candidate",
                self.candidate.as_ref().map(|number| format!("{number}, left by a deploy that did not finish")),
            ),
            ("function", self.function.clone()),
            ("log group", self.log_group.clone()),
            ("keep warm", instances),
            ("schedules", self.schedules_cell()),
            ("drift", self.drift.clone()),
            ("last day", Some(day)),
        ] {
            rows.extend(value.map(|value| vec![name.to_owned(), value]));
        }
        rows.extend(self.functions.iter().map(FurtherFunction::row));
        let by_hand = self.changed_by_hand.iter().flatten();
        rows.extend(by_hand.map(|drift| vec!["changed by hand".to_owned(), format!("{drift}; a deploy restores it")]));
        rows
    }
}
