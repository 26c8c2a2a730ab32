use serde_json::json;

use super::*;

const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";
const STREAM: &str = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
const TOPIC: &str = "arn:aws:kafka:eu-west-1:123456789012:cluster/c/1";

fn wanted(properties: Value) -> WantedMapping {
    WantedMapping { id: Some("u-1".to_owned()), name: "jobs".to_owned(), is_enabled: Some(true), properties }
}

fn found(id: &str, source: &str, state: &str, properties: Value) -> FoundMapping {
    FoundMapping { id: id.to_owned(), source: Some(source.to_owned()), state: state.to_owned(), properties }
}

fn drift(wanted: &WantedMapping, found: &[FoundMapping]) -> Vec<MappingDrift> {
    mapping_drift(std::slice::from_ref(wanted), found, " --region eu-west-1")
}

/// The drift of properties alone.
fn of_properties(said: &Value, source: &str, described: &Value) -> Vec<MappingDrift> {
    drift(&wanted(said.clone()), &[found("u-1", source, "Enabled", described.clone())])
}

#[test]
fn a_mapping_that_is_gone_unknown_or_in_another_state_is_named_with_what_restores_it() {
    let there = || found("u-1", QUEUE, "Enabled", json!({}));
    for (found, sentence, remedy) in [
        (
            vec![],
            "the event source mapping of `jobs` does not exist, or invokes something else".to_owned(),
            "a deploy without the event, which asks for confirmation (`--yes` answers), and one with it recreates it",
        ),
        (
            vec![found("u-1", QUEUE, "Disabled", json!({}))],
            "the event source mapping of `jobs` is disabled".to_owned(),
            "`aws lambda update-event-source-mapping --region eu-west-1 --uuid u-1 --enabled` restores it",
        ),
        (
            vec![there(), found("u-2", QUEUE, "Enabled", json!({}))],
            format!("`{QUEUE}` has an event source mapping that is not in the stack"),
            "`aws lambda delete-event-source-mapping --region eu-west-1 --uuid u-2` removes it",
        ),
    ] {
        let drift = drift(&wanted(json!({})), &found);
        assert_eq!(drift.iter().map(MappingDrift::to_string).collect::<Vec<_>>(), [sentence]);
        assert_eq!(drift[0].remedy(), remedy);
    }
    for state in ["Enabled", "Enabling", "Creating", "Updating"] {
        assert_eq!(drift(&wanted(json!({})), &[found("u-1", QUEUE, state, json!({}))]), []);
    }
    let disabled = WantedMapping { is_enabled: Some(false), ..wanted(json!({})) };
    let drift_of = drift(&disabled, &[there()]);
    assert!(drift_of[0].remedy().ends_with("--no-enabled` restores it"));
    assert_eq!(json!(drift_of), json!([{ "event": "jobs", "mapping": "u-1", "kind": "state", "found": "Enabled" }]));
    let open = WantedMapping { is_enabled: None, ..wanted(json!({})) };
    assert_eq!(drift(&open, &[found("u-1", QUEUE, "Disabled", json!({}))]), []);
}

#[test]
fn a_stream_that_is_recreated_says_what_becomes_of_its_records() {
    for (position, part) in [
        ("LATEST", "recreates it; it skips the records in between"),
        ("TRIM_HORIZON", "recreates it; it handles all stored records again"),
        ("AT_TIMESTAMP", "recreates it; it handles the records since `starting_time` again"),
    ] {
        let drift = drift(&wanted(json!({ "StartingPosition": position })), &[]);
        assert!(drift[0].remedy().contains(part), "{}", drift[0].remedy());
        assert_eq!(json!(drift), json!([{ "event": "jobs", "mapping": "u-1", "kind": "missing" }]));
    }
}

#[test]
fn every_property_that_was_changed_by_hand_is_named_with_what_restores_it() {
    let failures = |arn: &str| json!({ "DestinationConfig": { "OnFailure": { "Destination": arn } } });
    let filters = |pattern: &str| json!({ "FilterCriteria": { "Filters": [{ "Pattern": pattern }] } });
    let none = json!({});
    for (source, said, described, sentence, flag) in [
        (
            QUEUE,
            json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] }),
            json!({ "FunctionResponseTypes": [] }),
            "does not report batch item failures: failed messages are deleted",
            "--function-response-types '[\"ReportBatchItemFailures\"]'",
        ),
        (
            STREAM,
            json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] }),
            none.clone(),
            "does not report batch item failures: failed records are skipped",
            "--function-response-types '[\"ReportBatchItemFailures\"]'",
        ),
        (
            QUEUE,
            none.clone(),
            json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] }),
            "has the response types `ReportBatchItemFailures`",
            "--function-response-types '[]'",
        ),
        (
            QUEUE,
            none.clone(),
            filters("{\"a\":[1]}"),
            "has the filters `{\"a\":[1]}`: messages that they do not match are deleted",
            "--filter-criteria '{}'",
        ),
        (
            STREAM,
            filters("{\"a\":[\"it's\"]}"),
            json!({ "FilterCriteria": { "Filters": [] } }),
            "has no filters: it delivers what they kept out",
            r#"--filter-criteria '{"Filters":[{"Pattern":"{\"a\":[\"it'\''s\"]}"}]}'"#,
        ),
        (QUEUE, none.clone(), json!({ "KmsKeyArn": "k" }), "encrypts its filters with the key `k`", "--kms-key-arn ''"),
        (
            STREAM,
            failures("arn:q"),
            none.clone(),
            "has no failure destination: what fails for good is lost",
            "--destination-config '{\"OnFailure\":{\"Destination\":\"arn:q\"}}'",
        ),
        (
            STREAM,
            none.clone(),
            failures("arn:q"),
            "sends what fails for good to `arn:q`",
            "--destination-config '{\"OnFailure\":{\"Destination\":\"\"}}'",
        ),
        (
            STREAM,
            json!({}),
            json!({ "MaximumRetryAttempts": 0 }),
            "gives up failed batches after 0 retries",
            "--maximum-retry-attempts -1",
        ),
        (
            STREAM,
            json!({ "MaximumRetryAttempts": 3 }),
            json!({ "MaximumRetryAttempts": -1 }),
            "retries failed batches until their records expire",
            "--maximum-retry-attempts 3",
        ),
        (
            STREAM,
            none.clone(),
            json!({ "MaximumRecordAgeInSeconds": 60 }),
            "skips records older than 60 seconds",
            "--maximum-record-age-in-seconds -1",
        ),
        (
            STREAM,
            json!({ "MaximumRecordAgeInSeconds": "60" }),
            json!({ "MaximumRecordAgeInSeconds": -1 }),
            "takes records of any age",
            "--maximum-record-age-in-seconds 60",
        ),
        (
            STREAM,
            json!({ "BisectBatchOnFunctionError": true }),
            json!({ "BisectBatchOnFunctionError": false }),
            "does not split batches that fail",
            "--bisect-batch-on-function-error",
        ),
        (
            STREAM,
            none.clone(),
            json!({ "BisectBatchOnFunctionError": true }),
            "splits batches that fail",
            "--no-bisect-batch-on-function-error",
        ),
        (QUEUE, json!({ "BatchSize": 5 }), json!({ "BatchSize": 1 }), "has batches of 1", "--batch-size 5"),
        (QUEUE, none.clone(), json!({ "BatchSize": 1 }), "has batches of 1", "--batch-size 10"),
        (STREAM, none.clone(), json!({ "BatchSize": 10 }), "has batches of 10", "--batch-size 100"),
        (TOPIC, none.clone(), json!({ "BatchSize": 10 }), "has batches of 10", "--batch-size 100"),
        (
            QUEUE,
            none.clone(),
            json!({ "MaximumBatchingWindowInSeconds": 300 }),
            "has a batching window of 300 seconds",
            "--maximum-batching-window-in-seconds 0",
        ),
        (
            STREAM,
            none.clone(),
            json!({ "TumblingWindowInSeconds": 30 }),
            "has a tumbling window of 30 seconds",
            "--tumbling-window-in-seconds 0",
        ),
        (
            QUEUE,
            none.clone(),
            json!({ "ScalingConfig": { "MaximumConcurrency": 2 } }),
            "has a maximum concurrency of 2",
            "--scaling-config '{}'",
        ),
        (
            QUEUE,
            json!({ "ScalingConfig": { "MaximumConcurrency": 9 } }),
            json!({ "ScalingConfig": {} }),
            "has no maximum concurrency",
            "--scaling-config MaximumConcurrency=9",
        ),
        (
            STREAM,
            none.clone(),
            json!({ "ParallelizationFactor": 4 }),
            "handles batches of a shard 4 at a time",
            "--parallelization-factor 1",
        ),
        (
            TOPIC,
            json!({ "ProvisionedPollerConfig": { "MinimumPollers": 2 } }),
            json!({ "ProvisionedPollerConfig": { "MinimumPollers": 1, "MaximumPollers": 200 } }),
            "has at least 1 provisioned pollers",
            "--provisioned-poller-config MinimumPollers=2",
        ),
        (
            TOPIC,
            json!({ "ProvisionedPollerConfig": { "MaximumPollers": 9 } }),
            none,
            "has no provisioned pollers",
            "--provisioned-poller-config MaximumPollers=9",
        ),
    ] {
        let drift = of_properties(&said, source, &described);
        let sentences: Vec<String> = drift.iter().map(MappingDrift::to_string).collect();
        assert_eq!(sentences, [format!("the event source mapping of `jobs` {sentence}")]);
        let command = "aws lambda update-event-source-mapping --region eu-west-1 --uuid u-1";
        assert_eq!(drift[0].remedy(), format!("`{command} {flag}` restores it"));
    }
    let of_size = of_properties(&json!({}), QUEUE, &json!({ "BatchSize": 1 }));
    let expected = json!([{ "event": "jobs", "mapping": "u-1", "kind": "batch-size", "found": 1, "wanted": 10 }]);
    assert_eq!(json!(of_size), expected);
}

#[test]
fn the_window_of_a_broker_comes_back_with_a_new_mapping_alone() {
    let drift = of_properties(&json!({}), TOPIC, &json!({ "MaximumBatchingWindowInSeconds": 1 }));
    assert!(drift[0].remedy().starts_with("Lambda does not set its default again: a deploy without the event"));
    let said = json!({ "MaximumBatchingWindowInSeconds": 2 });
    let drift = of_properties(&said, TOPIC, &json!({ "MaximumBatchingWindowInSeconds": 1 }));
    assert!(drift[0].remedy().contains("--maximum-batching-window-in-seconds 2`"));
}

#[test]
fn what_is_the_same_or_cannot_be_told_is_no_drift() {
    let defaults = json!({
        "BatchSize": 100, "MaximumBatchingWindowInSeconds": 0, "ParallelizationFactor": 1, "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1, "BisectBatchOnFunctionError": false, "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [], "KmsKeyArn": "", "FilterCriteria": null, "ScalingConfig": null,
    });
    let filters = |first: &str, second: &str| json!({ "FilterCriteria": { "Filters": [{ "Pattern": first }, { "Pattern": second }] } });
    for (said, described) in [
        (json!({}), defaults.clone()),
        (defaults, json!({})),
        (filters("{ \"a\": [1] }", "{\"b\":[2]}"), filters("{\"b\":[2]}", "{\"a\":[1]}")),
        // What only CloudFormation knows.
        (json!({ "BatchSize": { "Ref": "Size" } }), json!({ "BatchSize": 7 })),
        (
            json!({ "ScalingConfig": { "Fn::If": ["A", 1, 2] } }),
            json!({ "ScalingConfig": { "MaximumConcurrency": 7 } }),
        ),
        (
            json!({ "FilterCriteria": { "Filters": [{ "Pattern": { "Ref": "Pattern" } }] } }),
            json!({ "FilterCriteria": { "Filters": [{ "Pattern": "{}" }] } }),
        ),
        // Lambda does not list filters that a key encrypts.
        (
            json!({ "KmsKeyArn": "arn:key", "FilterCriteria": { "Filters": [{ "Pattern": "{}" }] } }),
            json!({ "KmsKeyArn": "arn:key" }),
        ),
        (
            json!({ "ProvisionedPollerConfig": { "MinimumPollers": 2 } }),
            json!({ "ProvisionedPollerConfig": { "MinimumPollers": 2, "MaximumPollers": 200 } }),
        ),
    ] {
        assert_eq!(of_properties(&said, STREAM, &described), [], "{said} {described}");
    }
}

#[test]
fn an_emulators_own_defaults_are_told_from_changes_by_hand() {
    let of =
        |said: Value, source, described: Value| of_properties(&said, source, &described)[0].may_be_of_an_emulator();
    assert!(of(json!({}), STREAM, json!({ "BatchSize": 10 })));
    assert!(!of(json!({}), QUEUE, json!({ "BatchSize": 1 })));
    assert!(!of(json!({ "BatchSize": 5 }), STREAM, json!({ "BatchSize": 10 })));
    assert!(of(json!({ "ProvisionedPollerConfig": { "MinimumPollers": 2 } }), TOPIC, json!({})));
    assert!(!of(json!({ "FunctionResponseTypes": ["ReportBatchItemFailures"] }), QUEUE, json!({})));
}
