//! Alarms from the settings to CloudWatch, and their states in `status`.

use serde_json::{Value, json};

use crate::{
    stage::Stage,
    support::{
        call::{Call, counted},
        proxy::Proxy,
    },
};

const SETTINGS: &str = r#"
api = "http"
[[stage.dev.functions]]
name = "mail"
timeout_seconds = 60
[stage.dev.alarms]
actions = ["Alerts"]
errors = { threshold = 3, period_seconds = 300, periods = 3, datapoints = 2 }
p99_duration_ms = 800
[stage.dev.resources.Alerts]
Type = "AWS::SNS::Topic"
"#;

/// Every alarm of the account by its name, as the real `aws` command reads it.
fn alarms(stage: &Stage) -> Value {
    let answer = stage.account.aws(&["cloudwatch", "describe-alarms"]);
    let alarms = answer["MetricAlarms"].as_array().unwrap().iter();
    alarms.map(|alarm| (alarm["AlarmName"].as_str().unwrap().to_owned(), alarm.clone())).collect()
}

#[test]
fn each_alarm_watches_the_alias_and_tells_the_topic() {
    let mut stage = Stage::new(SETTINGS);
    let policy: Value = serde_json::from_str(&stage.ok(&["policy", "deploy"])).unwrap();
    stage.ok_with(&["deploy"], "one");
    let found = alarms(&stage);
    let names: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "shop-dev-5xx",
            "shop-dev-errors",
            "shop-dev-mail-errors",
            "shop-dev-mail-p99-duration",
            "shop-dev-mail-throttles",
            "shop-dev-p99-duration",
            "shop-dev-throttles",
        ]
    );
    let errors = &found["shop-dev-mail-errors"];
    let dimensions = json!([
        { "Name": "FunctionName", "Value": "shop-dev-mail" },
        { "Name": "Resource", "Value": "shop-dev-mail:live" },
    ]);
    assert_eq!(errors["Dimensions"], dimensions);
    assert_eq!((&errors["Namespace"], &errors["MetricName"]), (&json!("AWS/Lambda"), &json!("Errors")));
    assert_eq!((errors["Threshold"].as_f64(), errors["Period"].as_i64()), (Some(3.0), Some(300)));
    let topic = stage.account.aws(&["sns", "list-topics"])["Topics"][0]["TopicArn"].clone();
    assert_eq!(errors["AlarmActions"], json!([topic]));
    assert_eq!(errors["OKActions"], json!([topic]));
    let (main, mail) = (&found["shop-dev-p99-duration"], &found["shop-dev-mail-p99-duration"]);
    assert_eq!((main["Threshold"].as_f64(), mail["Threshold"].as_f64()), (Some(800.0), Some(48_000.0)));
    let api = stage.account.aws(&["apigatewayv2", "get-apis"])["Items"][0]["ApiId"].clone();
    assert_eq!(found["shop-dev-5xx"]["Dimensions"][0], json!({ "Name": "ApiId", "Value": api }));

    // `status` reads all of them with one call, which the policy allows; deploys read none.
    let reason = "Threshold Crossed: 7 datapoints";
    let set =
        ["cloudwatch", "set-alarm-state", "--alarm-name", "shop-dev-5xx", "--state-value", "ALARM", "--state-reason"];
    stage.account.aws(&[&set[..], &[reason]].concat());
    let proxy = Proxy::start(stage.account.address());
    stage.through(proxy.address());
    let status: Value = serde_json::from_str(&stage.ok(&["status", "--json"])).unwrap();
    let calls = proxy.take();
    let calls: Vec<&Call> = counted(&calls).into_iter().filter(|call| call.service == "monitoring").collect();
    let named: Vec<String> = calls.iter().map(|call| call.action()).filter(|name| name.contains("Alarm")).collect();
    assert_eq!(named, ["cloudwatch:DescribeAlarms"]);
    let allowed = |statement: &Value| statement["Sid"] == "Alarms" && statement["Action"] == json!([named[0]]);
    assert!(policy["Statement"].as_array().unwrap().iter().any(allowed), "{policy}");
    let listed = status[0]["alarms"].as_array().unwrap();
    assert_eq!(listed.len(), 7);
    let gateway = listed.iter().find(|alarm| alarm["name"] == "shop-dev-5xx").unwrap();
    assert_eq!((&gateway["alarm"], &gateway["state"]), (&json!("gateway_5xx"), &json!("in alarm")));
    assert_eq!(gateway["reason"], reason);
    let text = stage.ok(&["status"]);
    assert!(text.contains("alarm gateway_5xx") && text.contains(reason), "{text}");
    assert!(text.contains("alarm errors of mail"), "{text}");

    // An unchanged deploy does nothing, and without the setting they go.
    proxy.take();
    stage.ok_with(&["deploy"], "one");
    let changing: Vec<Call> = proxy.take().into_iter().filter(Call::is_mutating).collect();
    assert!(changing.is_empty(), "{changing:?}");
    stage.set("api = \"http\"");
    stage.ok_with(&["deploy"], "one");
    assert_eq!(alarms(&stage), json!({}));
}
