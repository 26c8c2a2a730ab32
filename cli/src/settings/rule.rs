//! What the types cannot say: how settings go together, and what AWS takes.

use super::{Api, Builder, KeepWarm, LogFormat, Project, Stage, Variable, fault::Fault, tree::Node};
use crate::{local::environment::is_reserved, regions, suggestion::nearest};

/// The days that CloudWatch Logs keeps logs for, by its `PutRetentionPolicy`.
const RETENTION_DAYS: [u32; 23] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, 0];
/// What Lambda takes for all variables together.
const ENVIRONMENT_LIMIT: usize = 4096;
/// What Lambda takes of a function's name.
const FUNCTION_NAME_LIMIT: usize = 64;
/// In front of the names of the variables that a deploy sets itself.
const OWN_VARIABLES: &str = "ZAPPA_";
/// How many tags a resource can have; CloudFormation and this tool bring five of their own.
const MOST_TAGS: usize = 45;
/// Logical ids of the stack's own resources.
const OWN_RESOURCES: [&str; 20] = [
    "Api",
    "ApiStage",
    "FunctionUrl",
    "FunctionUrlInvokePermission",
    "FunctionUrlPermission",
    "Function",
    "GatewayPermission",
    "HttpApi",
    "HttpApiStage",
    "Integration",
    "KeepWarmPermission",
    "KeepWarmRule",
    "Live",
    "LogGroup",
    "ProxyMethod",
    "ProxyResource",
    "Role",
    "RootMethod",
    "Route",
    "Url",
];
/// Names of the stack's own outputs.
const OWN_OUTPUTS: [&str; 7] = ["Candidate", "FunctionArn", "FunctionName", "LiveArn", "LogGroup", "Url", "Version"];

/// Checks a stage in one of its regions. `node` is where the values stand.
pub(super) fn check(
    stage: &Stage,
    name: &str,
    region: &str,
    node: &Node,
    faults: &mut Vec<Fault>,
    remarks: &mut Vec<String>,
) {
    let mut rules = Rules { node, faults };
    rules.regions(stage, region);
    rules.build(stage);
    rules.function(stage);
    rules.environment(stage);
    rules.gateway(stage, region);
    rules.permission(stage);
    rules.keep_warm(stage);
    rules.resources(stage);
    rules.tags(stage);
    if stage.api == Api::Rest && !stage.streaming && stage.timeout_seconds > 29 {
        remarks.push(format!(
            "stage `{name}`: a REST API waits 29 seconds and not {}; with `streaming = true` it waits as long as the function",
            stage.timeout_seconds
        ));
    }
    if stage.api == Api::Http && stage.timeout_seconds > 30 {
        remarks.push(format!(
            "stage `{name}`: an HTTP API waits 30 seconds and not {}; a Function URL waits as long as the function",
            stage.timeout_seconds
        ));
    }
    if stage.regions.iter().any(|region| regions::facts(region).is_some_and(|facts| facts.is_opt_in)) {
        remarks.push(format!("stage `{name}`: some of its regions have to be enabled for the account first"));
    }
}

/// The names that AWS has to take.
pub(super) fn names(project: &Project, stage: &str, root: &Node, faults: &mut Vec<Fault>) {
    let at = |path: &str| root.place(path);
    if let Some(name) = &project.name {
        if !is_name(name) {
            let sentence = format!("`name` is `{name}`: letters, digits and `-`, a letter first");
            faults.push(Fault::new(at("project.name"), sentence));
        }
        let whole = name.len() + 1 + stage.len();
        if whole > FUNCTION_NAME_LIMIT {
            let sentence = format!(
                "`{name}-{stage}` has {whole} letters, a function's name has {FUNCTION_NAME_LIMIT} at most; set `function_name`"
            );
            faults.push(Fault::new(at("project.name"), sentence));
        }
    }
    if !is_name(stage) || stage.len() > FUNCTION_NAME_LIMIT {
        let sentence = format!("a stage cannot be named `{stage}`: letters, digits and `-`, a letter first");
        faults.push(Fault::new(at(&format!("stage.{stage}")), sentence));
    }
}

struct Rules<'a> {
    node: &'a Node,
    faults: &'a mut Vec<Fault>,
}

impl Rules<'_> {
    fn fault(&mut self, path: &str, sentence: impl Into<String>) {
        self.faults.push(Fault::new(self.node.place(path), sentence));
    }

    fn regions(&mut self, stage: &Stage, region: &str) {
        for (index, one) in stage.regions.iter().enumerate() {
            let path = format!("regions.{index}");
            if stage.regions[..index].contains(one) {
                self.fault(&path, format!("region `{one}` is named twice"));
            }
            if regions::facts(one).is_some() {
                continue;
            }
            let meant = nearest(one, regions::REGIONS.iter().map(|facts| facts.name));
            match meant.filter(|_| one == region) {
                Some(meant) => self.fault(&path, format!("`{one}` is no region of AWS; did you mean `{meant}`?")),
                None if one == region && !regions::is_shaped_like_one(one) => {
                    self.fault(&path, format!("`{one}` is no region of AWS, such as `eu-west-1`"));
                }
                None => {}
            }
        }
        if let Some(canary) = &stage.canary_region
            && !stage.regions.contains(canary)
        {
            self.fault("canary_region", format!("`canary_region` is `{canary}`, which is none of the stage's regions"));
        }
        for (path, arn) in [
            ("cloudformation_role_arn", &stage.cloudformation_role_arn),
            ("role_arn", &stage.role_arn),
            ("permissions_boundary", &stage.permissions_boundary),
        ] {
            if let Some(arn) = arn
                && !(arn.starts_with("arn:") && arn.contains(":iam:"))
            {
                self.fault(path, format!("`{path}` is an ARN such as `arn:aws:iam::123456789012:role/name`"));
            }
        }
        if let Some(name) = &stage.function_name
            && (!is_name(name) || name.len() > FUNCTION_NAME_LIMIT)
        {
            let sentence = format!(
                "`function_name` has letters, digits and `-`, a letter first, and {FUNCTION_NAME_LIMIT} of them at most"
            );
            self.fault("function_name", sentence);
        }
        if let Some(bucket) = &stage.s3_bucket
            && !is_bucket_name(bucket)
        {
            let sentence = "`s3_bucket` has 3 to 63 lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit";
            self.fault("s3_bucket", sentence);
        }
    }

    fn build(&mut self, stage: &Stage) {
        let has_command = stage.build_command.is_some() && stage.build_output.is_some();
        if stage.builder == Builder::Command && !has_command {
            self.fault("builder", "`builder = \"command\"` needs `build_command` and `build_output`");
        }
        if stage.builder != Builder::Command {
            for (path, is_set) in
                [("build_command", stage.build_command.is_some()), ("build_output", stage.build_output.is_some())]
            {
                if is_set {
                    self.fault(path, format!("`{path}` goes with `builder = \"command\"`"));
                }
            }
        }
    }

    fn function(&mut self, stage: &Stage) {
        if !RETENTION_DAYS.contains(&stage.log_retention_days) || stage.log_retention_days == 0 {
            let nearest = RETENTION_DAYS
                .iter()
                .filter(|days| **days > 0)
                .min_by_key(|days| days.abs_diff(stage.log_retention_days));
            let days = nearest.copied().unwrap_or(30);
            let sentence = format!(
                "CloudWatch keeps logs for certain numbers of days, and {} is none; {days} is the nearest",
                stage.log_retention_days
            );
            self.fault("log_retention_days", sentence);
        }
        if stage.log_level.is_some() && stage.log_format != LogFormat::Json {
            self.fault("log_level", "`log_level` needs `log_format = \"json\"`");
        }
        if let (Some(provisioned), Some(reserved)) = (stage.provisioned_concurrency, stage.reserved_concurrency)
            && provisioned > reserved
        {
            let sentence = format!(
                "`provisioned_concurrency` is {provisioned}, more than the {reserved} that `reserved_concurrency` allows"
            );
            self.fault("provisioned_concurrency", sentence);
        }
        if stage.description.as_ref().is_some_and(|text| text.chars().count() > 256) {
            self.fault("description", "`description` has 256 letters at most");
        }
        if let Some(path) = &stage.health_check
            && (!path.starts_with('/') || path.contains(char::is_whitespace))
        {
            self.fault("health_check", format!("`health_check` is a path such as `/health`, not `{path}`"));
        }
    }

    fn environment(&mut self, stage: &Stage) {
        let mut size = 0;
        for (name, value) in &stage.environment {
            let path = format!("environment.{name}");
            size += name.len();
            match value {
                Variable::Text(text) => size += text.len(),
                Variable::Expression(expression) if is_intrinsic(expression) => {}
                Variable::Expression(_) => {
                    self.fault(&path, format!("`{name}` is a text, or one expression such as `{{ Ref = \"Table\" }}`"))
                }
            }
            if is_reserved(name) {
                self.fault(&path, format!("`{name}` cannot be set: Lambda sets it itself"));
            } else if name.starts_with(OWN_VARIABLES) {
                self.fault(
                    &path,
                    format!("`{name}` cannot be set: names that begin with `{OWN_VARIABLES}` are the tool's"),
                );
            } else if !is_variable_name(name) {
                self.fault(
                    &path,
                    format!("`{name}` is no name of a variable: letters, digits and `_`, a letter first"),
                );
            }
        }
        if size > ENVIRONMENT_LIMIT {
            let sentence = format!("the environment has {size} bytes, Lambda takes {ENVIRONMENT_LIMIT}");
            self.fault("environment", sentence);
        }
    }

    fn gateway(&mut self, stage: &Stage, region: &str) {
        let defaults = Stage::default();
        if stage.streaming && stage.api == Api::Http {
            self.fault("streaming", "an HTTP API cannot stream; `api = \"rest\"` and `api = \"function_url\"` can");
        }
        if stage.binary_media_types != defaults.binary_media_types && stage.api != Api::Rest {
            self.fault(
                "binary_media_types",
                "`binary_media_types` goes with `api = \"rest\"`; the others pass every body on",
            );
        }
        if let Some(throttle) = stage.throttle {
            if stage.api == Api::FunctionUrl {
                self.fault("throttle", "a Function URL has no throttle; `reserved_concurrency` bounds it");
            }
            if throttle.rate < 0.0 || f64::from(throttle.burst) < throttle.rate {
                self.fault("throttle", "`burst` is at least as large as `rate`, or the rate is never reached");
            }
        }
        if stage.api == Api::FunctionUrl && regions::facts(region).is_some_and(|facts| !facts.has_function_urls) {
            self.fault("api", format!("there are no Function URLs in `{region}`"));
        }
        if let Some(path) = &stage.base_path {
            let inner = path.trim_matches('/');
            let fits = |segment: &str| {
                !segment.is_empty()
                    && !matches!(segment, "." | "..")
                    && segment.chars().all(|letter| letter.is_ascii_alphanumeric() || "$-_.+!*'()".contains(letter))
            };
            if !inner.split('/').all(fits) {
                self.fault("base_path", format!("`{path}` cannot be a base path; `shop` and `shop/v1` can"));
            }
        }
    }

    fn permission(&mut self, stage: &Stage) {
        if stage.role_arn.is_some() {
            for (path, is_set) in [
                ("permissions", !stage.permissions.is_empty()),
                ("permissions_boundary", stage.permissions_boundary.is_some()),
            ] {
                if is_set {
                    self.fault(
                        path,
                        format!("`{path}` goes with the role that the stack makes, and `role_arn` names another"),
                    );
                }
            }
        }
        for (index, statement) in stage.permissions.iter().enumerate() {
            for action in &statement.actions {
                if action != "*" && !action.contains(':') {
                    self.fault(
                        &format!("permissions.{index}.actions"),
                        format!("`{action}` is no action of IAM, such as `dynamodb:GetItem`"),
                    );
                }
            }
            if statement.actions.is_empty() || statement.resources.is_empty() {
                self.fault(&format!("permissions.{index}"), "a permission names `actions` and `resources`");
            }
        }
    }

    fn keep_warm(&mut self, stage: &Stage) {
        if let KeepWarm::Rule { expression, .. } = &stage.keep_warm
            && !is_schedule(expression)
        {
            let sentence =
                format!("`{expression}` is no schedule: `rate(4 minutes)` or `cron(0/5 8-18 ? * MON-FRI *)`");
            self.fault("keep_warm.expression", sentence);
        }
    }

    fn resources(&mut self, stage: &Stage) {
        for id in stage.resources.keys() {
            let is_own = OWN_RESOURCES.contains(&id.as_str())
                || ["Version", "Deployment"].iter().any(|prefix| {
                    id.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
                });
            if is_own {
                self.fault(&format!("resources.{id}"), format!("`{id}` is a resource of the stack's own"));
            } else if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                self.fault(&format!("resources.{id}"), format!("`{id}` is no logical id: letters and digits"));
            }
        }
        for (id, resource) in &stage.resources {
            if !resource["Type"].is_string() {
                self.fault(
                    &format!("resources.{id}"),
                    format!("resource `{id}` has no `Type`, such as `AWS::DynamoDB::Table`"),
                );
            }
        }
        for name in stage.outputs.keys() {
            if OWN_OUTPUTS.contains(&name.as_str()) {
                self.fault(&format!("outputs.{name}"), format!("`{name}` is an output of the stack's own"));
            }
        }
    }

    fn tags(&mut self, stage: &Stage) {
        if stage.tags.len() > MOST_TAGS {
            self.fault("tags", format!("there are {} tags, and {MOST_TAGS} is the most", stage.tags.len()));
        }
        for (key, value) in &stage.tags {
            let path = format!("tags.{key}");
            if key.starts_with("aws:") || key.starts_with("zappa-rs:") {
                self.fault(&path, format!("a tag of yours cannot begin as `{key}` does"));
            }
            if key.chars().count() > 128 || value.chars().count() > 256 {
                self.fault(&path, format!("tag `{key}` is too long: 128 letters for the key, 256 for the value"));
            }
        }
    }
}

/// Whether a stack, a function or a stage can be named so.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_bucket_name(name: &str) -> bool {
    let edge =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    (3..=63).contains(&name.len())
        && edge(name.chars().next())
        && edge(name.chars().last())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
}

/// One of CloudFormation's functions.
fn is_intrinsic(expression: &serde_json::Map<String, serde_json::Value>) -> bool {
    expression.len() == 1 && expression.keys().all(|key| key == "Ref" || key.starts_with("Fn::"))
}

fn is_variable_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `rate(4 minutes)` or `cron(` six fields `)`, as EventBridge writes them.
fn is_schedule(text: &str) -> bool {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let mut parts = rate.split(' ');
        let number: Option<u32> = parts.next().and_then(|number| number.parse().ok());
        let unit = parts.next();
        return parts.next().is_none()
            && match number {
                Some(1) => matches!(unit, Some("minute" | "hour" | "day")),
                Some(2..) => matches!(unit, Some("minutes" | "hours" | "days")),
                _ => false,
            };
    }
    inside("cron").is_some_and(|fields| fields.split_whitespace().count() == 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_rates_and_crons() {
        for (text, expected) in [
            ("rate(4 minutes)", true),
            ("rate(1 minute)", true),
            ("rate(1 minutes)", false),
            ("rate(0 minutes)", false),
            ("every 4 minutes", false),
            ("cron(0/5 8-18 ? * MON-FRI *)", true),
            ("cron(* * * * *)", false),
        ] {
            assert_eq!(is_schedule(text), expected, "{text}");
        }
    }

    #[test]
    fn settings_that_do_not_go_together_are_faults() {
        for (text, expected) in [
            ("streaming = true\napi = \"http\"", "an HTTP API cannot stream"),
            ("throttle = { rate = 1, burst = 2 }\napi = \"function_url\"", "a Function URL has no throttle"),
            ("throttle = { rate = 10, burst = 2 }", "`burst` is at least as large as `rate`"),
            ("log_level = \"info\"\nlog_format = \"text\"", "`log_level` needs"),
            ("log_retention_days = 31", "30 is the nearest"),
            ("builder = \"command\"", "needs `build_command`"),
            ("build_command = \"make\"", "goes with `builder = \"command\"`"),
            ("environment = { AWS_REGION = \"x\" }", "Lambda sets it itself"),
            ("environment = { ZAPPA_STAGE = \"x\" }", "are the tool's"),
            ("environment = { A = 5 }", "put it in quotes"),
            ("keep_warm = 6", "`provisioned_concurrency`"),
            ("keep_warm = { count = 2, expression = \"often\" }", "is no schedule"),
            ("canary_region = \"us-east-1\"", "none of the stage's regions"),
            (
                "role_arn = \"arn:aws:iam::123456789012:role/x\"\npermissions_boundary = \"arn:aws:iam::123456789012:policy/x\"",
                "names another",
            ),
            ("permissions = [{ actions = [\"GetItem\"], resources = [\"*\"] }]", "is no action of IAM"),
            ("provisioned_concurrency = 5\nreserved_concurrency = 2", "more than the 2"),
            ("health_check = \"health\"", "a path such as `/health`"),
            ("resources = { Function = { Type = \"AWS::S3::Bucket\" } }", "a resource of the stack's own"),
            ("resources = { Bucket = { Properties = {} } }", "has no `Type`"),
            ("outputs = { Url = { Value = \"x\" } }", "an output of the stack's own"),
            ("tags = { \"aws:x\" = \"y\" }", "cannot begin as"),
            ("s3_bucket = \"My_Bucket\"", "lower-case letters"),
            ("function_name = \"a_b\"", "letters, digits and `-`"),
            ("base_path = \"a b\"", "cannot be a base path"),
        ] {
            let text = format!("[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(super::super::FILE_NAME);
            std::fs::write(&path, &text).unwrap();
            let none = std::collections::BTreeMap::new();
            let error =
                super::super::Settings::load(&path, &none).and_then(|settings| settings.choose(None)).unwrap_err();
            let sentences: Vec<&str> = error.faults().iter().map(|fault| fault.sentence.as_str()).collect();
            assert!(sentences.len() == 1 && sentences[0].contains(expected), "{text}: {sentences:?}");
            assert!(error.faults()[0].line >= 5, "{text}");
        }
    }

    #[test]
    fn a_slip_in_a_region_is_told_and_a_new_region_is_taken() {
        let region = |name: &str| {
            let text = format!("[project]\nname = \"a\"\n[stage.dev]\naws_region = \"{name}\"\n");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(super::super::FILE_NAME);
            std::fs::write(&path, text).unwrap();
            let none = std::collections::BTreeMap::new();
            super::super::Settings::load(&path, &none).and_then(|settings| settings.choose(None))
        };
        assert!(region("eu-west-1").is_ok());
        assert!(region("eu-wst-1").unwrap_err().to_string().contains("did you mean `eu-west-1`?"));
        assert!(region("frankfurt").unwrap_err().to_string().contains("is no region"));
    }
}
