//! The function's log group, which outlives the stack.

use super::{Error, Region};

impl Region {
    /// Removes a log group; false if there was none.
    pub(crate) async fn remove_log_group(&self, name: &str) -> Result<bool, Error> {
        let call = self.call("logs:DeleteLogGroup", name);
        match call.send(self.logs().delete_log_group().log_group_name(name).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
