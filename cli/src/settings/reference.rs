//! The reference of the settings and the example file, held to the types. `ZAPPA_RS_WRITE=1` writes the reference
//! again.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use serde_json::Value;

use super::{Settings, Stage, schema, shape, tree};

/// The groups of a stage's settings, in the order of the example.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Where",
        &[
            "extends",
            "aws_region",
            "regions",
            "canary_region",
            "on_failure",
            "cloudformation_role_arn",
            "protected",
            "expires",
            "express",
            "profile_name",
            "s3_bucket",
            "function_name",
            "tags",
        ],
    ),
    ("Build", &["builder", "build_command", "build_output", "target", "profile", "features", "include"]),
    ("Hooks", &["hooks"]),
    (
        "Function",
        &[
            "architecture",
            "memory_size",
            "timeout_seconds",
            "ephemeral_storage",
            "description",
            "environment",
            "tracing",
            "log_level",
            "log_format",
            "log_retention_days",
            "reserved_concurrency",
            "provisioned_concurrency",
            "layers",
            "kms_key_arn",
            "managed_instances",
            "tenancy",
            "functions",
        ],
    ),
    ("Network", &["vpc", "efs"]),
    (
        "Gateway",
        &[
            "api",
            "base_path",
            "rewrite_location",
            "binary_media_types",
            "streaming",
            "cors",
            "compression",
            "access_log",
            "target_group",
            "throttle",
            "endpoint",
            "domain",
            "default_endpoint",
            "websocket",
        ],
    ),
    (
        "Access",
        &[
            "authorizer",
            "authorizers",
            "iam_authorization",
            "api_key_required",
            "usage_plans",
            "resource_policy",
            "routes",
        ],
    ),
    ("Permission", &["role_arn", "permissions", "permissions_boundary", "link"]),
    ("Secrets", &["secrets", "secrets_kms_keys"]),
    (
        "Events",
        &[
            "keep_warm",
            "schedules",
            "events",
            "idempotency",
            "async_retries",
            "async_max_age_seconds",
            "async_failure_destination",
            "dead_letter_target",
        ],
    ),
    ("Alarms", &["alarms", "traffic"]),
    ("More", &["resources", "outputs", "health_check", "before_traffic", "retain_releases"]),
];

const HEAD: &str = "\
# Settings

Generated from the types by `ZAPPA_RS_WRITE=1 cargo test -p zappa-rs-cli reference`; a test fails when it is stale.

`zappa_settings.toml` has a table `[project]` and a table `[stage.NAME]` for each stage. A stage may lay itself over another
with `extends`. Unknown settings, unknown words and values of a wrong type are errors with their line; `zappa-rs check` tells
all of them at once, and `zappa-rs schema` prints the JSON Schema for your editor. In texts, `${VAR}` takes from the
environment of whoever deploys, `${stage}` and `${region}` are known, and `$${` writes a `${` that stays; below `Fn::Sub` the
text is CloudFormation's own. In texts of `environment`, `permissions`, `resources` and `outputs`, `${fn:NAME}` is the ARN by
which one of `functions` is invoked, and `${fn:main}` that of the main function. [`settings.example.toml`](../settings.example.toml) shows every setting with its default.
";

fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn properties<'a>(schema: &'a Value, path: &str) -> &'a serde_json::Map<String, Value> {
    schema.pointer(path).and_then(Value::as_object).unwrap()
}

/// A setting's type in words, the possible values of an enumeration and its range.
fn kind(schema: &Value, property: &Value) -> String {
    let resolved = |value: &'_ Value| -> Value {
        match value["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => schema["$defs"][name].clone(),
            None => value.clone(),
        }
    };
    let property = resolved(property);
    if let Some(words) = property["oneOf"].as_array().filter(|forms| forms.iter().all(|form| form["const"].is_string()))
    {
        let words: Vec<String> =
            words.iter().map(|word| format!("`\"{}\"`", word["const"].as_str().unwrap())).collect();
        return words.join(", ");
    }
    if let Some(forms) = property["anyOf"].as_array() {
        let forms: Vec<String> =
            forms.iter().filter(|form| form["type"] != "null").map(|form| kind(schema, form)).collect();
        return forms.join(" or ");
    }
    let noun = |name: &str| match name {
        "string" => "text",
        "integer" => "whole number",
        "number" => "number",
        "boolean" => "`true`, `false`",
        "array" => "list",
        "object" => "table",
        _ => "anything",
    };
    let text = match &property["type"] {
        Value::String(name) => noun(name).to_owned(),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(noun).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    };
    match (property["minimum"].as_u64().filter(|least| *least > 0), property["maximum"].as_u64()) {
        (Some(least), Some(most)) => format!("{text}, {least} to {most}"),
        (Some(least), None) => format!("{text}, {least} or more"),
        _ => text,
    }
}

fn row(schema: &Value, name: &str, property: &Value) -> String {
    let default = match property.get("default") {
        None | Some(Value::Null) => String::new(),
        Some(value) => format!("`{value}`"),
    };
    let resolved = property["$ref"].as_str().map(|name| name.replace("#/$defs/", ""));
    let words = resolved.map(|name| schema["$defs"][&name]["oneOf"].clone()).unwrap_or_default();
    let mut description = property["description"].as_str().unwrap_or_default().replace('\n', " ");
    for word in words.as_array().into_iter().flatten() {
        if let (Some(word), Some(text)) = (word["const"].as_str(), word["description"].as_str()) {
            let _ = write!(description, " `{word}`: {}", text.replace('\n', " "));
        }
    }
    format!("| `{name}` | {} | {default} | {description} |\n", kind(schema, property))
}

fn reference() -> String {
    let schema = schema::file();
    let mut text = HEAD.to_owned();
    let table = "\n| setting | is | default | meaning |\n|---|---|---|---|\n";
    let _ = write!(text, "\n## `[project]`\n{table}");
    for (name, property) in properties(&schema, "/properties/project/properties") {
        text += &row(&schema, name, property);
    }
    let stage = properties(&schema, "/$defs/Stage/properties");
    for &(group, names) in GROUPS {
        let _ = write!(text, "\n## `[stage.NAME]`: {}\n{table}", group.to_lowercase());
        for name in names {
            text += &row(&schema, name, &stage[*name]);
        }
    }
    for (title, name) in [
        ("`hooks`", "Hooks"),
        ("`provisioned_concurrency`", "ProvisionedRange"),
        ("One of `schedules` of `provisioned_concurrency`", "ProvisionedSchedule"),
        ("`managed_instances`", "ManagedInstances"),
        ("`tenancy`", "Tenancy"),
        ("`vpc`", "Vpc"),
        ("`efs`", "FileSystem"),
        ("`cors`", "Cors"),
        ("`access_log`", "AccessLog"),
        ("`target_group`", "TargetGroup"),
        ("`throttle`", "Throttle"),
        ("`endpoint`", "Endpoint"),
        ("`domain`", "Domain"),
        ("`mutual_tls` of `domain`", "MutualTls"),
        ("One of `authorizers`", "Authorizer"),
        ("`jwt` of one of `authorizers`", "Jwt"),
        ("One of `resource_policy`", "ResourceStatement"),
        ("One of `routes`", "Route"),
        ("`websocket`", "WebSocket"),
        ("`alarms`", "AlarmTable"),
        ("One of `alarms`", "AlarmRule"),
        ("One of `permissions`", "Statement"),
        ("One of `functions`", "Function"),
        ("One of `schedules`", "Schedule"),
        ("One of `events`", "EventSource"),
        ("`kafka` of one of `events`", "KafkaCluster"),
        ("`ses` of one of `events`", "ReceiptRule"),
    ] {
        let _ = write!(text, "\n## {title}\n{table}");
        for (name, property) in properties(&schema, &format!("/$defs/{name}/properties")) {
            text += &row(&schema, name, property);
        }
    }
    text
}

#[test]
fn the_reference_says_what_the_types_say() {
    let path = root("docs/settings.md");
    let text = reference();
    if std::env::var_os("ZAPPA_RS_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let hint = "`ZAPPA_RS_WRITE=1 cargo test -p zappa-rs-cli reference` regenerates it";
    assert!(fs::read_to_string(&path).is_ok_and(|found| found == text), "docs/settings.md is stale; {hint}");
}

#[test]
fn every_setting_is_in_a_group() {
    let schema = schema::file();
    let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    grouped.sort_unstable();
    let known: Vec<&String> = properties(&schema, "/$defs/Stage/properties").keys().collect();
    assert_eq!(grouped, known);
}

#[test]
fn the_example_shows_every_setting_with_its_default() {
    let text = fs::read_to_string(root("settings.example.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zappa_settings.toml");
    fs::write(&path, &text).unwrap();
    let selection = Settings::load(&path, &BTreeMap::new()).and_then(|settings| settings.choose(None)).unwrap();
    let default = Stage { regions: vec!["us-east-1".to_owned()], ..Stage::default() };
    assert_eq!(*selection.primary(), default);
    // A name at the beginning of a line, commented out or not, is a setting that is shown.
    let shown = |section: &str| -> Vec<String> {
        let body = text.split(section).nth(1).unwrap().split("\n[").next().unwrap();
        let names = body.lines().filter_map(|line| {
            let (name, _) = line.trim_start_matches("# ").split_once(" = ")?;
            name.chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit())
                .then(|| name.to_owned())
        });
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let schema = schema::file();
    for (section, path) in [("[project]", "/properties/project/properties"), ("[stage.dev]", "/$defs/Stage/properties")]
    {
        let known: Vec<&String> = properties(&schema, path).keys().collect();
        assert_eq!(shown(section).iter().collect::<Vec<_>>(), known, "{section}");
    }
}

#[test]
fn every_example_that_is_commented_out_has_the_right_shape() {
    let text = fs::read_to_string(root("settings.example.toml")).unwrap();
    let schema = schema::file();
    let examples = text.lines().filter(|line| line.starts_with("# ") && line.contains(" = ") && line.contains("# "));
    let mut section = "";
    let mut count = 0;
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let Some(example) = line.strip_prefix("# ").filter(|example| !section.is_empty() && example.contains(" = "))
        else {
            continue;
        };
        let node =
            tree::parse(&format!("{section}\n{example}\n")).unwrap_or_else(|faults| panic!("{example}: {faults:?}"));
        let mut faults = Vec::new();
        shape::check(&node, &schema, &mut faults);
        assert!(faults.is_empty(), "{example}: {faults:?}");
        count += 1;
    }
    assert!(count > 15 && examples.count() > 15);
}
