//! Logical ids in the template: the stack's own resources and outputs.

use sha2::{Digest as _, Sha256};

/// The log group of the gateway's access log.
pub(crate) const ACCESS_LOG_GROUP: &str = "AccessLogGroup";
/// The prefix of the ids of the alarms of failed invocations, which the main function's is without a name.
pub(crate) const ALARM_ERRORS: &str = "AlarmErrors";
/// The alarm of the gateway's responses with a status of 500 or more.
pub(crate) const ALARM_GATEWAY: &str = "AlarmGateway5xx";
/// The prefix of the ids of the alarms of long invocations.
pub(crate) const ALARM_P99_DURATION: &str = "AlarmP99Duration";
/// The prefix of the ids of the alarms of throttled invocations.
pub(crate) const ALARM_THROTTLES: &str = "AlarmThrottles";
/// The configuration of asynchronous invocations of the alias.
pub(crate) const ASYNC_CONFIG: &str = "AsyncConfig";
/// The REST API.
pub(crate) const API: &str = "Api";
/// The prefix of the id of an API key.
pub(crate) const API_KEY_PREFIX: &str = "ApiKey";
/// The prefix of the parameter for the value of an API key.
pub(crate) const API_KEY_VALUE_PREFIX: &str = "ApiKeyValue";
/// The stage of the REST API.
pub(crate) const API_STAGE: &str = "ApiStage";
/// The prefix of the id of a REST API's authorizer.
pub(crate) const AUTHORIZER_PREFIX: &str = "Authorizer";
/// The prefix of the id of API Gateway's permission to invoke an authorizer's function.
pub(crate) const AUTHORIZER_PERMISSION_PREFIX: &str = "AuthorizerPermission";
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
/// The REST API's own responses with a status of the client's fault.
pub(crate) const GATEWAY_RESPONSE_4XX: &str = "GatewayResponse4xx";
/// The REST API's own responses with a status of the server's fault.
pub(crate) const GATEWAY_RESPONSE_5XX: &str = "GatewayResponse5xx";
/// The permission of the gateway to invoke the alias.
pub(crate) const GATEWAY_PERMISSION: &str = "GatewayPermission";
/// The HTTP API. CloudFormation refuses another type under an id, so it shares none with the REST API.
pub(crate) const HTTP_API: &str = "HttpApi";
/// The prefix of the id of an HTTP API's authorizer.
pub(crate) const HTTP_AUTHORIZER_PREFIX: &str = "HttpAuthorizer";
/// The stage of the HTTP API.
pub(crate) const HTTP_API_STAGE: &str = "HttpApiStage";
/// The table of idempotency.
pub(crate) const IDEMPOTENCY_TABLE: &str = "IdempotencyTable";
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
/// The integration of the routes of preflights of the HTTP API, which invokes nothing.
pub(crate) const PREFLIGHT_INTEGRATION: &str = "PreflightIntegration";
/// The route of preflights of every path of the HTTP API but `/`.
pub(crate) const PREFLIGHT_ROUTE: &str = "PreflightRoute";
/// The method of every path of the REST API but `/`.
pub(crate) const PROXY_METHOD: &str = "ProxyMethod";
/// The method for CORS preflights of every path of the REST API but `/`.
pub(crate) const PROXY_PREFLIGHT: &str = "ProxyPreflight";
/// The resource of every path of the REST API but `/`.
pub(crate) const PROXY_RESOURCE: &str = "ProxyResource";
/// The role of the function.
pub(crate) const ROLE: &str = "Role";
/// The route of preflights of the path `/` of the HTTP API.
pub(crate) const ROOT_PREFLIGHT_ROUTE: &str = "RootPreflightRoute";
/// The method of the path `/` of the REST API.
pub(crate) const ROOT_METHOD: &str = "RootMethod";
/// The method for CORS preflights of the path `/` of the REST API.
pub(crate) const ROOT_PREFLIGHT: &str = "RootPreflight";
/// The route of the HTTP API.
pub(crate) const ROUTE: &str = "Route";
/// The permission of the rules of EventBridge to invoke the alias.
pub(crate) const RULE_PERMISSION: &str = "RulePermission";
/// The parameter that enables the schedules.
pub(crate) const SCHEDULES_STATE: &str = "SchedulesState";
/// The scalable target of the alias, which moves its provisioned concurrency.
pub(crate) const SCALABLE_TARGET: &str = "ScalableTarget";
/// The policy by which that follows use.
pub(crate) const SCALING_POLICY: &str = "ScalingPolicy";
/// The group of the schedules.
pub(crate) const SCHEDULE_GROUP: &str = "ScheduleGroup";
/// The role by which the schedules invoke the alias.
pub(crate) const SCHEDULE_ROLE: &str = "ScheduleRole";

/// The target group of a load balancer of the user's own.
pub(crate) const TARGET_GROUP: &str = "TargetGroup";
/// The permission of load balancers to invoke the alias by the target group.
pub(crate) const TARGET_GROUP_PERMISSION: &str = "TargetGroupPermission";
/// The application of CodeDeploy.
pub(crate) const TRAFFIC_APPLICATION: &str = "TrafficApplication";
/// The deployment configuration: the steps of the traffic.
pub(crate) const TRAFFIC_CONFIG: &str = "TrafficConfig";
/// The prefix of the ids of the deployment groups, which the main function's is without a name.
pub(crate) const TRAFFIC_GROUP: &str = "TrafficGroup";
/// The role by which CodeDeploy moves the aliases.
pub(crate) const TRAFFIC_ROLE: &str = "TrafficRole";

/// The prefix of the id of an API key's membership of a usage plan.
pub(crate) const USAGE_PLAN_KEY_PREFIX: &str = "UsagePlanKey";
/// The prefix of the id of a usage plan.
pub(crate) const USAGE_PLAN_PREFIX: &str = "UsagePlan";

/// The WebSocket API.
pub(crate) const WEBSOCKET_API: &str = "WebSocketApi";
/// The integration of the WebSocket API.
pub(crate) const WEBSOCKET_INTEGRATION: &str = "WebSocketIntegration";
/// The permission of the WebSocket API to invoke the alias.
pub(crate) const WEBSOCKET_PERMISSION: &str = "WebSocketPermission";
/// The stage of the WebSocket API.
pub(crate) const WEBSOCKET_STAGE: &str = "WebSocketStage";

/// The prefix of a version's id, before its hash.
pub(crate) const VERSION_PREFIX: &str = "Version";
/// The prefix of the id of a REST API's deployment, before its hash.
pub(crate) const DEPLOYMENT_PREFIX: &str = "Deployment";
/// The prefix of the id of a WebSocket API's deployment, before its hash.
pub(crate) const WEBSOCKET_DEPLOYMENT_PREFIX: &str = "WebSocketDeployment";

/// The prefix of the id of a log group's permission to invoke the alias.
pub(crate) const LOG_PERMISSION_PREFIX: &str = "LogPermission";
/// The prefix of the id of a log group's subscription.
pub(crate) const LOG_SUBSCRIPTION_PREFIX: &str = "LogSubscription";
/// The prefix of the id of a user pool's permission to invoke the alias.
pub(crate) const POOL_PERMISSION_PREFIX: &str = "PoolPermission";
/// The prefix of the id of an event source mapping.
pub(crate) const MAPPING_PREFIX: &str = "Mapping";
/// The prefix of the id of a receipt rule of SES.
pub(crate) const MAIL_RULE_PREFIX: &str = "MailRule";
/// The prefix of the id of a receipt rule's permission to invoke the alias.
pub(crate) const MAIL_PERMISSION_PREFIX: &str = "MailPermission";
/// The prefix of the id of a rule of AWS IoT.
pub(crate) const TOPIC_RULE_PREFIX: &str = "IotRule";
/// The prefix of the id of the permission of a rule of AWS IoT to invoke the alias.
pub(crate) const TOPIC_RULE_PERMISSION_PREFIX: &str = "IotPermission";
/// The prefix of the id of a rule of EventBridge.
pub(crate) const RULE_PREFIX: &str = "Rule";
/// The prefix of the id of a schedule.
pub(crate) const SCHEDULE_PREFIX: &str = "Schedule";
/// The prefix of the id of a method of a path of the REST API.
pub(crate) const PATH_METHOD_PREFIX: &str = "PathMethod";
/// The prefix of the id of a method for CORS preflights of a path of the REST API.
pub(crate) const PATH_PREFLIGHT_PREFIX: &str = "PathPreflight";
/// The prefix of the id of the resource of a path of the REST API.
pub(crate) const PATH_RESOURCE_PREFIX: &str = "PathResource";
/// The prefix of the id of a route of the HTTP API beside its `$default`.
pub(crate) const HTTP_ROUTE_PREFIX: &str = "HttpRoute";
/// The prefix of the id of a route of preflights of a path of the HTTP API.
pub(crate) const HTTP_PREFLIGHT_PREFIX: &str = "HttpPreflight";
/// The prefix of the id of a topic's subscription.
pub(crate) const SUBSCRIPTION_PREFIX: &str = "Subscription";
/// The prefix of the id of a topic's permission to invoke the alias.
pub(crate) const TOPIC_PERMISSION_PREFIX: &str = "TopicPermission";

/// The prefix of the id of the response of a WebSocket API's route.
pub(crate) const WEBSOCKET_RESPONSE_PREFIX: &str = "WebSocketResponse";
/// The prefix of the id of a WebSocket API's route.
pub(crate) const WEBSOCKET_ROUTE_PREFIX: &str = "WebSocketRoute";

/// The prefixes of ids with a name and a short hash.
const NAMED_PREFIXES: [&str; 38] = [
    ALARM_ERRORS,
    ALARM_P99_DURATION,
    ALARM_THROTTLES,
    API_KEY_PREFIX,
    API_KEY_VALUE_PREFIX,
    ASYNC_CONFIG,
    AUTHORIZER_PERMISSION_PREFIX,
    AUTHORIZER_PREFIX,
    FUNCTION,
    HTTP_AUTHORIZER_PREFIX,
    HTTP_PREFLIGHT_PREFIX,
    HTTP_ROUTE_PREFIX,
    LIVE,
    LOG_GROUP,
    LOG_PERMISSION_PREFIX,
    LOG_SUBSCRIPTION_PREFIX,
    MAIL_PERMISSION_PREFIX,
    MAIL_RULE_PREFIX,
    MAPPING_PREFIX,
    PATH_METHOD_PREFIX,
    PATH_PREFLIGHT_PREFIX,
    PATH_RESOURCE_PREFIX,
    POOL_PERMISSION_PREFIX,
    RULE_PERMISSION,
    RULE_PREFIX,
    SCALABLE_TARGET,
    SCALING_POLICY,
    SCHEDULE_PREFIX,
    SUBSCRIPTION_PREFIX,
    TOPIC_PERMISSION_PREFIX,
    TOPIC_RULE_PERMISSION_PREFIX,
    TOPIC_RULE_PREFIX,
    TRAFFIC_GROUP,
    USAGE_PLAN_KEY_PREFIX,
    USAGE_PLAN_PREFIX,
    VERSION_PREFIX,
    WEBSOCKET_RESPONSE_PREFIX,
    WEBSOCKET_ROUTE_PREFIX,
];
/// How many digits the short hash has.
const SHORT_HASH: usize = 6;
/// How many letters of a name an id has.
const NAME_LETTERS: usize = 48;

/// The ids of the stack's own resources and parameters without a hash; both share one namespace.
const RESOURCES: [&str; 50] = [
    ACCESS_LOG_GROUP,
    ALARM_ERRORS,
    ALARM_GATEWAY,
    ALARM_P99_DURATION,
    ALARM_THROTTLES,
    ASYNC_CONFIG,
    API,
    API_STAGE,
    DIRECT_PERMISSION,
    FUNCTION,
    FUNCTION_URL,
    FUNCTION_URL_INVOKE_PERMISSION,
    FUNCTION_URL_PERMISSION,
    GATEWAY_PERMISSION,
    GATEWAY_RESPONSE_4XX,
    GATEWAY_RESPONSE_5XX,
    HTTP_API,
    HTTP_API_STAGE,
    IDEMPOTENCY_TABLE,
    INTEGRATION,
    KEEP_WARM_PERMISSION,
    KEEP_WARM_RULE,
    LIVE,
    LOG_GROUP,
    PREFLIGHT_INTEGRATION,
    PREFLIGHT_ROUTE,
    PROXY_METHOD,
    PROXY_PREFLIGHT,
    PROXY_RESOURCE,
    ROLE,
    ROOT_METHOD,
    ROOT_PREFLIGHT_ROUTE,
    ROOT_PREFLIGHT,
    ROUTE,
    RULE_PERMISSION,
    SCALABLE_TARGET,
    SCALING_POLICY,
    SCHEDULES_STATE,
    SCHEDULE_GROUP,
    SCHEDULE_ROLE,
    TARGET_GROUP,
    TARGET_GROUP_PERMISSION,
    TRAFFIC_APPLICATION,
    TRAFFIC_CONFIG,
    TRAFFIC_GROUP,
    TRAFFIC_ROLE,
    WEBSOCKET_API,
    WEBSOCKET_INTEGRATION,
    WEBSOCKET_PERMISSION,
    WEBSOCKET_STAGE,
];

/// The logical ids of one of the stack's functions, with those of what belongs to it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct FunctionIds {
    /// Its name in the settings; `None` is the main function.
    pub(crate) name: Option<String>,
    /// What its ids and outputs have behind those of the main function.
    suffix: String,
    pub(crate) function: String,
    pub(crate) live: String,
    pub(crate) log_group: String,
    pub(crate) async_config: String,
    pub(crate) scalable_target: String,
    pub(crate) scaling_policy: String,
}

impl FunctionIds {
    /// The ids of the main function.
    pub(crate) fn main() -> Self {
        Self::of(None)
    }

    /// The ids of a further function by its name, or of the main one.
    pub(crate) fn of(name: Option<&str>) -> Self {
        let suffix = name.map(|name| named("", &[name])).unwrap_or_default();
        let id = |prefix: &str| format!("{prefix}{suffix}");
        Self {
            name: name.map(str::to_owned),
            function: id(FUNCTION),
            live: id(LIVE),
            log_group: id(LOG_GROUP),
            async_config: id(ASYNC_CONFIG),
            scalable_target: id(SCALABLE_TARGET),
            scaling_policy: id(SCALING_POLICY),
            suffix,
        }
    }

    /// The id of the version with a hash.
    pub(crate) fn version(&self, hash: &str) -> String {
        format!("{VERSION_PREFIX}{}{hash}", self.suffix)
    }

    /// The id of one of the function's alarms, by what is in front of the function's name.
    pub(crate) fn alarm(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.suffix)
    }

    /// The id of the function's deployment group.
    pub(crate) fn traffic_group(&self) -> String {
        format!("{TRAFFIC_GROUP}{}", self.suffix)
    }

    /// The hash in the id of one of the function's versions; `None` if the id is no such version's.
    pub(crate) fn hash_of<'a>(&self, id: &'a str) -> Option<&'a str> {
        let hash = id.strip_prefix(VERSION_PREFIX)?.strip_prefix(self.suffix.as_str())?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (!hash.is_empty() && hash.bytes().all(is_digit)).then_some(hash)
    }

    /// The name of one of the function's outputs.
    pub(crate) fn output(&self, name: &str) -> String {
        format!("{name}{}", self.suffix)
    }
}

/// The id of a resource that is one of several: the words of its name, for people, and a short hash that tells ids apart
/// whose words are equal. The last part of `identity` is the name.
pub(crate) fn named(prefix: &str, identity: &[&str]) -> String {
    let name = identity.last().and_then(|name| name.rsplit(['/', ':']).next()).unwrap_or_default();
    let mut words = String::new();
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        words.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        words.extend(letters);
    }
    words.truncate(NAME_LETTERS);
    format!("{prefix}{words}{}", short_hash(identity))
}

/// A short hash of what identifies a resource.
pub(crate) fn short_hash(identity: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in identity {
        hash.update(part);
        hash.update([0]);
    }
    let mut digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(SHORT_HASH);
    digits
}

/// Whether a logical id is one of the stack's own resources', which no resource of the settings can have.
pub(crate) fn is_own_resource(id: &str) -> bool {
    let is_hashed =
        |prefix: &&str| id.strip_prefix(*prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    RESOURCES.contains(&id)
        || [VERSION_PREFIX, DEPLOYMENT_PREFIX, WEBSOCKET_DEPLOYMENT_PREFIX].iter().any(is_hashed)
        || NAMED_PREFIXES.iter().any(|prefix| is_named(id, prefix))
}

/// Whether an id is a prefix, a name and a short hash.
pub(crate) fn is_named(id: &str, prefix: &str) -> bool {
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.get(rest.len().checked_sub(SHORT_HASH)?..));
    digits.is_some_and(|digits| digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// Whether a resource is a part of the REST API for a path beside the root and the catch-all.
pub(crate) fn is_path_part(id: &str) -> bool {
    [PATH_METHOD_PREFIX, PATH_PREFLIGHT_PREFIX, PATH_RESOURCE_PREFIX].iter().any(|prefix| is_named(id, prefix))
}

/// Whether a resource delivers the events of a schedule or an event source.
pub(crate) fn is_delivery(id: &str) -> bool {
    let prefixes = [
        LOG_SUBSCRIPTION_PREFIX,
        MAIL_RULE_PREFIX,
        MAPPING_PREFIX,
        POOL_PERMISSION_PREFIX,
        RULE_PREFIX,
        SCHEDULE_PREFIX,
        SUBSCRIPTION_PREFIX,
        TOPIC_RULE_PREFIX,
    ];
    prefixes.iter().any(|prefix| is_named(id, prefix))
}

/// The names of the stack's own outputs.
pub(crate) mod output {
    /// The name of the log group of the access log.
    pub(crate) const ACCESS_LOG_GROUP: &str = "AccessLogGroup";
    /// The ARN of the target group.
    pub(crate) const TARGET_GROUP: &str = "TargetGroupArn";
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

    /// The id of the API, where a domain leads to it.
    pub(crate) const API_ID: &str = "ApiId";
    /// The URL at which clients connect to the WebSocket API.
    pub(crate) const WEBSOCKET_URL: &str = "WebSocketUrl";

    /// Those of the main function and its gateway.
    const ALL: [&str; 11] = [
        ACCESS_LOG_GROUP,
        API_ID,
        CANDIDATE,
        FUNCTION_ARN,
        FUNCTION_NAME,
        LIVE_ARN,
        LOG_GROUP,
        TARGET_GROUP,
        URL,
        VERSION,
        WEBSOCKET_URL,
    ];
    /// Those that each further function has too, with its name and a short hash behind them.
    const OF_FUNCTION: [&str; 4] = [CANDIDATE, LIVE_ARN, LOG_GROUP, VERSION];

    /// Whether an output is one of the stack's own, which no output of the settings can be.
    pub(crate) fn is_own(name: &str) -> bool {
        ALL.contains(&name) || OF_FUNCTION.iter().any(|prefix| super::is_named(name, prefix))
    }

    /// Whether an output is the name of a log group of the stack's own.
    pub(crate) fn is_log_group(name: &str) -> bool {
        name == ACCESS_LOG_GROUP || (name.starts_with(LOG_GROUP) && is_own(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_a_name_differ_wherever_their_identities_do() {
        let id = |parts: &[&str]| named(RULE_PREFIX, parts);
        assert!(id(&["s3", "my-pictures"]).starts_with("RuleMyPictures"));
        assert_ne!(id(&["s3", "my-pictures"]), id(&["s3", "my.pictures"]));
        assert_ne!(id(&["s3", "x"]), id(&["pattern", "x"]));
        assert!(id(&["s3", &"x".repeat(300)]).len() < 64);
    }

    #[test]
    fn the_version_of_one_function_is_none_of_another() {
        let (main, abc) = (FunctionIds::main(), FunctionIds::of(Some("abc")));
        assert_eq!(
            (main.function.as_str(), main.live.as_str(), main.output("Version").as_str()),
            (FUNCTION, LIVE, "Version")
        );
        for (ids, other) in [(&main, &abc), (&abc, &main)] {
            let version = ids.version("0123456789ab");
            assert_eq!(ids.hash_of(&version), Some("0123456789ab"));
            assert_eq!(other.hash_of(&version), None, "{version}");
        }
        assert_eq!(main.hash_of("VersionTable"), None);
        assert!(
            output::is_own("Version") && output::is_own(&abc.output("Candidate")) && !output::is_own("VersionOfApp")
        );
    }

    #[test]
    fn own_ids_are_the_fixed_ones_and_those_with_a_hash() {
        for (id, expected) in [
            (FUNCTION, true),
            ("Version0123abcdef", true),
            ("Deployment0a", true),
            (&*FunctionIds::of(Some("mail")).live, true),
            (&*FunctionIds::of(Some("mail")).version("0123abcdef01"), true),
            (&*named(MAPPING_PREFIX, &["sqs", "arn:aws:sqs:eu-west-1:123456789012:my-jobs.fifo"]), true),
            ("VersionTable", false),
            ("ScheduleTable", false),
            ("RuleBook", false),
            ("Table", false),
        ] {
            assert_eq!(is_own_resource(id), expected, "{id}");
        }
    }
}
