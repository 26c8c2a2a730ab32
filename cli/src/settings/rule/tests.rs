//! A line for each rule: a stage that breaks it and nothing else.

use std::{collections::BTreeMap, path::Path};

use super::super::{Error, Settings, StageSelection};

fn selection(text: &str) -> Result<StageSelection, Error> {
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new());
    settings.and_then(|settings| settings.choose(None))
}

fn sentences(text: &str) -> Vec<String> {
    match selection(text) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().iter().map(|fault| fault.sentence.clone()).collect(),
    }
}

#[test]
fn an_endpoint_is_closed_by_its_setting_and_by_mutual_tls() {
    let domain = "domain = \"a.example\"";
    let mutual = "domain = { name = \"a.example\", mutual_tls = { truststore_uri = \"s3://a/b.pem\" } }";
    for (text, expected) in [
        (String::new(), false),
        ("default_endpoint = true".to_owned(), false),
        (domain.to_owned(), false),
        (format!("{domain}\ndefault_endpoint = true"), false),
        (format!("{domain}\ndefault_endpoint = false"), true),
        (format!("api = \"http\"\n{domain}\ndefault_endpoint = false"), true),
        (mutual.to_owned(), true),
        (format!("{mutual}\ndefault_endpoint = true"), false),
    ] {
        let text = format!("[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        let selection = selection(&text).unwrap();
        assert_eq!(selection.stages["eu-west-1"].closes_endpoint(), expected, "{text}");
    }
}

#[test]
fn settings_that_do_not_go_together_are_faults() {
    for (text, expected) in [
        ("streaming = true\napi = \"http\"", "an HTTP API cannot stream"),
        ("throttle = { rate = 1, burst = 2 }\napi = \"function_url\"", "a Function URL has no throttle"),
        (
            "cors = { allow_credentials = true }",
            "browsers do not accept `*` of `allowed_origins` with credentials; list the origins",
        ),
        (
            "cors = { allowed_origins = [\"https://a.example\"], allowed_headers = [\"*\"], allow_credentials = true }",
            "`*` of `allowed_headers`",
        ),
        ("cors = { allowed_origins = [\"https://a.example/\"] }", "write `https://a.example`"),
        ("cors = { allowed_origins = [] }", "`cors` needs an origin"),
        ("cors = { allowed_origins = [\"*\", \"https://a.example\"] }", "`*` is all origins already"),
        ("cors = { allowed_origins = [\"https://a.example\", \"https://a.example\"] }", "is listed twice"),
        ("cors = { allowed_methods = [] }", "`cors` needs a method"),
        ("cors = { allowed_methods = [\"get\"] }", "did you mean `GET`?"),
        ("cors = { allowed_methods = [\"GET\", \"*\"] }", "`*` is all methods already"),
        ("cors = { allowed_methods = [\"GET\", \"GET\"] }", "method `GET` is listed twice"),
        ("cors = { allowed_headers = [\"content-type, authorization\"] }", "each stands by itself"),
        ("cors = { expose_headers = [\"x'y\"] }", "is not the name of a header"),
        ("cors = { max_age_seconds = 86401 }", "at most 86400"),
        (
            "api = \"function_url\"\ncors = { allowed_methods = [\"GET\", \"OPTIONS\"] }",
            "and not `OPTIONS`; it answers preflights itself",
        ),
        ("websocket = { routes = [] }", "needs a route"),
        ("websocket = { routes = [\"send\", \"send\"] }", "route `send` is listed twice"),
        ("websocket = { routes = [\"$conect\"] }", "begins with `$`"),
        ("websocket = { routes = [\"\"] }", "1 to 128 characters"),
        ("websocket = { responses = [\"$connect\"] }", "has no message to respond to"),
        ("websocket = { responses = [\"send\"] }", "`send` is none of `routes`"),
        ("websocket = { route_selection = \"action\" }", "not a field of a message"),
        ("log_level = \"info\"\nlog_format = \"text\"", "`log_level` needs"),
        ("log_retention_days = 31", "30 is the nearest"),
        ("builder = \"command\"", "needs `build_command`"),
        ("build_command = \"make\"", "is only for `builder = \"command\"`"),
        ("environment = { AWS_REGION = \"x\" }", "Lambda sets it itself"),
        ("environment = { ZAPPA_STAGE = \"x\" }", "are the tool's"),
        ("environment = { NUMBER = 5 }", "put it in quotes"),
        ("keep_warm = 6", "`provisioned_concurrency`"),
        ("keep_warm = { count = 2, expression = \"often\" }", "is not a schedule"),
        ("canary_region = \"us-east-1\"", "none of the stage's regions"),
        (
            "role_arn = \"arn:aws:iam::123456789012:role/x\"\npermissions_boundary = \"arn:aws:iam::123456789012:policy/x\"",
            "names another",
        ),
        ("permissions = [{ actions = [\"GetItem\"], resources = [\"*\"] }]", "is not an IAM action"),
        ("provisioned_concurrency = 5\nreserved_concurrency = 2", "must be more than `provisioned_concurrency`, 5"),
        ("provisioned_concurrency = 5\nreserved_concurrency = 5", "a candidate is invoked beside"),
        ("health_check = \"health\"", "a path such as `/health`"),
        ("resources = { Function = { Type = \"AWS::S3::Bucket\" } }", "a resource of the stack's own"),
        ("resources = { Bucket = { Properties = {} } }", "has no `Type`"),
        ("outputs = { Url = { Value = \"x\" } }", "an output of the stack's own"),
        ("tags = { \"aws:x\" = \"y\" }", "cannot begin as"),
        ("s3_bucket = \"My_Bucket\"", "lower-case letters"),
        ("function_name = \"shop-${region}\"", "one name in all its regions"),
        ("function_name = \"a_b\"", "letters, digits and `-`"),
        ("base_path = \"a b\"", "cannot be a base path"),
        ("domain = \"https://api.example.com/x\"", "the domain's name is `api.example.com`"),
        ("domain = \"*.example.com\"", "is a wildcard; a stage has one name, such as `api.example.com`"),
        ("domain = \"API.example.com\"", "write `api.example.com`"),
        ("domain = \"bücher.example\"", "in its `xn--` form"),
        ("domain = \"localhost\"", "is not the name of a domain"),
        ("domain = { name = \"-a.example\" }", "is not the name of a domain"),
        ("domain = { name = \"a.example\", base_path = \"a b\" }", "cannot be a base path"),
        ("base_path = \"x\"\ndomain = { name = \"a.example\", base_path = \"y\" }", "keep one of the two"),
        ("default_endpoint = false", "closes the only URL of the stage"),
        ("api = \"http\"\ndefault_endpoint = false", "closes the only URL of the stage"),
        ("api = \"function_url\"\ndefault_endpoint = false", "a Function URL cannot be closed"),
        ("domain = { name = \"a.example\", hosted_zone_id = \"example.com\" }", "is not the id of a hosted zone"),
        ("domain = { name = \"a.example\", routing = \"latency\" }", "`latency` chooses between regions"),
        ("domain = { name = \"a.example\", certificate_arn = \"abc\" }", "is not the ARN of a certificate"),
        (
            "domain = { name = \"a.example\", certificate_arn = \"arn:aws:acm:us-east-2:1:certificate/a\" }",
            "needs one of that region",
        ),
        (
            "domain = { name = \"a.example\", certificate_arn = { us-east-2 = \"arn:aws:acm:us-east-2:1:certificate/a\" } }",
            "one of the stage's regions",
        ),
        ("api = \"http\"\ndomain = { name = \"a.example\", security_policy = \"TLS_1_3\" }", "of `TLS_1_3` alone"),
        (
            "domain = { name = \"a.example\", security_policy = \"TLS_1_3\", mutual_tls = { truststore_uri = \"s3://a/b\" } }",
            "takes `TLS_1_2` only",
        ),
        ("domain = { name = \"a.example\", mutual_tls = { truststore_uri = \"clients.pem\" } }", "is not a truststore"),
        ("environment = { A = \"x\" }", "two or more letters"),
        ("environment = { \"A.B\" = \"x\" }", "two or more letters"),
        ("environment = { AWS_SESSION_TOKEN = \"x\" }", "sets it to the role's"),
        ("environment = { TABLE = { Reff = \"x\" } }", "one expression such as"),
        ("keep_warm = 3\nreserved_concurrency = 2", "keeps 3 instances"),
        ("binary_media_types = [\"png\"]", "is not a media type"),
        ("binary_media_types = [\"image/png\"]\napi = \"http\"", "is only for `api = \"rest\"`"),
        ("target = \"x86_64-unknown-linux-gnu\"", "does not run on `architecture = \"arm64\"`"),
        ("target = \"aarch64-apple-darwin\"", "Lambda runs Linux"),
        ("role_arn = \"arn:aws:iam::123456789012:policy/x\"", ":role/name`, not"),
        ("role_arn = \"arn:aws-cn:iam::123456789012:role/x\"", "`arn:aws:iam::"),
        ("permissions = [{ actions = [\"s3:GetObject\"], resources = [] }]", "names `actions` and `resources`"),
        ("permissions = [{ actions = [\"s3:GetObject\"], resources = [\"bucket\"] }]", "is not an ARN"),
        (
            "permissions = [{ actions = [\"s3:GetObject\"], resources = [\"*\"], conditions = { StringEqual = { \"aws:RequestedRegion\" = \"x\" } } }]",
            "did you mean `StringEquals`?",
        ),
        ("outputs = { Count = 5 }", "or a table with `Value`"),
        ("outputs = { a_b = \"x\" }", "not a valid output name"),
        ("resources = { a_b = { Type = \"AWS::S3::Bucket\" } }", "not a logical id"),
        ("resources = { VersionABC123 = { Type = \"AWS::S3::Bucket\" } }", "a resource of the stack's own"),
        ("tags = { \"zappa-rs:stage\" = \"y\" }", "cannot begin as"),
        ("tags = { team = \"a,b\" }", "a letter that AWS does not take"),
        ("s3_bucket = \"a..b\"", "two `.` in a row"),
        ("s3_bucket = \"192.168.5.4\"", "is `192.168.5.4`, which looks like an IP address"),
        ("s3_bucket = \"999.1.1.1\"", "looks like an IP address"),
        ("s3_bucket = \"shop-s3alias\"", "S3 reserves bucket names with `-s3alias`"),
        ("environment = { NAME = \"a\\u0000b\" }", "`NAME` has a NUL character"),
        ("environment = { NAME = { \"Fn::Sub\" = \"a\\u0000b\" } }", "`Fn::Sub` has a NUL character"),
        ("description = \"a\\u0000b\"", "`description` has a NUL character"),
        (
            "resources = { Bucket = { Type = \"AWS::S3::Bucket\", Properties = { \"a\\u0000b\" = 1 } } }",
            "has a NUL character, which no name can have",
        ),
        ("s3_bucket = \"xn--shop\"", "S3 reserves bucket names with `xn--`"),
        ("s3_bucket = \"shop--ol-s3\"", "S3 reserves bucket names with `--ol-s3`"),
        ("regions = [\"eu-west-1\"]", "say the same; keep one"),
        ("before_traffic = \"\"", "the name of a function"),
        ("vpc = { subnets = [\"subnet-1\"] }", "`vpc` needs `security_groups`"),
        ("vpc = { security_groups = [\"sg-1\"] }", "`vpc` needs `subnets`"),
        ("vpc = { subnets = [\"vpc-1\"], security_groups = [\"sg-1\"] }", "neither an id `subnet-…`"),
        ("vpc = { subnets = [\"subnet-1\"], security_groups = [\"sg-\"] }", "neither an id `sg-…`"),
        ("vpc = { subnets = [\"subnet-1\", \"subnet-1\"], security_groups = [\"sg-1\"] }", "listed twice"),
        (
            "vpc = { subnets = [\"subnet-1\"], security_groups = [\"sg-1\", \"sg-2\", \"sg-3\", \"sg-4\", \"sg-5\", \"sg-6\"] }",
            "6 `security_groups`, and 5 is the most",
        ),
        (
            "vpc = { subnets = { us-east-1 = [\"subnet-1\"] }, security_groups = [\"sg-1\"] }",
            "`subnets` has no value for `eu-west-1`; it has one for `us-east-1`",
        ),
        ("kms_key_arn = \"alias/shop\"", "neither an `AWS::KMS::Key` of `resources`"),
        (
            "kms_key_arn = \"arn:aws:kms:us-east-1:123456789012:key/a\"",
            "is in `us-east-1`, and the function in `eu-west-1`",
        ),
        (
            "kms_key_arn = { us-east-1 = \"arn:aws:kms:us-east-1:123456789012:key/a\" }",
            "`kms_key_arn` has no value for",
        ),
        ("layers = [\"arn:aws:lambda:eu-west-1:123456789012:layer:fonts\"]", "the ARN of a layer with its version"),
        ("layers = [\"arn:aws:lambda:us-east-1:123456789012:layer:fonts:1\"]", "is in `us-east-1`"),
        ("layers = [\"Fonts\"]\nresources.Fonts.Type = \"AWS::S3::Bucket\"", "a layer is `AWS::Lambda::LayerVersion`"),
        ("dead_letter_target = \"jobs.fifo\"", "is FIFO"),
        ("dead_letter_target = \"my jobs\"", "`my jobs` is not a name that `sqs` can have"),
        ("async_failure_destination = \"\"", "the destination is empty"),
        (
            "efs = { access_point = \"arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0\", mount = \"/mnt/data\" }",
            "`efs` needs `vpc`",
        ),
        ("dead_letter_target = \"arn:aws:s3:::failed\"", "failures can go to: `AWS::SQS::Queue`, `AWS::SNS::Topic`"),
    ] {
        let text = format!("[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        let error = selection(&text).unwrap_err();
        let found = sentences(&text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        assert!(error.faults()[0].line >= 4, "{text}");
    }
}

#[test]
fn settings_that_go_together_are_none() {
    for text in [
        "throttle = { rate = 10000, burst = 5000 }",
        "role_arn = \"arn:aws:iam::123456789012:role/path/x\"",
        "permissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"",
        "target = \"aarch64-unknown-linux-musl\"",
        "builder = \"command\"\nbuild_command = \"make\"\nbuild_output = \"out/bootstrap\"",
        "keep_warm = { count = 5, expression = \"cron(0/5 8-18 ? * MON-FRI *)\"}",
        "provisioned_concurrency = 5\nreserved_concurrency = 6",
        "outputs = { Name = { Ref = \"Function\" }, Text = \"x\", Whole = { Value = \"x\" } }",
        "tags = { \"team:name\" = \"Größe @ 5\" }",
        "api = \"function_url\"\nstreaming = true\ntimeout_seconds = 900",
        "api = \"function_url\"\ndomain = { name = \"a.example\", routing = \"simple\", security_policy = \"TLS_1_3\" }",
    ] {
        let text = format!("[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        assert_eq!(sentences(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_slip_in_a_region_is_a_fault_and_a_new_region_a_remark() {
    let stage = |regions: &str| format!("[stage.dev]\nregions = [{regions}]\n");
    for (regions, expected) in [
        ("\"eu-wset-1\"", "`eu-wset-1` is not an AWS region; did you mean `eu-west-1`?"),
        ("\"frankfurt\"", "`frankfurt` is not an AWS region, such as `eu-west-1`"),
        ("\"eu-west-1\", \"eu-west-1\"", "region `eu-west-1` is named twice"),
        (
            "\"eu-west-1\", \"cn-north-1\"",
            "`eu-west-1` and `cn-north-1` have no accounts in common; make a stage of each",
        ),
    ] {
        assert_eq!(sentences(&stage(regions)), [expected], "{regions}");
    }
    let new = selection(&stage("\"eu-west-9\"")).unwrap();
    assert_eq!(new.warnings.len(), 1);
    assert!(new.warnings[0].contains("is a region that this version does not know; did you mean `eu-west-"));
    assert!(selection(&stage("\"eu-west-1\"")).unwrap().warnings.is_empty());
}

#[test]
fn what_is_not_in_every_region_is_a_fault_of_that_region() {
    let regions = "[stage.dev]\nregions = [\"eu-west-1\", \"eu-central-2\"]\n";
    assert_eq!(
        sentences(&format!("{regions}api = \"function_url\"\n")),
        ["there are no Function URLs in `eu-central-2`; `rest` and `http` are there"]
    );
    assert_eq!(
        sentences(&format!("{regions}s3_bucket = \"shop\"\n")),
        ["a bucket is in one region and the stage in 2: `shop-${region}`"]
    );
    assert!(selection(&format!("{regions}s3_bucket = \"shop-${{region}}\"\n")).is_ok());
    assert_eq!(
        sentences(&format!("{regions}canary_region = \"us-east-1\"\n")),
        ["`canary_region` is `us-east-1`, which is none of the stage's regions"]
    );
}

#[test]
fn names_that_aws_does_not_take_are_faults() {
    let long = "a".repeat(62);
    let stage = "aws_region = \"eu-west-1\"\n";
    for (text, expected) in [
        (format!("[project]\nname = \"a_b\"\n[stage.dev]\n{stage}"), "letters, digits and `-`, a letter first"),
        (format!("[project]\nname = \"{long}\"\n[stage.dev]\n{stage}"), "has 66 letters"),
        (format!("[stage.dev_1]\n{stage}"), "a stage cannot be named `dev_1`"),
        (format!("[stage.{long}aaa]\n{stage}"), "and 64 of them at most"),
    ] {
        let found = sentences(&text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
    let named = format!("[project]\nname = \"{long}\"\n[stage.dev]\n{stage}function_name = \"short\"\n");
    assert!(selection(&named).is_ok());
}

#[test]
fn what_a_gateway_does_not_wait_for_is_a_remark() {
    for (text, expected) in [
        ("timeout_seconds = 60", Some("a REST API waits 29 seconds and not 60")),
        ("timeout_seconds = 31\napi = \"http\"", Some("an HTTP API waits 30 seconds and not 31")),
        ("timeout_seconds = 30\napi = \"http\"", None),
        ("timeout_seconds = 900\napi = \"function_url\"", None),
        ("timeout_seconds = 901\napi = \"function_url\"", Some("a Function URL waits 15 minutes")),
        ("timeout_seconds = 1800\nstreaming = true", Some("a REST API waits 29 seconds, and streams for 15 minutes")),
        ("timeout_seconds = 1800", Some("of `timeout_seconds = 1800`, what is above 900 serves only queues")),
        ("timeout_seconds = 1800\napi = \"http\"", Some("an HTTP API waits 30 seconds")),
    ] {
        let warnings = selection(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n")).unwrap().warnings;
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{text}");
        assert!(expected.is_none_or(|expected| warnings[0].contains(expected)), "{text}: {warnings:?}");
    }
}

#[test]
fn more_variables_and_tags_than_aws_takes_are_faults() {
    let stage = "[stage.dev]\naws_region = \"eu-west-1\"\n";
    // `{"LONG":"...","ZAPPA_PROJECT":"","ZAPPA_STAGE":"dev","ZAPPA_VERSION":"0123456789ab"}`
    let serialized =
        |text: &str| format!("{stage}environment = {{ LONG = '{text}', TT = {{ Ref = \"Function\" }} }}\n");
    let room = 4096 - 81 - ",\"TT\":\"\"".len();
    assert_eq!(sentences(&serialized(&"x".repeat(room))), Vec::<String>::new());
    for (text, bytes) in [("x".repeat(room + 1), 4097), ("\"".repeat(2010), 4109), ("ü".repeat(2010), 4109)] {
        let found = sentences(&serialized(&text));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with(&format!("the environment has {bytes} bytes as Lambda measures it")), "{found:?}");
    }
    let tags: Vec<String> = (0..46).map(|number| format!("t{number} = \"x\"")).collect();
    assert_eq!(
        sentences(&format!("{stage}tags = {{ {} }}\n", tags.join(", "))),
        ["there are 46 tags, and 45 is the most"]
    );
}

#[test]
fn functions_that_lambda_would_refuse_or_nobody_has_are_faults() {
    let mail = "[[stage.dev.functions]]\nname = \"mail\"";
    let with = |text: &str| format!("{text}\n{mail}\n");
    let queue = "[stage.dev.resources.Jobs]\nType = \"AWS::SQS::Queue\"\nProperties = { VisibilityTimeout = 60 }";
    let schedule = "[[stage.dev.schedules]]\nname = \"a\"\nexpression = \"rate(1 hour)\"";
    for (text, expected) in [
        ("[[stage.dev.functions]]\nmemory_size = 256".to_owned(), "`name` is missing here"),
        ("[[stage.dev.functions]]\nname = \"main\"".to_owned(), "is the function behind the gateway"),
        ("[[stage.dev.functions]]\nname = \"a_b\"".to_owned(), "is not a name of a function"),
        (format!("[[stage.dev.functions]]\nname = \"{}\"", "m".repeat(58)), "has 65 letters"),
        (with(mail), "two functions are named `mail`"),
        (with("") + "environment = { AWS_REGION = \"x\" }", "Lambda sets it itself"),
        (with("") + "environment = { ZAPPA_FUNCTION = \"x\" }", "are the tool's"),
        (
            with("") + "environment = { OTHER = \"${fn:mial}\" }",
            "`${fn:mial}` is none of `functions`; did you mean `mail`?",
        ),
        (with("environment = { MAIL = \"${fn:mial}\" }"), "did you mean `mail`?"),
        (with("outputs = { Mail = { \"Fn::Sub\" = \"${fn:mial}\" } }"), "did you mean `mail`?"),
        (with("description = \"${fn:mail}\""), "`${fn:…}` is only for texts in `environment`"),
        (with("") + "description = \"${fn:mail}\"", "`${fn:…}` is only for texts in `environment`"),
        (with("") + "async_failure_destination = \"failed.fifo\"", "is FIFO"),
        (
            with(&format!("{schedule}\nfunction = \"mial\"")),
            "`function = \"mial\"` is none of `functions`; did you mean `mail`?",
        ),
        (
            format!(
                "{queue}\n{mail}\ntimeout_seconds = 120\n[[stage.dev.events]]\nname = \"jobs\"\nsqs = \"Jobs\"\nfunction = \"mail\""
            ),
            "`timeout_seconds = 120`",
        ),
    ] {
        let text = format!("[project]\nname = \"ab\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        let found = sentences(&text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
    for text in [
        with(&format!(
            "environment = {{ MAIL = \"${{fn:mail}}\", ME = \"${{fn:main}}\" }}\n{schedule}\nfunction = \"mail\""
        )),
        with(&format!("{schedule}\nfunction = \"main\"")),
        format!(
            "{queue}\n{mail}\n[[stage.dev.events]]\nname = \"jobs\"\nsqs = \"Jobs\"\n[[stage.dev.events]]\nname = \"copy\"\nsqs = \"Jobs\"\nfunction = \"mail\""
        ),
    ] {
        let text = format!("[project]\nname = \"ab\"\n[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        assert_eq!(sentences(&text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_function_that_is_named_as_another_stages_is_a_fault() {
    let text = "[project]\nname = \"shop\"\n[stage.dev]\naws_region = \"eu-west-1\"\n\
                [[stage.dev.functions]]\nname = \"mail\"\n[stage.dev-mail]\naws_region = \"eu-west-1\"\n";
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
    let error = settings.check(None, |_| Vec::new()).unwrap_err();
    let found: Vec<&str> = error.faults().iter().map(|fault| fault.sentence.as_str()).collect();
    assert_eq!(found, ["stage `dev-mail` has a function `shop-dev-mail`, too"]);
}

/// The entries of a list of tables, as their first faults.
fn faults_of(table: &str, entry: &str) -> Vec<String> {
    sentences(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n[[stage.dev.{table}]]\n{entry}\n"))
}

#[test]
fn a_schedule_that_scheduler_would_refuse_is_a_fault() {
    for (entry, expected) in [
        ("name = \"a b\"\nexpression = \"rate(1 hour)\"", "is not a name of a schedule"),
        ("name = \"a\"", "`expression` is missing here"),
        ("expression = \"rate(1 hour)\"", "`name` is missing here"),
        ("name = \"a\"\nexpression = \"hourly\"", "is not a schedule"),
        ("name = \"a\"\nexpression = \"at(2027-02-30T00:00:00)\"", "is not a one-time schedule"),
        ("name = \"a\"\nexpression = \"rate(1 hour)\"\ntimezone = \"Europe/Berlin\"", "a rate has no time zone"),
        ("name = \"a\"\nexpression = \"cron(0 3 * * ? *)\"\ntimezone = \"berlin\"", "is not a time zone"),
        ("name = \"a\"\nexpression = \"rate(1 hour)\"\nstart = \"tomorrow\"", "is not a time in UTC"),
        (
            "name = \"a\"\nexpression = \"rate(1 hour)\"\nstart = \"2027-01-02T00:00:00Z\"\nend = \"2027-01-01T00:00:00Z\"",
            "is not after",
        ),
        (
            "name = \"a\"\nexpression = \"rate(1 hour)\"\n[[stage.dev.schedules]]\nname = \"a\"\nexpression = \"rate(2 hours)\"",
            "two schedules are named `a`",
        ),
    ] {
        let found = faults_of("schedules", entry);
        assert!(found.len() == 1 && found[0].contains(expected), "{entry}: {found:?}");
    }
}

#[test]
fn an_event_source_that_would_lose_events_or_be_refused_is_a_fault() {
    let queue = "[stage.dev.resources.Jobs]\nType = \"AWS::SQS::Queue\"";
    let bucket = "[stage.dev.resources.B]\nType = \"AWS::S3::Bucket\"";
    let table = "[stage.dev.resources.T]\nType = \"AWS::DynamoDB::Table\"";
    let mail = crate::logical_id::FunctionIds::of(Some("mail")).log_group;
    let pool = "[stage.dev.resources.Users]\nType = \"AWS::Cognito::UserPool\"";
    for (entry, expected) in [
        ("name = \"a\"", "has no source"),
        ("name = \"a\"\nsqss = \"x\"", "did you mean `sqs`?"),
        ("sqs = \"x\"", "`name` is missing here"),
        ("name = \"a\"\nsqs = \"x\"\nsns = \"y\"", "several sources"),
        ("name = \"a,b\"\nsqs = \"x\"", "is not a name of an event"),
        ("name = \"a\"\nsns = \"x\"\nbatch_size = 5", "`batch_size` is only for what Lambda polls"),
        ("name = \"a\"\nsqs = \"x\"\nbatch_size = 50", "needs `batch_window_seconds`"),
        ("name = \"a\"\nsqs = \"x\"\nstarting_position = \"latest\"", "only for streams"),
        ("name = \"a\"\nkinesis = \"x\"\nretries = 5", "would lose the batches"),
        ("name = \"a\"\nkinesis = \"x\"\nmax_concurrency = 5", "only for queues"),
        ("name = \"a\"\nsns = \"x\"\nmax_pollers = 5", "only for queues"),
        ("name = \"a\"\nsqs = \"x\"\nmin_pollers = 5\nmax_pollers = 4", "less than `min_pollers`"),
        ("name = \"a\"\nsqs = \"x\"\nmin_pollers = 5\nmax_concurrency = 5", "exclude each other"),
        ("name = \"a\"\nkinesis = \"x\"\nfailure_destination = \"x.fifo\"", "is FIFO"),
        ("name = \"a\"\nsns = \"x\"\nenabled = false", "only for what Lambda polls, buckets and rules"),
        ("name = \"a\"\nlogs = \"LogGroup\"", "for every line that it writes"),
        (
            "name = \"a\"\nlogs = \"LogGroup\"\nfunction = \"mail\"\n[[stage.dev.functions]]\nname = \"mail\"",
            "is the log group of another function",
        ),
        (
            &format!("name = \"a\"\nlogs = \"{mail}\"\nfunction = \"mail\"\n[[stage.dev.functions]]\nname = \"mail\""),
            "for every line that it writes",
        ),
        (
            &format!("name = \"a\"\nlogs = \"{mail}\"\n[[stage.dev.functions]]\nname = \"mail\""),
            "is the log group of another function",
        ),
        ("name = \"a\"\nlogs = \"x\"\ntriggers = [\"pre_sign_up\"]", "only for user pools"),
        ("name = \"a\"\nsqs = \"x\"\nfilter_pattern = \"x\"", "only for log groups"),
        ("name = \"a\"\nlogs = \"x\"\nfilters = [{ a = [1] }]", "only for what Lambda polls and topics"),
        ("name = \"a\"\ncognito = \"eu-west-1_x\"", "needs `triggers`"),
        ("name = \"a\"\ncognito = \"eu-west-1_x\"\ntriggers = [\"sign_up\"]", "pre_sign_up"),
        (
            &format!("name = \"a\"\ncognito = \"Users\"\ntriggers = [\"custom_email_sender\"]\n{pool}"),
            "needs a `KMSKeyID`",
        ),
        (
            &format!(
                "name = \"a\"\ncognito = \"Users\"\ntriggers = [\"pre_sign_up\"]\n{pool}\nProperties = {{ LambdaConfig = {{ PreSignUp = \"arn\" }} }}"
            ),
            "has `PreSignUp` already",
        ),
        (
            "name = \"a\"\nkinesis = \"x\"\nfailure_destination = \"arn:aws:lambda:eu-west-1:1:function:f\"",
            "is none of the types that failures can go to",
        ),
        ("name = \"a\"\nsqs = \"x\"\nbus = \"b\"", "only for patterns"),
        ("name = \"a\"\ndynamodb = \"x\"", "the ARN of its stream"),
        ("name = \"a\"\nsqs = \"x\"\n[[stage.dev.events]]\nname = \"b\"\nsqs = \"x\"", "can have it once"),
        (&format!("name = \"a\"\nsns = \"Jobs\"\n{queue}"), "this source takes `AWS::SNS::Topic`"),
        (
            &format!("name = \"a\"\nsqs = \"Jobs\"\n{queue}\nProperties = {{ VisibilityTimeout = 10 }}"),
            "is 10 seconds, less than the function's `timeout_seconds = 29`",
        ),
        (&format!("name = \"a\"\ndynamodb = \"T\"\n{table}"), "has no stream"),
        ("name = \"a\"\ns3 = \"pictures\"\npattern = { detail = \"x\" }", "is a table without `bucket`"),
        (&format!("name = \"a\"\ns3 = \"B\"\n{bucket}\nProperties = \"x\""), "is not a table"),
        (
            &format!("name = \"a\"\ns3 = \"B\"\n{bucket}\nProperties = {{ NotificationConfiguration = [] }}"),
            "is not a table",
        ),
    ] {
        let found = faults_of("events", entry);
        assert!(found.len() == 1 && found[0].contains(expected), "{entry}: {found:?}");
    }
}

#[test]
fn a_topic_or_queue_that_lambda_would_refuse_is_a_fault() {
    let msk = "name = \"a\"\nmsk = \"arn:aws:kafka:eu-west-1:1:cluster/shop/0-2\"";
    let kafka = "name = \"a\"\ntopic = \"orders\"\nkafka";
    let mq = "name = \"a\"\nmq = \"arn:aws:mq:eu-west-1:1:broker:shop:b-0\"";
    let secret = "secret = \"arn:aws:secretsmanager:eu-west-1:1:secret:shop-a1B2c3\"";
    let servers = "servers = [\"kafka.example.com:9092\"]";
    let vpc = "subnets = [\"subnet-1\"], security_groups = [\"sg-1\"]";
    let broker =
        "[stage.dev.resources.B]\nType = \"AWS::AmazonMQ::Broker\"\nProperties = { EngineType = \"ACTIVEMQ\" }";
    for (entry, expected) in [
        (format!("{msk}\ntopic = \"orders\""), ""),
        (format!("{msk}\ntopic = \"orders\"\n{secret}\nauthentication = \"mutual_tls\""), ""),
        (format!("{msk}\ntopic = \"orders\"\nmin_pollers = 1\nmax_pollers = 4\nfailure_destination = \"failed\""), ""),
        (
            format!(
                "{msk}\ntopic = \"orders\"\nstarting_position = \"at_timestamp\"\nstarting_time = \"2027-01-31T03:00:00Z\""
            ),
            "",
        ),
        (format!("{kafka} = {{ {servers} }}\n{secret}"), ""),
        (format!("{kafka} = {{ {servers}, {vpc} }}"), ""),
        (format!("{mq}\nqueue = \"orders\"\n{secret}\nvirtual_host = \"/shop\""), ""),
        (msk.to_owned(), "`topic` is missing here"),
        (format!("{msk}\ntopic = \".orders\""), "is not a name of a topic"),
        (format!("{msk}\ntopic = \"orders\"\nconsumer_group = \"a b\""), "is not a consumer group"),
        (format!("{msk}\ntopic = \"orders\"\nauthentication = \"mutual_tls\""), "and there is none"),
        (format!("{msk}\ntopic = \"orders\"\n{secret}\nauthentication = \"sasl_plain\""), "takes `sasl_scram512`"),
        (format!("{msk}\ntopic = \"orders\"\nsecret = \"shop\""), "nor the ARN of a secret"),
        (
            format!("{msk}\ntopic = \"orders\"\nsecret = \"arn:aws:secretsmanager:us-east-1:1:secret:x-1\""),
            "is in `us-east-1`",
        ),
        (format!("{msk}\ntopic = \"orders\"\nretries = 2\nfailure_destination = \"x\""), "only for streams"),
        (format!("{msk}\ntopic = \"orders\"\nqueue = \"x\""), "only for `mq`"),
        (format!("{msk}\ntopic = \"orders\"\nfilters = [{{ valeu = {{ a = [1] }} }}]"), "did you mean `value`?"),
        (format!("{msk}\ntopic = \"orders\"\nstarting_position = \"at_timestamp\""), "needs `starting_time`"),
        (format!("{msk}\ntopic = \"orders\"\nstarting_time = \"2027-01-31T03:00:00Z\""), "needs `starting_position"),
        (
            format!("{msk}\ntopic = \"orders\"\nstarting_position = \"at_timestamp\"\nstarting_time = \"noon\""),
            "is not a time in UTC",
        ),
        ("name = \"a\"\nmsk = \"shop\"\ntopic = \"orders\"".to_owned(), "a cluster elsewhere is named by its ARN"),
        (
            "name = \"a\"\nmsk = \"arn:aws:mq:eu-west-1:1:broker:shop:b-0\"\ntopic = \"orders\"".to_owned(),
            "takes one of `kafka`",
        ),
        (
            format!("{msk}\ntopic = \"orders\"\n[[stage.dev.events]]\n{msk}\ntopic = \"orders\"").replacen(
                "name = \"a\"",
                "name = \"b\"",
                1,
            ),
            "and a function can have it once",
        ),
        (format!("{kafka} = {{ servers = [] }}\n{secret}"), "1 to 10 addresses, not 0"),
        (format!("{kafka} = {{ servers = [\"kafka\"] }}\n{secret}"), "is not a server"),
        (format!("{kafka} = {{ {servers} }}"), "through the internet with a `secret` only"),
        (format!("{kafka} = {{ {servers}, subnets = [\"subnet-1\"] }}"), "belong together"),
        (
            format!("{kafka} = {{ {servers}, subnets = [\"Net\"], security_groups = [\"sg-1\"] }}"),
            "nor an `AWS::EC2::Subnet`",
        ),
        (
            format!(
                "{kafka} = {{ {servers}, {vpc} }}\n[[stage.dev.events]]\nname = \"b\"\ntopic = \"orders\"\nmsk = \"arn:aws:kafka:eu-west-1:1:cluster/shop/0-2\""
            ),
            "does not tell the clusters apart",
        ),
        (format!("{mq}\n{secret}"), "`queue` is missing here"),
        (format!("{mq}\nqueue = \"orders\""), "signs in to a broker with a `secret` only"),
        (format!("{mq}\nqueue = \"a,b\"\n{secret}"), "is not a name that a queue can have here"),
        (
            format!("{mq}\nqueue = \"orders\"\n{secret}\nstarting_position = \"latest\""),
            "only for streams and Kafka topics",
        ),
        (
            format!("{mq}\nqueue = \"orders\"\n{secret}\nfailure_destination = \"x\""),
            "only for streams and Kafka topics",
        ),
        (format!("{mq}\nqueue = \"orders\"\n{secret}\nmin_pollers = 2"), "only for queues and Kafka topics"),
        (
            format!("name = \"a\"\nmq = \"B\"\nqueue = \"orders\"\nvirtual_host = \"x\"\n{secret}\n{broker}"),
            "has no `virtual_host`",
        ),
        ("name = \"a\"\nsqs = \"x\"\nmin_pollers = 1".to_owned(), "of a queue is at least 2, not 1"),
    ] {
        let found = faults_of("events", &entry);
        assert_eq!(found.len(), usize::from(!expected.is_empty()), "{entry}: {found:?}");
        assert!(found.concat().contains(expected), "{entry}: {found:?}");
    }
}

#[test]
fn a_rule_of_iot_or_ses_that_would_be_refused_or_mistaken_is_a_fault() {
    let ses = "name = \"a\"\nses";
    let other = "[[stage.dev.events]]\nname = \"b\"\nses";
    for (entry, expected) in [
        ("name = \"a\"\niot = \"SELECT * FROM 'a'\"".to_owned(), ""),
        (
            format!(
                "{ses} = {{ rule_set = \"in\", recipients = [\"a@example.com\", \"example.org\", \".example.net\"] }}"
            ),
            "",
        ),
        (
            format!(
                "{ses} = {{ rule_set = \"in\", recipients = [\"a@example.com\"] }}\n{other} = {{ rule_set = \"in\", recipients = [\"b@example.com\"] }}"
            ),
            "",
        ),
        ("name = \"a\"\niot = \"devices/+\"".to_owned(), "is not a statement"),
        ("name = \"a\"\niot = \"SELECT * FROM 'a'\"\nbatch_size = 2".to_owned(), "only for what Lambda polls"),
        (format!("{ses} = {{}}"), "`rule_set` is missing here"),
        (format!("{ses} = {{ rule_set = \"my set\" }}"), "is not a rule set"),
        (
            format!("{ses} = {{ rule_set = \"B\" }}\n[stage.dev.resources.B]\nType = \"AWS::S3::Bucket\""),
            "a rule set is",
        ),
        (format!("{ses} = {{ rule_set = \"in\", recipients = [\"support\"] }}"), "is not a recipient"),
        (format!("{ses} = {{ rule_set = \"in\", recipients = [\"a,b@example.com\"] }}"), "is not a recipient"),
    ] {
        let found = faults_of("events", &entry);
        assert_eq!(found.len(), usize::from(!expected.is_empty()), "{entry}: {found:?}");
        assert!(found.concat().contains(expected), "{entry}: {found:?}");
    }
    for (one, two) in [
        ("\"a@example.com\"", "\"example.com\""),
        ("\".example.com\"", "\"a@eu.example.com\""),
        ("\"A@example.com\"", "\"a@example.com\""),
        ("", "\"a@example.com\""),
    ] {
        let rule = |recipients: &str| format!("{{ rule_set = \"in\", recipients = [{recipients}] }}");
        let found = faults_of("events", &format!("{ses} = {}\n{other} = {}", rule(one), rule(two)));
        assert!(found.len() == 2 && found[0].contains("does not tell the rules apart"), "{one} {two}: {found:?}");
    }
}

#[test]
fn a_rule_of_ses_that_may_receive_nothing_is_a_warning() {
    let text = |region: &str, set: &str| {
        format!(
            "[stage.dev]\naws_region = \"{region}\"\n[[stage.dev.events]]\nname = \"a\"\nses = {{ rule_set = \"{set}\" }}\n\
             [stage.dev.resources.Set]\nType = \"AWS::SES::ReceiptRuleSet\"\n"
        )
    };
    let warnings = |region: &str, set: &str| selection(&text(region, set)).expect("it is valid").warnings.concat();
    assert_eq!(warnings("eu-west-1", "inbound"), "");
    assert!(warnings("us-west-1", "inbound").contains("not known as a region in which SES receives"));
    assert!(warnings("eu-west-1", "Set").contains("does not activate a rule set"));
}

#[test]
fn a_destination_that_lambda_would_refuse_is_a_fault() {
    let stage = |lines: &str| sentences(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{lines}\n"));
    let resource = |kind: &str, properties: &str| {
        format!(
            "async_failure_destination = \"Failed\"\n[stage.dev.resources.Failed]\nType = \"{kind}\"\nProperties = {{ {properties} }}"
        )
    };
    for (lines, expected) in [
        (resource("AWS::SQS::Queue", "FifoQueue = true"), Some("is FIFO")),
        (resource("AWS::DynamoDB::Table", ""), Some("none of the types that failures can go to")),
        (resource("AWS::SQS::Queue", ""), None),
        (resource("AWS::Events::EventBus", ""), None),
        ("async_failure_destination = \"failed.fifo\"".to_owned(), Some("is FIFO")),
        ("async_failure_destination = \"arn:aws:iam::123456789012:role/x\"".to_owned(), Some("none of the types")),
        ("async_failure_destination = \"arn:aws:s3:::failed\"".to_owned(), None),
        ("async_retries = 3".to_owned(), Some("is at most 2")),
        ("async_max_age_seconds = 30".to_owned(), Some("is at least 60")),
    ] {
        let found = stage(&lines).join("\n");
        assert_eq!(expected.is_some(), !found.is_empty(), "{lines}: {found}");
        assert!(found.contains(expected.unwrap_or_default()), "{lines}: {found}");
    }
}

#[test]
fn a_source_that_is_like_a_resource_is_a_warning() {
    let text = |queue: &str| {
        format!(
            "[stage.dev]\naws_region = \"eu-west-1\"\n[[stage.dev.events]]\nname = \"a\"\nsqs = \"{queue}\"\n\
             [stage.dev.resources.Jobs]\nType = \"AWS::SQS::Queue\"\n"
        )
    };
    let warnings = |queue: &str| selection(&text(queue)).expect("it is valid").warnings;
    assert!(warnings("Jbos")[0].contains("did you mean `Jobs`?"), "{:?}", warnings("Jbos"));
    assert_eq!((warnings("Jobs"), warnings("elsewhere")), (Vec::new(), Vec::new()));
}

#[test]
fn a_vpc_needs_a_route_to_each_service_that_the_settings_make_the_function_call() {
    let warnings = |lines: &str| {
        let vpc = "vpc = { subnets = [\"subnet-1\"], security_groups = [\"sg-1\"] }";
        selection(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{vpc}\n{lines}\n")).expect("it is valid").warnings
    };
    assert_eq!(warnings("async_failure_destination = \"failed\""), Vec::<String>::new());
    let secrets = warnings("secrets = { DB_URL = \"ssm:/a\", KEY = \"ssm:/b\", HOOK = \"secretsmanager:c\" }");
    assert!(secrets[0].contains("reaches `secretsmanager` and `ssm` by"), "{secrets:?}");
    assert!(secrets[0].ends_with("`secrets()` fails at the start"), "{secrets:?}");
    let others = warnings("idempotency = true\nenvironment = { MAIL = \"${fn:main}\" }\n[stage.dev.websocket]");
    assert!(others[0].contains("reaches `dynamodb`, `execute-api` and `lambda` by"), "{others:?}");
    assert_eq!((secrets.len(), others.len()), (1, 1));
}

#[test]
fn each_region_has_a_network_key_and_layers_of_its_own() {
    let stage = |lines: &str| format!("[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\n{lines}\n");
    let vpc = |subnets: &str| format!("vpc = {{ subnets = {subnets}, security_groups = [\"sg-1\"] }}");
    assert!(selection(&stage(&vpc("{ eu-west-1 = [\"subnet-1\"], us-east-1 = [\"subnet-2\"] }"))).is_ok());
    assert_eq!(
        sentences(&stage(&vpc("{ eu-west-1 = [\"subnet-1\"] }"))),
        ["`subnets` has no value for `us-east-1`; it has one for `eu-west-1`"]
    );
    let arn = "arn:aws:lambda:eu-west-1:123456789012:layer:fonts:3";
    let found = sentences(&stage(&format!("layers = [\"{arn}\"]")));
    assert!(found.len() == 1 && found[0].contains("and the function in `us-east-1`"), "{found:?}");
    let by_region = format!("layers = {{ eu-west-1 = [\"{arn}\"], us-east-1 = [] }}");
    assert!(selection(&stage(&by_region)).is_ok());
}

#[test]
fn a_file_system_is_an_access_point_of_the_region_and_a_folder_below_mnt() {
    let efs =
        |region: &str| format!("arn:aws:elasticfilesystem:{region}:123456789012:access-point/fsap-0123456789abcdef0");
    let stage = |point: &str, mount: &str| {
        let vpc = "vpc = { subnets = [\"subnet-1\"], security_groups = [\"sg-1\"] }";
        let efs = format!("efs = {{ access_point = \"{point}\", mount = \"{mount}\" }}");
        sentences(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{vpc}\n{efs}\n"))
    };
    assert_eq!(stage(&efs("eu-west-1"), "/mnt/data"), Vec::<String>::new());
    for (point, mount, expected) in [
        (efs("us-east-1"), "/mnt/data", "is in `us-east-1`, and the function in `eu-west-1`"),
        ("fsap-0123456789abcdef0".to_owned(), "/mnt/data", "nor the ARN of an access point"),
        (efs("eu-west-1"), "/data", "is not a folder such as `/mnt/data`"),
        (efs("eu-west-1"), "/mnt/a/b", "is not a folder such as `/mnt/data`"),
    ] {
        let found = stage(&point, mount);
        assert!(found.len() == 1 && found[0].contains(expected), "{point} {mount}: {found:?}");
    }
}

#[test]
fn a_range_of_provisioned_instances_is_one_that_something_moves_in() {
    let stage = |range: &str| {
        let lines = format!("reserved_concurrency = 30\nprovisioned_concurrency = {{ {range} }}");
        sentences(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{lines}\n"))
    };
    let at =
        |rest: &str| format!("min = 2, max = 20, schedules = [{{ expression = \"cron(0 7 ? * MON-FRI *)\"{rest} }}]");
    assert_eq!(stage("min = 2, max = 20, utilization = 0.7"), Vec::<String>::new());
    assert_eq!(stage(&at(", min = 10, timezone = \"Europe/Berlin\"")), Vec::<String>::new());
    for (range, expected) in [
        ("min = 5, max = 4, utilization = 0.7".to_owned(), "the least is not above the most"),
        ("min = 2, max = 20, utilization = 1.5".to_owned(), "a share from 0.1 to 0.9"),
        ("min = 2, max = 20".to_owned(), "nothing moves between"),
        ("min = 2, max = 30, utilization = 0.7".to_owned(), "must be more than `provisioned_concurrency`, 30"),
        (at(""), "needs `min` or `max`"),
        (at(", max = 40"), "must be more than `provisioned_concurrency`, 40"),
        (at(", min = 9, max = 8"), "is above its `max`"),
        (at(", min = 3, timezone = \"Berlin\""), "is not a time zone"),
        ("min = 2, max = 9, schedules = [{ expression = \"daily\", min = 3 }]".to_owned(), "is not a schedule"),
    ] {
        let found = stage(&range);
        assert!(found.len() == 1 && found[0].contains(expected), "{range}: {found:?}");
    }
}

#[test]
fn what_lambda_fixes_at_a_functions_birth_goes_with_few_other_settings() {
    let stage = |lines: &str| sentences(&format!("[stage.dev]\naws_region = \"eu-west-1\"\n{lines}\n"));
    let provider = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:shop";
    let managed = |rest: &str| {
        stage(&format!("memory_size = 2048\nmanaged_instances = {{ capacity_provider = \"{provider}\" }}\n{rest}"))
    };
    let tenancy = |rest: &str| stage(&format!("tenancy = {{ tenant = \"header.x-tenant-id\" }}\n{rest}"));
    assert_eq!((managed(""), tenancy("")), (Vec::new(), Vec::new()));
    let further = "schedules = [{ name = \"nightly\", expression = \"rate(1 day)\", function = \"mail\" }]\n\
                   [[stage.dev.functions]]\nname = \"mail\"";
    assert_eq!(tenancy(further), Vec::<String>::new());
    for (found, expected) in [
        (managed("log_format = \"text\""), "write logs as JSON"),
        (managed("provisioned_concurrency = 2"), "does not go with `managed_instances`"),
        (
            managed("vpc = { subnets = [\"subnet-1\"], security_groups = [\"sg-1\"] }"),
            "the capacity provider has the VPC",
        ),
        (managed("[[stage.dev.functions]]\nname = \"mail\"\nmemory_size = 512"), "`memory_size` is 512"),
        (
            stage("memory_size = 2048\nmanaged_instances = { capacity_provider = \"shop\" }"),
            "nor the ARN of a capacity provider",
        ),
        (tenancy("api = \"http\""), "needs `api = \"rest\"`"),
        (tenancy("api = \"function_url\""), "needs `api = \"rest\"`"),
        (tenancy("provisioned_concurrency = 2"), "`provisioned_concurrency` does not go with `tenancy`"),
        (tenancy("keep_warm = true"), "`keep_warm` does not go with `tenancy`"),
        (tenancy("events = [{ name = \"jobs\", sqs = \"jobs\" }]"), "`events` does not go with `tenancy`"),
        (tenancy("schedules = [{ name = \"nightly\", expression = \"rate(1 day)\" }]"), "a further function"),
        (stage("tenancy = { tenant = \"x-tenant-id\" }"), "is no place of a tenant"),
    ] {
        assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {found:?}");
    }
}
