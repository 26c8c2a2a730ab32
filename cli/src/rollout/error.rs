//! Errors of a rollout, with the state that they leave. Their hints: `hint.rs`.

use std::time::{Duration, SystemTime};

use super::Phase;
use crate::{
    aws::{self, SettledStack, StackEvent},
    names::{ArtifactKey, Identity},
    plan::ScheduleState,
    release::ReleaseId,
    suggestion::quote_list,
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
    #[error("stack `{stack}` has to be updated: {reason}")]
    NeedsStack { stack: String, reason: String },
    #[error("event `{event}` was created with {}, and `{setting}` cannot become {}", assigned(setting, live), or_unset(wanted.as_deref()))]
    StartingPosition { event: String, setting: &'static str, live: Option<String>, wanted: Option<String> },
    #[error(
        "event `{event}` reads `{group}`, a log group of this stage's own functions: every line would cause further lines"
    )]
    OwnLogs { event: String, group: String },
    #[error("stack `{stack}` in {region} has no schedules")]
    NoSchedules { stack: String, region: String },
    #[error("{} of stack `{stack}` in {region} {} deleted by hand", schedules_of(names), if names.len() == 1 { "was" } else { "were" })]
    SchedulesMissing {
        stack: String,
        region: String,
        names: Vec<String>,
        /// The state of the others, and how many there are.
        state: ScheduleState,
        others: usize,
        /// Whether the stack's parameter is as wanted.
        is_switched: bool,
    },
    #[error("stack `{stack}` is {status}{}{}", changed_by(by.as_deref()), changed_since(*since))]
    Busy { stack: String, status: String, by: Option<String>, since: Option<SystemTime> },
    #[error("stack `{stack}` was changed in the meantime{}", by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Overtaken { stack: String, by: Option<String> },
    #[error("traffic cannot be shifted in steps: {}", obstacles.join(", and "))]
    NotGradual { obstacles: Vec<String> },
    #[error("traffic cannot be shifted in steps while an alarm would roll it back: {}", alarms.join("; "))]
    InAlarm { alarms: Vec<String> },
    #[error("stack `{stack}` is {status} and its rollback cannot be continued{}", cause_of(cause.as_deref()))]
    Stuck { stack: String, status: String, cause: Option<Box<StackEvent>> },
    #[error("stack `{stack}` is {status}{}", first_cause(cause.as_deref(), reason.as_deref()))]
    StackFailed { stack: String, status: String, reason: Option<String>, cause: Option<Box<StackEvent>> },
    #[error("stack `{stack}` could not be deleted{}", cause_of(cause.as_deref()))]
    NotDeleted { stack: String, cause: Option<Box<StackEvent>> },
    #[error("the template of stack `{stack}` cannot be read")]
    LiveTemplate { stack: String, source: serde_json::Error },
    #[error("the template has {bytes} bytes, CloudFormation accepts {limit}")]
    TemplateTooLarge { bytes: usize, limit: usize },
    #[error("artifact `{key}` is not in bucket `{bucket}`")]
    ArtifactMissing { key: ArtifactKey, bucket: String },
    #[error("version {version} of function `{function}` has other code than was sent: SHA-256 {}, not `{wanted}`", or_unknown(found.as_deref()))]
    OtherCode { function: String, version: String, wanted: String, found: Option<String> },
    #[error("{what} does not exist")]
    NotThere { what: String },
    #[error("version {version} failed its trial ({what}): {reason}")]
    Trial { version: String, what: String, reason: String, log: String, is_first: bool },
    #[error("version {version} failed its trial (its handlers): {missing}")]
    NoHandler { version: String, missing: String, is_first: bool },
    #[error("rolling back the failed release failed as well: {undoing}")]
    RollbackFailed { failure: Box<Self>, undoing: Box<Self> },
    #[error("the change of stack `{stack}` was declined")]
    Declined { stack: String },
    #[error("confirmation is required, and there is no terminal")]
    ConfirmationRequired {
        lines: Vec<String>,
        /// Whether the command has the flag `--dry-run`.
        has_dry_run: bool,
    },
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
    #[error("stack `{stack}` in {region} has no WebSocket API")]
    NoWebSocket { stack: String, region: String },
    #[error("the record `{key}` cannot be read")]
    UnreadableRecord { key: String, source: serde_json::Error },
    #[error("domain `{domain}`: {failure}")]
    Domain { domain: String, failure: Box<Self> },
    #[error("stack `{stack}` in {region} is not a domain's of this tool: {reason}")]
    DomainNotOurs { stack: String, region: String, reason: String },
    #[error("the domain in {region} has no certificate, and no public hosted zone of the account ends its name")]
    NoHostedZone { domain: String, region: String },
    #[error("the account has {} public hosted zones `{name}`", ids.len())]
    SeveralHostedZones { name: String, ids: Vec<String> },
    #[error("its regions are joined by `{from}`, and their records cannot become `{to}` one after the other")]
    RoutingOfRegions { from: &'static str, to: &'static str },
    #[error("{live} serves it, and the stage needs {wanted}: a name is served by one of the two")]
    OtherService { live: &'static str, wanted: &'static str },
    #[error("CloudFormation is not done with it after {minutes} minutes")]
    DomainPending { domain: String, minutes: u64 },
    #[error("the gateway of stack `{stack}` cannot change while the domain `{domain}` leads to it")]
    GatewayOfDomain { stack: String, domain: String },
    #[error("`{setting}` cannot be {} function `{function}`: Lambda fixes it when it creates one", if *is_added { "added to" } else { "taken from" })]
    Fixed { function: String, setting: &'static str, is_added: bool },
    #[error("the value of API key {} is not known", quote_list(keys.iter().map(String::as_str)))]
    KeyValues { keys: Vec<String> },
    #[error("API Gateway has no role in {region} by which it writes the `access_log` of a REST API")]
    NoLogRole { region: String },
    #[error("stack `{stack}` is protected from deletion")]
    Protected { stack: String, departed: Option<String> },
}

impl Error {
    /// The stack lacks what it just had.
    pub(super) fn vanished(identity: &Identity) -> Self {
        Self::Vanished { stack: identity.stack() }
    }

    /// A failure in the work on a domain.
    pub(super) fn of_domain(domain: &str, failure: Self) -> Self {
        match failure {
            // The question names the domain itself.
            Self::Declined { .. } | Self::ConfirmationRequired { .. } => failure,
            failure => Self::Domain { domain: domain.to_owned(), failure: Box::new(failure) },
        }
    }

    pub(super) fn not_deleted(settled: &SettledStack) -> Self {
        Self::NotDeleted { stack: settled.stack.name.clone(), cause: settled.first_cause.clone().map(Box::new) }
    }

    /// What would be lost, a line each.
    pub(crate) fn losses(&self) -> &[String] {
        match self {
            Self::ConfirmationRequired { lines, .. } => lines,
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

    /// The state that the error leaves, where it is not obvious.
    pub(crate) fn state(&self, phase: Phase) -> Option<&'static str> {
        if phase == Phase::Following {
            return Some(phase.sentence());
        }
        Some(match self {
            Self::NeedsStack { .. } if phase == Phase::Publishing => phase.sentence(),
            Self::Overtaken { .. } if matches!(phase, Phase::Publishing | Phase::Moving) => phase.sentence(),
            Self::Aws(_) | Self::OtherCode { .. } | Self::NotThere { .. } if phase != Phase::Untouched => {
                phase.sentence()
            }
            // Nothing of the stage failed with its domain.
            Self::Domain { .. } if phase == Phase::Untouched => return None,
            Self::Domain { .. } => phase.sentence(),
            Self::StackFailed { .. } if phase == Phase::Finishing => {
                "the new release is live; resources that only the previous one needed are still there, and the next deploy removes them"
            }
            Self::Trial { is_first: true, .. } | Self::NoHandler { is_first: true, .. } => {
                "the stack exists and this release is live, since there is no earlier one"
            }
            Self::Trial { .. } | Self::NoHandler { .. } => "no traffic was shifted; the previous release is still live",
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

    /// Whether the caller may not do this.
    pub(crate) fn is_denied(&self) -> bool {
        match self {
            Self::Aws(error) => error.is_denied(),
            Self::Domain { failure, .. } => failure.is_denied(),
            _ => false,
        }
    }

    /// Whether the command or the settings, and not AWS, are to blame.
    pub(crate) fn is_usage(&self) -> bool {
        if let Self::Aws(error) = self {
            return error.is_usage();
        }
        if let Self::Domain { failure, .. } = self {
            return failure.is_usage();
        }
        matches!(
            self,
            Self::ConfirmationRequired { .. }
                | Self::GatewayOfDomain { .. }
                | Self::NoHostedZone { .. }
                | Self::OtherService { .. }
                | Self::RoutingOfRegions { .. }
                | Self::SeveralHostedZones { .. }
                | Self::HealthCheckPath { .. }
                | Self::KeyValues { .. }
                | Self::NotGradual { .. }
                | Self::OwnLogs { .. }
                | Self::StartingPosition { .. }
        )
    }
}

/// A setting with its value.
fn assigned(setting: &str, value: &Option<String>) -> String {
    match value {
        Some(value) => format!("`{setting} = \"{value}\"`"),
        None => format!("no `{setting}`"),
    }
}

fn or_unset(value: Option<&str>) -> String {
    value.map_or_else(|| "unset".to_owned(), |value| format!("`{value}`"))
}

fn or_unknown(hash: Option<&str>) -> String {
    hash.map_or_else(|| "unknown".to_owned(), |hash| format!("`{hash}`"))
}

fn schedules_of(names: &[String]) -> String {
    format!(
        "{} {}",
        if names.len() == 1 { "schedule" } else { "schedules" },
        quote_list(names.iter().map(String::as_str))
    )
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
