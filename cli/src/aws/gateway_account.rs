//! The settings of API Gateway that an account has once in a region.

use super::{Error, Region, gateway_call::GatewayRequest};

impl Region {
    /// Whether API Gateway has a role by which it writes logs of REST APIs.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetAccount.html>
    pub(crate) async fn has_gateway_log_role(&self) -> Result<bool, Error> {
        let call = self.call("apigateway:GetAccount", self.name());
        let credentials = self.credentials().await?;
        let account = self.api_gateway(&call, &credentials, &GatewayRequest::new("GET", &["account"])).await?;
        Ok(account["cloudwatchRoleArn"].as_str().is_some_and(|arn| !arn.is_empty()))
    }
}
