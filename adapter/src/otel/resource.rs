//! The resource of all spans: the function, by OpenTelemetry's semantic conventions.
//!
//! <https://opentelemetry.io/docs/specs/semconv/resource/faas/>

use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
};

use crate::contract::variable;

const MEBIBYTE: i64 = 1 << 20;

/// The resource by the variables that Lambda and the deploy set. `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` have
/// precedence.
pub(super) fn detect(variable: impl Fn(&str) -> Option<String>) -> Resource {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let mut attributes = Vec::new();
    for (key, name) in [
        ("cloud.region", "AWS_REGION"),
        ("faas.name", "AWS_LAMBDA_FUNCTION_NAME"),
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", "AWS_LAMBDA_LOG_STREAM_NAME"),
        ("deployment.environment.name", variable::STAGE),
    ] {
        attributes.extend(variable(name).map(|value| KeyValue::new(key, value)));
    }
    if let Some(function) = variable("AWS_LAMBDA_FUNCTION_NAME") {
        attributes.push(KeyValue::new("cloud.provider", "aws"));
        attributes.push(KeyValue::new("cloud.platform", "aws_lambda"));
        attributes.push(KeyValue::new("service.name", variable(variable::PROJECT).unwrap_or(function)));
    }
    let memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse::<i64>().ok());
    attributes.extend(memory.map(|size| KeyValue::new("faas.max_memory", size * MEBIBYTE)));
    let resource = Resource::builder_empty()
        .with_attributes(attributes)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    let resource = match variable("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_service_name(name),
        None => resource,
    };
    let resource = resource.build();
    match resource.get(&Key::from_static_str("service.name")) {
        Some(_) => resource,
        None => with_executable(&resource),
    }
}

/// Adds the name of the executable as the service's, which is better than none.
fn with_executable(resource: &Resource) -> Resource {
    let executable = std::env::current_exe().ok();
    let name = executable.as_deref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    Resource::builder_empty()
        .with_attributes(resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .with_service_name(name.unwrap_or_else(|| "unknown_service".to_owned()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let variable = |name: &str| variables.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        let resource = detect(variable);
        let attributes = resource.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        let mut attributes: Vec<_> = attributes.filter(|(key, _)| !key.starts_with("telemetry.")).collect();
        attributes.sort_unstable();
        attributes
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_function_is_named_by_its_project_and_a_variable_has_precedence() {
        let function = [
            ("AWS_LAMBDA_FUNCTION_NAME", "shop-prod"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_REGION", "eu-central-1"),
            ("ZAPPA_PROJECT", "shop"),
            ("ZAPPA_STAGE", "prod"),
        ];
        let expected = [
            ("cloud.platform", "aws_lambda"),
            ("cloud.provider", "aws"),
            ("cloud.region", "eu-central-1"),
            ("deployment.environment.name", "prod"),
            ("faas.max_memory", "536870912"),
            ("faas.name", "shop-prod"),
            ("faas.version", "7"),
            ("service.name", "shop"),
        ];
        assert_eq!(attributes(&function), owned(&expected));
        let mut renamed = function.to_vec();
        renamed.push(("OTEL_SERVICE_NAME", "orders"));
        assert!(attributes(&renamed).contains(&("service.name".to_owned(), "orders".to_owned())));
    }

    #[test]
    fn outside_lambda_the_executable_names_the_service() {
        let found = attributes(&[]);
        let [(key, name)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(key, "service.name");
        assert!(name.starts_with("zappa_rs_adapter"), "{name}");
    }
}
