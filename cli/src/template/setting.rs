//! From a path in a template back to the setting that wrote it: the way that CloudFormation's errors take to the user.

use crate::logical_id::{self, is_own_resource};

/// Properties of the stack's own resources that a setting writes.
const WRITTEN: [(&str, &str, &str); 34] = [
    (logical_id::ASYNC_CONFIG, "DestinationConfig", "async_failure_destination"),
    (logical_id::ASYNC_CONFIG, "MaximumEventAgeInSeconds", "async_max_age_seconds"),
    (logical_id::ASYNC_CONFIG, "MaximumRetryAttempts", "async_retries"),
    (logical_id::FUNCTION, "Architectures", "architecture"),
    (logical_id::FUNCTION, "CapacityProviderConfig", "managed_instances"),
    (logical_id::FUNCTION, "Code", "s3_bucket"),
    (logical_id::FUNCTION, "DeadLetterConfig", "dead_letter_target"),
    (logical_id::FUNCTION, "Description", "description"),
    (logical_id::FUNCTION, "Environment", "environment"),
    (logical_id::FUNCTION, "EphemeralStorage", "ephemeral_storage"),
    (logical_id::FUNCTION, "FileSystemConfigs", "efs"),
    (logical_id::FUNCTION, "FunctionName", "function_name"),
    (logical_id::FUNCTION, "KmsKeyArn", "kms_key_arn"),
    (logical_id::FUNCTION, "Layers", "layers"),
    (logical_id::FUNCTION, "LoggingConfig", "log_format"),
    (logical_id::FUNCTION, "MemorySize", "memory_size"),
    (logical_id::FUNCTION, "ReservedConcurrentExecutions", "reserved_concurrency"),
    (logical_id::FUNCTION, "Role", "role_arn"),
    (logical_id::FUNCTION, "TenancyConfig", "tenancy"),
    (logical_id::FUNCTION, "Timeout", "timeout_seconds"),
    (logical_id::FUNCTION, "TracingConfig", "tracing"),
    (logical_id::FUNCTION, "VpcConfig", "vpc"),
    (logical_id::LIVE, "ProvisionedConcurrencyConfig", "provisioned_concurrency"),
    (logical_id::LOG_GROUP, "RetentionInDays", "log_retention_days"),
    (logical_id::ROLE, "PermissionsBoundary", "permissions_boundary"),
    (logical_id::ROLE, "Policies", "permissions"),
    (logical_id::API, "BinaryMediaTypes", "binary_media_types"),
    (logical_id::API, "DisableExecuteApiEndpoint", "default_endpoint"),
    (logical_id::API_STAGE, "MethodSettings", "throttle"),
    (logical_id::HTTP_API, "DisableExecuteApiEndpoint", "default_endpoint"),
    (logical_id::HTTP_API_STAGE, "DefaultRouteSettings", "throttle"),
    (logical_id::WEBSOCKET_API, "RouteSelectionExpression", "websocket.route_selection"),
    (logical_id::WEBSOCKET_STAGE, "DefaultRouteSettings", "websocket.throttle"),
    (logical_id::KEEP_WARM_RULE, "ScheduleExpression", "keep_warm"),
];

/// The setting behind a path such as `/Resources/Table/Properties/BillingMode`; `None` if no single setting wrote it.
pub(crate) fn setting(path: &str) -> Option<String> {
    let mut parts = path.trim_start_matches('/').split('/');
    let (section, id) = (parts.next()?, parts.next().filter(|id| !id.is_empty())?);
    let rest: Vec<&str> = parts.collect();
    let below = |table: &str| {
        let parts: Vec<&str> = [table, id].into_iter().chain(rest.iter().copied()).collect();
        parts.join(".")
    };
    match section {
        "Outputs" => Some(below("outputs")),
        "Resources" if !is_own_resource(id) => Some(below("resources")),
        "Resources" => {
            let ["Properties", property, deeper @ ..] = rest.as_slice() else { return None };
            let (_, _, setting) = WRITTEN.iter().find(|(owner, written, _)| (owner, written) == (&id, property))?;
            match (*setting, deeper) {
                ("environment", ["Variables", name, ..]) => Some(format!("environment.{name}")),
                _ => Some((*setting).to_owned()),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_template_is_reported_as_the_setting_that_wrote_it() {
        for (path, expected) in [
            ("/Resources/Table/Properties/BillingMode", Some("resources.Table.Properties.BillingMode")),
            ("/Resources/Table", Some("resources.Table")),
            ("/Resources/Function/Properties/Timeout", Some("timeout_seconds")),
            ("/Resources/AsyncConfig/Properties/DestinationConfig/OnFailure", Some("async_failure_destination")),
            ("/Resources/Function/Properties/Environment/Variables/TABLE", Some("environment.TABLE")),
            ("/Resources/Function/Properties/Runtime", None),
            ("/Resources/Version0123abcdef/Properties/FunctionName", None),
            ("/Outputs/Table/Value", Some("outputs.Table.Value")),
            ("/Metadata/zappa-rs", None),
            ("", None),
        ] {
            assert_eq!(setting(path).as_deref(), expected, "{path}");
        }
    }
}
