//! Keys that a user may know from Zappa or from this tool's own plans, and what to write instead.

/// Settings that come with a later version. They are refused, so that nobody takes them for being in force.
const LATER: [&str; 31] = [
    "access_log",
    "alarms",
    "api_key_required",
    "api_keys",
    "authorizer",
    "certificate_arn",
    "compression",
    "cors",
    "dead_letter_arn",
    "domain",
    "efs",
    "endpoint",
    "events",
    "functions",
    "hooks",
    "hosted_zone_id",
    "iam_authorization",
    "kms_key_arn",
    "layers",
    "resource_policy",
    "routes",
    "routing",
    "schedules",
    "secrets",
    "tasks",
    "trusted_hops",
    "usage_plans",
    "vpc",
    "waf_arn",
    "websocket",
    "capacity_provider_arn",
];

/// Zappa's name, and what stands for it here.
const RENAMED: [(&str, &str); 27] = [
    ("aws_environment_variables", "`environment`"),
    ("environment_variables", "`environment`"),
    ("remote_env", "`environment`, with `${VAR}` for what whoever deploys has set"),
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
];

/// What Zappa needs and this tool does not.
const NEEDLESS: [(&str, &str); 17] = [
    ("app_function", "the program itself is the application"),
    ("app_module", "the program itself is the application"),
    ("django_settings", "there is no Django here"),
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
    ("prebuild_script", "`builder = \"command\"` runs a command of yours"),
    ("assume_policy", "the role trusts Lambda and nothing else"),
];

/// The answer to a key of somebody who comes from there; `None` if it is just unknown.
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
}
