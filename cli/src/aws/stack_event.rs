//! Events of a stack: what happened to it or to one of its resources.

use std::time::SystemTime;

use aws_sdk_cloudformation::types;

use crate::progress::ResourceEvent;

/// Something that happened to a stack or to one of its resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackEvent {
    /// Its id, unique in the stack.
    pub(crate) id: String,
    /// When it happened, by AWS's clock.
    pub(crate) time: Option<SystemTime>,
    /// The resource's key in the template, or the stack's name.
    pub(crate) logical_id: String,
    /// The resource's name, id or ARN.
    pub(crate) physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// `CREATE_IN_PROGRESS`.
    pub(crate) status: String,
    /// Why.
    pub(crate) reason: Option<String>,
    /// The token of the request that led to it.
    pub(crate) token: Option<String>,
    /// Where in the template the error is, if validation found it: `/Resources/Table/Properties/BillingMode`.
    pub(crate) path: Option<String>,
}

impl StackEvent {
    /// Something failed.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// Work on the stack began with it.
    pub(super) fn begins_work(&self) -> bool {
        self.is_of_stack()
            && ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"].contains(&self.status.as_str())
    }

    /// The event for progress reports.
    pub(crate) fn to_resource_event(&self) -> ResourceEvent<'_> {
        ResourceEvent {
            status: &self.status,
            kind: &self.kind,
            logical_id: &self.logical_id,
            reason: self.reason.as_deref(),
        }
    }

    /// The id of CodeDeploy's deployment that an event of an alias names.
    pub(crate) fn deployment(&self) -> Option<&str> {
        let reason = self.reason.as_deref().filter(|_| self.kind == "AWS::Lambda::Alias")?;
        let is_id = |word: &&str| {
            word.strip_prefix("d-").is_some_and(|rest| {
                rest.len() == 9 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            })
        };
        reason.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').find(is_id)
    }

    /// What failed and why, with the path of the error if it has one.
    pub(crate) fn sentence(&self) -> String {
        let at = self.path.as_ref().map(|path| format!(" at `{path}`")).unwrap_or_default();
        let reason = self.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} `{}` is {}{at}{reason}", self.kind, self.logical_id, self.status)
    }

    /// It is about the stack itself.
    pub(crate) fn is_of_stack(&self) -> bool {
        self.kind == "AWS::CloudFormation::Stack"
    }
}

impl StackEvent {
    /// Emulators leave out what AWS never does.
    pub(super) fn new(event: types::StackEvent) -> Self {
        let status = event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        let logical_id = event.logical_resource_id.filter(|id| !id.is_empty()).or(event.stack_name).unwrap_or_default();
        let time = event.timestamp.and_then(|time| SystemTime::try_from(time).ok());
        let id =
            event.event_id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("{logical_id} {status} {time:?}"));
        Self {
            id,
            time,
            logical_id,
            physical_id: event.physical_resource_id.filter(|id| !id.is_empty()),
            kind: event.resource_type.unwrap_or_default(),
            status,
            reason: event.resource_status_reason.filter(|reason| !reason.is_empty()),
            token: event.client_request_token.filter(|token| !token.is_empty()),
            path: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_named_by_the_events_of_aliases() {
        let of = |kind: &str, reason: &str| {
            let event = StackEvent {
                id: String::new(),
                time: None,
                logical_id: "Live".to_owned(),
                physical_id: None,
                kind: kind.to_owned(),
                status: "UPDATE_FAILED".to_owned(),
                reason: Some(reason.to_owned()),
                token: None,
                path: None,
            };
            event.deployment().map(str::to_owned)
        };
        let alias = "AWS::Lambda::Alias";
        assert_eq!(of(alias, "Deployment (d-0A1B2C3D4) was stopped").as_deref(), Some("d-0A1B2C3D4"));
        assert_eq!(of(alias, "d-0A1B2C3D4: failed").as_deref(), Some("d-0A1B2C3D4"));
        for (kind, reason) in [
            ("AWS::Lambda::Function", "d-0A1B2C3D4"),
            (alias, "d-0a1b2c3d4"),
            (alias, "shop-d-0A1B2C3D4"),
            (alias, "d-0A1B2C3D45"),
            (alias, "A conflicting deployment is in progress"),
        ] {
            assert_eq!(of(kind, reason), None, "{kind} {reason}");
        }
    }
}
