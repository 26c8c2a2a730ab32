//! Errors of a rollout, with the state that they leave and their hints.

use std::time::{Duration, SystemTime};

use super::Phase;
use crate::{
    aws::{self, SettledStack, StackEvent},
    names::{ArtifactKey, Identity},
    release::ReleaseId,
    suggestion::quote_list,
    template,
};

/// Why a region does not have what was wanted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Aws(#[from] aws::Error),
    #[error("stack `{stack}` in {region} is not this stage's: {reason}")]
    NotOurs { stack: String, region: String, reason: String, restore: Option<String> },
    #[error("stack `{stack}` does not exist in {region}")]
    NotDeployed { stack: String, region: String },
    #[error("stack `{stack}` is {status}{}{}", changed_by(by.as_deref()), changed_since(*since))]
    Busy { stack: String, status: String, by: Option<String>, since: Option<SystemTime> },
    #[error("stack `{stack}` was changed in the meantime{}", by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Overtaken { stack: String, by: Option<String> },
    #[error("stack `{stack}` is {status} and its rollback cannot be continued{}", cause_of(cause.as_deref()))]
    Stuck { stack: String, status: String, cause: Option<Box<StackEvent>> },
    #[error("stack `{stack}` is {status}{}", first_cause(cause.as_deref(), reason.as_deref()))]
    StackFailed { stack: String, status: String, reason: Option<String>, cause: Option<Box<StackEvent>> },
    #[error("stack `{stack}` could not be deleted{}", cause_of(cause.as_deref()))]
    NotDeleted { stack: String, cause: Option<Box<StackEvent>> },
    #[error("the template of stack `{stack}` cannot be read")]
    LiveDocument { stack: String, source: serde_json::Error },
    #[error("the template has {bytes} bytes, CloudFormation accepts {limit}")]
    DocumentTooLarge { bytes: usize, limit: usize },
    #[error("artifact `{key}` is not in bucket `{bucket}`")]
    ArtifactMissing { key: ArtifactKey, bucket: String },
    #[error("version {version} of function `{function}` has other code than was sent: SHA-256 {}, not `{wanted}`", told(found.as_deref()))]
    OtherCode { function: String, version: String, wanted: String, found: Option<String> },
    #[error("{what} does not exist")]
    NotThere { what: String },
    #[error("version {version} failed its trial ({what}): {reason}")]
    Trial { version: String, what: String, reason: String, log: String, is_first: bool },
    #[error("rolling back the failed release failed as well: {undoing}")]
    RollbackFailed { failure: Box<Self>, undoing: Box<Self> },
    #[error("the change of stack `{stack}` was declined")]
    Declined { stack: String },
    #[error("confirmation is required, and there is no terminal")]
    ConfirmationRequired { lines: Vec<String> },
    #[error("`health_check` is not a path that can be requested: `{path}`")]
    HealthCheckPath { path: String },
    #[error("the release's record cannot be written")]
    Record(#[source] serde_json::Error),
    #[error("stack `{stack}` was changed while the command ran")]
    Vanished { stack: String },
    #[error(
        "function or alias of stack `{stack}` were deleted by hand, and the settings that they had are not recorded"
    )]
    Incomplete { stack: String },
    #[error("bucket `{bucket}` does not exist")]
    BucketMissing { bucket: String },
    #[error("rolled back to release {release}, since another region failed")]
    RolledBack { release: ReleaseId },
    #[error("the candidate of stack `{stack}` is being tried{}{}", changed_by(by.as_deref()), changed_since(*since))]
    Tried { stack: String, by: Option<String>, since: Option<SystemTime>, trial: Duration },
    #[error("there is no release `{wanted}`")]
    NoRelease { wanted: String, known: Vec<String> },
    #[error("`{wanted}` is ambiguous: it matches several releases")]
    AmbiguousRelease { wanted: String, known: Vec<String> },
    #[error("bucket `{bucket}` holds no record of the release that is live")]
    NoRecord { bucket: String, live: ReleaseId },
    #[error("there is no release {number} before the live one")]
    NoEarlierRelease { number: usize, known: Vec<String> },
    #[error("stack `{stack}` in {region} has no URL; it is {status}")]
    NoUrl { stack: String, region: String, status: String },
    #[error("the record `{key}` cannot be read")]
    UnreadableRecord { key: String, source: serde_json::Error },
    #[error("stack `{stack}` is protected from deletion")]
    Protected { stack: String, departed: Option<String> },
}

impl Error {
    /// The stack lacks what it just had.
    pub(super) fn vanished(identity: &Identity) -> Self {
        Self::Vanished { stack: identity.stack() }
    }

    pub(super) fn not_deleted(settled: &SettledStack) -> Self {
        Self::NotDeleted { stack: settled.stack.name.clone(), cause: settled.first_cause.clone().map(Box::new) }
    }

    /// What gets further.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Aws(error) => return error.fault_path().and_then(fault_hint).or_else(|| error.hint()),
            Self::NotOurs { restore: Some(restore), .. } => format!(
                "if it is this stage's all the same, `{restore}` gives it the tags that say so; else name the function, and so the stack, otherwise with `function_name`"
            ),
            Self::NotOurs { .. } => {
                "choose another name for function and stack with `function_name`; if the stack is this stage's, correct its tags `zappa-rs:project` and `zappa-rs:stage`".to_owned()
            }
            Self::NotDeployed { .. } => "`zappa-rs deploy` creates it".to_owned(),
            Self::Busy { .. } => "`--wait` waits until it is done".to_owned(),
            Self::Overtaken { .. } => "run the command again, which resumes from the current state; `--wait` does it by itself".to_owned(),
            Self::Stuck { status, .. } if status == "UPDATE_FAILED" => {
                "a deploy without `--dry-run` rolls the stack back first".to_owned()
            }
            Self::Stuck { status, .. } if status != "UPDATE_ROLLBACK_FAILED" => {
                "look at the stack in CloudFormation's console, and run this again when it is done".to_owned()
            }
            Self::Stuck { stack, .. } => format!(
                "fix what the cause names, then run the command again; `aws cloudformation continue-update-rollback --stack-name {stack} --resources-to-skip ...` leaves a resource out"
            ),
            Self::StackFailed { cause: Some(cause), .. } if cause.path.as_deref().is_some_and(is_of_settings) => {
                return cause.path.as_deref().and_then(fault_hint);
            }
            Self::StackFailed { cause, reason, .. } => {
                let reason = cause.as_ref().and_then(|cause| cause.reason.as_deref()).or(reason.as_deref());
                return remedy(reason.unwrap_or_default());
            }
            Self::NotDeleted { .. } => {
                "empty or free what the cause names, then run `zappa-rs undeploy` again".to_owned()
            }
            Self::LiveDocument { .. } => "the stack was changed by other means; `zappa-rs undeploy` and `zappa-rs deploy` recreate it".to_owned(),
            Self::DocumentTooLarge { .. } => "move some of `resources` to a stack of their own".to_owned(),
            Self::ArtifactMissing { .. } => "build and deploy that state of the source again".to_owned(),
            Self::OtherCode { .. } | Self::NotThere { .. } => "the function is being changed by other means at the same time: `zappa-rs status` shows what is live, and `zappa-rs deploy` restores it".to_owned(),
            Self::Trial { reason, .. } if is_timeout(reason) => "the application did not respond in time: does `main` wait for something before `zappa_rs::run`, such as a database that this function does not reach? `timeout_seconds` gives it more time".to_owned(),
            Self::Trial { is_first: true, .. } => "fix the error in the log and deploy again, which resumes with this stack; `zappa-rs undeploy` removes it".to_owned(),
            Self::Trial { .. } => "fix the error in the log and deploy again; `zappa-rs local` runs the same code here".to_owned(),
            Self::RollbackFailed { undoing, .. } => return undoing.hint(),
            Self::Declined { .. } => "nothing was changed".to_owned(),
            Self::ConfirmationRequired { .. } => "`--yes` agrees, `--dry-run` only shows what would happen".to_owned(),
            Self::HealthCheckPath { .. } => "a path such as `/health`".to_owned(),
            Self::Protected { stack, departed: Some(region) } => format!(
                "`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {stack} --region {region}` ends the protection, then undeploy"
            ),
            Self::Protected { .. } => "set `protected = false` and deploy, then undeploy".to_owned(),
            Self::Incomplete { .. } => "`zappa-rs deploy` recreates them from the present settings".to_owned(),
            Self::BucketMissing { .. } => "create it, or leave `s3_bucket` out: the tool creates one".to_owned(),
            Self::RolledBack { .. } => "fix the error in the other region, then deploy again".to_owned(),
            Self::Tried { trial, .. } => format!(
                "`--wait` waits until it is done; a deploy that was cut off is taken over {} minutes after it began",
                trial.as_secs().div_ceil(60)
            ),
            Self::NoUrl { .. } => "see `zappa-rs status`".to_owned(),
            Self::NoRelease { known, .. } | Self::NoEarlierRelease { known, .. } if known.is_empty() => {
                "no release has passed its trial yet".to_owned()
            }
            Self::NoRelease { known, .. }
            | Self::NoEarlierRelease { known, .. }
            | Self::AmbiguousRelease { known, .. } => {
                format!("`zappa-rs releases` lists them: {}", quote_list(known.iter().map(String::as_str)))
            }
            Self::NoRecord { live, .. } => format!("it has not passed its trial yet, or the bucket was emptied: `zappa-rs deploy` of the source of release {live} tries, uploads and records it again; a release whose artifact is gone cannot be rolled back to"),
            Self::UnreadableRecord { .. } => "choose another release with `--to`".to_owned(),
            Self::Vanished { .. } => "it is being changed or deleted by someone else: look at `zappa-rs status`, then run the command again".to_owned(),
            Self::Record(_) => return None,
        })
    }

    /// What would be lost, a line each.
    pub(crate) fn losses(&self) -> &[String] {
        match self {
            Self::ConfirmationRequired { lines } => lines,
            _ => &[],
        }
    }

    /// The log of a trial.
    pub(crate) fn log(&self) -> Option<&str> {
        match self {
            Self::Trial { log, .. } if !log.trim().is_empty() => Some(log),
            Self::RollbackFailed { failure, .. } => failure.log(),
            _ => None,
        }
    }

    /// What stands now, where it does not go without saying.
    pub(crate) fn state(&self, phase: Phase) -> Option<&'static str> {
        Some(match self {
            Self::Aws(_) | Self::OtherCode { .. } | Self::NotThere { .. } if phase != Phase::Untouched => {
                phase.sentence()
            }
            Self::StackFailed { .. } if phase == Phase::Finishing => {
                "the new release is live; resources that only the previous one needed are still there, and the next deploy removes them"
            }
            Self::Trial { is_first: true, .. } => {
                "the stack exists and serves this release, since there is no earlier one"
            }
            Self::Trial { .. } => "no traffic was shifted; the previous release is still live",
            Self::RollbackFailed { undoing, .. }
                if matches!(**undoing, Self::Busy { .. } | Self::Overtaken { .. } | Self::Vanished { .. }) =>
            {
                "the stack was changed by someone else in the meantime; `zappa-rs status` shows its state"
            }
            Self::RollbackFailed { .. } => {
                "the previous release is still live, and the candidate is still in the stack"
            }
            Self::StackFailed { status, .. } if status.starts_with("UPDATE_ROLLBACK") => {
                "CloudFormation rolled the change back; the previous release is still live"
            }
            Self::StackFailed { status, .. } if status.starts_with("ROLLBACK") => {
                "CloudFormation rolled everything back but the empty stack, which the next deploy recreates"
            }
            _ => return None,
        })
    }

    /// Whether the command or the settings, and not AWS, are to blame.
    pub(crate) fn is_usage(&self) -> bool {
        if let Self::Aws(error) = self {
            return error.is_usage();
        }
        matches!(self, Self::ConfirmationRequired { .. } | Self::HealthCheckPath { .. })
    }
}

/// Whether a path of the document leads to a setting.
fn is_of_settings(path: &str) -> bool {
    template::setting(path).is_some()
}

/// Where in the settings a fault is that CloudFormation found in the document.
fn fault_hint(path: &str) -> Option<String> {
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
    } else if has(&["cannot be assumed by Lambda"]) {
        "the role is not ready or does not trust `lambda.amazonaws.com`: run the command again, or look at `role_arn`"
    } else if has(&["S3 Error Code: NoSuchKey", "S3 Error Code: AccessDenied"]) {
        "CloudFormation cannot read the artifact: `s3:GetObject` on the bucket is needed"
    } else {
        return None;
    };
    Some(text.to_owned())
}

fn told(hash: Option<&str>) -> String {
    hash.map_or_else(|| "unknown".to_owned(), |hash| format!("`{hash}`"))
}

fn changed_by(by: Option<&str>) -> String {
    by.map(|by| format!(", changed by {by}")).unwrap_or_default()
}

fn changed_since(since: Option<SystemTime>) -> String {
    since.map(|since| format!(" since {}", aws::rfc3339(since))).unwrap_or_default()
}

fn cause_of(cause: Option<&StackEvent>) -> String {
    first_cause(cause, None)
}

fn first_cause(cause: Option<&StackEvent>, reason: Option<&str>) -> String {
    match cause {
        Some(event) => format!(": {}", event.sentence()),
        None => reason.map(|reason| format!(": {reason}")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
