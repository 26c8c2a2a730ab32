//! Warnings of schedules and event source mappings that were changed by hand and that a rollout leaves so.
//!
//! CloudFormation compares a template with its last one and not with AWS. Functions and aliases are restored by
//! `reconcile.rs`; a schedule or a mapping may be disabled for a reason, so that it is named with what restores it.

use super::{
    Done, Error, Rollout, Schedules,
    delivery::{changed_schedules, delivered_mappings},
};

impl Rollout<'_> {
    /// Warns of each difference between the live stack and AWS; no call where the stack has neither schedules nor mappings.
    ///
    /// The release is live: what cannot be read is a warning, and nothing without the permission for the call.
    pub(super) async fn warn_of_changes_by_hand(&self, done: &Done) {
        let (stack, live) = (&done.stack, &self.request.record.template);
        let schedules = changed_schedules(&self.region, stack, live);
        let mappings = delivered_mappings(&self.region, self.request.identity, self.request.stage, stack, live);
        let (schedules, mappings) = tokio::join!(schedules, mappings);
        let state = Schedules::of(stack, live).map(|schedules| schedules.state);
        for drift in self.read("the schedules", schedules) {
            self.warn_of_change_by_hand(&drift.to_string(), &drift.remedy(state));
        }
        for drift in self.read("the event source mappings", mappings.map(|mappings| mappings.drift)) {
            self.warn_of_change_by_hand(&drift.to_string(), &drift.remedy());
        }
    }

    fn warn_of_change_by_hand(&self, drift: &str, remedy: &str) {
        self.progress.warning(&format!("changed by hand: {drift}"), Some(remedy));
    }

    fn read<T>(&self, what: &str, drift: Result<Vec<T>, Error>) -> Vec<T> {
        match drift {
            Ok(drift) => drift,
            Err(Error::Aws(error)) if error.is_denied() => Vec::new(),
            Err(error) => {
                let hint = Some("`zappa-rs status` compares them again");
                self.progress.warning(&format!("{what} could not be compared with AWS: {error}"), hint);
                Vec::new()
            }
        }
    }
}
