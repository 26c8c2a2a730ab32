//! Hints for failed rollouts: what to run, set or fix next.

use super::{Error, LOG_ROLE_REMEDY};
use crate::{aws::StackEvent, plan::ScheduleState, suggestion::quote_list, template};

impl Error {
    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Aws(error) => return error.template_path().and_then(template_hint).or_else(|| error.hint()),
            Self::NotOurs { restore, .. } => not_ours(restore.as_deref()),
            Self::NotDeployed { .. } => "`zappa-rs deploy` creates it".to_owned(),
            Self::NeedsStack { .. } => "`zappa-rs update` without `--fast` brings code and settings; the next one can be fast again".to_owned(),
            Self::StartingPosition { setting, .. } => format!("keep `{setting}` as it was; to start over, deploy once without the event and then with it"),
            Self::NoSchedules { .. } => "`zappa-rs update` deploys the `[[stage.NAME.schedules]]` of the settings".to_owned(),
            Self::SchedulesMissing { names, state, others, is_switched, .. } => {
                schedules_missing(names.len(), *others, *state, *is_switched)
            }
            Self::KeyValues { .. } => "values are in no record: give the keys of that release in `usage_plans`, with their values, and run the command again".to_owned(),
            Self::NoLogRole { .. } => LOG_ROLE_REMEDY.to_owned(),
            Self::Busy { .. } => "`--wait` waits until it is done".to_owned(),
            Self::Overtaken { .. } => "run the command again, which resumes from the current state; `--wait` does it by itself".to_owned(),
            Self::NotGradual { .. } => "`--now` moves all traffic at once, after the trial".to_owned(),
            Self::InAlarm { .. } => "wait until it is over, or `--now`, which moves all traffic at once: for a release that is the repair".to_owned(),
            Self::Stuck { stack, status, .. } => stuck(stack, status),
            Self::StackFailed { cause, reason, .. } => return stack_failed(cause.as_deref(), reason.as_deref()),
            Self::NotDeleted { .. } => {
                "empty or free what the cause names, then run `zappa-rs undeploy` again".to_owned()
            }
            Self::LiveTemplate { .. } => "the stack was changed by other means; `zappa-rs undeploy` and `zappa-rs deploy` recreate it".to_owned(),
            Self::TemplateTooLarge { .. } => "move some of `resources` to a stack of their own".to_owned(),
            Self::ArtifactMissing { .. } => "build and deploy that state of the source again".to_owned(),
            Self::OtherCode { .. } | Self::NotThere { .. } => "the function is being changed by other means at the same time: `zappa-rs status` shows what is live, and `zappa-rs deploy` restores it".to_owned(),
            Self::Trial { reason, is_first, .. } => trial(reason, *is_first),
            Self::NoHandler { .. } => "register it and deploy again, or remove the entry from the settings; names and kinds must be equal".to_owned(),
            Self::RollbackFailed { undoing, .. } => return undoing.hint(),
            Self::OwnLogs { .. } => "take the event out; an application handles its own errors by a layer of `tracing` or a panic hook".to_owned(),
            Self::Declined { .. } => "nothing was changed".to_owned(),
            Self::ConfirmationRequired { has_dry_run: true, .. } => "`--yes` agrees, `--dry-run` only shows what would happen".to_owned(),
            Self::ConfirmationRequired { has_dry_run: false, .. } => "`--yes` agrees".to_owned(),
            Self::HealthCheckPath { .. } => "a path such as `/health`".to_owned(),
            Self::Fixed { setting, .. } => format!("deploy another stage with the settings that you want, and move the traffic there; or keep `{setting}` as it was"),
            Self::Protected { stack, departed } => protected(stack, departed.as_deref()),
            Self::Incomplete { .. } => "`zappa-rs deploy` recreates them from the present settings".to_owned(),
            Self::BucketMissing { .. } => "create it, or leave `s3_bucket` out: the tool creates one".to_owned(),
            Self::RolledBack { .. } => "fix the error in the other region, then deploy again".to_owned(),
            Self::Tried { trial, .. } => format!(
                "`--wait` waits until it is done; a deploy that was cut off is taken over {} minutes after it began",
                trial.as_secs().div_ceil(60)
            ),
            Self::NoWebSocket { .. } => "add a table `[stage.NAME.websocket]` and deploy".to_owned(),
            Self::NoUrl { .. } => "see `zappa-rs status`".to_owned(),
            Self::NoRelease { known, .. }
            | Self::NoEarlierRelease { known, .. }
            | Self::AmbiguousRelease { known, .. } => releases(known),
            Self::NoRecord { live, .. } => format!("it has not passed its trial yet, or the bucket was emptied: `zappa-rs deploy` of the source of release {live} tries, uploads and records it again; a release whose artifact is gone cannot be rolled back to"),
            Self::UnreadableRecord { .. } => "choose another release with `--to`".to_owned(),
            Self::Vanished { .. } => "it is being changed or deleted by someone else: look at `zappa-rs status`, then run the command again".to_owned(),
            Self::Domain { failure, .. } => return domain(failure).or_else(|| failure.hint()),
            Self::DomainNotOurs { stack, .. } => format!("give that stack another name, or delete it: the domain's stack is always `{stack}`"),
            Self::NoHostedZone { domain, .. } => format!("`domain = {{ name = \"{domain}\", certificate_arn = \"...\" }}` names a certificate of ACM that is issued, and the record to add is printed then; or make a hosted zone in this account"),
            Self::SeveralHostedZones { ids, .. } => format!("`hosted_zone_id` in `domain` names one: {}", quote_list(ids.iter().map(String::as_str))),
            Self::RoutingOfRegions { .. } => "undeploy the stage in all regions but one, deploy with that one in `regions`, then with all of them and the new `routing`".to_owned(),
            Self::OtherService { .. } => "deploy the stages that have the domain once without `domain`, or undeploy them; then deploy this one: the name does not answer in between".to_owned(),
            Self::DomainPending { domain, .. } => format!("a certificate is issued when its record can be read from outside: look whether the name servers of the zone are those that `{domain}` is registered with; then run the command again, which goes on waiting"),
            Self::GatewayOfDomain { domain, .. } => format!("deploy another stage with the new `api` and `domain = \"{domain}\"`: the domain moves to it in one update; or deploy once without `domain`, and `{domain}` does not answer until the next deploy"),
            Self::Record(_) => return None,
        })
    }
}

/// The hint about what CloudFormation says of a domain.
fn domain(failure: &Error) -> Option<String> {
    let Error::StackFailed { cause, reason, .. } = failure else { return None };
    let reason = cause.as_deref().and_then(|cause| cause.reason.as_deref()).or(reason.as_deref())?;
    let is_record = reason.contains("resource record set") || reason.contains("record already exists");
    if is_record {
        return Some("the hosted zone has records of this name that this stack did not make: delete them there, or undeploy the stages whose domain it is in another region; or keep them by another `name`".to_owned());
    }
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/APIReference/API_CreateDistribution.html
    if reason.contains("CNAMEAlreadyExists") || reason.contains("CNAMEs you provided") {
        return Some("another distribution has the name, in this account or in another: take it out there; `undeploy` removes one of this tool's".to_owned());
    }
    reason.contains("already exists").then(|| {
        "the domain name is in use, in this account or in another: delete it in API Gateway's console there; `undeploy` removes one of this tool's".to_owned()
    })
}

/// The hint about a stack without the stage's tags. `restore`: the command that gives it the tags back.
fn not_ours(restore: Option<&str>) -> String {
    match restore {
        Some(restore) => format!("if it is this stage's all the same, `{restore}` gives it the tags that say so; else name the function, and so the stack, otherwise with `function_name`"),
        None => "choose another name for function and stack with `function_name`; if the stack is this stage's, correct its tags `zappa-rs:project` and `zappa-rs:stage`".to_owned(),
    }
}

/// The hint about schedules that were deleted by hand.
fn schedules_missing(count: usize, others: usize, state: ScheduleState, is_switched: bool) -> String {
    let them = if count == 1 { "it" } else { "them" };
    let state = state.word();
    let done = match others {
        0 => None,
        1 => Some(format!("the other schedule is {state} now")),
        _ => Some(format!("the other schedules are {state} now")),
    };
    let is_missing = if count == 1 { "it is" } else { "they are" };
    let parameter =
        (!is_switched).then(|| format!("CloudFormation cannot change the parameter while {is_missing} missing"));
    let facts: Vec<String> = done.into_iter().chain(parameter).collect();
    let facts = if facts.is_empty() { String::new() } else { format!("{}: ", facts.join(", and ")) };
    format!(
        "{facts}a deploy without {them}, which asks for confirmation (`--yes` answers), and one with {them} recreates {them}; \
         then run the command again"
    )
}

/// The hint about a stack that no operation of CloudFormation's gets further.
fn stuck(stack: &str, status: &str) -> String {
    match status {
        "UPDATE_FAILED" => "a deploy without `--dry-run` rolls the stack back first".to_owned(),
        "UPDATE_ROLLBACK_FAILED" => format!(
            "fix what the cause names, then run the command again; `aws cloudformation continue-update-rollback --stack-name {stack} --resources-to-skip ...` leaves a resource out"
        ),
        _ => "look at the stack in CloudFormation's console, and run this again when it is done".to_owned(),
    }
}

/// The hint about a failed operation: the setting that caused it, or what AWS's reason asks for.
fn stack_failed(cause: Option<&StackEvent>, reason: Option<&str>) -> Option<String> {
    if let Some(hint) = cause.and_then(|cause| template_hint(cause.path.as_deref()?)) {
        return Some(hint);
    }
    let reason = cause.and_then(|cause| cause.reason.as_deref()).or(reason);
    remedy(reason.unwrap_or_default())
}

/// The hint about a failed trial.
fn trial(reason: &str, is_first: bool) -> String {
    if is_timeout(reason) {
        "the application did not respond in time: does `main` wait for something before `zappa_rs::run`, such as a database that this function does not reach? `timeout_seconds` gives it more time"
    } else if is_first {
        "fix the error in the log and deploy again, which resumes with this stack; `zappa-rs undeploy` removes it"
    } else {
        "fix the error in the log and deploy again; `zappa-rs local` runs the same code here"
    }
    .to_owned()
}

/// The hint about a stack with termination protection. `departed`: its region, where the settings no longer name that.
fn protected(stack: &str, departed: Option<&str>) -> String {
    match departed {
        Some(region) => format!(
            "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {stack} --region {region}` ends the protection, then undeploy"
        ),
        None => "set `protected = false` and deploy, then undeploy".to_owned(),
    }
}

/// The hint about a release that was not found. `known`: the releases that can be.
fn releases(known: &[String]) -> String {
    if known.is_empty() {
        "no release has passed its trial yet".to_owned()
    } else {
        format!("`zappa-rs releases` lists them: {}", quote_list(known.iter().map(String::as_str)))
    }
}

/// Where in the settings an error is that CloudFormation found in the template.
fn template_hint(path: &str) -> Option<String> {
    let setting = template::setting(path)?;
    Some(format!("the error is in `{setting}` of the settings; `zappa-rs template` prints the template"))
}

/// Whether Lambda ended the invocation at the function's timeout.
fn is_timeout(reason: &str) -> bool {
    reason.contains("Task timed out after") || reason.contains("Sandbox.Timedout")
}

/// What to do about a reason that CloudFormation gives.
fn remedy(reason: &str) -> Option<String> {
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let text = if has(&["not authorized to perform", "AccessDenied", "is not authorized"]) {
        "`zappa-rs policy deploy` prints every permission that this deploy needs"
    } else if has(&["already exists", "AlreadyExists"]) {
        "a resource of that name exists outside of the stack: delete it, or set `function_name`"
    } else if has(&["UnreservedConcurrentExecution", "ReservedConcurrentExecutions"]) {
        "the account has no more concurrency to reserve: lower `reserved_concurrency` or ask AWS for a higher quota of Lambda's concurrent executions"
    } else if has(&["LimitExceeded", "limit exceeded", "quota", "Quota", "TooManyRequests", "Maximum number"]) {
        "the account is out of a quota: Service Quotas in the console shows it and takes a request for more"
    } else if has(&["CloudWatch Logs role ARN must be set"]) {
        LOG_ROLE_REMEDY
    } else if has(&["cannot be assumed by Lambda"]) {
        "the role is not ready or does not trust `lambda.amazonaws.com`: run the command again, or look at `role_arn`"
    } else if has(&["S3 Error Code: NoSuchKey", "S3 Error Code: AccessDenied"]) {
        "CloudFormation cannot read the artifact: `s3:GetObject` on the bucket is needed"
    } else if has(&["CodeDeploy", "codedeploy", "Deployment d-", "deployment d-"]) {
        "an alarm ends a gradual shift of traffic: `zappa-rs status` shows the alarms, `zappa-rs tail` the log; `--now` moves all traffic at once"
    } else {
        return None;
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_schedules_say_of_the_others_only_what_is_true() {
        let hint = |names: &[&str], others, is_switched| {
            let missing = Error::SchedulesMissing {
                stack: "shop-dev".to_owned(),
                region: "eu-west-1".to_owned(),
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                state: ScheduleState::Disabled,
                others,
                is_switched,
            };
            missing.hint().unwrap()
        };
        let recreated = "a deploy without it, which asks for confirmation (`--yes` answers), and one with it recreates it; then \
                         run the command again";
        assert_eq!(hint(&["a"], 0, true), recreated);
        assert_eq!(hint(&["a"], 1, true), format!("the other schedule is disabled now: {recreated}"));
        assert_eq!(
            hint(&["a"], 2, false),
            format!(
                "the other schedules are disabled now, and CloudFormation cannot change the parameter while it is missing: \
                 {recreated}"
            )
        );
        let all = hint(&["a", "b"], 0, false);
        assert!(
            all.starts_with("CloudFormation cannot change the parameter while they are missing: a deploy"),
            "{all}"
        );
    }

    #[test]
    fn a_trial_that_never_answers_gets_a_hint_of_its_own() {
        let hint = |reason: &str| {
            let trial = Error::Trial {
                version: "2".to_owned(),
                what: "its start".to_owned(),
                is_first: false,
                reason: reason.to_owned(),
                log: String::new(),
            };
            trial.hint().unwrap()
        };
        for reason in ["Unhandled: 2026-11-29T00:00:00Z id Task timed out after 3.00 seconds", "Sandbox.Timedout"] {
            assert!(hint(reason).contains("did not respond in time"), "{reason}");
        }
        assert!(!hint("Unhandled: exit status: 3").contains("did not respond in time"));
    }
}
