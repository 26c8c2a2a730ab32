//! The role of the account by which a REST API writes its access log, looked for before a stack that needs it is sent.

use serde_json::Value;

use super::{Deployed, Error, Rollout};
use crate::template;

/// What sets the role, which is for the account and not for a stage to do.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
pub(crate) const LOG_ROLE_REMEDY: &str = "a REST API writes its access log by a role of the account, once per region: `aws apigateway update-account --patch-operations op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::ACCOUNT:role/NAME`, a role that trusts `apigateway.amazonaws.com` with the policy `AmazonAPIGatewayPushToCloudWatchLogs`; an HTTP API needs none";

impl Rollout<'_> {
    /// Refuses a REST API's first access log in an account without the role. CloudFormation would find it out after minutes, and
    /// roll the stack back. If the caller lacks the permission to read the account, CloudFormation decides.
    pub(super) async fn check_log_role(&self, deployed: &Deployed) -> Result<(), Error> {
        let has_log = deployed.live.as_ref().is_some_and(template::has_rest_access_log);
        if has_log || !needs_role(&self.request.record.template) {
            return Ok(());
        }
        match self.region.has_gateway_log_role().await {
            Ok(false) => Err(Error::NoLogRole { region: self.region.name().to_owned() }),
            Ok(true) | Err(_) => Ok(()),
        }
    }
}

/// Whether a template has an access log that needs the role, and does not set the role itself.
fn needs_role(template: &Value) -> bool {
    let mut resources = template["Resources"].as_object().into_iter().flatten();
    template::has_rest_access_log(template)
        && !resources.any(|(_, resource)| resource["Type"] == "AWS::ApiGateway::Account")
}
