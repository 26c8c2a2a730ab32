//! Logical ids in the template: the stack's own resources and outputs.

/// The REST API.
pub(crate) const API: &str = "Api";
/// The stage of the REST API.
pub(crate) const API_STAGE: &str = "ApiStage";
/// The permission of the REST API to invoke a version past the alias.
pub(crate) const DIRECT_PERMISSION: &str = "DirectPermission";
/// The function.
pub(crate) const FUNCTION: &str = "Function";
/// The Function URL.
pub(crate) const FUNCTION_URL: &str = "FunctionUrl";
/// The permission to invoke the function by its URL.
pub(crate) const FUNCTION_URL_INVOKE_PERMISSION: &str = "FunctionUrlInvokePermission";
/// The permission to call the Function URL.
pub(crate) const FUNCTION_URL_PERMISSION: &str = "FunctionUrlPermission";
/// The permission of the gateway to invoke the alias.
pub(crate) const GATEWAY_PERMISSION: &str = "GatewayPermission";
/// The HTTP API. CloudFormation refuses another type under an id, so it shares none with the REST API.
pub(crate) const HTTP_API: &str = "HttpApi";
/// The stage of the HTTP API.
pub(crate) const HTTP_API_STAGE: &str = "HttpApiStage";
/// The integration of the HTTP API.
pub(crate) const INTEGRATION: &str = "Integration";
/// The permission of the keep-warm rule to invoke the alias.
pub(crate) const KEEP_WARM_PERMISSION: &str = "KeepWarmPermission";
/// The keep-warm rule.
pub(crate) const KEEP_WARM_RULE: &str = "KeepWarmRule";
/// The alias `live`.
pub(crate) const LIVE: &str = "Live";
/// The log group of the function.
pub(crate) const LOG_GROUP: &str = "LogGroup";
/// The method of every path of the REST API but `/`.
pub(crate) const PROXY_METHOD: &str = "ProxyMethod";
/// The resource of every path of the REST API but `/`.
pub(crate) const PROXY_RESOURCE: &str = "ProxyResource";
/// The role of the function.
pub(crate) const ROLE: &str = "Role";
/// The method of the path `/` of the REST API.
pub(crate) const ROOT_METHOD: &str = "RootMethod";
/// The route of the HTTP API.
pub(crate) const ROUTE: &str = "Route";

/// The prefix of a version's id, before its hash.
pub(crate) const VERSION_PREFIX: &str = "Version";
/// The prefix of the id of a REST API's deployment, before its hash.
pub(crate) const DEPLOYMENT_PREFIX: &str = "Deployment";

/// The ids of the stack's own resources without a hash.
const RESOURCES: [&str; 20] = [
    API,
    API_STAGE,
    DIRECT_PERMISSION,
    FUNCTION,
    FUNCTION_URL,
    FUNCTION_URL_INVOKE_PERMISSION,
    FUNCTION_URL_PERMISSION,
    GATEWAY_PERMISSION,
    HTTP_API,
    HTTP_API_STAGE,
    INTEGRATION,
    KEEP_WARM_PERMISSION,
    KEEP_WARM_RULE,
    LIVE,
    LOG_GROUP,
    PROXY_METHOD,
    PROXY_RESOURCE,
    ROLE,
    ROOT_METHOD,
    ROUTE,
];

/// Whether a logical id is one of the stack's own resources', which no resource of the settings can have.
pub(crate) fn is_own_resource(id: &str) -> bool {
    let is_hashed =
        |prefix: &&str| id.strip_prefix(*prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    RESOURCES.contains(&id) || [VERSION_PREFIX, DEPLOYMENT_PREFIX].iter().any(is_hashed)
}

/// The names of the stack's own outputs.
pub(crate) mod output {
    /// The URL.
    pub(crate) const URL: &str = "Url";
    /// The number of the version that the template serves.
    pub(crate) const VERSION: &str = "Version";
    /// The name of the log group.
    pub(crate) const LOG_GROUP: &str = "LogGroup";
    /// The number of the candidate version, during a trial.
    pub(crate) const CANDIDATE: &str = "Candidate";
    /// The function's name.
    pub(crate) const FUNCTION_NAME: &str = "FunctionName";
    /// The function's ARN.
    pub(crate) const FUNCTION_ARN: &str = "FunctionArn";
    /// The alias's ARN.
    pub(crate) const LIVE_ARN: &str = "LiveArn";

    /// All of them, which no output of the settings can have.
    pub(crate) const ALL: [&str; 7] = [CANDIDATE, FUNCTION_ARN, FUNCTION_NAME, LIVE_ARN, LOG_GROUP, URL, VERSION];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_ids_are_the_fixed_ones_and_those_with_a_hash() {
        for (id, expected) in [
            (FUNCTION, true),
            ("Version0123abcdef", true),
            ("Deployment0a", true),
            ("VersionTable", false),
            ("Table", false),
        ] {
            assert_eq!(is_own_resource(id), expected, "{id}");
        }
    }
}
