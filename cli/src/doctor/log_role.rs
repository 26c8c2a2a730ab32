//! The role of the account by which a REST API writes its access log.

use super::Finding;

pub(crate) const LOG_ROLE: &str = "log role";
/// What it means for the stage whether API Gateway has a role for logs, and what sets it.
pub(crate) fn log_role(is_there: bool, remedy: &str) -> Finding {
    if is_there {
        return Finding::ok(LOG_ROLE, "API Gateway has a role by which it writes the access log");
    }
    Finding::failed(LOG_ROLE, "API Gateway has no role by which it writes the access log of a REST API", remedy)
}
