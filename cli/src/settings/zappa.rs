//! Keys that a user may know from Zappa or from this tool's plans, and their replacements.

/// Settings of a later version. They are rejected, so that no user takes them for being in force.
const LATER: &[&str] = &[
    "tasks",
    "trusted_hops",
    "waf_arn",
    "cache_cluster_enabled",
    "cache_cluster_encrypted",
    "cache_cluster_size",
    "cache_cluster_ttl",
    "cloudwatch_metrics_enabled",
];

/// Zappa's name, and its equivalent here.
const RENAMED: &[(&str, &str)] = &[
    ("aws_environment_variables", "`environment`"),
    ("environment_variables", "`environment`"),
    ("remote_env", "`environment`, with `${VAR}` for variables of the environment that deploys"),
    ("project_name", "`name` in `[project]`"),
    ("lambda_description", "`description`"),
    ("lambda_concurrency", "`reserved_concurrency`"),
    ("keep_warm_expression", "`keep_warm = { count = 1, expression = \"rate(4 minutes)\" }`"),
    ("xray_tracing", "`tracing = \"active\"`"),
    ("role_name", "`role_arn`; the stack makes a role of its own otherwise"),
    ("extra_permissions", "`permissions`"),
    ("attach_policy", "`permissions`"),
    ("attach_policy_arn", "`permissions`"),
    ("binary_support", "`binary_media_types`"),
    ("num_retained_versions", "`retain_releases`"),
    ("cloudwatch_log_level", "`log_level`"),
    ("function_url_enabled", "`api = \"function_url\"`"),
    ("apigateway_enabled", "`api`"),
    ("use_apigateway", "`api`"),
    ("apigateway_version", "`api = \"rest\"` or `api = \"http\"`"),
    ("include_assets", "`include`"),
    ("memory", "`memory_size`"),
    ("timeout", "`timeout_seconds`"),
    ("region", "`aws_region`, or `regions = [...]`"),
    ("bucket", "`s3_bucket`"),
    ("env", "`environment`"),
    ("name", "`name` in `[project]`"),
    ("profile_arn", "`profile_name`"),
    ("kms_key", "`kms_key_arn`"),
    ("aws_kms_key_arn", "`kms_key_arn`"),
    ("capacity_provider_arn", "`managed_instances = { capacity_provider = \"arn:…\" }`"),
    ("vpc_config", "`vpc = { subnets = [...], security_groups = [...] }`"),
    ("efs_config", "`efs = { access_point = \"arn:…\", mount = \"/mnt/NAME\" }`"),
    ("api_key", "`keys` of a plan in `usage_plans`, with `api_key_required = true`"),
    ("api_keys", "`keys` of a plan in `usage_plans`"),
    ("apigateway_policy", "`resource_policy`"),
    ("endpoint_configuration", "`endpoint`"),
    ("alb_enabled", "`target_group = true`, for a load balancer of your own"),
    ("alb_vpc_config", "`target_group = true`, for a load balancer of your own"),
    ("callbacks", "`hooks`"),
    ("prebuild_script", "`pre_build` in `hooks`"),
    ("certificate_arn", "`domain = { name = \"api.example.com\", certificate_arn = \"arn:aws:acm:...\" }`"),
    ("hosted_zone_id", "`domain = { name = \"api.example.com\", hosted_zone_id = \"Z...\" }`"),
    ("routing", "`domain = { name = \"api.example.com\", routing = \"latency\" }`"),
    ("certificate", "`certificate_arn` in `domain`, of a certificate that was imported to ACM"),
    ("certificate_key", "`certificate_arn` in `domain`, of a certificate that was imported to ACM"),
    ("certificate_chain", "`certificate_arn` in `domain`, of a certificate that was imported to ACM"),
    ("lets_encrypt_key", "`domain` alone: AWS makes the certificate and renews it"),
    ("function_url_domains", "`domain`, with `api = \"function_url\"`"),
    ("route53_enabled", "`hosted_zone_id` in `domain`"),
    ("payload_compression", "`compression`, in bytes"),
    ("payload_minimum_compression_size", "`compression`"),
    ("cloudwatch_data_trace", "`access_log`, which logs each request and none of its data"),
    ("cognito", "`App::on_cognito`, with the trigger in `resources`"),
    ("dead_letter_arn", "`dead_letter_target`"),
    ("function_url_config", "`api = \"function_url\"`; `streaming` goes with it"),
    ("apigateway_description", "`description`"),
];

/// What Zappa needs and this tool does not.
const NEEDLESS: [(&str, &str); 29] = [
    ("app_function", "the program itself is the application"),
    ("app_module", "the program itself is the application"),
    ("django_settings", "not supported: there is no Django"),
    ("lambda_handler", "the program is its own handler"),
    ("runtime", "a Rust binary runs on `provided.al2023`"),
    ("slim_handler", "a Rust binary is small"),
    ("exclude", "only the binary and `include` are packaged"),
    ("exclude_glob", "only the binary and `include` are packaged"),
    ("delete_local_zip", "the package stays in the target folder and is written over"),
    ("delete_s3_zip", "artifacts are kept for as many releases as `retain_releases` says"),
    ("use_precompiled_packages", "cargo compiles everything"),
    ("manage_roles", "`role_arn` alone decides"),
    ("log_level_arn", "`log_level` is enough"),
    ("touch", "every release is tried before it takes traffic"),
    ("touch_path", "`health_check` names the path"),
    ("assume_policy", "the role trusts Lambda and nothing else"),
    ("additional_text_mimetypes", "every body arrives as it was sent"),
    ("app_type", "`zappa_rs::run` takes the app"),
    ("async_source", "the program sends to a queue of its own"),
    ("async_resources", "the program sends to a queue of its own"),
    ("async_response_table", "the program stores results in a table of its own"),
    ("async_response_table_read_capacity", "the program stores results in a table of its own"),
    ("async_response_table_write_capacity", "the program stores results in a table of its own"),
    ("context_header_mappings", "the program reads the request context itself"),
    ("debug", "the program decides what an error answers"),
    ("docker_image_uri", "a zip is deployed"),
    ("exception_handler", "the program handles its own errors"),
    ("settings_file", "`environment` and `include` reach the program"),
    ("snap_start", "a Rust binary starts in milliseconds"),
];

/// The message for a key of Zappa; `None` if it is just unknown.
pub(super) fn answer(key: &str) -> Option<String> {
    if LATER.contains(&key) {
        return Some(format!("`{key}` is not available yet"));
    }
    if let Some((_, here)) = RENAMED.iter().find(|(zappa, _)| *zappa == key) {
        return Some(format!("unknown setting `{key}`; here it is {here}"));
    }
    let (_, reason) = NEEDLESS.iter().find(|(zappa, _)| *zappa == key)?;
    Some(format!("`{key}` is not needed: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_refused_or_renamed_that_there_is() {
        let schema = super::super::schema::file();
        let stage = schema["$defs"]["Stage"]["properties"].as_object().unwrap();
        for key in LATER.iter().chain(NEEDLESS.iter().map(|(key, _)| key)).chain(RENAMED.iter().map(|(key, _)| key)) {
            assert!(!stage.contains_key(*key), "{key}");
        }
    }

    #[test]
    fn every_setting_of_zappa_has_an_answer_or_is_a_setting_here() {
        let schema = super::super::schema::file();
        let stage = schema["$defs"]["Stage"]["properties"].as_object().unwrap();
        let zappa = "additional_text_mimetypes alb_enabled alb_vpc_config api_key api_key_required apigateway_description \
            apigateway_enabled apigateway_policy app_function app_module architecture assume_policy async_resources \
            async_response_table async_response_table_read_capacity async_response_table_write_capacity async_source \
            attach_policy authorizer aws_environment_variables aws_kms_key_arn aws_region base_path binary_support \
            cache_cluster_enabled cache_cluster_encrypted cache_cluster_size cache_cluster_ttl callbacks certificate \
            certificate_arn certificate_chain certificate_key cloudwatch_data_trace cloudwatch_log_level \
            cloudwatch_metrics_enabled cognito context_header_mappings cors dead_letter_arn debug delete_local_zip \
            delete_s3_zip django_settings docker_image_uri domain efs_config endpoint_configuration environment_variables \
            ephemeral_storage events exception_handler exclude exclude_glob extends extra_permissions \
            function_url_config function_url_domains function_url_enabled iam_authorization include keep_warm \
            keep_warm_expression lambda_concurrency lambda_description lambda_handler layers lets_encrypt_key log_level \
            manage_roles memory_size num_retained_versions payload_compression payload_minimum_compression_size \
            prebuild_script profile_name project_name remote_env role_arn role_name route53_enabled runtime s3_bucket \
            settings_file slim_handler snap_start tags timeout_seconds touch touch_path use_apigateway \
            use_precompiled_packages vpc_config xray_tracing";
        let unanswered: Vec<&str> =
            zappa.split_whitespace().filter(|key| !stage.contains_key(*key) && answer(key).is_none()).collect();
        assert!(unanswered.is_empty(), "{unanswered:?}");
    }
}
